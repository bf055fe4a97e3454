//! The replication set as it is answered.

use crate::domain::{
    replication::ReplicationSetEvent,
    tags::{self, Tags},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// The replication set.
pub(crate) const REPLICATION_SET: &str = "replication-set";
/// The one key of [`REPLICATION_SET`].
pub(crate) const THIS: &str = "this";

/// The replication set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ReplicationSetRow {
    pub set_id: String,
    pub region: String,
    pub kms_key_id: String,
    pub is_protected: bool,
    pub tags: Tags,
    pub created: Timestamp,
    pub created_by: String,
    pub changed: Timestamp,
    pub changed_by: String,
}

/// Keeps [`REPLICATION_SET`].
pub(crate) struct Replication;

impl Projection for Replication {
    const NAME: &'static str = "replication";
    const VERSION: u32 = 2;
    type Event = ReplicationSetEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ReplicationSetEvent>) {
        let (time, actor) = (event.envelope.time, &event.envelope.actor);
        let mut change = |change: &dyn Fn(&mut ReplicationSetRow)| {
            view.change_row(REPLICATION_SET, THIS, |row: &mut ReplicationSetRow| change(row));
        };
        match &event.event {
            ReplicationSetEvent::ReplicationSetCreated(e) => {
                let row = ReplicationSetRow {
                    set_id: e.set_id.clone(),
                    region: e.region.clone(),
                    kms_key_id: e.kms_key_id.clone(),
                    is_protected: false,
                    tags: tags::of(&e.tags),
                    created: time,
                    created_by: actor.clone(),
                    changed: time,
                    changed_by: actor.clone(),
                };
                view.put_row(REPLICATION_SET, THIS, row);
            }
            ReplicationSetEvent::DeletionProtectionChanged(e) => change(&|row| {
                (row.is_protected, row.changed) = (e.is_protected, time);
                row.changed_by.clone_from(actor);
            }),
            ReplicationSetEvent::ReplicationSetTagged(e) => {
                change(&|row| row.tags.extend(tags::of(&e.tags)));
            }
            ReplicationSetEvent::ReplicationSetUntagged(e) => {
                change(&|row| row.tags.retain(|key, _| !e.keys.contains(key)));
            }
            ReplicationSetEvent::ReplicationSetDeleted(_) => view.remove(REPLICATION_SET, THIS.as_bytes()),
        }
    }
}
