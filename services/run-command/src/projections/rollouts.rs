//! How far commands have come, their nodes in order, and the timers by which they are rolled out and end.

use crate::domain::{Rollout, rollout::Step};
use reeve_eventsourcing::{View, ViewExt, timers};
use reeve_types::Timestamp;

/// How far a command has come, by its id: the one small row that every end touches.
pub const ROLLOUTS: &str = "rollouts";
/// The nodes of a command in its order, [`TARGETS_PER_ROW`] in a row: see [`targets_key`].
pub const TARGETS: &str = "targets";
/// A row of [`TARGETS`] is read for each admission.
pub const TARGETS_PER_ROW: u32 = 100;

/// The timer of a command for which something is to be done now: see [`Rollout::step`].
pub const ROLLOUT_TIMER: &str = "rollout";
/// The timer of a command's end by deadline.
pub const DEADLINE_TIMER: &str = "deadline";
/// A node ends what it runs at the deadline; so long its report may take.
const DEADLINE_GRACE_SECONDS: i64 = 3;

/// The key of the row with the node at a place of a command's order.
pub fn targets_key(command: &str, index: u32) -> String {
    format!("{command}/{:08}", index / TARGETS_PER_ROW)
}

/// Keeps nodes of a command, from a place of its order on that begins a row.
pub fn put_targets(view: &mut dyn View, command: &str, first_index: u32, node_ids: &[String]) {
    for (n, row) in node_ids.chunks(TARGETS_PER_ROW as usize).enumerate() {
        let index = first_index + u32::try_from(n).unwrap_or(u32::MAX) * TARGETS_PER_ROW;
        view.put_row(TARGETS, &targets_key(command, index), row.to_vec());
    }
}

/// Removes the nodes of a command that are listed anew, and answers which they were.
pub fn take_targets(view: &mut dyn View, command: &str) -> Vec<String> {
    let mut taken = Vec::new();
    for index in (0..).step_by(TARGETS_PER_ROW as usize) {
        let key = targets_key(command, index);
        let Some(row) = view.row::<Vec<String>>(TARGETS, &key) else { break };
        view.remove(TARGETS, key.as_bytes());
        taken.extend(row);
    }
    taken
}

/// A command begins.
pub fn begin(view: &mut dyn View, command: &str, rollout: Rollout, expires: Timestamp) {
    if rollout.counts.targets > 0 {
        timers::set(view, DEADLINE_TIMER, command, expires.plus_seconds(DEADLINE_GRACE_SECONDS));
    }
    put(view, command, rollout);
}

/// Changes how far a command has come. Its timers follow: it is rolled out when there is something to do, and its
/// deadline does not matter any more when all have ended.
pub fn change(view: &mut dyn View, command: &str, change: impl FnOnce(&mut Rollout)) {
    let Some(mut rollout) = view.row::<Rollout>(ROLLOUTS, command) else { return };
    change(&mut rollout);
    if rollout.counts.all_ended() {
        timers::cancel(view, DEADLINE_TIMER, command);
    }
    put(view, command, rollout);
}

fn put(view: &mut dyn View, command: &str, rollout: Rollout) {
    let is_set = timers::due_at(view, ROLLOUT_TIMER, command).is_some();
    match rollout.step() {
        Step::Wait if is_set => timers::cancel(view, ROLLOUT_TIMER, command),
        Step::Admit(_) | Step::Terminate | Step::Finish if !is_set => {
            timers::set(view, ROLLOUT_TIMER, command, Timestamp(0));
        }
        _ => {}
    }
    view.put_row(ROLLOUTS, command, rollout);
}
