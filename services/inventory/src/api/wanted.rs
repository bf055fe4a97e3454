//! Which nodes are wanted, by what they have.

use super::filters::{Conditions, condition};
use crate::{projections::nodes_by_name, reading::Node};
use reeve_contracts::ssm::InventoryFilter;
use reeve_fleet::{NODES, NodeRow};
use reeve_inventory_model::types;
use reeve_runtime::{ApiError, Handle, Page};
use reeve_types::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

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
            ids.extend(nodes_by_name(handle.views(), name, beginning));
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
