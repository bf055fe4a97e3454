//! Which nodes have something of a name. A name that every node has would be a row for each of them; so nodes have numbers, and
//! a name has the set of their numbers, which is small whether few nodes have it or all.

use data_encoding::BASE64;
use reeve_eventsourcing::{View, ViewExt};
use reeve_inventory_model::key_part;
use reeve_runtime::Store;
use roaring::RoaringBitmap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::collections::BTreeSet;

/// How many nodes have something of a name, by [`index_key`].
pub(crate) const NAMES: &str = "names";
/// The numbers of the nodes that have something of a name, by [`index_key`].
const NODES_BY_NAME: &str = "nodes-by-name";
/// How many entries of a name a node has beyond the first, by [`index_key`] and `/` and the node.
const FURTHER_ENTRIES: &str = "further-entries";
/// The number of a node, by its id. They are given in the order of the log and never again.
const NUMBERS: &str = "node-numbers";
/// The id of a node, by [`number_key`]; how many numbers were given, by [`GIVEN`].
const NUMBERED: &str = "numbered-nodes";
const GIVEN: &str = "given";

/// A name that nodes have something of, and how many do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct NameRow {
    pub name: String,
    pub nodes: u64,
}

/// A set of nodes by their numbers; as a text, its portable form in Base64.
#[derive(Clone, Default)]
struct NodeSet(RoaringBitmap);

impl Serialize for NodeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.0.serialized_size());
        self.0.serialize_into(&mut bytes).map_err(ser::Error::custom)?;
        serializer.serialize_str(&BASE64.encode(&bytes))
    }
}

impl<'de> Deserialize<'de> for NodeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(de::Error::custom)?;
        RoaringBitmap::deserialize_from(bytes.as_slice()).map(Self).map_err(de::Error::custom)
    }
}

/// The key of a name in the index: of a type whose keys begin with it.
fn index_key(type_name: &str, name: &str) -> String {
    format!("{type_name}/{}", key_part(name))
}

fn number_key(number: u32) -> String {
    format!("{number:010}")
}

/// Counts one entry of a name more on a node; the node counts once for all of them.
pub(super) fn count_more(view: &mut dyn View, type_name: &str, name: &str, node: &str) {
    let index = index_key(type_name, name);
    let number = number_of(view, node);
    let (mut is_first, mut count) = (false, 0);
    view.update_row::<NodeSet>(NODES_BY_NAME, &index, |nodes| {
        is_first = nodes.0.insert(number);
        count = nodes.0.len();
    });
    if !is_first {
        return view.update_row::<u64>(FURTHER_ENTRIES, &format!("{index}/{node}"), |further| *further += 1);
    }
    view.update_row::<NameRow>(NAMES, &index, |row| {
        row.nodes = count;
        if row.name.is_empty() {
            name.clone_into(&mut row.name);
        }
    });
}

/// Counts one entry of a name less on a node that has one.
pub(super) fn count_less(view: &mut dyn View, type_name: &str, name: &str, node: &str) {
    let index = index_key(type_name, name);
    let of_node = format!("{index}/{node}");
    match view.row::<u64>(FURTHER_ENTRIES, &of_node) {
        Some(1) => return view.remove(FURTHER_ENTRIES, of_node.as_bytes()),
        Some(further) => return view.put_row(FURTHER_ENTRIES, &of_node, further.saturating_sub(1)),
        None => {}
    }
    let Some(number) = view.row::<u32>(NUMBERS, node) else { return };
    let left = view.change_row::<NodeSet, _>(NODES_BY_NAME, &index, |nodes| {
        nodes.0.remove(number);
        nodes.0.len()
    });
    let Some(left) = left.filter(|left| *left > 0) else {
        view.remove(NODES_BY_NAME, index.as_bytes());
        return view.remove(NAMES, index.as_bytes());
    };
    let _counted = view.change_row::<NameRow, _>(NAMES, &index, |row| row.nodes = left);
}

fn number_of(view: &mut dyn View, node: &str) -> u32 {
    if let Some(number) = view.row(NUMBERS, node) {
        return number;
    }
    let number: u32 = view.row(NUMBERED, GIVEN).unwrap_or_default();
    view.put_row(NUMBERED, GIVEN, number + 1);
    view.put_row(NUMBERED, &number_key(number), node.to_owned());
    view.put_row(NUMBERS, node, number);
    number
}

/// The nodes that have something whose key, of a type, begins so.
pub(crate) fn nodes_by_name(views: &Store, type_name: &str, beginning: &str) -> BTreeSet<String> {
    let mut numbers = RoaringBitmap::new();
    // A whole name ends where the next part of the key begins.
    if let Some(name) = beginning.strip_suffix('/') {
        numbers = views.get::<NodeSet>(NODES_BY_NAME, &format!("{type_name}/{name}")).unwrap_or_default().0;
    } else {
        let prefix = format!("{type_name}/{beginning}");
        for (_, nodes) in views.scan::<NodeSet>(NODES_BY_NAME, &prefix, None, usize::MAX).rows {
            numbers |= nodes.0;
        }
    }
    numbers.into_iter().filter_map(|number| views.get::<String>(NUMBERED, &number_key(number))).collect()
}
