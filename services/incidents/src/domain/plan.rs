//! A response plan: what an incident that is started by it begins with.

use super::tags::{self, Tags};
use crate::shape;
pub use reeve_contracts::incidents::ResponsePlanEvent;
use reeve_contracts::incidents::{
    ResponsePlan, ResponsePlanCreated, ResponsePlanDeleted, ResponsePlanPolicyDeleted, ResponsePlanPolicyPut,
    ResponsePlanTagged, ResponsePlanUntagged, ResponsePlanUpdated,
};
use reeve_contracts::ssm_incidents::{GetResponsePlanOutput, UpdateResponsePlanInput};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As many resource policies as a plan has.
pub const MAX_POLICIES: usize = 20;

/// What may be asked of a response plan.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<ResponsePlan>, Tags),
    /// What is said is so from now on; the rest stays.
    Update(Box<UpdateResponsePlanInput>),
    Delete,
    Tag(Tags),
    Untag(Vec<String>),
    /// A resource policy, by the id that follows from its text.
    PutPolicy {
        id: String,
        policy: String,
    },
    DeletePolicy(String),
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the response plan {0} exists already")]
    Exists(String),
    #[error("there is no such response plan")]
    Unknown,
    #[error("a response plan has at most {} tags", tags::MAX_TAGS)]
    Tags,
    #[error("a response plan has at most {MAX_POLICIES} resource policies")]
    Policies,
    #[error("the response plan has no resource policy {0:?}")]
    UnknownPolicy(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub name: String,
    /// As GetResponsePlan answers it.
    plan: GetResponsePlanOutput,
    tags: Tags,
    /// Resource policies by their ids.
    policies: BTreeMap<String, String>,
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
            Command::Create(..) if exists => return Err(Error::Exists(name)),
            Command::Create(plan, tags) => {
                Some(ResponsePlanEvent::ResponsePlanCreated(ResponsePlanCreated {
                    name: plan.name.clone(),
                    plan: Some(*plan),
                    tags: tags::told(tags),
                }))
            }
            Command::Delete => {
                exists.then_some(ResponsePlanEvent::ResponsePlanDeleted(ResponsePlanDeleted { name }))
            }
            _ if !exists => return Err(Error::Unknown),
            Command::Update(changes) => {
                let plan = shape::plan(changed(state.plan.clone(), *changes));
                let is_same = plan == shape::plan(state.plan.clone());
                let updated = ResponsePlanUpdated { name, plan: Some(plan) };
                (!is_same).then_some(ResponsePlanEvent::ResponsePlanUpdated(updated))
            }
            Command::Tag(new) => {
                let tags = tags::added(&state.tags, new).ok_or(Error::Tags)?;
                let tagged = ResponsePlanTagged { name, tags };
                (!tagged.tags.is_empty()).then_some(ResponsePlanEvent::ResponsePlanTagged(tagged))
            }
            Command::Untag(keys) => {
                let untagged = ResponsePlanUntagged { name, keys: tags::removed(&state.tags, keys) };
                (!untagged.keys.is_empty()).then_some(ResponsePlanEvent::ResponsePlanUntagged(untagged))
            }
            Command::PutPolicy { id, .. } if state.policies.contains_key(&id) => None,
            Command::PutPolicy { .. } if state.policies.len() >= MAX_POLICIES => {
                return Err(Error::Policies);
            }
            Command::PutPolicy { id, policy } => {
                let put = ResponsePlanPolicyPut { name, policy_id: id, policy };
                Some(ResponsePlanEvent::ResponsePlanPolicyPut(put))
            }
            Command::DeletePolicy(id) if !state.policies.contains_key(&id) => {
                return Err(Error::UnknownPolicy(id));
            }
            Command::DeletePolicy(policy_id) => {
                let deleted = ResponsePlanPolicyDeleted { name, policy_id };
                Some(ResponsePlanEvent::ResponsePlanPolicyDeleted(deleted))
            }
        })
    }

    fn evolve(mut state: State, event: &ResponsePlanEvent) -> State {
        match event {
            ResponsePlanEvent::ResponsePlanCreated(e) => {
                state = State { name: e.name.clone(), tags: tags::of(&e.tags), ..State::default() };
                state.set(e.plan.as_ref());
            }
            ResponsePlanEvent::ResponsePlanUpdated(e) => state.set(e.plan.as_ref()),
            ResponsePlanEvent::ResponsePlanDeleted(_) => state = State::default(),
            ResponsePlanEvent::ResponsePlanTagged(e) => state.tags.extend(tags::of(&e.tags)),
            ResponsePlanEvent::ResponsePlanUntagged(e) => state.tags.retain(|key, _| !e.keys.contains(key)),
            ResponsePlanEvent::ResponsePlanPolicyPut(e) => {
                state.policies.insert(e.policy_id.clone(), e.policy.clone());
            }
            ResponsePlanEvent::ResponsePlanPolicyDeleted(e) => _ = state.policies.remove(&e.policy_id),
        }
        state
    }
}

impl State {
    fn set(&mut self, plan: Option<&ResponsePlan>) {
        self.plan = shape::plan_output(plan.cloned().unwrap_or_default());
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
            tags: Vec::new(),
        })
    }

    #[test]
    fn a_name_is_taken_until_its_plan_is_deleted() {
        let deleted = ResponsePlanEvent::ResponsePlanDeleted(ResponsePlanDeleted { name: "p".into() });
        let updated = ResponsePlanEvent::ResponsePlanUpdated(ResponsePlanUpdated {
            name: "p".into(),
            plan: Some(ResponsePlan { template: Some(IncidentTemplate::default()), ..*plan("two") }),
        });
        given::<Plan>([]).when(Command::Create(plan("one"), Tags::new())).then(created());
        given::<Plan>([created()])
            .when(Command::Create(plan("two"), Tags::new()))
            .then_refused(Error::Exists("p".into()));
        let update = |display: &str| {
            let display_name = Some(display.to_owned());
            Command::Update(Box::new(UpdateResponsePlanInput { display_name, ..Default::default() }))
        };
        given::<Plan>([created()]).when(update("two")).then(updated);
        given::<Plan>([created()]).when(update("one")).then_nothing();
        given::<Plan>([]).when(update("two")).then_refused(Error::Unknown);
        given::<Plan>([created()]).when(Command::Delete).then(deleted.clone());
        given::<Plan>([]).when(Command::Delete).then_nothing();
        given::<Plan>([created(), deleted]).when(Command::Create(plan("one"), Tags::new())).then(created());
    }

    #[test]
    fn tags_and_policies_are_a_plans_until_it_is_deleted_and_said_once() {
        let tag = |value: &str| Command::Tag(Tags::from([("team".to_owned(), value.to_owned())]));
        let tagged = ResponsePlanEvent::ResponsePlanTagged(ResponsePlanTagged {
            name: "p".into(),
            tags: tags::told([("team".to_owned(), "db".to_owned())]),
        });
        let untagged = ResponsePlanUntagged { name: "p".into(), keys: vec!["team".into()] };
        let untag = || Command::Untag(vec!["team".into(), "other".into()]);
        given::<Plan>([created()]).when(tag("db")).then(tagged.clone());
        given::<Plan>([created(), tagged.clone()]).when(tag("db")).then_nothing();
        given::<Plan>([created(), tagged.clone()])
            .when(untag())
            .then(ResponsePlanEvent::ResponsePlanUntagged(untagged));
        given::<Plan>([created()]).when(untag()).then_nothing();
        given::<Plan>([]).when(tag("db")).then_refused(Error::Unknown);
        let many: Tags = (0..=tags::MAX_TAGS).map(|n| (n.to_string(), String::new())).collect();
        given::<Plan>([created()]).when(Command::Tag(many)).then_refused(Error::Tags);

        let put = || Command::PutPolicy { id: "1".into(), policy: "{}".into() };
        let policy = ResponsePlanEvent::ResponsePlanPolicyPut(ResponsePlanPolicyPut {
            name: "p".into(),
            policy_id: "1".into(),
            policy: "{}".into(),
        });
        given::<Plan>([created()]).when(put()).then(policy.clone());
        given::<Plan>([created(), policy.clone()]).when(put()).then_nothing();
        let deleted = ResponsePlanPolicyDeleted { name: "p".into(), policy_id: "1".into() };
        let delete = || Command::DeletePolicy("1".into());
        given::<Plan>([created(), policy])
            .when(delete())
            .then(ResponsePlanEvent::ResponsePlanPolicyDeleted(deleted));
        given::<Plan>([created()]).when(delete()).then_refused(Error::UnknownPolicy("1".into()));
    }
}
