//! Running a document on this node.
//!
//! [`run`] takes a [`Job`] to its [`Outcome`]: it plans the document with the document language, walks the
//! steps with their conditions and flow, and gives every step to its plugin. What a step prints goes to the
//! [`Sink`] as it is printed, and its beginning into the [`StepOutcome`].
//!
//! - `engine` walks the steps; `walk` holds the flow rules, `context` what the steps share, `results` what they came to.
//! - `process` owns the life of one step's processes: their pipes, their time and their end; `contain` keeps
//!   them together.
//! - `output` bounds what is kept and cuts it the way replies are cut; `secrets` asks for secrets, `mask` hides them in it.
//! - `script`, `include`, `download`, `inventory`, `patch` and `update` are the plugins; `paths` keeps all of them inside their folders.
//!
//! **Invariant**: memory does not grow with what a script prints, and every process a step started is dead
//! when the step was ended by time or by the user.

mod contain;
mod context;
mod download;
mod engine;
mod git;
mod include;
mod inventory;
mod mask;
mod output;
mod patch;
mod paths;
mod process;
mod results;
mod script;
mod secrets;
mod source_info;
#[cfg(test)]
mod tests;
mod update;
mod walk;

use std::{collections::BTreeMap, future::Future, path::PathBuf, sync::Arc, time::Duration};

use crate::local_policy::Rules;
use bytes::Bytes;
use output::Kept;
use reeve_contracts::{
    node::InventoryReport,
    outcome::{InvocationStatus, StepOutcome},
};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::watch;
use zeroize::Zeroizing;

pub use contain::{Containment, supervisor};
pub use output::DEFAULT_OUTPUT_LIMIT_BYTES;

/// What a step may know about the node it runs on.
#[derive(Clone)]
pub struct Host {
    /// The folder below which every command gets one of its own. A run-as user must be able to pass it.
    pub root: PathBuf,
    /// The folder of what the control plane was told of the inventory, and of what describes custom types.
    pub inventory: PathBuf,
    /// The folder of what was installed by patching.
    pub patching: PathBuf,
    /// The folder that stands for `/` where packages are looked for and installed.
    pub package_root: PathBuf,
    /// Which start of the machine this is.
    pub boot_id: String,
    /// The id of the node, for AWS_SSM_INSTANCE_ID.
    pub node_id: String,
    /// How what a step starts is kept together.
    pub containment: Arc<Containment>,
    /// The bytes that a step may print; the rest is dropped with a word.
    pub output_limit: u64,
    /// The plugins that this node accepts, also of included documents.
    pub rules: Rules,
    /// This agent itself, which may be updated.
    pub own: Own,
    /// Why this node does not reboot when a step asks for it; none when it does.
    pub no_reboot: Option<String>,
    /// The region, for AWS_SSM_REGION_NAME.
    pub region: String,
    /// The name of the distribution, for AWS_SSM_PLATFORM_NAME.
    pub platform_name: String,
    /// The version of the distribution, for AWS_SSM_PLATFORM_VERSION.
    pub platform_version: String,
}

/// What a step knows of this agent itself.
#[derive(Clone, Default)]
pub struct Own {
    /// The folder of its identity and its ledger.
    pub data: PathBuf,
    /// The gateway that it was enrolled at; empty where that is not known.
    pub gateway: String,
    /// The certificates of those whose word for the gateway counts, if they are kept.
    pub ca: Option<PathBuf>,
}

/// Takes the output of steps while they run.
pub trait Sink: Send {
    /// Waits for room, so that a slow bus slows down the script instead of filling memory.
    fn ready(&mut self) -> impl Future<Output = ()> + Send;
    /// Takes one piece, room or not: what was read is not lost, and little is pushed without waiting for room.
    fn push(&mut self, step: &str, stderr: bool, data: Bytes);
}

/// What steps ask of the control plane, and tell it.
pub trait ControlPlane: Send + Sync {
    /// The JSON text of a document that a step includes or downloads, or a sentence why there is none.
    fn document(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> impl Future<Output = Result<String, String>> + Send;

    /// The hashes of what is known of this node's inventory, by type; of types of which nothing is known there is none.
    fn inventory_hashes(
        &self,
        types: Vec<String>,
    ) -> impl Future<Output = Result<BTreeMap<String, String>, String>> + Send;

    /// Secrets that a command refers to, by the names that do so.
    fn secrets(
        &self,
        command_id: &str,
        names: Vec<String>,
    ) -> impl Future<Output = Result<BTreeMap<String, Zeroizing<String>>, String>> + Send;

    /// The baseline by which this node is patched.
    fn patch_baseline(
        &self,
        question: &PatchQuestion<'_>,
    ) -> impl Future<Output = Result<PatchBaseline, String>> + Send;

    /// Tells a part of what was collected; it is stored when this answers.
    fn report_inventory(&self, report: InventoryReport) -> impl Future<Output = Result<(), String>> + Send;
}

/// What a run asks about its baseline; what is empty is not given.
#[derive(Clone, Debug, Serialize)]
pub struct PatchQuestion<'a> {
    pub operating_system: &'a str,
    pub snapshot_id: &'a str,
    /// Baselines as JSON, of which the operating system's counts instead of the registered one.
    pub baseline_override: &'a str,
    /// `Key=K,Values=V`: the baseline with that tag counts instead.
    pub baseline_tags: &'a str,
}

/// By what a node is patched.
#[derive(Clone, Debug, Deserialize)]
pub struct PatchBaseline {
    /// Empty: the node is in none.
    pub patch_group: String,
    /// The registered one: what is told of the node is told by it.
    pub baseline: reeve_patch_baseline::Baseline,
    /// What counts in this run instead.
    #[serde(default)]
    pub instead: Option<reeve_patch_baseline::Baseline>,
}

/// The wall clock, which a test sets.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// When a document's time is over.
#[derive(Clone)]
pub struct Deadline {
    pub clock: Clock,
    pub at: Timestamp,
}

impl Deadline {
    /// What is left of the time.
    pub fn left(&self) -> Duration {
        let left = self.at.0.saturating_sub((self.clock)().0);
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// This one, or after so long if that is sooner.
    pub(crate) fn or_after(&self, time: Duration) -> Self {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let at = self.at.min(Timestamp((self.clock)().0.saturating_add(milliseconds)));
        Self { clock: self.clock.clone(), at }
    }
}

/// One document to run.
#[derive(Clone)]
pub struct Job {
    /// The id of the command; it names the folder and the variable SSM_COMMAND_ID.
    pub command_id: String,
    /// The document as JSON.
    pub document: Value,
    /// The parameters that were sent, with their types.
    pub parameters: Map<String, Value>,
    /// The user who shall run the scripts; nobody means the user of the agent.
    pub run_as: Option<String>,
    /// Where to go on after a reboot.
    pub resume: Option<Resume>,
    /// Nothing of it runs after this: the control plane has given it up then.
    pub deadline: Deadline,
}

/// Going on with a document that asked for a reboot.
#[derive(Debug, Clone)]
pub struct Resume {
    pub paused: Paused,
    /// Why the step does not run again, and fails instead.
    pub refused: Option<Refused>,
}

/// The machine did not reboot; the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

/// A document that waits for a reboot: everything needed to go on with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paused {
    /// The step of the document that runs again, from its beginning. For a step that includes a document it is
    /// this step, not the inner one.
    position: usize,
    /// Whether an earlier step ended the document, so that only a last `finallyStep` is left.
    exited: bool,
    done: Vec<StepOutcome>,
    output: Kept,
    started_ms: i64,
    /// How many reboots the document has asked for.
    pub reboots: u32,
    /// Whether the agent alone is to be started anew, and not the machine.
    #[serde(default)]
    pub agent_alone: bool,
    full: Vec<String>,
}

/// Where a run of a document came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    Outcome(Outcome),
    /// A step ended with the code 194, or replaced this agent.
    Reboot(Box<Paused>),
}

/// How a document ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub status: InvocationStatus,
    /// The code of the step that decided about the status.
    pub code: i32,
    /// Why the document as a whole was refused, or which steps reached the limit of their output.
    pub message: String,
    /// The steps in their order; steps of the same name are one.
    pub steps: Vec<StepOutcome>,
}

/// Runs a document to its end. It never fails as a function: everything that goes wrong is in the outcome.
pub async fn run(
    host: &Host,
    job: Job,
    control_plane: &impl ControlPlane,
    sink: &mut impl Sink,
    cancel: watch::Receiver<bool>,
) -> Ended {
    engine::run(host, job, control_plane, sink, cancel).await
}
