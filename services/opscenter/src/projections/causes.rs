//! What fires and fired behind items, from this service's own events.

use crate::domain::cause::CauseEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// The firings behind items: keys are `<item>/<group>/<fingerprint>/<start>`.
pub(crate) const ITEM_FIRINGS: &str = "item-firings";
/// What fires behind items: keys are `<item>/<group>/<fingerprint>`.
pub(crate) const ACTIVE: &str = "active-causes";
/// What fires in groups: keys are `<group>/<fingerprint>`.
pub(crate) const ACTIVE_IN_GROUPS: &str = "active-causes-in-groups";
/// How many firings of items began and go on.
pub(crate) const COUNTS: &str = "firing-counts";

/// A firing behind an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FiringRow {
    pub group: String,
    pub fingerprint: String,
    pub start_ms: i64,
    /// Empty while it goes on.
    pub end_reason: String,
    pub ended: Timestamp,
    pub fired: Timestamp,
}

/// How many firings of an item there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub begun: u64,
    pub active: u64,
}

fn firing_key(item: &str, group: &str, fingerprint: &str, start_ms: i64) -> String {
    format!("{item}/{group}/{fingerprint}/{start_ms}")
}

/// Keeps the tables of causes.
pub(crate) struct Causes;

impl Projection for Causes {
    const NAME: &'static str = "causes";
    const VERSION: u32 = 1;
    type Event = CauseEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CauseEvent>) {
        let time = event.envelope.time;
        match &event.event {
            CauseEvent::CauseFired(e) => {
                let row = FiringRow {
                    group: e.group.clone(),
                    fingerprint: e.fingerprint.clone(),
                    start_ms: e.start_ms,
                    fired: time,
                    ..FiringRow::default()
                };
                let key = firing_key(&e.ops_item_id, &e.group, &e.fingerprint, e.start_ms);
                view.put_row(ITEM_FIRINGS, &key, row);
                view.put_row(ACTIVE, &format!("{}/{}/{}", e.ops_item_id, e.group, e.fingerprint), e.start_ms);
                view.put_row(
                    ACTIVE_IN_GROUPS,
                    &format!("{}/{}", e.group, e.fingerprint),
                    e.ops_item_id.clone(),
                );
                view.update_row(COUNTS, &e.ops_item_id, |counts: &mut Counts| {
                    (counts.begun, counts.active) = (counts.begun + 1, counts.active + 1);
                });
            }
            CauseEvent::CauseEnded(e) => {
                let active = format!("{}/{}/{}", e.ops_item_id, e.group, e.fingerprint);
                // The start is that of what ended, and the firing that is known may have begun before.
                let Some(start_ms) = view.row::<i64>(ACTIVE, &active) else { return };
                let key = firing_key(&e.ops_item_id, &e.group, &e.fingerprint, start_ms);
                view.change_row(ITEM_FIRINGS, &key, |row: &mut FiringRow| {
                    row.end_reason.clone_from(&e.reason);
                    row.ended = if e.end_ms > 0 { Timestamp(e.end_ms) } else { time };
                });
                view.remove(ACTIVE, active.as_bytes());
                view.remove(ACTIVE_IN_GROUPS, format!("{}/{}", e.group, e.fingerprint).as_bytes());
                view.change_row(COUNTS, &e.ops_item_id, |counts: &mut Counts| {
                    counts.active = counts.active.saturating_sub(1);
                });
            }
        }
    }
}
