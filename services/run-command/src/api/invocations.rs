//! ListCommandInvocations and GetCommandInvocation.

use super::{commands::Filters, is_listed, unknown_command};
use crate::{
    dispatch::Dispatcher,
    domain::invocation::id,
    projections::{BY_NODE, BY_TIME, COMMANDS, CommandRow, INVOCATIONS, InvocationRow},
};
use reeve_contracts::{
    outcome::{StepOutcome, StepStatus},
    ssm,
};
use reeve_document_language::parse_executable;
use reeve_fleet::{NODES, NodeRow};
use reeve_runtime::{ApiError, Call, Handle, Page, page_size, text, to_answers};
use reeve_types::Timestamp;
use std::{cell::RefCell, sync::Arc};

/// AWS's limits of GetCommandInvocation's fields, in characters.
const MAX_STDOUT_CHARS: usize = 24_000;
const MAX_STDERR_CHARS: usize = 8_000;

pub async fn list(
    call: Call<ssm::ListCommandInvocationsRequest>,
) -> Result<ssm::ListCommandInvocationsResult, ApiError> {
    let input = &call.input;
    let views = call.handle.views();
    let filters = Filters::new(input.filters.as_ref())?;
    let limit = page_size(input.max_results, 50)?;
    let after = input.next_token.as_deref();
    let by_command = input.command_id.is_some();
    // Invocations that follow each other are of the same command.
    let last: RefCell<Option<Arc<CommandRow>>> = RefCell::default();
    let command_of = |row: &InvocationRow| {
        let known = last.borrow().clone().filter(|command| command.id == row.command_id);
        let command = known.or_else(|| views.look::<CommandRow>(COMMANDS, &row.command_id));
        last.borrow_mut().clone_from(&command);
        command
    };
    let wanted = |row: &InvocationRow| {
        // Nodes may be listed for a command that was not sent yet.
        let Some(command) = command_of(row) else { return false };
        let statuses = (row.status.as_str(), row.status_details.as_str());
        (by_command || is_listed(&command))
            && input.instance_id.as_ref().is_none_or(|node| node == &row.node_id)
            && filters.keep(command.requested, statuses, row.ended(), &command.document_name)
    };
    let by_id = |key: &str| views.get::<InvocationRow>(INVOCATIONS, key);
    let page = match (input.command_id.as_deref(), input.instance_id.as_deref()) {
        (Some(command), _) => {
            if views.get::<CommandRow>(COMMANDS, command).is_none() {
                return Err(unknown_command(command));
            }
            let prefix = format!("{command}/");
            views.filter::<InvocationRow>(INVOCATIONS, &prefix, after, limit, |_, row| wanted(row))
        }
        (None, Some(node)) => {
            let keep = |_: &str, command: &String| by_id(&id(command, node)).is_some_and(|row| wanted(&row));
            let page = views.filter::<String>(BY_NODE, &format!("{node}/"), after, limit, keep);
            let rows = page.rows.into_iter();
            let rows = rows.filter_map(|(key, command)| Some((key, by_id(&id(&command, node))?)));
            Page { rows: rows.collect(), next: page.next }
        }
        (None, None) => newest(&call.handle, after, limit, &wanted),
    };
    let details = input.details == Some(true);
    let (invocations, next_token) = to_answers(page, |row| answer(&call.handle, row, details))?;
    Ok(ssm::ListCommandInvocationsResult { command_invocations: Some(invocations), next_token })
}

/// Invocations of all commands, the newest command first. A page ends between two commands or within one:
/// the key to continue after is `<time key>` or `<time key>|<invocation key>`, and the latter is a row's key.
fn newest(
    handle: &Handle,
    after: Option<&str>,
    limit: usize,
    wanted: &dyn Fn(&InvocationRow) -> bool,
) -> Page<InvocationRow> {
    let views = handle.views();
    let mut rows = Vec::new();
    let (mut time_key, mut within) = match after.map(|key| key.split_once('|').ok_or(key)) {
        None => (None, None),
        Some(Ok((time, within))) => (Some(time.to_owned()), Some(within.to_owned())),
        Some(Err(time)) => (Some(time.to_owned()), None),
    };
    loop {
        // A command that was left in its middle is taken up again before the next one.
        let (key, command) = match (&time_key, &within) {
            (Some(key), Some(_)) => (key.clone(), key.split_once('/').map_or("", |(_, c)| c).to_owned()),
            (after, _) => match views.scan::<String>(BY_TIME, "", after.as_deref(), 1).rows.pop() {
                Some(next) => next,
                None => return Page { rows, next: None },
            },
        };
        let room = limit - rows.len();
        let page =
            views.filter(INVOCATIONS, &format!("{command}/"), within.as_deref(), room, |_, row| wanted(row));
        rows.extend(page.rows.into_iter().map(|(within, row)| (format!("{key}|{within}"), row)));
        if let Some(next) = page.next {
            return Page { rows, next: Some(format!("{key}|{next}")) };
        }
        if rows.len() == limit {
            let more = !views.scan::<String>(BY_TIME, "", Some(&key), 1).rows.is_empty();
            return Page { rows, next: more.then_some(key) };
        }
        (time_key, within) = (Some(key), None);
    }
}

fn answer(handle: &Handle, row: InvocationRow, details: bool) -> ssm::CommandInvocation {
    let command: CommandRow = handle.views().get(COMMANDS, &row.command_id).unwrap_or_default();
    let node: Option<NodeRow> = handle.views().get(NODES, &row.node_id);
    let request: ssm::SendCommandRequest = serde_json::from_str(&command.request_json).unwrap_or_default();
    let plugins = if details { plugins(&row.steps) } else { Vec::new() };
    ssm::CommandInvocation {
        cloud_watch_output_config: request.cloud_watch_output_config,
        command_id: Some(row.command_id),
        command_plugins: Some(plugins),
        comment: Some(command.comment),
        document_name: Some(command.document_name),
        document_version: Some(command.document_version),
        instance_id: Some(row.node_id),
        instance_name: node.map(|node| node.name),
        notification_config: request.notification_config,
        requested_date_time: Some(command.requested.epoch_seconds()),
        service_role: request.service_role_arn,
        standard_error_url: Some(String::new()),
        standard_output_url: Some(String::new()),
        status: Some(row.status),
        status_details: Some(row.status_details),
        trace_output: Some(row.message),
    }
}

/// As many bytes of an answer the steps of one invocation have: an answer has to fit into a message of the bus.
const PLUGINS_BYTES: usize = 700_000;
/// As many characters of a step's output a list shows.
const MAX_OUTPUT_CHARS: usize = 2_500;

fn plugins(steps: &[StepOutcome]) -> Vec<ssm::CommandPlugin> {
    let mut limit = MAX_OUTPUT_CHARS;
    loop {
        let plugins: Vec<_> = steps.iter().map(|step| plugin(step, limit)).collect();
        let bytes = serde_json::to_vec(&plugins).map_or(0, |bytes| bytes.len());
        if bytes <= PLUGINS_BYTES || limit == 0 {
            return plugins;
        }
        limit /= 2;
    }
}

fn plugin(step: &StepOutcome, limit: usize) -> ssm::CommandPlugin {
    ssm::CommandPlugin {
        name: text(&step.name),
        output: Some(limited(&step.output, limit)),
        response_code: Some(step.code),
        response_finish_date_time: Some(Timestamp(step.finished_ms).epoch_seconds()),
        response_start_date_time: Some(Timestamp(step.started_ms).epoch_seconds()),
        standard_error_url: Some(String::new()),
        standard_output_url: Some(String::new()),
        status: plugin_status(step.status()),
        status_details: plugin_status(step.status()),
        ..ssm::CommandPlugin::default()
    }
}

/// AWS has no `Skipped` for a plugin: a skipped step is a success with an explaining output.
fn plugin_status(status: StepStatus) -> Option<String> {
    text(if status == StepStatus::Skipped { StepStatus::Success.name() } else { status.name() })
}

pub async fn get(
    dispatcher: Dispatcher,
    call: Call<ssm::GetCommandInvocationRequest>,
) -> Result<ssm::GetCommandInvocationResult, ApiError> {
    let input = &call.input;
    let views = call.handle.views();
    let command_id = input.command_id.clone().unwrap_or_default();
    let node = input.instance_id.clone().unwrap_or_default();
    let command: Option<CommandRow> = views.get(COMMANDS, &command_id);
    let command = command.ok_or_else(|| unknown_command(&command_id))?;
    let row: InvocationRow = views.get(INVOCATIONS, &id(&command_id, &node)).ok_or_else(|| {
        let message = format!("The command {command_id} was not sent to the instance {node}.");
        ApiError::new("InvocationDoesNotExist", message)
    })?;
    let mut answer = ssm::GetCommandInvocationResult {
        command_id: Some(command_id),
        instance_id: Some(node),
        comment: Some(command.comment),
        document_name: Some(command.document_name),
        document_version: Some(command.document_version),
        ..ssm::GetCommandInvocationResult::default()
    };
    match input.plugin_name.as_deref() {
        Some(name) => match row.steps.iter().find(|step| step.name == name) {
            Some(step) => one_step(&mut answer, step),
            None if has_step(&dispatcher, &call.handle, &row.command_id, name).await => {
                without_outcome(&mut answer, &row, name);
            }
            None => {
                let message = format!("The command's document has no step {name:?}.");
                return Err(ApiError::new("InvalidPluginName", message));
            }
        },
        None => whole(&mut answer, &row),
    }
    answer.standard_error_url = Some(String::new());
    answer.standard_output_url = Some(String::new());
    Ok(answer)
}

/// Whether a command's document has a step. One that cannot be read may have it.
async fn has_step(dispatcher: &Dispatcher, handle: &Handle, command: &str, name: &str) -> bool {
    let Ok(Some(sent)) = dispatcher.read(handle, command).await else { return true };
    names_step(&sent.document_content, &sent.parameters_json, name)
}

/// Steps have the names that the node reports them by.
fn names_step(document: &str, parameters: &str, name: &str) -> bool {
    let document = serde_json::from_str(document).ok();
    let read = document.zip(serde_json::from_str(parameters).ok());
    let plan = read.and_then(|(document, parameters)| parse_executable(&document, &parameters).ok());
    plan.is_none_or(|plan| plan.steps.iter().any(|step| step.name == name))
}

/// A step of which nothing was reported stands as its invocation does: it is not over, or the step was not run.
fn without_outcome(answer: &mut ssm::GetCommandInvocationResult, row: &InvocationRow, name: &str) {
    answer.plugin_name = Some(name.to_owned());
    answer.response_code = Some(-1);
    answer.status = Some(row.status.clone());
    answer.status_details = Some(row.status_details.clone());
    times(answer, None, None);
    answer.standard_output_content = Some(String::new());
    answer.standard_error_content = Some(limited(&row.message, MAX_STDERR_CHARS));
}

fn one_step(answer: &mut ssm::GetCommandInvocationResult, step: &StepOutcome) {
    answer.plugin_name = Some(step.name.clone());
    answer.response_code = Some(step.code);
    answer.status = plugin_status(step.status());
    answer.status_details = plugin_status(step.status());
    times(answer, Some(Timestamp(step.started_ms)), Some(Timestamp(step.finished_ms)));
    answer.standard_output_content = Some(limited(&step.stdout, MAX_STDOUT_CHARS));
    answer.standard_error_content = Some(limited(&step.stderr, MAX_STDERR_CHARS));
}

/// Without a step's name: the outputs of all steps, one after the other; of one step, that step's.
fn whole(answer: &mut ssm::GetCommandInvocationResult, row: &InvocationRow) {
    let joined = |field: fn(&StepOutcome) -> &String| {
        row.steps.iter().map(|step| field(step).as_str()).collect::<String>()
    };
    let mut stderr = joined(|step| &step.stderr);
    if row.steps.is_empty() {
        stderr.push_str(&row.message);
    }
    answer.plugin_name = match row.steps.as_slice() {
        [only] => Some(only.name.clone()),
        _ => None,
    };
    answer.response_code = Some(row.code);
    answer.status = Some(row.status.clone());
    answer.status_details = Some(row.status_details.clone());
    times(answer, row.started, row.finished);
    answer.standard_output_content = Some(limited(&joined(|step| &step.stdout), MAX_STDOUT_CHARS));
    answer.standard_error_content = Some(limited(&stderr, MAX_STDERR_CHARS));
}

fn times(
    answer: &mut ssm::GetCommandInvocationResult,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
) {
    let instant = |t: Option<Timestamp>| Some(t.map(Timestamp::rfc3339).unwrap_or_default());
    answer.execution_start_date_time = instant(started);
    answer.execution_end_date_time = instant(finished);
    let elapsed = started.zip(finished).map(|(s, f)| (f.0 - s.0).max(0));
    // ISO 8601, as AWS writes it: PT0.012S.
    answer.execution_elapsed_time =
        Some(elapsed.map(|ms| format!("PT{}.{:03}S", ms / 1000, ms % 1000)).unwrap_or_default());
}

fn limited(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_one_invocation_fit_into_an_answer() {
        let step = |character: &str| StepOutcome {
            output: character.repeat(MAX_OUTPUT_CHARS),
            ..StepOutcome::default()
        };
        assert_eq!(plugins(&[step("x")])[0].output.as_ref().unwrap().len(), MAX_OUTPUT_CHARS);
        let many = plugins(&vec![step("\u{1}"); 300]);
        assert!(serde_json::to_vec(&many).unwrap().len() <= PLUGINS_BYTES);
        assert!(many.len() == 300 && !many[0].output.as_ref().unwrap().is_empty());
    }

    #[test]
    fn steps_are_known_by_the_names_that_nodes_report() {
        let document = r#"{"schemaVersion": "2.2", "mainSteps": [
            {"action": "aws:runShellScript", "name": "one", "inputs": {"runCommand": ["true"]}},
            {"action": "aws:runShellScript", "name": "two", "inputs": {"runCommand": ["true"]}}]}"#;
        assert!(names_step(document, "{}", "one") && names_step(document, "{}", "two"));
        assert!(!names_step(document, "{}", "three") && !names_step(document, "{}", "aws:runShellScript"));
        let old = r#"{"schemaVersion": "1.2", "runtimeConfig": {
            "aws:runShellScript": {"properties": [{"id": "x", "runCommand": ["true"]}]}}}"#;
        assert!(names_step(old, "{}", "aws:runShellScript") && !names_step(old, "{}", "x"));
        assert!(names_step("", "{}", "any"), "what cannot be read may have it");
    }
}
