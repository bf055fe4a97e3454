//! The nodes' account: what nodes may do, and whose keys are let in no more. That of other systems' programs is kept alike
//! ([`crate::clients`]).
//!
//! Its JWT goes to the server while that runs ([`Bus::put_account`]). The server keeps it, closes the connections of the
//! keys that it revokes, and refuses them from then on.

use crate::{
    Bus, Error, Headers,
    jwt::{limits, pair, sign, without},
    operator::SHARED,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub use crate::operator::Admission;

/// The most keys that are revoked at once: nats-server takes no JWT of more than 1 MiB, and a key has 96 bytes of it.
pub const MAX_REVOKED_KEYS: usize = 10_000;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

impl Admission {
    /// The JWT of the nodes' account, with these users' public keys revoked for good.
    ///
    /// # Errors
    /// When the key is not usable.
    pub fn account_jwt(&self, revoked: impl IntoIterator<Item = String>) -> Result<String, Error> {
        let claims = without(revoked, agents_claims(&self.core_account, &self.enrolment_key));
        sign(&pair(&self.signing_seed)?, &self.agents_account, "AGENTS", &claims)
    }
}

/// The keys with the highest numbers: as many as can be revoked at once.
pub fn newest<N: Ord>(mut rows: Vec<(String, N)>, most: usize) -> impl Iterator<Item = String> {
    rows.sort_unstable_by(|(_, one), (_, other)| other.cmp(one));
    rows.into_iter().take(most).map(|(key, _)| key)
}

#[derive(Deserialize)]
struct Taken {
    #[serde(default)]
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: u64,
    #[serde(default)]
    description: String,
}

impl Bus {
    /// Gives the server an account's JWT; for a user of SYS. It counts when this returns.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server does not take it, and the errors of a request.
    pub async fn put_account(&self, jwt: String) -> Result<(), Error> {
        let subject = "$SYS.REQ.CLAIMS.UPDATE";
        let answer = self.request(subject, &Headers::default(), jwt.into(), ANSWER_TIMEOUT).await?;
        let taken: Taken = serde_json::from_slice(&answer.data).map_err(|e| Error::Bus {
            what: "take an account in a form that we know",
            reason: e.to_string(),
        })?;
        match taken.error {
            None => Ok(()),
            Some(e) => {
                Err(Error::Refused { subject: subject.to_owned(), code: e.code, description: e.description })
            }
        }
    }
}

fn agents_claims(core: &str, role: &str) -> Value {
    let imports: Vec<Value> = SHARED
        .iter()
        .map(|(subject, kind)| json!({"name": subject, "subject": subject, "account": core, "type": kind}))
        .collect();
    json!({
        "limits": limits(false), "type": "account", "version": 2, "imports": imports,
        "signing_keys": [{
            "kind": "user_scope", "key": role, "role": "node",
            "template": {
                "pub": {"allow": [
                    "reeve.report.{{name()}}.>",
                    "reeve.agent.{{name()}}.>",
                    "$JS.API.DIRECT.GET.NODE_INBOX.reeve.node.{{name()}}.>",
                ]},
                "sub": {"allow": ["reeve.live.{{name()}}.>", "_INBOX_{{name()}}.>"]},
                "subs": 16, "data": -1, "payload": 1_048_576,
                "allowed_connection_types": ["STANDARD", "WEBSOCKET"],
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_on_the_list() {
        let rows = [("a", 3), ("b", 9), ("c", 1)].map(|(key, position)| (key.to_owned(), position));
        assert_eq!(newest(rows.to_vec(), 2).collect::<Vec<_>>(), ["b", "a"]);
    }
}
