//! The lanes: each destination's messages wait in a queue of their own, so that one that is away holds up no other.
//!
//! A lane has two queues, of messages that were not tried yet and of those that are to be tried again, and one timer, which is
//! due when the next attempt may begin. While an attempt is on its way the timer stands at the end of its lease: whoever made it
//! may have ended in the middle.

use crate::domain::{lane_of, notification::NotificationEvent};
use reeve_contracts::notifications::{NotificationCancelled, NotificationFailed};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Lanes by their names.
pub(crate) const LANES: &str = "lanes";
/// What waits in a lane's queues: see [`Queue::key`].
pub(crate) const WAITING: &str = "waiting";
/// Where each notification that has not ended is.
const PLACES: &str = "lane-places";
/// Due when a lane's next attempt may begin.
pub(crate) const LANE_TIMER: &str = "lane";
/// Due when the time of a notification is over.
pub(crate) const EXPIRY_TIMER: &str = "expiry";
/// As long an attempt may be on its way: beyond it its outcome is not known, and another one begins.
const LEASE_SECONDS: i64 = 60;

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
        format!("{lane}/{queue}/{place:016}")
    }

    fn push(&mut self, view: &mut dyn View, lane: &str, queue: &str, row: WaitingRow) -> String {
        let key = Self::key(lane, queue, self.tail);
        view.put_row(WAITING, &key, row);
        self.tail += 1;
        key
    }

    /// The first that waits. What left the queue elsewhere has left its place empty; each is passed once.
    fn first(&mut self, view: &dyn View, lane: &str, queue: &str) -> Option<WaitingRow> {
        while self.head < self.tail {
            if let Some(row) = view.row(WAITING, &Self::key(lane, queue, self.head)) {
                return Some(row);
            }
            self.head += 1;
        }
        None
    }
}

const NEW: &str = "new";
const AGAIN: &str = "again";

/// A lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaneRow {
    new: Queue,
    again: Queue,
    /// Before it no attempt begins.
    pub waits_until: Timestamp,
    /// How often it has failed since it last took something.
    pub failures: u32,
    /// The notification whose attempt is on its way, and until when that has an outcome.
    pub sending: Option<(String, Timestamp)>,
    /// Which notification is next when the timer is due.
    pub next: String,
}

/// Which notification a lane's timer is about.
pub(crate) fn next_of(row: &LaneRow) -> &str {
    row.sending.as_ref().map_or(row.next.as_str(), |(id, _)| id)
}

/// Where a notification is.
#[derive(Clone, Default, Serialize, Deserialize)]
struct PlaceRow {
    lane: String,
    /// Its key in [`WAITING`]; empty while its attempt is on its way.
    key: String,
}

/// Keeps [`LANES`], [`WAITING`] and the timers.
pub(crate) struct Lanes;

impl Projection for Lanes {
    const NAME: &'static str = "lanes";
    const VERSION: u32 = 1;
    type Event = NotificationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NotificationEvent>) {
        let now = event.envelope.time;
        match &event.event {
            NotificationEvent::NotificationAccepted(e) => {
                let lane = lane_of(&e.destination);
                let mut row: LaneRow = view.row(LANES, lane).unwrap_or_default();
                let key = row.new.push(view, lane, NEW, WaitingRow { id: e.id.clone(), next: now });
                view.put_row(PLACES, &e.id, PlaceRow { lane: lane.to_owned(), key });
                timers::set(view, EXPIRY_TIMER, &e.id, Timestamp(e.expires_ms));
                settle(view, lane, row, now);
            }
            NotificationEvent::NotificationAttemptStarted(e) => {
                leave(view, &e.id, now, |view, place, row| {
                    row.sending = Some((e.id.clone(), Timestamp(e.started_ms).plus_seconds(LEASE_SECONDS)));
                    let place = PlaceRow { key: String::new(), lane: place.lane.clone() };
                    view.put_row(PLACES, &e.id, place);
                })
            }
            NotificationEvent::NotificationAttemptFailed(e) => leave(view, &e.id, now, |view, place, row| {
                let next = Timestamp(e.next_attempt_ms);
                if e.destination_waits {
                    (row.waits_until, row.failures) = (next, row.failures + 1);
                }
                let key = row.again.push(view, &place.lane, AGAIN, WaitingRow { id: e.id.clone(), next });
                view.put_row(PLACES, &e.id, PlaceRow { key, lane: place.lane.clone() });
            }),
            NotificationEvent::NotificationSent(e) => {
                timers::cancel(view, EXPIRY_TIMER, &e.id);
                leave(view, &e.id, now, |_, _, row| {
                    (row.waits_until, row.failures) = (Timestamp(0), 0);
                });
            }
            NotificationEvent::NotificationFailed(NotificationFailed { id, .. })
            | NotificationEvent::NotificationCancelled(NotificationCancelled { id, .. }) => {
                timers::cancel(view, EXPIRY_TIMER, id);
                leave(view, id, now, |_, _, _| {});
            }
            NotificationEvent::NotificationRefused(_) => {}
        }
    }
}

/// Takes a notification out of its place, does what follows, and sets the lane's timer. One that has ended is in no place.
fn leave(
    view: &mut dyn View,
    id: &str,
    now: Timestamp,
    then: impl FnOnce(&mut dyn View, &PlaceRow, &mut LaneRow),
) {
    let Some(place) = view.row::<PlaceRow>(PLACES, id) else { return };
    let mut row: LaneRow = view.row(LANES, &place.lane).unwrap_or_default();
    view.remove(WAITING, place.key.as_bytes());
    view.remove(PLACES, id.as_bytes());
    row.sending = row.sending.filter(|(sending, _)| sending != id);
    then(view, &place, &mut row);
    settle(view, &place.lane, row, now);
}

/// Says which is next, and when.
fn settle(view: &mut dyn View, lane: &str, mut row: LaneRow, now: Timestamp) {
    let (first_new, first_again) = (row.new.first(view, lane, NEW), row.again.first(view, lane, AGAIN));
    let lease = row.sending.as_ref().map(|(_, until)| *until);
    let next = first_new.or(first_again);
    let at = lease.or_else(|| next.as_ref().map(|next| now.max(row.waits_until).max(next.next)));
    match at {
        Some(at) => timers::set(view, LANE_TIMER, lane, at),
        None => timers::cancel(view, LANE_TIMER, lane),
    }
    row.next = next.map(|next| next.id).unwrap_or_default();
    view.put_row(LANES, lane, row);
}
