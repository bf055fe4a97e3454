//! Events to rows: what the summary counts, and the syncs. A table is written from one stream.

mod compliance;
mod incidents;
mod inventory;
mod ops_items;
mod syncs;

pub(crate) use compliance::{
    ASSOCIATION, ASSOCIATIONS_SAID, ASSOCIATIONS_SAID_ALL, COMPLIANCE_PUT, COMPLIANCE_SCANNED, GroupRow, Put,
    SaidAt, SaidRow, Scanned,
};
pub(crate) use incidents::{INCIDENTS, IncidentRow, Incidents};
pub(crate) use inventory::{COLLECTIONS, CollectionRow, ENTRY_GROUPS, EntryGroupRow, GROUPED, Inventories};
pub(crate) use ops_items::{DAYS, DayRow, OPS_ITEMS, OpsItemRow, OpsItems};
pub(crate) use syncs::{DestinationRow, SYNC, SYNCS, SyncRow, Syncs};
