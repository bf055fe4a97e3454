//! How an OpsItem is opened: which id it gets, so that of two with the same deduplication key one is open.
//!
//! The id of an item with a deduplication key follows from that key and the item's generation. So whoever opens the same
//! at the same time decides on the same aggregate, and the log lets one of them be the first.

use crate::{
    domain::item::{Command, Error, OpsItem, OpsItemEvent},
    projections::items::GENERATIONS,
};
use reeve_contracts::opscenter::{OpsItemCreated, OpsItemDuplicateRefused};
use reeve_eventsourcing::{Context, Position};
use reeve_runtime::{ExecuteError, Handle};
use reeve_types::ids::ops_item_id;
use uuid::Uuid;

/// What came of the wish to open an item.
pub(crate) enum Opened {
    New {
        id: String,
        position: Position,
    },
    /// One with the same deduplication key is Open or InProgress.
    Duplicate {
        id: String,
    },
}

/// A deduplication key of the parts that make it.
pub(crate) fn deduplication_key(parts: &[&str]) -> String {
    let text = serde_json::json!(parts).to_string();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).simple().to_string()
}

/// The newest item with a deduplication key; there may be none of that id.
pub(crate) fn newest(handle: &Handle, key: &str) -> Option<String> {
    handle.views().get::<u32>(GENERATIONS, key).map(|generation| ops_item_id(key, generation))
}

/// Opens an item; its id and generation are set here.
///
/// # Errors
/// When the item may not be as it is, or the bus does not store it.
pub(crate) async fn open(
    handle: &Handle,
    context: &Context,
    mut item: OpsItemCreated,
) -> Result<Opened, ExecuteError<Error>> {
    // One without a key has an id that follows from what asks for it.
    let key = match item.deduplication_key.as_str() {
        "" => context.command_id.to_string(),
        key => key.to_owned(),
    };
    item.generation = handle.views().get(GENERATIONS, &key).unwrap_or_default();
    loop {
        item.ops_item_id = ops_item_id(&key, item.generation);
        let create = Command::Create(Box::new(item.clone()));
        match handle.execute::<OpsItem>(&item.ops_item_id, create, context).await {
            Ok(executed) => {
                let (id, position) = (item.ops_item_id, executed.position);
                // A repeated call finds what it led to: the item, or the note of the duplicate.
                return Ok(match executed.event {
                    Some(OpsItemEvent::OpsItemDuplicateRefused(_)) => Opened::Duplicate { id },
                    _ => Opened::New { id, position },
                });
            }
            Err(ExecuteError::Refused(Error::AlreadyExists(id))) => return Ok(Opened::Duplicate { id }),
            Err(ExecuteError::Refused(Error::Used(_))) => item.generation += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Keeps a wish that was refused because of an item, on that item.
pub(crate) fn duplicate(id: &str, refused: &OpsItemCreated) -> Command {
    Command::Duplicate(Box::new(OpsItemDuplicateRefused {
        ops_item_id: id.to_owned(),
        title: refused.title.clone(),
        description: refused.description.clone(),
        source: refused.source.clone(),
        severity: refused.severity.clone(),
    }))
}
