//! The default rule on approvals whose time is nearly over: an item for each, until it is decided.

use crate::{causes::Following, opening::deduplication_key, projections::others::is_disabled};
use reeve_contracts::{
    automation::{ApprovalExpiring, ExecutionEvent},
    opscenter::{CauseFired, OperationalDatum, OpsItemCreated},
};
use reeve_runtime::{Delivery, HandlerError};
use reeve_types::Timestamp;
use serde_json::json;

/// The name of the rule.
const RULE: &str = "reeve.approvals";
/// The one thing that fires for a step.
const FINGERPRINT: &str = "expires";

pub(crate) async fn react(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        ExecutionEvent::ApprovalExpiring(_) if is_disabled(&delivery.handle, RULE) => Ok(()),
        ExecutionEvent::ApprovalExpiring(e) => {
            let group = group(&e.step_execution_id);
            let following = Following::of(&delivery).await?;
            let ops_item_id = following.item(item(e, &group)).await?;
            let (fingerprint, start_ms) = (FINGERPRINT.to_owned(), e.at_ms);
            following.fire(CauseFired { group, fingerprint, start_ms, ops_item_id }).await
        }
        ExecutionEvent::StepFinished(e) if e.action == "aws:approve" => {
            let group = group(&e.step_execution_id);
            let reason = format!("The approval ended as {}", e.status);
            Following::of(&delivery).await?.end_firing(group, FINGERPRINT, e.finished_ms, reason).await
        }
        _ => Ok(()),
    }
}

fn group(step_execution_id: &str) -> String {
    deduplication_key(&["approval", step_execution_id])
}

fn item(e: &ApprovalExpiring, key: &str) -> OpsItemCreated {
    let (id, step, until) = (&e.execution_id, &e.step_name, Timestamp(e.due_ms));
    let automations = json!([{"automationId": id, "automationType": "AWS:SSM:Automation"}]);
    let datum = OperationalDatum {
        key: "/aws/automations".to_owned(),
        value: automations.to_string(),
        searchable: true,
    };
    OpsItemCreated {
        title: format!("The approval {step} of {id} is over at {until}"),
        description: format!(
            "The step {step} of the execution {id} times out at {until} unless it is decided: `reeve automation show {id}` says who \
             is asked. The item is Resolved when it is decided, or its time is over."
        ),
        source: "reeve.automation".to_owned(),
        severity: "3".to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        operational_data: vec![datum],
        deduplication_key: key.to_owned(),
        ..OpsItemCreated::default()
    }
}
