//! ListInventoryEntries.

use super::{
    filters::{Conditions, attribute_condition},
    known_node, known_type,
};
use crate::{
    projections::{ENTRIES, item_key},
    reading::{Node, capture_time},
};
use reeve_contracts::ssm::{ListInventoryEntriesRequest, ListInventoryEntriesResult};
use reeve_inventory_model::{Entry, types};
use reeve_runtime::{ApiError, Call, Page, page_size, to_answers};

const MAX_ENTRIES_PER_PAGE: usize = 50;

/// The entries of one type on one node, as they were last collected.
pub(crate) async fn list(
    call: Call<ListInventoryEntriesRequest>,
) -> Result<ListInventoryEntriesResult, ApiError> {
    let input = &call.input;
    let id = input.instance_id.as_deref().unwrap_or_default();
    let name = input.type_name.as_deref().unwrap_or_default();
    let row = known_node(&call.handle, id)?;
    known_type(name)?;
    let filters = input.filters.iter().flatten();
    let conditions =
        filters.map(|filter| attribute_condition(name, filter)).collect::<Result<Vec<_>, _>>()?;
    let conditions = Conditions::new(conditions);
    let limit = page_size(input.max_results, MAX_ENTRIES_PER_PAGE)?;
    let node = Node { handle: &call.handle, id, row: &row, now: call.now };
    let item = node.item(name);
    let after = input.next_token.as_deref();
    let controlled = types::find(name).is_some_and(|kind| kind.source == types::Source::ControlPlane);
    let page = match controlled {
        true => Page { rows: node.entries(name).into_iter().collect(), next: None },
        false => {
            let item = item_key(name, id);
            ENTRIES.page(call.handle.views(), &item, ("", after), limit, |entry| conditions.meets(entry))
        }
    };
    let (mut entries, next_token) = to_answers(page, |entry: Entry| entry)?;
    if controlled {
        entries.retain(|entry| conditions.meets(entry));
    }
    Ok(ListInventoryEntriesResult {
        instance_id: Some(id.to_owned()),
        type_name: Some(name.to_owned()),
        schema_version: item.as_ref().map(|item| item.schema_version.clone()),
        capture_time: item.map(|item| capture_time(item.captured)),
        entries: Some(entries),
        next_token,
    })
}
