//! A client that costs little beside what it measures: HTTP/1.1, one connection, kept open.

use anyhow::{Context, bail};
use reeve::client::connection::{Connection, SSM};
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A call as it is sent, signed or with a token. One that reads may be sent as often as wanted; a signed one that changes
/// something counts once.
#[derive(Clone)]
pub struct Signed(Arc<[u8]>);

impl Signed {
    pub fn new(connection: &Connection, operation: &str, input: &Value) -> Self {
        let body = input.to_string();
        let mut text =
            format!("POST / HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", connection.host(), body.len());
        for (name, value) in connection.signed_headers(&SSM, operation, body.as_bytes()) {
            text += &format!("{name}: {value}\r\n");
        }
        Self((text + "\r\n" + &body).into_bytes().into())
    }

    /// What a source of events posts: its token is among the headers.
    pub fn by_token(connection: &Connection, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
            connection.host(),
            body.len()
        );
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        Self((text + "\r\n" + body).into_bytes().into())
    }
}

/// One open connection; a new one after an answer with which the other side closes it.
pub struct Client {
    stream: TcpStream,
    host: String,
    is_closed: bool,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn open(connection: &Connection) -> anyhow::Result<Self> {
        let host = connection.host().to_owned();
        let stream = connect(&host).await?;
        Ok(Self { stream, host, is_closed: false, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a call and reads its whole answer.
    pub async fn send(&mut self, call: &Signed) -> anyhow::Result<&[u8]> {
        if std::mem::take(&mut self.is_closed) {
            self.stream = connect(&self.host).await?;
        }
        self.stream.write_all(&call.0).await?;
        self.buffer.clear();
        let whole = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed");
            }
            if let Some(whole) = whole(&self.buffer)? {
                break whole;
            }
        };
        while self.buffer.len() < whole.end {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed");
            }
        }
        let (head, body) = self.buffer.split_at_checked(whole.start).unwrap_or_default();
        self.is_closed =
            std::str::from_utf8(head)?.lines().any(|line| line.eq_ignore_ascii_case("connection: close"));
        if !self.buffer.starts_with(b"HTTP/1.1 200") {
            bail!("the call was refused: {}", String::from_utf8_lossy(body));
        }
        Ok(body)
    }

    pub async fn json(&mut self, call: &Signed) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(self.send(call).await?)?)
    }
}

async fn connect(host: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(host).await.with_context(|| format!("no connection to {host}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Where the body is, once the head is there.
fn whole(buffer: &[u8]) -> anyhow::Result<Option<std::ops::Range<usize>>> {
    let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&buffer[..head])?;
    let length = text.lines().filter_map(|line| line.split_once(": "));
    let length =
        length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, n)| n).next();
    let length: usize = length.context("the answer has no content-length")?.parse()?;
    Ok(Some(head + 4..head + 4 + length))
}

/// Sends a call so many times over so many connections at once; answers how long each took, and all.
pub async fn load(
    connection: &Connection,
    connections: usize,
    count: usize,
    call: impl Fn() -> Signed,
) -> anyhow::Result<(Vec<Duration>, Duration)> {
    let calls = Arc::new((0..count).map(|_| call()).collect::<Vec<_>>());
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Client::open(connection).await?);
    }
    let begun = Instant::now();
    let clients = clients.into_iter().map(|mut client| {
        let (next, calls) = (next.clone(), calls.clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = Instant::now();
                client.send(call).await?;
                times.push(sent.elapsed());
            }
            anyhow::Ok(times)
        })
    });
    let mut times = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        times.extend(client.await??);
    }
    Ok((times, begun.elapsed()))
}
