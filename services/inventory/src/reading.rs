//! What nodes have, whoever it comes from: collections, or the control plane itself.

use crate::{
    projections::{ENTRIES, ITEMS, ItemRow, item_key},
    taking,
};
use reeve_fleet::{NODE_TAGS, NODES, NodeRow};
use reeve_inventory_model::{Entries, Entry, keyed, types};
use reeve_runtime::Handle;
use reeve_types::Timestamp;
use std::collections::BTreeMap;

/// A node's id and row, which every type that the control plane knows itself is made of.
pub(crate) const INSTANCE_INFORMATION: &str = "AWS:InstanceInformation";
const TAG: &str = "AWS:Tag";

/// What a node has of a type, beside the entries.
pub(crate) struct Item {
    pub schema_version: String,
    pub captured: Timestamp,
    pub content_hash: String,
}

/// A node as it is looked at.
pub(crate) struct Node<'a> {
    pub handle: &'a Handle,
    pub id: &'a str,
    pub row: &'a NodeRow,
    pub now: Timestamp,
}

impl<'a> Node<'a> {
    /// What the node has of a type; `None` when that was never collected.
    pub fn item(&self, type_name: &str) -> Option<Item> {
        if let Some(kind) = types::find(type_name).filter(|kind| kind.source == types::Source::ControlPlane) {
            let schema_version = kind.version.to_owned();
            return Some(Item { schema_version, captured: self.now, content_hash: String::new() });
        }
        let row = self.item_row(type_name).filter(|row| !row.hash.is_empty())?;
        let captured = Timestamp(row.captured_ms);
        Some(Item { schema_version: row.schema_version, captured, content_hash: row.content_hash })
    }

    /// What collections say of a type.
    pub fn item_row(&self, type_name: &str) -> Option<ItemRow> {
        self.handle.views().get(ITEMS, &item_key(type_name, self.id))
    }

    /// The entries of a type.
    pub fn entries(&self, type_name: &str) -> Entries {
        match type_name {
            INSTANCE_INFORMATION => keyed(type_name, vec![self.information()]),
            TAG => keyed(type_name, self.tags()),
            _ => taking::entries(self.handle, type_name, self.id),
        }
    }

    /// Whether some entry of a type meets a condition. `beginning` is what the keys of those begin with that may.
    pub fn has(&self, type_name: &str, beginning: &str, meets: impl Fn(&Entry) -> bool) -> bool {
        match type_name {
            INSTANCE_INFORMATION => meets(&self.information()),
            TAG => self.tags().iter().any(meets),
            _ => {
                let item = item_key(type_name, self.id);
                !ENTRIES.page(self.handle.views(), &item, (beginning, None), 1, meets).rows.is_empty()
            }
        }
    }

    fn information(&self) -> Entry {
        let row = self.row;
        let status = if row.session.is_empty() { "ConnectionLost" } else { "Active" };
        let of = [
            ("AgentType", "reeve-agent"),
            ("AgentVersion", &row.agent_version),
            ("ComputerName", &row.name),
            ("InstanceId", self.id),
            ("InstanceStatus", status),
            ("IpAddress", &row.ip_address),
            ("PlatformName", &row.platform_name),
            ("PlatformType", &row.platform_type),
            ("PlatformVersion", &row.platform_version),
            ("ResourceType", "ManagedInstance"),
        ];
        let of = of.into_iter().filter(|(_, value)| !value.is_empty());
        of.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn tags(&self) -> Vec<Entry> {
        let tags: BTreeMap<String, String> = self.handle.views().get(NODE_TAGS, self.id).unwrap_or_default();
        let entry = |(key, value)| Entry::from([("Key".to_owned(), key), ("Value".to_owned(), value)]);
        tags.into_iter().map(entry).collect()
    }
}

/// The row of a registered node.
pub(crate) fn node_row(handle: &Handle, id: &str) -> Option<NodeRow> {
    handle.views().get(NODES, id)
}

/// An instant as inventories have it: to the second, in UTC.
pub(crate) fn capture_time(at: Timestamp) -> String {
    let text = at.rfc3339();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{seconds}Z")
}
