//! The tags of every kind of resource: one owner, whatever a resource's own service is.
//!
//! - Aggregate `resource`, one for each tagged resource: subject `reeve.evt.tags.resource.<type>.<id>`, the
//!   id escaped. Events `TagsAdded` and `TagsRemoved`.
//! - The events of associations, documents, maintenance windows, nodes, OpsItems, OpsMetadata, parameters and patch baselines are consumed: each must exist to be tagged; the tags that
//!   it was created or registered with are added; when it is gone, so are its tags.
//!
//! Invariants: a resource has at most 50 tags; no key begins with `aws:`; an event says only what changed.
//! Only what exists is tagged: resources of the other types belong to services that there are not, and are refused.

mod api;
mod domain;
mod projections;
mod reactors;

pub use domain::{Command, Error, Resource, ResourceEvent, State, resource_id};

use reeve_runtime::{Consumer, Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    Service::new("tags")
        .aggregate::<Resource>()
        .projection(projections::Associations)
        .projection(projections::Documents)
        .projection(projections::MaintenanceWindows)
        .projection(projections::Nodes)
        .projection(projections::OpsItems)
        .projection(projections::OpsMetadata)
        .projection(projections::Parameters)
        .projection(projections::PatchBaselines)
        // One at a time and so in order: a document that is made anew keeps the tags of its new creation.
        .reactor(Consumer::from_beginning("associations").in_order(), reactors::on_association)
        .reactor(Consumer::from_beginning("documents").in_order(), reactors::on_document)
        .reactor(Consumer::from_beginning("maintenance-windows").in_order(), reactors::on_maintenance_window)
        .reactor(Consumer::from_beginning("nodes").in_order(), reactors::on_node)
        .reactor(Consumer::from_beginning("ops-items").in_order(), reactors::on_ops_item)
        .reactor(Consumer::from_beginning("ops-metadata").in_order(), reactors::on_ops_metadata)
        .reactor(Consumer::from_beginning("parameters").in_order(), reactors::on_parameter)
        .reactor(Consumer::from_beginning("patch-baselines").in_order(), reactors::on_patch_baseline)
        .operation(
            Operation::write("ssm", "AddTagsToResource").on("@ResourceType", "ResourceId"),
            api::add_tags,
        )
        .operation(
            Operation::write("ssm", "RemoveTagsFromResource").on("@ResourceType", "ResourceId"),
            api::remove_tags,
        )
        .operation(
            Operation::read("ssm", "ListTagsForResource").on("@ResourceType", "ResourceId"),
            api::list_tags,
        )
}
