//! Incident records.

use super::{
    filters::{self, Kind},
    id_of, incident_arn, incident_of, milliseconds, plans, related, seconds, user_arn,
};
use crate::{
    domain::incident::{Changes, Command, GENERATED_EXECUTION, Incident},
    projections::{
        COUNT_OF_DEDUPE, INCIDENTS, IncidentRow, NEWEST_FIRST, RELATED_ITEMS, RelatedItemRow, digest,
    },
    shape,
    starting::{self, Asked, id_in_turn},
};
use reeve_contracts::{
    incidents::{IncidentStarted, Trigger},
    ssm_incidents::*,
};
use reeve_eventsourcing::Context;
use reeve_runtime::{ApiError, Call, Handle, StripedLock, page_size, text, to_answers};
use serde_json::Value;
use std::sync::Arc;

/// The source of what a person started.
const BY_HAND: &str = "aws.ssm-incidents.custom";

/// Starts an incident, or adds a trigger to the open one with the same deduplication string.
pub async fn start(
    turns: Arc<StripedLock>,
    call: Call<StartIncidentInput>,
) -> Result<StartIncidentOutput, ApiError> {
    let context = call.context_of_token("StartIncident", call.input.client_token.as_ref())?;
    let started = incident(&call, &context)?;
    let incident = starting::start(&call.handle, &turns, started, &call.caller.account, &context).await?;
    call.reached(incident.position);
    Ok(StartIncidentOutput { incident_record_arn: Some(incident.arn) })
}

/// The incident that a call and its plan describe; its id is found by its deduplication string.
fn incident(call: &Call<StartIncidentInput>, context: &Context) -> Result<IncidentStarted, ApiError> {
    let input = &call.input;
    let name = id_of("responsePlanArn", input.response_plan_arn.as_ref(), plans::KIND)?;
    let plan = shape::plan((*plans::plan(&call.handle, name)?).clone());
    let items = input.related_items.iter().flatten();
    let asked = Asked {
        title: input.title.clone().unwrap_or_default(),
        impact: input.impact,
        trigger: trigger(call)?,
        region: call.caller.region.clone(),
    };
    let related_items = related::once(items.map(related::item).collect::<Result<_, _>>()?);
    Ok(IncidentStarted { related_items, ..starting::described(plan, asked, context) })
}

fn trigger(call: &Call<StartIncidentInput>) -> Result<Trigger, ApiError> {
    let Some(details) = &call.input.trigger_details else {
        let source = BY_HAND.to_owned();
        return Ok(Trigger { source, occurred_ms: call.now.0, ..Trigger::default() });
    };
    Ok(Trigger {
        source: details.source.clone().unwrap_or_default(),
        arn: details.trigger_arn.clone().unwrap_or_default(),
        raw_data: details.raw_data.clone().unwrap_or_default(),
        occurred_ms: milliseconds("triggerDetails.timestamp", details.timestamp.unwrap_or_default())?,
    })
}

pub async fn get(call: Call<GetIncidentRecordInput>) -> Result<GetIncidentRecordOutput, ApiError> {
    let row = incident_of(&call.handle, "arn", call.input.arn.as_ref())?;
    let account = &call.caller.account;
    let record = IncidentRecord {
        arn: Some(incident_arn(&call, &row.plan, &row.id)),
        automation_executions: Some(executions(&call.handle, &row.id)),
        chat_channel: Some(shape::chat_channel(row.chat_channel.clone())),
        creation_time: Some(row.created.epoch_seconds()),
        dedupe_string: Some(row.dedupe_string.clone()),
        impact: Some(row.impact),
        incident_record_source: Some(source(account, &row)),
        last_modified_by: Some(user_arn(account, &row.changed_by)),
        last_modified_time: Some(row.changed.epoch_seconds()),
        notification_targets: Some(shape::targets(row.notification_targets.clone())),
        resolved_time: row.resolved.and_then(|at| seconds(at.0)),
        status: Some(status(&row).to_owned()),
        summary: text(&row.summary),
        title: Some(row.title.clone()),
    };
    Ok(GetIncidentRecordOutput { incident_record: Some(record) })
}

/// The executions that the plan asked for.
fn executions(handle: &Handle, incident: &str) -> Vec<AutomationExecution> {
    let items: Vec<RelatedItemRow> = handle.views().get(RELATED_ITEMS, incident).unwrap_or_default();
    let asked_for = items.iter().filter(|item| item.generated_id.starts_with(GENERATED_EXECUTION));
    let arn = |item: &RelatedItemRow| {
        let value: Value = serde_json::from_str(&item.value_json).ok()?;
        value["arn"].as_str().map(str::to_owned)
    };
    asked_for.map(|item| AutomationExecution { ssm_execution_arn: arn(item) }).collect()
}

fn source(account: &str, row: &IncidentRow) -> IncidentRecordSource {
    IncidentRecordSource {
        created_by: Some(user_arn(account, &row.created_by)),
        invoked_by: None,
        resource_arn: text(&row.trigger_arn),
        source: Some(row.source.clone()),
    }
}

fn status(row: &IncidentRow) -> &'static str {
    if row.is_resolved { "RESOLVED" } else { "OPEN" }
}

pub async fn update(call: Call<UpdateIncidentRecordInput>) -> Result<UpdateIncidentRecordOutput, ApiError> {
    let input = &call.input;
    let row = incident_of(&call.handle, "arn", input.arn.as_ref())?;
    let id = row.id.clone();
    if row.is_resolved && input.status.as_deref() == Some("OPEN") {
        is_last(&call, &row)?;
    }
    plans::chat_channel(input.chat_channel.as_ref())?;
    plans::notification_targets(input.notification_targets.iter().flatten())?;
    let context = call.context_of_token("UpdateIncidentRecord", input.client_token.as_ref())?;
    let changes = Changes {
        title: input.title.clone(),
        impact: input.impact,
        summary: input.summary.clone(),
        notification_targets: input.notification_targets.clone().map(|t| shape::targets_of(Some(t))),
        chat_channel: input.chat_channel.clone().map(|channel| shape::chat_channel_of(Some(channel))),
    };
    let update = Command::Update(Box::new(changes));
    let status = match input.status.as_deref() {
        Some("RESOLVED") => Some(Command::Resolve),
        Some("OPEN") => Some(Command::Reopen),
        _ => None,
    };
    for (n, command) in std::iter::once(update).chain(status).enumerate() {
        let context = context.derived(&n.to_string());
        let executed = call.handle.execute::<Incident>(&id, command, &context).await?;
        call.reached(executed.position);
    }
    Ok(UpdateIncidentRecordOutput {})
}

/// Of the incidents with one deduplication string the last alone is opened again, so that one at most is open.
///
/// # Errors
/// `ConflictException` for an earlier one.
fn is_last(call: &Call<UpdateIncidentRecordInput>, row: &IncidentRow) -> Result<(), ApiError> {
    let key = digest(&row.dedupe_string);
    let count: u64 = call.handle.views().get(COUNT_OF_DEDUPE, &key).unwrap_or_default();
    if row.id == id_in_turn(&key, count.saturating_sub(1)) {
        return Ok(());
    }
    let message = "A later incident has the same deduplication string: that one can be opened again.";
    Err(ApiError::new("ConflictException", message))
}

/// What is not there is no error, as with AWS.
pub async fn delete(call: Call<DeleteIncidentRecordInput>) -> Result<DeleteIncidentRecordOutput, ApiError> {
    match incident_of(&call.handle, "arn", call.input.arn.as_ref()) {
        Ok(incident) => {
            call.execute::<Incident>(&incident.id, Command::Delete).await?;
        }
        Err(error) if error.code == "ResourceNotFoundException" => {}
        Err(error) => return Err(error),
    }
    Ok(DeleteIncidentRecordOutput {})
}

#[derive(Clone, Copy)]
enum About {
    Created,
    Impact,
    Status,
    CreatedBy,
}

const FILTERS: [(&str, Kind, About); 4] = [
    ("creationTime", Kind::Time, About::Created),
    ("impact", Kind::Integer(1, 5), About::Impact),
    ("status", Kind::Word(&["OPEN", "RESOLVED"]), About::Status),
    ("createdBy", Kind::Text, About::CreatedBy),
];

/// Newest first.
pub async fn list(call: Call<ListIncidentRecordsInput>) -> Result<ListIncidentRecordsOutput, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let filters = filters::read(input.filters.as_ref(), &FILTERS)?;
    let limit = page_size(input.max_results, 100)?;
    let account = &call.caller.account;
    let keeps = |row: &IncidentRow| {
        filters.iter().all(|(about, test)| match about {
            About::Created => test.time(row.created.0),
            About::Impact => test.integer(row.impact),
            About::Status => test.text(status(row)),
            About::CreatedBy => test.text(&row.created_by) || test.text(&user_arn(account, &row.created_by)),
        })
    };
    let row = |id: &String| views.look::<IncidentRow>(INCIDENTS, id);
    let keep = |_: &str, id: &String| row(id).is_some_and(|row| keeps(&row));
    let page = views.filter::<String>(NEWEST_FIRST, "", input.next_token.as_deref(), limit, keep);
    let (summaries, next_token) = to_answers(page, |id| {
        let row = row(&id).unwrap_or_default();
        IncidentRecordSummary {
            arn: Some(incident_arn(&call, &row.plan, &row.id)),
            creation_time: Some(row.created.epoch_seconds()),
            impact: Some(row.impact),
            incident_record_source: Some(source(account, &row)),
            resolved_time: row.resolved.and_then(|at| seconds(at.0)),
            status: Some(status(&row).to_owned()),
            title: Some(row.title.clone()),
        }
    })?;
    Ok(ListIncidentRecordsOutput { incident_record_summaries: Some(summaries), next_token })
}
