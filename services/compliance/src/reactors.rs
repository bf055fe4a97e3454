//! What follows: what was put of a deregistered node goes with it.

use crate::{
    domain::{Compliance, Error, compliance_id},
    projections::TYPES,
    taking::{Items, take},
};
use reeve_contracts::{compliance::ComplianceChanged, nodes::NodeEvent};
use reeve_runtime::{Delivery, ExecuteError, HandlerError};

/// A deregistered node's items go with it.
pub(crate) async fn forget_node(delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeDeregistered(deregistered) = &delivery.event.event else { return Ok(()) };
    let handle = &delivery.handle;
    handle.catch_up().await?;
    let context = delivery.context("forget");
    // There are few: see the limit of custom types.
    for (compliance_type, _) in handle.views().scan::<u64>(TYPES, "", None, usize::MAX).rows {
        if !handle.state::<Compliance>(&compliance_id(&deregistered.node_id, &compliance_type)).has_items() {
            continue;
        }
        // Each has a cause of its own, so that a second delivery finds it.
        let context = context.derived(&compliance_type);
        let about = ComplianceChanged {
            resource_id: deregistered.node_id.clone(),
            compliance_type,
            resource_type: "ManagedInstance".to_owned(),
            upload_type: "COMPLETE".to_owned(),
            executed_ms: delivery.event.envelope.time.0,
            note: "The node was deregistered.".to_owned(),
            ..ComplianceChanged::default()
        };
        take(handle, &about, &Items::new(), &context).await.map_err(|error| match error {
            ExecuteError::Refused(reason @ (Error::Stale { .. } | Error::Part { .. })) => {
                HandlerError::Retry(reason.to_string())
            }
            error => error.into(),
        })?;
    }
    Ok(())
}
