//! Commands as they are answered, with the indexes that keep pages flat.

use super::{
    REFUSALS, Refusal, held,
    invocations::{INVOCATIONS, InvocationRow, dispatched},
    rollouts,
};
use crate::domain::{Counts, Rollout, command::CommandEvent, invocation, settle};
use reeve_contracts::run_command::{CommandSent, TargetsListed};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Commands by id.
pub const COMMANDS: &str = "commands";
/// Command ids by [`newest_first`].
pub const BY_TIME: &str = "commands-by-time";
/// `<node>/<newest first>` to the command's id.
pub const BY_NODE: &str = "invocations-by-node";
/// The instant with which nodes were listed for a command that was not sent yet, by its id.
const LISTED_AT: &str = "listed-at";

/// A key that sorts the newest first, and two of the same instant by id.
pub fn newest_first(requested: Timestamp, command: &str) -> String {
    format!("{:016}/{command}", i64::MAX / 1000 - requested.0)
}

/// A command.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CommandRow {
    pub id: String,
    /// Where its event stands, which says what is run.
    pub position: u64,
    pub document_name: String,
    pub document_version: String,
    pub parameters_json: String,
    pub targets_json: String,
    pub instance_ids: Vec<String>,
    pub target_count: u32,
    pub comment: String,
    pub max_concurrency: String,
    pub max_errors: String,
    pub timeout_seconds: u32,
    pub requested: Timestamp,
    pub expires: Timestamp,
    pub request_json: String,
    /// What asked for it; empty when an operator sent it.
    pub origin_kind: String,
    /// The trace that it belongs to.
    pub traceparent: Option<String>,
    /// Whether all of it is to be cancelled, and not some of its nodes.
    pub cancel_requested: bool,
    /// Set when all invocations have ended, or there are none.
    pub finished: Option<(String, String)>,
}

/// Commands by id and by time.
pub struct Commands;

impl Projection for Commands {
    const NAME: &'static str = "commands";
    const VERSION: u32 = 9;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        match &event.event {
            CommandEvent::TargetsListed(e) => list_targets(view, e),
            CommandEvent::CommandSent(e) => send(view, e, event),
            CommandEvent::CommandHeld(e) => {
                let mut row = command_row(&e.command.clone().unwrap_or_default());
                row.position = event.position.0;
                row.traceparent.clone_from(&event.envelope.traceparent);
                view.put_row(BY_TIME, &newest_first(row.requested, &row.id), row.id.clone());
                held::hold(view, e, event.position.0);
                view.put_row(COMMANDS, &e.command_id, row);
            }
            CommandEvent::CommandApproved(e) => held::approve(view, &e.command_id),
            CommandEvent::CommandRefused(e) if held::release(view, &e.command_id) => {
                view.change_row(COMMANDS, &e.command_id, |row: &mut CommandRow| {
                    row.finished = Some(end_of_held(&e.code));
                });
                let refusal = Refusal { code: e.code.clone(), reason: e.reason.clone() };
                view.put_row(REFUSALS, &e.command_id, refusal);
            }
            CommandEvent::CommandRefused(_) => {}
            CommandEvent::InvocationsDispatched(e) => {
                let count = dispatched(view, &e.command_id, &e.dispatched);
                rollouts::change(view, &e.command_id, |rollout| rollout.dispatched(count, e.next_index));
            }
            CommandEvent::CommandCancelRequested(e) => {
                for node in &e.node_ids {
                    let cancel = |row: &mut InvocationRow| row.cancel_requested = true;
                    view.change_row(INVOCATIONS, &invocation::id(&e.command_id, node), cancel);
                }
                rollouts::change(view, &e.command_id, |rollout| rollout.cancelled(e.node_ids.is_empty()));
                let nodes = e.node_ids.iter().collect::<BTreeSet<_>>().len();
                view.update_row::<CommandRow>(COMMANDS, &e.command_id, |row| {
                    let all = nodes == 0 || u32::try_from(nodes).is_ok_and(|nodes| nodes >= row.target_count);
                    row.cancel_requested |= all;
                });
            }
            CommandEvent::CommandFinished(e) => {
                view.change_row(COMMANDS, &e.command_id, |row: &mut CommandRow| {
                    row.finished = Some((e.status.clone(), e.status_details.clone()));
                });
                rollouts::change(view, &e.command_id, Rollout::finished);
            }
        }
    }
}

/// Takes in nodes that a command will be sent to. Those that are listed anew replace the former ones.
fn list_targets(view: &mut dyn View, e: &TargetsListed) {
    let requested = Timestamp(e.requested_ms);
    if e.first_index == 0 {
        let former: Timestamp = view.row(LISTED_AT, &e.command_id).unwrap_or_default();
        for node in rollouts::take_targets(view, &e.command_id) {
            view.remove(INVOCATIONS, invocation::id(&e.command_id, &node).as_bytes());
            view.remove(BY_NODE, by_node(&node, former, &e.command_id).as_bytes());
        }
        view.put_row(LISTED_AT, &e.command_id, requested);
    }
    add_invocations(view, &e.command_id, requested, e.first_index, &e.node_ids);
}

fn send(view: &mut dyn View, e: &CommandSent, event: &Recorded<CommandEvent>) {
    let mut row = command_row(e);
    view.remove(LISTED_AT, row.id.as_bytes());
    held::release(view, &row.id);
    row.position = event.position.0;
    row.traceparent.clone_from(&event.envelope.traceparent);
    view.put_row(BY_TIME, &newest_first(row.requested, &row.id), row.id.clone());
    // One row for each target, once: what later happens to an invocation touches only its own.
    add_invocations(view, &row.id, row.requested, e.first_index, &e.node_ids);
    let rollout = Rollout::begin(row.target_count, &e.max_concurrency, &e.max_errors);
    rollouts::begin(view, &row.id, rollout, row.expires);
    let id = row.id.clone();
    view.put_row(COMMANDS, &id, row);
}

/// The status of a command that was held and is never sent.
fn end_of_held(code: &str) -> (String, String) {
    let (status, details) = match code {
        "Cancelled" => (code, code),
        "AccessDeniedException" => ("Failed", "AccessDenied"),
        other => ("Failed", other),
    };
    (status.to_owned(), details.to_owned())
}

fn command_row(e: &CommandSent) -> CommandRow {
    let target_count = e.first_index + u32::try_from(e.node_ids.len()).unwrap_or(u32::MAX);
    CommandRow {
        id: e.command_id.clone(),
        document_name: e.document_name.clone(),
        document_version: e.document_version.clone(),
        parameters_json: e.parameters_json.clone(),
        targets_json: e.targets_json.clone(),
        instance_ids: e.instance_ids.clone(),
        target_count,
        comment: e.comment.clone(),
        max_concurrency: e.max_concurrency.clone(),
        max_errors: e.max_errors.clone(),
        timeout_seconds: e.delivery_timeout_seconds,
        requested: Timestamp(e.requested_ms),
        expires: Timestamp(e.expires_ms),
        request_json: e.request_json.clone(),
        origin_kind: e.origin_kind.clone(),
        finished: (target_count == 0).then(|| {
            let (status, details) = settle(&Counts::default(), false, &e.max_errors);
            (status.to_owned(), details.to_owned())
        }),
        ..CommandRow::default()
    }
}

fn by_node(node: &str, requested: Timestamp, command: &str) -> String {
    format!("{node}/{}", newest_first(requested, command))
}

fn add_invocations(
    view: &mut dyn View,
    command: &str,
    requested: Timestamp,
    first_index: u32,
    node_ids: &[String],
) {
    rollouts::put_targets(view, command, first_index, node_ids);
    for node in node_ids {
        let row = InvocationRow {
            command_id: command.to_owned(),
            node_id: node.clone(),
            status: "Pending".to_owned(),
            status_details: "Pending".to_owned(),
            code: -1,
            ..InvocationRow::default()
        };
        view.put_row(INVOCATIONS, &invocation::id(command, node), row);
        view.put_row(BY_NODE, &by_node(node, requested, command), command.to_owned());
    }
}
