//! The dispatch keys of a root: which set of them is in force.

pub use reeve_contracts::nodes::DispatchKeysEvent;
use reeve_contracts::nodes::{DispatchKeysExpiring, DispatchKeysPublished};
use reeve_eventsourcing::{Context, Decider};
use reeve_node_protocol::keys::{Refusal, open};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// What can be asked of them. The aggregate's id is the public root key.
#[derive(Clone, Debug)]
pub enum Command {
    Publish {
        root_key: String,
        signed_set: Vec<u8>,
    },
    /// Says once of each set that it ends soon.
    Warn {
        root_key: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The set is not in force: {0}.")]
pub struct Error(#[from] pub Refusal);

/// The set that is in force; version 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub version: u64,
    expires_ms: i64,
    /// The newest set that was warned of.
    warned: u64,
    signed_set: Vec<u8>,
}

/// How long before its end a set is complained of, in seconds: it ought to have been renewed nine days ago.
pub const WARNING_SECONDS: i64 = 21 * 24 * 3600;

impl State {
    fn warn(&self, root_key: String, now: Timestamp) -> Option<DispatchKeysEvent> {
        let is_due = self.version > self.warned && now.plus_seconds(WARNING_SECONDS).0 >= self.expires_ms;
        is_due.then_some(DispatchKeysEvent::DispatchKeysExpiring(DispatchKeysExpiring {
            root_key,
            version: self.version,
            expires_ms: self.expires_ms,
        }))
    }
}

/// The dispatch keys of a root key, by that key.
pub struct DispatchKeys;

impl Decider for DispatchKeys {
    type Command = Command;
    type Event = DispatchKeysEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<DispatchKeysEvent>, Error> {
        let (root_key, signed_set) = match command {
            Command::Publish { root_key, signed_set } => (root_key, signed_set),
            Command::Warn { root_key } => return Ok(state.warn(root_key, cx.now)),
        };
        let set = open(&root_key, &signed_set)?;
        if signed_set == state.signed_set {
            return Ok(None);
        }
        if set.version <= state.version {
            return Err(Refusal::NotNewer { version: set.version, held: state.version }.into());
        }
        if cx.now.0 >= set.expires_ms {
            return Err(Refusal::Expired { expired: Timestamp(set.expires_ms) }.into());
        }
        Ok(Some(DispatchKeysEvent::DispatchKeysPublished(DispatchKeysPublished {
            root_key,
            version: set.version,
            expires_ms: set.expires_ms,
            public_keys: set.keys.into_iter().map(|key| key.public_key).collect(),
            signed_set,
        })))
    }

    fn evolve(state: State, event: &DispatchKeysEvent) -> State {
        let published = match event {
            DispatchKeysEvent::DispatchKeysPublished(published) => published,
            DispatchKeysEvent::DispatchKeysExpiring(e) => return State { warned: e.version, ..state },
        };
        match open(&published.root_key, &published.signed_set) {
            Ok(set) if set.version > state.version => State {
                version: set.version,
                expires_ms: set.expires_ms,
                signed_set: published.signed_set.clone(),
                ..state
            },
            // Whoever wrote it, it was not decided here.
            _ => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nkeys::KeyPair;
    use reeve_contracts::node::{DispatchKey, KeySet};
    use reeve_node_protocol::keys::{NO_END, sign};
    use reeve_testkit::{context, given};

    fn signed(root: &KeyPair, version: u64) -> Vec<u8> {
        let public_key =
            nkeys::KeyPair::new_from_raw(nkeys::KeyPairType::Account, [7; 32]).unwrap().public_key();
        let key = DispatchKey { public_key, not_before_ms: 0, not_after_ms: NO_END.0 };
        let (issued_ms, expires_ms) = (context().now.0, context().now.plus_seconds(60).0);
        sign(root, &KeySet { version, issued_ms, expires_ms, keys: vec![key] }).unwrap()
    }

    fn publish(root: &KeyPair, by: &KeyPair, version: u64) -> Command {
        Command::Publish { root_key: root.public_key(), signed_set: signed(by, version) }
    }

    fn published(root: &KeyPair, version: u64) -> DispatchKeysEvent {
        let key = nkeys::KeyPair::new_from_raw(nkeys::KeyPairType::Account, [7; 32]).unwrap();
        DispatchKeysEvent::DispatchKeysPublished(DispatchKeysPublished {
            root_key: root.public_key(),
            version,
            expires_ms: context().now.plus_seconds(60).0,
            public_keys: vec![key.public_key()],
            signed_set: signed(root, version),
        })
    }

    #[test]
    fn each_set_is_warned_of_once_three_weeks_before_its_end() {
        let root = KeyPair::new_operator();
        let root_key = root.public_key();
        let set = |version, days: i64| {
            let expires_ms = context().now.plus_seconds(days * 24 * 3600).0;
            let public_key = KeyPair::new_account().public_key();
            let keys = vec![DispatchKey { public_key, not_before_ms: 0, not_after_ms: NO_END.0 }];
            let set = KeySet { version, issued_ms: i64::MIN, expires_ms, keys };
            DispatchKeysEvent::DispatchKeysPublished(DispatchKeysPublished {
                root_key: root.public_key(),
                version,
                expires_ms,
                public_keys: Vec::new(),
                signed_set: sign(&root, &set).unwrap(),
            })
        };
        let warn = || Command::Warn { root_key: root_key.clone() };
        let warned = |version, days: i64| {
            DispatchKeysEvent::DispatchKeysExpiring(DispatchKeysExpiring {
                root_key: root_key.clone(),
                version,
                expires_ms: context().now.plus_seconds(days * 24 * 3600).0,
            })
        };
        given::<DispatchKeys>([]).when(warn()).then_nothing();
        given::<DispatchKeys>([set(1, 22)]).when(warn()).then_nothing();
        given::<DispatchKeys>([set(1, 21)]).when(warn()).then(warned(1, 21));
        given::<DispatchKeys>([set(1, 21), warned(1, 21)]).when(warn()).then_nothing();
        given::<DispatchKeys>([set(1, 21), warned(1, 21), set(2, 90)]).when(warn()).then_nothing();
        given::<DispatchKeys>([set(1, 21), warned(1, 21), set(2, -1)]).when(warn()).then(warned(2, -1));
    }

    #[test]
    fn a_newer_set_of_the_root_is_published_once() {
        let root = KeyPair::new_operator();
        given::<DispatchKeys>([]).when(publish(&root, &root, 1)).then(published(&root, 1));
        let history = [published(&root, 1), published(&root, 4)];
        given::<DispatchKeys>(history.clone()).when(publish(&root, &root, 9)).then(published(&root, 9));
        given::<DispatchKeys>(history).when(publish(&root, &root, 4)).then_nothing();
    }

    #[test]
    fn an_older_an_expired_and_another_roots_set_are_refused() {
        let (root, other) = (KeyPair::new_operator(), KeyPair::new_operator());
        let not_newer = Error(Refusal::NotNewer { version: 3, held: 4 });
        given::<DispatchKeys>([published(&root, 4)]).when(publish(&root, &root, 3)).then_refused(not_newer);
        let late = Context { now: context().now.plus_seconds(60), ..context() };
        let expired = Error(Refusal::Expired { expired: late.now });
        given::<DispatchKeys>([]).when_in(publish(&root, &root, 1), &late).then_refused(expired);
        let another = Error(Refusal::OtherRoot(other.public_key()));
        given::<DispatchKeys>([]).when(publish(&root, &other, 1)).then_refused(another);
    }

    #[test]
    fn an_event_with_an_older_set_or_a_forged_one_changes_nothing() {
        let (root, other) = (KeyPair::new_operator(), KeyPair::new_operator());
        let state = DispatchKeys::evolve(State::default(), &published(&root, 4));
        let DispatchKeysEvent::DispatchKeysPublished(mut forged) = published(&other, 9) else { panic!() };
        forged.root_key = root.public_key();
        for event in [published(&root, 3), DispatchKeysEvent::DispatchKeysPublished(forged)] {
            assert_eq!(DispatchKeys::evolve(state.clone(), &event), state);
        }
    }
}
