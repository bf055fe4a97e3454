//! What happens to tags because of what happens to the resources.

use crate::domain::{Command, Resource, resource_id};
use reeve_contracts::{documents::DocumentEvent, nodes::NodeEvent};
use reeve_eventsourcing::Event;
use reeve_runtime::{React, Reacting};

/// The tags that a document is created with are added; a deleted one keeps none.
pub(crate) async fn on_document(reacting: Reacting<DocumentEvent>) -> Result<(), React> {
    match &reacting.event.event {
        DocumentEvent::DocumentCreated(created) => {
            let tags = created.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&reacting, "Document", &created.name, tags).await
        }
        DocumentEvent::DocumentDeleted(deleted) => clear(&reacting, "Document", &deleted.name).await,
        _ => Ok(()),
    }
}

/// The tags that a node registers with are added; a deregistered one keeps none.
pub(crate) async fn on_node(reacting: Reacting<NodeEvent>) -> Result<(), React> {
    match &reacting.event.event {
        NodeEvent::NodeRegistered(registered) => {
            let tags = registered.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
            add(&reacting, "ManagedInstance", &registered.node_id, tags).await
        }
        NodeEvent::NodeDeregistered(gone) => clear(&reacting, "ManagedInstance", &gone.node_id).await,
        _ => Ok(()),
    }
}

async fn add<E: Event>(
    reacting: &Reacting<E>,
    kind: &str,
    id: &str,
    tags: Vec<(String, String)>,
) -> Result<(), React> {
    if tags.is_empty() {
        return Ok(());
    }
    let command = Command::Add { resource_type: kind.to_owned(), resource_id: id.to_owned(), tags };
    reacting.execute::<Resource>("add", &resource_id(kind, id), command).await?;
    Ok(())
}

async fn clear<E: Event>(reacting: &Reacting<E>, kind: &str, id: &str) -> Result<(), React> {
    let command = Command::Clear { resource_type: kind.to_owned(), resource_id: id.to_owned() };
    reacting.execute::<Resource>("clear", &resource_id(kind, id), command).await?;
    Ok(())
}
