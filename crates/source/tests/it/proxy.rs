//! A proxy on the loopback address before an emulator: it writes down what is asked, and answers badly when it is
//! told to. And a server that answers by itself, for what no emulator knows.

#![allow(
    dead_code,
    reason = "the tests of two crates share it, and neither uses all of it"
)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Pass,
    /// 503 SlowDown, as S3 answers when it is asked too much.
    SlowDown,
    /// 403 AccessDenied, as S3 answers whoever may not read something.
    Denied,
    /// The connection ends without a word.
    Cut,
    /// It ends in the middle of the answer.
    Half,
}

/// Decides by the number of a request, from 0, and its first line.
pub type Plan = dyn Fn(usize, &str) -> Answer + Send + Sync;

/// A running proxy; it ends with the test's process.
pub struct Proxy {
    pub endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn before(
        endpoint: &str,
        plan: impl Fn(usize, &str) -> Answer + Send + Sync + 'static,
    ) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
        };
        let target = endpoint.strip_prefix("http://").unwrap().to_owned();
        let (asked, plan): (_, Arc<Plan>) = (proxy.asked.clone(), Arc::new(plan));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (target, asked, plan) = (target.clone(), asked.clone(), plan.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &target, &asked, &*plan);
                });
            }
        });
        proxy
    }

    /// The first lines of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    target: &str,
    asked: &Mutex<Vec<String>>,
    plan: &Plan,
) -> std::io::Result<()> {
    let request = read_request(&mut stream)?;
    let text = String::from_utf8_lossy(&request);
    let line = text.lines().next().unwrap_or_default().to_owned();
    let number = {
        let mut asked = asked.lock().unwrap();
        asked.push(line.clone());
        asked.len() - 1
    };
    let answer = plan(number, &line);
    match answer {
        Answer::Cut => return stream.shutdown(Shutdown::Both),
        Answer::SlowDown => return refuse(&mut stream, "503 Slow Down", "SlowDown"),
        Answer::Denied => return refuse(&mut stream, "403 Forbidden", "AccessDenied"),
        Answer::Pass | Answer::Half => {}
    }
    let mut upstream = TcpStream::connect(target)?;
    upstream.write_all(&request)?;
    let mut response = Vec::new();
    upstream.read_to_end(&mut response)?;
    let end = match answer {
        // The head and the first bytes of the body.
        Answer::Half => {
            let head = response.windows(4).position(|it| it == b"\r\n\r\n");
            let body = head.map_or(0, |at| at + 4);
            body + (response.len() - body) / 2
        }
        _ => response.len(),
    };
    stream.write_all(&response[..end])?;
    stream.shutdown(Shutdown::Both)
}

fn refuse(stream: &mut TcpStream, status: &str, code: &str) -> std::io::Result<()> {
    let body = format!("<Error><Code>{code}</Code><Message>as the test says</Message></Error>");
    respond(stream, status, "application/xml", &body)
}

fn respond(stream: &mut TcpStream, status: &str, kind: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

/// A server that answers the body of each request with a status and JSON; its address.
pub fn answering(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let request = read_request(&mut stream).unwrap_or_default();
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map_or("", |it| it.1);
                let (status, text) = answer(body);
                let kind = "application/x-amz-json-1.1";
                let _ = respond(&mut stream, &format!("{status} Answer"), kind, &text);
            });
        }
    });
    endpoint
}

/// One request with its body. Whoever asks waits for the end of the answer, so that nothing follows.
fn read_request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut some = [0; 8192];
    loop {
        if let Some(at) = request.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..at]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0);
            if request.len() >= at + 4 + length {
                return Ok(request);
            }
        }
        match stream.read(&mut some)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => request.extend_from_slice(&some[..count]),
        }
    }
}
