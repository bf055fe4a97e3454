//! An OpsItem as its events made it.

use reeve_contracts::opscenter::{
    ChangeTimes, OperationalDatum, OpsItemCreated, OpsItemEvent, OpsItemUpdated,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The status of an item that nobody has looked at yet.
pub const OPEN: &str = "Open";
/// The status of an item that is done with.
pub const RESOLVED: &str = "Resolved";
/// The status of an item that somebody works on.
const IN_PROGRESS: &str = "InProgress";

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
    pub(super) fn with(self, times: &ChangeTimes) -> Self {
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

    pub(super) fn created(e: &OpsItemCreated) -> Self {
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

    pub(super) fn update(&mut self, e: &OpsItemUpdated) {
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

pub(super) fn datum(datum: &OperationalDatum) -> (String, Datum) {
    (datum.key.clone(), Datum { value: datum.value.clone(), searchable: datum.searchable })
}
