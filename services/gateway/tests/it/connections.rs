//! Clients that are slow, silent, too many, or speak another protocol.

use crate::support::*;
use reeve_gateway::{Config, Tls};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

const CLIENT_TIMEOUT: Duration = Duration::from_millis(300);
/// What is not cut off after this time is not cut off.
const LONG: Duration = Duration::from_secs(10);

fn with_short_timeouts(config: &mut Config) {
    config.client_timeout = CLIENT_TIMEOUT;
}

/// A certificate for 127.0.0.1, and a client that trusts it alone.
fn certificate() -> (Tls, TlsConnector) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let tls = Tls::new(made.cert.pem().as_bytes(), made.signing_key.serialize_pem().as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    (tls, TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

/// Writes a few bytes at a time until the other side has enough; answers how long that took, and what it said.
async fn dribble(gateway: &Running, bytes: &[u8]) -> (Duration, Vec<u8>) {
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    let begun = Instant::now();
    let bytes = bytes.to_vec();
    let writing = tokio::spawn(async move {
        for byte in bytes.into_iter().cycle() {
            if to.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut said = Vec::new();
    // A reset is an end as well.
    let _ended =
        tokio::time::timeout(LONG, from.read_to_end(&mut said)).await.expect("never cut off").is_ok();
    writing.abort();
    (begun.elapsed(), said)
}

#[tokio::test]
async fn a_slow_head_is_cut_off() {
    let gateway = start_with(FakeBus::saying("{}"), with_short_timeouts).await;
    let (after, _) = dribble(&gateway, b"POST / HTTP/1.1\r\nhost: x\r\nx-").await;
    println!(
        "a head that never ends: cut off after {} ms, the limit is {}",
        after.as_millis(),
        CLIENT_TIMEOUT.as_millis()
    );
    assert!(after >= CLIENT_TIMEOUT);
    let mut silent = TcpStream::connect(gateway.address).await.unwrap();
    let ended = tokio::time::timeout(LONG, silent.read(&mut [0; 16])).await.expect("never cut off");
    assert_eq!(ended.unwrap(), 0);
    // The next request of a connection has the same time.
    let mut idle = TcpStream::connect(gateway.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(read(&mut idle).await.status, 200);
    let ended = tokio::time::timeout(LONG, idle.read(&mut [0; 16])).await.expect("never cut off");
    assert_eq!(ended.unwrap(), 0);
    gateway.stop().await;
}

#[tokio::test]
async fn the_limit_is_on_the_head_alone() {
    let gateway = start_with(FakeBus::saying("{}"), with_short_timeouts).await;
    let mut head = "POST / HTTP/1.1\r\ncontent-length: 2\r\n".to_owned();
    for (name, value) in gateway.signed(ADMINISTRATOR, "AmazonSSM.ListDocuments", "{}") {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(format!("{head}\r\n{{").as_bytes()).await.unwrap();
    tokio::time::sleep(CLIENT_TIMEOUT * 2).await;
    stream.write_all(b"}").await.unwrap();
    assert_eq!(read(&mut stream).await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let limits = |config: &mut Config| (config.client_timeout, config.max_connections) = (CLIENT_TIMEOUT, 2);
    let gateway = start_with(FakeBus::saying("{}"), limits).await;
    let held = [0, 1].map(|_| TcpStream::connect(gateway.address));
    let held = futures::future::join_all(held).await;
    let begun = Instant::now();
    assert_eq!(gateway.get("/healthz").await.status, 200);
    println!(
        "beside as many silent connections as may be open: answered after {} ms",
        begun.elapsed().as_millis()
    );
    assert!(begun.elapsed() >= CLIENT_TIMEOUT / 2, "it had to wait until one was cut off");
    drop(held);
    gateway.stop().await;
}

#[tokio::test]
async fn tls_beside_those_who_do_not_speak_it() {
    let (tls, connector) = certificate();
    let patient = |config: &mut Config| config.tls = Some(tls);
    let gateway = start_with(FakeBus::saying("{}"), patient).await;
    // Its handshake is waited for, by nobody but itself.
    let silent = TcpStream::connect(gateway.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connected = TcpStream::connect(gateway.address).await.unwrap();
    let mut secure = connector.connect(name.clone(), connected).await.unwrap();
    secure.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(read(&mut secure).await.status, 200);

    let mut plain = TcpStream::connect(gateway.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    // A reset is an end as well.
    let _ended =
        tokio::time::timeout(LONG, plain.read_to_end(&mut said)).await.expect("left hanging").is_ok();
    assert!(!said.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&said));
    println!("plain HTTP at the TLS port: closed with {} bytes of an alert", said.len());

    let (_, stranger) = certificate();
    let connected = TcpStream::connect(gateway.address).await.unwrap();
    let refused = stranger.connect(name, connected).await.unwrap_err();
    println!("a client that trusts another: {refused}");
    gateway.stop().await;
    drop(silent);
}

#[tokio::test]
async fn a_slow_handshake_is_cut_off() {
    let (tls, _) = certificate();
    let change = |config: &mut Config| (config.client_timeout, config.tls) = (CLIENT_TIMEOUT, Some(tls));
    let gateway = start_with(FakeBus::saying("{}"), change).await;
    // The beginning of a handshake record of 512 bytes, which 20 ms for each would take ten seconds.
    let (after, _) = dribble(&gateway, &[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]).await;
    println!("a handshake that never ends: cut off after {} ms", after.as_millis());
    assert!(after >= CLIENT_TIMEOUT && after < LONG / 2);
    gateway.stop().await;
}

#[tokio::test]
async fn who_came_before_the_end_is_answered() {
    let (tls, connector) = certificate();
    let gateway = start_with(FakeBus::saying("{}"), |config| config.tls = Some(tls)).await;
    let (address, begun) = (gateway.address, Instant::now());
    let came = futures::future::join_all((0..20).map(|_| TcpStream::connect(address))).await;
    let (stopping, _gateway) = gateway.stopping();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    for stream in came {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut secure = connector.connect(name, stream.unwrap()).await.unwrap();
        secure.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = read(&mut secure).await;
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    }
    stopping.await.unwrap().unwrap();
    println!("20 that came before the end were answered; it took {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed() < LONG);
}
