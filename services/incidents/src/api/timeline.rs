//! Timelines.

use super::{
    exactly_one,
    filters::{self, Kind},
    incident_arn, incident_of, milliseconds, not_found, seconds,
};
use crate::{
    domain::timeline::{Changes, Command, Entry, TYPES, TimelineEvent as Written, id},
    projections::{IncidentRow, TIMELINE, TimelineRow},
};
use reeve_contracts::ssm_incidents::*;
use reeve_runtime::{ApiError, Call, Handle, Page, page_size, to_answers};

fn references(given: Option<&Vec<EventReference>>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    let written = given.iter().map(|reference| {
        exactly_one("eventReferences", &[reference.resource.is_some(), reference.related_item_id.is_some()])?;
        serde_json::to_string(reference).map_err(ApiError::internal)
    });
    written.collect::<Result<_, _>>().map(Some)
}

fn references_of(row: &TimelineRow) -> Option<Vec<EventReference>> {
    Some(row.references_json.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
}

pub async fn create(call: Call<CreateTimelineEventInput>) -> Result<CreateTimelineEventOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let context = call.context_of_token("CreateTimelineEvent", input.client_token.as_ref())?;
    // What is created twice by one call is one.
    let event_id = context.command_id.to_string();
    let entry = Entry {
        kind: input.event_type.clone().unwrap_or_default(),
        occurred_ms: milliseconds("eventTime", input.event_time.unwrap_or_default())?,
        data: input.event_data.clone().unwrap_or_default(),
        references_json: references(input.event_references.as_ref())?.unwrap_or_default(),
    };
    let command = Command::Create { incident_id: incident.id.clone(), event_id: event_id.clone(), entry };
    let executed = call.handle.execute::<Written>(&id(&incident.id, &event_id), command, &context).await?;
    call.reached(executed.position);
    let incident_record_arn = Some(incident_arn(&call, &incident.plan, &incident.id));
    Ok(CreateTimelineEventOutput { event_id: Some(event_id), incident_record_arn })
}

fn row(handle: &Handle, incident: &IncidentRow, event_id: &str) -> Result<TimelineRow, ApiError> {
    let row = handle.views().get(TIMELINE, &id(&incident.id, event_id));
    row.ok_or_else(|| not_found(format!("eventId is {event_id:?}, and there is no such timeline event.")))
}

/// One that people may change.
///
/// # Errors
/// `ResourceNotFoundException`; `ValidationException` for one that Reeve says itself.
fn written(handle: &Handle, incident: &IncidentRow, event_id: &str) -> Result<(), ApiError> {
    let row = row(handle, incident, event_id)?;
    if TYPES.contains(&row.kind.as_str()) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "The timeline event {event_id} is a {:?}: nobody changes those.",
        row.kind
    )))
}

pub async fn get(call: Call<GetTimelineEventInput>) -> Result<GetTimelineEventOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let row = row(&call.handle, &incident, input.event_id.as_deref().unwrap_or_default())?;
    let event = TimelineEvent {
        event_references: references_of(&row),
        event_data: Some(row.data),
        event_id: Some(row.event_id),
        event_time: seconds(row.occurred_ms),
        event_type: Some(row.kind),
        event_updated_time: seconds(row.known.0),
        incident_record_arn: Some(incident_arn(&call, &incident.plan, &incident.id)),
    };
    Ok(GetTimelineEventOutput { event: Some(event) })
}

pub async fn update(call: Call<UpdateTimelineEventInput>) -> Result<UpdateTimelineEventOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let event_id = input.event_id.as_deref().unwrap_or_default();
    written(&call.handle, &incident, event_id)?;
    let changes = Changes {
        kind: input.event_type.clone(),
        occurred_ms: input.event_time.map(|time| milliseconds("eventTime", time)).transpose()?,
        data: input.event_data.clone(),
        references_json: references(input.event_references.as_ref())?,
    };
    let context = call.context_of_token("UpdateTimelineEvent", input.client_token.as_ref())?;
    let command = Command::Update(changes);
    let executed = call.handle.execute::<Written>(&id(&incident.id, event_id), command, &context).await?;
    call.reached(executed.position);
    Ok(UpdateTimelineEventOutput {})
}

/// What is not there is no error, as with AWS.
pub async fn delete(call: Call<DeleteTimelineEventInput>) -> Result<DeleteTimelineEventOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let event_id = input.event_id.as_deref().unwrap_or_default();
    if row(&call.handle, &incident, event_id).is_ok() {
        written(&call.handle, &incident, event_id)?;
    }
    call.execute::<Written>(&id(&incident.id, event_id), Command::Delete).await?;
    Ok(DeleteTimelineEventOutput {})
}

#[derive(Clone, Copy)]
enum About {
    Time,
    Type,
    Reference,
}

const FILTERS: [(&str, Kind, About); 3] = [
    ("eventTime", Kind::Time, About::Time),
    ("eventType", Kind::Text, About::Type),
    ("eventReference", Kind::Text, About::Reference),
];

/// By the time when it happened; newest first unless the other order is asked for.
pub async fn list(call: Call<ListTimelineEventsInput>) -> Result<ListTimelineEventsOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let filters = filters::read(input.filters.as_ref(), &FILTERS)?;
    let limit = page_size(input.max_results, 100)?;
    let keep = |_: &str, row: &TimelineRow| {
        filters.iter().all(|(about, test)| match about {
            About::Time => test.time(row.occurred_ms),
            About::Type => test.text(&row.kind),
            About::Reference => references_of(row).into_iter().flatten().any(|reference| {
                [reference.resource, reference.related_item_id].iter().flatten().any(|text| test.text(text))
            }),
        })
    };
    let prefix = format!("{}/", incident.id);
    let page = call.handle.views().filter::<TimelineRow>(TIMELINE, &prefix, None, usize::MAX, keep);
    let mut rows: Vec<(String, TimelineRow)> = page
        .rows
        .into_iter()
        .map(|(_, row)| (format!("{:020}/{}", row.occurred_ms, row.event_id), row))
        .collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let is_ascending = input.sort_order.as_deref() == Some("ASCENDING");
    if !is_ascending {
        rows.reverse();
    }
    if let Some(after) = &input.next_token {
        rows.retain(|(key, _)| if is_ascending { key > after } else { key < after });
    }
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(key, _)| key.clone());
    let (event_summaries, next_token) = to_answers(Page { rows, next }, |row| EventSummary {
        event_references: references_of(&row),
        event_id: Some(row.event_id),
        event_time: seconds(row.occurred_ms),
        event_type: Some(row.kind),
        event_updated_time: seconds(row.known.0),
        incident_record_arn: Some(incident_arn(&call, &incident.plan, &incident.id)),
    })?;
    Ok(ListTimelineEventsOutput { event_summaries: Some(event_summaries), next_token })
}
