//! GetNodeInventory and ListInventoryChanges of the API `inventory`: its model is `schemas/reeve/inventory.json`.

use super::known_type;
use crate::{
    domain::InventoryEvent,
    projections::{
        CHANGES, CUSTOM_TYPES, ChangeRow, CustomTypeRow, INVOCATIONS, InvocationRow, PATCH_RUNS, PATCH_TYPES,
        change_key, invocation_key,
    },
    reading::{Node, node_row},
};
use reeve_contracts::{
    inventory::{self, InventoryChanged},
    ssm,
};
use reeve_eventsourcing::Position;
use reeve_inventory_model::{Entry, from_attributes, types};
use reeve_runtime::{ApiError, Call, Handle, page_size};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const MAX_CHANGES_PER_PAGE: usize = 100;
/// As many bytes of changes an answer has: the bus carries 1 MiB.
const MAX_ANSWER_BYTES: usize = 600_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    node_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summaries {
    node_id: String,
    types: Vec<Summary>,
}

/// What is known of a type on a node, beside the entries.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    type_name: String,
    schema_version: String,
    /// When the collection was made that found something new last.
    captured: f64,
    entries: u64,
    /// What that collection left out, and why.
    note: String,
    /// Why the last collection did not come to its end; empty when it did.
    failure: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<f64>,
}

/// What is known of a node, type by type.
pub(crate) async fn of_node(call: Call<Asked>) -> Result<Summaries, ApiError> {
    let id = call.input.node_id.as_str();
    let row = node_row(&call.handle, id)
        .ok_or_else(|| ApiError::new("NoSuchEntityException", format!("There is no node {id}.")))?;
    let node = Node { handle: &call.handle, id, row: &row, now: call.now };
    let custom = call.handle.views().scan::<CustomTypeRow>(CUSTOM_TYPES, "", None, usize::MAX).rows;
    let names =
        types::TYPES.iter().map(|kind| kind.name.to_owned()).chain(custom.into_iter().map(|(name, _)| name));
    let summary = |type_name: String| {
        let row = node.item_row(&type_name)?;
        let (failure, failed) = row.failure.unzip();
        Some(Summary {
            type_name,
            schema_version: row.schema_version,
            captured: Timestamp(row.captured_ms).epoch_seconds(),
            entries: row.count,
            note: row.note,
            failure: failure.unwrap_or_default(),
            failed: failed.map(|at| Timestamp(at).epoch_seconds()),
        })
    };
    Ok(Summaries { node_id: id.to_owned(), types: names.filter_map(summary).collect() })
}

#[derive(Deserialize)]
pub(crate) struct Target {
    key: String,
    values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Between {
    from: f64,
    to: f64,
    targets: Option<Vec<Target>>,
    type_name: Option<String>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// What led to a change, as far as the log knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Origin {
    /// It is what was there when somebody first looked.
    FirstCollection,
    /// Commands ran on the node since the collection before.
    Commands,
    /// None did.
    OutsideReeve,
    /// Somebody put it.
    Put,
    /// Somebody deleted the type.
    Deletion,
    /// When the collection before was is not known.
    Unknown,
}

/// What one collection found changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    recorded: f64,
    captured: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<f64>,
    node_id: String,
    type_name: String,
    actor: String,
    origin: Origin,
    commands: Vec<String>,
    entries: Vec<EntryChange>,
}

#[derive(Serialize)]
struct EntryChange {
    action: &'static str,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Entry>,
}

/// What changed on nodes from one instant on and before another, in the order of the log.
pub(crate) async fn list(call: Call<Between>) -> Result<Listed, ApiError> {
    let input = &call.input;
    let [from, to] = [("from", input.from), ("to", input.to)].map(|(name, seconds)| {
        Timestamp::from_epoch_seconds(seconds)
            .filter(|at| at.0 >= 0)
            .ok_or_else(|| ApiError::invalid(format!("{name} is {seconds}, which is no instant since 1970.")))
    });
    let (from, to) = (from?, to?);
    if let Some(name) = &input.type_name {
        known_type(name).map_err(|error| ApiError::invalid(error.message))?;
    }
    let nodes = input.targets.as_ref().map(|targets| selected(&call.handle, targets)).transpose()?;
    let limit = page_size(input.max_results, MAX_CHANGES_PER_PAGE)?;
    let wanted = |row: &ChangeRow| {
        nodes.as_ref().is_none_or(|nodes| nodes.contains(&row.node_id))
            && input.type_name.as_ref().is_none_or(|name| *name == row.type_name)
    };
    // Nothing is at the first of these keys itself: positions begin with 1.
    let (begin, end) = (change_key(from, 0), change_key(to, 0));
    let after = input.next_token.as_ref().filter(|token| **token > begin).unwrap_or(&begin);
    let page = call
        .handle
        .views()
        .filter::<ChangeRow>(CHANGES, "", Some(after), limit, |key, row| key < end.as_str() && wanted(row));
    let (mut changes, mut bytes, mut last) = (Vec::new(), 0, None);
    for (key, row) in page.rows {
        let change = change(&call.handle, row).await?;
        bytes += serde_json::to_vec(&change).map_err(ApiError::internal)?.len();
        if bytes > MAX_ANSWER_BYTES && last.is_some() {
            return Ok(Listed { changes, next_token: last });
        }
        changes.push(change);
        last = Some(key);
    }
    Ok(Listed { changes, next_token: page.next })
}

fn selected(handle: &Handle, targets: &[Target]) -> Result<BTreeSet<String>, ApiError> {
    let target = |of: &Target| ssm::Target { key: Some(of.key.clone()), values: Some(of.values.clone()) };
    let targets: Vec<ssm::Target> = targets.iter().map(target).collect();
    Ok(reeve_fleet::targets::selected(handle, &targets)?.into_iter().collect())
}

async fn change(handle: &Handle, row: ChangeRow) -> Result<Change, ApiError> {
    let found = handle.event_at::<InventoryEvent>(Position(row.position)).await;
    let found = found.map_err(|error| {
        let message = format!("The event at {} could not be read: {error}.", row.position);
        ApiError::new("ServiceUnavailable", message)
    })?;
    let Some(InventoryEvent::InventoryChanged(event)) = found else {
        let message = format!("The event at {} is no change of an inventory.", row.position);
        return Err(ApiError::internal(message));
    };
    let (origin, commands) = origin(handle, &event);
    Ok(Change {
        recorded: row.recorded.epoch_seconds(),
        captured: Timestamp(event.captured_ms).epoch_seconds(),
        since: (event.since_ms > 0).then(|| Timestamp(event.since_ms).epoch_seconds()),
        node_id: row.node_id,
        type_name: row.type_name,
        actor: row.actor,
        origin,
        commands,
        entries: entries(event),
    })
}

/// What led to a change: commands that ran on the node, for however short a time, after the collection before and before
/// this one. More than one may have. Of patches an earlier patch run has told what it did itself.
fn origin(handle: &Handle, event: &InventoryChanged) -> (Origin, Vec<String>) {
    if !event.deletion_id.is_empty() {
        return (Origin::Deletion, Vec::new());
    }
    if event.command_id.is_empty() {
        return (Origin::Put, Vec::new());
    }
    if event.base_hash.is_empty() {
        return (Origin::FirstCollection, Vec::new());
    }
    if event.since_ms == 0 {
        return (Origin::Unknown, Vec::new());
    }
    let prefix = format!("{}/", event.node_id);
    let after = invocation_key(&event.node_id, event.since_ms, "");
    let has_told_it = |row: &InvocationRow| {
        let key = format!("{}/{}", event.node_id, row.command_id);
        row.is_patching
            && row.command_id != event.command_id
            && PATCH_TYPES.contains(&event.type_name.as_str())
            && handle.views().get::<bool>(PATCH_RUNS, &key).is_some()
    };
    let ran = |_: &str, row: &InvocationRow| row.started_ms <= event.captured_ms && !has_told_it(row);
    let rows =
        handle.views().filter::<InvocationRow>(INVOCATIONS, &prefix, Some(&after), usize::MAX, ran).rows;
    let commands: Vec<String> = rows.into_iter().map(|(_, row)| row.command_id).collect();
    match commands.is_empty() {
        true => (Origin::OutsideReeve, commands),
        false => (Origin::Commands, commands),
    }
}

fn entries(event: InventoryChanged) -> Vec<EntryChange> {
    let of = |entry: &inventory::Entry| from_attributes(&entry.attributes);
    let removed = event.removed.iter().map(|one| EntryChange {
        action: "Removed",
        key: one.key.clone(),
        before: Some(of(one)),
        after: None,
    });
    let added = event.added.iter().map(|one| EntryChange {
        action: "Added",
        key: one.key.clone(),
        before: None,
        after: Some(of(one)),
    });
    let changed = event.changed.iter().map(|one| EntryChange {
        action: "Changed",
        key: one.after.as_ref().map(|after| after.key.clone()).unwrap_or_default(),
        before: one.before.as_ref().map(of),
        after: one.after.as_ref().map(of),
    });
    removed.chain(changed).chain(added).collect()
}
