//! The account CLIENTS: programs of other systems. Subscribers read events by durable consumers of their own; publishers send
//! events on the subject of their source.
//!
//! The streams lie in CORE. CLIENTS takes from there what a pull consumer needs, below [`API_PREFIX`], because an account's own
//! `$JS.API` is the server's. Who may use which consumer is in a user's JWT, as whole subjects that name it. What makes a
//! consumer goes to a service and not to the server: only in a request's body does it say that messages are to be pushed, and
//! to which subject of CORE. A reply subject is one of CLIENTS, whatever a client chooses: nothing of CORE hears it.

use crate::{
    Bus, Error, Headers,
    calls::INGEST_SUBJECT,
    jwt::{User, limits, pair, sign, user_with, without},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// What stands for `$JS.API` in the account CLIENTS.
pub const API_PREFIX: &str = "reeve.js";
/// Where a service is asked for a consumer: `reeve.consumer.create.<stream>.<consumer>[.<filter>]`.
pub const CREATE_SUBJECT: &str = "reeve.consumer.create";
/// As many consumers a subscriber may have in each stream.
pub const MAX_CONSUMERS: usize = 4;
/// A client has a few inboxes.
const MAX_SUBSCRIPTIONS: i64 = 64;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What it takes to let programs of other systems in.
#[derive(Clone, Serialize, Deserialize)]
pub struct ClientUsers {
    pub signing_seed: String,
    pub clients_account: String,
}

/// What it takes to sign their account. The key signs every account: whoever holds it holds the bus.
#[derive(Clone, Serialize, Deserialize)]
pub struct ClientAdmission {
    pub signing_seed: String,
    pub clients_account: String,
    pub core_account: String,
}

/// The names of a subscriber's consumers. No other subscriber and no service has one that begins so: their names have no
/// underscore.
pub fn consumers(subscriber: &str) -> impl Iterator<Item = String> {
    (1..=MAX_CONSUMERS).map(move |number| format!("{subscriber}_{number}"))
}

/// The subscriber that a consumer is one of.
pub fn subscriber_of(consumer: &str) -> Option<&str> {
    let (subscriber, _) = consumer.split_once('_')?;
    consumers(subscriber).any(|own| own == consumer).then_some(subscriber)
}

/// Where a subscriber hears answers: what its client is told to begin its inboxes with.
pub fn subscriber_inbox(name: &str) -> String {
    format!("_INBOX_{name}")
}

/// Where a publisher hears answers. No subscriber's begins so.
pub fn source_inbox(name: &str) -> String {
    format!("_INBOX_source_{name}")
}

impl ClientUsers {
    /// A user that may make, read and delete its own consumers, and nothing else.
    ///
    /// # Errors
    /// When the name is not `[A-Za-z0-9-]+`, or a key is not usable.
    pub fn subscriber(&self, name: &str) -> Result<User, Error> {
        check_name(name, "-")?;
        let each = consumers(name).flat_map(|consumer| {
            [
                format!("{API_PREFIX}.CONSUMER.CREATE.*.{consumer}"),
                format!("{API_PREFIX}.CONSUMER.CREATE.*.{consumer}.>"),
                format!("{API_PREFIX}.CONSUMER.INFO.*.{consumer}"),
                format!("{API_PREFIX}.CONSUMER.DELETE.*.{consumer}"),
                format!("{API_PREFIX}.CONSUMER.MSG.NEXT.*.{consumer}"),
                format!("$JS.ACK.*.{consumer}.>"),
            ]
        });
        self.user(name, each.collect(), &subscriber_inbox(name))
    }

    /// A user that may send on the subject of a source, and hears the answers.
    ///
    /// # Errors
    /// When the name is not `[A-Za-z0-9_-]+`, or a key is not usable.
    pub fn publisher(&self, source: &str) -> Result<User, Error> {
        check_name(source, "-_")?;
        self.user(source, vec![format!("{INGEST_SUBJECT}.{source}")], &source_inbox(source))
    }

    fn user(&self, name: &str, may_send: Vec<String>, inbox: &str) -> Result<User, Error> {
        let rights = json!({"pub": {"allow": may_send}, "sub": {"allow": [format!("{inbox}.>")]}});
        user_with(&pair(&self.signing_seed)?, name, rights, MAX_SUBSCRIPTIONS)
    }
}

/// A name becomes a token of subjects.
fn check_name(name: &str, also: &str) -> Result<(), Error> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => Ok(()),
        false => Err(Error::Credentials(format!(
            "the name {name:?} is not of letters, digits and the characters {also:?}"
        ))),
    }
}

impl ClientAdmission {
    /// The JWT of the account, with these users' public keys revoked for good.
    ///
    /// # Errors
    /// When the key is not usable.
    pub fn account_jwt(&self, revoked: impl IntoIterator<Item = String>) -> Result<String, Error> {
        let imports: Vec<Value> = SHARED
            .iter()
            .map(|shared| {
                json!({
                    "name": shared.subject, "subject": shared.subject, "local_subject": shared.local,
                    "account": self.core_account, "type": "service",
                })
            })
            .collect();
        let claims = json!({"limits": limits(false), "type": "account", "version": 2, "imports": imports});
        sign(&pair(&self.signing_seed)?, &self.clients_account, "CLIENTS", &without(revoked, claims))
    }
}

/// Something of CORE that clients reach, and where it lies for them.
struct Shared {
    subject: &'static str,
    local: &'static str,
    /// `Stream` where one request has many answers.
    response: &'static str,
}

const SHARED: [Shared; 6] = [
    Shared { subject: "reeve.consumer.create.>", local: "reeve.js.CONSUMER.CREATE.>", response: "Singleton" },
    Shared {
        subject: "$JS.API.CONSUMER.INFO.*.*",
        local: "reeve.js.CONSUMER.INFO.*.*",
        response: "Singleton",
    },
    Shared {
        subject: "$JS.API.CONSUMER.DELETE.*.*",
        local: "reeve.js.CONSUMER.DELETE.*.*",
        response: "Singleton",
    },
    Shared {
        subject: "$JS.API.CONSUMER.MSG.NEXT.*.*",
        local: "reeve.js.CONSUMER.MSG.NEXT.*.*",
        response: "Stream",
    },
    Shared { subject: "$JS.ACK.>", local: "$JS.ACK.>", response: "Singleton" },
    Shared { subject: "reeve.ingest.*", local: "reeve.ingest.*", response: "Singleton" },
];

/// What CORE shows to CLIENTS.
pub(crate) fn exports() -> impl Iterator<Item = Value> {
    SHARED.iter().map(|shared| {
        json!({
            "name": shared.subject, "subject": shared.subject, "type": "service", "response_type": shared.response,
        })
    })
}

/// Asks the server for a consumer; the answer is the server's, also when it refuses. `place` is
/// `<stream>.<consumer>[.<filter>]`.
///
/// # Errors
/// When the bus does not answer.
pub async fn create_consumer(bus: &Bus, place: &str, request: Bytes) -> Result<Bytes, Error> {
    let subject = format!("$JS.API.CONSUMER.CREATE.{place}");
    bus.request(&subject, &Headers::default(), request, ANSWER_TIMEOUT).await.map(|answer| answer.data)
}

/// Deletes a subscriber's consumers in a stream; those that are not there are as good.
///
/// # Errors
/// When the bus does not answer.
pub async fn delete_consumers(bus: &Bus, stream: &str, subscriber: &str) -> Result<(), Error> {
    for consumer in consumers(subscriber) {
        let subject = format!("$JS.API.CONSUMER.DELETE.{stream}.{consumer}");
        bus.request(&subject, &Headers::default(), Bytes::new(), ANSWER_TIMEOUT).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Keys;
    use data_encoding::BASE64URL_NOPAD;

    fn claims(jwt: &str) -> Value {
        let body = jwt.split('.').nth(1).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(body.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_consumer_is_one_subscribers() {
        assert_eq!(subscriber_of("siem_1"), Some("siem"));
        assert_eq!(subscriber_of("a-b_4"), Some("a-b"));
        for nobodys in
            ["siem", "siem_", "siem_0", "siem_5", "siem_01", "siem_1_1", "_1_2", "opscenter-alerts", ""]
        {
            assert_eq!(subscriber_of(nobodys), None, "{nobodys}");
        }
    }

    #[test]
    fn a_users_rights_are_its_own_subjects_and_fit_into_a_login() {
        let users = Keys::generate().unwrap().client_users().unwrap();
        let longest = "n".repeat(32);
        let user = users.subscriber(&longest).unwrap();
        // nats-server takes no line of a login above 4096 bytes.
        assert!(user.jwt.len() < 3_700, "{}", user.jwt.len());
        let allowed = claims(&user.jwt)["nats"]["pub"]["allow"].clone();
        let allowed: Vec<String> = serde_json::from_value(allowed).unwrap();
        assert!(allowed.iter().all(|subject| subject.contains(&longest)), "{allowed:?}");
        let publisher = claims(&users.publisher("ci_1").unwrap().jwt)["nats"].clone();
        assert_eq!(publisher["pub"]["allow"], json!(["reeve.ingest.ci_1"]));
        assert_eq!(publisher["sub"]["allow"], json!(["_INBOX_source_ci_1.>"]));
        for odd in ["", "*", ">", "a.b", "a b", "é"] {
            assert!(users.subscriber(odd).is_err() && users.publisher(odd).is_err(), "{odd}");
        }
        assert!(users.subscriber("a_b").is_err(), "an underscore ends a subscriber's name");
    }
}
