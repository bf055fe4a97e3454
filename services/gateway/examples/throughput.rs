//! How many signed calls a second the gateway serves, in front of a bus that answers at once.
//!
//! `cargo run --release -p reeve-gateway --example throughput [concurrency] [seconds]`. The clients are in the
//! same process and have their share of the processors; each signs once and repeats the request, so that what
//! is measured is mostly the gateway.

use bytes::Bytes;
use reeve_authz::Keyring;
use reeve_gateway::sigv4::{Credentials, Request, sign};
use reeve_gateway::{Answer, Bus, BusError, Config, Forward, Gateway, Served, serve};
use reeve_types::Timestamp;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const ID: &str = "AKIATHROUGHPUT0000";
const SECRET: &str = "not-a-secret-to-keep";
const BODY: &str = r#"{"Name": "AWS-RunShellScript", "DocumentVersion": "$LATEST"}"#;

#[derive(Clone)]
struct Instantly(Bytes);

impl Bus for Instantly {
    async fn request(&self, _: Forward) -> Result<Answer, BusError> {
        Ok(Answer { headers: Vec::new(), body: self.0.clone() })
    }

    async fn discover(&self) -> Result<Vec<Served>, BusError> {
        let text = str::to_owned;
        Ok(vec![Served {
            service: text("documents"),
            operation: text("GetDocument"),
            api: text("ssm"),
            subject: text("reeve.api.documents.GetDocument"),
        }])
    }
}

fn request(host: &str) -> String {
    let headers: Vec<(&str, &[u8])> = vec![
        ("content-type", b"application/x-amz-json-1.1"),
        ("host", host.as_bytes()),
        ("x-amz-target", b"AmazonSSM.GetDocument"),
    ];
    let unsigned = Request { method: "POST", path: "/", query: "", headers: &headers, body: BODY.as_bytes() };
    let credentials =
        Credentials { access_key_id: ID, secret_access_key: SECRET, region: "us-east-1", service: "ssm" };
    let mut text = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-amz-json-1.1\r\n\
         x-amz-target: AmazonSSM.GetDocument\r\ncontent-length: {}\r\n",
        BODY.len()
    );
    for (name, value) in sign(&unsigned, &credentials, Timestamp::now()) {
        text += &format!("{name}: {value}\r\n");
    }
    text + "\r\n" + BODY
}

async fn client(host: String, done: Arc<AtomicU64>) -> Result<(), std::io::Error> {
    let mut stream = TcpStream::connect(&host).await?;
    stream.set_nodelay(true)?;
    let request = request(&host);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        stream.write_all(request.as_bytes()).await?;
        let mut count = 0;
        while !buffer[..count].ends_with(b"}") {
            count += stream.read(&mut buffer[count..]).await?;
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(std::io::Error::other(String::from_utf8_lossy(&buffer[..count]).into_owned()));
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let concurrency: usize = arguments.next().as_deref().unwrap_or("16").parse()?;
    let seconds: u64 = arguments.next().as_deref().unwrap_or("5").parse()?;
    let keyring = format!(
        r#"{{"principals": [{{"name": "a", "access_key_id": "{ID}", "secret_access_key": "{SECRET}", "administrator": true}}]}}"#
    );
    let keyring = Arc::new(Keyring::parse(&keyring)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let config = Config::new(address, "123456789012".to_owned(), "us-east-1".to_owned(), [7; 32]);
    let document = format!(r#"{{"Name": "AWS-RunShellScript", "Content": "{}"}}"#, "x".repeat(2000));
    let gateway = Gateway::new(config, Instantly(document.into()), keyring.clone(), keyring);
    tokio::spawn(serve(listener, gateway, std::future::pending()));
    let done = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> =
        (0..concurrency).map(|_| tokio::spawn(client(address.to_string(), Arc::clone(&done)))).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, start) = (done.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (count, elapsed) = (done.load(Ordering::Relaxed) - before, start.elapsed());
    println!("{concurrency} clients: {:.0} signed calls a second", count as f64 / elapsed.as_secs_f64());
    for failed in clients.into_iter().filter(tokio::task::JoinHandle::is_finished) {
        failed.await??;
    }
    Ok(())
}
