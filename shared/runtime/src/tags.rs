//! The tags of one kind of resource, from the tags service's events: each service that answers or selects by
//! tags keeps its own.

pub use reeve_contracts::tags::ResourceEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use std::collections::BTreeMap;

/// Keeps a table from resource id to tags, key to value. A resource without tags has no row.
pub struct ResourceTags {
    /// The resource type as AWS names it: `Document`, `ManagedInstance`.
    pub kind: &'static str,
    pub table: &'static str,
}

impl Projection for ResourceTags {
    const NAME: &'static str = "resource-tags";
    const VERSION: u32 = 1;
    type Event = ResourceEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ResourceEvent>) {
        let (kind, id) = match &event.event {
            ResourceEvent::TagsAdded(added) => (&added.resource_type, &added.resource_id),
            ResourceEvent::TagsRemoved(removed) => (&removed.resource_type, &removed.resource_id),
        };
        if kind != self.kind {
            return;
        }
        let mut row: BTreeMap<String, String> = view.row(self.table, id).unwrap_or_default();
        match &event.event {
            ResourceEvent::TagsAdded(added) => {
                row.extend(added.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
            }
            ResourceEvent::TagsRemoved(removed) => row.retain(|key, _| !removed.keys.contains(key)),
        }
        if row.is_empty() {
            view.remove(self.table, id.as_bytes());
        } else {
            view.put_row(self.table, id, row);
        }
    }
}
