//! A rule: which events it is about, and what is done when one matches.

use super::defaults::{RESERVED_PREFIX, default_rule};
use super::target::{self, TargetSettings};
pub use reeve_contracts::rules::RuleEvent;
use reeve_contracts::rules::{
    RuleDeleted, RuleDisabled, RuleEnabled, RulePut, Target, TargetsPut, TargetsRemoved,
};
use reeve_event_pattern::{Pattern, Refused};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// AWS's limit.
pub const MAX_TARGETS: usize = 5;

/// What may be asked of a rule.
#[derive(Clone, Debug)]
pub enum Command {
    Put(RulePut),
    Enable { name: String },
    Disable { name: String },
    Delete { name: String },
    PutTargets { name: String, targets: Vec<Target> },
    RemoveTargets { name: String, ids: Vec<String> },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Rule {0} does not exist on EventBus default.")]
    Unknown(String),
    #[error(transparent)]
    Pattern(#[from] Refused),
    #[error("Rule can't be deleted since it has targets.")]
    HasTargets,
    #[error(
        "The requested resource exceeds the maximum number allowed: a rule has at most {MAX_TARGETS} targets."
    )]
    TooManyTargets,
    #[error("Rule {0} is a default rule: it can be enabled and disabled, and nothing else.")]
    Managed(String),
    #[error("The name {0} is kept for default rules, which begin with {RESERVED_PREFIX}.")]
    Reserved(String),
    #[error(transparent)]
    Target(#[from] target::Error),
}

/// What a rule is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub description: String,
    pub event_pattern: String,
    pub role_arn: String,
    pub account: String,
    pub region: String,
}

/// What decisions are made on, and what is listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// None: nobody has put it.
    pub definition: Option<Definition>,
    pub is_disabled: bool,
    pub targets: BTreeMap<String, TargetSettings>,
}

/// The aggregate.
pub struct Rule;

impl Decider for Rule {
    type Command = Command;
    type Event = RuleEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<RuleEvent>, Error> {
        let known = |name: &String| match state.definition {
            _ if default_rule(name).is_some() => Err(Error::Managed(name.clone())),
            None => Err(Error::Unknown(name.clone())),
            Some(_) => Ok(()),
        };
        let exists = |name: &String| match known(name) {
            Err(Error::Managed(_)) | Ok(()) => Ok(()),
            refused => refused,
        };
        match command {
            Command::Put(put) => decide_put(state, put),
            Command::Enable { name } => {
                exists(&name)?;
                Ok(state.is_disabled.then_some(RuleEvent::RuleEnabled(RuleEnabled { name })))
            }
            Command::Disable { name } => {
                exists(&name)?;
                Ok((!state.is_disabled).then_some(RuleEvent::RuleDisabled(RuleDisabled { name })))
            }
            // As on AWS: what is not there is deleted.
            Command::Delete { name } => match known(&name) {
                Err(Error::Unknown(_)) => Ok(None),
                Err(refused) => Err(refused),
                Ok(()) if !state.targets.is_empty() => Err(Error::HasTargets),
                Ok(()) => Ok(Some(RuleEvent::RuleDeleted(RuleDeleted { name }))),
            },
            Command::PutTargets { name, targets } => {
                known(&name)?;
                decide_targets(state, name, targets)
            }
            Command::RemoveTargets { name, ids } => {
                known(&name)?;
                let ids: Vec<String> = ids.into_iter().filter(|id| state.targets.contains_key(id)).collect();
                let removed = (!ids.is_empty()).then_some(TargetsRemoved { name, ids });
                Ok(removed.map(RuleEvent::TargetsRemoved))
            }
        }
    }

    fn evolve(mut state: State, event: &RuleEvent) -> State {
        match event {
            RuleEvent::RulePut(e) => {
                state.definition = Some(definition(e));
                state.is_disabled = !e.enabled;
            }
            RuleEvent::RuleEnabled(_) => state.is_disabled = false,
            RuleEvent::RuleDisabled(_) => state.is_disabled = true,
            RuleEvent::RuleDeleted(_) => state = State::default(),
            RuleEvent::TargetsPut(e) => {
                let targets =
                    e.targets.iter().map(|target| (target.id.clone(), TargetSettings::from(target)));
                state.targets.extend(targets);
            }
            RuleEvent::TargetsRemoved(e) => state.targets.retain(|id, _| !e.ids.contains(id)),
        }
        state
    }
}

fn definition(put: &RulePut) -> Definition {
    Definition {
        description: put.description.clone(),
        event_pattern: put.event_pattern.clone(),
        role_arn: put.role_arn.clone(),
        account: put.account.clone(),
        region: put.region.clone(),
    }
}

fn decide_put(state: &State, put: RulePut) -> Result<Option<RuleEvent>, Error> {
    if put.name.starts_with(RESERVED_PREFIX) {
        return Err(Error::Reserved(put.name));
    }
    Pattern::parse(&put.event_pattern)?;
    let is_same = state.definition.as_ref() == Some(&definition(&put)) && state.is_disabled != put.enabled;
    Ok((!is_same).then_some(RuleEvent::RulePut(put)))
}

fn decide_targets(state: &State, name: String, targets: Vec<Target>) -> Result<Option<RuleEvent>, Error> {
    for target in &targets {
        target::check(target)?;
    }
    let mut after = state.targets.clone();
    after.extend(targets.iter().map(|target| (target.id.clone(), TargetSettings::from(target))));
    if after.len() > MAX_TARGETS {
        return Err(Error::TooManyTargets);
    }
    let changes = after != state.targets;
    Ok(changes.then_some(RuleEvent::TargetsPut(TargetsPut { name, targets })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn put(pattern: &str, enabled: bool) -> RulePut {
        RulePut { name: "r".into(), event_pattern: pattern.into(), enabled, ..RulePut::default() }
    }

    fn target(id: &str) -> Target {
        let arn = "arn:aws:ssm:eu-west-1:123456789012:opsitem".to_owned();
        Target { id: id.into(), arn, principal: "ada".into(), ..Target::default() }
    }

    fn targets(ids: &[&str]) -> Command {
        Command::PutTargets { name: "r".into(), targets: ids.iter().map(|id| target(id)).collect() }
    }

    fn targets_put(ids: &[&str]) -> RuleEvent {
        let targets = ids.iter().map(|id| target(id)).collect();
        RuleEvent::TargetsPut(TargetsPut { name: "r".into(), targets })
    }

    const PATTERN: &str = r#"{"source":["x"]}"#;

    #[test]
    fn a_rule_is_put_once_and_again_when_it_differs() {
        let event = RuleEvent::RulePut(put(PATTERN, true));
        given::<Rule>([]).when(Command::Put(put(PATTERN, true))).then(event.clone());
        given::<Rule>([event.clone()]).when(Command::Put(put(PATTERN, true))).then_nothing();
        let disabled = put(PATTERN, false);
        given::<Rule>([event.clone()])
            .when(Command::Put(disabled.clone()))
            .then(RuleEvent::RulePut(disabled));
        let refused = Error::Pattern(Refused("Empty arrays are not allowed".into()));
        given::<Rule>([event]).when(Command::Put(put(r#"{"source":[]}"#, true))).then_refused(refused);
    }

    #[test]
    fn a_rule_with_targets_is_not_deleted_and_one_that_is_not_there_is_gone() {
        let made = || RuleEvent::RulePut(put(PATTERN, true));
        let delete = || Command::Delete { name: "r".into() };
        given::<Rule>([made(), targets_put(&["t"])]).when(delete()).then_refused(Error::HasTargets);
        let deleted = RuleEvent::RuleDeleted(RuleDeleted { name: "r".into() });
        given::<Rule>([made()]).when(delete()).then(deleted.clone());
        given::<Rule>([made(), deleted]).when(delete()).then_nothing();
    }

    #[test]
    fn targets_are_replaced_by_id_and_limited() {
        let made = || RuleEvent::RulePut(put(PATTERN, true));
        given::<Rule>([]).when(targets(&["t"])).then_refused(Error::Unknown("r".into()));
        given::<Rule>([made()]).when(targets(&["t"])).then(targets_put(&["t"]));
        given::<Rule>([made(), targets_put(&["t"])]).when(targets(&["t"])).then_nothing();
        given::<Rule>([made(), targets_put(&["a", "b", "c", "d", "e"])])
            .when(targets(&["f"]))
            .then_refused(Error::TooManyTargets);
        let remove = Command::RemoveTargets { name: "r".into(), ids: vec!["b".into(), "x".into()] };
        let removed = RuleEvent::TargetsRemoved(TargetsRemoved { name: "r".into(), ids: vec!["b".into()] });
        given::<Rule>([made(), targets_put(&["a", "b"])]).when(remove).then(removed);
    }

    #[test]
    fn default_rules_are_switched_and_nothing_else() {
        let name = || "reeve.alerts".to_owned();
        let disabled = RuleEvent::RuleDisabled(RuleDisabled { name: name() });
        given::<Rule>([]).when(Command::Disable { name: name() }).then(disabled.clone());
        let enabled = RuleEvent::RuleEnabled(RuleEnabled { name: name() });
        given::<Rule>([disabled]).when(Command::Enable { name: name() }).then(enabled);
        given::<Rule>([]).when(Command::Delete { name: name() }).then_refused(Error::Managed(name()));
        let put = RulePut { name: name(), ..put(PATTERN, true) };
        given::<Rule>([]).when(Command::Put(put)).then_refused(Error::Reserved(name()));
        let unknown = Error::Unknown("other".into());
        given::<Rule>([]).when(Command::Disable { name: "other".into() }).then_refused(unknown);
    }
}
