//! A match: one rule and one event, however often the event is delivered.

use super::{
    input::{self, About},
    rule,
    target::{Destination, TargetSettings},
    wish::{self, rule_arn},
};
pub use reeve_contracts::rules::MatchEvent;
use reeve_contracts::rules::{Invocation, RuleMatched, RuleStopped};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeSet, convert::Infallible};

/// A chain of rules, each set off by what the one before it has done, is this long at most: a rule that sets off itself
/// stops here, visibly.
pub const MAX_DEPTH: u32 = 5;

/// Says that an event matched.
pub type Command = Box<RuleMatched>;

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    is_decided: bool,
}

/// The aggregate.
pub struct Match;

/// The id of a match.
pub fn match_id(rule: &str, event_id: &str) -> String {
    format!("{rule}/{event_id}")
}

/// A match of a rule and an event. Where the event stands, how deep the match is, which requests it leads to, and what of the
/// rule's pattern the event lacks, is for whoever has looked at it.
pub fn matched(rule: &str, state: &rule::State, event: &Value) -> RuleMatched {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let definition = state.definition.clone().unwrap_or_default();
    let arn = rule_arn(rule, &definition.region, &definition.account);
    let about = About { rule, rule_arn: &arn };
    let resources = event["resources"].as_array().into_iter().flatten();
    let missing = state.targets.values().flat_map(|target| input::missing(target, event));
    RuleMatched {
        rule: rule.to_owned(),
        event_id: text("id"),
        event_source: text("source"),
        event_type: text("detail-type"),
        invocations: state.targets.iter().map(|(id, target)| invocation(id, target, event, &about)).collect(),
        account: definition.account,
        region: definition.region,
        resources: resources.filter_map(Value::as_str).map(str::to_owned).collect(),
        missing: missing.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect(),
        ..RuleMatched::default()
    }
}

/// What a target is asked, without the id of the request.
fn invocation(id: &str, target: &TargetSettings, event: &Value, about: &About<'_>) -> Invocation {
    let input = Destination::of(&target.arn).and_then(|destination| {
        wish::input(destination, &input::given(target, event, about)?, event, about.rule)
    });
    let (input_json, problem) = match input {
        Ok(input) => (input.to_string(), String::new()),
        Err(problem) => (String::new(), problem),
    };
    Invocation {
        target_id: id.to_owned(),
        arn: target.arn.clone(),
        request_id: String::new(),
        principal: target.principal.clone(),
        input_json,
        run_command_targets_json: target.run_command_targets_json.clone(),
        problem,
    }
}

impl Decider for Match {
    type Command = Command;
    type Event = MatchEvent;
    type State = State;
    type Error = Infallible;

    fn decide(state: &State, matched: Command, _: &Context) -> Result<Option<MatchEvent>, Infallible> {
        Ok(match state.is_decided {
            true => None,
            false if matched.depth > MAX_DEPTH => Some(MatchEvent::RuleStopped(RuleStopped {
                rule: matched.rule,
                event_id: matched.event_id,
                depth: matched.depth,
            })),
            false => Some(MatchEvent::RuleMatched(*matched)),
        })
    }

    fn evolve(_: State, _: &MatchEvent) -> State {
        State { is_decided: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    #[test]
    fn a_match_is_decided_once_and_a_chain_ends() {
        let matched =
            |depth| RuleMatched { rule: "r".into(), event_id: "e".into(), depth, ..RuleMatched::default() };
        let first = MatchEvent::RuleMatched(matched(MAX_DEPTH));
        given::<Match>([]).when(Box::new(matched(MAX_DEPTH))).then(first.clone());
        given::<Match>([first]).when(Box::new(matched(1))).then_nothing();
        let depth = MAX_DEPTH + 1;
        let stopped = RuleStopped { rule: "r".into(), event_id: "e".into(), depth };
        given::<Match>([]).when(Box::new(matched(depth))).then(MatchEvent::RuleStopped(stopped));
    }
}
