//! Queues in a view: of lanes, and of what is held back.

use reeve_eventsourcing::{View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// What waits in queues: see [`Queue::key`].
pub(crate) const WAITING: &str = "waiting";

/// A queue in a view: the places from `head` on may be taken, those from `tail` on are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Queue {
    head: u64,
    tail: u64,
}

/// What waits at a place of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WaitingRow {
    pub id: String,
    pub next: Timestamp,
}

impl Queue {
    fn key(lane: &str, queue: &str, place: u64) -> String {
        format!("{}{place:016}", Self::prefix(lane, queue))
    }

    /// What the keys of a queue's rows begin with.
    pub fn prefix(lane: &str, queue: &str) -> String {
        format!("{lane}/{queue}/")
    }

    pub fn push(&mut self, view: &mut dyn View, lane: &str, queue: &str, row: WaitingRow) -> String {
        let key = Self::key(lane, queue, self.tail);
        view.put_row(WAITING, &key, row);
        self.tail += 1;
        key
    }

    /// The first that waits. What left the queue elsewhere has left its place empty; each is passed once.
    pub fn first(&mut self, view: &dyn View, lane: &str, queue: &str) -> Option<WaitingRow> {
        while self.head < self.tail {
            if let Some(row) = view.row(WAITING, &Self::key(lane, queue, self.head)) {
                return Some(row);
            }
            self.head += 1;
        }
        None
    }
}

/// What waited under a key leaves its queue.
pub(super) fn remove(view: &mut dyn View, key: &str) {
    view.remove(WAITING, key.as_bytes());
}
