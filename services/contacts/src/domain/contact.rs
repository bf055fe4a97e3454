//! A contact: a person, an escalation plan or a schedule, by its alias.

use super::tags::{self, MAX_TAGS, Tags};
pub use reeve_contracts::contacts::ContactEvent;
use reeve_contracts::contacts::{
    ContactCreated, ContactDeleted, ContactPolicyPut, ContactTagged, ContactUntagged, ContactUpdated,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What may be asked of a contact.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<ContactCreated>),
    /// What has a value is set to it.
    Update {
        display_name: Option<String>,
        plan_json: Option<String>,
    },
    Delete,
    PutPolicy(String),
    Tag(Tags),
    Untag(Vec<String>),
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the contact {0} exists already")]
    Exists(String),
    #[error("there is no such contact")]
    Unknown,
    #[error("a contact has at most {MAX_TAGS} tags, and this would be {0}")]
    Tags(usize),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub alias: String,
    display_name: String,
    plan_json: String,
    policy: String,
    tags: Tags,
    created_by: String,
}

/// The aggregate.
pub struct Contact;

impl Decider for Contact {
    type Command = Command;
    type Event = ContactEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<ContactEvent>, Error> {
        let (alias, exists) = (state.alias.clone(), !state.alias.is_empty());
        Ok(match command {
            Command::Create(new) if exists && new.created_by == state.created_by => None,
            Command::Create(_) if exists => return Err(Error::Exists(alias)),
            Command::Create(new) => match new.tags.len() {
                0..=MAX_TAGS => Some(ContactEvent::ContactCreated(*new)),
                count => return Err(Error::Tags(count)),
            },
            _ if !exists => return Err(Error::Unknown),
            Command::Update { display_name, plan_json } => {
                let updated = ContactUpdated {
                    alias: alias.clone(),
                    display_name: display_name.filter(|name| *name != state.display_name),
                    plan_json: plan_json.filter(|plan| *plan != state.plan_json),
                };
                let nothing = ContactUpdated { alias, ..ContactUpdated::default() };
                (updated != nothing).then_some(ContactEvent::ContactUpdated(updated))
            }
            Command::Delete => Some(ContactEvent::ContactDeleted(ContactDeleted { alias })),
            Command::PutPolicy(policy) => (policy != state.policy)
                .then_some(ContactEvent::ContactPolicyPut(ContactPolicyPut { alias, policy })),
            Command::Tag(new) => {
                let tags = tags::added(&state.tags, new).map_err(Error::Tags)?;
                (!tags.is_empty()).then_some(ContactEvent::ContactTagged(ContactTagged { alias, tags }))
            }
            Command::Untag(keys) => {
                let keys = tags::removed(&state.tags, keys);
                (!keys.is_empty()).then_some(ContactEvent::ContactUntagged(ContactUntagged { alias, keys }))
            }
        })
    }

    fn evolve(mut state: State, event: &ContactEvent) -> State {
        match event {
            ContactEvent::ContactCreated(e) => {
                state = State {
                    alias: e.alias.clone(),
                    display_name: e.display_name.clone(),
                    plan_json: e.plan_json.clone(),
                    created_by: e.created_by.clone(),
                    ..State::default()
                };
                tags::add(&mut state.tags, &e.tags);
            }
            ContactEvent::ContactUpdated(e) => {
                state.display_name = e.display_name.clone().unwrap_or(state.display_name);
                state.plan_json = e.plan_json.clone().unwrap_or(state.plan_json);
            }
            ContactEvent::ContactDeleted(_) => state = State::default(),
            ContactEvent::ContactPolicyPut(e) => state.policy.clone_from(&e.policy),
            ContactEvent::ContactTagged(e) => tags::add(&mut state.tags, &e.tags),
            ContactEvent::ContactUntagged(e) => state.tags.retain(|key, _| !e.keys.contains(key)),
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn new(created_by: &str) -> ContactCreated {
        ContactCreated { alias: "ann".into(), created_by: created_by.into(), ..ContactCreated::default() }
    }

    fn created() -> ContactEvent {
        ContactEvent::ContactCreated(new("1"))
    }

    #[test]
    fn an_alias_is_taken_until_its_contact_is_deleted() {
        let create = |by: &str| Command::Create(Box::new(new(by)));
        let deleted = ContactEvent::ContactDeleted(ContactDeleted { alias: "ann".into() });
        given::<Contact>([]).when(create("1")).then(created());
        given::<Contact>([created()]).when(create("1")).then_nothing();
        given::<Contact>([created()]).when(create("2")).then_refused(Error::Exists("ann".into()));
        given::<Contact>([created()]).when(Command::Delete).then(deleted.clone());
        given::<Contact>([created(), deleted.clone()]).when(Command::Delete).then_refused(Error::Unknown);
        given::<Contact>([created(), deleted]).when(create("1")).then(created());
    }

    #[test]
    fn what_is_so_already_is_not_said_again() {
        let update = |plan: &str| Command::Update { display_name: None, plan_json: Some(plan.into()) };
        let updated = ContactEvent::ContactUpdated(ContactUpdated {
            alias: "ann".into(),
            plan_json: Some("{}".into()),
            ..ContactUpdated::default()
        });
        given::<Contact>([created()]).when(update("{}")).then(updated.clone());
        given::<Contact>([created(), updated]).when(update("{}")).then_nothing();
        given::<Contact>([created()]).when(Command::Untag(vec!["a".into()])).then_nothing();
        let tags = |count: usize| (0..count).map(|n| (n.to_string(), "v".to_owned())).collect::<Tags>();
        let tagged = ContactTagged { alias: "ann".into(), tags: tags::told(tags(1)) };
        let tagged = ContactEvent::ContactTagged(tagged);
        given::<Contact>([created()]).when(Command::Tag(tags(1))).then(tagged.clone());
        given::<Contact>([created(), tagged.clone()]).when(Command::Tag(tags(1))).then_nothing();
        given::<Contact>([created(), tagged]).when(Command::Tag(tags(51))).then_refused(Error::Tags(51));
        given::<Contact>([]).when(Command::Tag(tags(1))).then_refused(Error::Unknown);
    }
}
