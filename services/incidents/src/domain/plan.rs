//! A response plan: what an incident that is started by it begins with.

use crate::shape;
pub use reeve_contracts::incidents::ResponsePlanEvent;
use reeve_contracts::incidents::{
    ResponsePlan, ResponsePlanCreated, ResponsePlanDeleted, ResponsePlanUpdated,
};
use reeve_contracts::ssm_incidents::{GetResponsePlanOutput, UpdateResponsePlanInput};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What may be asked of a response plan.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<ResponsePlan>),
    /// What is said is so from now on; the rest stays.
    Update(Box<UpdateResponsePlanInput>),
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
    /// As GetResponsePlan answers it.
    plan: GetResponsePlanOutput,
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
            Command::Update(changes) => {
                let plan = shape::plan(changed(state.plan.clone(), *changes));
                let is_same = plan == shape::plan(state.plan.clone());
                let updated = ResponsePlanUpdated { name, plan: Some(plan) };
                (!is_same).then_some(ResponsePlanEvent::ResponsePlanUpdated(updated))
            }
            Command::Delete => {
                exists.then_some(ResponsePlanEvent::ResponsePlanDeleted(ResponsePlanDeleted { name }))
            }
        })
    }

    fn evolve(_: State, event: &ResponsePlanEvent) -> State {
        match event {
            ResponsePlanEvent::ResponsePlanCreated(e) => State::of(&e.name, e.plan.as_ref()),
            ResponsePlanEvent::ResponsePlanUpdated(e) => State::of(&e.name, e.plan.as_ref()),
            ResponsePlanEvent::ResponsePlanDeleted(_) => State::default(),
        }
    }
}

impl State {
    fn of(name: &str, plan: Option<&ResponsePlan>) -> Self {
        Self { name: name.to_owned(), plan: shape::plan_output(plan.cloned().unwrap_or_default()) }
    }
}

/// A plan with what was said of it; an empty list takes away.
fn changed(mut plan: GetResponsePlanOutput, changes: UpdateResponsePlanInput) -> GetResponsePlanOutput {
    let template = plan.incident_template.get_or_insert_default();
    set(&mut template.title, changes.incident_template_title);
    set(&mut template.impact, changes.incident_template_impact);
    set(&mut template.summary, changes.incident_template_summary);
    set(&mut template.dedupe_string, changes.incident_template_dedupe_string);
    set(&mut template.notification_targets, changes.incident_template_notification_targets);
    set(&mut template.incident_tags, changes.incident_template_tags);
    set(&mut plan.actions, changes.actions);
    set(&mut plan.chat_channel, changes.chat_channel);
    set(&mut plan.display_name, changes.display_name);
    set(&mut plan.engagements, changes.engagements);
    set(&mut plan.integrations, changes.integrations);
    plan
}

fn set<T>(value: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *value = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::incidents::IncidentTemplate;
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
            plan: Some(ResponsePlan { template: Some(IncidentTemplate::default()), ..*plan("two") }),
        });
        given::<Plan>([]).when(Command::Create(plan("one"))).then(created());
        given::<Plan>([created()]).when(Command::Create(plan("two"))).then_refused(Error::Exists("p".into()));
        let update = |display: &str| {
            let display_name = Some(display.to_owned());
            Command::Update(Box::new(UpdateResponsePlanInput { display_name, ..Default::default() }))
        };
        given::<Plan>([created()]).when(update("two")).then(updated);
        given::<Plan>([created()]).when(update("one")).then_nothing();
        given::<Plan>([]).when(update("two")).then_refused(Error::Unknown);
        given::<Plan>([created()]).when(Command::Delete).then(deleted.clone());
        given::<Plan>([]).when(Command::Delete).then_nothing();
        given::<Plan>([created(), deleted]).when(Command::Create(plan("one"))).then(created());
    }
}
