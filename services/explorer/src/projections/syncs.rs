//! Resource data syncs, and when each runs next.

use crate::domain::{ResourceDataSyncEvent, TO_DESTINATION, sync_id};
use reeve_contracts::explorer::{Destination, Source};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Resource data syncs, by `<type>/<name>`.
pub(crate) const SYNCS: &str = "syncs";
/// The timer of those that write to a destination, by the same.
pub(crate) const SYNC: &str = "sync";

/// A run begins so long after the one before it.
const INTERVAL_SECONDS: i64 = 60 * 60;
/// The same, after one that could not write.
const RETRY_SECONDS: i64 = 5 * 60;

/// Where a sync writes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DestinationRow {
    pub bucket: String,
    pub prefix: String,
    pub region: String,
    pub format: String,
}

/// Where a sync reads from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceRow {
    pub source_type: String,
    pub regions: Vec<String>,
    pub includes_future_regions: bool,
    pub enables_all_data_sources: bool,
}

/// A resource data sync.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SyncRow {
    pub name: String,
    pub sync_type: String,
    pub destination: Option<DestinationRow>,
    pub source: Option<SourceRow>,
    pub created: Timestamp,
    pub modified: Timestamp,
    /// When the last run ended, and why it could not write; empty: it could.
    pub last: Option<(Timestamp, String)>,
    pub last_success: Option<Timestamp>,
    pub rows: u64,
    pub objects: u64,
}

/// When the run after one that was due begins. It is later than that, so that a run that ended in the same millisecond moves the
/// timer as well.
fn next_run(started: Timestamp, is_success: bool) -> Timestamp {
    started.plus_seconds(if is_success { INTERVAL_SECONDS } else { RETRY_SECONDS })
}

/// Keeps [`SYNCS`] and [`SYNC`].
pub(crate) struct Syncs;

impl Projection for Syncs {
    const NAME: &'static str = "syncs";
    const VERSION: u32 = 1;
    type Event = ResourceDataSyncEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ResourceDataSyncEvent>) {
        let time = event.envelope.time;
        match &event.event {
            ResourceDataSyncEvent::ResourceDataSyncCreated(e) => {
                let row = SyncRow {
                    name: e.sync_name.clone(),
                    sync_type: e.sync_type.clone(),
                    destination: e.destination.as_ref().map(destination),
                    source: e.source.as_ref().map(source),
                    created: time,
                    modified: time,
                    ..SyncRow::default()
                };
                let id = sync_id(&e.sync_type, &e.sync_name);
                if e.sync_type == TO_DESTINATION {
                    timers::set(view, SYNC, &id, time);
                }
                view.put_row(SYNCS, &id, row);
            }
            ResourceDataSyncEvent::ResourceDataSyncUpdated(e) => {
                view.update_row(SYNCS, &sync_id(&e.sync_type, &e.sync_name), |row: &mut SyncRow| {
                    row.source = e.source.as_ref().map(source);
                    row.modified = time;
                });
            }
            ResourceDataSyncEvent::ResourceDataSyncDeleted(e) => {
                let id = sync_id(&e.sync_type, &e.sync_name);
                timers::cancel(view, SYNC, &id);
                view.remove(SYNCS, id.as_bytes());
            }
            ResourceDataSyncEvent::ResourceDataSyncRan(e) => {
                let id = sync_id(&e.sync_type, &e.sync_name);
                let finished = Timestamp(e.finished_ms);
                view.update_row(SYNCS, &id, |row: &mut SyncRow| {
                    row.last = Some((finished, e.problem.clone()));
                    if e.problem.is_empty() {
                        row.last_success = Some(finished);
                        (row.rows, row.objects) = (e.rows, e.objects);
                    }
                });
                timers::set(view, SYNC, &id, next_run(Timestamp(e.started_ms), e.problem.is_empty()));
            }
        }
    }
}

fn destination(of: &Destination) -> DestinationRow {
    DestinationRow {
        bucket: of.bucket.clone(),
        prefix: of.prefix.clone(),
        region: of.region.clone(),
        format: of.format.clone(),
    }
}

fn source(of: &Source) -> SourceRow {
    SourceRow {
        source_type: of.source_type.clone(),
        regions: of.regions.clone(),
        includes_future_regions: of.includes_future_regions,
        enables_all_data_sources: of.enables_all_data_sources,
    }
}
