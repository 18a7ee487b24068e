//! The wire protocols, driven by AWS's models: bytes to a checked input, and an answer back to bytes.
//!
//! ec2Query and awsQuery are in [`query`] and [`xml`], awsJson 1.1 and restJson1 in [`json`] and [`rest`];
//! what all of them check alike (required members, enums, lengths, patterns) is in [`constraints`].

mod auth;
mod constraints;
mod errors;
mod json;
mod pattern;
mod query;
mod rest;
mod time;
mod tree;
mod xml;

use axum::http::HeaderMap;
use serde_json::Value;

use crate::model::{Model, Protocol};
use crate::{AwsError, Service};

/// A request as it came in, its body read whole.
pub struct Incoming<'a> {
    pub method: &'a str,
    /// as on the wire, percent-encoding included
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// What can be said of a request before its parameters are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub style: Style,
    pub service: Option<Service>,
    /// Of the credential scope; empty for a request without one.
    pub region: String,
    pub access_key: String,
    /// of temporary credentials
    pub session_token: Option<String>,
}

/// How an answer is written. A request tells that even if its service is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Ec2,
    Query,
    Json,
    RestJson,
}

/// A request whose parameters passed the model.
#[derive(Debug, PartialEq)]
pub struct Decoded {
    pub operation: &'static str,
    pub input: Value,
}

/// A request that did not pass, with its operation as far as that is known.
#[derive(Debug, PartialEq)]
pub struct Rejected {
    pub operation: String,
    pub error: AwsError,
}

/// What goes back.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    /// restJson1 names an error in a header.
    pub error_type: Option<String>,
    pub body: String,
}

/// An answer of a handler that does not fit the model: a mistake of ours, never the caller's.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{path} does not fit the model of the answer: {problem}")]
pub struct BadAnswer {
    path: String,
    problem: &'static str,
}

pub use auth::{expired, invalid_token, is_region};

/// Who calls, and for which service; the error is why the call is refused unseen.
pub fn open(request: &Incoming<'_>) -> (Envelope, Option<AwsError>) {
    auth::open(request)
}

/// The operation and its input, by the service's model.
pub fn decode(service: Service, request: &Incoming<'_>) -> Result<Decoded, Rejected> {
    let model = Model::of(service);
    match model.protocol {
        Protocol::Ec2 | Protocol::Query => query::decode(model, request),
        Protocol::Json => json::decode(model, request),
        Protocol::RestJson => rest::decode(model, request),
    }
}

/// Writes the output of an operation.
pub fn encode(
    service: Service,
    operation: &str,
    output: &Value,
    request_id: &str,
) -> Result<Reply, BadAnswer> {
    let model = Model::of(service);
    let body = match model.protocol {
        Protocol::Ec2 | Protocol::Query => xml::answer(model, operation, output, request_id)?,
        Protocol::Json | Protocol::RestJson => json::answer(model, operation, output)?,
    };
    Ok(Reply {
        status: 200,
        content_type: errors::content_type(Style::of(model)),
        error_type: None,
        body,
    })
}

/// Writes an error.
pub fn encode_error(
    style: Style,
    service: Option<Service>,
    error: &AwsError,
    request_id: &str,
) -> Reply {
    let namespace = service.map_or("", |service| Model::of(service).xml_namespace.as_str());
    errors::encode(style, namespace, error, request_id)
}

impl Style {
    fn of(model: &Model) -> Self {
        match model.protocol {
            Protocol::Ec2 => Self::Ec2,
            Protocol::Query => Self::Query,
            Protocol::Json => Self::Json,
            Protocol::RestJson => Self::RestJson,
        }
    }
}

/// The refusal of what AWS has and the sandbox has not.
pub fn not_supported(what: &str) -> String {
    format!("{what} is not supported by the nodemint sandbox")
}
