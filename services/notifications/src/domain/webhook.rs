//! A webhook: where messages are posted to, and the key that they are signed with.

pub use reeve_contracts::notifications::WebhookEvent;
use reeve_contracts::notifications::{
    WebhookDeleted, WebhookPaused, WebhookPut, WebhookResumed, WebhookSecretRotated,
};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::text::cut;
use serde::{Deserialize, Serialize};

const MAX_NAME_CHARACTERS: usize = 64;
/// As long messages are signed with the former key as well.
pub(crate) const FORMER_SECRET_SECONDS: i64 = 24 * 60 * 60;
const MAX_REASON_CHARACTERS: usize = 1_000;

/// A name is part of a destination, of an ARN, and of a subject.
pub(crate) fn is_name(name: &str) -> bool {
    let signs = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=MAX_NAME_CHARACTERS).contains(&name.len()) && name.bytes().all(signs)
}

/// What may be asked of a webhook.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes it or changes it; one that is there keeps its key.
    Put(Box<WebhookPut>),
    RotateSecret {
        secret_id: String,
        sealed_secret: Vec<u8>,
    },
    Pause {
        reason: String,
    },
    Resume,
    Delete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no webhook {0}.")]
    Unknown(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub name: String,
    /// Empty: there is no such webhook.
    pub secret_id: String,
    pub former_secret_id: String,
    pub is_paused: bool,
}

/// The aggregate.
pub struct Webhook;

impl Decider for Webhook {
    type Command = Command;
    type Event = WebhookEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, context: &Context) -> Result<Option<WebhookEvent>, Error> {
        let name = state.name.clone();
        let exists = !state.secret_id.is_empty();
        Ok(Some(match command {
            Command::Put(put) => {
                let kept = if exists {
                    WebhookPut { secret_id: String::new(), sealed_secret: Vec::new(), ..*put }
                } else {
                    *put
                };
                WebhookEvent::WebhookPut(WebhookPut { principal: context.actor.name.clone(), ..kept })
            }
            _ if !exists => return Err(Error::Unknown(name)),
            Command::RotateSecret { secret_id, sealed_secret } => {
                WebhookEvent::WebhookSecretRotated(WebhookSecretRotated {
                    name,
                    secret_id,
                    sealed_secret,
                    former_until_ms: context.now.plus_seconds(FORMER_SECRET_SECONDS).0,
                    dropped_secret_id: state.former_secret_id.clone(),
                })
            }
            Command::Pause { .. } if state.is_paused => return Ok(None),
            Command::Pause { reason } => WebhookEvent::WebhookPaused(WebhookPaused {
                name,
                reason: cut(&reason, MAX_REASON_CHARACTERS),
            }),
            Command::Resume if !state.is_paused => return Ok(None),
            Command::Resume => WebhookEvent::WebhookResumed(WebhookResumed { name }),
            Command::Delete => {
                let secrets = [&state.secret_id, &state.former_secret_id];
                let secret_ids = secrets.into_iter().filter(|id| !id.is_empty()).cloned().collect();
                WebhookEvent::WebhookDeleted(WebhookDeleted { name, secret_ids })
            }
        }))
    }

    fn evolve(mut state: State, event: &WebhookEvent) -> State {
        match event {
            WebhookEvent::WebhookPut(put) => {
                state.name.clone_from(&put.name);
                if !put.secret_id.is_empty() {
                    state.secret_id.clone_from(&put.secret_id);
                }
            }
            WebhookEvent::WebhookSecretRotated(rotated) => {
                state.former_secret_id = std::mem::replace(&mut state.secret_id, rotated.secret_id.clone());
            }
            WebhookEvent::WebhookPaused(_) => state.is_paused = true,
            WebhookEvent::WebhookResumed(_) => state.is_paused = false,
            WebhookEvent::WebhookDeleted(deleted) => {
                state = State { name: deleted.name.clone(), ..State::default() };
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::{context, given};

    fn put(secret: &str) -> WebhookPut {
        WebhookPut {
            name: "hook".into(),
            url: "https://hooks.example".into(),
            format: "STANDARD".into(),
            secret_id: secret.into(),
            sealed_secret: secret.as_bytes().to_vec(),
            principal: context().actor.name,
            ..WebhookPut::default()
        }
    }

    fn was_put(secret: &str) -> WebhookEvent {
        WebhookEvent::WebhookPut(put(secret))
    }

    #[test]
    fn a_webhook_that_is_put_again_keeps_its_key() {
        given::<Webhook>([]).when(Command::Put(Box::new(put("s1")))).then(was_put("s1"));
        given::<Webhook>([was_put("s1")]).when(Command::Put(Box::new(put("s2")))).then(was_put(""));
        let deleted = WebhookEvent::WebhookDeleted(WebhookDeleted {
            name: "hook".into(),
            secret_ids: vec!["s1".into()],
        });
        given::<Webhook>([was_put("s1")]).when(Command::Delete).then(deleted.clone());
        given::<Webhook>([was_put("s1"), deleted.clone()])
            .when(Command::Put(Box::new(put("s2"))))
            .then(was_put("s2"));
        given::<Webhook>([was_put("s1"), deleted])
            .when(Command::Delete)
            .then_refused(Error::Unknown("hook".into()));
    }

    #[test]
    fn a_webhook_is_paused_and_resumed_once() {
        let pause = || Command::Pause { reason: "410".into() };
        let paused = WebhookEvent::WebhookPaused(WebhookPaused { name: "hook".into(), reason: "410".into() });
        let resumed = WebhookEvent::WebhookResumed(WebhookResumed { name: "hook".into() });
        given::<Webhook>([was_put("s1")]).when(pause()).then(paused.clone());
        given::<Webhook>([was_put("s1"), paused.clone()]).when(pause()).then_nothing();
        given::<Webhook>([was_put("s1"), paused.clone()]).when(Command::Resume).then(resumed.clone());
        given::<Webhook>([was_put("s1"), paused, resumed]).when(Command::Resume).then_nothing();
    }
}
