//! The tags of one kind of resource, from the tags service's events: each service that answers or selects by
//! tags keeps its own.

use reeve_eventsourcing::{Projection, Recorded, View, ViewExt, events};
use std::collections::BTreeMap;

events! {
    /// What happens to a resource's tags.
    pub enum TagsEvent: "tags" / "resource" from reeve_contracts::tags {
        TagsAdded = "reeve.tags.TagsAdded.v1",
        TagsRemoved = "reeve.tags.TagsRemoved.v1",
    }
}

/// Keeps a table from resource id to tags, key to value. A resource without tags has no row.
pub struct ResourceTags {
    /// The resource type as AWS names it: `Document`, `ManagedInstance`.
    pub kind: &'static str,
    pub table: &'static str,
}

impl Projection for ResourceTags {
    const NAME: &'static str = "resource-tags";
    const VERSION: u32 = 1;
    type Event = TagsEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<TagsEvent>) {
        let (kind, id) = match &event.event {
            TagsEvent::TagsAdded(added) => (&added.resource_type, &added.resource_id),
            TagsEvent::TagsRemoved(removed) => (&removed.resource_type, &removed.resource_id),
        };
        if kind != self.kind {
            return;
        }
        let mut row: BTreeMap<String, String> = view.row(self.table, id).unwrap_or_default();
        match &event.event {
            TagsEvent::TagsAdded(added) => {
                row.extend(added.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
            }
            TagsEvent::TagsRemoved(removed) => row.retain(|key, _| !removed.keys.contains(key)),
        }
        if row.is_empty() {
            view.remove(self.table, id.as_bytes());
        } else {
            view.put_row(self.table, id, row);
        }
    }
}
