//! Values as the API answers them: outputs are lists of texts, inputs are JSON.

use super::{runbook::Runbook, state::State, values::Scope};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Of an output that there is not (AWS's text).
pub const NO_OUTPUT: &str = "No output available yet because the step is not successfully executed";

/// A value as a list of texts: those of a list, the JSON of a map.
pub fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        other => vec![text(other)],
    }
}

/// The outputs of a step.
pub fn of_step(outputs: &Map<String, Value>) -> BTreeMap<String, Vec<String>> {
    outputs.iter().map(|(name, value)| (name.clone(), texts(value))).collect()
}

/// The outputs of an execution in the order in which its runbook names them.
pub fn of_execution(state: &State, runbook: &Runbook, now_ms: i64) -> Vec<(String, Vec<String>)> {
    let scope = Scope { state, runbook, now_ms, iterator: None };
    let output = |name: &str| {
        let step = name.split('.').next().unwrap_or(name);
        let has_succeeded =
            !runbook.has_step(step) || state.statuses.get(step).is_some_and(|status| status == "Success");
        let value = scope.look(name).ok().flatten().filter(|_| has_succeeded);
        value.map_or_else(|| vec![NO_OUTPUT.to_owned()], |value| texts(&value))
    };
    let bare = |text: &String| text.trim().trim_start_matches("{{").trim_end_matches("}}").trim().to_owned();
    let names = runbook.outputs.iter().map(bare);
    names.map(|name| (name.clone(), output(&name))).collect()
}
