//! Errors on the wire.

use serde_json::{Value, json};

use super::{Reply, Style, xml};
use crate::AwsError;

pub fn content_type(style: Style) -> &'static str {
    match style {
        Style::Ec2 => "text/xml;charset=UTF-8",
        Style::Query => "text/xml",
        Style::Json => "application/x-amz-json-1.1",
        Style::RestJson => "application/json",
    }
}

pub fn encode(style: Style, namespace: &str, error: &AwsError, request_id: &str) -> Reply {
    let body = match style {
        Style::Ec2 => ec2(error, request_id),
        Style::Query => query(namespace, error, request_id),
        Style::Json => json_body(error, json!({"__type": error.code})),
        Style::RestJson => json_body(error, json!({})),
    };
    Reply {
        status: error.status,
        content_type: content_type(style),
        error_type: (style == Style::RestJson).then(|| error.code.clone()),
        body,
    }
}

fn ec2(error: &AwsError, request_id: &str) -> String {
    format!(
        "{}<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>\
         <RequestID>{request_id}</RequestID></Response>",
        xml::DECLARATION,
        xml::escape(&error.code),
        xml::escape(&error.message),
    )
}

fn query(namespace: &str, error: &AwsError, request_id: &str) -> String {
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    format!(
        "{}<ErrorResponse xmlns=\"{}\"><Error><Type>{fault}</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
        xml::DECLARATION,
        xml::escape(namespace),
        xml::escape(&error.code),
        xml::escape(&error.message),
    )
}

fn json_body(error: &AwsError, mut body: Value) -> String {
    body["message"] = Value::from(error.message.as_str());
    for (name, value) in &error.members {
        body[name] = value.clone();
    }
    body.to_string()
}
