//! The way in for events of other systems: CloudEvents, EventBridge's PutEvents, and the alerts of Alertmanager and of whatever
//! posts JSON that a mapping tells how to read.
//!
//! Aggregates, in the stream INGEST:
//! - `source` (`reeve.evt.ingest.source.<name>`): who may send, with a token.
//! - `cloud-event` (`reeve.evt.ingest.cloud-event.<sender>.<identity>`): an event, known by its source and id together.
//! - `alert-group` (`reeve.evt.ingest.alert-group.<sender>.<group>`): a group of alerts, with each message about it.
//!
//! It is asked on `reeve.ingest` by the gateway, which forwards what is posted to `/events` and `/webhooks/…`; and on
//! `reeve.ingest.<source>` by programs of other systems on the bus, which have credentials for the subject of their source.
//! What follows from an event is for whoever reads it: opscenter makes OpsItems of alerts.
//!
//! Invariants: what is acknowledged is stored; a CloudEvent is stored once, and every message of Alertmanager's each
//! time; a token is nowhere but with its sender, its hash is in the log; what is refused for ever names the field, and
//! whatever is not stored for another reason may be sent again; what a mapping does not fit becomes a dead letter.

mod api;
mod domain;
mod projections;

pub use domain::{alert_group, alertmanager, cloud_event, cloud_events, source, webhook};

use reeve_jetstream::calls::INGEST_SUBJECT;
use reeve_runtime::{Operation, Service, StripedLock};
use std::sync::Arc;

/// The service, for a host to run.
pub fn service() -> Service {
    let turns = Arc::new(StripedLock::default());
    Service::new("ingest")
        .aggregate::<source::Source>()
        .aggregate::<cloud_event::CloudEvent>()
        .aggregate::<alert_group::AlertGroup>()
        .projection(projections::Sources)
        .projection(projections::ReceivedEvents)
        .projection(projections::ReceivedAlerts)
        .endpoint("Receive", INGEST_SUBJECT, move |call| api::receive::receive(turns.clone(), call))
        .client_endpoint(&format!("{INGEST_SUBJECT}.*"), api::publish::publish)
        .operation(Operation::write("ingest", "CreateSource").on("Source", "name"), api::sources::create)
        .operation(Operation::write("ingest", "DeleteSource").on("Source", "name"), api::sources::delete)
        .operation(
            Operation::write("ingest", "PutSourceMapping").on("Source", "name"),
            api::sources::put_mapping,
        )
        .operation(Operation::read("ingest", "ListSources"), api::sources::list)
        .operation(Operation::write("events", "PutEvents"), api::put_events::put)
}
