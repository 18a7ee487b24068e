use std::net::TcpListener;
use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;

use super::*;

#[test]
fn endpoints_and_locality() {
    let cases = [
        (
            "https://eks.us-east-1.amazonaws.com/clusters/x?a=b",
            "https://eks.us-east-1.amazonaws.com",
            false,
        ),
        ("http://127.0.0.1:4566/", "http://127.0.0.1:4566", true),
        ("http://localhost:4566", "http://localhost:4566", true),
        (
            "http://169.254.169.254/latest/api/token",
            "http://169.254.169.254",
            true,
        ),
        ("http://[::1]:80/x", "http://[::1]:80", true),
        ("http://[fd00:ec2::254]/x", "http://[fd00:ec2::254]", true),
        (
            "https://localhost.example.com/",
            "https://localhost.example.com",
            false,
        ),
        ("http://user@127.0.0.1:1/", "http://user@127.0.0.1:1", true),
    ];
    for (uri, expected, local) in cases {
        assert_eq!((endpoint(uri), is_local(uri)), (expected, local), "{uri}");
    }
}

/// How a call to `uri` fails.
async fn failure(settings: HttpConnectorSettings, uri: &str) -> ConnectorError {
    let request = HttpRequest::get(uri).expect("a request");
    Connectors::new(settings)
        .call(request)
        .await
        .expect_err("no answer")
}

/// (connected, timed out, retry forbidden), as our own types and the SDK's retries see it.
fn seen(error: ConnectorError) -> (bool, bool, bool) {
    let transport = transport_error(&error).expect("every failure has its place");
    let (connected, timed_out) = (transport.connected, transport.timed_out);
    let mut context = InterceptorContext::new(Input::doesnt_matter());
    context.set_output_or_error(Err(OrchestratorError::connector(error)));
    let forbidden = NoRetryOfDeadEndpoint.classify_retry(&context) == RetryAction::RetryForbidden;
    (connected, timed_out, forbidden)
}

#[tokio::test]
async fn the_texts_that_tell_the_phase_are_still_those() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .and_then(|it| it.local_addr())
        .expect("a port");
    let listening = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listening_uri = format!("http://{}/", listening.local_addr().expect("an address"));
    let none = HttpConnectorSettings::builder().build();
    let hasty = HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_millis(50))
        .build();
    let patient = HttpConnectorSettings::builder()
        .read_timeout(Duration::from_millis(50))
        .build();
    let refused = failure(none.clone(), &format!("http://{gone}/")).await;
    assert!(refused.is_io());
    assert_eq!(seen(refused), (false, false, false), "refused");
    let unknown = failure(none.clone(), "http://nowhere.invalid/").await;
    assert_eq!(seen(unknown), (false, false, false), "no such name");
    // the handshake is a part of connecting, and nobody shakes hands here
    let late = failure(hasty, &listening_uri.replace("http:", "https:")).await;
    assert!(late.is_timeout());
    assert_eq!(seen(late), (false, true, true), "not connected in time");
    let unanswered = failure(patient, &listening_uri).await;
    assert!(unanswered.is_timeout());
    assert_eq!(
        seen(unanswered),
        (true, true, false),
        "connected, and no answer"
    );
    let closing = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closing_uri = format!("https://{}/", closing.local_addr().expect("an address"));
    std::thread::spawn(move || closing.accept().map(drop));
    let no_tls = failure(none, &closing_uri).await;
    assert_eq!(seen(no_tls), (false, false, false), "no TLS");
}
