//! Operations as NATS micro endpoints, `reeve.api.<service>.<Operation>`, and what is served.

pub use crate::mac::{AS_OF, MIN_POSITION, OVERRIDDEN_RULES};
use crate::{
    Bus, Error, Headers, Message, Subscription,
    announce::{Announced, Endpoint, GROUP},
    calls::called_on,
    mac::{MAC, MacKey, Unauthentic},
};
use bytes::Bytes;
use futures::StreamExt;
use reeve_types::Timestamp;
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

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
        let unauthentic = |reason| Error::Unauthentic { subject: subject.to_owned(), reason };
        let key = self.bus.call_key(&self.name).map_err(unauthentic)?;
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

impl Bus {
    /// The key of a service's calls; none on a connection that does not authenticate.
    ///
    /// # Errors
    /// When this part has no such key: it neither calls that service nor is it.
    fn call_key(&self, service: &str) -> Result<Option<MacKey>, Unauthentic> {
        if self.mac.is_none() {
            return Ok(None);
        }
        self.calls.as_deref().and_then(|keys| keys.get(service)).map(Some).ok_or(Unauthentic::NoKey)
    }

    /// The same, of the service that is called on a subject.
    fn call_key_on(&self, subject: &str) -> Result<Option<MacKey>, Error> {
        let unauthentic = |reason| Error::Unauthentic { subject: subject.to_owned(), reason };
        self.call_key(called_on(subject).unwrap_or_default()).map_err(unauthentic)
    }
}

/// Calls an operation, authenticated, on behalf of whom the headers name, and answers what its service answers.
///
/// # Errors
/// As [`Bus::request`]; [`Error::Unauthentic`] when the answer is not the service's, or this part has no key to call it.
pub async fn call(
    bus: &Bus,
    subject: &str,
    mut headers: Headers,
    data: Bytes,
    limit: Duration,
) -> Result<Message, Error> {
    let Some(key) = bus.call_key_on(subject)? else {
        return bus.request(subject, &headers, data, limit).await;
    };
    key.mark_call(subject, &mut headers, &data, Timestamp::now().0);
    let answer = bus.request(subject, &headers, data, limit).await?;
    let unauthentic = |reason| Error::Unauthentic { subject: format!("the answer to {subject}"), reason };
    key.check_answer(&headers, &answer).map_err(unauthentic)?;
    Ok(answer)
}

/// Whether a call that came to the endpoint on `subject` is one that the edge has let through. The subject that a message bears need not
/// be the one it came on: what a consumer pushes to an endpoint bears the subject on which it was stored.
///
/// # Errors
/// [`Error::Unauthentic`] when it is not; never on another connection.
pub fn verify(bus: &Bus, subject: &str, call: &Message) -> Result<(), Error> {
    let Some(key) = bus.call_key_on(subject)? else { return Ok(()) };
    let unauthentic = |reason| Error::Unauthentic { subject: call.subject.clone(), reason };
    if call.subject != subject {
        return Err(unauthentic(Unauthentic::Misdirected));
    }
    key.check_call(call, Timestamp::now().0).map_err(unauthentic)
}

/// Answers a call, if it asked for an answer.
///
/// # Errors
/// When the connection is closed.
pub async fn answer(bus: &Bus, to: &Asked, mut headers: Headers, data: Bytes) -> Result<(), Error> {
    let Some(reply) = &to.reply else { return Ok(()) };
    if let Some(call) = &to.code
        && let Some(key) = bus.call_key_on(&to.subject)?
    {
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
/// When the question cannot be sent; [`Error::TimedOut`] when the bus does not answer: then nobody knows.
pub async fn discover(bus: &Bus, wait: Duration) -> Result<Vec<Served>, Error> {
    const QUESTION: &str = "$SRV.INFO";
    let inbox = bus.client.new_inbox();
    let mut answers = bus.subscribe(&inbox).await?;
    let sent = bus.client.publish_with_reply(QUESTION, inbox.clone(), Bytes::new()).await;
    sent.map_err(|e| Error::bus("ask what is served")(e.to_string()))?;
    // It comes back when the bus answers, whoever else does.
    bus.publish(&inbox, Headers::default(), Bytes::new()).await?;
    let (mut served, mut is_answered) = (Vec::new(), false);
    let deadline = tokio::time::sleep(wait);
    tokio::pin!(deadline);
    loop {
        let message = tokio::select! {
            () = &mut deadline => break,
            message = answers.next() => message,
        };
        let Some(message) = message else { break };
        is_answered = true;
        let Ok(info) = serde_json::from_slice::<Info>(&message.data) else { continue };
        let Ok(key) = bus.call_key(&info.name) else { continue };
        for endpoint in info.endpoints {
            match read_announcement(&info.name, endpoint, key.as_ref()) {
                Ok(one) => served.push(one),
                Err(subject) => {
                    tracing::warn!(service = info.name, subject, "an operation is announced by others");
                }
            }
        }
    }
    if !is_answered {
        return Err(Error::TimedOut { subject: QUESTION.to_owned(), limit: wait });
    }
    served.sort();
    served.dedup();
    refuse_ambiguous(&mut served);
    Ok(served)
}

/// What an announcement says, if its service has made it and serves on a subject of its own; else that subject. What belongs to no API
/// is not called by it.
fn read_announcement(service: &str, endpoint: EndpointInfo, key: Option<&MacKey>) -> Result<Served, String> {
    let EndpointInfo { name, subject, metadata } = endpoint;
    let mut metadata = metadata.unwrap_or_default();
    let mut take = |name: &str| metadata.remove(name).unwrap_or_default();
    let (api, kind, resources, code) = (take("api"), take("kind"), take("resources"), take("mac"));
    let is_authentic =
        key.is_none_or(|key| code == key.announcement([service, &name, &subject, &api, &kind, &resources]));
    let is_its_own = api.is_empty() || subject == format!("reeve.api.{service}.{name}");
    if !(is_authentic && is_its_own) {
        return Err(subject);
    }
    let pairs = resources.split(',').filter_map(|pair| pair.split_once(':'));
    Ok(Served {
        service: service.to_owned(),
        operation: name,
        api,
        subject,
        writes: kind != READ,
        resources: pairs.map(|(kind, member)| (kind.to_owned(), member.to_owned())).collect(),
    })
}

/// An operation that two services announce is nobody's: one of them is not what it says.
fn refuse_ambiguous(served: &mut Vec<Served>) {
    let mut services: HashMap<(String, String), HashSet<String>> = HashMap::new();
    for one in served.iter().filter(|one| !one.api.is_empty()) {
        let of = (one.api.clone(), one.operation.clone());
        services.entry(of).or_default().insert(one.service.clone());
    }
    served.retain(|one| {
        let of = services.get(&(one.api.clone(), one.operation.clone()));
        let ambiguous = of.filter(|services| services.len() > 1);
        if let Some(services) = ambiguous {
            tracing::error!(
                operation = one.operation,
                ?services,
                "an operation is announced by several services"
            );
        }
        ambiguous.is_none()
    });
}
