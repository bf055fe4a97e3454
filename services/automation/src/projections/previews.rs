//! What runbooks would do, as somebody has asked.

use crate::domain::preview::PreviewEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// Previews by id.
pub(crate) const PREVIEWS: &str = "previews";

/// A preview.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PreviewRow {
    pub id: String,
    pub status: String,
    pub message: String,
    pub mutating: u32,
    pub non_mutating: u32,
    pub undetermined: u32,
    pub target_key: String,
    pub targets: u32,
    pub region: String,
    pub previewed_ms: i64,
}

/// Keeps [`PREVIEWS`].
pub(crate) struct Previews;

impl Projection for Previews {
    const NAME: &'static str = "previews";
    const VERSION: u32 = 1;
    type Event = PreviewEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<PreviewEvent>) {
        let PreviewEvent::ExecutionPreviewed(e) = &event.event;
        let row = PreviewRow {
            id: e.preview_id.clone(),
            status: e.status.clone(),
            message: e.message.clone(),
            mutating: e.mutating_steps,
            non_mutating: e.non_mutating_steps,
            undetermined: e.undetermined_steps,
            target_key: e.target_key.clone(),
            targets: e.target_count,
            region: e.region.clone(),
            previewed_ms: e.previewed_ms,
        };
        view.put_row(PREVIEWS, &e.preview_id, row);
    }
}
