//! What resources comply with, whoever it comes from.

use crate::{
    associations::{self, ASSOCIATION},
    projections::{GroupRow, ItemRow, PUT, SCANNED, Tables, group_key},
};
use reeve_runtime::{Handle, Page};

/// The type whose items scans find as well.
pub(crate) const PATCH: &str = "Patch";

/// What a resource has of a type, and in which tables. Of the two that there may be of patches the one of the later execution
/// counts, as whoever says all items replaces them.
pub(crate) fn group(handle: &Handle, compliance_type: &str, resource: &str) -> Option<(Tables, GroupRow)> {
    let key = group_key(compliance_type, resource);
    let of = |tables: Tables| Some((tables, handle.views().get::<GroupRow>(tables.groups, &key)?));
    let scanned = if compliance_type == PATCH { of(SCANNED) } else { None };
    match (of(PUT), scanned) {
        (Some(put), Some(scanned)) if put.1.latest.time_ms > scanned.1.latest.time_ms => Some(put),
        (put, scanned) => scanned.or(put),
    }
}

/// Some of a resource's items of a type with their keys, after one of them, and what all of them come to.
pub(crate) fn items(
    handle: &Handle,
    (compliance_type, resource): (&str, &str),
    after: Option<&str>,
    limit: usize,
    keep: impl Fn(&GroupRow, &ItemRow) -> bool,
) -> Option<(GroupRow, Vec<(String, ItemRow)>)> {
    if compliance_type == ASSOCIATION {
        let items = associations::items(handle, resource);
        let group = associations::group_of(&items)?;
        let rows = items.into_iter();
        let rows =
            rows.filter(|(key, row)| after.is_none_or(|after| key.as_str() > after) && keep(&group, row));
        let rows = rows.take(limit).collect();
        return Some((group, rows));
    }
    let (tables, group) = group(handle, compliance_type, resource)?;
    let prefix = format!("{}/", group_key(compliance_type, resource));
    let after = after.map(|key| format!("{prefix}{key}"));
    let wanted = |_: &str, row: &ItemRow| keep(&group, row);
    let page = handle.views().filter(tables.items, &prefix, after.as_deref(), limit, wanted);
    let rows = page.rows.into_iter().map(|(key, row)| (key[prefix.len()..].to_owned(), row)).collect();
    Some((group, rows))
}

/// The groups whose keys are after another one, and that `keep` keeps, given type and resource: in the order of their keys.
pub(crate) fn groups(
    handle: &Handle,
    after: Option<&str>,
    limit: usize,
    keep: impl Fn(&str, &str, &GroupRow) -> bool,
) -> Page<GroupRow> {
    let of = |tables: Tables| {
        let wanted = |key: &str, row: &GroupRow| {
            let Some((compliance_type, resource)) = key.split_once('/') else { return false };
            // What is put of associations counts beside what they did.
            if compliance_type == ASSOCIATION {
                return false;
            }
            let counts = compliance_type != PATCH
                || group(handle, compliance_type, resource).is_some_and(|(newest, _)| newest == tables);
            counts && keep(compliance_type, resource, row)
        };
        handle.views().filter::<GroupRow>(tables.groups, "", after, limit, wanted)
    };
    let (put, scanned) = (of(PUT), of(SCANNED));
    let mut has_more = put.next.is_some() || scanned.next.is_some();
    let mut rows =
        [put.rows, scanned.rows, associated(handle, after, limit.saturating_add(1), keep)].concat();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    has_more |= rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(key, _)| key.clone());
    Page { rows, next }
}

/// The groups of associations, as [`groups`]: as many as are wanted are made, and no more.
fn associated(
    handle: &Handle,
    after: Option<&str>,
    limit: usize,
    keep: impl Fn(&str, &str, &GroupRow) -> bool,
) -> Vec<(String, GroupRow)> {
    let after_node = match after.map(|after| after.split_once('/').unwrap_or((after, ""))) {
        Some((ASSOCIATION, node)) => node,
        // All of them come before it.
        Some((other, _)) if other > ASSOCIATION => return Vec::new(),
        _ => "",
    };
    let rows = associations::nodes_after(handle, after_node).filter_map(|node| {
        let row = associations::group_of(&associations::items(handle, &node))?;
        keep(ASSOCIATION, &node, &row).then(|| (group_key(ASSOCIATION, &node), row))
    });
    rows.take(limit).collect()
}
