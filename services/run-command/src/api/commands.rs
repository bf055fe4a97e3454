//! ListCommands, and a command as it is answered.

use super::{is_listed, unknown_command};
use crate::{
    domain::{Counts, Rollout, invocation},
    projections::{
        BY_NODE, BY_TIME, COMMANDS, CommandRow, HELD, HeldRow, INVOCATIONS, InvocationRow, ROLLOUTS,
    },
};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call, Handle, Page, page_size, to_answers, word_of};
use reeve_types::Timestamp;

/// A command's status: what holds it, its end, or what the counts say of a running one.
fn status(row: &CommandRow, counts: &Counts, held: Option<&HeldRow>) -> (String, String) {
    let running = |status: &str| (status.to_owned(), status.to_owned());
    if let Some(held) = held {
        return ("Pending".to_owned(), held.waits_for().to_owned());
    }
    match &row.finished {
        Some(end) => end.clone(),
        None if row.cancel_requested => running("Cancelling"),
        None if counts.completed > 0 || counts.dispatched > 0 => running("InProgress"),
        None => running("Pending"),
    }
}

/// A command in AWS's shape.
pub fn answer(handle: &Handle, row: CommandRow) -> ssm::Command {
    let Rollout { counts, .. } = handle.views().get(ROLLOUTS, &row.id).unwrap_or_default();
    let held = handle.views().look::<HeldRow>(HELD, &row.id);
    // Its time begins when it is sent.
    let expires_after = held.is_none().then(|| row.expires.epoch_seconds());
    let (status, details) = status(&row, &counts, held.as_deref());
    let request: ssm::SendCommandRequest = serde_json::from_str(&row.request_json).unwrap_or_default();
    let count = |n: u32| i32::try_from(n).ok();
    ssm::Command {
        alarm_configuration: request.alarm_configuration,
        cloud_watch_output_config: request.cloud_watch_output_config,
        command_id: Some(row.id),
        comment: Some(row.comment),
        completed_count: count(counts.completed),
        delivery_timed_out_count: count(counts.delivery_timed_out),
        document_name: Some(row.document_name),
        document_version: Some(row.document_version),
        error_count: count(counts.errors),
        expires_after,
        instance_ids: Some(row.instance_ids),
        max_concurrency: Some(row.max_concurrency),
        max_errors: Some(row.max_errors),
        notification_config: request.notification_config,
        output_s3_bucket_name: request.output_s3_bucket_name,
        output_s3_key_prefix: request.output_s3_key_prefix,
        output_s3_region: request.output_s3_region,
        parameters: Some(request.parameters.unwrap_or_default()),
        requested_date_time: Some(row.requested.epoch_seconds()),
        service_role: request.service_role_arn,
        status: Some(status),
        status_details: Some(details),
        target_count: count(row.target_count),
        targets: Some(serde_json::from_str(&row.targets_json).unwrap_or_default()),
        timeout_seconds: count(row.timeout_seconds),
        ..ssm::Command::default()
    }
}

/// Conditions of CommandFilter, read once.
pub struct Filters {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    status: Vec<String>,
    stage: Vec<String>,
    document: Vec<String>,
}

/// The statuses of commands and invocations, those that say more among them.
const STATUSES: [&str; 22] = [
    "Pending",
    "PendingApproval",
    "PendingChangeCalendarOverride",
    "NotApproved",
    "InProgress",
    "Delayed",
    "Success",
    "Cancelled",
    "Cancelling",
    "Failed",
    "TimedOut",
    "DeliveryTimedOut",
    "ExecutionTimedOut",
    "Undeliverable",
    "Terminated",
    "InvalidPlatform",
    "AccessDenied",
    "Incomplete",
    "NoInstancesInTag",
    "LimitExceeded",
    "RateExceeded",
    "Interrupted",
];

impl Filters {
    /// Reads the filters; values of one key are alternatives.
    ///
    /// # Errors
    /// `InvalidFilterKey` naming the value that is no instant.
    pub fn new(filters: Option<&Vec<ssm::CommandFilter>>) -> Result<Self, ApiError> {
        let mut read =
            Self { after: None, before: None, status: Vec::new(), stage: Vec::new(), document: Vec::new() };
        for filter in filters.into_iter().flatten() {
            let (key, value) =
                (filter.key.clone().unwrap_or_default(), filter.value.clone().unwrap_or_default());
            let instant = || {
                let message = format!("The value {value:?} of the filter {key} is not an ISO 8601 instant.");
                Timestamp::parse_rfc3339(&value).ok_or_else(|| ApiError::new("InvalidFilterKey", message))
            };
            let word = |words: &[&str]| {
                word_of(words, &value, &key).map_err(|message| ApiError::new("InvalidFilterKey", message))
            };
            match key.as_str() {
                "InvokedAfter" => read.after = Some(instant()?),
                "InvokedBefore" => read.before = Some(instant()?),
                "Status" => read.status.push(word(&STATUSES)?),
                "ExecutionStage" => read.stage.push(word(&["Executing", "Complete"])?),
                "DocumentName" => read.document.push(value),
                _ => {
                    return Err(ApiError::new(
                        "InvalidFilterKey",
                        format!("The filter key {key:?} is not valid."),
                    ));
                }
            }
        }
        Ok(read)
    }

    /// Whether an entry with these properties is wanted. A status that is asked for is one of AWS's detailed ones, or
    /// one that says less: `TimedOut` is both `DeliveryTimedOut` and `ExecutionTimedOut`.
    pub fn keep(
        &self,
        requested: Timestamp,
        (status, details): (&str, &str),
        ended: bool,
        document: &str,
    ) -> bool {
        let stage = if ended { "Complete" } else { "Executing" };
        let any = |wanted: &[String], values: &[&str]| {
            wanted.is_empty() || wanted.iter().any(|wanted| values.contains(&wanted.as_str()))
        };
        self.after.is_none_or(|after| requested >= after)
            && self.before.is_none_or(|before| requested < before)
            && any(&self.status, &[status, details])
            && any(&self.stage, &[stage])
            && any(&self.document, &[document])
    }
}

pub async fn list(call: Call<ssm::ListCommandsRequest>) -> Result<ssm::ListCommandsResult, ApiError> {
    let input = &call.input;
    let (handle, views) = (&call.handle, call.handle.views());
    let filters = Filters::new(input.filters.as_ref())?;
    let row = |id: &str| views.get::<CommandRow>(COMMANDS, id);
    let wanted = |row: &CommandRow| {
        let rollout: Rollout = views.get(ROLLOUTS, &row.id).unwrap_or_default();
        let held = views.look::<HeldRow>(HELD, &row.id);
        let (status, details) = status(row, &rollout.counts, held.as_deref());
        filters.keep(row.requested, (&status, &details), row.finished.is_some(), &row.document_name)
    };
    let limit = page_size(input.max_results, 50)?;
    if let Some(id) = input.command_id.as_deref() {
        let row = row(id).ok_or_else(|| unknown_command(id))?;
        let sent_to =
            |node: &String| views.look::<InvocationRow>(INVOCATIONS, &invocation::id(id, node)).is_some();
        let kept = Some(row).filter(|row| input.instance_id.as_ref().is_none_or(sent_to) && wanted(row));
        let commands = kept.map(|row| answer(handle, row)).into_iter().collect();
        return Ok(ssm::ListCommandsResult { commands: Some(commands), next_token: None });
    }
    let keep = |_: &str, id: &String| row(id).is_some_and(|row| is_listed(&row) && wanted(&row));
    let after = input.next_token.as_deref();
    let page = match input.instance_id.as_deref() {
        Some(node) => views.filter::<String>(BY_NODE, &format!("{node}/"), after, limit, keep),
        None => views.filter::<String>(BY_TIME, "", after, limit, keep),
    };
    let rows = page.rows.into_iter().filter_map(|(key, id)| Some((key, row(&id)?)));
    let page = Page { rows: rows.collect(), next: page.next };
    let (commands, next_token) = to_answers(page, |row| answer(handle, row))?;
    Ok(ssm::ListCommandsResult { commands: Some(commands), next_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(wanted: &[&str], status: &str, details: &str) -> bool {
        let filter = |value: &&str| ssm::CommandFilter {
            key: Some("Status".to_owned()),
            value: Some((*value).to_owned()),
        };
        let filters = Filters::new(Some(&wanted.iter().map(filter).collect())).unwrap();
        filters.keep(Timestamp(0), (status, details), true, "D")
    }

    #[test]
    fn a_status_is_asked_for_by_either_of_its_names() {
        let rows = [
            ("TimedOut", "DeliveryTimedOut"),
            ("TimedOut", "ExecutionTimedOut"),
            ("Failed", "Incomplete"),
            ("Success", "NoInstancesInTag"),
            ("Cancelled", "Terminated"),
            ("Failed", "Undeliverable"),
            ("Success", "Success"),
        ];
        for (status, details) in rows {
            assert!(kept(&[status], status, details) && kept(&[details], status, details), "{details}");
            assert!(kept(&["Pending", details], status, details), "one of several");
            assert!(!kept(&["Pending"], status, details) && kept(&[], status, details), "{details}");
        }
        assert!(!kept(&["ExecutionTimedOut"], "TimedOut", "DeliveryTimedOut"));
        assert!(!kept(&["Terminated"], "Cancelled", "Cancelled"));
    }
}
