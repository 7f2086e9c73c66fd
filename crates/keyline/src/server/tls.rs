//! TLS by the certificate and the key that two files hold.
//!
//! In: connections. Out: those that shook hands in time, at `axum`'s door. A hand that is not given back keeps no
//! other waiting: each connection shakes hands for itself.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// How long shaking hands may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Connections that shake hands at once; more wait to be accepted.
const HANDSHAKES_MAX: usize = 64;

/// What the two files hold.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    pub fn read(certificate: &Path, key: &Path) -> Result<Tls> {
        let naming = || format!("the certificate in `{}`", certificate.display());
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(|found| found.collect::<Result<Vec<_>, _>>())
            .with_context(naming)?;
        if chain.is_empty() {
            bail!("there is no certificate in `{}`", certificate.display());
        }
        let naming = || format!("the key in `{}`", key.display());
        let secret = PrivateKeyDer::from_pem_file(key).with_context(naming)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("no TLS")?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .with_context(|| {
                format!(
                    "`{}` and `{}` are no certificate and its key",
                    certificate.display(),
                    key.display()
                )
            })?;
        Ok(Tls(Arc::new(config)))
    }

    /// Puts TLS before what listens.
    pub fn before(self, listener: TcpListener) -> Result<Door> {
        let address = listener.local_addr()?;
        let (shaken, taken) = mpsc::channel(HANDSHAKES_MAX);
        let acceptor = TlsAcceptor::from(self.0);
        tokio::spawn(async move {
            let mut listener = listener;
            let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
            while let Ok(place) = places.clone().acquire_owned().await {
                // Waits a little where there are too many connections, and goes on.
                let (stream, from) = Listener::accept(&mut listener).await;
                let (acceptor, shaken) = (acceptor.clone(), shaken.clone());
                tokio::spawn(async move {
                    let hands = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream));
                    if let Ok(Ok(stream)) = hands.await {
                        let _ = shaken.send((stream, from)).await;
                    }
                    drop(place);
                });
            }
        });
        Ok(Door { taken, address })
    }
}

/// Connections behind TLS.
pub struct Door {
    taken: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.taken.recv().await {
            Some(taken) => taken,
            // Whoever accepts has ended with the server.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
