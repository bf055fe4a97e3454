//! Events to rows. Keys of rows about a node's type are `<type>/<node>`: what is asked most is one type of many nodes.

mod inventories;
mod nodes;

pub(crate) use inventories::{
    CUSTOM_TYPES, CustomTypeRow, ENTRIES, ITEMS, Inventories, ItemRow, NAMES, NODES_BY_NAME, NameRow,
    item_key,
};
pub(crate) use nodes::{NODES, NodeRow, Nodes};
