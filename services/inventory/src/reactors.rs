//! What follows: a deletion is carried out node by node; a node that is gone keeps no inventory.

use crate::{
    domain::deletion::{Command, Deletion, DeletionEvent},
    projections::{CUSTOM_TYPES, CustomTypeRow, ITEMS, ItemRow, item_key},
    taking::{Collection, Found, TakeError, take},
};
use reeve_contracts::{inventory::InventoryChanged, nodes::NodeEvent};
use reeve_eventsourcing::{Actor, Context};
use reeve_inventory_model::types;
use reeve_runtime::{Delivery, ExecuteError, Handle, HandlerError};

/// Takes what nodes have of the type away, and says when nothing is left of what was there.
pub(crate) async fn delete(delivery: Delivery<DeletionEvent>) -> Result<(), HandlerError> {
    let DeletionEvent::InventoryDeletionStarted(started) = &delivery.event.event else { return Ok(()) };
    if delivery.handle.state::<Deletion>(&started.deletion_id).complete {
        return Ok(());
    }
    let envelope = &delivery.event.envelope;
    let actor = Actor { name: envelope.actor.clone(), source: envelope.actor_source.clone() };
    let context = Context { actor, ..delivery.context("delete") };
    let prefix = format!("{}/", started.type_name);
    let items = delivery.handle.views().scan::<ItemRow>(ITEMS, &prefix, None, usize::MAX).rows;
    for (key, _) in items.iter().filter(|(_, item)| !item.hash.is_empty()) {
        let about = InventoryChanged {
            node_id: key[prefix.len()..].to_owned(),
            type_name: started.type_name.clone(),
            captured_ms: envelope.time.0,
            deletion_id: started.deletion_id.clone(),
            ..InventoryChanged::default()
        };
        forget(&delivery.handle, about, &context).await?;
    }
    delivery.execute::<Deletion>("complete", &started.deletion_id, Command::Complete).await?;
    Ok(())
}

/// A deregistered node's inventory goes with it.
pub(crate) async fn forget_node(delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    let NodeEvent::NodeDeregistered(gone) = &delivery.event.event else { return Ok(()) };
    let handle = &delivery.handle;
    handle.catch_up().await?;
    let custom = handle.views().scan::<CustomTypeRow>(CUSTOM_TYPES, "", None, usize::MAX).rows;
    let aws = types::TYPES.iter().map(|kind| kind.name.to_owned());
    for name in aws.chain(custom.into_iter().map(|(name, _)| name)) {
        let held = handle.views().get::<ItemRow>(ITEMS, &item_key(&name, &gone.node_id));
        if held.is_none_or(|item| item.hash.is_empty()) {
            continue;
        }
        let about = InventoryChanged {
            node_id: gone.node_id.clone(),
            type_name: name,
            captured_ms: delivery.event.envelope.time.0,
            note: "The node was deregistered.".to_owned(),
            ..InventoryChanged::default()
        };
        forget(handle, about, &delivery.context("forget")).await?;
    }
    Ok(())
}

async fn forget(handle: &Handle, about: InventoryChanged, context: &Context) -> Result<(), HandlerError> {
    let name = format!("{}/{}", about.node_id, about.type_name);
    // Each has a cause of its own, so that a second delivery finds it.
    let collection = Collection { about, found: Found::Nothing, gives_way_to_later: false };
    match take(handle, collection, &context.derived(&name)).await {
        Ok(_) => Ok(()),
        Err(TakeError::Execute(error @ ExecuteError::Refused(_))) => {
            Err(HandlerError::Retry(error.to_string()))
        }
        Err(TakeError::Execute(error)) => Err(error.into()),
        Err(error) => Err(HandlerError::Retry(error.to_string())),
    }
}
