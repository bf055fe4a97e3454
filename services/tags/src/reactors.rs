//! What happens to tags because of what happens to the resources.

use crate::domain::{Command, Resource, resource_id};
use reeve_contracts::{
    documents::DocumentEvent,
    maintenance_windows::WindowEvent,
    nodes::NodeEvent,
    opscenter::{OpsItemEvent, OpsMetadataEvent, Tag},
    parameters::ParameterEvent,
    patching::BaselineEvent,
    state_manager::AssociationEvent,
};
use reeve_eventsourcing::Event;
use reeve_runtime::{Delivery, HandlerError};

/// The tags that an association is created with are added; a deleted one keeps none.
pub(crate) async fn on_association(delivery: Delivery<AssociationEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        AssociationEvent::AssociationCreated(created) => {
            let tags = created.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&delivery, "Association", &created.association_id, tags).await
        }
        AssociationEvent::AssociationDeleted(gone) => {
            clear(&delivery, "Association", &gone.association_id).await
        }
        _ => Ok(()),
    }
}

/// The tags that a document is created with are added; a deleted one keeps none.
pub(crate) async fn on_document(delivery: Delivery<DocumentEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        DocumentEvent::DocumentCreated(created) => {
            let tags = created.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&delivery, "Document", &created.name, tags).await
        }
        DocumentEvent::DocumentDeleted(deleted) => clear(&delivery, "Document", &deleted.name).await,
        _ => Ok(()),
    }
}

/// The tags that a node registers with are added; a deregistered one keeps none.
pub(crate) async fn on_node(delivery: Delivery<NodeEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        NodeEvent::NodeRegistered(registered) => {
            let tags = registered.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&delivery, "ManagedInstance", &registered.node_id, tags).await
        }
        NodeEvent::NodeDeregistered(gone) => clear(&delivery, "ManagedInstance", &gone.node_id).await,
        _ => Ok(()),
    }
}

/// The tags that a maintenance window is created with are added; a deleted one keeps none.
pub(crate) async fn on_maintenance_window(delivery: Delivery<WindowEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        WindowEvent::WindowCreated(created) => {
            let tags = created.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&delivery, "MaintenanceWindow", &created.window_id, tags).await
        }
        WindowEvent::WindowDeleted(gone) => clear(&delivery, "MaintenanceWindow", &gone.window_id).await,
        _ => Ok(()),
    }
}

/// The tags that an OpsItem is created with are added; a deleted one keeps none.
pub(crate) async fn on_ops_item(delivery: Delivery<OpsItemEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        OpsItemEvent::OpsItemCreated(e) => add(&delivery, "OpsItem", &e.ops_item_id, pairs(&e.tags)).await,
        OpsItemEvent::OpsItemDeleted(gone) => clear(&delivery, "OpsItem", &gone.ops_item_id).await,
        _ => Ok(()),
    }
}

/// The tags that OpsMetadata is created with are added; deleted ones keep none.
pub(crate) async fn on_ops_metadata(delivery: Delivery<OpsMetadataEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        OpsMetadataEvent::OpsMetadataCreated(e) => {
            add(&delivery, "OpsMetadata", &e.ops_metadata_id, pairs(&e.tags)).await
        }
        OpsMetadataEvent::OpsMetadataDeleted(e) => clear(&delivery, "OpsMetadata", &e.ops_metadata_id).await,
        OpsMetadataEvent::OpsMetadataUpdated(_) => Ok(()),
    }
}

/// The tags that a patch baseline is created with are added; a deleted one keeps none.
pub(crate) async fn on_patch_baseline(delivery: Delivery<BaselineEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        BaselineEvent::BaselineCreated(created) => {
            let tags = created.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&delivery, "PatchBaseline", &created.baseline_id, tags).await
        }
        BaselineEvent::BaselineDeleted(gone) => clear(&delivery, "PatchBaseline", &gone.baseline_id).await,
        BaselineEvent::BaselineUpdated(_) => Ok(()),
    }
}

/// The tags that a parameter is created with are added; a deleted one keeps none.
pub(crate) async fn on_parameter(delivery: Delivery<ParameterEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        ParameterEvent::ParameterPut(put) => {
            let tags = put.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&delivery, "Parameter", &put.path, tags).await
        }
        ParameterEvent::ParameterDeleted(gone) => clear(&delivery, "Parameter", &gone.path).await,
        _ => Ok(()),
    }
}

fn pairs(tags: &[Tag]) -> Vec<(String, String)> {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

async fn add<E: Event>(
    delivery: &Delivery<E>,
    kind: &str,
    id: &str,
    tags: Vec<(String, String)>,
) -> Result<(), HandlerError> {
    if tags.is_empty() {
        return Ok(());
    }
    let command = Command::Add { resource_type: kind.to_owned(), resource_id: id.to_owned(), tags };
    delivery.execute::<Resource>("add", &resource_id(kind, id), command).await?;
    Ok(())
}

async fn clear<E: Event>(delivery: &Delivery<E>, kind: &str, id: &str) -> Result<(), HandlerError> {
    let command = Command::Clear { resource_type: kind.to_owned(), resource_id: id.to_owned() };
    delivery.execute::<Resource>("clear", &resource_id(kind, id), command).await?;
    Ok(())
}
