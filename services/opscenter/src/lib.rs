//! OpsItems: what somebody has to look at, and what is behind it.
//!
//! Aggregates, in the stream OPSCENTER:
//! - `ops-item` (`reeve.evt.opscenter.ops-item.<id>`): something to look at, with its related items.
//! - `cause` (`reeve.evt.opscenter.cause.<group>.<fingerprint>`): something that fires behind an item.
//! - `ops-metadata` (`reeve.evt.opscenter.ops-metadata.<id>`): a few texts about a resource.
//!
//! Tags of both are the tags service's.
//!
//! Invariants: of the items with one deduplication key, one at most is opened while another is Open or InProgress; what
//! is merged into an item changes nothing that a person set; a repeat of a firing never opens an item again; an event
//! says only what changed.

mod api;
pub mod domain;
mod opening;
mod projections;
mod reading;
mod timeline;

use reeve_runtime::{Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    let service = Service::new("opscenter")
        .aggregate::<domain::item::OpsItem>()
        .aggregate::<domain::cause::Cause>()
        .aggregate::<domain::metadata::OpsMetadata>()
        .projection(projections::OpsItems)
        .projection(projections::RelatedItems)
        .projection(projections::OpsMetadatas)
        .projection(timeline::ItemTimeline)
        .projection(timeline::CauseTimeline);
    metadata_operations(item_operations(service))
}

fn item_operations(service: Service) -> Service {
    let on_item = |operation: Operation| operation.on("OpsItem", "OpsItemId");
    service
        .operation(Operation::write("ssm", "CreateOpsItem"), api::items::create)
        .operation(on_item(Operation::read("ssm", "GetOpsItem")), api::items::get)
        .operation(on_item(Operation::write("ssm", "UpdateOpsItem")), api::items::update)
        .operation(on_item(Operation::write("ssm", "DeleteOpsItem")), api::items::delete)
        .operation(Operation::read("ssm", "DescribeOpsItems"), api::describe::describe)
        .operation(on_item(Operation::write("ssm", "AssociateOpsItemRelatedItem")), api::related::associate)
        .operation(
            on_item(Operation::write("ssm", "DisassociateOpsItemRelatedItem")),
            api::related::disassociate,
        )
        .operation(on_item(Operation::read("ssm", "ListOpsItemRelatedItems")), api::related::list)
        .operation(Operation::read("ssm", "ListOpsItemEvents"), api::events::list)
}

fn metadata_operations(service: Service) -> Service {
    let on_metadata = |operation: Operation| operation.on("OpsMetadata", "OpsMetadataArn");
    service
        .operation(
            Operation::write("ssm", "CreateOpsMetadata").on("OpsMetadata", "ResourceId"),
            api::metadata::create,
        )
        .operation(on_metadata(Operation::read("ssm", "GetOpsMetadata")), api::metadata::get)
        .operation(on_metadata(Operation::write("ssm", "UpdateOpsMetadata")), api::metadata::update)
        .operation(on_metadata(Operation::write("ssm", "DeleteOpsMetadata")), api::metadata::delete)
        .operation(Operation::read("ssm", "ListOpsMetadata"), api::metadata::list)
}
