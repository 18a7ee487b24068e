//! A sandbox on a free port, and just enough of an HTTP client to say anything to it, wrong things too.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use nodemint_sandbox::seed::Seed;
use nodemint_sandbox::world::World;
use nodemint_sandbox::{Options, Sandbox};

pub struct Server {
    pub sandbox: Sandbox,
    pub address: SocketAddr,
    // keeps the server running
    _runtime: tokio::runtime::Runtime,
}

#[derive(Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

impl Server {
    pub fn start(options: Options) -> Self {
        Self::with_seed(&Seed::builtin(), options)
    }

    pub fn with_seed(seed: &Seed, options: Options) -> Self {
        let sandbox = Sandbox::new(World::from_seed(seed), options).expect("valid options");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(sandbox.clone().serve(listener, std::future::pending()));
        Self {
            sandbox,
            address,
            _runtime: runtime,
        }
    }

    /// An EC2 call with its parameters as they stand on the wire.
    pub fn ec2(&self, parameters: &str) -> Response {
        self.form(
            "ec2",
            "us-east-1",
            &format!("{parameters}&Version=2016-11-15"),
        )
    }

    pub fn form(&self, service: &str, region: &str, body: &str) -> Response {
        self.signed(
            service,
            region,
            "POST / ",
            "content-type: application/x-www-form-urlencoded\r\n",
            body,
        )
    }

    pub fn ssm(&self, operation: &str, body: &str) -> Response {
        let headers = format!(
            "content-type: application/x-amz-json-1.1\r\nx-amz-target: AmazonSSM.{operation}\r\n"
        );
        self.signed("ssm", "us-east-1", "POST / ", &headers, body)
    }

    /// `GET /clusters`
    pub fn eks(&self, request: &str, body: &str) -> Response {
        self.signed(
            "eks",
            "us-east-1",
            &format!("{request} "),
            "content-type: application/json\r\n",
            body,
        )
    }

    pub fn signed(
        &self,
        service: &str,
        region: &str,
        request: &str,
        headers: &str,
        body: &str,
    ) -> Response {
        let authorization = format!(
            "authorization: AWS4-HMAC-SHA256 Credential=test/20261120/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=00\r\n"
        );
        self.raw(request, &format!("{authorization}{headers}"), body)
            .expect("an answer")
    }

    /// Nothing if the connection broke off before the answer was whole.
    pub fn raw(&self, request: &str, headers: &str, body: &str) -> Option<Response> {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        let length = body.len();
        let head = format!(
            "{request}HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).expect("written");
        stream.write_all(body.as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (headers, body) = answer.split_once("\r\n\r\n")?;
        let status = headers.split(' ').nth(1)?.parse().ok()?;
        let headers = headers.to_ascii_lowercase();
        // an answer in chunks ends with an empty one, if it is whole
        let whole = !headers.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n");
        whole.then(|| Response {
            status,
            headers,
            body: body.to_owned(),
        })
    }
}

impl Response {
    /// The text of the first element of that name.
    pub fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}
