//! What executions did on nodes, from run-command's events: an execution's id is its command's.

use crate::domain::ORIGIN;
use reeve_contracts::{
    outcome::StepStatus,
    run_command::{CommandEvent, InvocationEvent, InvocationFinished},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The commands of associations, by id.
const COMMANDS: &str = "commands";
/// What came of an execution on a node, by `<execution>/<node>`.
pub(crate) const OUTCOMES: &str = "outcomes";
/// How many nodes have which status, by execution.
pub(crate) const EXECUTION_COUNTS: &str = "execution-counts";
/// The last outcome of an association on a node, by `<node>/<association>`.
pub(crate) const LATEST: &str = "latest";
/// How many nodes have which status as their last one, by association.
pub(crate) const ASSOCIATION_COUNTS: &str = "association-counts";

/// A command that an association asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CommandRow {
    pub association_id: String,
    pub version: u32,
    pub document_name: String,
    pub document_version: String,
}

/// The command of an association.
pub(crate) fn command_row(views: &Store, command_id: &str) -> Option<CommandRow> {
    views.get(COMMANDS, command_id)
}

/// What came of an execution on a node so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutcomeRow {
    pub status: String,
    pub detailed_status: String,
    /// When that became so.
    pub at_ms: i64,
}

/// The last that an association did on a node.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LatestRow {
    pub outcome: OutcomeRow,
    pub version: u32,
    pub document_version: String,
    /// How many steps there were, succeeded, failed, timed out and were skipped.
    pub steps: [u32; 5],
}

/// Counts by status; what nobody has is not in it.
pub(crate) type Counts = BTreeMap<String, u32>;

fn move_count(view: &mut dyn View, table: &str, key: &str, from: Option<&str>, to: &str) {
    view.update_row::<Counts>(table, key, |counts| {
        if let Some(count) = from.and_then(|from| counts.get_mut(from)) {
            *count = count.saturating_sub(1);
        }
        *counts.entry(to.to_owned()).or_default() += 1;
        counts.retain(|_, count| *count > 0);
    });
}

/// Which commands are associations'.
pub(crate) struct Commands;

impl Projection for Commands {
    const NAME: &'static str = "commands";
    const VERSION: u32 = 2;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        let CommandEvent::CommandSent(e) = &event.event else { return };
        if e.origin_kind != ORIGIN {
            return;
        }
        let (association_id, version) = e.origin_id.split_once('/').unwrap_or((&e.origin_id, ""));
        let row = CommandRow {
            association_id: association_id.to_owned(),
            version: version.parse().unwrap_or_default(),
            document_name: e.document_name.clone(),
            document_version: e.document_version.clone(),
        };
        view.put_row(COMMANDS, &e.command_id, row);
    }
}

/// What they did on nodes.
pub(crate) struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 1;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let (command, node, outcome, steps) = match &event.event {
            InvocationEvent::InvocationStarted(e) => {
                let status = || "InProgress".to_owned();
                let row = OutcomeRow { status: status(), detailed_status: status(), at_ms: e.started_ms };
                (&e.command_id, &e.node_id, row, [0; 5])
            }
            InvocationEvent::InvocationFinished(e) => (&e.command_id, &e.node_id, finished(e), steps(e)),
            InvocationEvent::InvocationCancelling(_) => return,
        };
        let Some(of) = view.row::<CommandRow>(COMMANDS, command) else { return };
        let key = format!("{command}/{node}");
        let before: Option<OutcomeRow> = view.row(OUTCOMES, &key);
        move_count(
            view,
            EXECUTION_COUNTS,
            command,
            before.as_ref().map(|b| b.status.as_str()),
            &outcome.status,
        );
        view.put_row(OUTCOMES, &key, outcome.clone());
        let key = format!("{node}/{}", of.association_id);
        let before: Option<LatestRow> = view.row(LATEST, &key);
        let from = before.as_ref().map(|before| before.outcome.status.as_str());
        move_count(view, ASSOCIATION_COUNTS, &of.association_id, from, &outcome.status);
        let row = LatestRow { outcome, version: of.version, document_version: of.document_version, steps };
        view.put_row(LATEST, &key, row);
    }
}

/// AWS's statuses of a target; what run-command says in detail stays the detail.
fn finished(e: &InvocationFinished) -> OutcomeRow {
    let status = match (e.status.as_str(), e.status_details.as_str()) {
        ("Success", _) => "Success",
        ("TimedOut", _) => "TimedOut",
        // It had no turn any more: the errors were too many.
        (_, "Terminated") => "Skipped",
        _ => "Failed",
    };
    OutcomeRow { status: status.to_owned(), detailed_status: e.status_details.clone(), at_ms: e.finished_ms }
}

fn steps(e: &InvocationFinished) -> [u32; 5] {
    let mut counts = [0; 5];
    for step in &e.steps {
        counts[0] += 1;
        match step.status() {
            StepStatus::Success => counts[1] += 1,
            StepStatus::TimedOut => counts[3] += 1,
            StepStatus::Skipped => counts[4] += 1,
            StepStatus::Unspecified | StepStatus::Failed | StepStatus::Cancelled => counts[2] += 1,
        }
    }
    counts
}
