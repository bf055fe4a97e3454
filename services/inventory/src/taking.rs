//! Taking in what a node has of a type: by whom it is said makes no difference.

use crate::{
    domain::{Command, Error, Inventory, State, inventory_id},
    projections::{CUSTOM_TYPES, CustomTypeRow, ENTRIES, disabled, item_key, newer},
};
use prost::Message;
use reeve_contracts::inventory::{self, EntryChange, InventoryChanged};
use reeve_eventsourcing::{Context, Position, parts::Division};
use reeve_inventory_model::{Difference, Entries, Entry, attributes, entry, hash::Sum, types};
use reeve_runtime::{ExecuteError, Handle};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What somebody says that a node has of a type.
#[derive(Clone, Default)]
pub(crate) struct Collection {
    /// Everything but the difference: node, type, instants, context, command.
    pub about: InventoryChanged,
    pub found: Found,
    /// Whether it says nothing when what is known was collected later: nodes' reports may come in another order.
    pub gives_way_to_later: bool,
}

/// The entries.
#[derive(Clone, Default)]
pub(crate) enum Found {
    /// All that there are.
    All(Entries),
    /// What differs from what hashes to `base`, and what it comes to.
    Difference { base: String, upserted: Entries, gone: BTreeSet<String>, hash: String },
    /// Nothing, and the type is to be forgotten.
    #[default]
    Nothing,
}

/// Why a collection was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    #[error(transparent)]
    Execute(#[from] ExecuteError<Error>),
    #[error("it differs from what hashes to {base:?}, but what is known hashes to {held:?}")]
    Base { base: String, held: String },
    #[error("with its difference what is known comes to {worked_out:?}, but it says {said:?}")]
    Sum { worked_out: String, said: String },
}

/// What came of it.
pub(crate) struct Taken {
    pub position: Position,
    /// Whether it said anything new.
    pub changed: bool,
}

/// As often somebody else may be faster.
const MAX_ATTEMPTS: u32 = 8;
/// As many bytes of entries one event holds: the bus carries 1 MiB, with headers and all.
const MAX_PART_BYTES: usize = 600_000;

/// Works out the difference to what is known, and says it.
pub(crate) async fn take(
    handle: &Handle,
    collection: Collection,
    context: &Context,
) -> Result<Taken, TakeError> {
    let id = inventory_id(&collection.about.node_id, &collection.about.type_name);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let state = handle.state::<Inventory>(&id);
        if collection.gives_way_to_later && state.captured_ms > collection.about.captured_ms {
            return Ok(Taken { position: Position(0), changed: false });
        }
        let (difference, hash) = difference(handle, &collection, &state)?;
        let coming = state.coming.as_ref().map(|(id, _)| id.as_str()).unwrap_or_default();
        // The same at another delivery of the same, as long as nothing has come between.
        let derived = format!("{}/{}/{coming}", collection.about.type_name, state.hash);
        let change_id = Uuid::new_v5(&context.command_id, derived.as_bytes());
        let about = InventoryChanged {
            base_hash: state.hash,
            hash,
            change_id: change_id.to_string(),
            ..collection.about.clone()
        };
        match say(handle, &id, parts(about, difference), change_id, context).await {
            Err(ExecuteError::Refused(_)) if attempts < MAX_ATTEMPTS => {}
            result => return Ok(result?),
        }
    }
}

async fn say(
    handle: &Handle,
    id: &str,
    parts: Vec<InventoryChanged>,
    change_id: Uuid,
    context: &Context,
) -> Result<Taken, ExecuteError<Error>> {
    let change = Context { command_id: change_id, ..context.clone() };
    let mut taken = Taken { position: Position(0), changed: false };
    for part in parts {
        let context = change.derived(&part.part.to_string());
        let said = handle.execute::<Inventory>(id, Command::Change(Box::new(part)), &context).await?;
        taken = Taken { position: said.position, changed: said.event.is_some() };
    }
    Ok(taken)
}

/// What differs from what is known, and what it then comes to. A state that was changed meanwhile is no longer the one that
/// the decision is made on, which is refused then.
fn difference(
    handle: &Handle,
    collection: &Collection,
    state: &State,
) -> Result<(Difference, String), TakeError> {
    let about = &collection.about;
    let type_name = about.type_name.as_str();
    match &collection.found {
        Found::All(after) => {
            let before = entries(handle, type_name, &about.node_id);
            let difference = Difference::between(type_name, &before, after);
            // Another version's hash is followed by this one's without an event, when nothing else is new.
            let same = difference.is_empty() && !state.hash.is_empty();
            let hash = if same { state.hash.clone() } else { Sum::of(type_name, after.values()).to_string() };
            Ok((difference, hash))
        }
        Found::Difference { base, upserted, gone, hash } => {
            let held = Sum::parse(&state.hash).filter(|_| *base == state.hash);
            let Some(sum) = held else {
                return Err(TakeError::Base { base: base.clone(), held: state.hash.clone() });
            };
            let item = item_key(type_name, &about.node_id);
            let held = |key: &str| ENTRIES.get(handle.views(), &item, key);
            let difference = Difference::of(type_name, upserted.clone(), gone, held);
            let worked_out = difference.applied_to(type_name, sum).to_string();
            if worked_out != *hash {
                return Err(TakeError::Sum { worked_out, said: hash.clone() });
            }
            Ok((difference, worked_out))
        }
        Found::Nothing => {
            let removed = entries(handle, type_name, &about.node_id);
            Ok((Difference { removed, ..Difference::default() }, String::new()))
        }
    }
}

/// All that a node has of a type.
pub(crate) fn entries(handle: &Handle, type_name: &str, node: &str) -> Entries {
    let item = item_key(type_name, node);
    ENTRIES.page(handle.views(), &item, ("", None), usize::MAX, |_| true).rows.into_iter().collect()
}

/// The change in as many messages as it needs.
fn parts(about: InventoryChanged, difference: Difference) -> Vec<InventoryChanged> {
    let mut division = Division::<InventoryChanged>::new(MAX_PART_BYTES);
    for (key, of) in &difference.removed {
        let entry = entry(key, of);
        division.part_for(entry.encoded_len()).removed.push(entry);
    }
    for (key, (before, after)) in &difference.changed {
        let change = EntryChange { before: Some(entry(key, before)), after: Some(entry(key, after)) };
        division.part_for(change.encoded_len()).changed.push(change);
    }
    for (key, of) in &difference.added {
        let entry: inventory::Entry = entry(key, of);
        division.part_for(entry.encoded_len()).added.push(entry);
    }
    let (parts, count) = division.numbered();
    let numbered = parts.map(|(number, part)| InventoryChanged {
        added: part.added,
        changed: part.changed,
        removed: part.removed,
        part: number,
        parts: count,
        ..about.clone()
    });
    numbered.collect()
}

/// A collection's context as AWS's types have it, in a message.
pub(crate) fn context_of(item: Option<&Entry>) -> Vec<inventory::Attribute> {
    item.map(attributes).unwrap_or_default()
}

/// Whether a type's schema was disabled in this version: then what is put of it is not taken.
pub(crate) fn is_disabled(handle: &Handle, about: &InventoryChanged) -> bool {
    let disabled = disabled(handle.views(), &about.type_name);
    disabled.is_some_and(|version| !newer(&about.schema_version, &version))
}

/// As many custom types an account has at most: AWS's quota.
const MAX_CUSTOM_TYPES: usize = 20;

/// Why types cannot be taken in that would be new ones.
pub(crate) fn too_many_custom_types<'a>(
    handle: &Handle,
    names: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let views = handle.views();
    let fresh =
        |name: &&str| types::is_custom(name) && views.look::<CustomTypeRow>(CUSTOM_TYPES, name).is_none();
    let fresh: Vec<&str> = names.filter(fresh).collect();
    if fresh.is_empty() {
        return None;
    }
    let known = views.scan::<CustomTypeRow>(CUSTOM_TYPES, "", None, MAX_CUSTOM_TYPES).rows.len();
    (known + fresh.len() > MAX_CUSTOM_TYPES).then(|| {
        let names = fresh.join(", ");
        format!(
            "There are {known} custom types, and {MAX_CUSTOM_TYPES} are allowed: {names} cannot be added."
        )
    })
}
