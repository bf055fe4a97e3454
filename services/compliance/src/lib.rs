//! Compliance: what resources comply with and what not, by type; as AWS's Compliance.
//!
//! - Aggregate `compliance`, one for each resource and type: subject `reeve.evt.compliance.compliance.<resource>.<type>`.
//!   Event `ComplianceChanged`, which is the difference: of items that somebody put.
//! - Reads: the events of nodes; the inventory's of `AWS:PatchCompliance` and `AWS:PatchSummary`, which are the items of the
//!   type Patch. Where somebody put items of that type as well, those of the later execution count. State-manager's and
//!   run-command's, of which the items of the type Association are made when they are read.
//!
//! Invariants: items that are refused leave nothing behind; a difference is said to what is known, by the count of changes,
//! and to nothing else; the parts of a large change are in force together; handling an event costs what differs, whatever the
//! fleet and the resource hold.

mod api;
mod associations;
mod domain;
mod projections;
mod reactors;
mod reading;
mod taking;

pub use domain::{Command, Compliance, ComplianceEvent, Error, Execution, State, compliance_id};

use reeve_runtime::{Consumer, Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    let put = Operation::write("ssm", "PutComplianceItems").on("ManagedInstance", "ResourceId");
    let items = Operation::read("ssm", "ListComplianceItems").on("ManagedInstance", "ResourceIds");
    Service::new("compliance")
        .aggregate::<Compliance>()
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(reeve_fleet::associations::Associations)
        .projection(reeve_fleet::associations::AssociationCommands)
        .projection(reeve_fleet::associations::Outcomes)
        .projection(projections::Put)
        .projection(projections::Scanned)
        .reactor(Consumer::from_beginning("deregistration"), reactors::forget_node)
        .operation(put, api::put::put)
        .operation(items, api::items::list)
        .operation(Operation::read("ssm", "ListComplianceSummaries"), api::summaries::by_type)
        .operation(Operation::read("ssm", "ListResourceComplianceSummaries"), api::summaries::by_resource)
}
