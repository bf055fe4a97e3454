//! The nodes that are not as associations want them.

use crate::domain::{drift::DriftEvent, target};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// What differs at present, by `<association>/<node>`.
pub(crate) const DRIFTS: &str = "drifts";

/// What differs on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DriftRow {
    pub version: u32,
    pub execution_id: String,
    pub cause: String,
    pub step: String,
    pub output: String,
    pub is_check: bool,
    /// When it was first found, whatever it has become since.
    pub since_ms: i64,
    pub found_ms: i64,
}

/// Keeps [`DRIFTS`].
pub(crate) struct Drifts;

impl Projection for Drifts {
    const NAME: &'static str = "drifts";
    const VERSION: u32 = 1;
    type Event = DriftEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DriftEvent>) {
        match &event.event {
            DriftEvent::DriftFound(e) => {
                let key = target::id(&e.association_id, &e.node_id);
                let before: Option<DriftRow> = view.row(DRIFTS, &key);
                let row = DriftRow {
                    version: e.version,
                    execution_id: e.execution_id.clone(),
                    cause: e.cause.clone(),
                    step: e.step.clone(),
                    output: e.output.clone(),
                    is_check: e.is_check,
                    since_ms: before.map_or(e.found_ms, |before| before.since_ms),
                    found_ms: e.found_ms,
                };
                view.put_row(DRIFTS, &key, row);
            }
            DriftEvent::DriftEnded(e) => {
                view.remove(DRIFTS, target::id(&e.association_id, &e.node_id).as_bytes());
            }
        }
    }
}
