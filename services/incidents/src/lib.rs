//! Incidents: what is wrong, how bad it is, what was done about it and when that was known; as AWS's Incident Manager.
//!
//! - Aggregate `response-plan`, by name: subject `reeve.evt.incidents.response-plan.<name>`. What an incident begins with.
//! - Aggregate `incident`, by id: subject `reeve.evt.incidents.incident.<id>`. Its id follows from its deduplication
//!   string and from how many incidents that had before, so that of many triggers at once one starts it.
//! - Aggregate `timeline-event`, by incident and id: subject `reeve.evt.incidents.timeline-event.<incident>.<id>`. What
//!   people write; what Reeve says itself on a timeline is made from the incident's own events.
//! - Aggregate `replication-set`: subject `reeve.evt.incidents.replication-set.this`. This installation.
//! - Takes: requests for incidents, on behalf of a principal.
//! - Reads: the OpsItems that opscenter opens for incidents, what became of engagements and runbooks, and what ran on nodes and how their
//!   inventories differ, which are an incident's findings.
//! - Asks: the contacts service to engage a plan's contacts when an incident starts, and to stop when it is over; automation to
//!   start the plan's runbook, whose execution is then a related item. What a plan names that nobody here can do (topics), and a
//!   runbook that was refused, is on the timeline as not begun.
//!
//! Invariants: of the incidents of one deduplication string one is open at most; one that is over takes no trigger any
//! more; what happened has two times, when it happened and when it was known, and the second is the log's.

mod api;
mod domain;
mod projections;
mod reactors;
mod requests;
mod shape;
mod starting;

pub use domain::{incident, plan, replication, timeline};

use reeve_authz::Authorizer;
use reeve_runtime::{Consumer, Operation, Service, StripedLock};
use std::sync::Arc;

/// The API whose operations these are.
const API: &str = "ssm-incidents";

/// The service, for a host to run. The authorizer decides whether a principal on whose behalf another service asks for an
/// incident may start one.
pub fn service(authorizer: Arc<dyn Authorizer>) -> Service {
    let turns = Arc::new(StripedLock::default());
    let of_requests = turns.clone();
    let service = Service::new("incidents")
        .asks(&["automation", "contacts"])
        .aggregate::<plan::Plan>()
        .aggregate::<incident::Incident>()
        .aggregate::<timeline::TimelineEvent>()
        .aggregate::<replication::ReplicationSet>()
        .projection(projections::Plans)
        .projection(projections::Incidents)
        .projection(projections::Timeline)
        .projection(projections::Replication)
        .projection(projections::Commands)
        .projection(projections::Runs)
        .projection(projections::Differences)
        .request(move |request| requests::start(authorizer.clone(), of_requests.clone(), request))
        .reactor(Consumer::from_now("actions"), reactors::begin_actions)
        .reactor(Consumer::from_now("runbooks"), reactors::runbooks::start)
        .reactor(Consumer::from_now("executions"), reactors::runbooks::tell)
        // In order: what ends was asked for before.
        .reactor(Consumer::from_now("engage").in_order(), reactors::engage_contacts)
        .reactor(Consumer::from_now("engagements").in_order(), reactors::tell_engagement)
        .reactor(Consumer::from_beginning("ops-items"), reactors::relate_ops_item);
    let service = timeline_operations(incident_operations(plan_operations(service), turns));
    replication_operations(resource_operations(service))
}

fn plan_operations(service: Service) -> Service {
    let plan = |operation: Operation| operation.on("ResponsePlan", "arn");
    service
        .operation(Operation::write(API, "CreateResponsePlan").on("ResponsePlan", "name"), api::plans::create)
        .operation(plan(Operation::read(API, "GetResponsePlan")), api::plans::get)
        .operation(plan(Operation::write(API, "UpdateResponsePlan")), api::plans::update)
        .operation(plan(Operation::write(API, "DeleteResponsePlan")), api::plans::delete)
        .operation(Operation::read(API, "ListResponsePlans"), api::plans::list)
}

fn incident_operations(service: Service, turns: Arc<StripedLock>) -> Service {
    let incident = |operation: Operation| operation.on("IncidentRecord", "arn");
    let of_incident = |operation: Operation| operation.on("IncidentRecord", "incidentRecordArn");
    service
        .operation(
            Operation::write(API, "StartIncident").on("ResponsePlan", "responsePlanArn"),
            move |call| api::incidents::start(turns.clone(), call),
        )
        .operation(incident(Operation::read(API, "GetIncidentRecord")), api::incidents::get)
        .operation(incident(Operation::write(API, "UpdateIncidentRecord")), api::incidents::update)
        .operation(incident(Operation::write(API, "DeleteIncidentRecord")), api::incidents::delete)
        .operation(Operation::read(API, "ListIncidentRecords"), api::incidents::list)
        .operation(of_incident(Operation::read(API, "ListIncidentFindings")), api::findings::list)
        .operation(of_incident(Operation::read(API, "BatchGetIncidentFindings")), api::findings::batch_get)
        .operation(of_incident(Operation::read(API, "ListRelatedItems")), api::related::list)
        .operation(of_incident(Operation::write(API, "UpdateRelatedItems")), api::related::update)
}

/// Policies are of plans; tags of incidents as well, which are decided on as of their plan: `ResponsePlan::"<plan>/<incident>"`.
fn resource_operations(service: Service) -> Service {
    let resource = |operation: Operation| operation.on("ResponsePlan", "resourceArn");
    service
        .operation(resource(Operation::write(API, "TagResource")), api::tags::add)
        .operation(resource(Operation::write(API, "UntagResource")), api::tags::remove)
        .operation(resource(Operation::read(API, "ListTagsForResource")), api::tags::list)
        .operation(resource(Operation::write(API, "PutResourcePolicy")), api::policies::put)
        .operation(resource(Operation::read(API, "GetResourcePolicies")), api::policies::get)
        .operation(resource(Operation::write(API, "DeleteResourcePolicy")), api::policies::delete)
}

fn timeline_operations(service: Service) -> Service {
    let of_incident = |operation: Operation| operation.on("IncidentRecord", "incidentRecordArn");
    service
        .operation(of_incident(Operation::write(API, "CreateTimelineEvent")), api::timeline::create)
        .operation(of_incident(Operation::read(API, "GetTimelineEvent")), api::timeline::get)
        .operation(of_incident(Operation::write(API, "UpdateTimelineEvent")), api::timeline::update)
        .operation(of_incident(Operation::write(API, "DeleteTimelineEvent")), api::timeline::delete)
        .operation(of_incident(Operation::read(API, "ListTimelineEvents")), api::timeline::list)
}

fn replication_operations(service: Service) -> Service {
    let set = |operation: Operation| operation.on("ReplicationSet", "arn");
    service
        .operation(Operation::write(API, "CreateReplicationSet"), api::replication::create)
        .operation(set(Operation::read(API, "GetReplicationSet")), api::replication::get)
        .operation(set(Operation::write(API, "UpdateReplicationSet")), api::replication::update)
        .operation(set(Operation::write(API, "UpdateDeletionProtection")), api::replication::protect)
        .operation(set(Operation::write(API, "DeleteReplicationSet")), api::replication::delete)
        .operation(Operation::read(API, "ListReplicationSets"), api::replication::list)
}
