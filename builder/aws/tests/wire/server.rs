//! An HTTP server on loopback that gives prepared answers and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use nodemint_aws::{AwsClouds, Settings};
use nodemint_core::site::Site;
use nodemint_engine::ports::{Cloud, Clouds};

#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// lower-case names
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// The parameters of a query-protocol call, but for the version of the API.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body.as_bytes())
            .filter(|(key, _)| key != "Version")
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect()
    }
}

/// An answer: status and body. Status 0 closes the connection without one.
pub type Answer = (u16, &'static str);

pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Gives these answers in order, and the last one for ever.
    pub fn start(answers: &'static [Answer]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let answer = answers[count.min(answers.len() - 1)];
                serve(stream.expect("a connection"), answer, &log);
            }
        });
        Server { url, seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }

    /// A client of this server; one try, so that answers and requests pair up.
    pub async fn cloud(&self) -> Arc<dyn Cloud> {
        self.cloud_with_tries(1).await
    }

    pub async fn cloud_with_tries(&self, tries: u32) -> Arc<dyn Cloud> {
        let settings = Settings {
            max_attempts: Some(tries),
            ..Settings::sandbox(&self.url)
        };
        AwsClouds::new(settings)
            .at(&Site::from("us-east-1"))
            .await
            .expect("a region")
    }
}

fn serve(mut stream: TcpStream, (status, body): Answer, log: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request line");
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, n)| n.parse().expect("a length"));
    let mut content = vec![0; length];
    reader.read_exact(&mut content).expect("the body");
    let body_text = String::from_utf8(content).expect("text");
    log.lock().expect("no panic").push(Seen {
        method,
        path,
        headers,
        body: body_text,
    });
    if status != 0 {
        // the query protocols have the request's id in the body
        let kind = match body.starts_with('<') {
            true => "content-type: text/xml",
            false => "content-type: application/json\r\nx-amzn-requestid: req-9",
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\n{kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .expect("an answer");
    }
}
