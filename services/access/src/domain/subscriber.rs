//! A program of another system that may read events on the bus.

pub use reeve_contracts::access::SubscriberEvent;
use reeve_contracts::access::{SubscriberCreated, SubscriberDeleted};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What can be asked of a subscriber.
#[derive(Clone, Debug)]
pub enum Command {
    Create { name: String, services: BTreeSet<String>, filters: BTreeSet<String>, public_key: String },
    Delete { name: String },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is a subscriber {0} already.")]
    Exists(String),
    #[error("There is no subscriber {0}.")]
    Unknown(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The services whose events it may read.
    pub services: BTreeSet<String>,
    /// Of a service that stands in one of these it may read only these subjects.
    #[serde(default)]
    pub filters: BTreeSet<String>,
    /// Empty: there is no such subscriber.
    pub public_key: String,
}

/// A subscriber, by its name.
pub struct Subscriber;

impl Decider for Subscriber {
    type Command = Command;
    type Event = SubscriberEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<SubscriberEvent>, Error> {
        let exists = !state.public_key.is_empty();
        match command {
            Command::Create { name, .. } if exists => Err(Error::Exists(name)),
            Command::Create { name, services, filters, public_key } => {
                let (services, filters) = (services.into_iter().collect(), filters.into_iter().collect());
                let created = SubscriberCreated { name, services, public_key, filters };
                Ok(Some(SubscriberEvent::SubscriberCreated(created)))
            }
            Command::Delete { name } if !exists => Err(Error::Unknown(name)),
            Command::Delete { name } => {
                let State { services, public_key, .. } = state.clone();
                let services = services.into_iter().collect();
                Ok(Some(SubscriberEvent::SubscriberDeleted(SubscriberDeleted { name, services, public_key })))
            }
        }
    }

    fn evolve(_: State, event: &SubscriberEvent) -> State {
        match event {
            SubscriberEvent::SubscriberCreated(e) => State {
                services: e.services.iter().cloned().collect(),
                filters: e.filters.iter().cloned().collect(),
                public_key: e.public_key.clone(),
            },
            SubscriberEvent::SubscriberDeleted(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_name_is_one_subscribers_until_it_is_deleted_with_its_key() {
        let services = BTreeSet::from(["nodes".to_owned()]);
        let create = |key: &str| Command::Create {
            name: "siem".into(),
            services: services.clone(),
            filters: BTreeSet::from(["nodes.node.>".to_owned()]),
            public_key: key.into(),
        };
        let created = |key: &str| {
            SubscriberEvent::SubscriberCreated(SubscriberCreated {
                name: "siem".into(),
                services: vec!["nodes".into()],
                public_key: key.into(),
                filters: vec!["nodes.node.>".into()],
            })
        };
        let deleted = SubscriberEvent::SubscriberDeleted(SubscriberDeleted {
            name: "siem".into(),
            services: vec!["nodes".into()],
            public_key: "U1".into(),
        });
        let delete = || Command::Delete { name: "siem".into() };
        given::<Subscriber>([]).when(create("U1")).then(created("U1"));
        given::<Subscriber>([created("U1")]).when(create("U2")).then_refused(Error::Exists("siem".into()));
        given::<Subscriber>([created("U1")]).when(delete()).then(deleted.clone());
        given::<Subscriber>([created("U1"), deleted.clone()]).when(create("U2")).then(created("U2"));
        given::<Subscriber>([created("U1"), deleted])
            .when(delete())
            .then_refused(Error::Unknown("siem".into()));
    }
}
