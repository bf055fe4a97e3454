//! What resources comply with, whoever it comes from.

use crate::projections::{GroupRow, PUT, SCANNED, Tables, group_key};
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
            let counts = compliance_type != PATCH
                || group(handle, compliance_type, resource).is_some_and(|(newest, _)| newest == tables);
            counts && keep(compliance_type, resource, row)
        };
        handle.views().filter::<GroupRow>(tables.groups, "", after, limit, wanted)
    };
    let (put, scanned) = (of(PUT), of(SCANNED));
    let mut has_more = put.next.is_some() || scanned.next.is_some();
    let mut rows = [put.rows, scanned.rows].concat();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    has_more |= rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|(key, _)| key.clone());
    Page { rows, next }
}
