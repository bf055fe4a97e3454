//! Connections: taken one by one, spoken TLS with if there is a certificate, each on a task of its own.
//!
//! **Invariants**
//! - Nobody waits for a handshake but the client that makes it.
//! - A client that does not finish its handshake, or the head of a request, in time is cut off; so is one that
//!   keeps a connection without asking anything.
//! - Who was taken before the end is answered, also where it was just being taken.
//! - There are never more open connections than the limit; those beyond it wait to be taken.

use axum::Router;
use axum::extract::ConnectInfo;
use futures::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

/// After an accept that failed for want of something, such as open files.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);

/// A client that was taken before the end has so long for its handshake and its first request after it: an SDK gives up at once
/// when its handshake is cut off.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// The certificate that a gateway shows, and its key.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Reads a certificate, with those that lead to its root if there are any, and its key, both as PEM.
    ///
    /// # Errors
    /// When they cannot be read or do not belong together.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|e| format!("the certificate cannot be read: {e}"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| format!("the key cannot be read: {e}"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
        let config = config.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|e| format!("the certificate and its key are not usable: {e}"))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// What holds for every connection.
#[derive(Clone)]
pub struct Limits {
    pub tls: Option<Tls>,
    pub client_timeout: Duration,
    pub max_connections: usize,
}

/// Serves until `shutdown` ends; then takes the connections that wait already and no others, and lets the requests in flight finish.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let app = TowerToHyperService::new(app);
    let places = Arc::new(Semaphore::new(limits.max_connections.min(Semaphore::MAX_PERMITS)));
    let (stopping, stopped) = watch::channel(None);
    let (mut shutdown, mut is_ending) = (pin!(shutdown), false);
    loop {
        let accepting = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let taken = match is_ending {
            // Without tokio's budget for one turn, which would end this while some wait still.
            true => tokio::task::unconstrained(accepting).now_or_never(),
            false => tokio::select! {
                accepted = accepting => Some(accepted),
                () = &mut shutdown => {
                    is_ending = true;
                    continue;
                }
            },
        };
        let Some((place, accepted)) = taken.filter(|(_, accepted)| accepted.is_ok() || !is_ending) else {
            break;
        };
        match accepted {
            Ok((stream, peer)) => {
                let (app, limits, stopped) = (app.clone(), limits.clone(), stopped.clone());
                tokio::spawn(async move {
                    talk(stream, peer, app, limits, stopped).await;
                    drop(place);
                });
            }
            // The client is gone already, which is its own affair; or this process lacks something for a while.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop((listener, stopped));
    stopping.send_replace(Some(Instant::now()));
    stopping.closed().await;
    Ok(())
}

/// One connection, from its handshake to its end.
async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    app: TowerToHyperService<Router>,
    limits: Limits,
    mut stopped: watch::Receiver<Option<Instant>>,
) {
    // Answers are small and complete: waiting to fill a packet only delays them.
    let _set = stream.set_nodelay(true).is_ok();
    let Some(tls) = &limits.tls else {
        return answer(stream, peer, app, limits.client_timeout, stopped).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(limits.client_timeout, tls.0.accept(stream)) => shaken,
        () = long_after(&mut stopped) => return,
    };
    match shaken {
        Ok(Ok(stream)) => answer(stream, peer, app, limits.client_timeout, stopped).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "a handshake failed"),
        Err(_) => tracing::debug!(%peer, "a handshake took too long"),
    }
}

/// Comes back when this begins to stop.
async fn stops(stopped: &mut watch::Receiver<Option<Instant>>) -> Instant {
    let since = stopped.wait_for(Option::is_some).await.ok().and_then(|since| *since);
    since.unwrap_or_else(Instant::now)
}

/// Comes back when nobody waits any more for what was begun before the end.
async fn long_after(stopped: &mut watch::Receiver<Option<Instant>>) {
    let since = stops(stopped).await;
    tokio::time::sleep_until(since + STOP_PATIENCE).await;
}

/// Answers the requests of a connection.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
    app: TowerToHyperService<Router>,
    client_timeout: Duration,
    mut stopped: watch::Receiver<Option<Instant>>,
) {
    let has_asked = Arc::new(AtomicBool::new(false));
    let asks = has_asked.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        asks.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(client_timeout);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let leaves = async {
        let since = stops(&mut stopped).await;
        if !has_asked.load(Ordering::Relaxed) {
            tokio::time::sleep_until(since + STOP_PATIENCE).await;
        }
    };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = leaves => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}
