//! Versions that nodes could install: what the fleet's nodes told of, and no catalog.

use reeve_eventsourcing::{View, ViewExt};
use reeve_inventory_model::Entry;
use reeve_patch_baseline::{Patch, Scheme, is_deb, system_of_product};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Versions by `<product>/<name>.<arch>/<version>`.
pub(crate) const AVAILABLE: &str = "available";

/// A version, and on how many nodes it is newer than what is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct AvailableRow {
    pub patch: Patch,
    pub nodes: u32,
    /// When the first of them told of it, in milliseconds since 1970.
    pub first_seen_ms: i64,
}

/// Counts what AWS:PatchCompliance says of a patch on a node: as one more, or one less.
pub(super) fn count(view: &mut dyn View, of: &Entry, is_more: bool, at: Timestamp) {
    let text = |name: &str| of.get(name).cloned().unwrap_or_default();
    let (product, id, version) = (text("Product"), text("KBId"), text("AvailableVersion"));
    if version.is_empty() {
        return;
    }
    let key = format!("{product}/{id}/{version}");
    let ids = |name: &str| -> Vec<String> {
        text(name).split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
    };
    let system = system_of_product(&product).unwrap_or_default();
    let (name, arch) = id.rsplit_once('.').unwrap_or((&id, ""));
    let mut row: AvailableRow = view.row(AVAILABLE, &key).unwrap_or_else(|| AvailableRow {
        patch: Patch {
            scheme: if is_deb(system) { Scheme::Deb } else { Scheme::Rpm },
            name: name.to_owned(),
            arch: arch.to_owned(),
            version,
            product,
            is_security: text("AvailableClassification") == "Security",
            classification: text("AvailableClassification"),
            priority: text("AvailablePriority"),
            section: text("AvailableSection"),
            repository: text("AvailableRepository"),
            severity: text("AvailableSeverity"),
            advisories: ids("AvailableAdvisories"),
            cves: ids("AvailableCVEIds"),
            bugzilla: ids("AvailableBugzillaIds"),
            released_ms: Timestamp::parse_rfc3339(&text("AvailableReleaseTime")).map(|at| at.0),
        },
        nodes: 0,
        first_seen_ms: at.0,
    });
    row.nodes = if is_more { row.nodes.saturating_add(1) } else { row.nodes.saturating_sub(1) };
    match row.nodes {
        0 => view.remove(AVAILABLE, key.as_bytes()),
        _ => view.put_row(AVAILABLE, &key, row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_version_is_there_as_long_as_a_node_could_install_it() {
        let mut view = reeve_eventsourcing::MemoryView::default();
        let of = |version: &str| {
            let of = [("Product", "Debian12"), ("KBId", "libc6.amd64"), ("AvailableVersion", version)];
            of.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>()
        };
        let rows = |view: &reeve_eventsourcing::MemoryView, version: &str| {
            let key = format!("Debian12/libc6.amd64/{version}");
            view.row::<AvailableRow>(AVAILABLE, &key).map(|row| (row.nodes, row.first_seen_ms))
        };
        count(&mut view, &of("2"), true, Timestamp(5));
        count(&mut view, &of("2"), true, Timestamp(9));
        count(&mut view, &of(""), true, Timestamp(9));
        assert_eq!(rows(&view, "2"), Some((2, 5)));
        count(&mut view, &of("2"), false, Timestamp(10));
        count(&mut view, &of("2"), false, Timestamp(11));
        assert_eq!(rows(&view, "2"), None);
    }
}
