//! What nodes report becomes events.

use crate::{
    domain::{Command, Inventory, inventory_id},
    reading::node_row,
    taking::{Collection, Found, TakeError, is_disabled, take, too_many_custom_types},
};
use prost::Message;
use reeve_contracts::{
    inventory::{InventoryChanged, InventoryCollectionFailed},
    node::InventoryReport,
};
use reeve_eventsourcing::Actor;
use reeve_inventory_model::{Entries, check, from_attributes, keyed, types};
use reeve_jetstream::streams::NODE_REPORTS;
use reeve_node_protocol::{inventory as limits, subject};
use reeve_runtime::{ExecuteError, HandlerError, InboxMessage};
use reeve_types::text::cut;
use reeve_types::{NodeId, Timestamp};
use std::collections::BTreeSet;

fn never(reason: impl Into<String>) -> HandlerError {
    HandlerError::Permanent(reason.into())
}

/// Takes in what a node collected, once the last of its parts is there.
pub(crate) async fn report(inbox: InboxMessage) -> Result<(), HandlerError> {
    let node = subject::node_of(&inbox.message.subject).ok_or_else(|| never("the subject names no node"))?;
    let mut last = read(&inbox.message.data)?;
    if node_row(&inbox.handle, node.as_str()).is_none() {
        return Err(HandlerError::Retry(format!("there is no node {node}")));
    }
    if last.part < last.parts {
        return Ok(());
    }
    // A clock that is ahead does not make a collection one of the future.
    last.captured_ms = last.captured_ms.min(Timestamp::now().0);
    let id = inventory_id(node.as_str(), &last.type_name);
    let context = inbox.context(Actor::node(node.as_str()));
    if inbox.handle.state::<Inventory>(&id).captured_ms > last.captured_ms {
        tracing::info!(%node, last.type_name, "a collection is older than what is known, and passed over");
        return Ok(());
    }
    if !last.failure.is_empty() {
        let failed = InventoryCollectionFailed {
            node_id: node.to_string(),
            type_name: last.type_name.clone(),
            captured_ms: last.captured_ms,
            reason: cut(&last.failure, limits::MAX_TEXT_CHARS),
            command_id: last.command_id.clone(),
        };
        inbox.handle.execute::<Inventory>(&id, Command::Fail(Box::new(failed)), &context).await?;
        return Ok(());
    }
    if let Some(reason) = too_many_custom_types(&inbox.handle, std::iter::once(last.type_name.as_str())) {
        return Err(never(reason));
    }
    let Some(parts) = earlier(&inbox, &node, &last).await? else { return Ok(()) };
    let collection = collection(&node, parts, last)?;
    if is_disabled(&inbox.handle, &collection.about) {
        tracing::info!(%node, collection.about.type_name, "a type whose schema was disabled is passed over");
        return Ok(());
    }
    match take(&inbox.handle, collection, &context).await {
        Ok(_) => Ok(()),
        // A difference to what is not there, or not there yet: what it is to may still come.
        Err(error @ TakeError::Base { .. }) => Err(HandlerError::Retry(error.to_string())),
        Err(error @ TakeError::Sum { .. }) => Err(never(error.to_string())),
        Err(TakeError::Execute(error @ ExecuteError::Refused(_))) => {
            Err(HandlerError::Retry(error.to_string()))
        }
        Err(TakeError::Execute(error)) => Err(error.into()),
    }
}

fn read(data: &[u8]) -> Result<InventoryReport, HandlerError> {
    let report = InventoryReport::decode(data).map_err(|error| never(error.to_string()))?;
    let name = &report.type_name;
    let known = types::find(name).map(|kind| kind.source == types::Source::Reported);
    if !known.unwrap_or_else(|| types::is_custom(name)) {
        return Err(never(format!("there is no type {:?} that nodes report", cut(name, 100))));
    }
    if !(1..=limits::MAX_PARTS).contains(&report.parts) || !(1..=report.parts).contains(&report.part) {
        return Err(never(format!("it is part {} of {}", report.part, report.parts)));
    }
    Ok(report)
}

/// The parts before the last one; `None` when a newer collection has taken their place, which comes by itself.
async fn earlier(
    inbox: &InboxMessage,
    node: &NodeId,
    last: &InventoryReport,
) -> Result<Option<Vec<InventoryReport>>, HandlerError> {
    let mut parts = Vec::new();
    for number in 1..last.part {
        let subject = subject::inventory(node, &last.type_name, number);
        let found = inbox.handle.bus().direct_get(NODE_REPORTS, &subject).await?;
        let part = found.map(|message| read(&message.data)).transpose()?;
        match part {
            Some(part) if part.collection_id == last.collection_id && part.part == number => parts.push(part),
            Some(part) if part.captured_ms > last.captured_ms => return Ok(None),
            _ => return Err(never(format!("part {number} of {} is not there", last.parts))),
        }
    }
    Ok(Some(parts))
}

fn collection(
    node: &NodeId,
    parts: Vec<InventoryReport>,
    last: InventoryReport,
) -> Result<Collection, HandlerError> {
    let about = InventoryChanged {
        node_id: node.to_string(),
        type_name: last.type_name.clone(),
        schema_version: cut(&last.schema_version, 16),
        captured_ms: last.captured_ms,
        since_ms: last.since_ms,
        content_hash: cut(&last.hash, 256),
        command_id: cut(&last.command_id, 64),
        note: cut(&last.note, limits::MAX_TEXT_CHARS),
        ..InventoryChanged::default()
    };
    let (base, hash) = (last.base_hash.clone(), last.hash.clone());
    let mut entries = Vec::new();
    let mut gone = BTreeSet::new();
    for part in parts.into_iter().chain([last]) {
        gone.extend(part.removed);
        entries.extend(part.entries.into_iter().map(|one| (one.key, from_attributes(&one.attributes))));
    }
    if entries.len() > limits::MAX_ENTRIES {
        return Err(never(format!("it has {} entries: {} are allowed", entries.len(), limits::MAX_ENTRIES)));
    }
    for (_, entry) in &entries {
        check(&about.type_name, entry).map_err(never)?;
    }
    let found = match base.is_empty() {
        true => Found::All(keyed(&about.type_name, entries.into_iter().map(|(_, entry)| entry).collect())),
        false => {
            let upserted: Entries = entries.into_iter().collect();
            Found::Difference { base, upserted, gone, hash }
        }
    };
    Ok(Collection { about, found, gives_way_to_later: true })
}
