//! Events to rows. Keys of rows about a node's type are `<type>/<node>`: what is asked most is one type of many nodes.

mod custom_types;
mod deletions;
mod inventories;
mod invocations;
mod names;
mod patch_runs;

pub(crate) use custom_types::{CUSTOM_TYPES, CustomTypeRow};
pub(crate) use deletions::{DELETIONS, DeletionRow, Deletions, disabled, newest};
pub(crate) use inventories::{
    CHANGES, ChangeRow, ENTRIES, ITEMS, Inventories, ItemRow, change_key, item_key, newer,
};
pub(crate) use invocations::{INVOCATIONS, InvocationRow, Invocations, invocation_key};
pub(crate) use names::{NAMES, NameRow, nodes_by_name};
pub(crate) use patch_runs::{PATCH_RUNS, PATCH_TYPES, PatchRuns};
