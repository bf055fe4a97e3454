//! The lanes: each destination's messages wait in a queue of their own, so that one that is away holds up no other.
//!
//! A lane has a queue of messages that were not tried yet, queues of those that are to be tried again, one for each length of wait,
//! and one timer, which is due when the next attempt may begin. While an attempt is on its way the timer stands at the end of its lease: whoever made it
//! may have ended in the middle.

use super::{
    held,
    queue::{self, Queue, WaitingRow},
};
use crate::domain::{
    lane_of,
    notification::{LEASE_SECONDS, NotificationEvent},
};
use reeve_contracts::notifications::{NotificationCancelled, NotificationFailed, NotificationSent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Lanes by their names.
pub(crate) const LANES: &str = "lanes";
/// Where each notification that has not ended is.
const PLACES: &str = "lane-places";
/// Due when a lane's next attempt may begin.
pub(crate) const LANE_TIMER: &str = "lane";
/// Due when the time of a notification is over.
pub(crate) const EXPIRY_TIMER: &str = "expiry";
/// How long messages wait for their next attempt: each of these has a queue of its own, so that what waits for long stands
/// before nothing that is due sooner.
const WAITS_SECONDS: [i64; 9] = [5, 10, 20, 40, 80, 160, 320, 600, 3_600];

const NEW: &str = "new";

/// The name of the queue of messages that wait for as long.
fn again_name(wait: usize) -> String {
    format!("again-{}", WAITS_SECONDS[wait])
}

/// A lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaneRow {
    new: Queue,
    /// One for each of [`WAITS_SECONDS`].
    again: [Queue; WAITS_SECONDS.len()],
    /// How many are in its queues, or held back.
    pub waiting: u64,
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
    destination: String,
    /// Its key in its queue; empty while its attempt is on its way.
    key: String,
    /// Whether the limits of its destination hold it back.
    is_held: bool,
}

/// Keeps [`LANES`], the queues, what is held back, and the timers.
pub(crate) struct Lanes;

impl Projection for Lanes {
    const NAME: &'static str = "lanes";
    const VERSION: u32 = 3;
    type Event = NotificationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NotificationEvent>) {
        let now = event.envelope.time;
        match &event.event {
            NotificationEvent::NotificationAccepted(e) => {
                timers::set(view, EXPIRY_TIMER, &e.id, Timestamp(e.expires_ms));
                enter(view, &e.destination, &e.id, now);
            }
            NotificationEvent::NotificationAttemptStarted(e) => leave(view, &e.id, |view, place, row| {
                row.sending = Some((e.id.clone(), Timestamp(e.started_ms).plus_seconds(LEASE_SECONDS)));
                put_place(view, place, &e.id, String::new(), false);
            }),
            NotificationEvent::NotificationAttemptFailed(e) => leave(view, &e.id, |view, place, row| {
                let next = Timestamp(e.next_attempt_ms);
                if e.destination_waits {
                    (row.waits_until, row.failures) = (next, row.failures + 1);
                }
                let wait = WAITS_SECONDS.partition_point(|seconds| now.plus_seconds(*seconds) < next);
                let wait = wait.min(WAITS_SECONDS.len() - 1);
                let waiting = WaitingRow { id: e.id.clone(), next };
                row.waiting += 1;
                let lane = lane_of(&place.destination);
                let key = row.again[wait].push(view, lane, &again_name(wait), waiting);
                put_place(view, place, &e.id, key, false);
                // What is held back does not wait for what becomes of a message that was not taken.
                held::ended(view, &place.destination, now);
            }),
            NotificationEvent::NotificationHeld(e) => leave(view, &e.id, |view, place, row| {
                row.waiting += 1;
                let key = held::hold(view, &e.destination, &e.id, Timestamp(e.until_ms));
                put_place(view, place, &e.id, key, true);
            }),
            NotificationEvent::NotificationReleased(e) => {
                leave(view, &e.id, |_, _, _| {});
                held::released(view, &e.destination);
                enter(view, &e.destination, &e.id, now);
            }
            NotificationEvent::NotificationSent(e) => sent(view, e),
            NotificationEvent::NotificationFailed(NotificationFailed { id, destination, .. })
            | NotificationEvent::NotificationCancelled(NotificationCancelled { id, destination, .. }) => {
                timers::cancel(view, EXPIRY_TIMER, id);
                leave(view, id, |_, _, _| {});
                held::ended(view, destination, now);
            }
            NotificationEvent::NotificationRefused(_) => {}
        }
    }
}

/// Puts a notification to what its lane has not tried yet.
fn enter(view: &mut dyn View, destination: &str, id: &str, now: Timestamp) {
    let lane = lane_of(destination);
    let mut row: LaneRow = view.row(LANES, lane).unwrap_or_default();
    row.waiting += 1;
    let key = row.new.push(view, lane, NEW, WaitingRow { id: id.to_owned(), next: now });
    view.put_row(PLACES, id, PlaceRow { destination: destination.to_owned(), key, is_held: false });
    settle(view, lane, row);
}

/// Where a notification is now that has left its place.
fn put_place(view: &mut dyn View, before: &PlaceRow, id: &str, key: String, is_held: bool) {
    view.put_row(PLACES, id, PlaceRow { destination: before.destination.clone(), key, is_held });
}

/// A notification was sent, and with it what stands in its message; each of those says so by an event of its own, which
/// finds nothing to do here.
fn sent(view: &mut dyn View, e: &NotificationSent) {
    timers::cancel(view, EXPIRY_TIMER, &e.id);
    leave(view, &e.id, |_, _, row| {
        (row.waits_until, row.failures) = (Timestamp(0), 0);
    });
    if !e.sent_with.is_empty() {
        return;
    }
    for id in &e.held_ids {
        timers::cancel(view, EXPIRY_TIMER, id);
        leave(view, id, |_, _, _| {});
    }
    held::sent(view, &e.destination, Timestamp(e.sent_ms));
    held::ended(view, &e.destination, Timestamp(e.sent_ms));
}

/// Takes a notification out of its place, does what follows, and sets the lane's timer. One that has ended is in no place.
fn leave(view: &mut dyn View, id: &str, then: impl FnOnce(&mut dyn View, &PlaceRow, &mut LaneRow)) {
    let Some(place) = view.row::<PlaceRow>(PLACES, id) else { return };
    let lane = lane_of(&place.destination);
    let mut row: LaneRow = view.row(LANES, lane).unwrap_or_default();
    if !place.key.is_empty() {
        queue::remove(view, &place.key);
        row.waiting = row.waiting.saturating_sub(1);
    }
    if place.is_held {
        held::let_go(view, &place.destination);
    }
    view.remove(PLACES, id.as_bytes());
    row.sending = row.sending.filter(|(sending, _)| sending != id);
    then(view, &place, &mut row);
    settle(view, lane, row);
}

/// Says which is next, and when. The timer of one that stays the next stays where it is, so that no second firing of it begins.
fn settle(view: &mut dyn View, lane: &str, mut row: LaneRow) {
    let first_new = row.new.first(view, lane, NEW);
    let again = row.again.iter_mut().enumerate();
    let again = again.filter_map(|(wait, queue)| queue.first(view, lane, &again_name(wait)));
    let next = first_new.or(again.min_by_key(|waiting| waiting.next));
    let lease = row.sending.as_ref().map(|(_, until)| *until);
    let at = lease.or_else(|| next.as_ref().map(|next| row.waits_until.max(next.next)));
    match at {
        Some(at) => timers::set(view, LANE_TIMER, lane, at),
        None => timers::cancel(view, LANE_TIMER, lane),
    }
    row.next = next.map(|next| next.id).unwrap_or_default();
    view.put_row(LANES, lane, row);
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::notifications::{
        NotificationAccepted, NotificationAttemptFailed, NotificationAttemptStarted, NotificationHeld,
        NotificationReleased,
    };
    use reeve_eventsourcing::{AggregateRef, Context, Envelope, MemoryView, Position};
    use reeve_testkit::context;

    const LANE: &str = "webhook:chat";

    fn apply(view: &mut MemoryView, id: &str, after_seconds: i64, event: NotificationEvent) {
        let context = Context { now: context().now.plus_seconds(after_seconds), ..context() };
        let envelope = Envelope::of(&AggregateRef::of::<NotificationEvent>(id), &event, &context);
        Lanes.apply(view, &Recorded { position: Position(1), envelope: envelope.into(), event });
    }

    fn accepted(id: &str) -> NotificationEvent {
        NotificationEvent::NotificationAccepted(NotificationAccepted {
            id: id.into(),
            destination: LANE.into(),
            expires_ms: context().now.plus_seconds(86_400).0,
            ..NotificationAccepted::default()
        })
    }

    /// One attempt that fails: the next is to begin so many seconds after the beginning of the test.
    fn fails(view: &mut MemoryView, id: &str, after_seconds: i64, next_seconds: i64) {
        let started = NotificationAttemptStarted {
            id: id.into(),
            attempt: 1,
            started_ms: context().now.plus_seconds(after_seconds).0,
            runner: "r".into(),
        };
        apply(view, id, after_seconds, NotificationEvent::NotificationAttemptStarted(started));
        let failed = NotificationAttemptFailed {
            id: id.into(),
            attempt: 1,
            next_attempt_ms: context().now.plus_seconds(next_seconds).0,
            ..NotificationAttemptFailed::default()
        };
        apply(view, id, after_seconds, NotificationEvent::NotificationAttemptFailed(failed));
    }

    fn next(view: &MemoryView) -> (String, i64) {
        let row: LaneRow = view.row(LANES, LANE).unwrap();
        let at = timers::due_at(view, LANE_TIMER, LANE).unwrap();
        (next_of(&row).to_owned(), (at.0 - context().now.0) / 1_000)
    }

    #[test]
    fn what_is_due_sooner_is_tried_sooner_whenever_it_failed() {
        let mut view = MemoryView::default();
        apply(&mut view, "late", 0, accepted("late"));
        fails(&mut view, "late", 1, 601);
        assert_eq!(next(&view), ("late".to_owned(), 601));
        apply(&mut view, "soon", 2, accepted("soon"));
        assert_eq!(next(&view), ("soon".to_owned(), 2), "what was not tried yet goes first");
        fails(&mut view, "soon", 3, 8);
        assert_eq!(next(&view), ("soon".to_owned(), 8));
        fails(&mut view, "soon", 8, 5_000);
        assert_eq!(next(&view), ("late".to_owned(), 601));
    }

    #[test]
    fn a_new_message_moves_the_timer_of_none_that_is_next() {
        let mut view = MemoryView::default();
        apply(&mut view, "first", 0, accepted("first"));
        for after_seconds in 1..5 {
            let id = format!("n-{after_seconds}");
            apply(&mut view, &id, after_seconds, accepted(&id));
            assert_eq!(next(&view), ("first".to_owned(), 0));
        }
    }

    #[test]
    fn what_is_held_back_is_released_when_its_time_comes_or_the_one_before_it_is_not_taken() {
        let mut view = MemoryView::default();
        let held = |id: &str, until_seconds: i64| {
            let until_ms = context().now.plus_seconds(until_seconds).0;
            let (id, destination) = (id.to_owned(), LANE.to_owned());
            NotificationEvent::NotificationHeld(NotificationHeld { id, destination, until_ms })
        };
        let due = |view: &MemoryView| {
            timers::due_at(view, held::HELD_TIMER, LANE).map(|at| (at.0 - context().now.0) / 1_000)
        };
        let waiting = |view: &MemoryView| view.row::<LaneRow>(LANES, LANE).unwrap().waiting;
        for (id, until) in [("a", 60), ("b", 70), ("c", 80)] {
            apply(&mut view, id, 0, accepted(id));
            apply(&mut view, id, 1, held(id, until));
        }
        assert_eq!((due(&view), waiting(&view)), (Some(60), 3));
        assert!(timers::due_at(&view, LANE_TIMER, LANE).is_none(), "none is tried");
        let (id, destination) = ("a".to_owned(), LANE.to_owned());
        let released = NotificationEvent::NotificationReleased(NotificationReleased { id, destination });
        apply(&mut view, "a", 60, released);
        assert_eq!((next(&view).0.as_str(), due(&view)), ("a", None));
        fails(&mut view, "a", 61, 66);
        assert_eq!((due(&view), waiting(&view)), (Some(61), 3), "b does not wait for a");
        let sent = NotificationSent {
            id: "a".into(),
            destination: LANE.into(),
            held_ids: vec!["b".into(), "c".into()],
            sent_ms: context().now.plus_seconds(67).0,
            ..NotificationSent::default()
        };
        apply(&mut view, "a", 67, NotificationEvent::NotificationSent(sent));
        assert_eq!((due(&view), waiting(&view)), (None, 0));
        assert!(["b", "c"].iter().all(|id| timers::due_at(&view, EXPIRY_TIMER, id).is_none()));
    }
}
