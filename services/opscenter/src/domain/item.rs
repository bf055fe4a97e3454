//! One OpsItem.

pub use super::{
    error::Error,
    state::{Item, OPEN, RESOLVED},
};
use super::{rules, state::datum};
pub use reeve_contracts::opscenter::OpsItemEvent;
use reeve_contracts::opscenter::{
    OpsItemAlertWorsened, OpsItemCausesEnded, OpsItemCreated, OpsItemDeleted, OpsItemDuplicateRefused,
    OpsItemUpdated, RelatedItemAssociated, RelatedItemDisassociated,
};
use reeve_eventsourcing::{Context, Decider};

/// What may be asked of an OpsItem.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<OpsItemCreated>),
    Update(Box<OpsItemUpdated>),
    Delete,
    /// Another one with its deduplication key was asked for.
    Duplicate(Box<OpsItemDuplicateRefused>),
    Associate(Box<RelatedItemAssociated>),
    Disassociate {
        association_id: String,
    },
    /// Something of that severity fires behind it.
    Worsen {
        severity: String,
    },
    /// Everything behind it has ended, after so many firings had begun.
    EndCauses {
        firings: u64,
    },
}

/// The aggregate.
pub struct OpsItem;

impl Decider for OpsItem {
    type Command = Command;
    type Event = OpsItemEvent;
    type State = Item;
    type Error = Error;

    fn decide(item: &Item, command: Command, _: &Context) -> Result<Option<OpsItemEvent>, Error> {
        if let Command::Create(created) = command {
            return create(item, *created).map(Some);
        }
        if !item.exists() {
            return match command {
                // AWS answers success for what is not there any more.
                Command::Delete | Command::EndCauses { .. } | Command::Worsen { .. } => Ok(None),
                _ => Err(Error::NotFound(item.id.clone())),
            };
        }
        let ops_item_id = item.id.clone();
        Ok(match command {
            Command::Create(_) => None,
            Command::Update(updated) => update(item, *updated)?.map(OpsItemEvent::OpsItemUpdated),
            Command::Delete => Some(OpsItemEvent::OpsItemDeleted(OpsItemDeleted { ops_item_id })),
            Command::Duplicate(duplicate) => Some(OpsItemEvent::OpsItemDuplicateRefused(*duplicate)),
            Command::Associate(associated) => Some(associate(item, *associated)?),
            Command::Disassociate { association_id } => {
                if !item.related_items.contains_key(&association_id) {
                    return Err(Error::NotRelated { id: ops_item_id, association: association_id });
                }
                let removed = RelatedItemDisassociated { ops_item_id, association_id };
                Some(OpsItemEvent::RelatedItemDisassociated(removed))
            }
            Command::Worsen { severity } if is_worse(&severity, &item.worst_alert) => {
                Some(OpsItemEvent::OpsItemAlertWorsened(OpsItemAlertWorsened { ops_item_id, severity }))
            }
            Command::EndCauses { firings } if item.is_open() && firings > item.settled_firings => {
                Some(OpsItemEvent::OpsItemCausesEnded(OpsItemCausesEnded { ops_item_id, firings }))
            }
            Command::EndCauses { .. } | Command::Worsen { .. } => None,
        })
    }

    fn evolve(item: Item, event: &OpsItemEvent) -> Item {
        item.after(event)
    }
}

/// Whether a severity, 1 to 4, is worse than another; whatever was said is worse than nothing.
fn is_worse(severity: &str, than: &str) -> bool {
    !severity.is_empty() && (than.is_empty() || severity < than)
}

fn create(item: &Item, created: OpsItemCreated) -> Result<OpsItemEvent, Error> {
    if !item.id.is_empty() {
        let same = !item.deduplication_key.is_empty() && item.deduplication_key == created.deduplication_key;
        return Err(match same && item.is_open() {
            true => Error::AlreadyExists(item.id.clone()),
            false => Error::Used(item.id.clone()),
        });
    }
    rules::check_source(&created.source)?;
    rules::check_type(&created.ops_item_type)?;
    rules::check_whole(&Item::created(&created))?;
    Ok(OpsItemEvent::OpsItemCreated(created))
}

/// What of an update changes anything.
fn update(item: &Item, mut updated: OpsItemUpdated) -> Result<Option<OpsItemUpdated>, Error> {
    if let Some(status) = &updated.status {
        rules::check_status(&item.kind, status)?;
    }
    rules::check_deduplication_stays(item, &updated)?;
    for (new, old) in [
        (&mut updated.title, &item.title),
        (&mut updated.description, &item.description),
        (&mut updated.status, &item.status),
        (&mut updated.severity, &item.severity),
        (&mut updated.category, &item.category),
    ] {
        new.take_if(|new| new == old);
    }
    updated.priority.take_if(|new| *new == item.priority);
    updated.operational_data.retain(|new| {
        let (key, new) = datum(new);
        item.data.get(&key) != Some(&new)
    });
    updated.operational_data_deleted.retain(|key| item.data.contains_key(key));
    updated.notifications.take_if(|new| new.values == item.notifications);
    updated.related_ops_items.take_if(|new| new.values == item.related_ops_items);
    updated.times.take_if(|new| item.times.with(new) == item.times);
    let nothing = OpsItemUpdated { ops_item_id: updated.ops_item_id.clone(), ..OpsItemUpdated::default() };
    if updated == nothing {
        return Ok(None);
    }
    let mut changed = item.clone();
    changed.update(&updated);
    rules::check_whole(&changed)?;
    Ok(Some(updated))
}

fn associate(item: &Item, associated: RelatedItemAssociated) -> Result<OpsItemEvent, Error> {
    rules::check_association(&associated)?;
    if item.related_items.values().any(|related| related.resource_uri == associated.resource_uri) {
        return Err(Error::AlreadyRelated { id: item.id.clone(), uri: associated.resource_uri });
    }
    rules::check_count("related items", rules::MAX_RELATED_ITEMS, item.related_items.len() + 1)?;
    Ok(OpsItemEvent::RelatedItemAssociated(associated))
}

#[cfg(test)]
#[path = "item_tests.rs"]
mod tests;
