//! The state of the fleet at a glance, and exports of it; as AWS's Explorer.
//!
//! - Aggregate `resource-data-sync`, by type and name: subject `reeve.evt.explorer.resource-data-sync.<type>.<name>`. Where data
//!   is written to, or comes from, and how the last run went.
//! - Reads: OpsItems, incidents, nodes, what nodes comply with, what associations did, and inventories.
//!
//! Invariants: handling an event costs what differs, whatever the fleet holds; things that are alike are counted in a row of
//! theirs, and what no row was ever known of is not there, never zero; an export is written where the operator lets exports be
//! written, and nowhere that a caller chooses; what a sync tells of its last run is what happened.

mod aggregators;
mod api;
mod data;
mod domain;
mod export;
mod filters;
mod projections;
mod reactors;

pub use data::Place;
pub use domain::{Command, Error, ResourceDataSync, ResourceDataSyncEvent, Run, State, sync_id};
pub use export::{S3, Store};

use reeve_runtime::{Operation, Service};
use std::sync::Arc;

/// What the service needs.
pub struct Config {
    pub place: Place,
    /// Where exports are written; none: nowhere.
    pub store: Option<Store>,
}

/// As many syncs write at a time.
const CONCURRENT_SYNCS: usize = 2;

/// The service, for a host to run.
pub fn service(config: Config) -> Service {
    let config = Arc::new(config);
    let (of_timer, of_create, of_update) = (config.clone(), config.clone(), config);
    let sync = |operation: Operation| operation.on("ResourceDataSync", "SyncName");
    Service::new("explorer")
        .aggregate::<ResourceDataSync>()
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(reeve_fleet::associations::Associations)
        .projection(reeve_fleet::associations::AssociationCommands)
        .projection(reeve_fleet::associations::Outcomes)
        .projection(projections::OpsItems)
        .projection(projections::Incidents)
        .projection(projections::Put)
        .projection(projections::Scanned)
        .projection(projections::Inventories)
        .projection(projections::Syncs)
        .concurrent_timer(projections::SYNC, CONCURRENT_SYNCS, move |timer| {
            reactors::sync(of_timer.clone(), timer)
        })
        .operation(Operation::read("ssm", "GetOpsSummary"), api::summary::get)
        .operation(sync(Operation::write("ssm", "CreateResourceDataSync")), move |call| {
            api::syncs::create(of_create.clone(), call)
        })
        .operation(sync(Operation::write("ssm", "UpdateResourceDataSync")), move |call| {
            api::syncs::update(of_update.clone(), call)
        })
        .operation(sync(Operation::write("ssm", "DeleteResourceDataSync")), api::syncs::delete)
        .operation(Operation::read("ssm", "ListResourceDataSync"), api::syncs::list)
}
