//! What a run tells the inventory, and what it says in the output of its step.

use super::{Looked, Run};
use crate::{
    execute::{ControlPlane, Sink, context::Context, inventory::Teller, output::Out},
    inventory::Collected,
    patch::{
        BY_OTHER_BASELINE,
        assess::{Assessed, State},
    },
};
use reeve_inventory_model::Entry;
use reeve_patch_baseline::Patch;
use reeve_types::{Timestamp, text::cut};
use serde_json::Value;
use std::collections::BTreeMap;

const COMPLIANCE: &str = "AWS:PatchCompliance";
const SUMMARY: &str = "AWS:PatchSummary";
/// As much of a list of patches, or of where it lies, is told with a run.
const MAX_LIST_CHARS: usize = 256;
/// As many packages a line of the output names.
const MAX_NAMED_PACKAGES: usize = 20;

/// What is told of each type.
pub(super) struct Found {
    patches: Vec<Entry>,
    summary: Entry,
    by_other_baseline: Option<Vec<Entry>>,
}

/// Tells the inventory: what was found, or why there is nothing.
pub(super) async fn tell<D: ControlPlane>(
    context: &Context<'_, D>,
    at: Timestamp,
    found: Result<Found, String>,
) -> Result<(), String> {
    let teller = Teller::new(context, at);
    let mut told: Vec<(&str, Result<Vec<Entry>, String>)> = match found {
        Err(reason) => vec![(COMPLIANCE, Err(reason.clone())), (SUMMARY, Err(reason))],
        Ok(found) => {
            let other = found.by_other_baseline.map(|entries| (BY_OTHER_BASELINE, Ok(entries)));
            other
                .into_iter()
                .chain([(COMPLIANCE, Ok(found.patches)), (SUMMARY, Ok(vec![found.summary]))])
                .collect()
        }
    };
    let names = told.iter().map(|(name, _)| (*name).to_owned()).collect();
    let known = context.control_plane.inventory_hashes(names).await?;
    for (type_name, entries) in told.drain(..) {
        let collected = Collected {
            type_name: type_name.to_owned(),
            version: "1.0".to_owned(),
            entries,
            note: String::new(),
        };
        let known = known.get(type_name).map(String::as_str).unwrap_or_default();
        // That it failed is told as well, and no failure of the telling.
        let _said = teller.tell(collected, known).await?;
    }
    Ok(())
}

impl<D: ControlPlane> Run<'_, D> {
    /// Tells the inventory of the patches and of the run, or why there is nothing to tell; says whether that worked.
    pub(super) async fn tell<S: Sink>(&self, looked: Result<&Looked, String>, out: &mut Out<'_, S>) -> bool {
        let now = (self.deadline.clock)();
        let told = tell(self.context, now, looked.map(|looked| self.found(looked)));
        match self.context.bounded(&self.deadline, told).await {
            Ok(Ok(())) => true,
            Ok(Err(reason)) => {
                line(out, true, &format!("What was found could not be told: {reason}"));
                false
            }
            Err(_) => {
                line(out, true, "What was found could not be told in the step's time.");
                false
            }
        }
    }

    /// What is told of each type.
    fn found(&self, looked: &Looked) -> Found {
        let by = |one: &Assessed| {
            let other = self.deciding();
            let named = [("BaselineId", &other.id), ("BaselineName", &other.name)];
            let named = named.into_iter().filter(|(_, text)| !text.is_empty());
            let named = named.map(|(name, text)| (name.to_owned(), text.clone()));
            entry(one, &self.system.product).into_iter().chain(named).collect::<Entry>()
        };
        let instead = looked.instead.iter().flatten().filter(|one| one.state != State::InstalledOther);
        Found {
            patches: looked.official.iter().map(|one| entry(one, &self.system.product)).collect(),
            summary: self.summary(&looked.official),
            by_other_baseline: self.asked.instead.as_ref().map(|_| instead.map(by).collect()),
        }
    }

    fn summary(&self, assessed: &[Assessed]) -> Entry {
        let count = |state: State| assessed.iter().filter(|one| one.state == state).count().to_string();
        let now = (self.deadline.clock)();
        let attributes = [
            ("PatchGroup", self.asked.patch_group.clone()),
            ("BaselineId", self.asked.baseline.id.clone()),
            ("SnapshotId", self.order.snapshot_id.clone()),
            ("InstalledCount", count(State::Installed)),
            ("InstalledOtherCount", count(State::InstalledOther)),
            ("InstalledPendingRebootCount", count(State::InstalledPendingReboot)),
            ("InstalledRejectedCount", count(State::InstalledRejected)),
            ("MissingCount", count(State::Missing)),
            ("FailedCount", count(State::Failed)),
            ("NotApplicableCount", "0".to_owned()),
            ("OperationType", self.order.operation.name().to_owned()),
            ("OperationStartTime", self.began.rfc3339()),
            ("OperationEndTime", now.rfc3339()),
            ("InstallOverrideList", cut(&self.order.install_override_list, MAX_LIST_CHARS)),
            ("RebootOption", if self.order.may_restart { "RebootIfNeeded" } else { "NoReboot" }.to_owned()),
            ("ExecutionId", self.context.command_id.to_owned()),
        ];
        let given = attributes.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A whole line of ours in the step's output.
pub(super) fn line<S: Sink>(out: &mut Out<'_, S>, stderr: bool, text: &str) {
    out.line(stderr, &format!("{text}\n"));
}

/// A package as AWS:PatchCompliance has it.
fn entry(one: &Assessed, product: &str) -> Entry {
    let version = one.target.as_ref().map_or(&one.package.version, |target| &target.version);
    let installed = match one.target {
        Some(_) => Timestamp(0),
        None => Timestamp(one.package.installed_seconds.saturating_mul(1000)),
    };
    let level = serde_json::to_value(one.level).ok();
    let is_missed = matches!(one.state, State::Missing | State::Failed);
    let attributes = [
        ("Title", format!("{}:{version}", one.id())),
        ("KBId", one.id()),
        ("Classification", classification(&one.told)),
        ("Severity", severity(&one.told)),
        ("State", one.state.name().to_owned()),
        ("InstalledTime", installed.rfc3339()),
        ("ComplianceLevel", level.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()),
        ("Reason", one.reason.clone()),
        ("CVEIds", if is_missed { ids(&one.told.cves) } else { String::new() }),
        ("Advisories", if is_missed { ids(&one.told.advisories) } else { String::new() }),
    ];
    // What could be installed, approved or not.
    let available = one.available.iter().flat_map(|offer| {
        [
            ("Product", product.to_owned()),
            ("AvailableVersion", offer.version.clone()),
            ("AvailableClassification", classification(offer)),
            ("AvailableSeverity", offer.severity.clone()),
            ("AvailableAdvisories", ids(&offer.advisories)),
            ("AvailableCVEIds", ids(&offer.cves)),
            ("AvailableBugzillaIds", ids(&offer.bugzilla)),
            ("AvailableReleaseTime", offer.released_ms.map(|at| Timestamp(at).rfc3339()).unwrap_or_default()),
            ("AvailablePriority", offer.priority.clone()),
            ("AvailableSection", offer.section.clone()),
            ("AvailableRepository", offer.repository.clone()),
        ]
    });
    let given = attributes.into_iter().chain(available).filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A version that hides a security fix is one.
fn classification(of: &Patch) -> String {
    if of.is_security { "Security".to_owned() } else { of.classification.clone() }
}

/// What apt calls a priority stands where others have a severity.
fn severity(of: &Patch) -> String {
    if of.severity.is_empty() { of.priority.clone() } else { of.severity.clone() }
}

/// As AWS lists them.
fn ids(of: &[String]) -> String {
    of.join(",")
}

/// Says how many packages there are in each state, and which are not as they should be.
pub(super) fn say<S: Sink>(assessed: &[Assessed], out: &mut Out<'_, S>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in assessed {
        *counts.entry(one.state.name()).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    line(out, false, &format!("{} packages: {}", assessed.len(), counts.join(", ")));
    let told = assessed.iter().filter(|one| !matches!(one.state, State::Installed | State::InstalledOther));
    for one in told.clone().take(MAX_NAMED_PACKAGES) {
        let target = one.target.as_ref().map(|target| format!(" -> {}", target.version)).unwrap_or_default();
        let security = if one.is_security() { " security" } else { "" };
        let (state, id, version) = (one.state.name(), one.id(), &one.package.version);
        line(out, false, format!("{state}: {id} {version}{target}{security} {}", one.reason).trim_end());
    }
    if let Some(more) = told.count().checked_sub(MAX_NAMED_PACKAGES).filter(|more| *more > 0) {
        line(out, false, &format!("… and {more} more"));
    }
}
