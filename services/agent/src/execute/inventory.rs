//! aws:softwareInventory: collects what the machine has, and tells the control plane what differs from what it knows.

use super::{ControlPlane, Sink, context::Context, output::Out, walk::Ran};
use crate::{
    inventory::{
        Collected, Machine, Wanted, collect,
        kept::{Kept, Told},
    },
    patch::BY_OTHER_BASELINE,
};
use prost::Message;
use reeve_contracts::node::InventoryReport;
use reeve_inventory_model::{Difference, Entries, Entry, entry, hash::Sum, keyed};
use reeve_node_protocol::inventory::{MAX_ENTRIES, MAX_PART_BYTES, MAX_PARTS, MAX_TEXT_CHARS};
use reeve_types::text::cut;
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::Value;

/// Where somebody describes custom types, below the folder of what was told.
const CUSTOM: &str = "custom";
/// What was told, likewise.
const TOLD: &str = "told";

/// Collects and tells. The step fails when one of the types could not be collected; the others are told all the same.
pub(super) async fn run<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    inputs: &Value,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let folder = &context.host.inventory;
    let wanted = Wanted::read(inputs, folder.join(CUSTOM))?;
    let deadline = context.deadline.or_after(context.time(inputs));
    let custom = wanted.custom.is_some();
    let work = async {
        let at = (deadline.clock)();
        let mut collection = collect(&Machine::here(), wanted).await;
        let teller = Teller::new(context, at);
        if custom {
            collection.types.extend(no_longer_described(&teller.kept, &collection.types));
        }
        let names = collection.types.iter().map(|one| one.type_name.clone()).collect();
        let known = context.control_plane.inventory_hashes(names).await?;
        let mut ran = Ran::SUCCESS;
        for reason in &collection.refused {
            out.line(true, &format!("{reason}\n"));
        }
        for collected in collection.types {
            let name = collected.type_name.clone();
            let known = known.get(&name).map(String::as_str).unwrap_or_default();
            match teller.tell(collected, known).await? {
                Ok(said) => out.line(false, &format!("{name}: {said}\n")),
                Err(reason) => {
                    out.line(
                        true,
                        &format!("{name} was not collected, and what is known of it stays: {reason}\n"),
                    );
                    ran = Ran::FAILED;
                }
            }
        }
        Ok(ran)
    };
    match context.bounded(&deadline, work).await {
        Ok(done) => done,
        Err(ran) => Ok(ran),
    }
}

/// The custom types that were told of and that no file describes any more: nothing is left of them.
fn no_longer_described(kept: &Kept, found: &[Collected]) -> Vec<Collected> {
    let gone = kept.custom_types().into_iter().filter(|name| {
        // What a patch run found by another baseline is no file's.
        name != BY_OTHER_BASELINE && !found.iter().any(|one| one.type_name == *name)
    });
    let told = gone.filter_map(|name| kept.read(&name).map(|(told, _)| (name, told)));
    let had = told.filter(|(_, told)| !told.entries.is_empty());
    had.map(|(type_name, _)| Collected {
        type_name,
        version: "1.0".to_owned(),
        entries: Ok(Vec::new()),
        note: String::new(),
    })
    .collect()
}

/// Tells the control plane of one collection.
pub(super) struct Teller<'a, D> {
    context: &'a Context<'a, D>,
    kept: Kept,
    at: Timestamp,
}

impl<'a, D: ControlPlane> Teller<'a, D> {
    /// For what was found at an instant.
    pub(super) fn new(context: &'a Context<'a, D>, at: Timestamp) -> Self {
        Self { context, kept: Kept { folder: context.host.inventory.join(TOLD) }, at }
    }

    /// Tells of a type, given the hash of what the control plane knows; answers what was told, or why there was nothing to
    /// tell of.
    ///
    /// # Errors
    /// When the control plane cannot be told.
    pub(super) async fn tell(
        &self,
        collected: Collected,
        known: &str,
    ) -> Result<Result<String, String>, String> {
        let name = collected.type_name.as_str();
        let mut report = InventoryReport {
            node_id: self.context.host.node_id.clone(),
            type_name: name.to_owned(),
            schema_version: collected.version,
            captured_ms: self.at.0,
            collection_id: new_uuid().to_string(),
            part: 1,
            parts: 1,
            command_id: self.context.command_id.to_owned(),
            note: limited(&collected.note),
            ..InventoryReport::default()
        };
        let entries = collected.entries.and_then(|entries| match entries.len() {
            0..=MAX_ENTRIES => Ok(entries),
            more => Err(format!("there are {more} entries, and {MAX_ENTRIES} are allowed.")),
        });
        let entries = match entries {
            Ok(entries) => entries,
            Err(reason) => {
                report.failure = limited(&reason);
                self.context.control_plane.report_inventory(report).await?;
                return Ok(Err(reason));
            }
        };
        let count = entries.len();
        let now = Told {
            hash: Sum::of(name, &entries).to_string(),
            note: report.note.clone(),
            entries: keyed(name, entries),
        };
        report.hash.clone_from(&now.hash);
        let before = self.kept.read(name);
        report.since_ms = before.as_ref().map_or(0, |(_, at)| at.0);
        let before = before.map(|(told, _)| told).filter(|told| told.hash == known && told.note == now.note);
        if before.is_some() && known == now.hash {
            self.kept.collected(name, self.at).map_err(|error| self.not_kept(&error))?;
            return Ok(Ok(format!("{count} entries, unchanged. {}", now.note)));
        }
        let said = self.send(report, before.map(|told| told.entries), &now.entries).await?;
        self.kept.write(name, &now, self.at).map_err(|error| self.not_kept(&error))?;
        Ok(Ok(format!("{count} entries, {said}. {}", now.note)))
    }

    fn not_kept(&self, error: &std::io::Error) -> String {
        format!("What was told cannot be kept in {}: {error}.", self.kept.folder.display())
    }

    /// Sends the difference to what was told, or all entries where that is not what the control plane knows.
    async fn send(
        &self,
        mut report: InventoryReport,
        before: Option<Entries>,
        now: &Entries,
    ) -> Result<String, String> {
        let (removed, said, entries): (Vec<String>, _, Vec<(&String, &Entry)>) = match &before {
            None => (Vec::new(), "sent whole".to_owned(), now.iter().collect()),
            Some(before) => {
                report.base_hash = Sum::of(&report.type_name, before.values()).to_string();
                let difference = Difference::between(&report.type_name, before, now);
                let (new, gone) = (difference.added.len(), difference.removed.len());
                let said = format!("{new} new, {} changed and {gone} gone", difference.changed.len());
                let is_new =
                    |key: &String| difference.added.contains_key(key) || difference.changed.contains_key(key);
                let removed = difference.removed.keys().cloned().collect();
                (removed, said, now.iter().filter(|(key, _)| is_new(key)).collect())
            }
        };
        let parts = parts(&report, removed, entries, before.is_some());
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        if count > MAX_PARTS {
            return Err(format!(
                "What is to be told of {} needs {count} messages: it is too large.",
                report.type_name
            ));
        }
        for (number, part) in (1..).zip(parts) {
            let part = InventoryReport { part: number, parts: count, ..part };
            self.context.control_plane.report_inventory(part).await?;
        }
        Ok(said)
    }
}

/// A report in as many as it needs. Who is sent all entries works their keys out anew.
fn parts(
    report: &InventoryReport,
    removed: Vec<String>,
    entries: Vec<(&String, &Entry)>,
    with_keys: bool,
) -> Vec<InventoryReport> {
    let (mut parts, mut bytes) = (vec![report.clone()], 0);
    let mut room = |parts: &mut Vec<InventoryReport>, size: usize| {
        if bytes + size > MAX_PART_BYTES && bytes > 0 {
            parts.push(report.clone());
            bytes = 0;
        }
        bytes += size;
        parts.len() - 1
    };
    for key in removed {
        let at = room(&mut parts, key.len() + 4);
        parts[at].removed.push(key);
    }
    for (key, of) in entries {
        let mut one = entry(key, of);
        if !with_keys {
            one.key.clear();
        }
        let at = room(&mut parts, one.encoded_len() + 4);
        parts[at].entries.push(one);
    }
    parts
}

fn limited(text: &str) -> String {
    cut(text, MAX_TEXT_CHARS)
}

#[cfg(test)]
mod tests {
    use crate::{
        execute::{
            Containment, ControlPlane, DEFAULT_OUTPUT_LIMIT_BYTES, Deadline, Ended, Host, Job, Outcome,
            PatchBaseline, PatchQuestion, Sink, run,
        },
        local_policy::Rules,
    };
    use bytes::Bytes;
    use reeve_contracts::node::InventoryReport;
    use reeve_types::Timestamp;
    use serde_json::json;
    use std::{
        collections::BTreeMap,
        path::Path,
        sync::{Arc, Mutex},
    };

    /// Remembers what it was asked and told, and knows afterwards what it was told.
    #[derive(Default)]
    struct Recorded {
        asked_bytes: Mutex<usize>,
        reports: Mutex<Vec<InventoryReport>>,
    }

    impl ControlPlane for Recorded {
        async fn document(&self, _: &str, _: Option<&str>) -> Result<String, String> {
            Err("no such document".to_owned())
        }

        async fn inventory_hashes(&self, types: Vec<String>) -> Result<BTreeMap<String, String>, String> {
            let reports = self.reports.lock().unwrap();
            let known = reports.iter().filter(|one| types.contains(&one.type_name));
            let hashes: BTreeMap<_, _> = known.map(|one| (one.type_name.clone(), one.hash.clone())).collect();
            *self.asked_bytes.lock().unwrap() =
                json!({"types": types}).to_string().len() + json!(hashes).to_string().len();
            Ok(hashes)
        }

        async fn secrets(
            &self,
            _: &str,
            _: Vec<String>,
        ) -> Result<BTreeMap<String, zeroize::Zeroizing<String>>, String> {
            Err("nobody answers".to_owned())
        }

        async fn patch_baseline(&self, _: &PatchQuestion<'_>) -> Result<PatchBaseline, String> {
            Err("nobody answers".to_owned())
        }

        async fn report_inventory(&self, report: InventoryReport) -> Result<(), String> {
            self.reports.lock().unwrap().push(report);
            Ok(())
        }
    }

    struct Nowhere;

    impl Sink for Nowhere {
        async fn ready(&mut self) {}
        fn push(&mut self, _: &str, _: bool, _: Bytes) {}
    }

    async fn collect(root: &Path, recorded: &Recorded, inputs: serde_json::Value) -> Outcome {
        let host = Host {
            root: root.join("documents"),
            inventory: root.join("inventory"),
            patching: "/nowhere".into(),
            package_root: "/".into(),
            boot_id: String::new(),
            node_id: "mi-1".to_owned(),
            containment: Arc::new(Containment::group()),
            output_limit: DEFAULT_OUTPUT_LIMIT_BYTES,
            rules: Rules::default(),
            own: crate::execute::Own::default(),
            no_reboot: None,
            region: String::new(),
            platform_name: String::new(),
            platform_version: String::new(),
        };
        let step = json!({"action": "aws:softwareInventory", "name": "i", "inputs": inputs});
        let job = Job {
            command_id: "c-1".to_owned(),
            document: json!({"schemaVersion": "2.2", "mainSteps": [step]}),
            parameters: serde_json::Map::new(),
            run_as: None,
            resume: None,
            deadline: Deadline { clock: Arc::new(Timestamp::now), at: Timestamp::now().plus_seconds(60) },
        };
        let (_keep, cancel) = tokio::sync::watch::channel(false);
        match run(&host, job, recorded, &mut Nowhere, cancel).await {
            Ended::Outcome(outcome) => outcome,
            Ended::Reboot(_) => panic!("nobody asks for a reboot"),
        }
    }

    #[tokio::test]
    async fn the_second_collection_asks_and_tells_nothing_and_the_third_tells_the_difference() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("inventory/custom");
        std::fs::create_dir_all(&folder).unwrap();
        let describe = |rows: serde_json::Value| {
            let of = json!({"SchemaVersion": "1.0", "TypeName": "Custom:Rack", "Content": rows});
            std::fs::write(folder.join("rack.json"), of.to_string()).unwrap();
        };
        let recorded = Recorded::default();
        let told = || recorded.reports.lock().unwrap().len();
        describe(json!([{"Row": "7"}, {"Row": "8"}]));
        // All types of this machine, too.
        let outcome = collect(root.path(), &recorded, json!({})).await;
        assert_eq!(outcome.status.name(), "Success", "{outcome:?}");
        let first = told();
        assert!(first > 1, "{first} reports");
        let outcome = collect(root.path(), &recorded, json!({})).await;
        assert_eq!(told(), first, "{outcome:?}");
        let asked = *recorded.asked_bytes.lock().unwrap();
        assert!(asked < 1_024, "{asked} bytes");

        describe(json!([{"Row": "7"}, {"Row": "9"}]));
        collect(root.path(), &recorded, json!({})).await;
        assert_eq!(told(), first + 1);
        let report = recorded.reports.lock().unwrap().last().unwrap().clone();
        assert_eq!((report.entries.len(), report.removed.len()), (1, 1));
        assert!(!report.base_hash.is_empty() && report.since_ms > 0 && report.since_ms <= report.captured_ms);

        // What was kept is lost: all of it is told, and what is known stays as it is.
        std::fs::remove_dir_all(root.path().join("inventory/told")).unwrap();
        collect(root.path(), &recorded, json!({"applications": "Disabled"})).await;
        let report = recorded.reports.lock().unwrap().last().unwrap().clone();
        assert_eq!((report.entries.len(), report.base_hash.as_str()), (2, ""));

        let outcome = collect(root.path(), &recorded, json!({"services": "maybe"})).await;
        assert!(outcome.steps[0].stderr.contains("services is \"maybe\""), "{outcome:?}");
    }
}
