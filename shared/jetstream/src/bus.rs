//! A connection to the bus.

use crate::{
    Error, Headers, Message,
    calls::CallKeys,
    lanes::Groups,
    mac::MacKey,
    reconnect::{Events, delay},
    subscription::Subscription,
};
use bytes::Bytes;
use futures::StreamExt;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

/// How a connection proves who it is.
#[derive(Clone, Debug)]
pub enum Credentials {
    None,
    /// A user JWT and the seed of its nkey.
    Jwt {
        jwt: String,
        seed: String,
    },
}

/// What a connection needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the bus is: one address, or several with commas between them, of which one that answers is taken.
    pub url: String,
    pub credentials: Credentials,
    /// Shown in the server's connection list.
    pub name: String,
    /// The prefix of the subjects on which answers come back; an account may allow only one.
    pub inbox_prefix: String,
    /// The certificates of those whose word for the server counts, as PEM. With it there is no connection without TLS,
    /// whatever the URL says; without it a `tls://` URL is checked against the system's.
    pub ca: Option<PathBuf>,
}

/// A connection. Cheap to clone; reconnects by itself, with jitter.
#[derive(Clone)]
pub struct Bus {
    pub(crate) client: async_nats::Client,
    pub(crate) context: async_nats::jetstream::Context,
    pub(crate) groups: Arc<Groups>,
    pub(crate) connections: watch::Receiver<u64>,
    pub(crate) refusals: watch::Receiver<u64>,
    pub(crate) mac: Option<MacKey>,
    pub(crate) calls: Option<Arc<CallKeys>>,
    /// How many servers keep each stream; without it a stream stays as it is.
    pub(crate) replicas: Option<usize>,
    /// Whether it makes the streams that it finds missing, and changes their settings.
    pub(crate) makes_streams: bool,
    pub(crate) denials: broadcast::Sender<String>,
    /// Messages that were to be stored, and that a server which was connected did not acknowledge.
    pub(crate) unanswered: watch::Sender<u64>,
}

pub(crate) const ACK_TIMEOUT: Duration = Duration::from_secs(10);
/// As many denials are remembered for those who wait at the same time.
const MAX_DENIALS: usize = 64;
/// Comes back when the server did not let this connection publish on a subject.
async fn denied(denials: &mut broadcast::Receiver<String>, subject: &str) {
    loop {
        match denials.recv().await {
            Ok(denied) if denied == subject => return,
            Err(RecvError::Closed) => return std::future::pending().await,
            _ => {}
        }
    }
}

impl Bus {
    /// Connects, trying for up to ten seconds.
    ///
    /// # Errors
    /// [`Error::Credentials`] when they cannot be read, [`Error::NotLetIn`] when the server refuses them,
    /// [`Error::Connect`] when no server answers.
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let mut connect = async_nats::ConnectOptions::new();
        if let Credentials::Jwt { jwt, seed } = &options.credentials {
            let key = nkeys::KeyPair::from_seed(seed).map_err(|e| Error::Credentials(e.to_string()))?;
            let key = Arc::new(key);
            connect = connect.jwt(jwt.clone(), move |nonce| {
                let key = key.clone();
                async move { key.sign(&nonce).map_err(async_nats::AuthError::new) }
            });
        }
        if let Some(ca) = &options.ca {
            connect = connect.add_root_certificates(ca.clone()).require_tls(true);
        }
        let (connected, connections) = watch::channel(0);
        let (refused, refusals) = watch::channel(0);
        let (denials, _) = broadcast::channel(MAX_DENIALS);
        let events = Arc::new(Events { connections: connected, refusals: refused, denials: denials.clone() });
        let refused_so_far = refusals.clone();
        let client = connect
            .name(&options.name)
            .custom_inbox_prefix(&options.inbox_prefix)
            .request_timeout(Some(ACK_TIMEOUT))
            .connection_timeout(Duration::from_secs(10))
            .ping_interval(Duration::from_secs(20))
            .max_reconnects(None)
            .reconnect_delay_callback(move |attempt| delay(attempt, *refused_so_far.borrow()))
            .event_callback(move |event| {
                let events = events.clone();
                async move { events.take(&event) }
            })
            .connect(options.url.split(',').collect::<Vec<_>>())
            .await
            .map_err(|e| match e.kind() {
                async_nats::ConnectErrorKind::AuthorizationViolation => Error::NotLetIn(options.url.clone()),
                _ => Error::Connect { url: options.url.clone(), reason: e.to_string() },
            })?;
        // The event of it comes a moment later; whoever counts connections counts from here on.
        let mut counted = connections.clone();
        if counted.wait_for(|made| *made > 0).await.is_err() {
            return Err(Error::Connect {
                url: options.url.clone(),
                reason: "it was closed at once".to_owned(),
            });
        }
        let context = async_nats::jetstream::new(client.clone());
        Ok(Self {
            client,
            context,
            groups: Arc::default(),
            connections,
            refusals,
            mac: None,
            calls: None,
            replicas: None,
            makes_streams: true,
            denials,
            unanswered: watch::Sender::default(),
        })
    }

    /// From the next connection on looks for the bus at these addresses, with commas between them.
    ///
    /// # Errors
    /// [`Error::Connect`] when one of them is none; then it is looked for where it was.
    pub async fn find_at(&self, url: &str) -> Result<(), Error> {
        let addresses: Vec<&str> = url.split(',').collect();
        let set = self.client.set_server_pool(addresses.as_slice()).await;
        set.map_err(|e| Error::Connect { url: url.to_owned(), reason: e.to_string() })
    }

    /// The same connection, which authenticates what it writes and says, and trusts nothing else.
    #[must_use]
    pub fn authenticating(self, key: MacKey) -> Self {
        Self { mac: Some(key), ..self }
    }

    /// The same connection, with keys of calls: of all services, for who calls them, or of the one that it is.
    #[must_use]
    pub fn with_call_keys(self, keys: CallKeys) -> Self {
        Self { calls: Some(Arc::new(keys)), ..self }
    }

    /// The same connection to a bus whose streams are each kept by so many servers.
    #[must_use]
    pub fn replicated(self, replicas: Option<usize>) -> Self {
        Self { replicas, ..self }
    }

    /// One token of a subject, or of a name, that nobody else draws.
    pub(crate) fn unique_token(&self) -> String {
        self.client.new_inbox().rsplit('.').next().unwrap_or_default().to_owned()
    }

    pub fn is_replicated(&self) -> bool {
        self.replicas.is_some_and(|replicas| replicas > 1)
    }

    /// The same connection, as a part that finds its streams made: it may neither make nor change one.
    #[must_use]
    pub fn finding_streams(self) -> Self {
        Self { makes_streams: false, ..self }
    }

    /// Gives a message that a service stores for services its authentication code. On another connection it has none.
    pub(crate) fn authenticate_message(&self, subject: &str, headers: &mut Headers, data: &[u8]) {
        if let Some(key) = &self.mac {
            key.mark_message(subject, headers, data);
        }
    }

    /// Whether a message is one that a service stored for services.
    ///
    /// # Errors
    /// [`Error::Unauthentic`] when it is not; never on another connection.
    pub fn check_message(&self, message: &Message) -> Result<(), Error> {
        let Some(key) = &self.mac else { return Ok(()) };
        let unauthentic = |reason| Error::Unauthentic { subject: message.subject.clone(), reason };
        key.check_message(message).map_err(unauthentic)
    }

    /// Publishes without waiting for anybody.
    ///
    /// # Errors
    /// When the connection is closed for good.
    pub async fn publish(&self, subject: &str, headers: Headers, data: Bytes) -> Result<(), Error> {
        let sent = match headers.into_map() {
            Some(map) => self.client.publish_with_headers(subject.to_owned(), map, data).await,
            None => self.client.publish(subject.to_owned(), data).await,
        };
        sent.map_err(|e| Error::bus("publish")(e.to_string()))
    }

    /// Publishes to services without waiting for anybody, with the code by which they know that one of them did
    /// ([`Bus::check_message`]).
    ///
    /// # Errors
    /// As [`Bus::publish`].
    pub async fn publish_authentic(&self, subject: &str, data: Bytes) -> Result<(), Error> {
        let mut headers = Headers::default();
        self.authenticate_message(subject, &mut headers, &data);
        self.publish(subject, headers, data).await
    }

    /// Publishes a question whose answer goes to a subject of the caller's choice.
    ///
    /// # Errors
    /// When the connection is closed for good.
    pub async fn publish_with_reply(&self, subject: &str, reply: &str, data: Bytes) -> Result<(), Error> {
        let sent = self.client.publish_with_reply(subject.to_owned(), reply.to_owned(), data).await;
        sent.map_err(|e| Error::bus("publish")(e.to_string()))
    }

    /// Sends a request and waits for its one answer.
    ///
    /// # Errors
    /// [`Error::NoResponders`] at once when nobody listens; [`Error::NotPermitted`] when it may not be sent;
    /// [`Error::TimedOut`] after `limit`.
    pub async fn request(
        &self,
        subject: &str,
        headers: &Headers,
        data: Bytes,
        limit: Duration,
    ) -> Result<Message, Error> {
        let mut request = async_nats::Request::new().payload(data).timeout(Some(limit));
        if let Some(map) = headers.clone().into_map() {
            request = request.headers(map);
        }
        let mut denials = self.denials.subscribe();
        let answer = tokio::select! {
            answer = self.client.send_request(subject.to_owned(), request) => answer,
            () = denied(&mut denials, subject) => return Err(Error::NotPermitted(subject.to_owned())),
        };
        answer.map(Message::from).map_err(|e| match e.kind() {
            async_nats::RequestErrorKind::NoResponders => Error::NoResponders(subject.to_owned()),
            async_nats::RequestErrorKind::TimedOut => Error::TimedOut { subject: subject.to_owned(), limit },
            _ => Error::bus("carry a request")(e.to_string()),
        })
    }

    /// Subscribes; the subscription is on its way to the server before anything that this connection sends later.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn subscribe(&self, subject: &str) -> Result<Subscription, Error> {
        let failed = Error::bus("subscribe");
        let subscriber =
            self.client.subscribe(subject.to_owned()).await.map_err(|e| failed(e.to_string()))?;
        self.flush().await?;
        Ok(Subscription::new(subscriber))
    }

    /// Subscribes as one of a group: each message goes to one of them.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn subscribe_in(&self, group: &str, subject: &str) -> Result<Subscription, Error> {
        let failed = Error::bus("subscribe");
        let subscriber = self.client.queue_subscribe(subject.to_owned(), group.to_owned()).await;
        let subscriber = subscriber.map_err(|e| failed(e.to_string()))?;
        self.flush().await?;
        Ok(Subscription::new(subscriber))
    }

    /// Waits until the server has taken in everything sent so far: who asks over another connection then reaches what
    /// was subscribed to.
    ///
    /// # Errors
    /// When the connection is closed, or the server does not answer.
    pub async fn round_trip(&self) -> Result<(), Error> {
        let inbox = self.client.new_inbox();
        let mut echo = self.subscribe(&inbox).await?;
        self.publish(&inbox, Headers::default(), Bytes::new()).await?;
        match tokio::time::timeout(ACK_TIMEOUT, echo.next()).await {
            Ok(Some(_)) => Ok(()),
            _ => Err(Error::TimedOut { subject: inbox, limit: ACK_TIMEOUT }),
        }
    }

    /// Waits until everything sent so far is on its way.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn flush(&self) -> Result<(), Error> {
        self.client.flush().await.map_err(|e| Error::bus("flush")(e.to_string()))
    }

    /// Reads the last message of a stream on a subject, which may have wildcards, through Direct Get; `None` when
    /// there is none.
    ///
    /// # Errors
    /// When the request fails or the server answers with another status.
    pub async fn direct_get(&self, stream: &str, subject: &str) -> Result<Option<Message>, Error> {
        let endpoint = format!("$JS.API.DIRECT.GET.{stream}.{subject}");
        let mut answer = self.request(&endpoint, &Headers::default(), Bytes::new(), ACK_TIMEOUT).await?;
        if let Some(stored) = answer.headers.get("Nats-Subject").map(str::to_owned) {
            answer.subject = stored;
        }
        match answer.status {
            None | Some(200) => Ok(Some(answer)),
            Some(404) => Ok(None),
            Some(status) => Err(Error::bus("read a message")(format!("status {status}"))),
        }
    }

    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == async_nats::connection::State::Connected
    }

    /// Waits until there is a connection.
    pub async fn connected(&self) {
        while !self.is_connected() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until there has been no connection for so long.
    pub async fn away(&self, limit: Duration) {
        loop {
            if !self.is_connected() && tokio::time::timeout(limit, self.connected()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Counts the connections that were made: it changes at each reconnection.
    pub fn connections(&self) -> watch::Receiver<u64> {
        self.connections.clone()
    }

    /// Counts the messages that a connected server did not acknowledge: it may be unable to write.
    pub fn unanswered(&self) -> watch::Receiver<u64> {
        self.unanswered.subscribe()
    }

    /// Counts the times in a row that the server refused the credentials; 0 while there is a connection.
    pub fn refusals(&self) -> watch::Receiver<u64> {
        self.refusals.clone()
    }

    /// Sends what is still queued, then closes.
    pub async fn close(&self) {
        if let Err(error) = self.client.drain().await {
            tracing::debug!(%error, "the connection was closed already");
        }
    }
}
