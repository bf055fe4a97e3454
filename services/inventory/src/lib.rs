//! Inventory: what nodes have, what of it changed, and what is known of why.
//!
//! - Aggregate `inventory`, one for each node and type: subject `reeve.evt.inventory.inventory.<node>.<type>`. Events
//!   `InventoryChanged`, which is the difference, and `InventoryCollectionFailed`.
//! - Aggregate `deletion`, by its id: subject `reeve.evt.inventory.deletion.<id>`. Events `InventoryDeletionStarted`,
//!   `InventoryDeletionCompleted`: of a custom type from all nodes.
//! - Reads: the events of nodes, tags and run-command; what nodes report of their inventory (stream NODE_REPORTS).
//!
//! Invariants: a difference is said to what is known, by its hash, and to nothing else; an unchanged collection is no event;
//! the parts of a large change are in force together; a collection that did not come to its end changes nothing; handling an
//! event costs what differs, whatever the fleet and the inventory hold.

mod api;
mod domain;
mod inbox;
mod projections;
mod reactors;
mod reading;
mod taking;

pub use domain::{Command, Error, Inventory, InventoryEvent, State, inventory_id};

use reeve_jetstream::{rights::Rights, streams::NODE_REPORTS};
use reeve_runtime::{Consumer, Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    Service::new("inventory")
        .may(Rights::default().getting(NODE_REPORTS))
        .aggregate::<Inventory>()
        .aggregate::<domain::deletion::Deletion>()
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(projections::Inventories)
        .projection(projections::Deletions)
        .projection(projections::Invocations)
        .projection(projections::PatchRuns)
        .inbox(
            Consumer::from_beginning("reports").concurrency(64),
            NODE_REPORTS,
            "reeve.report.*.inventory.*.*",
            inbox::report,
        )
        .reactor(Consumer::from_beginning("delete"), reactors::delete)
        .reactor(Consumer::from_beginning("deregistration"), reactors::forget_node)
        .agent_endpoint("InventoryHashes", "inventory", api::hashes::tell)
        .operation(Operation::write("ssm", "PutInventory").on("ManagedInstance", "InstanceId"), api::put::put)
        .operation(
            Operation::read("inventory", "GetNodeInventory").on("ManagedInstance", "nodeId"),
            api::changes::of_node,
        )
        .operation(Operation::read("inventory", "ListInventoryChanges"), api::changes::list)
        .operation(Operation::read("ssm", "GetInventory"), api::query::get)
        .operation(Operation::read("ssm", "GetInventorySchema"), api::schema::get)
        .operation(
            Operation::read("ssm", "ListInventoryEntries").on("ManagedInstance", "InstanceId"),
            api::list::list,
        )
        .operation(Operation::write("ssm", "DeleteInventory"), api::deletions::delete)
        .operation(Operation::read("ssm", "DescribeInventoryDeletions"), api::deletions::describe)
}
