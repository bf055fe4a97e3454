//! The default rule on lost nodes: one item for those that have been lost for long, while they are.

use crate::{
    causes::Following,
    domain::watch::{Command, NodeWatch, NodeWatchEvent},
    opening::deduplication_key,
    projections::others::is_disabled,
};
use reeve_contracts::{
    nodes::NodeEvent,
    opscenter::{CauseEnded, CauseFired, OpsItemCreated},
};
use reeve_runtime::{Delivery, DueTimer, HandlerError};

/// The name of the rule.
const RULE: &str = "reeve.lost-nodes";

/// Watches nodes as they come and go.
pub(crate) async fn watch(delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let lost_ms = delivery.event.envelope.time.0;
    let (node, command) = match &delivery.event.event {
        NodeEvent::NodeLost(_) if is_disabled(&delivery.handle, RULE) => return Ok(()),
        NodeEvent::NodeLost(e) => (&e.node_id, Command::Notice { node_id: e.node_id.clone(), lost_ms }),
        NodeEvent::NodeConnected(e) => (&e.node_id, Command::End),
        NodeEvent::NodeDeregistered(e) => (&e.node_id, Command::End),
        _ => return Ok(()),
    };
    delivery.execute::<NodeWatch>("watch", node, command).await?;
    Ok(())
}

/// A node has been lost for long.
pub(crate) async fn report(due: DueTimer) -> Result<(), HandlerError> {
    due.execute::<NodeWatch>("report", &due.key, Command::Report).await?;
    Ok(())
}

/// Opens and closes the item.
pub(crate) async fn react(delivery: Delivery<NodeWatchEvent>) -> Result<(), HandlerError> {
    let group = deduplication_key(&["lost-nodes"]);
    match &delivery.event.event {
        NodeWatchEvent::NodeLossNoticed(_) => Ok(()),
        NodeWatchEvent::NodeLossReported(e) => {
            let following = Following::of(&delivery).await?;
            let ops_item_id = following.item(item(&group)).await?;
            let (fingerprint, start_ms) = (e.node_id.clone(), e.lost_ms);
            following.fire(CauseFired { group, fingerprint, start_ms, ops_item_id }).await
        }
        NodeWatchEvent::NodeLossEnded(e) => {
            let following = Following::of(&delivery).await?;
            let firing = following.firing(&group, &e.node_id);
            let Some(start_ms) = firing.start_ms.filter(|_| !firing.ops_item_id.is_empty()) else {
                return Ok(());
            };
            let (fingerprint, reason) = (e.node_id.clone(), "Resolved".to_owned());
            let ops_item_id = firing.ops_item_id.clone();
            following
                .end(CauseEnded { group, fingerprint, start_ms, ops_item_id, end_ms: 0, reason })
                .await?;
            following.settle(&firing.ops_item_id).await
        }
    }
}

fn item(key: &str) -> OpsItemCreated {
    OpsItemCreated {
        title: "Nodes are lost".to_owned(),
        description:
            "Nodes that were connected have not been heard of for a while: they are the causes of this item, \
                      which is Resolved when all of them are connected again or deregistered."
                .to_owned(),
        source: "reeve.nodes".to_owned(),
        severity: "2".to_owned(),
        category: "Availability".to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        deduplication_key: key.to_owned(),
        ..OpsItemCreated::default()
    }
}
