//! What a runbook gets in front of it, or around it: the step that waits for calendars, and the runbook as a child.

use super::{
    WAIT_FOR_CALENDARS,
    order::{ChildOrder, of_targets},
};
use serde_json::{Map, Value, json};

/// The names of these steps, which no document has: a step's name has no colon there.
pub const CALENDARS_STEP: &str = "reeve:calendars";
pub const RUNBOOK_STEP: &str = "reeve:runbook";
/// The values that the runbook's inputs are taken from: so that nothing in them is resolved again.
pub(super) const VALUES: &str = "reeve_runbook";

/// The step that waits until the calendars of these rules are open.
pub fn wait_for_calendars(rules: &[String], calendar_names: &[String]) -> Value {
    json!({"name": CALENDARS_STEP, "action": WAIT_FOR_CALENDARS, "onFailure": "Abort",
        "inputs": {"Rules": rules, "CalendarNames": calendar_names}})
}

/// A runbook that begins with another step.
///
/// # Errors
/// A sentence about what is no runbook.
pub fn behind(step: Value, document_json: &str) -> Result<String, String> {
    let mut document: Value = serde_json::from_str(document_json).map_err(|error| error.to_string())?;
    let steps = document.get_mut("mainSteps").and_then(Value::as_array_mut);
    steps.ok_or("the runbook has no mainSteps")?.insert(0, step);
    Ok(document.to_string())
}

/// The step that runs a runbook as a child, and the values that it takes: exactly what was asked for.
pub fn run(order: &ChildOrder) -> (Value, Map<String, Value>) {
    let mut inputs = json!({
        "DocumentName": order.document_name,
        "DocumentVersion": order.document_version,
        "DocumentHash": order.document_hash,
        "RuntimeParameters": format!("{{{{ {VALUES}.parameters }}}}"),
    });
    let mut values = json!({"parameters": order.parameters});
    if let Some(targets) = &order.targets {
        inputs["Targets"] = Value::from(format!("{{{{ {VALUES}.targets }}}}"));
        values["targets"] = of_targets(targets);
    }
    let step =
        json!({"name": RUNBOOK_STEP, "action": "aws:executeAutomation", "inputs": inputs, "isEnd": true});
    (step, Map::from_iter([(VALUES.to_owned(), values)]))
}
