//! Commands and invocations as they are answered, with the indexes that keep pages flat.

use crate::domain::{
    Counts, Progress,
    command::CommandEvent,
    invocation::{self, InvocationEvent},
    progress::{Turn, first},
    settle,
};
use reeve_contracts::run_command::{CommandSent, InvocationFinished};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Commands by id.
pub const COMMANDS: &str = "commands";
/// How far a command has come, by its id: the one small row that every end touches.
pub const PROGRESS: &str = "command-progress";
/// Command ids by [`newest_first`].
pub const BY_TIME: &str = "commands-by-time";
/// Invocations by `<command>/<node>`.
pub const INVOCATIONS: &str = "invocations";
/// `<node>/<newest first>` to the command's id.
pub const BY_NODE: &str = "invocations-by-node";
/// `<deadline in ms, 16 digits>/<command>` of the commands that have not ended.
pub const DEADLINES: &str = "deadlines";

/// The greatest inbox number of each node that an event names, by node id.
pub const NUMBERS: &str = "inbox-numbers";

/// A key that sorts the newest first, and two of the same instant by id.
pub fn newest_first(requested: Timestamp, command: &str) -> String {
    format!("{:016}/{command}", i64::MAX / 1000 - requested.0)
}

fn deadline(expires: Timestamp, command: &str) -> String {
    format!("{:016}/{command}", expires.0)
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
    /// Whether all of it is to be cancelled, and not some of its nodes.
    pub cancel_requested: bool,
    /// Set when all invocations have ended, or there are none.
    pub finished: Option<(String, String)>,
}

/// What most rows do not have is not written: there are as many rows as nodes times commands.
fn is_false(value: &bool) -> bool {
    !*value
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
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
    /// Its number in the node's inbox is not below this; 0 before it is dispatched.
    pub number: u64,
    /// Whether it has had its turn in the rate control.
    #[serde(default, skip_serializing_if = "is_false")]
    pub let_in: bool,
    /// Whether it is to be cancelled: then it is not let in any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel_requested: bool,
    /// The node whose turn comes after this one's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// The nodes whose turn its end made it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lets_in: Vec<String>,
    /// Whether its end was the error that stopped the command.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stops: bool,
    pub code: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRow>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
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
    const VERSION: u32 = 6;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        match &event.event {
            CommandEvent::CommandSent(e) => {
                let row = command_row(e, event.position.0);
                view.put_row(BY_TIME, &newest_first(row.requested, &e.command_id), e.command_id.clone());
                let progress = Progress::begin(&e.node_ids, &e.max_concurrency, &e.max_errors);
                view.put_row(PROGRESS, &e.command_id, progress);
                // One row for each target, once: what later happens to an invocation touches only its own.
                let first = first(&e.node_ids, &e.max_concurrency).len();
                for (index, node) in e.node_ids.iter().enumerate() {
                    add_invocation(view, &row, node, index < first, e.node_ids.get(index + 1));
                }
                if row.finished.is_none() {
                    view.put_row(DEADLINES, &deadline(row.expires, &row.id), ());
                }
                view.put_row(COMMANDS, &e.command_id, row);
            }
            CommandEvent::InvocationsDispatched(e) => {
                let numbered = e.dispatched.iter().map(|d| (d.node_id.as_str(), d.number));
                dispatched(view, &e.command_id, numbered);
            }
            CommandEvent::CommandCancelRequested(e) => {
                for node in &e.node_ids {
                    let cancel = |row: &mut InvocationRow| row.cancel_requested = true;
                    view.change_row(INVOCATIONS, &invocation::id(&e.command_id, node), cancel);
                }
                if e.node_ids.is_empty() {
                    view.update_row::<Progress>(PROGRESS, &e.command_id, Progress::stop);
                }
                let nodes = e.node_ids.iter().collect::<BTreeSet<_>>().len();
                view.update_row::<CommandRow>(COMMANDS, &e.command_id, |row| {
                    let all = nodes == 0 || u32::try_from(nodes).is_ok_and(|nodes| nodes >= row.target_count);
                    row.cancel_requested |= all;
                });
            }
            CommandEvent::CommandFinished(e) => {
                let expires = view.change_row(COMMANDS, &e.command_id, |row: &mut CommandRow| {
                    row.finished = Some((e.status.clone(), e.status_details.clone()));
                    row.expires
                });
                if let Some(expires) = expires {
                    view.remove(DEADLINES, deadline(expires, &e.command_id).as_bytes());
                }
            }
        }
    }
}

fn command_row(e: &CommandSent, position: u64) -> CommandRow {
    CommandRow {
        id: e.command_id.clone(),
        position,
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
        finished: e.node_ids.is_empty().then(|| {
            let (status, details) = settle(&Counts::default(), false, &e.max_errors);
            (status.to_owned(), details.to_owned())
        }),
    }
}

fn add_invocation(
    view: &mut dyn View,
    command: &CommandRow,
    node: &str,
    let_in: bool,
    after: Option<&String>,
) {
    let row = InvocationRow {
        command_id: command.id.clone(),
        node_id: node.to_owned(),
        document_name: command.document_name.clone(),
        requested: command.requested,
        expires: command.expires,
        status: "Pending".to_owned(),
        status_details: "Pending".to_owned(),
        code: -1,
        let_in,
        after: after.cloned().unwrap_or_default(),
        ..InvocationRow::default()
    };
    view.put_row(INVOCATIONS, &invocation::id(&command.id, node), row);
    let by_node = format!("{node}/{}", newest_first(command.requested, &command.id));
    view.put_row(BY_NODE, &by_node, command.id.clone());
}

/// Invocations by command and node, and how far their command has come.
pub struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 6;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let (command, node) = match &event.event {
            InvocationEvent::InvocationStarted(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationCancelling(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationFinished(e) => (&e.command_id, &e.node_id),
        };
        let key = invocation::id(command, node);
        let known = view.change_row(INVOCATIONS, &key, |row: &mut InvocationRow| match &event.event {
            InvocationEvent::InvocationStarted(e) => {
                row.started = Some(Timestamp(e.started_ms));
                // That it began is told later than that it is to be cancelled.
                if row.status != "Cancelling" {
                    set_status(row, "InProgress");
                }
            }
            InvocationEvent::InvocationCancelling(_) => set_status(row, "Cancelling"),
            InvocationEvent::InvocationFinished(e) => finish(row, e),
        });
        if known.is_some() && matches!(event.event, InvocationEvent::InvocationFinished(_)) {
            end(view, &key);
        }
    }
}

/// Takes in which nodes a command went to, and where in their inboxes: the first time that each is told.
fn dispatched<'a>(view: &mut dyn View, command: &str, numbered: impl IntoIterator<Item = (&'a str, u64)>) {
    let mut new = 0;
    for (node, number) in numbered {
        let first =
            view.change_row(INVOCATIONS, &invocation::id(command, node), |row: &mut InvocationRow| {
                let first = row.number == 0;
                row.number = if first { number } else { row.number };
                first
            });
        new += u32::from(first == Some(true));
        view.update_row::<u64>(NUMBERS, node, |last| *last = number.max(*last));
    }
    view.update_row::<Progress>(PROGRESS, command, |progress| progress.counts.dispatched += new);
}

/// Takes an end into the command's progress: whose turn it is now stands in the row of the one that ended, so
/// that the reaction to its event is the same at each delivery.
fn end(view: &mut dyn View, key: &str) {
    let of = |row: &mut InvocationRow| (row.command_id.clone(), row.status_details.clone(), row.let_in);
    let Some((command, details, let_in)) = view.change_row(INVOCATIONS, key, of) else { return };
    let Some(mut progress) = view.row::<Progress>(PROGRESS, &command) else { return };
    let follows = progress.end(&details, let_in, |node| {
        let next = view.row::<InvocationRow>(INVOCATIONS, &invocation::id(&command, node));
        next.map_or_else(Turn::default, |next| Turn {
            passes: next.ended() || next.cancel_requested,
            after: next.after,
        })
    });
    view.put_row(PROGRESS, &command, progress);
    for node in &follows.lets_in {
        let let_in = |row: &mut InvocationRow| row.let_in = true;
        view.change_row(INVOCATIONS, &invocation::id(&command, node), let_in);
    }
    view.change_row(INVOCATIONS, key, |row: &mut InvocationRow| {
        row.lets_in = follows.lets_in;
        row.stops = follows.stops;
    });
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

/// The command of a key of [`DEADLINES`] that is due; `None` when it is not.
pub fn due(key: &str, now: Timestamp) -> Option<&str> {
    let (instant, command) = key.split_once('/')?;
    (instant.parse::<i64>().ok()? <= now.0).then_some(command)
}

/// The command of a key of [`DEADLINES`].
pub fn command_of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(_, command)| command)
}
