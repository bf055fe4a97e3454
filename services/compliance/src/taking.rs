//! Taking in the items that somebody says a resource has.

use crate::{
    domain::{Command, Compliance, Error, Execution, State, compliance_id},
    projections::{GroupRow, ItemRow, PUT, group_key},
};
use prost::Message;
use reeve_contracts::compliance::{ComplianceChanged, Detail, Item, ItemChange};
use reeve_eventsourcing::{Context, Position, parts::Division};
use reeve_runtime::{ExecuteError, Handle};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Items by key.
pub(crate) type Items = BTreeMap<String, ItemRow>;

/// As often somebody else may be faster.
const MAX_ATTEMPTS: u32 = 8;
/// As many bytes of items one event holds, unless one item alone has more: the bus carries 1 MiB, with headers and all.
const MAX_PART_BYTES: usize = 600_000;

/// What differs.
#[derive(Default)]
struct Difference {
    added: Vec<Item>,
    changed: Vec<ItemChange>,
    removed: Vec<Item>,
    is_empty: bool,
}

/// Works out the difference to what is known, and says it. `about` is everything but the difference. Answers where the log
/// stands afterwards.
///
/// # Errors
/// When the bus or the competition is at fault.
pub(crate) async fn take(
    handle: &Handle,
    about: &ComplianceChanged,
    items: &Items,
    context: &Context,
) -> Result<Position, ExecuteError<Error>> {
    let id = compliance_id(&about.resource_id, &about.compliance_type);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let state = handle.state::<Compliance>(&id);
        // That nothing is new is decided on all that the log holds, too: a change that these views lack may have come between.
        let (said, difference) = match state.holds(&about.content_hash) {
            true => (repeated(about, &state), Difference::default()),
            false => (about.clone(), difference(handle, about, items)),
        };
        let coming = state.coming.as_ref().map(|(id, _)| id.as_str()).unwrap_or_default();
        // The same at another delivery of the same, as long as nothing has come between.
        let derived = format!("{id}/{}/{coming}", state.changes);
        let change_id = Uuid::new_v5(&context.command_id, derived.as_bytes());
        let said = numbered(said, &state, change_id);
        match say(handle, &id, parts(&said, difference), change_id, context).await {
            Err(ExecuteError::Refused(_)) if attempts < MAX_ATTEMPTS => {}
            result => return result,
        }
    }
}

/// What is there already, said again: whoever says the hash of it says nothing of its execution.
fn repeated(about: &ComplianceChanged, state: &State) -> ComplianceChanged {
    let Execution { id: execution_id, kind: execution_type, time_ms: executed_ms } = state.execution.clone();
    ComplianceChanged { execution_id, execution_type, executed_ms, ..about.clone() }
}

fn numbered(about: ComplianceChanged, state: &State, change_id: Uuid) -> ComplianceChanged {
    ComplianceChanged { base: state.changes, change_id: change_id.to_string(), ..about }
}

async fn say(
    handle: &Handle,
    id: &str,
    parts: Vec<ComplianceChanged>,
    change_id: Uuid,
    context: &Context,
) -> Result<Position, ExecuteError<Error>> {
    let change = Context { command_id: change_id, ..context.clone() };
    let mut position = Position(0);
    for part in parts {
        let context = change.derived(&part.part.to_string());
        position = handle.execute::<Compliance>(id, Command::new(part), &context).await?.position;
    }
    Ok(position)
}

/// What differs from what is known. What changes meanwhile makes the decision on it a stale one, which is refused then.
fn difference(handle: &Handle, about: &ComplianceChanged, items: &Items) -> Difference {
    let key = group_key(&about.compliance_type, &about.resource_id);
    let group: GroupRow = handle.views().get(PUT.groups, &key).unwrap_or_default();
    let prefix = format!("{key}/");
    let partial = about.upload_type == "PARTIAL";
    let known: Items = match partial {
        true => items.keys().filter_map(|key| row(handle, &prefix, key)).collect(),
        false => {
            let rows = handle.views().scan::<ItemRow>(PUT.items, &prefix, None, usize::MAX).rows;
            rows.into_iter().map(|(key, row)| (key[prefix.len()..].to_owned(), row)).collect()
        }
    };
    let execution = Execution::of(about);
    let mut difference = Difference { is_empty: !partial && items.is_empty(), ..Difference::default() };
    for (key, after) in items {
        match known.get(key) {
            None => difference.added.push(item(key, after, true)),
            // Of a part each item is known by its own execution.
            Some(before)
                if before.says_the_same(after) && (!partial || *before.known_by(&group) == execution) => {}
            Some(before) => {
                let (before, after) = (Some(item(key, before, false)), Some(item(key, after, true)));
                difference.changed.push(ItemChange { before, after });
            }
        }
    }
    if !partial {
        let absent = known.iter().filter(|(key, _)| !items.contains_key(*key));
        difference.removed = absent.map(|(key, row)| item(key, row, false)).collect();
    }
    difference
}

fn row(handle: &Handle, prefix: &str, key: &str) -> Option<(String, ItemRow)> {
    Some((key.to_owned(), handle.views().get(PUT.items, &format!("{prefix}{key}"))?))
}

fn item(key: &str, of: &ItemRow, with_details: bool) -> Item {
    let details = of.details.iter().filter(|_| with_details);
    Item {
        key: key.to_owned(),
        id: of.id.clone(),
        title: of.title.clone(),
        severity: of.severity.clone(),
        status: of.status.clone(),
        details: details.map(|(name, value)| Detail { name: name.clone(), value: value.clone() }).collect(),
    }
}

/// The change in as many messages as it needs.
fn parts(about: &ComplianceChanged, difference: Difference) -> Vec<ComplianceChanged> {
    let mut division = Division::<ComplianceChanged>::new(MAX_PART_BYTES);
    for item in difference.removed {
        division.part_for(item.encoded_len()).removed.push(item);
    }
    for change in difference.changed {
        division.part_for(change.encoded_len()).changed.push(change);
    }
    for item in difference.added {
        division.part_for(item.encoded_len()).added.push(item);
    }
    let (parts, count) = division.numbered();
    let numbered = parts.map(|(number, part)| ComplianceChanged {
        added: part.added,
        changed: part.changed,
        removed: part.removed,
        part: number,
        parts: count,
        is_empty: difference.is_empty,
        ..about.clone()
    });
    numbered.collect()
}
