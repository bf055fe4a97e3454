//! Operations as NATS micro endpoints, `reeve.api.<service>.<Operation>`, and what is served.

pub use crate::mac::{AS_OF, MIN_POSITION, OVERRIDDEN_RULES};
use crate::{
    Bus, Error, Headers, Message, Subscription,
    announce::{Announced, Endpoint, GROUP},
    mac::MAC,
};
use bytes::Bytes;
use futures::StreamExt;
use reeve_types::Timestamp;
use serde::Deserialize;
use std::{collections::HashMap, time::Duration};

/// A service on the bus: found by `$SRV.INFO` for as long as this lives, its endpoints shared among replicas.
pub struct Service {
    announced: Announced,
    name: String,
    bus: Bus,
}

const READ: &str = "read";
const WRITE: &str = "write";

/// One endpoint of one service as discovery found it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    pub service: String,
    pub operation: String,
    /// The AWS API that the operation belongs to: `ssm`. Empty for our own.
    pub api: String,
    pub subject: String,
    /// Whether the operation changes something.
    pub writes: bool,
    /// Kinds of resources that the operation is done to, and the members of its input that name them.
    pub resources: Vec<(String, String)>,
}

/// What a service announces of an operation: gateways find, authorize and repeat by it.
#[derive(Clone, Copy, Debug)]
pub struct Announcement<'a> {
    pub name: &'a str,
    pub api: &'a str,
    pub subject: &'a str,
    pub writes: bool,
    pub resources: &'a [(&'a str, &'a str)],
}

impl Service {
    /// Announces a service.
    ///
    /// # Errors
    /// When the name is not `[A-Za-z0-9_-]+` or the bus does not answer.
    pub async fn start(bus: &Bus, name: &str, version: &str) -> Result<Self, Error> {
        let announced = Announced::start(bus, name, version).await?;
        Ok(Self { announced, name: name.to_owned(), bus: bus.clone() })
    }

    /// Adds an endpoint.
    ///
    /// # Errors
    /// When the bus refuses the subscription.
    pub async fn endpoint(&self, announcement: &Announcement<'_>) -> Result<Subscription, Error> {
        let Announcement { name, api, subject, writes, resources } = *announcement;
        let resources: Vec<String> =
            resources.iter().map(|(kind, member)| format!("{kind}:{member}")).collect();
        let resources = resources.join(",");
        let key = self.bus.mac.as_ref();
        let kind = if writes { WRITE } else { READ };
        let code = key.map(|key| key.announcement([&self.name, name, subject, api, kind, &resources]));
        let metadata = HashMap::from([
            ("api".to_owned(), api.to_owned()),
            ("kind".to_owned(), kind.to_owned()),
            ("resources".to_owned(), resources),
            ("mac".to_owned(), code.unwrap_or_default()),
        ]);
        let requests = self.bus.subscribe_in(GROUP, subject).await?;
        self.announced.add(Endpoint {
            name: name.to_owned(),
            subject: subject.to_owned(),
            queue_group: GROUP,
            metadata,
        });
        Ok(requests)
    }
}

/// Calls an operation, authenticated, on behalf of whom the headers name, and answers what its service answers.
///
/// # Errors
/// As [`Bus::request`]; [`Error::Unauthentic`] when the answer is not the service's.
pub async fn call(
    bus: &Bus,
    subject: &str,
    mut headers: Headers,
    data: Bytes,
    limit: Duration,
) -> Result<Message, Error> {
    let Some(key) = &bus.mac else { return bus.request(subject, &headers, data, limit).await };
    key.mark_call(subject, &mut headers, &data, Timestamp::now().0);
    let answer = bus.request(subject, &headers, data, limit).await?;
    let unauthentic = |reason| Error::Unauthentic { subject: format!("the answer to {subject}"), reason };
    key.check_answer(&headers, &answer).map_err(unauthentic)?;
    Ok(answer)
}

/// Whether a call is one that the edge has let through.
///
/// # Errors
/// [`Error::Unauthentic`] when it is not; never on another connection.
pub fn verify(bus: &Bus, call: &Message) -> Result<(), Error> {
    let Some(key) = &bus.mac else { return Ok(()) };
    let unauthentic = |reason| Error::Unauthentic { subject: call.subject.clone(), reason };
    key.check_call(call, Timestamp::now().0).map_err(unauthentic)
}

/// Answers a call, if it asked for an answer.
///
/// # Errors
/// When the connection is closed.
pub async fn answer(bus: &Bus, to: &Asked, mut headers: Headers, data: Bytes) -> Result<(), Error> {
    let Some(reply) = &to.reply else { return Ok(()) };
    if let (Some(key), Some(call)) = (&bus.mac, &to.code) {
        key.mark_answer(call, &mut headers, &data);
    }
    bus.publish(reply, headers, data).await
}

/// The header in which a node names the last token of the subject that it hears the answer on.
const ANSWER_TO: &str = "reeve-answer-to";

fn answer_subject(node: &str, token: &str) -> String {
    format!("reeve.live.{node}.answer.{token}")
}

/// An answer may be lost while the nodes' account is changed: after so long a question is put again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// Asks a service as a node; its question's subject is `reeve.agent.<node>.<question>`. It may be asked twice.
///
/// # Errors
/// [`Error::NoResponders`] at once when nobody listens; [`Error::TimedOut`] after `limit`.
pub async fn ask(
    bus: &Bus,
    node: &str,
    question: &str,
    data: Bytes,
    limit: Duration,
) -> Result<Message, Error> {
    let begun = tokio::time::Instant::now();
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        match ask_once(bus, node, question, data.clone(), left.min(ANSWER_TIMEOUT)).await {
            Err(Error::TimedOut { .. }) if left > ANSWER_TIMEOUT => {}
            answered => return answered,
        }
    }
}

async fn ask_once(
    bus: &Bus,
    node: &str,
    question: &str,
    data: Bytes,
    limit: Duration,
) -> Result<Message, Error> {
    let token = bus.unique_token();
    let mut answers = bus.subscribe(&answer_subject(node, &token)).await?;
    let (subject, headers) =
        (format!("reeve.agent.{node}.{question}"), Headers::default().with(ANSWER_TO, token));
    // The request's own inbox hears that nobody is there, and nothing else.
    tokio::select! {
        Some(answer) = answers.next() => Ok(answer),
        refused = bus.request(&subject, &headers, data, limit) => {
            Err(refused.err().unwrap_or(Error::TimedOut { subject, limit }))
        }
    }
}

/// What an answer needs to know of its call.
pub struct Asked {
    pub subject: String,
    reply: Option<String>,
    code: Option<String>,
}

impl Asked {
    /// A node's question: the answer goes to a subject of that node's, which its own subject says, and never to the one
    /// that it asked for. The bus does not check that one, and would have a node write to another.
    pub fn by_node(question: &Message) -> Self {
        let node = question.subject.strip_prefix("reeve.agent.").and_then(|rest| rest.split('.').next());
        let token = question.headers.get(ANSWER_TO);
        let is_token = |token: &&str| {
            (1..=64).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let reply = node.zip(token.filter(is_token)).map(|(node, token)| answer_subject(node, token));
        Self { subject: question.subject.clone(), reply, code: None }
    }

    pub fn by(call: &Message) -> Self {
        let code = call.headers.get(MAC).map(str::to_owned);
        Self { subject: call.subject.clone(), reply: call.reply.clone(), code }
    }
}

#[derive(Deserialize)]
struct Info {
    name: String,
    #[serde(default)]
    endpoints: Vec<EndpointInfo>,
}

#[derive(Deserialize)]
struct EndpointInfo {
    name: String,
    subject: String,
    #[serde(default)]
    metadata: Option<HashMap<String, String>>,
}

/// Asks every service on the bus what it serves, and waits `wait` for the answers. On a connection that authenticates, what is
/// announced without its code is not there.
///
/// # Errors
/// When the question cannot be sent.
pub async fn discover(bus: &Bus, wait: Duration) -> Result<Vec<Served>, Error> {
    let inbox = bus.client.new_inbox();
    let mut answers = bus.subscribe(&inbox).await?;
    let sent = bus.client.publish_with_reply("$SRV.INFO", inbox, Bytes::new()).await;
    sent.map_err(|e| Error::bus("ask what is served")(e.to_string()))?;
    let mut served = Vec::new();
    let deadline = tokio::time::sleep(wait);
    tokio::pin!(deadline);
    loop {
        let message = tokio::select! {
            () = &mut deadline => break,
            message = answers.next() => message,
        };
        let Some(message) = message else { break };
        let Ok(info) = serde_json::from_slice::<Info>(&message.data) else { continue };
        for endpoint in info.endpoints {
            let mut metadata = endpoint.metadata.unwrap_or_default();
            let api = metadata.remove("api").unwrap_or_default();
            let kind = metadata.remove("kind").unwrap_or_default();
            let resources = metadata.remove("resources").unwrap_or_default();
            if let Some(key) = &bus.mac {
                let parts = [&info.name, &endpoint.name, &endpoint.subject, &api, &kind, &resources];
                let parts = parts.map(String::as_str);
                if metadata.get("mac") != Some(&key.announcement(parts)) {
                    tracing::warn!(
                        service = info.name,
                        subject = endpoint.subject,
                        "an operation is announced by others"
                    );
                    continue;
                }
            }
            let pairs = resources.split(',').filter_map(|pair| pair.split_once(':'));
            served.push(Served {
                service: info.name.clone(),
                operation: endpoint.name,
                api,
                subject: endpoint.subject,
                writes: kind != READ,
                resources: pairs.map(|(kind, member)| (kind.to_owned(), member.to_owned())).collect(),
            });
        }
    }
    served.sort();
    served.dedup();
    Ok(served)
}
