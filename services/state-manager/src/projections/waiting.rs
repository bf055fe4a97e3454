//! Nodes that joined or returned and wait for their run, and the timer that begins it.

use crate::{
    domain::{association::AssociationEvent, target, target::TargetEvent},
    projections::{ASSOCIATIONS, AssociationRow},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Nodes that wait, by `<association>/<node>`.
pub(crate) const WAITING: &str = "waiting";
/// How many wait, by association.
const WAITING_COUNTS: &str = "waiting-counts";
/// The timer of the run of those that wait.
pub(crate) const CATCH_UP: &str = "catch-up";

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Count(u32);

/// Takes in who joined. It is registered behind [`super::Associations`], as [`Served`] is, which says what runs.
pub(crate) struct Waiting;

impl Projection for Waiting {
    const NAME: &'static str = "waiting";
    const VERSION: u32 = 1;
    type Event = TargetEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<TargetEvent>) {
        let TargetEvent::TargetJoined(e) = &event.event;
        let Some(association) = view.row::<AssociationRow>(ASSOCIATIONS, &e.association_id) else { return };
        let key = target::id(&e.association_id, &e.node_id);
        if view.row::<i64>(WAITING, &key).is_none() {
            view.put_row(WAITING, &key, e.joined_ms);
            view.update_row::<Count>(WAITING_COUNTS, &e.association_id, |count| count.0 += 1);
        }
        if association.state.running.is_none() {
            timers::set(view, CATCH_UP, &e.association_id, Timestamp(e.joined_ms));
        }
    }
}

/// Takes out who runs.
pub(crate) struct Served;

impl Projection for Served {
    const NAME: &'static str = "served";
    const VERSION: u32 = 1;
    type Event = AssociationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AssociationEvent>) {
        let id = &event.envelope.aggregate.id;
        let (free, at) = match &event.event {
            AssociationEvent::ExecutionStarted(e) => {
                let others = e.other_platform_node_ids.iter().chain(&e.dropped_node_ids);
                for node in e.node_ids.iter().chain(&e.away_node_ids).chain(others) {
                    serve(view, id, node);
                }
                (e.node_ids.is_empty(), e.started_ms)
            }
            AssociationEvent::ExecutionFinished(e) => (true, e.finished_ms),
            AssociationEvent::AssociationDeleted(_) => return timers::cancel(view, CATCH_UP, id),
            // Who waits runs with the others, when the calendars are open.
            AssociationEvent::ExecutionHeld(_) => return timers::cancel(view, CATCH_UP, id),
            _ => return,
        };
        let waiting = view.row::<Count>(WAITING_COUNTS, id).unwrap_or_default().0;
        match free && waiting > 0 {
            true => timers::set(view, CATCH_UP, id, Timestamp(at)),
            false => timers::cancel(view, CATCH_UP, id),
        }
    }
}

fn serve(view: &mut dyn View, association: &str, node: &str) {
    let key = target::id(association, node);
    if view.row::<i64>(WAITING, &key).is_some() {
        view.remove(WAITING, key.as_bytes());
        view.update_row::<Count>(WAITING_COUNTS, association, |count| count.0 = count.0.saturating_sub(1));
    }
}
