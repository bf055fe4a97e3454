//! Deletions as they are answered, and the schemas that were disabled.

use super::custom_types::{CUSTOM_TYPES, CustomTypeRow};
use crate::domain::{InventoryEvent, deletion::DeletionEvent};
use reeve_contracts::inventory::InventoryChanged;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Deletions by id.
pub(crate) const DELETIONS: &str = "deletions";
/// Of custom types, the version up to which nothing is taken any more.
pub(crate) const DISABLED: &str = "disabled-schemas";

/// A deletion.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DeletionRow {
    pub type_name: String,
    pub started: Timestamp,
    pub changed: Timestamp,
    pub complete: bool,
    /// By version: how many nodes had something, and how many still have.
    pub versions: BTreeMap<String, (u64, u64)>,
}

/// Keeps [`DELETIONS`] and [`DISABLED`].
pub(crate) struct Deletions;

impl Projection for Deletions {
    const NAME: &'static str = "deletions";
    const VERSION: u32 = 1;
    type Event = DeletionEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DeletionEvent>) {
        let changed = event.envelope.time;
        match &event.event {
            DeletionEvent::InventoryDeletionStarted(e) => {
                let versions = e.versions.iter().map(|of| (of.version.clone(), (of.nodes, of.nodes)));
                let row = DeletionRow {
                    type_name: e.type_name.clone(),
                    started: changed,
                    changed,
                    complete: false,
                    versions: versions.collect(),
                };
                view.put_row(DELETIONS, &e.deletion_id, row);
                if !e.disabled_version.is_empty() {
                    view.put_row(DISABLED, &e.type_name, e.disabled_version.clone());
                }
            }
            DeletionEvent::InventoryDeletionCompleted(e) => {
                view.change_row(DELETIONS, &e.deletion_id, |row: &mut DeletionRow| {
                    (row.complete, row.changed) = (true, changed);
                    row.versions.values_mut().for_each(|(_, left)| *left = 0);
                });
                if e.schema_option == "DeleteSchema" {
                    view.remove(CUSTOM_TYPES, e.type_name.as_bytes());
                    view.remove(DISABLED, e.type_name.as_bytes());
                }
            }
        }
    }
}

/// Counts a node from which a deletion has taken its type.
pub(super) fn take_away(
    view: &mut dyn View,
    event: &Recorded<InventoryEvent>,
    e: &InventoryChanged,
    version: &str,
) {
    view.change_row(DELETIONS, &e.deletion_id, |row: &mut DeletionRow| {
        row.changed = event.envelope.time;
        if let Some((_, left)) = row.versions.get_mut(version) {
            *left = left.saturating_sub(1);
        }
    });
}

/// The version of a type that was disabled, if there is one.
pub(crate) fn disabled(views: &reeve_runtime::Store, type_name: &str) -> Option<String> {
    views.get(DISABLED, type_name)
}

/// The newest version of a custom type that was put.
pub(crate) fn newest(views: &reeve_runtime::Store, type_name: &str) -> Option<String> {
    views.get::<CustomTypeRow>(CUSTOM_TYPES, type_name).map(|row| row.version)
}
