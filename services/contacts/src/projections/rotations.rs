//! Rotations with their settings as they were from when on, and their overrides.

use crate::domain::{
    rotation::RotationEvent,
    tags::{self, Tags},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// Rotations by id, deleted ones too: what they said of the past stays.
pub(crate) const ROTATIONS: &str = "rotations";

/// Settings that count from an instant on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub contacts: Vec<String>,
    pub start_ms: i64,
    pub time_zone: String,
    pub recurrence_json: String,
    pub from_ms: i64,
}

/// An override.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OverrideRow {
    pub override_id: String,
    pub contacts: Vec<String>,
    pub start_ms: i64,
    pub end_ms: i64,
    pub created_ms: i64,
    pub deleted_ms: Option<i64>,
}

/// A rotation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RotationRow {
    pub rotation_id: String,
    pub name: String,
    pub versions: Vec<VersionRow>,
    pub overrides: Vec<OverrideRow>,
    pub deleted_ms: Option<i64>,
    pub tags: Tags,
    pub account: String,
    pub region: String,
}

impl RotationRow {
    /// The settings as they are.
    pub fn settings(&self) -> VersionRow {
        self.versions.last().cloned().unwrap_or_default()
    }
}

/// Keeps [`ROTATIONS`].
pub(crate) struct Rotations;

impl Projection for Rotations {
    const NAME: &'static str = "rotations";
    const VERSION: u32 = 1;
    type Event = RotationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<RotationEvent>) {
        if let RotationEvent::RotationCreated(e) = &event.event {
            let version = VersionRow {
                contacts: e.contacts.clone(),
                start_ms: e.start_ms,
                time_zone: e.time_zone.clone(),
                recurrence_json: e.recurrence_json.clone(),
                from_ms: e.effective_ms,
            };
            let mut row = RotationRow {
                rotation_id: e.rotation_id.clone(),
                name: e.name.clone(),
                versions: vec![version],
                account: e.account.clone(),
                region: e.region.clone(),
                ..RotationRow::default()
            };
            tags::add(&mut row.tags, &e.tags);
            return view.put_row(ROTATIONS, &e.rotation_id, row);
        }
        let id = &event.envelope.aggregate.id;
        view.change_row::<RotationRow, _>(ROTATIONS, id, |row| change(row, &event.event));
    }
}

fn change(row: &mut RotationRow, event: &RotationEvent) {
    match event {
        RotationEvent::RotationCreated(_) => {}
        RotationEvent::RotationUpdated(e) => row.versions.push(VersionRow {
            contacts: e.contacts.clone(),
            start_ms: e.start_ms,
            time_zone: e.time_zone.clone(),
            recurrence_json: e.recurrence_json.clone(),
            from_ms: e.effective_ms,
        }),
        RotationEvent::RotationDeleted(e) => row.deleted_ms = Some(e.effective_ms),
        RotationEvent::OverrideCreated(e) => row.overrides.push(OverrideRow {
            override_id: e.override_id.clone(),
            contacts: e.contacts.clone(),
            start_ms: e.start_ms,
            end_ms: e.end_ms,
            created_ms: e.created_ms,
            deleted_ms: None,
        }),
        RotationEvent::OverrideDeleted(e) => {
            for over in row.overrides.iter_mut().filter(|over| over.override_id == e.override_id) {
                over.deleted_ms = Some(e.deleted_ms);
            }
        }
        RotationEvent::RotationTagged(e) => tags::add(&mut row.tags, &e.tags),
        RotationEvent::RotationUntagged(e) => row.tags.retain(|key, _| !e.keys.contains(key)),
    }
}
