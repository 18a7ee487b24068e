//! User data can hold secrets: no log has it, at any level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use nodemint_aws::{AwsClouds, LOG_CEILING, Settings};
use nodemint_core::launch_template::{Data, UserDataBlob};
use nodemint_core::site::Site;
use nodemint_engine::ports::{Clouds, NewVersion};
use tracing_subscriber::EnvFilter;

use crate::server::Server;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged while a version is created at an endpoint, with these directives.
async fn logged(directives: &str, endpoint: &str) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives))
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let request = NewVersion {
        template_id: "lt-1".into(),
        description: String::new(),
        data: Data {
            user_data: Some(UserDataBlob("c2VjcmV0".into())),
            ..Data::default()
        },
        client_token: "t".into(),
    };
    let settings = Settings {
        max_attempts: Some(1),
        ..Settings::sandbox(endpoint)
    };
    let cloud = AwsClouds::new(settings)
        .at(&Site::from("us-east-1"))
        .await
        .expect("a region");
    cloud
        .create_launch_template_version(&request)
        .await
        .expect_err("no version");
    drop(guard);
    let bytes = log.0.lock().expect("no panic").clone();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn user_data_is_in_no_log() {
    let server = Server::start(&[(500, "")]);
    for endpoint in [
        server.url.as_str(),
        "http://127.0.0.1:1",
        "an endpoint that cannot be used",
    ] {
        let log = logged(&format!("trace,{LOG_CEILING}"), endpoint).await;
        assert!(!log.contains("c2VjcmV0"), "{endpoint}: {log}");
    }
    // so that an empty log proves something: without the ceiling there is much to read
    assert!(
        logged("trace", &server.url)
            .await
            .contains("transmitting request")
    );
}
