//! A gateway on a free port, a bus that answers what the test says, and a client that signs.

use bytes::Bytes;
use reeve_authz::{Access, Keyring};
use reeve_gateway::sigv4::{self, Credentials};
use reeve_gateway::{Answer, Bus, BusError, Config, Forward, Gateway, Served, Written};
use reeve_types::Timestamp;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

pub const REGION: &str = "eu-central-1";
pub const SECRET: &str = "administrators-secret-key";
pub const ADMINISTRATOR: &str = "AKIAADMINISTRATOR0";
pub const READER: &str = "AKIAREADER00000000";

type Reply = dyn Fn(&Forward) -> Result<Answer, BusError> + Send + Sync;

#[derive(Clone)]
pub struct FakeBus {
    reply: Arc<Reply>,
    pub asked: Arc<Mutex<Vec<Forward>>>,
    pub served: Arc<Mutex<Vec<Served>>>,
    /// What the other gateways were told.
    pub told: Arc<Mutex<Vec<Written>>>,
}

impl Bus for FakeBus {
    async fn request(&self, forward: Forward) -> Result<Answer, BusError> {
        let answer = (self.reply)(&forward);
        self.asked.lock().unwrap().push(forward);
        answer
    }

    async fn discover(&self) -> Result<Vec<Served>, BusError> {
        Ok(self.served.lock().unwrap().clone())
    }

    async fn tell_written(&self, written: &Written) {
        self.told.lock().unwrap().push(written.clone());
    }

    fn is_connected(&self) -> bool {
        true
    }
}

impl FakeBus {
    pub fn new(reply: impl Fn(&Forward) -> Result<Answer, BusError> + Send + Sync + 'static) -> Self {
        let served = ["GetDocument", "ListDocuments", "CreateDocument", "SendCommand"].map(served);
        Self {
            reply: Arc::new(reply),
            asked: Arc::default(),
            served: Arc::new(Mutex::new(served.into())),
            told: Arc::default(),
        }
    }

    /// Always the same success.
    pub fn saying(body: &'static str) -> Self {
        Self::new(move |_| Ok(answer(&[], body)))
    }

    pub fn last(&self) -> Forward {
        self.asked.lock().unwrap().last().cloned().expect("nothing was asked on the bus")
    }

    pub fn times_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

pub fn served(operation: &str) -> Served {
    Served {
        service: "documents".to_owned(),
        operation: operation.to_owned(),
        api: "ssm".to_owned(),
        subject: format!("reeve.api.documents.{operation}"),
        writes: !["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb)),
        resources: vec![("Document".to_owned(), "Name".to_owned())],
    }
}

pub fn answer(headers: &[(&str, &str)], body: &'static str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { headers, body: Bytes::from_static(body.as_bytes()) }
}

pub fn header<'a>(forward: &'a Forward, name: &str) -> Option<&'a str> {
    forward.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

pub struct Running<B = FakeBus> {
    pub address: SocketAddr,
    pub bus: B,
    pub gateway: Gateway<B>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

pub async fn start(bus: FakeBus) -> Running {
    start_with(bus, |_| {}).await
}

pub async fn start_with<B: Bus>(bus: B, change: impl FnOnce(&mut Config)) -> Running<B> {
    let keyring = serde_json::json!({"principals": [
        {"name": "administrator", "access_key_id": ADMINISTRATOR, "secret_access_key": SECRET, "administrator": true},
    ]});
    let access = Access::new(Keyring::parse(&keyring.to_string()).unwrap());
    access.put_principal("reader", &[]);
    access.put_key(READER, "reader", SECRET);
    access.put_policy("lists", r#"permit(principal, action in Action::"ssm:List*", resource);"#);
    let access = Arc::new(access);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = Config::new(address, "123456789012".to_owned(), REGION.to_owned(), [7; 32]);
    change(&mut config);
    let gateway = Gateway::new(config, bus.clone(), access.clone(), access);
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(reeve_gateway::serve(listener, gateway.clone(), async {
        let _ = stopped.await;
    }));
    Running { address, bus, gateway, stop: Some(stop), task }
}

pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.head, self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(header, _)| *header == name)
            .map(|(_, v)| v)
    }

    /// The code and the message, however it is spelt.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("__type"), text("message") + &text("Message"))
    }
}

impl<B> Running<B> {
    /// A signed call of an operation.
    pub async fn call(&self, operation: &str, body: &str) -> Response {
        self.call_as(ADMINISTRATOR, operation, body, &[]).await
    }

    pub async fn call_as(&self, id: &str, operation: &str, body: &str, more: &[(&str, &str)]) -> Response {
        let target = format!("AmazonSSM.{operation}");
        let signed = self.signed(id, &target, body);
        let mut head = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in signed.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(more.iter().copied())
        {
            head += &format!("{name}: {value}\r\n");
        }
        self.raw(&format!("{head}\r\n{body}")).await
    }

    pub fn signed(&self, id: &str, target: &str, body: &str) -> Vec<(String, String)> {
        let host = self.address.to_string();
        let headers: Vec<(&str, &[u8])> =
            vec![("host", host.as_bytes()), ("x-amz-target", target.as_bytes())];
        let request =
            sigv4::Request { method: "POST", path: "/", query: "", headers: &headers, body: body.as_bytes() };
        let credentials =
            Credentials { access_key_id: id, secret_access_key: SECRET, region: REGION, service: "ssm" };
        let added = sigv4::sign(&request, &credentials, Timestamp::now());
        let mut all = vec![("host".to_owned(), host.clone()), ("x-amz-target".to_owned(), target.to_owned())];
        all.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
        all
    }

    pub async fn get(&self, path: &str) -> Response {
        self.raw(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await
    }

    pub async fn post(&self, path: &str, body: &str) -> Response {
        self.raw(&format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
            .await
    }

    pub async fn raw(&self, request: &str) -> Response {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A refusal can come before all was sent.
        let _ = stream.write_all(request.as_bytes()).await;
        read(&mut stream).await
    }

    pub async fn stop(self) {
        self.stopping().0.await.unwrap().unwrap();
    }

    /// Asks it to stop: what ends when it has, and the gateway meanwhile.
    pub fn stopping(mut self) -> (tokio::task::JoinHandle<std::io::Result<()>>, Self) {
        let _ = self.stop.take().unwrap().send(());
        let gone = tokio::spawn(async { Ok(()) });
        (std::mem::replace(&mut self.task, gone), self)
    }
}

/// Reads one answer that has a content length.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Response {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse().unwrap() {
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Response { status, head: head.to_owned(), body: body.to_owned() };
            }
        }
        let count = stream.read_buf(&mut bytes).await.unwrap();
        assert!(count > 0, "the connection ended after {text:?}");
    }
}
