//! A response plan: what an incident that is started by it begins with.

pub use reeve_contracts::incidents::ResponsePlanEvent;
use reeve_contracts::incidents::{
    ResponsePlan, ResponsePlanCreated, ResponsePlanDeleted, ResponsePlanUpdated,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What may be asked of a response plan.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<ResponsePlan>),
    /// It is this from now on.
    Update(Box<ResponsePlan>),
    Delete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the response plan {0} exists already")]
    Exists(String),
    #[error("there is no such response plan")]
    Unknown,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub name: String,
}

/// The aggregate.
pub struct Plan;

impl Decider for Plan {
    type Command = Command;
    type Event = ResponsePlanEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<ResponsePlanEvent>, Error> {
        let (name, exists) = (state.name.clone(), !state.name.is_empty());
        Ok(match command {
            Command::Create(_) if exists => return Err(Error::Exists(name)),
            Command::Create(plan) => Some(ResponsePlanEvent::ResponsePlanCreated(ResponsePlanCreated {
                name: plan.name.clone(),
                plan: Some(*plan),
            })),
            Command::Update(_) if !exists => return Err(Error::Unknown),
            Command::Update(plan) => {
                Some(ResponsePlanEvent::ResponsePlanUpdated(ResponsePlanUpdated { name, plan: Some(*plan) }))
            }
            Command::Delete => {
                exists.then_some(ResponsePlanEvent::ResponsePlanDeleted(ResponsePlanDeleted { name }))
            }
        })
    }

    fn evolve(_: State, event: &ResponsePlanEvent) -> State {
        match event {
            ResponsePlanEvent::ResponsePlanCreated(e) => State { name: e.name.clone() },
            ResponsePlanEvent::ResponsePlanUpdated(e) => State { name: e.name.clone() },
            ResponsePlanEvent::ResponsePlanDeleted(_) => State::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn plan(display: &str) -> Box<ResponsePlan> {
        let display_name = display.to_owned();
        Box::new(ResponsePlan { name: "p".into(), display_name, ..ResponsePlan::default() })
    }

    fn created() -> ResponsePlanEvent {
        ResponsePlanEvent::ResponsePlanCreated(ResponsePlanCreated {
            name: "p".into(),
            plan: Some(*plan("one")),
        })
    }

    #[test]
    fn a_name_is_taken_until_its_plan_is_deleted() {
        let deleted = ResponsePlanEvent::ResponsePlanDeleted(ResponsePlanDeleted { name: "p".into() });
        let updated = ResponsePlanEvent::ResponsePlanUpdated(ResponsePlanUpdated {
            name: "p".into(),
            plan: Some(*plan("two")),
        });
        given::<Plan>([]).when(Command::Create(plan("one"))).then(created());
        given::<Plan>([created()]).when(Command::Create(plan("two"))).then_refused(Error::Exists("p".into()));
        given::<Plan>([created()]).when(Command::Update(plan("two"))).then(updated);
        given::<Plan>([]).when(Command::Update(plan("two"))).then_refused(Error::Unknown);
        given::<Plan>([created()]).when(Command::Delete).then(deleted.clone());
        given::<Plan>([]).when(Command::Delete).then_nothing();
        given::<Plan>([created(), deleted]).when(Command::Create(plan("one"))).then(created());
    }
}
