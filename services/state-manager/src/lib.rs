//! State Manager: associations, which keep nodes as documents say, by schedules; as AWS's State Manager.
//!
//! - Aggregate `association`, by id: subject `reeve.evt.state-manager.association.<id>`. What is to run where and when, and each
//!   of its executions.
//! - Aggregate `target`: subject `reeve.evt.state-manager.target.<association>.<node>`. A node that joined or returned.
//! - Aggregate `drift`: subject `reeve.evt.state-manager.drift.<association>.<node>`. What a node lacks of what an association wants.
//! - Reads: the events of documents, nodes, tags and calendars; run-command's, for what came of its commands.
//! - Asks: run-command, on behalf of who made or last changed the association. An execution's id is its command's.
//!
//! Invariants: an instant of an association's schedule fires once, whatever restarts and however many replicas there are; what
//! was due while nothing ran is made up for by one execution; of an association's executions one runs at a time; a node
//! runs once for each firing, also when it was away at that instant or became a target later; what is due while a calendar of the
//! association is closed is held, and runs once when all of them are open; what still runs when its Duration is over is cancelled.

mod api;
pub mod domain;
mod projections;
mod reactors;
mod shape;

use domain::{association::Association, drift::Drift, target::Target};
use projections::{CATCH_UP, FIRE, TIME};
use reeve_runtime::{Consumer, Operation, Service};

/// As many of the nodes that return together are looked at together: each waits for the views first, and all of them share that.
const MAX_CONCURRENT_NODES: usize = 256;

/// The service, for a host to run.
pub fn service() -> Service {
    let service = Service::new("state-manager")
        .asks(&["run-command"])
        .aggregate::<Association>()
        .aggregate::<Target>()
        .aggregate::<Drift>()
        .projection(reeve_fleet::Documents::<projections::ContentRow>::default())
        .projection(reeve_fleet::Nodes)
        .projection(reeve_fleet::node_tags())
        .projection(reeve_fleet::Calendars)
        .projection(projections::Commands)
        .projection(projections::Invocations)
        .projection(projections::Associations)
        .projection(projections::Executions)
        .projection(projections::Served)
        .projection(projections::Waiting)
        .projection(projections::Drifts)
        .timer(FIRE, reactors::fire)
        .timer(CATCH_UP, reactors::catch_up)
        .timer(TIME, reactors::end_time)
        .reactor(Consumer::from_beginning("begin"), reactors::begin)
        .reactor(Consumer::from_now("calendars"), reactors::follow_calendar)
        .reactor(Consumer::from_now("end"), reactors::end)
        .reactor(Consumer::from_now("documents"), reactors::follow_document)
        .reactor(Consumer::from_now("returned").concurrency(MAX_CONCURRENT_NODES), reactors::returned)
        .reactor(
            Consumer::from_now("drift-runs").concurrency(MAX_CONCURRENT_NODES),
            reactors::drift::follow_run,
        )
        .reactor(Consumer::from_now("drift-firings"), reactors::drift::follow_association)
        .reactor(Consumer::from_now("tagged").concurrency(MAX_CONCURRENT_NODES), reactors::tagged);
    executions(associations(service))
}

/// An operation on an association that the input names.
fn on_association(operation: Operation) -> Operation {
    operation.on("Association", "AssociationId")
}

fn associations(service: Service) -> Service {
    let on_old = |operation: Operation| {
        on_association(operation).on("Document", "Name").on("ManagedInstance", "InstanceId")
    };
    let batch = Operation::write("ssm", "CreateAssociationBatch").on("Document", "Entries.Name");
    service
        .operation(Operation::write("ssm", "CreateAssociation").on("Document", "Name"), api::create::create)
        .operation(batch, api::create::batch)
        .operation(on_association(Operation::write("ssm", "UpdateAssociation")), api::change::update)
        .operation(
            Operation::write("ssm", "UpdateAssociationStatus")
                .on("Document", "Name")
                .on("ManagedInstance", "InstanceId"),
            api::change::update_status,
        )
        .operation(on_old(Operation::write("ssm", "DeleteAssociation")), api::change::delete)
        .operation(
            Operation::write("ssm", "StartAssociationsOnce").on("Association", "AssociationIds"),
            api::change::start_once,
        )
        .operation(on_old(Operation::read("ssm", "DescribeAssociation")), api::list::describe)
        .operation(Operation::read("ssm", "ListAssociations"), api::list::list)
        .operation(on_association(Operation::read("ssm", "ListAssociationVersions")), api::list::versions)
}

fn executions(service: Service) -> Service {
    let node = |operation: Operation| operation.on("ManagedInstance", "InstanceId");
    let preview = Operation::read("state-manager", "PreviewAssociation").on("Association", "associationId");
    service
        .operation(
            on_association(Operation::read("ssm", "DescribeAssociationExecutions")),
            api::executions::list,
        )
        .operation(
            on_association(Operation::read("ssm", "DescribeAssociationExecutionTargets")),
            api::executions::targets,
        )
        .operation(
            node(Operation::read("ssm", "DescribeEffectiveInstanceAssociations")),
            api::nodes::effective,
        )
        .operation(node(Operation::read("ssm", "DescribeInstanceAssociationsStatus")), api::nodes::status)
        .operation(preview, api::nodes::preview)
        .operation(
            Operation::write("state-manager", "AuditAssociations").on("Association", "associationIds"),
            api::drift::audit,
        )
        .operation(
            Operation::read("state-manager", "ListDrift").on("Association", "associationId"),
            api::drift::list,
        )
}
