//! One OpsItem.

use super::rules;
pub use reeve_contracts::opscenter::OpsItemEvent;
use reeve_contracts::opscenter::{
    ChangeTimes, OperationalDatum, OpsItemAlertWorsened, OpsItemCausesEnded, OpsItemCreated, OpsItemDeleted,
    OpsItemDuplicateRefused, OpsItemUpdated, RelatedItemAssociated, RelatedItemDisassociated,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The status of an item that nobody has looked at yet.
pub const OPEN: &str = "Open";
/// The status of an item that is done with.
pub const RESOLVED: &str = "Resolved";
/// The status of an item that somebody works on.
const IN_PROGRESS: &str = "InProgress";

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

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no OpsItem {0}")]
    NotFound(String),
    #[error("the OpsItem {0} has the same deduplication string and resources, and is not Resolved")]
    AlreadyExists(String),
    #[error("the id {0} was given to another OpsItem")]
    Used(String),
    #[error("{name} {problem}")]
    Parameter { name: String, problem: String },
    #[error("an OpsItem has at most {limit} {what}, and this one would have {count}")]
    Limit { what: &'static str, limit: usize, count: usize },
    #[error("the OpsItem {id} is related to {uri} already")]
    AlreadyRelated { id: String, uri: String },
    #[error("the OpsItem {id} has no association {association}")]
    NotRelated { id: String, association: String },
}

impl Error {
    pub(super) fn parameter(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), problem: problem.into() }
    }
}

/// The value of a piece of operational data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datum {
    pub value: String,
    pub searchable: bool,
}

/// A resource that an item is related to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedItem {
    pub association_type: String,
    pub resource_type: String,
    pub resource_uri: String,
}

/// When a change was planned and took place, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    pub planned_start: Option<i64>,
    pub planned_end: Option<i64>,
    pub actual_start: Option<i64>,
    pub actual_end: Option<i64>,
}

impl Times {
    /// With those that are said.
    fn with(self, times: &ChangeTimes) -> Self {
        Self {
            planned_start: times.planned_start_ms.or(self.planned_start),
            planned_end: times.planned_end_ms.or(self.planned_end),
            actual_start: times.actual_start_ms.or(self.actual_start),
            actual_end: times.actual_end_ms.or(self.actual_end),
        }
    }
}

/// An OpsItem as its events made it. Its size is bounded by [`super::MAX_ITEM_BYTES`] and the limits of its lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Empty: there never was one.
    pub id: String,
    pub title: String,
    pub description: String,
    pub source: String,
    pub status: String,
    pub priority: u32,
    pub severity: String,
    pub category: String,
    pub kind: String,
    pub data: BTreeMap<String, Datum>,
    pub notifications: Vec<String>,
    pub related_ops_items: Vec<String>,
    pub times: Times,
    pub deduplication_key: String,
    pub generation: u32,
    /// By the ids of their associations.
    pub related_items: BTreeMap<String, RelatedItem>,
    /// Counts the edits, from 1.
    pub version: u32,
    pub deleted: bool,
    /// The worst severity of what fired behind it; empty: none was said.
    pub worst_alert: String,
    /// As many firings had begun when all causes had ended and the item was Resolved for that.
    pub settled_firings: u64,
}

impl Item {
    pub fn exists(&self) -> bool {
        !self.id.is_empty() && !self.deleted
    }

    /// Whether it takes in more of the same: it is Open or InProgress.
    pub fn is_open(&self) -> bool {
        self.exists() && (self.status == OPEN || self.status == IN_PROGRESS)
    }

    /// Of what it holds and limits do not bound by themselves.
    pub(super) fn bytes(&self) -> usize {
        let data: usize = self.data.iter().map(|(key, datum)| key.len() + datum.value.len()).sum();
        data + self.title.len() + self.description.len()
    }

    /// The item after an event.
    #[must_use]
    pub fn after(mut self, event: &OpsItemEvent) -> Self {
        match event {
            OpsItemEvent::OpsItemCreated(e) => return Self::created(e),
            OpsItemEvent::OpsItemUpdated(e) => self.update(e),
            OpsItemEvent::OpsItemDeleted(_) => self.deleted = true,
            OpsItemEvent::OpsItemDuplicateRefused(_) => {}
            OpsItemEvent::OpsItemAlertWorsened(e) => self.worst_alert.clone_from(&e.severity),
            OpsItemEvent::RelatedItemAssociated(e) => {
                let related = RelatedItem {
                    association_type: e.association_type.clone(),
                    resource_type: e.resource_type.clone(),
                    resource_uri: e.resource_uri.clone(),
                };
                self.related_items.insert(e.association_id.clone(), related);
            }
            OpsItemEvent::RelatedItemDisassociated(e) => {
                self.related_items.remove(&e.association_id);
            }
            OpsItemEvent::OpsItemCausesEnded(e) => {
                self.settled_firings = e.firings;
                RESOLVED.clone_into(&mut self.status);
                self.version += 1;
            }
        }
        self
    }

    fn created(e: &OpsItemCreated) -> Self {
        Self {
            id: e.ops_item_id.clone(),
            title: e.title.clone(),
            description: e.description.clone(),
            source: e.source.clone(),
            status: OPEN.to_owned(),
            priority: e.priority,
            severity: e.severity.clone(),
            worst_alert: e.severity.clone(),
            category: e.category.clone(),
            kind: e.ops_item_type.clone(),
            data: e.operational_data.iter().map(datum).collect(),
            notifications: e.notifications.clone(),
            related_ops_items: e.related_ops_items.clone(),
            times: e.times.as_ref().map(|times| Times::default().with(times)).unwrap_or_default(),
            deduplication_key: e.deduplication_key.clone(),
            generation: e.generation,
            version: 1,
            ..Self::default()
        }
    }

    fn update(&mut self, e: &OpsItemUpdated) {
        let texts = [
            (&mut self.title, &e.title),
            (&mut self.description, &e.description),
            (&mut self.status, &e.status),
            (&mut self.severity, &e.severity),
            (&mut self.category, &e.category),
        ];
        for (text, new) in texts {
            if let Some(new) = new {
                text.clone_from(new);
            }
        }
        self.priority = e.priority.unwrap_or(self.priority);
        self.data.extend(e.operational_data.iter().map(datum));
        self.data.retain(|key, _| !e.operational_data_deleted.contains(key));
        for (list, new) in
            [(&mut self.notifications, &e.notifications), (&mut self.related_ops_items, &e.related_ops_items)]
        {
            if let Some(new) = new {
                list.clone_from(&new.values);
            }
        }
        if let Some(times) = &e.times {
            self.times = self.times.with(times);
        }
        self.version += 1;
    }
}

fn datum(datum: &OperationalDatum) -> (String, Datum) {
    (datum.key.clone(), Datum { value: datum.value.clone(), searchable: datum.searchable })
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
                // AWS answers success for what is gone.
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
                let gone = RelatedItemDisassociated { ops_item_id, association_id };
                Some(OpsItemEvent::RelatedItemDisassociated(gone))
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
