//! Commands and invocations as they are answered, with the indexes that keep pages flat.

use crate::domain::{Counts, command::CommandEvent, invocation::InvocationEvent};
use reeve_contracts::run_command::{CommandSent, InvocationFinished};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Commands by id.
pub const COMMANDS: &str = "commands";
/// How many of a command's invocations have ended, by command id: the one small row that every end touches.
pub const COUNTS: &str = "command-counts";
/// Command ids by [`newest_first`].
pub const BY_TIME: &str = "commands-by-time";
/// Invocations by `<command>/<node>`.
pub const INVOCATIONS: &str = "invocations";
/// `<node>/<newest first>` to the command's id.
pub const BY_NODE: &str = "invocations-by-node";
/// `<deadline in ms, 16 digits>/<command>/<node>` of the invocations that have not ended.
pub const DEADLINES: &str = "deadlines";

/// The last inbox number of each node that an event names, by node id.
pub const NUMBERS: &str = "inbox-numbers";

/// A key that sorts the newest first, and two of the same instant by id.
pub fn newest_first(requested: Timestamp, command: &str) -> String {
    format!("{:016}/{command}", i64::MAX / 1000 - requested.0)
}

fn deadline(expires: Timestamp, command: &str, node: &str) -> String {
    format!("{:016}/{command}/{node}", expires.0)
}

/// A command.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CommandRow {
    pub id: String,
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
    pub cancel_requested: bool,
    /// Set when all invocations have ended.
    pub finished: Option<(String, String)>,
}

/// One step's outcome.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StepRow {
    pub name: String,
    pub action: String,
    pub status: String,
    pub code: i32,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub stdout: String,
    pub stderr: String,
    pub output: String,
}

/// One command on one node.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InvocationRow {
    pub command_id: String,
    pub node_id: String,
    pub document_name: String,
    pub requested: Timestamp,
    pub expires: Timestamp,
    pub status: String,
    pub status_details: String,
    /// Its number in the node's inbox; 0 before it is there.
    pub number: u64,
    pub code: i32,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub steps: Vec<StepRow>,
    pub message: String,
}

impl InvocationRow {
    pub fn ended(&self) -> bool {
        self.finished.is_some()
    }
}

/// Commands by id and by time.
pub struct Commands;

impl Projection for Commands {
    const NAME: &'static str = "commands";
    const VERSION: u32 = 1;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        match &event.event {
            CommandEvent::CommandSent(e) => {
                let row = command_row(e);
                view.put_row(BY_TIME, &newest_first(row.requested, &e.command_id), &e.command_id);
                let counts = Counts { targets: row.target_count, ..Counts::default() };
                view.put_row(COUNTS, &e.command_id, &counts);
                view.put_row(COMMANDS, &e.command_id, &row);
                // One row for each target, once: what later happens to an invocation touches only its own.
                for node in &e.node_ids {
                    add_invocation(view, &row, node);
                }
            }
            CommandEvent::CommandCancelRequested(e) => {
                view.update_row::<CommandRow>(COMMANDS, &e.command_id, |row| row.cancel_requested = true);
            }
            CommandEvent::CommandFinished(e) => {
                view.update_row::<CommandRow>(COMMANDS, &e.command_id, |row| {
                    row.finished = Some((e.status.clone(), e.status_details.clone()));
                });
            }
        }
    }
}

fn command_row(e: &CommandSent) -> CommandRow {
    CommandRow {
        id: e.command_id.clone(),
        document_name: e.document_name.clone(),
        document_version: e.document_version.clone(),
        parameters_json: e.parameters_json.clone(),
        targets_json: e.targets_json.clone(),
        instance_ids: e.instance_ids.clone(),
        target_count: u32::try_from(e.node_ids.len()).unwrap_or(u32::MAX),
        comment: e.comment.clone(),
        max_concurrency: e.max_concurrency.clone(),
        max_errors: e.max_errors.clone(),
        timeout_seconds: e.delivery_timeout_seconds,
        requested: Timestamp(e.requested_ms),
        expires: Timestamp(e.expires_ms),
        request_json: e.request_json.clone(),
        cancel_requested: false,
        finished: None,
    }
}

fn add_invocation(view: &mut dyn View, command: &CommandRow, node: &str) {
    let row = InvocationRow {
        command_id: command.id.clone(),
        node_id: node.to_owned(),
        document_name: command.document_name.clone(),
        requested: command.requested,
        expires: command.expires,
        status: "Pending".to_owned(),
        status_details: "Pending".to_owned(),
        code: -1,
        ..InvocationRow::default()
    };
    view.put_row(INVOCATIONS, &format!("{}/{node}", command.id), &row);
    let by_node = format!("{node}/{}", newest_first(command.requested, &command.id));
    view.put_row(BY_NODE, &by_node, &command.id);
    view.put_row(DEADLINES, &deadline(command.expires, &command.id, node), &());
}

/// Invocations by command and node, and the counts of their ends.
pub struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 2;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let (command, node) = match &event.event {
            InvocationEvent::InvocationDispatched(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationStarted(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationCancelling(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationFinished(e) => (&e.command_id, &e.node_id),
        };
        let key = format!("{command}/{node}");
        let Some(mut row) = view.row::<InvocationRow>(INVOCATIONS, &key) else { return };
        match &event.event {
            InvocationEvent::InvocationDispatched(e) => {
                row.number = e.number;
                view.update_row::<u64>(NUMBERS, node, |last| *last = e.number.max(*last));
            }
            InvocationEvent::InvocationStarted(e) => {
                row.started = Some(Timestamp(e.started_ms));
                set_status(&mut row, "InProgress");
            }
            InvocationEvent::InvocationCancelling(_) => set_status(&mut row, "Cancelling"),
            InvocationEvent::InvocationFinished(e) => {
                view.remove(DEADLINES, deadline(row.expires, command, node).as_bytes());
                view.update_row::<Counts>(COUNTS, command, |counts| counts.add(&e.status_details));
                finish(&mut row, e);
            }
        }
        view.put_row(INVOCATIONS, &key, &row);
    }
}

fn set_status(row: &mut InvocationRow, status: &str) {
    status.clone_into(&mut row.status);
    status.clone_into(&mut row.status_details);
}

fn finish(row: &mut InvocationRow, e: &InvocationFinished) {
    row.status.clone_from(&e.status);
    row.status_details.clone_from(&e.status_details);
    row.code = e.code;
    row.message.clone_from(&e.message);
    if e.started_ms > 0 {
        row.started = Some(Timestamp(e.started_ms));
    }
    row.finished = Some(Timestamp(e.finished_ms));
    let steps = e.steps.iter().map(|s| StepRow {
        name: s.name.clone(),
        action: s.action.clone(),
        status: s.status.clone(),
        code: s.code,
        started: Timestamp(s.started_ms),
        finished: Timestamp(s.finished_ms),
        stdout: s.stdout.clone(),
        stderr: s.stderr.clone(),
        output: s.output.clone(),
    });
    row.steps = steps.collect();
}

/// The command and the node of a key of [`DEADLINES`] that is due; `None` when it is not.
pub fn due(key: &str, now: Timestamp) -> Option<(&str, &str)> {
    let (instant, rest) = key.split_once('/')?;
    (instant.parse::<i64>().ok()? <= now.0).then(|| rest.split_once('/'))?
}
