//! OpsItems: what somebody has to look at, and what is behind it.
//!
//! Aggregates, in the stream OPSCENTER:
//! - `ops-item` (`reeve.evt.opscenter.ops-item.<id>`): something to look at, with its related items.
//! - `cause` (`reeve.evt.opscenter.cause.<group>.<fingerprint>`): something that fires behind an item.
//! - `node-watch` (`reeve.evt.opscenter.node-watch.<node>`): a node that was lost, until it is back.
//! - `ops-metadata` (`reeve.evt.opscenter.ops-metadata.<id>`): a few texts about a resource.
//!
//! Reads: the alerts of ingest, dead letters, incidents and nodes, which open items and close them, and which of these
//! default rules are disabled; the change requests of automation, each of which has an item, and approvals whose
//! time is nearly over. Takes: requests for items, on behalf of a principal. Tags are the tags service's.
//!
//! Invariants: of the items with one deduplication key, one at most is opened while another is Open or InProgress; what
//! is merged into an item changes nothing that a person set; a repeat of a firing never opens an item again, and a later
//! one opens another, related to it; how often a firing was heard of is counted from the log of ingest, where each repeat
//! stays; an event says only what changed.

mod api;
mod causes;
pub mod domain;
mod opening;
mod projections;
mod reactors;
mod reading;
mod requests;

use projections::{causes::Causes, firings::Firings, items, metadata, others, timeline};
use reeve_authz::Authorizer;
use reeve_runtime::{Consumer, Operation, Service, StripedLock};
use std::sync::Arc;

/// What the service needs.
pub struct Config {
    /// How long a node is lost before an item tells of it, in seconds.
    pub node_loss_seconds: i64,
    /// Decides whether a principal on whose behalf another service asks for an item may open one.
    pub authorizer: Arc<dyn Authorizer>,
}

/// How long a node is lost before an item tells of it, where nobody says otherwise.
pub const NODE_LOSS_SECONDS: i64 = 300;

/// The service, for a host to run.
pub fn service(config: Config) -> Service {
    let service = Service::new("opscenter")
        .aggregate::<domain::item::OpsItem>()
        .aggregate::<domain::cause::Cause>()
        .aggregate::<domain::watch::NodeWatch>()
        .aggregate::<domain::metadata::OpsMetadata>()
        .projection(items::OpsItems)
        .projection(items::RelatedItems)
        .projection(metadata::OpsMetadatas)
        .projection(timeline::ItemTimeline)
        .projection(timeline::CauseTimeline)
        .projection(Causes)
        .projection(Firings)
        .projection(others::DeadLetters)
        .projection(others::LostNodes { seconds: config.node_loss_seconds })
        .projection(others::DisabledRules);
    // Those that have one deduplication key take turns, whoever asks for them.
    let turns = Arc::new(StripedLock::default());
    let (authorizer, of_requests) = (config.authorizer, turns.clone());
    let service =
        service.request(move |request| requests::open_item(authorizer.clone(), of_requests.clone(), request));
    metadata_operations(item_operations(rules(service), turns))
}

/// What opens and closes items. None acts on what was before it was there, and none of two messages that are about one
/// item is handled beside the other.
fn rules(service: Service) -> Service {
    let one_by_one = |name| Consumer::from_now(name).in_order().concurrency(1);
    service
        .reactor(Consumer::from_now("alerts").in_order(), reactors::alerts::react)
        .reactor(Consumer::from_now("changes").in_order(), reactors::changes::react)
        .reactor(Consumer::from_now("approvals").in_order(), reactors::approvals::react)
        .reactor(one_by_one(reactors::dead_letters::CONSUMER), reactors::dead_letters::react)
        .reactor(Consumer::from_now("incidents").in_order(), reactors::incidents::react)
        .reactor(one_by_one("notifications"), reactors::notifications::react)
        .reactor(one_by_one("refused-commands"), reactors::refusals::of_commands)
        .reactor(one_by_one("refused-runbooks"), reactors::refusals::of_runbooks)
        .reactor(Consumer::from_now("nodes").in_order(), reactors::nodes::watch)
        .timer(others::NODE_LOSS, reactors::nodes::report)
        .reactor(Consumer::from_beginning("lost-nodes").in_order().concurrency(1), reactors::nodes::react)
}

fn item_operations(service: Service, turns: Arc<StripedLock>) -> Service {
    let on_item = |operation: Operation| operation.on("OpsItem", "OpsItemId");
    service
        .operation(Operation::write("ssm", "CreateOpsItem"), move |call| {
            api::items::create(turns.clone(), call)
        })
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
        .operation(Operation::read("opscenter", "ListCauses").on("OpsItem", "opsItemId"), api::causes::list)
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
