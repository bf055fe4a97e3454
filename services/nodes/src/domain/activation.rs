//! An activation: a code that lets a limited number of nodes in, until it ends.

pub use reeve_contracts::nodes::ActivationEvent;
use reeve_contracts::nodes::{ActivationCreated, ActivationDeleted, ActivationRedeemed};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The activation ID {0} does not exist.")]
    Unknown(String),
    #[error("ExpirationDate must lie between now and 30 days from now.")]
    Expiration,
    #[error("RegistrationLimit must lie between 1 and 1000.")]
    Limit,
    #[error("The activation is not valid: the id, the code, its expiry or its registration limit forbid it.")]
    NotValid,
}

/// What may be asked of an activation.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<ActivationCreated>),
    Redeem { code_hash: String, node_id: String, public_key: String, hostname: String },
    Delete,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    created: bool,
    deleted: bool,
    id: String,
    code_hash: String,
    limit: u32,
    expires: Timestamp,
    default_name: String,
    iam_role: String,
    tags: Vec<(String, String)>,
    /// Public key to node id.
    pub redeemed: BTreeMap<String, String>,
}

/// AWS: at most 30 days, 24 hours by default.
const MAX_LIFETIME_SECONDS: i64 = 30 * 24 * 60 * 60;

/// The aggregate.
pub struct Activation;

impl Decider for Activation {
    type Command = Command;
    type Event = ActivationEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<ActivationEvent>, Error> {
        match command {
            Command::Create(_) if state.created => Ok(None),
            Command::Create(created) => {
                let expires = Timestamp(created.expires_ms);
                if expires <= cx.now || expires > cx.now.plus_seconds(MAX_LIFETIME_SECONDS) {
                    return Err(Error::Expiration);
                }
                if !(1..=1000).contains(&created.registration_limit) {
                    return Err(Error::Limit);
                }
                Ok(Some(ActivationEvent::ActivationCreated(*created)))
            }
            Command::Redeem { code_hash, node_id, public_key, hostname } => {
                let code_holds = bool::from(state.code_hash.as_bytes().ct_eq(code_hash.as_bytes()));
                if !state.created || state.deleted || !code_holds || cx.now >= state.expires {
                    return Err(Error::NotValid);
                }
                if state.redeemed.contains_key(&public_key) {
                    return Ok(None);
                }
                if u32::try_from(state.redeemed.len()).unwrap_or(u32::MAX) >= state.limit {
                    return Err(Error::NotValid);
                }
                Ok(Some(ActivationEvent::ActivationRedeemed(ActivationRedeemed {
                    activation_id: state.id.clone(),
                    node_id,
                    public_key,
                    hostname,
                    default_name: state.default_name.clone(),
                    iam_role: state.iam_role.clone(),
                    tags: state.tags.iter().map(|(k, v)| tag(k, v)).collect(),
                })))
            }
            Command::Delete if !state.created || state.deleted => Err(Error::Unknown(state.id.clone())),
            Command::Delete => Ok(Some(ActivationEvent::ActivationDeleted(ActivationDeleted {
                activation_id: state.id.clone(),
            }))),
        }
    }

    fn evolve(mut state: State, event: &ActivationEvent) -> State {
        match event {
            ActivationEvent::ActivationCreated(e) => State {
                created: true,
                id: e.activation_id.clone(),
                code_hash: e.code_hash.clone(),
                limit: e.registration_limit,
                expires: Timestamp(e.expires_ms),
                default_name: e.default_name.clone(),
                iam_role: e.iam_role.clone(),
                tags: e.tags.iter().map(|t| (t.key.clone(), t.value.clone())).collect(),
                ..State::default()
            },
            ActivationEvent::ActivationRedeemed(e) => {
                state.redeemed.insert(e.public_key.clone(), e.node_id.clone());
                state
            }
            ActivationEvent::ActivationDeleted(_) => {
                state.deleted = true;
                state
            }
        }
    }
}

fn tag(key: &str, value: &str) -> reeve_contracts::nodes::Tag {
    reeve_contracts::nodes::Tag { key: key.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_testkit::{context, given};

    fn created(limit: u32) -> ActivationCreated {
        ActivationCreated {
            activation_id: "a".into(),
            code_hash: "h".into(),
            registration_limit: limit,
            expires_ms: context().now.plus_seconds(3600).0,
            ..ActivationCreated::default()
        }
    }

    fn redeem(code_hash: &str, key: &str) -> Command {
        Command::Redeem {
            code_hash: code_hash.into(),
            node_id: format!("mi-{key}"),
            public_key: key.into(),
            hostname: String::new(),
        }
    }

    fn redeemed(key: &str) -> ActivationEvent {
        let node_id = format!("mi-{key}");
        ActivationEvent::ActivationRedeemed(ActivationRedeemed {
            activation_id: "a".into(),
            node_id,
            public_key: key.into(),
            ..ActivationRedeemed::default()
        })
    }

    #[test]
    fn a_valid_code_lets_a_node_in_once() {
        let history = [ActivationEvent::ActivationCreated(created(2))];
        given::<Activation>(history.clone()).when(redeem("h", "k")).then(redeemed("k"));
        let again = [history[0].clone(), redeemed("k")];
        given::<Activation>(again).when(redeem("h", "k")).then_nothing();
    }

    #[test]
    fn a_wrong_code_an_ended_or_an_unknown_activation_lets_nobody_in() {
        let history = [ActivationEvent::ActivationCreated(created(2))];
        given::<Activation>(history.clone()).when(redeem("x", "k")).then_refused(Error::NotValid);
        given::<Activation>([]).when(redeem("", "k")).then_refused(Error::NotValid);
        let late = Context { now: context().now.plus_seconds(3600), ..context() };
        given::<Activation>(history.clone()).when_in(redeem("h", "k"), &late).then_refused(Error::NotValid);
        let deleted = ActivationEvent::ActivationDeleted(ActivationDeleted { activation_id: "a".into() });
        given::<Activation>([history[0].clone(), deleted])
            .when(redeem("h", "k"))
            .then_refused(Error::NotValid);
    }

    #[test]
    fn the_end_is_bounded() {
        let late = ActivationCreated {
            expires_ms: context().now.plus_seconds(MAX_LIFETIME_SECONDS + 1).0,
            ..created(1)
        };
        given::<Activation>([]).when(Command::Create(Box::new(late))).then_refused(Error::Expiration);
        given::<Activation>([]).when(Command::Create(Box::new(created(0)))).then_refused(Error::Limit);
    }

    proptest! {
        #[test]
        fn never_more_nodes_than_the_limit(limit in 1u32..5, keys in prop::collection::vec("[a-e]", 0..20)) {
            let mut state = Activation::evolve(State::default(), &ActivationEvent::ActivationCreated(created(limit)));
            for key in keys {
                if let Ok(Some(event)) = Activation::decide(&state, redeem("h", &key), &context()) {
                    state = Activation::evolve(state, &event);
                }
            }
            prop_assert!(state.redeemed.len() <= limit as usize);
        }
    }
}
