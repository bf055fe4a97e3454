//! The tags of every kind of resource: one owner, whatever a resource's own service is.
//!
//! - Aggregate `resource`, one for each tagged resource: subject `reeve.evt.tags.resource.<type>.<id>`, the
//!   id escaped. Events `TagsAdded` and `TagsRemoved`.
//! - The documents' and the nodes' events are consumed: a document or node must exist to be tagged; the
//!   tags that a document was created with and a node registered with are added; when one is gone, so are
//!   its tags.
//!
//! Invariants: a resource has at most 50 tags; no key begins with `aws:`; an event says only what changed.
//! Resources of the other types are not known here, so their ids are taken as they come.

mod api;
mod domain;
mod projections;
mod reactors;

pub use domain::{Command, Error, Resource, ResourceEvent, State, resource_id};

use reeve_runtime::Service;

/// The service, for a host to run.
pub fn service() -> Service {
    Service::new("tags")
        .aggregate::<Resource>()
        .projection(projections::Documents)
        .projection(projections::Nodes)
        // One at a time and so in order: a document that is made anew keeps the tags of its new creation.
        .reactor("documents", 1, reactors::on_document)
        .reactor("nodes", 1, reactors::on_node)
        .operation("ssm", "AddTagsToResource", api::add_tags)
        .on("@ResourceType", "ResourceId")
        .operation("ssm", "RemoveTagsFromResource", api::remove_tags)
        .on("@ResourceType", "ResourceId")
        .operation("ssm", "ListTagsForResource", api::list_tags)
        .on("@ResourceType", "ResourceId")
}
