//! OpsMetadata.

use crate::domain::metadata::{OpsMetadataEvent, State as Metadata};
use reeve_eventsourcing::{Envelope, Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// OpsMetadata by id.
pub(crate) const METADATA: &str = "ops-metadata";

/// OpsMetadata as it is answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct MetadataRow {
    pub metadata: Metadata,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub modified_by: String,
}

/// Keeps [`METADATA`].
pub(crate) struct OpsMetadatas;

impl Projection for OpsMetadatas {
    const NAME: &'static str = "ops-metadata";
    const VERSION: u32 = 1;
    type Event = OpsMetadataEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsMetadataEvent>) {
        let Envelope { time, actor, aggregate, .. } = &*event.envelope;
        let mut row: MetadataRow = view.row(METADATA, &aggregate.id).unwrap_or_default();
        match &event.event {
            OpsMetadataEvent::OpsMetadataDeleted(_) => return view.remove(METADATA, aggregate.id.as_bytes()),
            OpsMetadataEvent::OpsMetadataCreated(_) => row.created = *time,
            OpsMetadataEvent::OpsMetadataUpdated(_) => {}
        }
        row.metadata = row.metadata.after(&event.event);
        (row.modified, row.modified_by) = (*time, actor.clone());
        view.put_row(METADATA, &aggregate.id, row);
    }
}
