//! A receiver of HTTP on the loopback address that answers as a test says and keeps what came.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};

use serde_json::Value;

/// One request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What is answered: the status with its words and headers, and a body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub head: String,
    pub body: String,
}

pub fn answer(head: &str, body: &str) -> Answer {
    Answer {
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

pub fn ok() -> Answer {
    answer("200 OK", "ok")
}

/// Serves until the test ends: where, and what came.
pub fn serve(
    mut reply: impl FnMut(&Request) -> Option<Answer> + Send + 'static,
) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (came, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Some(request) = read(&mut BufReader::new(&stream)) else {
                continue;
            };
            let reply = reply(&request);
            let _ = came.send(request);
            // Without an answer the connection ends in the sender's face.
            let Some(Answer { head, body }) = reply else {
                continue;
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        }
    });
    (origin, requests)
}

/// One request, unless the sender goes away in the middle of it.
pub fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut request = Request {
        path: line.split(' ').nth(1)?.to_owned(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = name.to_ascii_lowercase();
        request.headers.insert(name, value.to_owned());
    }
    let length: usize = request.headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}
