//! A rule: which events it is about, when it fires by itself, and what is done then.

use super::defaults::{RESERVED_PREFIX, default_rule};
use super::schedule::{MAX_LATE_MS, schedule};
use super::target::{self, TargetSettings};
pub use reeve_contracts::rules::RuleEvent;
use reeve_contracts::rules::{
    RuleDeleted, RuleDisabled, RuleEnabled, RuleFired, RuleFiringsMissed, RulePut, Target, TargetsPut,
    TargetsRemoved,
};
use reeve_event_pattern::{Pattern, Refused};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// AWS's limit.
pub const MAX_TARGETS: usize = 5;

/// What may be asked of a rule.
#[derive(Clone, Debug)]
pub enum Command {
    /// From when its times count, and when it fires next, is worked out here.
    Put(RulePut),
    Enable {
        name: String,
    },
    Disable {
        name: String,
    },
    Delete {
        name: String,
    },
    PutTargets {
        name: String,
        targets: Vec<Target>,
    },
    RemoveTargets {
        name: String,
        ids: Vec<String>,
    },
    /// An instant of its schedule has come.
    Fire {
        name: String,
        due_ms: i64,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Rule {0} does not exist on EventBus default.")]
    Unknown(String),
    #[error(transparent)]
    Pattern(#[from] Refused),
    #[error("Parameter(s) EventPattern or ScheduleExpression must be specified.")]
    NothingToMatch,
    /// A sentence about ScheduleExpression.
    #[error("{0}")]
    Schedule(String),
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
    /// Empty: it has a schedule alone.
    pub event_pattern: String,
    /// Empty: it has none.
    pub schedule_expression: String,
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
    /// From when the times of its schedule count.
    pub since_ms: i64,
    /// When it fires next; 0: it does not.
    pub next_ms: i64,
    /// The last instant at which it fired, and the first of the last ones that were missed; 0: none.
    pub fired_ms: i64,
    pub missed_ms: i64,
}

impl State {
    /// When it fires next after an instant, once it is enabled; 0: it does not.
    fn next_after(&self, after: i64) -> i64 {
        let text = self.definition.as_ref().map(|definition| definition.schedule_expression.as_str());
        let schedule = text.and_then(|text| schedule(text, Timestamp(self.since_ms)).ok());
        schedule.and_then(|schedule| schedule.next_after(Timestamp(after))).map_or(0, |next| next.0)
    }
}

/// The aggregate.
pub struct Rule;

impl Decider for Rule {
    type Command = Command;
    type Event = RuleEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<RuleEvent>, Error> {
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
            Command::Put(put) => decide_put(state, put, cx.now),
            Command::Enable { name } => {
                exists(&name)?;
                let next_ms = state.next_after(cx.now.0);
                Ok(state.is_disabled.then_some(RuleEvent::RuleEnabled(RuleEnabled { name, next_ms })))
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
            Command::Fire { name, due_ms } => Ok(decide_firing(state, name, due_ms, cx.now.0)),
        }
    }

    fn evolve(mut state: State, event: &RuleEvent) -> State {
        match event {
            RuleEvent::RulePut(e) => {
                state.definition = Some(definition(e));
                state.is_disabled = !e.enabled;
                (state.since_ms, state.next_ms) = (e.since_ms, e.next_ms);
            }
            RuleEvent::RuleEnabled(e) => (state.is_disabled, state.next_ms) = (false, e.next_ms),
            RuleEvent::RuleDisabled(_) => (state.is_disabled, state.next_ms) = (true, 0),
            RuleEvent::RuleFired(e) => (state.fired_ms, state.next_ms) = (e.due_ms, e.next_ms),
            RuleEvent::RuleFiringsMissed(e) => (state.missed_ms, state.next_ms) = (e.due_ms, e.next_ms),
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
        schedule_expression: put.schedule_expression.clone(),
        role_arn: put.role_arn.clone(),
        account: put.account.clone(),
        region: put.region.clone(),
    }
}

fn decide_put(state: &State, put: RulePut, now: Timestamp) -> Result<Option<RuleEvent>, Error> {
    if put.name.starts_with(RESERVED_PREFIX) {
        return Err(Error::Reserved(put.name));
    }
    if put.event_pattern.is_empty() && put.schedule_expression.is_empty() {
        return Err(Error::NothingToMatch);
    }
    if !put.event_pattern.is_empty() {
        Pattern::parse(&put.event_pattern)?;
    }
    if state.definition.as_ref() == Some(&definition(&put)) && state.is_disabled != put.enabled {
        return Ok(None);
    }
    let put = RulePut { since_ms: 0, next_ms: 0, ..put };
    if put.schedule_expression.is_empty() {
        return Ok(Some(RuleEvent::RulePut(put)));
    }
    // Who changes something else of a rule changes none of its times.
    let before = state.definition.as_ref().map(|definition| &definition.schedule_expression);
    let is_kept = before == Some(&put.schedule_expression);
    let since_ms = if is_kept { state.since_ms } else { now.0 };
    let schedule = schedule(&put.schedule_expression, Timestamp(since_ms)).map_err(Error::Schedule)?;
    let Some(next) = schedule.next_after(now) else {
        let text = &put.schedule_expression;
        return Err(Error::Schedule(format!(
            "Parameter ScheduleExpression is not valid: {text:?} is over, it will never fire."
        )));
    };
    let next_ms = match put.enabled {
        false => 0,
        // What is due, and has not fired yet, does.
        true if is_kept && state.next_ms > 0 => state.next_ms,
        true => next.0,
    };
    Ok(Some(RuleEvent::RulePut(RulePut { since_ms, next_ms, ..put })))
}

/// What becomes of an instant that has come; nothing, when it is not the one that is due.
fn decide_firing(state: &State, name: String, due_ms: i64, now_ms: i64) -> Option<RuleEvent> {
    if state.next_ms != due_ms || due_ms == 0 {
        return None;
    }
    let next_ms = state.next_after(due_ms.max(now_ms));
    Some(match now_ms - due_ms > MAX_LATE_MS {
        true => RuleEvent::RuleFiringsMissed(RuleFiringsMissed { name, due_ms, noticed_ms: now_ms, next_ms }),
        false => RuleEvent::RuleFired(RuleFired { name, due_ms, fired_ms: now_ms, next_ms }),
    })
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
#[path = "rule_tests.rs"]
mod tests;
