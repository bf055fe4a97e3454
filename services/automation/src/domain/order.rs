//! What another execution is to run: a runbook, exactly as it was asked for.

use super::inputs::list_of_texts;
use reeve_contracts::{automation::Targets, ssm::StartAutomationExecutionRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What another execution is to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChildOrder {
    pub document_name: String,
    pub document_version: String,
    /// What the document's content must be; empty: any.
    pub document_hash: String,
    pub parameters: BTreeMap<String, Vec<String>>,
    /// One child of it for each.
    pub targets: Option<Targets>,
    /// The same as StartAutomationExecution has it, not resolved yet: the members about targets.
    pub asked_targets: Option<Box<StartAutomationExecutionRequest>>,
}

/// The targets of a child as one value, and back.
pub fn of_targets(targets: &Targets) -> Value {
    json!({"Values": targets.values, "ParameterName": targets.parameter_name, "Targets": targets.targets_json,
        "Maps": targets.target_maps_json, "MaxConcurrency": targets.max_concurrency, "MaxErrors": targets.max_errors})
}

/// # Errors
/// A sentence about what are no targets.
pub fn targets(value: &Value) -> Result<Targets, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let values = value.get("Values").and_then(list_of_texts);
    Ok(Targets {
        values: values.ok_or("Targets has no Values: targets are given by what starts the runbook")?,
        parameter_name: text("ParameterName"),
        targets_json: text("Targets"),
        target_maps_json: text("Maps"),
        max_concurrency: text("MaxConcurrency"),
        max_errors: text("MaxErrors"),
    })
}
