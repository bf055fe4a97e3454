//! Engagements.

use super::{after, contacts::contact, home, milliseconds, not_found, rows, seconds, token};
use crate::{
    domain::engagement::{Command, Engagement},
    names::{ENGAGEMENT, id_of, is_of},
    projections::{ENGAGEMENTS, EngagementRow, NEWEST_FIRST},
    shared::Shared,
    starting,
};
use reeve_contracts::{
    contacts::EngagementStarted,
    ssm_contacts::{Engagement as Listed, *},
};
use reeve_runtime::{ApiError, Call, Page, Store, text, to_answers};
use std::sync::Arc;

/// The engagement that a member names.
///
/// # Errors
/// `ValidationException` for what is no ARN of an engagement, `ResourceNotFoundException` when there is none.
pub fn engagement(views: &Store, arn: Option<&String>) -> Result<Arc<EngagementRow>, ApiError> {
    let id = id_of("EngagementId", arn, ENGAGEMENT)?;
    let row = views.look::<EngagementRow>(ENGAGEMENTS, id).filter(|row| is_of(arn, &row.contact));
    row.ok_or_else(|| not_found("ENGAGEMENT", id))
}

pub async fn start(
    shared: Shared,
    call: Call<StartEngagementRequest>,
) -> Result<StartEngagementResult, ApiError> {
    let input = &call.input;
    let of = contact(call.handle.views(), "ContactId", input.contact_id.as_ref())?;
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let started = EngagementStarted {
        sender: said(&input.sender),
        subject: said(&input.subject),
        content: said(&input.content),
        public_subject: said(&input.public_subject),
        public_content: said(&input.public_content),
        incident_id: said(&input.incident_id),
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        ..EngagementStarted::default()
    };
    let context = call.context_of_token("StartEngagement", input.idempotency_token.as_ref())?;
    let (id, position) = starting::start(&call.handle, &shared.vault, &of, started, &context).await?;
    call.reached(position);
    Ok(StartEngagementResult { engagement_arn: Some(home(&call).engagement(&of.alias, &id)) })
}

pub async fn describe(call: Call<DescribeEngagementRequest>) -> Result<DescribeEngagementResult, ApiError> {
    let row = engagement(call.handle.views(), call.input.engagement_id.as_ref())?;
    let home = home(&call);
    Ok(DescribeEngagementResult {
        contact_arn: Some(home.contact(&row.contact)),
        content: Some(row.content.clone()),
        engagement_arn: Some(home.engagement(&row.contact, &row.id)),
        incident_id: text(&row.incident_id),
        public_content: text(&row.public_content),
        public_subject: text(&row.public_subject),
        sender: Some(row.sender.clone()),
        start_time: seconds(row.started_ms),
        stop_time: row.stopped_ms.and_then(seconds),
        subject: Some(row.subject.clone()),
    })
}

/// The newest first.
pub async fn list(call: Call<ListEngagementsRequest>) -> Result<ListEngagementsResult, ApiError> {
    let input = &call.input;
    let (limit, after) = (rows(input.max_results)?, after(input.next_token.as_ref())?);
    let bound = |member: &str, value: Option<f64>| value.map(|at| milliseconds(member, at)).transpose();
    let range = input.time_range_value.clone().unwrap_or_default();
    let from = bound("TimeRangeValue.StartTime", range.start_time)?.unwrap_or(i64::MIN);
    let to = bound("TimeRangeValue.EndTime", range.end_time)?.unwrap_or(i64::MAX);
    let (views, home) = (call.handle.views(), home(&call));
    let mut found: Vec<(String, Arc<EngagementRow>)> = Vec::new();
    let mut cursor = after;
    let next = loop {
        let page = views.scan::<String>(NEWEST_FIRST, "", cursor.as_deref(), limit + 1 - found.len());
        for (key, id) in page.rows {
            let Some(row) = views.look::<EngagementRow>(ENGAGEMENTS, &id) else { continue };
            let is_of = input.incident_id.as_ref().is_none_or(|incident| *incident == row.incident_id);
            // It has gone on in the range, not only begun there.
            let is_in = row.started_ms <= to && row.stopped_ms.is_none_or(|stopped| stopped >= from);
            if is_of && is_in {
                found.push((key, row));
            }
        }
        if found.len() > limit {
            found.truncate(limit);
            break found.last().map(|(key, _)| key.clone());
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => break None,
        }
    };
    let (engagements, next) = to_answers(Page { rows: found, next }, |row: Arc<EngagementRow>| Listed {
        contact_arn: Some(home.contact(&row.contact)),
        engagement_arn: Some(home.engagement(&row.contact, &row.id)),
        incident_id: text(&row.incident_id),
        sender: Some(row.sender.clone()),
        start_time: seconds(row.started_ms),
        stop_time: row.stopped_ms.and_then(seconds),
    })?;
    Ok(ListEngagementsResult { engagements: Some(engagements), next_token: token(next) })
}

pub async fn stop(call: Call<StopEngagementRequest>) -> Result<StopEngagementResult, ApiError> {
    let row = engagement(call.handle.views(), call.input.engagement_id.as_ref())?;
    let reason = call.input.reason.clone().filter(|reason| !reason.is_empty());
    let reason = reason.unwrap_or_else(|| "stopped".to_owned());
    call.execute::<Engagement>(&row.root, Command::Stop { line_id: row.id.clone(), reason }).await?;
    Ok(StopEngagementResult {})
}
