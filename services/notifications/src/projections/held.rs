//! What the limits of destinations hold back, and when each destination was sent its last messages.

use super::queue::{Queue, WAITING, WaitingRow};
use crate::domain::limits::MAX_MESSAGES;
use reeve_eventsourcing::{View, ViewExt, timers};
use reeve_runtime::Store;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Destinations that were sent something, or for which something is held back.
pub(crate) const DESTINATIONS: &str = "destinations";
/// When the last [`MAX_MESSAGES`] messages were sent to each destination, by `<destination>/<number modulo that>`.
const SENT: &str = "destination-sent";
/// Due when something that is held back for a destination may be sent.
pub(crate) const HELD_TIMER: &str = "held";
/// The name of the queue of what is held back.
const HELD: &str = "held";

/// A destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DestinationRow {
    queue: Queue,
    /// How many are held back.
    pub held: u64,
    /// How many messages it was sent.
    sent: u64,
}

fn sent_key(destination: &str, number: u64) -> String {
    format!("{destination}/{:03}", number % MAX_MESSAGES)
}

/// When a destination was sent its n-th last message, if it was sent so many.
pub(crate) fn nth_last(views: &Store, destination: &str, n: u32) -> Option<Timestamp> {
    let row: DestinationRow = views.get(DESTINATIONS, destination)?;
    views.get(SENT, &sent_key(destination, row.sent.checked_sub(n.into())?))
}

/// The first notifications that are held back for a destination, in the order in which they were.
pub(crate) fn held(views: &Store, destination: &str, most: usize) -> Vec<String> {
    let is_some = views.get::<DestinationRow>(DESTINATIONS, destination).is_some_and(|row| row.held > 0);
    let prefix = Queue::prefix(destination, HELD);
    let rows = if is_some { views.scan::<WaitingRow>(WAITING, &prefix, None, most).rows } else { Vec::new() };
    rows.into_iter().map(|(_, row)| row.id).collect()
}

/// Puts a notification to those that are held back until an instant; answers where it waits.
pub(super) fn hold(view: &mut dyn View, destination: &str, id: &str, until: Timestamp) -> String {
    let mut row: DestinationRow = view.row(DESTINATIONS, destination).unwrap_or_default();
    let waiting = WaitingRow { id: id.to_owned(), next: until };
    let key = row.queue.push(view, destination, HELD, waiting);
    row.held += 1;
    view.put_row(DESTINATIONS, destination, row);
    if timers::due_at(view, HELD_TIMER, destination).is_none_or(|at| at > until) {
        timers::set(view, HELD_TIMER, destination, until);
    }
    key
}

/// One is held back no more. With the last one the timer is over.
pub(super) fn let_go(view: &mut dyn View, destination: &str) {
    view.change_row(DESTINATIONS, destination, |row: &mut DestinationRow| {
        row.held = row.held.saturating_sub(1);
    });
    if held_for(view, destination) == 0 {
        timers::cancel(view, HELD_TIMER, destination);
    }
}

/// One is released: what else is held back waits for what becomes of it.
pub(super) fn released(view: &mut dyn View, destination: &str) {
    timers::cancel(view, HELD_TIMER, destination);
}

/// A message has ended in some way: if others are held back, it is looked at once whether one of them may be sent.
pub(super) fn ended(view: &mut dyn View, destination: &str, now: Timestamp) {
    if held_for(view, destination) > 0 && timers::due_at(view, HELD_TIMER, destination).is_none() {
        timers::set(view, HELD_TIMER, destination, now);
    }
}

/// A destination was sent a message.
pub(super) fn sent(view: &mut dyn View, destination: &str, at: Timestamp) {
    let mut row: DestinationRow = view.row(DESTINATIONS, destination).unwrap_or_default();
    view.put_row(SENT, &sent_key(destination, row.sent), at);
    row.sent += 1;
    view.put_row(DESTINATIONS, destination, row);
}

fn held_for(view: &dyn View, destination: &str) -> u64 {
    view.row::<DestinationRow>(DESTINATIONS, destination).unwrap_or_default().held
}
