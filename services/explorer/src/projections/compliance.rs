//! How many items a resource has that comply and that do not, by type: counted from what each change says, without the items.

use reeve_contracts::{
    compliance::{ComplianceChanged, ComplianceEvent, Item},
    inventory::{InventoryChanged, InventoryEvent},
};
use reeve_eventsourcing::{
    Projection, Recorded, View, ViewExt,
    parts::{Part, Waiting},
};
use reeve_inventory_model::{Entry, from_attributes, part_of};
use reeve_patch_baseline::is_compliant;
use serde::{Deserialize, Serialize};

/// What somebody put, by type and resource: `<type>/<resource>`.
pub(crate) const COMPLIANCE_PUT: &str = "compliance-put";
/// What somebody said of a node's associations, by `<node>/<association>`: which of it counts depends on the association, which
/// another stream tells of.
pub(crate) const ASSOCIATIONS_SAID: &str = "associations-said";
/// The last execution that was of everything said of a node's associations, by node.
pub(crate) const ASSOCIATIONS_SAID_ALL: &str = "associations-said-all";
/// The type of what is said of associations.
pub(crate) const ASSOCIATION: &str = "Association";
/// What scans for patches found, by node.
pub(crate) const COMPLIANCE_SCANNED: &str = "compliance-scanned";

const WAITING_PUT: Waiting = Waiting { changes: "compliance-put-waiting", parts: "compliance-put-parts" };
const WAITING_SCANNED: Waiting =
    Waiting { changes: "compliance-scanned-waiting", parts: "compliance-scanned-parts" };

/// AWS's severities, the highest first.
const SEVERITIES: [&str; 6] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"];

/// What a resource's items of a type come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    pub compliant: u64,
    /// Those that do not comply, by severity in the order of AWS's.
    pub non_compliant: [u64; 6],
    pub executed_ms: i64,
    pub patch_group: String,
    pub baseline_id: String,
}

impl GroupRow {
    /// Counts an item.
    pub fn count(&mut self, complies: bool, severity: &str) {
        *self.of(complies, severity) += 1;
    }

    fn of(&mut self, complies: bool, severity: &str) -> &mut u64 {
        let at = SEVERITIES.iter().position(|known| *known == severity).unwrap_or(SEVERITIES.len() - 1);
        if complies { &mut self.compliant } else { &mut self.non_compliant[at] }
    }

    pub fn non_compliant(&self) -> u64 {
        self.non_compliant.iter().sum()
    }

    pub fn status(&self) -> &'static str {
        if self.non_compliant() > 0 { "NON_COMPLIANT" } else { "COMPLIANT" }
    }

    /// The highest severity among the items that do not comply; UNSPECIFIED if there is none.
    pub fn overall_severity(&self) -> &'static str {
        let highest = self.non_compliant.iter().position(|count| *count > 0);
        SEVERITIES[highest.unwrap_or(SEVERITIES.len() - 1)]
    }

    fn take(&mut self, part: &PartRow) {
        for (complies, severity) in &part.gone {
            let count = self.of(*complies, severity);
            *count = count.saturating_sub(1);
        }
        for (complies, severity) in &part.come {
            self.count(*complies, severity);
        }
    }
}

/// The items that a part of a change is about: whether each complies, and its severity.
#[derive(Clone, Default, Serialize, Deserialize)]
struct PartRow {
    gone: Vec<(bool, String)>,
    come: Vec<(bool, String)>,
    /// Of associations, their ids as well: those that nothing is said of any more, and those that this is said of.
    unsaid: Vec<String>,
    said: Vec<(String, bool, String)>,
}

/// An execution, and how many changes were in force before it: of two the one with more of them counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SaidAt {
    base: u64,
    pub executed_ms: i64,
}

/// What somebody said of an association on a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SaidRow {
    pub complies: bool,
    pub severity: String,
    pub at: SaidAt,
}

/// Keeps [`COMPLIANCE_PUT`], [`ASSOCIATIONS_SAID`] and [`ASSOCIATIONS_SAID_ALL`].
pub(crate) struct Put;

impl Projection for Put {
    const NAME: &'static str = "compliance-put";
    const VERSION: u32 = 2;
    type Event = ComplianceEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ComplianceEvent>) {
        let ComplianceEvent::ComplianceChanged(e) = &event.event;
        let key = format!("{}/{}", e.compliance_type, e.resource_id);
        let at = Part { change_id: &e.change_id, number: e.part, count: e.parts };
        let Some(parts) = WAITING_PUT.take(view, &key, at, part_of_put(e)) else { return };
        if e.compliance_type == ASSOCIATION {
            return say(view, e, &parts);
        }
        if e.is_empty {
            return view.remove(COMPLIANCE_PUT, key.as_bytes());
        }
        view.update_row(COMPLIANCE_PUT, &key, |row: &mut GroupRow| {
            parts.iter().for_each(|part| row.take(part));
            row.executed_ms = e.executed_ms;
        });
    }
}

fn say(view: &mut dyn View, e: &ComplianceChanged, parts: &[PartRow]) {
    let at = SaidAt { base: e.base, executed_ms: e.executed_ms };
    let key = |id: &str| format!("{}/{id}", e.resource_id);
    for part in parts {
        part.unsaid.iter().for_each(|id| view.remove(ASSOCIATIONS_SAID, key(id).as_bytes()));
    }
    for (id, complies, severity) in parts.iter().flat_map(|part| &part.said) {
        let row = SaidRow { complies: *complies, severity: severity.clone(), at };
        view.put_row(ASSOCIATIONS_SAID, &key(id), row);
    }
    if e.upload_type == "COMPLETE" {
        view.put_row(ASSOCIATIONS_SAID_ALL, &e.resource_id, at);
    }
}

fn part_of_put(e: &ComplianceChanged) -> PartRow {
    let item = |item: &Item| (item.status == "COMPLIANT", item.severity.clone());
    let before = e.changed.iter().filter_map(|change| change.before.as_ref());
    let after = e.changed.iter().filter_map(|change| change.after.as_ref());
    let (gone, come) = (e.removed.iter().chain(before), e.added.iter().chain(after));
    if e.compliance_type == ASSOCIATION {
        let said = |item: &Item| (item.id.clone(), item.status == "COMPLIANT", item.severity.clone());
        let unsaid = gone.map(|item| item.id.clone()).collect();
        return PartRow { unsaid, said: come.map(said).collect(), ..PartRow::default() };
    }
    PartRow { gone: gone.map(item).collect(), come: come.map(item).collect(), ..PartRow::default() }
}

/// Keeps [`COMPLIANCE_SCANNED`].
pub(crate) struct Scanned;

impl Projection for Scanned {
    const NAME: &'static str = "compliance-scanned";
    const VERSION: u32 = 1;
    type Event = InventoryEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InventoryEvent>) {
        let InventoryEvent::InventoryChanged(e) = &event.event else { return };
        match e.type_name.as_str() {
            "AWS:PatchCompliance" => patches(view, e),
            "AWS:PatchSummary" => run(view, e),
            _ => {}
        }
    }
}

fn patches(view: &mut dyn View, e: &InventoryChanged) {
    let Some(parts) = WAITING_SCANNED.take(view, &e.node_id, part_of(e), part_of_scan(e)) else { return };
    if e.hash.is_empty() {
        return view.remove(COMPLIANCE_SCANNED, e.node_id.as_bytes());
    }
    view.update_row(COMPLIANCE_SCANNED, &e.node_id, |row: &mut GroupRow| {
        parts.iter().for_each(|part| row.take(part));
        row.executed_ms = e.captured_ms;
    });
}

fn part_of_scan(e: &InventoryChanged) -> PartRow {
    let patch = |entry: &reeve_contracts::inventory::Entry| {
        let patch: Entry = from_attributes(&entry.attributes);
        let text = |name: &str| patch.get(name).cloned().unwrap_or_default();
        (is_compliant(&text("State")), text("ComplianceLevel"))
    };
    let before = e.changed.iter().filter_map(|change| change.before.as_ref());
    let after = e.changed.iter().filter_map(|change| change.after.as_ref());
    PartRow {
        gone: e.removed.iter().chain(before).map(patch).collect(),
        come: e.added.iter().chain(after).map(patch).collect(),
        ..PartRow::default()
    }
}

/// A run that found the patches as they were says so by its summary alone.
fn run(view: &mut dyn View, e: &InventoryChanged) {
    let after = e.changed.iter().filter_map(|change| change.after.as_ref());
    let Some(last) = e.added.iter().chain(after).last() else { return };
    let summary = from_attributes(&last.attributes);
    let text = |name: &str| summary.get(name).cloned().unwrap_or_default();
    let ended = reeve_types::Timestamp::parse_rfc3339(&text("OperationEndTime"));
    let _found = view.change_row(COMPLIANCE_SCANNED, &e.node_id, |row: &mut GroupRow| {
        row.executed_ms = ended.map_or(e.captured_ms, |at| at.0);
        row.patch_group = text("PatchGroup");
        row.baseline_id = text("BaselineId");
    });
}
