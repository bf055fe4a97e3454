//! Change requests: each has an OpsItem of the type /aws/changerequest, which goes through its statuses and times.

use crate::{
    domain::item::{Command, OpsItem},
    opening::open,
};
use reeve_contracts::{
    automation::{Change, ExecutionEvent, ExecutionStarted},
    opscenter::{ChangeTimes, OperationalDatum, OpsItemCreated, OpsItemEvent, OpsItemUpdated},
};
use reeve_fleet::change_status;
use reeve_runtime::{Delivery, HandlerError};
use reeve_types::{ids::ops_item_id, text::cut};
use serde_json::json;

const MAX_TITLE_CHARS: usize = 1_024;
const MAX_DESCRIPTION_CHARS: usize = 2_048;
/// As many bytes of a text are among the operational data, which AWS bounds.
const MAX_DATUM_BYTES: usize = 16 * 1024;

pub(crate) async fn react(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let event = &delivery.event.event;
    let execution = &delivery.event.envelope.aggregate.id;
    if let ExecutionEvent::ExecutionStarted(started) = event {
        let Some(change) = &started.change else { return Ok(()) };
        let mut context = delivery.context("open");
        context.actor.name.clone_from(&started.principal);
        open(&delivery.handle, &context, item(started, change)).await?;
    }
    delivery.handle.catch_up_with::<OpsItemEvent>().await?;
    let id = ops_item_id(execution, 0);
    let item = delivery.handle.state::<OpsItem>(&id);
    if !item.exists() {
        return Ok(());
    }
    let now_ms = delivery.event.envelope.time.0;
    let times = match event {
        ExecutionEvent::StepStarted(e) if e.action == "aws:executeAutomation" => {
            Some(ChangeTimes { actual_start_ms: Some(now_ms), ..ChangeTimes::default() })
        }
        ExecutionEvent::ExecutionFinished(_) if item.times.actual_start.is_some() => {
            Some(ChangeTimes { actual_end_ms: Some(now_ms), ..ChangeTimes::default() })
        }
        _ => None,
    };
    let status = change_status(&item.status, event).map(str::to_owned);
    if status.is_none() && times.is_none() {
        return Ok(());
    }
    let updated = OpsItemUpdated { ops_item_id: id.clone(), status, times, ..OpsItemUpdated::default() };
    delivery.execute::<OpsItem>("status", &id, Command::Update(Box::new(updated))).await?;
    Ok(())
}

/// The keys of its operational data by which change requests are looked for.
pub(crate) const REQUESTER: &str = "requester";
pub(crate) const APPROVERS: &str = "approvers";
pub(crate) const TEMPLATE: &str = "template";

fn item(started: &ExecutionStarted, change: &Change) -> OpsItemCreated {
    let datum = |key: &str, value: &str| OperationalDatum {
        key: key.to_owned(),
        value: cut(value, MAX_DATUM_BYTES),
        searchable: true,
    };
    let given = |at_ms: i64| (at_ms > 0).then_some(at_ms);
    let details = if change.details.trim().is_empty() { &change.name } else { &change.details };
    let automations = json!([{"automationId": started.execution_id, "automationType": "AWS:SSM:Automation"}]);
    let mut data = vec![
        datum(REQUESTER, &started.principal),
        datum(TEMPLATE, &started.document_name),
        datum("/aws/automations", &automations.to_string()),
    ];
    for (key, value) in [(APPROVERS, change.approvers.join("\n")), ("runbooks", change.runbooks_json.clone())]
    {
        if !value.is_empty() {
            data.push(datum(key, &value));
        }
    }
    OpsItemCreated {
        title: cut(&change.name, MAX_TITLE_CHARS),
        description: cut(details, MAX_DESCRIPTION_CHARS),
        source: "Change Manager".to_owned(),
        ops_item_type: "/aws/changerequest".to_owned(),
        operational_data: data,
        times: Some(ChangeTimes {
            planned_start_ms: given(change.scheduled_ms),
            planned_end_ms: given(change.scheduled_end_ms),
            ..ChangeTimes::default()
        }),
        deduplication_key: started.execution_id.clone(),
        ..OpsItemCreated::default()
    }
}
