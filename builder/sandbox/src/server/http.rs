//! HTTP: reads a request whole, has it answered, writes the reply.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::net::TcpListener;

use super::{Outcome, Sandbox};
use crate::protocol::{Incoming, Reply};

/// Far above what any call needs: user data ends at 16 KiB.
const BODY_LIMIT: usize = 1024 * 1024;

pub async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().fallback(handle).with_state(sandbox);
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return (
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is too large or broke off",
        )
            .into_response();
    };
    let incoming = Incoming {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: &body,
    };
    let outcome = sandbox.answer(&incoming);
    travel(sandbox.latency).await;
    match outcome {
        Outcome::Reply { reply, request_id } => respond(reply, &request_id),
        Outcome::Lost => broken_off(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "clients wait for an answer in the machine's time"
)]
async fn travel(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

fn respond(reply: Reply, request_id: &str) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(reply.content_type));
    let named = [
        ("x-amzn-requestid", Some(request_id)),
        ("x-amzn-errortype", reply.error_type.as_deref()),
    ];
    for (name, value) in named {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    (status, headers, reply.body).into_response()
}

/// A response whose body fails, on which the connection is closed before the response is whole.
fn broken_off() -> Response {
    let failing =
        stream::once(async { Err::<Bytes, _>(std::io::Error::other("a reply lost on purpose")) });
    Response::new(Body::from_stream(failing))
}
