//! Whether nodes are as their associations keep them: COMPLIANT after a success, and otherwise not.

use crate::{
    domain::Execution,
    projections::{GroupRow, ItemRow, PUT, group_key},
};
use reeve_contracts::ssm::AssociationDescription;
use reeve_fleet::{
    NODES, NodeRow,
    associations::{ASSOCIATIONS, OUTCOMES, OutcomeRow},
    targets,
};
use reeve_runtime::Handle;

/// The type.
pub(crate) const ASSOCIATION: &str = "Association";
/// What ends with it comes after each key that begins as what is before it.
const LAST_SIGN: char = char::MAX;

/// Whether an association's compliance is somebody's to say (SyncCompliance MANUAL); `None`: there is no such association.
pub(crate) fn is_said_by_others(handle: &Handle, id: &str) -> Option<bool> {
    let of = handle.views().look::<AssociationDescription>(ASSOCIATIONS, id)?;
    Some(of.sync_compliance.as_deref() == Some("MANUAL"))
}

/// A node's items, in the order of the associations' ids, of those that are there: what somebody said, where that is to be
/// said (SyncCompliance MANUAL); else what it came to, where the node is a target and has run it.
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
    let mut items: Vec<_> = items.chain(said(handle, node)).collect();
    items.sort_by(|(a, _), (b, _)| a.cmp(b));
    items
}

/// What somebody said of a node's associations whose compliance is to be said.
fn said(handle: &Handle, node: &str) -> Vec<(String, ItemRow)> {
    let key = group_key(ASSOCIATION, node);
    let Some(group) = handle.views().get::<GroupRow>(PUT.groups, &key) else { return Vec::new() };
    let rows = handle.views().scan::<ItemRow>(PUT.items, &format!("{key}/"), None, usize::MAX).rows;
    let rows = rows.into_iter().filter(|(_, row)| is_said_by_others(handle, &row.id) == Some(true));
    let known = rows.map(|(_, row)| {
        let execution = row.known_by(&group).clone();
        // Each is known by its own, as those that ran are.
        (row.id.clone(), ItemRow { execution: Some((1, execution)), ..row })
    });
    known.collect()
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

/// The nodes behind one on which associations did something, or of whose associations somebody said something, in order. Each is
/// looked for when it is asked for.
pub(crate) fn nodes_after<'a>(handle: &'a Handle, after: &str) -> impl Iterator<Item = String> + 'a {
    std::iter::successors(next_node(handle, after), |node| next_node(handle, node))
}

fn next_node(handle: &Handle, after: &str) -> Option<String> {
    let all_of_it = (!after.is_empty()).then(|| format!("{after}/{LAST_SIGN}"));
    let ran = handle.views().scan::<OutcomeRow>(OUTCOMES, "", all_of_it.as_deref(), 1).rows.pop();
    let ran = ran.and_then(|(key, _)| key.split_once('/').map(|(node, _)| node.to_owned()));
    let prefix = group_key(ASSOCIATION, "");
    let last = (!after.is_empty()).then(|| format!("{prefix}{after}"));
    let put = handle.views().scan::<GroupRow>(PUT.groups, &prefix, last.as_deref(), 1).rows.pop();
    let put = put.map(|(key, _)| key[prefix.len()..].to_owned());
    ran.into_iter().chain(put).min()
}
