//! What a run tells the inventory, and what it says in the output of its step.

use crate::{
    execute::{ControlPlane, Sink, context::Context, inventory::Teller, output::Out},
    inventory::Collected,
    patch::assess::{Assessed, State},
};
use reeve_inventory_model::Entry;
use reeve_types::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

const COMPLIANCE: &str = "AWS:PatchCompliance";
const SUMMARY: &str = "AWS:PatchSummary";
/// As many packages a line of the output names.
const MAX_NAMED_PACKAGES: usize = 20;

/// Tells the inventory of both types: what was found, or why there is nothing.
pub(super) async fn tell<D: ControlPlane>(
    context: &Context<'_, D>,
    began: Timestamp,
    assessed: &Result<&[Assessed], String>,
    summary: Option<Entry>,
) -> Result<(), String> {
    let teller = Teller::new(context, began);
    let entries = assessed.clone().map(|assessed| assessed.iter().map(entry).collect::<Vec<_>>());
    let summary = assessed.clone().map(|_| summary.into_iter().collect::<Vec<_>>());
    let names = vec![COMPLIANCE.to_owned(), SUMMARY.to_owned()];
    let known = context.control_plane.inventory_hashes(names).await?;
    for (type_name, entries) in [(COMPLIANCE, entries), (SUMMARY, summary)] {
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

/// A whole line of ours in the step's output.
pub(super) fn line<S: Sink>(out: &mut Out<'_, S>, stderr: bool, text: &str) {
    out.line(stderr, &format!("{text}\n"));
}

/// A package as AWS:PatchCompliance has it.
fn entry(one: &Assessed) -> Entry {
    let version = one.target.as_ref().map_or(&one.package.version, |target| &target.version);
    let installed = match one.target {
        Some(_) => Timestamp(0),
        None => Timestamp(one.package.installed_seconds.saturating_mul(1000)),
    };
    let level = serde_json::to_value(one.level).ok();
    let attributes = [
        ("Title", format!("{}:{version}", one.id())),
        ("KBId", one.id()),
        ("Classification", if one.is_security { "Security" } else { "" }.to_owned()),
        ("Severity", one.priority.clone()),
        ("State", one.state.name().to_owned()),
        ("InstalledTime", installed.rfc3339()),
        ("ComplianceLevel", level.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()),
        ("Reason", one.reason.clone()),
    ];
    let given = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.to_owned(), value)).collect()
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
        let security = if one.is_security { " security" } else { "" };
        let (state, id, version) = (one.state.name(), one.id(), &one.package.version);
        line(out, false, format!("{state}: {id} {version}{target}{security} {}", one.reason).trim_end());
    }
    if let Some(more) = told.count().checked_sub(MAX_NAMED_PACKAGES).filter(|more| *more > 0) {
        line(out, false, &format!("… and {more} more"));
    }
}
