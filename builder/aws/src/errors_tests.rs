use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

fn call(operation: &'static str, writes: bool) -> Call {
    Call {
        service: "EKS",
        operation,
        region: "us-east-1".into(),
        profile: None,
        role: None,
        writes,
    }
}

fn answer(status: u16, code: Option<&str>, message: &str) -> SdkError<ErrorMetadata, HttpResponse> {
    let mut metadata = ErrorMetadata::builder()
        .message(message)
        .custom("aws_request_id", "req-1");
    if let Some(code) = code {
        metadata = metadata.code(code);
    }
    let status = StatusCode::try_from(status).expect("a status");
    SdkError::service_error(
        metadata.build(),
        HttpResponse::new(status, SdkBody::empty()),
    )
}

#[test]
fn codes_and_what_they_mean() {
    use ErrorKind::*;
    let rows: &[(&str, u16, Option<&str>, ErrorKind, Effect)] = &[
        (
            "DescribeCluster",
            404,
            Some("ResourceNotFoundException"),
            NotFound,
            Effect::None,
        ),
        (
            "CreateNodegroup",
            409,
            Some("ResourceInUseException"),
            InUse,
            Effect::None,
        ),
        (
            "UpdateNodegroupVersion",
            409,
            Some("ResourceInUseException"),
            InUse,
            Effect::None,
        ),
        (
            "UpdateNodegroupVersion",
            400,
            Some("InvalidParameterException"),
            Invalid,
            Effect::None,
        ),
        (
            "CreateNodegroup",
            400,
            Some("ResourceLimitExceededException"),
            Limit,
            Effect::None,
        ),
        (
            "CreateNodegroup",
            500,
            Some("ServerException"),
            Server,
            Effect::Maybe,
        ),
        (
            "CreateLaunchTemplate",
            400,
            Some("InvalidLaunchTemplateName.AlreadyExistsException"),
            AlreadyExists,
            Effect::None,
        ),
        (
            "DescribeLaunchTemplates",
            400,
            Some("InvalidLaunchTemplateName.NotFoundException"),
            NotFound,
            Effect::None,
        ),
        (
            "DescribeLaunchTemplateVersions",
            400,
            Some("InvalidLaunchTemplateId.NotFound"),
            NotFound,
            Effect::None,
        ),
        (
            "CreateLaunchTemplateVersion",
            400,
            Some("IdempotentParameterMismatch"),
            TokenMismatch,
            Effect::None,
        ),
        (
            "CreateLaunchTemplateVersion",
            503,
            Some("RequestLimitExceeded"),
            Throttled,
            Effect::None,
        ),
        (
            "CreateLaunchTemplateVersion",
            503,
            Some("Unavailable"),
            Server,
            Effect::Maybe,
        ),
        (
            "CreateLaunchTemplateVersion",
            400,
            Some("MaxTemplateVersionLimitExceeded"),
            Limit,
            Effect::None,
        ),
        (
            "DescribeImages",
            400,
            Some("InvalidAMIID.NotFound"),
            NotFound,
            Effect::None,
        ),
        (
            "DescribeImages",
            400,
            Some("InvalidAMIID.Malformed"),
            Invalid,
            Effect::None,
        ),
        (
            "DescribeSubnets",
            400,
            Some("InvalidSubnetID.NotFound"),
            NotFound,
            Effect::None,
        ),
        (
            "DescribeImages",
            403,
            Some("UnauthorizedOperation"),
            AccessDenied,
            Effect::None,
        ),
        (
            "DescribeCluster",
            403,
            Some("AccessDeniedException"),
            AccessDenied,
            Effect::None,
        ),
        (
            "DescribeImages",
            401,
            Some("AuthFailure"),
            Credentials,
            Effect::None,
        ),
        (
            "DescribeCluster",
            403,
            Some("ExpiredTokenException"),
            Credentials,
            Effect::None,
        ),
        (
            "DescribeImages",
            400,
            Some("RequestExpired"),
            Credentials,
            Effect::None,
        ),
        (
            "GetCallerIdentity",
            403,
            Some("ExpiredToken"),
            Credentials,
            Effect::None,
        ),
        (
            "GetCallerIdentity",
            403,
            Some("InvalidClientTokenId"),
            Credentials,
            Effect::None,
        ),
        (
            "DescribeCluster",
            403,
            Some("UnrecognizedClientException"),
            Credentials,
            Effect::None,
        ),
        (
            "GetParameters",
            400,
            Some("ThrottlingException"),
            Throttled,
            Effect::None,
        ),
        (
            "GetParameters",
            500,
            Some("InternalServerError"),
            Server,
            Effect::Maybe,
        ),
        // codes that nobody lists, and none at all
        (
            "CreateNodegroup",
            400,
            Some("BrandNewException"),
            Invalid,
            Effect::None,
        ),
        (
            "CreateNodegroup",
            502,
            Some("BrandNewException"),
            Server,
            Effect::Maybe,
        ),
        ("CreateNodegroup", 429, None, Throttled, Effect::None),
        ("CreateNodegroup", 403, None, AccessDenied, Effect::None),
        ("CreateNodegroup", 404, None, Unexpected, Effect::None),
        ("CreateNodegroup", 504, None, Server, Effect::Maybe),
    ];
    for (operation, status, code, kind, effect) in rows {
        let failure = call(operation, true).failed(answer(*status, *code, "in AWS's words"));
        assert_eq!(
            (failure.kind, failure.effect),
            (*kind, *effect),
            "{operation} {status} {code:?}"
        );
        assert_eq!(failure.code.as_deref(), *code);
        assert_eq!(failure.message, "in AWS's words");
        assert_eq!(failure.request_id.as_deref(), Some("req-1"));
        let read = call(operation, false).failed(answer(*status, *code, "x"));
        assert_eq!(
            read.effect,
            Effect::None,
            "a read has no effect: {operation} {status}"
        );
    }
}

#[test]
fn a_node_group_that_exists_is_not_an_update_under_way() {
    let taken = answer(
        409,
        Some("ResourceInUseException"),
        "NodeGroup already exists with name mng-1 and cluster name x",
    );
    assert_eq!(
        call("CreateNodegroup", true).failed(taken).kind,
        ErrorKind::AlreadyExists
    );
}

/// While the cluster's control plane is updated, EKS refuses what it takes some minutes later.
#[test]
fn a_cluster_that_is_being_updated_is_in_use() {
    let early = answer(
        400,
        Some("InvalidParameterException"),
        "Nodegroup Kubernetes version should be equal to Cluster kubernetes version 1.31",
    );
    assert_eq!(
        call("UpdateNodegroupVersion", true).failed(early).kind,
        ErrorKind::InUse
    );
    let wrong = answer(400, Some("InvalidParameterException"), "Nodegroup x");
    assert_eq!(
        call("UpdateNodegroupVersion", true).failed(wrong).kind,
        ErrorKind::Invalid
    );
}

#[test]
fn no_code_is_in_two_classes() {
    let mut seen = std::collections::BTreeSet::new();
    for (_, codes) in CODES {
        for code in *codes {
            assert!(seen.insert(code), "{code} is listed twice");
        }
    }
}

#[test]
fn the_message_is_aws_s_whole() {
    let text = "You are not authorized to perform this operation. Encoded authorization failure message: 3Vw9abc";
    let failure =
        call("CreateLaunchTemplate", true).failed(answer(403, Some("UnauthorizedOperation"), text));
    assert_eq!(
        failure.to_string(),
        format!("EKS CreateLaunchTemplate in us-east-1: UnauthorizedOperation: {text}")
    );
}

#[test]
fn failures_without_an_answer() {
    type Failure = fn() -> SdkError<ErrorMetadata, HttpResponse>;
    let rows: &[(&str, Failure, ErrorKind, Effect, &str)] = &[
        (
            "time-out",
            || SdkError::timeout_error("operation took too long"),
            ErrorKind::Network,
            Effect::Maybe,
            "request has timed out: operation took too long",
        ),
        (
            "an endpoint that cannot be used",
            || {
                let request = format!(
                    "failed to apply to `{:?}`",
                    SdkBody::from("LaunchTemplateData.UserData=aGVsbG8")
                );
                SdkError::dispatch_failure(ConnectorError::other(request.into(), None))
            },
            ErrorKind::Invalid,
            Effect::None,
            "the endpoint URL cannot be used",
        ),
        (
            "construction",
            || SdkError::construction_failure("bad input"),
            ErrorKind::Invalid,
            Effect::None,
            "bad input",
        ),
        (
            "connection lost",
            || SdkError::dispatch_failure(ConnectorError::io("reset".into())),
            ErrorKind::Network,
            Effect::Maybe,
            "reset",
        ),
        (
            "no credentials",
            || {
                SdkError::dispatch_failure(ConnectorError::other(
                    CredentialsError::not_loaded("x").into(),
                    None,
                ))
            },
            ErrorKind::Credentials,
            Effect::None,
            "no credentials found; looked in the environment (AWS_ACCESS_KEY_ID), ",
        ),
        (
            "unreadable",
            || {
                let status = StatusCode::try_from(200).expect("a status");
                SdkError::response_error("not XML", HttpResponse::new(status, SdkBody::empty()))
            },
            ErrorKind::Unexpected,
            Effect::Maybe,
            "HTTP 200 with an unreadable answer: not XML",
        ),
    ];
    for (name, failure, kind, effect, text) in rows {
        let failure = call("CreateNodegroup", true).failed(failure());
        assert_eq!(
            (failure.kind, failure.effect, failure.code),
            (*kind, *effect, None),
            "{name}"
        );
        assert!(
            failure.message.starts_with(text),
            "{name}: {}",
            failure.message
        );
        assert!(
            !failure.message.contains("aGVsbG8"),
            "{name}: {}",
            failure.message
        );
    }
}
