//! What each part of the control plane may do on the bus. The server holds each to it: a user for each part, whose
//! permissions stand in the account's JWT under a scoped signing key of that part.
//!
//! What a permission cannot say: a subject names a stream and a consumer, and not what a request for one wants. Who may make
//! a consumer of a stream may also have it push what lies there to a subject of CORE, if somebody subscribes to that; what is pushed
//! bears the subject on which it was stored, and whoever gets it looks at that.

use crate::{
    Error,
    calls::derive,
    jwt::{UNLIMITED, User, pair, seed, sign},
    restore, streams,
};
use nkeys::{KeyPair, KeyPairType};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The parts by their names.
pub type Parts = BTreeMap<String, Rights>;

/// What one part does on the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Streams that it makes, and whose settings it changes. Such a setting may copy another stream, or have what is stored published
    /// anywhere: one part has this right, which does nothing else.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub makes: BTreeSet<String>,
    /// Streams that it needs to be there.
    pub finds: BTreeSet<String>,
    /// Streams that it reads from any position.
    pub reads: BTreeSet<String>,
    /// Its durable consumers, by their streams.
    pub consumes: BTreeMap<String, BTreeSet<String>>,
    /// Subjects on which it publishes, beside those that the streams and consumers need.
    pub publishes: BTreeSet<String>,
    /// Subjects to which it subscribes, beside its own inbox.
    pub hears: BTreeSet<String>,
}

/// What stands in a user's template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    pub publish: BTreeSet<String>,
    pub publish_denied: BTreeSet<String>,
    pub subscribe: BTreeSet<String>,
}

/// Where a part hears answers.
pub fn inbox(part: &str) -> String {
    format!("_INBOX_{part}")
}

impl Rights {
    #[must_use]
    pub fn making(mut self, stream: impl Into<String>) -> Self {
        self.makes.insert(stream.into());
        self
    }

    #[must_use]
    pub fn finding(mut self, stream: impl Into<String>) -> Self {
        self.finds.insert(stream.into());
        self
    }

    #[must_use]
    pub fn reading(mut self, stream: impl Into<String>) -> Self {
        self.reads.insert(stream.into());
        self
    }

    #[must_use]
    pub fn consuming(mut self, stream: impl Into<String>, durable: impl Into<String>) -> Self {
        self.consumes.entry(stream.into()).or_default().insert(durable.into());
        self
    }

    #[must_use]
    pub fn publishing(mut self, subject: impl Into<String>) -> Self {
        self.publishes.insert(subject.into());
        self
    }

    #[must_use]
    pub fn hearing(mut self, subject: impl Into<String>) -> Self {
        self.hears.insert(subject.into());
        self
    }

    /// Gives one message of a stream, by its sequence or as the last on a subject.
    #[must_use]
    pub fn getting(self, stream: &str) -> Self {
        self.publishing(format!("$JS.API.STREAM.MSG.GET.{stream}"))
            .publishing(format!("$JS.API.DIRECT.GET.{stream}.>"))
    }

    /// May ask a service for something, as that part.
    #[must_use]
    pub fn asking(self, service: &str, part: &str) -> Self {
        self.publishing(format!("reeve.request.{service}.{part}.*"))
    }

    /// May say of a message that it gave up on it, and look at such a one again.
    #[must_use]
    pub fn giving_up(self, part: &str) -> Self {
        self.publishing(format!("reeve.dead-letter.{part}.>"))
            .publishing(format!("reeve.dead-letter-resolved.{part}.>"))
            .finding(streams::DEAD_LETTER_QUEUE)
            .getting(streams::DEAD_LETTER_QUEUE)
    }

    /// Seals secrets, opens and destroys them, with the key that it must have as well.
    #[must_use]
    pub fn sealing(self) -> Self {
        self.finding(streams::SECRET_KEYS)
            .getting(streams::SECRET_KEYS)
            .publishing(format!("$JS.API.STREAM.MSG.DELETE.{}", streams::SECRET_KEYS))
            .publishing("reeve.secret-key.*")
    }

    /// All of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.makes.extend(other.makes);
        self.finds.extend(other.finds);
        self.reads.extend(other.reads);
        self.publishes.extend(other.publishes);
        self.hears.extend(other.hears);
        for (stream, durables) in other.consumes {
            self.consumes.entry(stream).or_default().extend(durables);
        }
        self
    }

    /// The subjects of all this, for a part among others, whose consumers it may not touch.
    pub fn permissions(&self, part: &str, parts: &Parts) -> Permissions {
        let mut publish = self.publishes.clone();
        let mut allow = |subject: String| {
            publish.insert(subject);
        };
        allow(format!("{}.>", inbox(part)));
        allow(format!("$JS.API.STREAM.INFO.{}", restore::UNFINISHED));
        let touched = [&self.makes, &self.finds, &self.reads].into_iter().flatten();
        for stream in touched.chain(self.consumes.keys()) {
            allow(format!("$JS.API.STREAM.INFO.{stream}"));
        }
        for stream in &self.makes {
            allow(format!("$JS.API.STREAM.CREATE.{stream}"));
            allow(format!("$JS.API.STREAM.UPDATE.{stream}"));
        }
        for stream in &self.reads {
            allow(format!("$JS.API.STREAM.MSG.GET.{stream}"));
            for action in ["CONSUMER.CREATE", "CONSUMER.INFO", "CONSUMER.DELETE", "DIRECT.GET"] {
                allow(format!("$JS.API.{action}.{stream}.>"));
            }
            allow(format!("$JS.FC.{stream}.>"));
        }
        for (stream, durable) in consumers(self) {
            allow(format!("$JS.API.CONSUMER.CREATE.{stream}.{durable}"));
            allow(format!("$JS.API.CONSUMER.CREATE.{stream}.{durable}.>"));
            allow(format!("$JS.API.CONSUMER.INFO.{stream}.{durable}"));
            allow(format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"));
            allow(format!("$JS.ACK.{stream}.{durable}.>"));
        }
        let others = parts.iter().filter(|(name, _)| *name != part).flat_map(|(_, rights)| consumers(rights));
        let denied =
            others.filter(|(stream, _)| self.reads.contains(*stream)).flat_map(|(stream, durable)| {
                let of = format!("{stream}.{durable}");
                [
                    format!("$JS.API.CONSUMER.CREATE.{of}"),
                    format!("$JS.API.CONSUMER.CREATE.{of}.>"),
                    format!("$JS.API.CONSUMER.DELETE.{of}"),
                ]
            });
        let publish_denied = denied.collect();
        let subscribe = self.hears.iter().cloned().chain([format!("{}.>", inbox(part))]).collect();
        Permissions { publish, publish_denied, subscribe }
    }
}

fn consumers(rights: &Rights) -> impl Iterator<Item = (&String, &String)> {
    rights
        .consumes
        .iter()
        .flat_map(|(stream, durables)| durables.iter().map(move |durable| (stream, durable)))
}

/// The scoped signing key of a part. It follows from the account's own, which signs anything.
fn key(core: &str, part: &str) -> Result<KeyPair, Error> {
    let derived = derive(core.as_bytes(), &format!("the bus user of {part}"));
    KeyPair::new_from_raw(KeyPairType::Account, derived).map_err(|e| Error::Credentials(e.to_string()))
}

/// A user of a part; what it may do stands in the account.
pub(crate) fn user(core: &str, part: &str) -> Result<User, Error> {
    let user = KeyPair::new_user();
    let claims = json!({"issuer_account": pair(core)?.public_key(), "type": "user", "version": 2});
    Ok(User { jwt: sign(&key(core, part)?, &user.public_key(), part, &claims)?, seed: seed(&user)? })
}

/// The scoped signing keys of all parts, as the account's JWT has them.
pub(crate) fn scopes(core: &str, parts: &Parts) -> Result<Vec<Value>, Error> {
    let scope = |(part, rights): (&String, &Rights)| {
        let permissions = rights.permissions(part, parts);
        Ok(json!({
            "kind": "user_scope", "key": key(core, part)?.public_key(), "role": part,
            "template": {
                "pub": {"allow": permissions.publish, "deny": permissions.publish_denied},
                "sub": {"allow": permissions.subscribe},
                "subs": UNLIMITED, "data": UNLIMITED, "payload": UNLIMITED,
            },
        }))
    };
    parts.iter().map(scope).collect()
}

/// Whether a subject is one of a pattern's.
pub fn matches(pattern: &str, subject: &str) -> bool {
    let (mut pattern, mut subject) = (pattern.split('.'), subject.split('.'));
    loop {
        match (pattern.next(), subject.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

impl Permissions {
    pub fn may_publish(&self, subject: &str) -> bool {
        let is_of = |patterns: &BTreeSet<String>| patterns.iter().any(|pattern| matches(pattern, subject));
        is_of(&self.publish) && !is_of(&self.publish_denied)
    }

    pub fn may_hear(&self, subject: &str) -> bool {
        self.subscribe.iter().any(|pattern| matches(pattern, subject))
    }
}
