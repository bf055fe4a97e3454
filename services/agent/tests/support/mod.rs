//! A document run through the engine, without a bus.

use bytes::Bytes;
use reeve_agent::execute::{
    Containment, ControlPlane, DEFAULT_OUTPUT_LIMIT_BYTES, Deadline, Ended, Host, Job, Outcome,
    PatchBaseline, PatchQuestion, Sink, run,
};
use reeve_agent::local_policy::Rules;
use reeve_contracts::node::InventoryReport;
use reeve_types::Timestamp;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tokio::sync::watch;
use zeroize::Zeroizing;

struct Nowhere;

impl Sink for Nowhere {
    async fn ready(&mut self) {}
    fn push(&mut self, _: &str, _: bool, _: Bytes) {}
}

struct NoDocuments;

impl ControlPlane for NoDocuments {
    async fn document(&self, _: &str, _: Option<&str>) -> Result<String, String> {
        Err("no such document".to_owned())
    }
    async fn inventory_hashes(&self, _: Vec<String>) -> Result<BTreeMap<String, String>, String> {
        Err("no control plane".to_owned())
    }
    async fn secrets(&self, _: &str, _: Vec<String>) -> Result<BTreeMap<String, Zeroizing<String>>, String> {
        Err("no control plane".to_owned())
    }
    async fn patch_baseline(&self, _: &PatchQuestion<'_>) -> Result<PatchBaseline, String> {
        Err("nobody answers".to_owned())
    }

    async fn report_inventory(&self, _: InventoryReport) -> Result<(), String> {
        Err("no control plane".to_owned())
    }
}

/// Runs a document to its outcome, with a folder for what commands leave.
pub async fn execute(
    root: &Path,
    containment: &Arc<Containment>,
    command: &str,
    document: Value,
    parameters: &Value,
) -> Outcome {
    let host = Host {
        root: root.to_owned(),
        inventory: root.join("inventory"),
        patching: root.join("patching"),
        package_root: "/".into(),
        boot_id: String::new(),
        node_id: "mi-0".to_owned(),
        containment: containment.clone(),
        output_limit: DEFAULT_OUTPUT_LIMIT_BYTES,
        rules: Rules::default(),
        own: reeve_agent::execute::Own::default(),
        no_reboot: None,
        region: "local".to_owned(),
        platform_name: "Linux".to_owned(),
        platform_version: "1".to_owned(),
    };
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    let clock = Arc::new(Timestamp::now);
    let deadline = Deadline { clock, at: Timestamp::now().plus_seconds(3600) };
    let job =
        Job { command_id: command.to_owned(), document, parameters, run_as: None, resume: None, deadline };
    let (_keep, cancel) = watch::channel(false);
    match run(&host, job, &NoDocuments, &mut Nowhere, cancel).await {
        Ended::Outcome(outcome) => outcome,
        Ended::Reboot(_) => panic!("nobody asks for a reboot"),
    }
}
