//! Rows of items, and of what they come to.

use crate::domain::Execution;
use reeve_eventsourcing::{View, ViewExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// AWS's severities, the highest first.
pub(crate) const SEVERITIES: [&str; 6] =
    ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"];
const COMPLIANT: &str = "COMPLIANT";
const NON_COMPLIANT: &str = "NON_COMPLIANT";

/// The tables that one projection writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    /// What a resource's items of a type come to, by [`group_key`].
    pub groups: &'static str,
    /// Items, by [`group_key`] and `/` and their own keys.
    pub items: &'static str,
}

/// The key of what a resource has of a type.
pub(crate) fn group_key(compliance_type: &str, resource: &str) -> String {
    format!("{compliance_type}/{resource}")
}

/// How many items there are of each severity, in the order of [`SEVERITIES`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub compliant: [u32; 6],
    pub non_compliant: [u32; 6],
}

impl Counts {
    pub fn of(&mut self, status: &str, severity: &str) -> &mut u32 {
        let at = SEVERITIES.iter().position(|known| *known == severity).unwrap_or(SEVERITIES.len() - 1);
        if status == NON_COMPLIANT { &mut self.non_compliant[at] } else { &mut self.compliant[at] }
    }

    /// NON_COMPLIANT if any item is.
    pub fn status(&self) -> &'static str {
        if self.non_compliant.iter().any(|count| *count > 0) { NON_COMPLIANT } else { COMPLIANT }
    }

    /// The highest severity among the items that are not compliant; UNSPECIFIED if there is none.
    pub fn overall_severity(&self) -> &'static str {
        let highest = self.non_compliant.iter().position(|count| *count > 0);
        SEVERITIES[highest.unwrap_or(SEVERITIES.len() - 1)]
    }
}

/// What a resource's items of a type come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    /// By which all items are known, but for those that name another one themselves.
    pub execution: Execution,
    /// The last one, of whichever items.
    pub latest: Execution,
    /// The change that said all items last, by its number.
    pub complete: u64,
    pub counts: Counts,
    /// Of patches.
    pub patch_group: String,
    pub baseline_id: String,
}

/// An item, as it was put or found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    pub id: String,
    pub title: String,
    pub severity: String,
    pub status: String,
    pub details: BTreeMap<String, String>,
    /// By which it alone is known, and the number of the change that said so: it counts until all items are said anew.
    pub execution: Option<(u64, Execution)>,
}

impl ItemRow {
    /// By which execution the item is known.
    pub fn known_by<'a>(&'a self, group: &'a GroupRow) -> &'a Execution {
        match &self.execution {
            Some((number, execution)) if *number > group.complete => execution,
            _ => &group.execution,
        }
    }

    /// Whether both say the same of the item.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let of = |row: &Self| (row.id.clone(), row.title.clone(), row.severity.clone(), row.status.clone());
        of(self) == of(other) && self.details == other.details
    }
}

/// Changes a resource's items of a type. What is said of what is not there counts for nothing.
pub(crate) fn change(
    view: &mut dyn View,
    tables: Tables,
    group_key: &str,
    counts: &mut Counts,
    put: Vec<(String, ItemRow)>,
    removed: Vec<String>,
) {
    let take_away = |view: &mut dyn View, counts: &mut Counts, key: &str| {
        if let Some(before) = view.row::<ItemRow>(tables.items, key) {
            let count = counts.of(&before.status, &before.severity);
            *count = count.saturating_sub(1);
        }
    };
    for key in removed {
        let key = format!("{group_key}/{key}");
        take_away(view, counts, &key);
        view.remove(tables.items, key.as_bytes());
    }
    for (key, item) in put {
        let key = format!("{group_key}/{key}");
        take_away(view, counts, &key);
        *counts.of(&item.status, &item.severity) += 1;
        view.put_row(tables.items, &key, item);
    }
}
