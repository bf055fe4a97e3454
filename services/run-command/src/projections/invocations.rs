//! Invocations as they are answered.

use super::rollouts;
use crate::domain::invocation::{self, InvocationEvent};
use reeve_contracts::{
    outcome::StepOutcome,
    run_command::{Dispatched, InvocationFinished},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Invocations by `<command>/<node>`. What they have in common with their command stands in its row.
pub const INVOCATIONS: &str = "invocations";
/// The greatest inbox number of each node that an event names, by node id.
pub const NUMBERS: &str = "inbox-numbers";

/// What most rows do not have is not written: there are as many rows as nodes times commands.
fn is_false(value: &bool) -> bool {
    !*value
}

/// One command on one node.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InvocationRow {
    pub command_id: String,
    pub node_id: String,
    pub status: String,
    pub status_details: String,
    /// Its number in the node's inbox is not below this; 0 before it is dispatched.
    pub number: u64,
    /// Whether it is to be cancelled: then it is not dispatched any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel_requested: bool,
    pub code: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepOutcome>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl InvocationRow {
    pub fn ended(&self) -> bool {
        self.finished.is_some()
    }

    /// Whether it was dispatched and nothing was heard of it: its dispatch may not be written yet.
    pub fn is_unanswered(&self) -> bool {
        self.number > 0 && self.started.is_none() && !self.ended()
    }

    /// Whether it can still be dispatched.
    pub fn is_waiting(&self) -> bool {
        self.number == 0 && !self.ended() && !self.cancel_requested
    }
}

/// Invocations by command and node, and how far their command has come.
pub struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 10;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let (command, node) = match &event.event {
            InvocationEvent::InvocationStarted(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationCancelling(e) => (&e.command_id, &e.node_id),
            InvocationEvent::InvocationFinished(e) => (&e.command_id, &e.node_id),
        };
        let key = invocation::id(command, node);
        let end = view.change_row(INVOCATIONS, &key, |row: &mut InvocationRow| match &event.event {
            InvocationEvent::InvocationStarted(e) => {
                row.started = Some(Timestamp(e.started_ms));
                // That it began is told later than that it is to be cancelled.
                if row.status != "Cancelling" {
                    set_status(row, "InProgress");
                }
                None
            }
            InvocationEvent::InvocationCancelling(_) => {
                set_status(row, "Cancelling");
                None
            }
            InvocationEvent::InvocationFinished(e) => {
                finish(row, e);
                Some((row.status_details.clone(), row.number > 0))
            }
        });
        if let Some(Some((details, was_dispatched))) = end {
            rollouts::change(view, command, |rollout| rollout.ended(&details, was_dispatched));
        }
    }
}

/// Takes in which nodes a command went to, and where in their inboxes: the first time that each is named. Answers how
/// many that were whose end is still to be told.
pub fn dispatched(view: &mut dyn View, command: &str, dispatched: &[Dispatched]) -> u32 {
    let mut new = 0;
    for Dispatched { node_id, number } in dispatched {
        let first =
            view.change_row(INVOCATIONS, &invocation::id(command, node_id), |row: &mut InvocationRow| {
                let first = row.number == 0;
                row.number = if first { *number } else { row.number };
                // Its turn may have been decided while its end was: it holds up nobody.
                first && !row.ended()
            });
        new += u32::from(first == Some(true));
        view.update_row::<u64>(NUMBERS, node_id, |last| *last = *number.max(last));
    }
    new
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
    row.steps.clone_from(&e.steps);
}
