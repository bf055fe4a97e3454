//! Whether nodes are as their associations keep them: COMPLIANT after a success, and otherwise not.

use crate::{
    domain::Execution,
    projections::{ASSOCIATIONS, GroupRow, ItemRow, OUTCOMES, OutcomeRow},
};
use reeve_contracts::ssm::AssociationDescription;
use reeve_fleet::{NODES, NodeRow, targets};
use reeve_runtime::Handle;
use std::collections::BTreeSet;

/// The type.
pub(crate) const ASSOCIATION: &str = "Association";

/// A node's items, in the order of the associations' ids: of those that are there, that it is a target of, that it has run, and
/// whose compliance is not somebody's to say (SyncCompliance MANUAL).
pub(crate) fn items(handle: &Handle, node: &str) -> Vec<(String, ItemRow)> {
    let Some(row) = handle.views().look::<NodeRow>(NODES, node) else { return Vec::new() };
    let prefix = format!("{node}/");
    let outcomes = handle.views().scan::<OutcomeRow>(OUTCOMES, &prefix, None, usize::MAX).rows.into_iter();
    let items = outcomes.filter_map(|(key, outcome)| {
        let id = &key[prefix.len()..];
        let of = handle.views().look::<AssociationDescription>(ASSOCIATIONS, id)?;
        let is_said_by_others = of.sync_compliance.as_deref() == Some("MANUAL");
        let is_target = targets::meets(handle, &targets::of_association(&of), node, &row);
        (is_target && !is_said_by_others).then(|| (id.to_owned(), item(id, &of, &outcome)))
    });
    items.collect()
}

fn item(id: &str, of: &AssociationDescription, outcome: &OutcomeRow) -> ItemRow {
    let details = [
        ("DocumentName", of.name.clone().unwrap_or_default()),
        ("DocumentVersion", outcome.document_version.clone()),
    ];
    let execution = Execution { time_ms: outcome.finished_ms, ..Execution::default() };
    ItemRow {
        id: id.to_owned(),
        title: String::new(),
        severity: of.compliance_severity.clone().unwrap_or_else(|| "UNSPECIFIED".to_owned()),
        status: if outcome.is_success { "COMPLIANT" } else { "NON_COMPLIANT" }.to_owned(),
        details: details.map(|(name, value)| (name.to_owned(), value)).into(),
        // Each is known by its own: no change ever says all of them anew.
        execution: Some((1, execution)),
    }
}

/// What a node's items come to; none where it has none.
pub(crate) fn group_of(items: &[(String, ItemRow)]) -> Option<GroupRow> {
    let mut group = GroupRow::default();
    for (_, item) in items {
        *group.counts.of(&item.status, &item.severity) += 1;
        let known_by = item.known_by(&group).clone();
        if known_by.time_ms > group.latest.time_ms {
            group.latest = known_by;
        }
    }
    (!items.is_empty()).then_some(group)
}

/// The nodes on which associations did something.
pub(crate) fn nodes(handle: &Handle) -> BTreeSet<String> {
    let rows = handle.views().scan::<OutcomeRow>(OUTCOMES, "", None, usize::MAX).rows.into_iter();
    rows.filter_map(|(key, _)| key.split_once('/').map(|(node, _)| node.to_owned())).collect()
}
