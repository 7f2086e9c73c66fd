//! The sink `syslog`: RFC 5424 over UDP (RFC 5426), TCP (octet counting, RFC 6587) or TLS (RFC 5425).
//!
//! The message is the alert's JSON in ASCII, every other character spelled out: no control
//! character of an attacker reaches a receiver's file, and no byte order mark is needed. Syslog has
//! no acknowledgement. Over TCP and TLS each batch has a connection of its own, which is closed and
//! whose end is waited for, so that a receiver that went away in between is noticed; over UDP
//! nothing can be.

use std::io::{self, ErrorKind as Io, Read, Write};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket,
};
use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, Unit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::alert::{Alert, Severity, essence};
use crate::error::{Error, ErrorKind};
use crate::failure::Failure;
use crate::http::{no_certificate, read_certificates};
use crate::limits;
use crate::sink::Rendering;
use crate::text::{ascii_json, of_io, one_line};

pub(crate) struct Syslog {
    transport: Transport,
    /// `host:port`.
    address: String,
    host: ServerName<'static>,
    facility: u8,
    /// This machine's name, or `-`.
    machine: String,
    rendering: Rendering,
}

enum Transport {
    Udp,
    Tcp,
    Tls(Arc<ClientConfig>),
}

/// The facilities that make sense for alerts, with their numbers.
const FACILITIES: [(&str, u8); 13] = [
    ("user", 1),
    ("daemon", 3),
    ("auth", 4),
    ("authpriv", 10),
    ("audit", 13),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

impl Syslog {
    /// A receiver at `udp://HOST:PORT`, `tcp://…` or `tls://…`.
    pub(crate) fn new(
        address: &str,
        facility: Option<&str>,
        ca_file: Option<&Path>,
        rendering: Rendering,
    ) -> Result<Syslog, Error> {
        let wrong = |message: String| Error::new(ErrorKind::Config, message);
        let expected = || {
            let found = one_line(address);
            wrong(format!(
                "expected an `address` such as `tls://logs.example.com:6514`, `tcp://…` or `udp://…`, found `{found}`"
            ))
        };
        let (scheme, place) = address.split_once("://").ok_or_else(expected)?;
        let (host, port) = place.rsplit_once(':').ok_or_else(expected)?;
        let port: u16 = port.parse().map_err(|_| expected())?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let transport = match scheme {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls(Arc::new(tls(ca_file)?)),
            _ => return Err(expected()),
        };
        if ca_file.is_some() && scheme != "tls" {
            return Err(wrong(
                "`ca_file` says nothing about an address without `tls`".to_owned(),
            ));
        }
        let facility = facility.unwrap_or("local0");
        let known = FACILITIES.iter().find(|(name, _)| *name == facility);
        let (_, facility) = known.ok_or_else(|| {
            let names: Vec<&str> = FACILITIES.iter().map(|(name, _)| *name).collect();
            wrong(format!(
                "expected a `facility` of {}, found `{}`",
                names.join(", "),
                one_line(facility)
            ))
        })?;
        let server = ServerName::try_from(host.to_owned()).map_err(|_| expected())?;
        Ok(Syslog {
            transport,
            address: match host.contains(':') {
                true => format!("[{host}]:{port}"),
                false => format!("{host}:{port}"),
            },
            host: server,
            facility: *facility,
            machine: machine(),
            rendering,
        })
    }

    pub(crate) fn shown(&self) -> String {
        let scheme = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls(_) => "tls",
        };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn send(&self, alerts: &[&Value]) -> Result<(), Failure> {
        let messages: Vec<String> = alerts.iter().map(|alert| self.message(alert)).collect();
        let sent = match &self.transport {
            Transport::Udp => self.send_datagrams(&messages),
            Transport::Tcp => self
                .connect()
                .and_then(|stream| over_tcp(stream, &messages)),
            Transport::Tls(config) => {
                let connected = self.connect();
                connected.and_then(|stream| over_tls(stream, config, &self.host, &messages))
            }
        };
        sent.map_err(|error| Failure::later(format!("{}: {}", self.shown(), of_io(&error))))
    }

    /// One message, without what a transport puts around it.
    fn message(&self, document: &Value) -> String {
        let alert = Alert::queued(document);
        let severity = match alert.severity() {
            Severity::High => 2,
            Severity::Medium => 4,
            Severity::Low => 5,
            Severity::Informational => 6,
        };
        let mut json = ascii_json(&self.rendering.document(document));
        if json.len() > limits::SYSLOG_BYTES_MAX {
            json = ascii_json(&self.rendering.document(&essence(document)));
        }
        format!(
            "<{}>1 {} {} keyline - alert - {json}",
            u32::from(self.facility) * 8 + severity,
            time(alert.text("evaluated_at")),
            self.machine,
        )
    }

    fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = self.address.to_socket_addrs()?.collect();
        match found.is_empty() {
            true => Err(io::Error::new(Io::NotFound, "the host has no address")),
            false => Ok(found),
        }
    }

    fn send_datagrams(&self, messages: &[String]) -> io::Result<()> {
        let to = self.addresses()?[0];
        let any = match to.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(to)?;
        for message in messages {
            socket.send(message.as_bytes())?;
        }
        Ok(())
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut failed = None;
        for address in self.addresses()? {
            match TcpStream::connect_timeout(&address, limits::CONNECT_TIMEOUT) {
                Ok(stream) => {
                    stream.set_write_timeout(Some(limits::REQUEST_TIMEOUT))?;
                    stream.set_read_timeout(Some(limits::REQUEST_TIMEOUT))?;
                    return Ok(stream);
                }
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(|| io::Error::from(Io::NotFound)))
    }
}

fn over_tcp(mut stream: TcpStream, messages: &[String]) -> io::Result<()> {
    stream.write_all(framed(messages).as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(limits::SYSLOG_END_TIMEOUT))?;
    wait_for_end(&mut stream)
}

fn over_tls(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
    host: &ServerName<'static>,
    messages: &[String],
) -> io::Result<()> {
    let connection =
        ClientConnection::new(config.clone(), host.clone()).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(framed(messages).as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()?;
    stream.sock.shutdown(Shutdown::Write)?;
    stream
        .sock
        .set_read_timeout(Some(limits::SYSLOG_END_TIMEOUT))?;
    wait_for_end(&mut stream)
}

/// Octet counting: the length, a space, the message.
fn framed(messages: &[String]) -> String {
    messages
        .iter()
        .map(|message| format!("{} {message}", message.len()))
        .collect()
}

/// Reads until the receiver closes, which it does once it has read everything. One that keeps the
/// connection open is believed; one that breaks it off is not.
fn wait_for_end(stream: &mut impl Read) -> io::Result<()> {
    let mut ignored = [0; 4096];
    for _ in 0..16 {
        match stream.read(&mut ignored) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => match error.kind() {
                // Closed without a word of TLS; or still open.
                Io::UnexpectedEof | Io::WouldBlock | Io::TimedOut => return Ok(()),
                Io::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

fn tls(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let pem = read_certificates(path)?;
            let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
            let (added, _) = roots.add_parsable_certificates(certificates);
            if added == 0 {
                return Err(no_certificate(path));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// RFC 5424 has at most six digits of a second.
fn time(text: &str) -> String {
    let at = text.parse::<Timestamp>().ok();
    let at = at.and_then(|at| at.round(Unit::Microsecond).ok());
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}

fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let name = name
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_default();
    let plain: String = name
        .chars()
        .filter(char::is_ascii_graphic)
        .take(255)
        .collect();
    match plain.is_empty() {
        true => "-".to_owned(),
        false => plain,
    }
}
