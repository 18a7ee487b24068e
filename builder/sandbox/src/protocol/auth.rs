//! Who calls, and for which service and region: the credential scope of a SigV4 request.
//!
//! The signature is not verified: the sandbox takes any credentials. But a request without any is refused
//! as AWS refuses it, so that a client that forgot to sign is found out.

use super::{Envelope, Incoming, Style};
use crate::model::Model;
use crate::{AwsError, Service};

pub fn open(request: &Incoming<'_>) -> (Envelope, Option<AwsError>) {
    let Some(scope) = scope(request) else {
        let service = guess(request);
        let style = style(service, request);
        let envelope = Envelope {
            style,
            service,
            region: String::new(),
            access_key: String::new(),
            session_token: None,
        };
        return (envelope, Some(unsigned(style)));
    };
    let service = Service::named(&scope.service);
    let style = style(service, request);
    let refused = if service.is_none() {
        Some(unknown_service(style, &scope.service))
    } else if !is_region(&scope.region) {
        Some(unknown_region(style))
    } else {
        None
    };
    // what is not a name of AWS's is the caller's own text, and stays out of the log
    let region = if is_region(&scope.region) {
        scope.region
    } else {
        String::new()
    };
    (
        Envelope {
            style,
            service,
            region,
            access_key: scope.access_key,
            session_token: session_token(request),
        },
        refused,
    )
}

/// Of a region's form: `us-east-1`, `us-gov-west-1`.
pub fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    words.len() >= 2
        && name.len() <= 32
        && words.iter().all(is_word)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

fn unknown_region(style: Style) -> AwsError {
    let code = match style {
        Style::Ec2 => "AuthFailure",
        Style::Query => "SignatureDoesNotMatch",
        Style::Json | Style::RestJson => "InvalidSignatureException",
    };
    AwsError::new(403, code, "Credential should be scoped to a valid region.")
}

struct Scope {
    access_key: String,
    region: String,
    service: String,
}

/// `AKID/20261120/us-east-1/ec2/aws4_request`, from the Authorization header or a presigned URL.
fn scope(request: &Incoming<'_>) -> Option<Scope> {
    let credential = match request.headers.get("authorization") {
        Some(header) => {
            let (_, rest) = header.to_str().ok()?.split_once("Credential=")?;
            rest.split([',', ' ']).next()?.to_owned()
        }
        None => form_urlencoded::parse(request.query.as_bytes())
            .find(|(name, _)| name == "X-Amz-Credential")
            .map(|(_, value)| value.into_owned())?,
    };
    let parts: Vec<&str> = credential.split('/').collect();
    match parts.as_slice() {
        [access_key, _date, region, service, "aws4_request"] if !access_key.is_empty() => {
            Some(Scope {
                access_key: (*access_key).to_owned(),
                region: (*region).to_owned(),
                service: (*service).to_owned(),
            })
        }
        _ => None,
    }
}

/// Of temporary credentials: in a header of its own, or in a presigned URL.
fn session_token(request: &Incoming<'_>) -> Option<String> {
    if let Some(header) = request.headers.get("x-amz-security-token") {
        return header.to_str().ok().map(str::to_owned);
    }
    form_urlencoded::parse(request.query.as_bytes())
        .find(|(name, _)| name == "X-Amz-Security-Token")
        .map(|(_, value)| value.into_owned())
}

/// What is said of a session whose time is over. EC2 has a code of its own; the others' are those of the
/// common errors pages, and of what clients report (ExpiredTokenException from EKS and Systems Manager).
pub fn expired(style: Style) -> AwsError {
    let text = "The security token included in the request is expired";
    match style {
        Style::Ec2 => AwsError::new(400, "RequestExpired", "Request has expired."),
        Style::Query => AwsError::new(403, "ExpiredToken", text),
        Style::Json => AwsError::new(400, "ExpiredTokenException", text),
        Style::RestJson => AwsError::new(403, "ExpiredTokenException", text),
    }
}

/// What is said of temporary credentials that are not whole.
pub fn invalid_token(style: Style) -> AwsError {
    let text = "The security token included in the request is invalid.";
    match style {
        Style::Ec2 => AwsError::new(
            401,
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        ),
        Style::Query => AwsError::new(403, "InvalidClientTokenId", text),
        Style::Json => AwsError::new(400, "UnrecognizedClientException", text),
        Style::RestJson => AwsError::new(403, "UnrecognizedClientException", text),
    }
}

/// The service that an unsigned request most likely means, for the form of the refusal.
fn guess(request: &Incoming<'_>) -> Option<Service> {
    let target = request
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    if let Some(target) = target {
        let prefix = target.split('.').next().unwrap_or_default();
        return Service::ALL
            .into_iter()
            .find(|service| Model::of(*service).target_prefix == prefix);
    }
    if request.path != "/" {
        return Some(Service::Eks);
    }
    let version = form_urlencoded::parse(request.body)
        .chain(form_urlencoded::parse(request.query.as_bytes()))
        .find(|(name, _)| name == "Version")
        .map(|(_, value)| value)?;
    Service::ALL
        .into_iter()
        .find(|service| Model::of(*service).api_version == version)
}

fn style(service: Option<Service>, request: &Incoming<'_>) -> Style {
    match service {
        Some(service) => Style::of(Model::of(service)),
        None if request.headers.contains_key("x-amz-target") => Style::Json,
        None if request.path == "/" => Style::Query,
        None => Style::RestJson,
    }
}

/// The text is that of the common errors page of the query APIs.
fn unsigned(style: Style) -> AwsError {
    let code = match style {
        Style::Ec2 | Style::Query => "MissingAuthenticationToken",
        Style::Json | Style::RestJson => "MissingAuthenticationTokenException",
    };
    AwsError::new(403, code, "Missing Authentication Token")
}

fn unknown_service(style: Style, name: &str) -> AwsError {
    let code = match style {
        Style::Ec2 | Style::Query => "InvalidAction",
        Style::Json | Style::RestJson => "UnknownOperationException",
    };
    AwsError::new(
        400,
        code,
        super::not_supported(&format!("the service {name}")),
    )
}
