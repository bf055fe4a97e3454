//! GetInventory.

use super::{
    aggregate,
    filters::{Conditions, condition},
    known_type,
};
use crate::{
    projections::NODES_BY_NAME,
    reading::{INSTANCE_INFORMATION, Node, capture_time},
};
use reeve_contracts::ssm::{
    GetInventoryRequest, GetInventoryResult, InventoryFilter, InventoryResultEntity, InventoryResultItem,
};
use reeve_fleet::{NODES, NodeRow};
use reeve_inventory_model::{Entry, types};
use reeve_runtime::{ApiError, Call, Handle, Page, page_size};
use reeve_types::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const MAX_NODES_PER_PAGE: usize = 50;
/// As many bytes of entries an answer has: the bus carries 1 MiB, with what is around them.
const MAX_ANSWER_BYTES: usize = 700_000;
/// Between a node's id and an entry's key, in the token of a page that ends within a node's entries.
const WITHIN: char = '\n';

/// What is asked of nodes: for each type, conditions that one entry meets.
pub(crate) struct Wanted {
    by_type: Vec<(String, Conditions, Vec<String>)>,
}

impl Wanted {
    /// Reads filters.
    ///
    /// # Errors
    /// `InvalidFilter`.
    pub fn new(filters: Option<&Vec<InventoryFilter>>, in_group: bool) -> Result<Self, ApiError> {
        let mut by_type: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for filter in filters.into_iter().flatten() {
            let condition = condition(filter, in_group)?;
            by_type.entry(condition.type_name.clone()).or_default().push(condition);
        }
        let by_type = by_type.into_iter().map(|(name, of)| {
            let conditions = Conditions::new(of);
            let beginnings = conditions.key_beginnings();
            (name, conditions, beginnings)
        });
        Ok(Self { by_type: by_type.collect() })
    }

    /// The first type that something is asked of.
    pub fn first_type(&self) -> Option<String> {
        self.by_type.first().map(|(name, _, _)| name.clone())
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.by_type.is_empty()
    }

    /// A page of the nodes that meet all of it, in the order of their ids.
    pub fn nodes(&self, handle: &Handle, now: Timestamp, after: Option<&str>, limit: usize) -> Page<NodeRow> {
        let meets = |id: &str, row: &NodeRow| self.is_met_by(&Node { handle, id, row, now });
        let Some(candidates) = self.candidates(handle) else {
            return handle.views().filter::<NodeRow>(NODES, "", after, limit, meets);
        };
        let mut page = Page { rows: Vec::new(), next: None };
        for id in candidates.into_iter().filter(|id| after.is_none_or(|after| id.as_str() > after)) {
            let Some(row) = handle.views().get::<NodeRow>(NODES, &id) else { continue };
            if !meets(&id, &row) {
                continue;
            }
            if page.rows.len() == limit {
                page.next = page.rows.last().map(|(id, _): &(String, NodeRow)| id.clone());
                break;
            }
            page.rows.push((id, row));
        }
        page
    }

    /// The ids of the nodes that alone may meet it, where an index tells.
    fn candidates(&self, handle: &Handle) -> Option<BTreeSet<String>> {
        let (name, _, beginnings) = self.by_type.iter().find(|(name, _, beginnings)| {
            let indexed = types::find(name).is_some_and(|kind| kind.indexed().is_some());
            indexed && beginnings.iter().all(|beginning| !beginning.is_empty())
        })?;
        let mut ids = BTreeSet::new();
        for beginning in beginnings {
            let prefix = format!("{name}/{beginning}");
            let rows = handle.views().scan::<u64>(NODES_BY_NAME, &prefix, None, usize::MAX).rows;
            ids.extend(rows.into_iter().filter_map(|(key, _)| Some(key.rsplit_once('/')?.1.to_owned())));
        }
        Some(ids)
    }

    /// Whether a node meets all of it.
    pub fn is_met_by(&self, node: &Node<'_>) -> bool {
        self.by_type.iter().all(|(name, conditions, beginnings)| {
            beginnings.iter().any(|beginning| node.has(name, beginning, |entry| conditions.meets(entry)))
        })
    }
}

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
