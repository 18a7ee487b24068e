//! From the SDK's errors to [`CloudError`]: the one place where AWS's error codes are classified.
//!
//! AWS's message is kept whole (an EC2 refusal carries an encoded authorization message that
//! `aws sts decode-authorization-message` reads). Nothing of a request goes into a text.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use nodemint_engine::ports::{CloudError, Effect, ErrorKind};

use crate::transport::{chain, transport_error};

/// A call that is made, for the errors that it may end in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) region: String,
    pub(crate) profile: Option<String>,
    /// that is assumed for the call
    pub(crate) role: Option<String>,
    pub(crate) writes: bool,
}

impl Call {
    pub(crate) fn error(&self, kind: ErrorKind, message: String, effect: Effect) -> CloudError {
        CloudError {
            service: self.service,
            operation: self.operation,
            region: self.region.clone(),
            kind,
            code: None,
            message,
            request_id: None,
            effect: if self.writes { effect } else { Effect::None },
        }
    }

    /// An answer that lacks what it always has, or says what nobody knows.
    pub(crate) fn unexpected(&self, message: String) -> CloudError {
        self.error(ErrorKind::Unexpected, message, Effect::Maybe)
    }

    /// A field of an answer without which nothing can go on.
    pub(crate) fn required<T>(&self, field: Option<T>, name: &str) -> Result<T, CloudError> {
        field.ok_or_else(|| self.unexpected(format!("the answer has no {name}")))
    }

    pub(crate) fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut failure = match &error {
            SdkError::ServiceError(context) => self.answered(context.err(), context.raw()),
            SdkError::ResponseError(context) => {
                let message = format!(
                    "HTTP {} with an unreadable answer: {}",
                    context.raw().status().as_u16(),
                    reason(&error)
                );
                self.unexpected(message)
            }
            SdkError::TimeoutError(_) => self.unanswered(&error, ErrorKind::Network, Effect::Maybe),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
                self.unanswered(&error, ErrorKind::Network, Effect::Maybe)
            }
            // Everything else fails before the transport is asked: no endpoint, no signature.
            _ => self.unanswered(&error, ErrorKind::Invalid, Effect::None),
        };
        failure.request_id = failure
            .request_id
            .or_else(|| error.request_id().map(str::to_owned));
        failure
    }

    /// AWS said no.
    fn answered(&self, error: &impl ProvideErrorMetadata, answer: &HttpResponse) -> CloudError {
        let status = answer.status().as_u16();
        let code = error.code().map(str::to_owned);
        let message = match error.message() {
            Some(message) if !message.is_empty() => message.to_owned(),
            _ if code.is_some() => format!("no message, HTTP {status}"),
            _ => format!(
                "HTTP {status} without an error code; is this endpoint {}?",
                self.service
            ),
        };
        let kind = classify(self.operation, code.as_deref(), &message, status);
        // EC2 throttles with 503, and a throttled request was not begun.
        let effect = if status >= 500 && kind != ErrorKind::Throttled {
            Effect::Maybe
        } else {
            Effect::None
        };
        let request_id = error
            .meta()
            .request_id()
            .map(str::to_owned)
            .or_else(|| request_id_in_body(answer));
        CloudError {
            code,
            request_id,
            ..self.error(kind, message, effect)
        }
    }

    /// There was no answer: of this kind, unless credentials or the transport know better.
    fn unanswered(
        &self,
        error: &(dyn Error + 'static),
        kind: ErrorKind,
        effect: Effect,
    ) -> CloudError {
        if let Some(refusal) = find::<AssumeRoleError>(error) {
            return self.not_assumed(refusal);
        }
        if let Some(found) = find::<CredentialsError>(error) {
            return self.error(
                ErrorKind::Credentials,
                self.no_credentials(found),
                Effect::None,
            );
        }
        let (kind, effect) = match transport_error(error) {
            Some(transport) if transport.connected => (ErrorKind::Network, Effect::Maybe),
            Some(_) => (ErrorKind::Network, Effect::None),
            None => (kind, effect),
        };
        self.error(kind, reason(error), effect)
    }

    /// STS said no to the role, the site's own or that of a profile: in its words, and as its call.
    fn not_assumed(&self, refusal: &AssumeRoleError) -> CloudError {
        let assume = Call {
            service: "STS",
            operation: "AssumeRole",
            ..self.clone()
        };
        let code = refusal.code().map(str::to_owned);
        let said = refusal.message().unwrap_or("no message");
        let role = match (&self.role, &self.profile) {
            (Some(role), _) => format!("role {role}"),
            (None, Some(profile)) => format!("the role of profile `{profile}`"),
            (None, None) => "the role of the profile".to_owned(),
        };
        // AWS answers STS's refusals with 4xx; of a code that nobody knows, credentials are the subject.
        let kind = match classify("AssumeRole", code.as_deref(), said, 400) {
            ErrorKind::Invalid | ErrorKind::Unexpected => ErrorKind::Credentials,
            kind => kind,
        };
        CloudError {
            code,
            request_id: refusal.meta().request_id().map(str::to_owned),
            ..assume.error(
                kind,
                format!("{role} cannot be assumed: {said}"),
                Effect::None,
            )
        }
    }

    fn no_credentials(&self, error: &CredentialsError) -> String {
        let problem = match error {
            CredentialsError::CredentialsNotLoaded(_) if self.profile.is_none() => {
                "no credentials found".to_owned()
            }
            CredentialsError::ProviderTimedOut(timeout) => {
                format!(
                    "no credentials within {} s",
                    timeout.timeout_duration().as_secs()
                )
            }
            other => format!("credentials cannot be loaded: {}", reason(other)),
        };
        let (looked, login) = match &self.profile {
            Some(profile) => (format!("profile `{profile}`"), format!("aws sso login --profile {profile}")),
            None => (
                "the environment (AWS_ACCESS_KEY_ID), the profile (AWS_PROFILE or `default`), web identity \
                 (AWS_WEB_IDENTITY_TOKEN_FILE), the container (AWS_CONTAINER_CREDENTIALS_*) and instance metadata"
                    .to_owned(),
                "aws sso login".to_owned(),
            ),
        };
        // The SDK's text names one of its own build options.
        if problem.contains("credentials-login") {
            return "sessions of `aws login` are not supported yet; add credential_process = \
                    \"aws configure export-credentials --format process --profile NAME\" to a profile of its own"
                .to_owned();
        }
        format!(
            "{problem}; looked in {looked}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run `{login}`, or name \
             another profile with --profile"
        )
    }
}

/// EC2 has always had the id in the body, `RequestID` there and `RequestId` in the other query services;
/// the SDK reads it from a header alone.
fn request_id_in_body(answer: &HttpResponse) -> Option<String> {
    let body = std::str::from_utf8(answer.body().bytes()?).ok()?;
    let between = |open: &str| {
        body.split_once(open)?
            .1
            .split_once('<')
            .map(|(id, _)| id.to_owned())
    };
    between("<RequestID>").or_else(|| between("<RequestId>"))
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|link| link.downcast_ref())
}

/// The links of an error's chain that say something, each once.
fn reason(error: &(dyn Error + 'static)) -> String {
    // The SDK's and hyper's own names for "the next one tells you".
    const SILENT: &[&str] = &[
        "dispatch failure",
        "io error",
        "timeout",
        "other",
        "user error",
        "client error (Connect)",
        "client error (SendRequest)",
        "failed to construct request",
        "response error",
    ];
    let mut texts: Vec<String> = Vec::new();
    for link in chain(error) {
        let mut text = link.to_string();
        // An endpoint that cannot be used: here the SDK prints the whole request, user data included.
        if text.contains("SdkBody") {
            text = "the endpoint URL cannot be used".to_owned();
        }
        if !SILENT.contains(&text.as_str()) && !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        error.to_string()
    } else {
        texts.join(": ")
    }
}

/// Codes by class. Sources: [EC2] "Error codes for the Amazon EC2 API"; [EKS] and [SSM] the errors of each
/// operation in the API references; [common] the "Common Errors" page that every service has; [botocore]
/// the throttling codes that the `aws` CLI retries (retries/standard.py).
const CODES: &[(ErrorKind, &[&str])] = &[
    (
        ErrorKind::Throttled,
        &[
            "Throttling",                             // [botocore]
            "ThrottlingException",                    // [common]
            "ThrottledException",                     // [botocore]
            "RequestThrottledException",              // [botocore]
            "RequestThrottled",                       // [botocore]
            "RequestLimitExceeded",                   // [EC2] API request rate, with HTTP 503
            "TooManyRequestsException",               // [botocore]
            "BandwidthLimitExceeded",                 // [botocore]
            "ProvisionedThroughputExceededException", // [botocore]
            "PriorRequestNotComplete",                // [botocore]
            "SlowDown",                               // [botocore]
            "EC2ThrottledException",                  // [botocore]
        ],
    ),
    (
        ErrorKind::Credentials,
        &[
            "ExpiredToken",                 // STS, query protocol
            "ExpiredTokenException",        // [common] JSON protocols
            "RequestExpired",               // [EC2] also a clock that is wrong
            "UnrecognizedClientException",  // [common]
            "InvalidClientTokenId",         // [common]
            "AuthFailure",                  // [EC2] credentials that could not be validated
            "SignatureDoesNotMatch",        // [common]
            "InvalidSignatureException",    // [common] JSON protocols
            "IncompleteSignature",          // [common]
            "IncompleteSignatureException", // [common]
            "MissingAuthenticationToken",   // [common]
            "MissingAuthenticationTokenException",
            "NotAuthorized", // [common] anonymous call
        ],
    ),
    (
        ErrorKind::AccessDenied,
        &[
            "UnauthorizedOperation", // [EC2]
            "AccessDenied",          // STS
            "AccessDeniedException", // [common], [EKS]
            "AuthorizationError",    // query protocols
            "OperationNotPermitted", // [EC2]
            "OptInRequired",         // [common] service or region not enabled
            "Blocked",               // [EC2] account blocked
            "PendingVerification",   // [EC2] account
        ],
    ),
    (
        ErrorKind::NotFound,
        &[
            "ResourceNotFoundException",                   // [EKS]
            "NotFoundException",                           // [EKS] tags
            "InvalidLaunchTemplateName.NotFoundException", // [EC2]
            "InvalidLaunchTemplateId.NotFound",            // [EC2]
            "InvalidLaunchTemplateId.VersionNotFound",     // [EC2]
            "ParameterNotFound",                           // [SSM]
            "ParameterVersionNotFound",                    // [SSM]
        ],
    ),
    (
        ErrorKind::AlreadyExists,
        &[
            "InvalidLaunchTemplateName.AlreadyExistsException", // [EC2]
        ],
    ),
    (
        ErrorKind::InUse,
        &[
            "ResourceInUseException", // [EKS]; a name that is taken is told apart in `classify`
        ],
    ),
    (
        ErrorKind::TokenMismatch,
        &[
            "IdempotentParameterMismatch",          // [EC2]
            "IdempotentParameterMismatchException", // its name in JSON protocols
        ],
    ),
    (
        ErrorKind::Limit,
        &[
            "ResourceLimitExceededException",  // [EKS]
            "MaxTemplateLimitExceeded",        // [EC2]
            "MaxTemplateVersionLimitExceeded", // [EC2]
            "InsufficientInstanceCapacity",    // [EC2]
        ],
    ),
    (
        ErrorKind::Server,
        &[
            "ServerException",             // [EKS]
            "ServiceUnavailableException", // [EKS]
            "ServiceUnavailable",          // [common]
            "Unavailable",                 // [EC2]
            "InternalError",               // [EC2]
            "InternalFailure",             // [common]
            "InternalServerError",         // [SSM]
            "InternalServerException",
            "ServerInternal", // [EC2]
        ],
    ),
    (
        ErrorKind::Invalid,
        &[
            "InvalidParameterException",                    // [EKS]
            "InvalidRequestException",                      // [EKS]
            "InvalidStateException",                        // [EKS]
            "ClientException",                              // [EKS]
            "BadRequestException",                          // [EKS] tags
            "UnsupportedAvailabilityZoneException",         // [EKS]
            "ValidationException",                          // [common]
            "ValidationError",                              // [common]
            "InvalidParameter",                             // [EC2]
            "InvalidParameterValue",                        // [EC2]
            "InvalidParameterCombination",                  // [EC2]
            "InvalidParameterDependency",                   // [EC2]
            "InvalidQueryParameter",                        // [EC2]
            "InvalidRequest",                               // [EC2]
            "InvalidInput",                                 // [EC2]
            "InvalidAction",                                // [common]
            "MalformedQueryString",                         // [common]
            "MissingAction",                                // [common]
            "MissingParameter",                             // [EC2]
            "UnknownParameter",                             // [EC2]
            "UnsupportedOperation",                         // [EC2]
            "Unsupported",                                  // [EC2]
            "UnknownOperationException",                    // [common] JSON protocols
            "TagPolicyViolation",                           // [EC2]
            "InvalidTagKey.Malformed",                      // [EC2]
            "InvalidUserData.Malformed",                    // [EC2]
            "InvalidLaunchTemplateName.MalformedException", // [EC2]
            "InvalidLaunchTemplateId.Malformed",            // [EC2]
            "InvalidAMIID.Malformed",                       // [EC2]
            "InvalidAMIID.Unavailable",                     // [EC2]
        ],
    ),
];

/// EC2 builds its resource errors as `Invalid<Resource>.<Ending>`, and every service names its limits
/// `…LimitExceeded[Exception]`; the table comes first.
const ENDINGS: &[(&str, ErrorKind)] = &[
    (".NotFound", ErrorKind::NotFound),
    (".NotFoundException", ErrorKind::NotFound),
    (".AlreadyExistsException", ErrorKind::AlreadyExists),
    (".Duplicate", ErrorKind::AlreadyExists),
    (".Malformed", ErrorKind::Invalid),
    ("LimitExceeded", ErrorKind::Limit),
    ("LimitExceededException", ErrorKind::Limit),
];

fn classify(operation: &str, code: Option<&str>, message: &str, status: u16) -> ErrorKind {
    let known = code.and_then(|code| {
        let listed = CODES
            .iter()
            .find(|(_, codes)| codes.contains(&code))
            .map(|(kind, _)| *kind);
        listed.or_else(|| {
            ENDINGS
                .iter()
                .find(|(ending, _)| code.ends_with(ending))
                .map(|(_, kind)| *kind)
        })
    });
    match (known, status) {
        // EKS has one exception for a group that exists and for an update under way.
        (Some(ErrorKind::InUse), _)
            if operation == "CreateNodegroup" && message.contains("already exists") =>
        {
            ErrorKind::AlreadyExists
        }
        // Transient while the control plane of the cluster is updated (aws-controllers-k8s/community#2957).
        (Some(ErrorKind::Invalid), _)
            if message.contains("Nodegroup Kubernetes version should be equal to") =>
        {
            ErrorKind::InUse
        }
        (Some(kind), _) => kind,
        (None, 429) => ErrorKind::Throttled,
        (None, 401 | 403) => ErrorKind::AccessDenied,
        (None, 500..) => ErrorKind::Server,
        (None, 400) if code.is_some() => ErrorKind::Invalid,
        (None, _) => ErrorKind::Unexpected,
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
