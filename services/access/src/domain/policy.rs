//! A text of policies.

pub use reeve_contracts::access::PolicyEvent;
use reeve_contracts::access::{PolicyDeleted, PolicyPut};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What can be asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    Put { name: String, text: String },
    Delete { name: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Malformed(String),
    #[error("There is no policy {0}.")]
    Unknown(String),
}

/// The text that is in force; none when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub text: Option<String>,
}

/// A text of policies, by its name.
pub struct Policy;

impl Decider for Policy {
    type Command = Command;
    type Event = PolicyEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<PolicyEvent>, Error> {
        match command {
            Command::Put { text, .. } if state.text.as_ref() == Some(&text) => Ok(None),
            Command::Put { name, text } => {
                reeve_authz::check_policy(&text).map_err(Error::Malformed)?;
                Ok(Some(PolicyEvent::PolicyPut(PolicyPut { name, text })))
            }
            Command::Delete { name } if state.text.is_none() => Err(Error::Unknown(name)),
            Command::Delete { name } => Ok(Some(PolicyEvent::PolicyDeleted(PolicyDeleted { name }))),
        }
    }

    fn evolve(_: State, event: &PolicyEvent) -> State {
        match event {
            PolicyEvent::PolicyPut(put) => State { text: Some(put.text.clone()) },
            PolicyEvent::PolicyDeleted(_) => State { text: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn put(text: &str) -> Command {
        Command::Put { name: "p".into(), text: text.into() }
    }

    fn was_put(text: &str) -> PolicyEvent {
        PolicyEvent::PolicyPut(PolicyPut { name: "p".into(), text: text.into() })
    }

    const ALL: &str = "permit(principal, action, resource);";

    #[test]
    fn what_is_put_is_cedar_and_says_only_what_is_new() {
        given::<Policy>([]).when(put(ALL)).then(was_put(ALL));
        given::<Policy>([was_put(ALL)]).when(put(ALL)).then_nothing();
        let Err(reason) = reeve_authz::check_policy("permit") else { panic!("that is no policy") };
        given::<Policy>([]).when(put("permit")).then_refused(Error::Malformed(reason));
    }

    #[test]
    fn only_what_is_there_is_deleted() {
        let (delete, deleted) = (
            Command::Delete { name: "p".into() },
            PolicyEvent::PolicyDeleted(PolicyDeleted { name: "p".into() }),
        );
        given::<Policy>([]).when(delete.clone()).then_refused(Error::Unknown("p".into()));
        given::<Policy>([was_put(ALL)]).when(delete.clone()).then(deleted.clone());
        given::<Policy>([was_put(ALL), deleted]).when(delete).then_refused(Error::Unknown("p".into()));
    }
}
