//! The tags of every kind of resource: one owner, whatever a resource's own service is.
//!
//! - Aggregate `resource`, one for each tagged resource: subject `reeve.evt.tags.resource.<type>.<id>`, the
//!   id escaped. Events `TagsAdded` and `TagsRemoved`.
//! - The events of associations, documents, maintenance windows, nodes, OpsItems, OpsMetadata, parameters
//!   and patch baselines are consumed: each must exist to be tagged; the tags that it was created or
//!   registered with are added; when it is gone, so are its tags.
//!
//! Invariants: a resource has at most 50 tags; no key begins with `aws:`; an event says only what changed.
//! Only what exists is tagged: resources of the other types belong to services that there are not, and are refused.

mod api;
mod domain;
mod projections;
mod reactors;
mod resources;

pub use domain::{Command, Error, Resource, ResourceEvent, State, resource_id};

use reeve_contracts::{
    documents::DocumentEvent,
    maintenance_windows::WindowEvent,
    nodes::NodeEvent,
    opscenter::{OpsItemEvent, OpsMetadataEvent},
    parameters::ParameterEvent,
    patching::BaselineEvent,
    state_manager::AssociationEvent,
};
use reeve_runtime::{Consumer, Operation, Service};
use resources::Tagged;

/// The service, for a host to run.
pub fn service() -> Service {
    let service = Service::new("tags").aggregate::<Resource>();
    let service = kind::<AssociationEvent>(service);
    let service = kind::<DocumentEvent>(service);
    let service = kind::<WindowEvent>(service);
    let service = kind::<NodeEvent>(service);
    let service = kind::<OpsItemEvent>(service);
    let service = kind::<OpsMetadataEvent>(service);
    let service = kind::<ParameterEvent>(service);
    let service = kind::<BaselineEvent>(service);
    service
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

/// The service with a kind of resource that can be tagged.
fn kind<E: Tagged>(service: Service) -> Service {
    // One at a time and so in order: a document that is made anew keeps the tags of its new creation.
    let consumer = Consumer::from_beginning(E::TABLE).in_order();
    service.projection(projections::Existing::<E>::default()).reactor(consumer, reactors::follow::<E>)
}
