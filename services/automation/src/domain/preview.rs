//! What a runbook would do, as StartExecutionPreview has it: a simulation in which every step succeeds, and what its steps would
//! change.

use super::{
    runbook::Runbook,
    simulate::{Line, Outcomes, simulate_within},
};
use reeve_contracts::automation::ExecutionPreviewed;
pub use reeve_contracts::automation::PreviewEvent;
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// As many events a simulation has that a service makes: it answers meanwhile.
const MAX_EVENTS: usize = 2_000;
/// As many steps are named in the path.
const MAX_NAMED: usize = 100;

/// Whether a step changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impact {
    Mutating,
    NonMutating,
    /// What it runs decides on it.
    Undetermined,
}

/// What a step of this action and inputs would do.
fn impact(action: &str, inputs: &Map<String, Value>) -> Impact {
    match action {
        "aws:approve" | "aws:branch" | "aws:loop" | "aws:pause" | "aws:sleep" | "aws:updateVariable" => {
            Impact::NonMutating
        }
        "aws:createTags" => Impact::Mutating,
        // A change in these is refused.
        "aws:assertAwsResourceProperty" | "aws:waitForAwsResourceProperty" => Impact::NonMutating,
        "aws:executeAwsApi" => {
            let bare = |api: &str| api.replace(['_', '-'], "").to_ascii_lowercase();
            let api = inputs.get("Api").and_then(Value::as_str).map(bare).unwrap_or_default();
            match api.as_str() {
                api if api.contains("{{") || api.is_empty() => Impact::Undetermined,
                api if ["describe", "get", "list"].iter().any(|word| api.starts_with(word)) => {
                    Impact::NonMutating
                }
                _ => Impact::Mutating,
            }
        }
        _ => Impact::Undetermined,
    }
}

/// What there is to say of a runbook with these values, for a target of its if it has some. The rest of the event is the caller's.
pub fn preview(document_json: &str, values: &Map<String, Value>, target: &str) -> ExecutionPreviewed {
    let trace = match simulate_within(MAX_EVENTS, document_json, values, (target, &Outcomes::new())) {
        Ok(trace) => trace,
        Err(message) => {
            return ExecutionPreviewed {
                status: "Failed".to_owned(),
                message,
                ..ExecutionPreviewed::default()
            };
        }
    };
    let runbook = Runbook::parse(document_json).unwrap_or_default();
    let mut previewed = ExecutionPreviewed {
        status: "Success".to_owned(),
        message: format!("When each step succeeds it ends as {}: {}", trace.status, path(&trace.lines)),
        trace_hash: trace.hash,
        ..ExecutionPreviewed::default()
    };
    let names: BTreeSet<&str> = trace.lines.iter().map(|line| line.step.as_str()).collect();
    for step in runbook.steps.iter().flat_map(|step| std::iter::once(step).chain(&step.steps)) {
        if names.contains(step.name.as_str()) {
            match impact(&step.action, &step.inputs) {
                Impact::Mutating => previewed.mutating_steps += 1,
                Impact::NonMutating => previewed.non_mutating_steps += 1,
                Impact::Undetermined => previewed.undetermined_steps += 1,
            }
        }
    }
    previewed
}

fn path(lines: &[Line]) -> String {
    let named = lines.iter().take(MAX_NAMED).map(|line| match line.status.as_str() {
        "Success" => line.step.clone(),
        status => format!("{} ({status})", line.step),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if lines.len() > MAX_NAMED { format!("{named}, and {} more", lines.len() - MAX_NAMED) } else { named }
}

/// A preview is recorded once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub is_there: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {}

/// The aggregate.
pub struct Preview;

impl Decider for Preview {
    type Command = Box<ExecutionPreviewed>;
    type Event = PreviewEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, previewed: Self::Command, _: &Context) -> Result<Option<PreviewEvent>, Error> {
        if state.is_there {
            return Ok(None);
        }
        Ok(Some(PreviewEvent::ExecutionPreviewed(*previewed)))
    }

    fn evolve(_: State, _: &PreviewEvent) -> State {
        State { is_there: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;
    use serde_json::json;

    #[test]
    fn each_step_of_the_path_counts_once_by_what_it_would_do() {
        let api = |name: &str, api: &str| json!({"name": name, "action": "aws:executeAwsApi", "inputs": {"Service": "ssm", "Api": api}});
        let runbook = json!({"mainSteps": [
            api("find", "describe_parameters"), api("put", "PutParameter"), api("which", "{{ p }}"),
            {"name": "each", "action": "aws:loop", "inputs": {"Iterators": ["a", "b"], "Steps": [
                {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}]}},
            {"name": "tag", "action": "aws:createTags", "isEnd": true, "inputs": {"ResourceType": "Parameter",
                "ResourceIds": ["{{ RESOURCE_ID }}"], "Tags": [{"Key": "k", "Value": "v"}]}},
            {"name": "never", "action": "aws:createTags", "inputs": {}}]});
        let values = json!({"p": "GetParameter"});
        let previewed = preview(&runbook.to_string(), values.as_object().unwrap(), "/x");
        let counts = (previewed.mutating_steps, previewed.non_mutating_steps, previewed.undetermined_steps);
        assert_eq!(counts, (2, 3, 1), "{previewed:?}");
        assert_eq!(
            previewed.message,
            "When each step succeeds it ends as Success: find, put, which, nap, nap, each, tag"
        );
        assert!(!previewed.trace_hash.is_empty());
    }

    #[test]
    fn one_that_cannot_be_simulated_says_why_and_one_is_recorded_once() {
        let long = json!({"mainSteps": [{"name": "each", "action": "aws:loop", "inputs": {
            "Iterators": vec!["a"; 100], "Steps": (0..20).map(|n| json!({"name": format!("s{n}"), "action": "aws:sleep",
                "inputs": {"Duration": "PT0S"}})).collect::<Vec<_>>()}}]});
        let previewed = preview(&long.to_string(), &Map::new(), "");
        assert_eq!(previewed.status, "Failed");
        assert!(previewed.message.contains("2000 events"), "{}", previewed.message);
        let event = PreviewEvent::ExecutionPreviewed(previewed.clone());
        given::<Preview>([]).when(Box::new(previewed.clone())).then(event.clone());
        given::<Preview>([event]).when(Box::new(previewed)).then_nothing();
    }
}
