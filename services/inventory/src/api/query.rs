//! GetInventory.

use super::{aggregate, known_type, wanted::Wanted};
use crate::reading::{INSTANCE_INFORMATION, Node, capture_time};
use reeve_contracts::ssm::{
    GetInventoryRequest, GetInventoryResult, InventoryResultEntity, InventoryResultItem,
};
use reeve_fleet::{NODES, NodeRow};
use reeve_inventory_model::Entry;
use reeve_runtime::{ApiError, Call, page_size};
use std::collections::BTreeMap;

const MAX_NODES_PER_PAGE: usize = 50;
/// As many bytes of entries an answer has: the bus carries 1 MiB, with what is around them.
const MAX_ANSWER_BYTES: usize = 700_000;
/// Between a node's id and an entry's key, in the token of a page that ends within a node's entries.
const WITHIN: char = '\n';

/// The nodes that meet the filters, each with what it has of the wanted types.
pub(crate) async fn get(call: Call<GetInventoryRequest>) -> Result<GetInventoryResult, ApiError> {
    let input = &call.input;
    let wanted = Wanted::new(input.filters.as_ref(), false)?;
    if let Some(aggregators) = &input.aggregators {
        return aggregate::aggregate(&call, aggregators, &wanted);
    }
    let asked = input.result_attributes.iter().flatten().filter_map(|of| of.type_name.clone());
    let mut result_types: Vec<String> = asked.collect();
    for name in &result_types {
        known_type(name).map_err(|error| ApiError::new("InvalidResultAttributeException", error.message))?;
    }
    if result_types.is_empty() {
        result_types.push(INSTANCE_INFORMATION.to_owned());
    }
    let limit = page_size(input.max_results, MAX_NODES_PER_PAGE)?;
    let token = input.next_token.as_deref().unwrap_or_default();
    let (mut within, mut after) = (token.split_once(WITHIN), Some(token).filter(|token| !token.is_empty()));
    let mut answer = Answer::default();
    if let Some((node, key)) = within.take() {
        after = Some(node);
        if let Some(row) = call.handle.views().get::<NodeRow>(NODES, node) {
            let node = Node { handle: &call.handle, id: node, row: &row, now: call.now };
            answer.add(&node, &result_types, Some(key));
        }
    }
    let page = wanted.nodes(&call.handle, call.now, after, limit);
    for (id, row) in page.rows {
        if answer.full.is_some() {
            break;
        }
        answer.add(&Node { handle: &call.handle, id: &id, row: &row, now: call.now }, &result_types, None);
    }
    let next_token = answer.full.or(page.next);
    Ok(GetInventoryResult { entities: Some(answer.entities), next_token })
}

/// What is answered, until there is no more room.
#[derive(Default)]
struct Answer {
    entities: Vec<InventoryResultEntity>,
    bytes: usize,
    /// Where to go on, when there was no more room.
    full: Option<String>,
}

impl Answer {
    /// Adds a node; of its entries those after a key, if one is given.
    fn add(&mut self, node: &Node<'_>, result_types: &[String], after: Option<&str>) {
        let mut data = BTreeMap::new();
        for name in result_types {
            let Some(item) = node.item(name) else { continue };
            let mut content = Vec::new();
            let entries = node.entries(name).into_iter();
            let mut last = after.unwrap_or_default().to_owned();
            for (key, entry) in entries.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after)) {
                self.bytes += size(&entry);
                if self.bytes > MAX_ANSWER_BYTES {
                    self.full = Some(format!("{}{WITHIN}{last}", node.id));
                    break;
                }
                content.push(entry);
                last = key;
            }
            let item = InventoryResultItem {
                type_name: Some(name.clone()),
                schema_version: Some(item.schema_version),
                capture_time: Some(capture_time(item.captured)),
                content_hash: Some(item.content_hash).filter(|hash| !hash.is_empty()),
                content: Some(content),
            };
            data.insert(name.clone(), item);
        }
        self.entities.push(InventoryResultEntity { id: Some(node.id.to_owned()), data: Some(data) });
    }
}

/// At least as many bytes as an entry has in an answer: a control character takes six.
fn size(entry: &Entry) -> usize {
    let text = |text: &String| {
        let escaped = text.chars().filter(|c| c.is_control() || matches!(c, '"' | '\\')).count();
        text.len() + 5 * escaped + 3
    };
    entry.iter().map(|(name, value)| text(name) + text(value)).sum::<usize>() + 3
}
