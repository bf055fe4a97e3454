//! Running a document on this node.
//!
//! [`run`] takes a [`Job`] to its [`Outcome`]: it plans the document with the document language, walks the
//! steps with their conditions and flow, and gives every step to its plugin. What a step prints goes to the
//! [`Sink`] as it is printed, and its beginning into the [`StepOutcome`].
//!
//! - `engine` walks the steps; `walk` holds the flow rules.
//! - `process` owns the life of one process group: its pipes, its time and its end.
//! - `output` bounds what is kept and cuts it the way replies are cut.
//! - `script`, `include` and `download` are the plugins; `paths` keeps all of them inside their folders.
//!
//! **Invariant**: memory does not grow with what a script prints, and every process a step started in its
//! group is dead when the step was ended by time or by the user.

mod download;
mod engine;
mod git;
mod include;
mod output;
mod paths;
mod process;
mod script;
#[cfg(test)]
mod tests;
mod walk;

use std::{future::Future, path::PathBuf};

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::watch;

/// What a step may know about the node it runs on.
#[derive(Debug, Clone)]
pub struct Host {
    /// The folder below which every command gets one of its own. A run-as user must be able to pass it.
    pub root: PathBuf,
    /// The id of the node, for AWS_SSM_INSTANCE_ID.
    pub node_id: String,
    /// The region, for AWS_SSM_REGION_NAME.
    pub region: String,
    /// The name of the distribution, for AWS_SSM_PLATFORM_NAME.
    pub platform_name: String,
    /// The version of the distribution, for AWS_SSM_PLATFORM_VERSION.
    pub platform_version: String,
}

/// Takes the output of steps while they run.
pub trait Sink: Send {
    /// Takes one piece. It is awaited, so that a slow bus slows down the script instead of filling memory.
    fn output(&mut self, step: &str, stderr: bool, data: Bytes) -> impl Future<Output = ()> + Send;
}

/// Gives documents to steps that include or download them.
pub trait DocumentSource: Send + Sync {
    /// The JSON text of a document, or a sentence why there is none.
    fn document(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> impl Future<Output = Result<String, String>> + Send;
}

/// One document to run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The id of the command; it names the folder and the variable SSM_COMMAND_ID.
    pub command_id: String,
    /// The document as JSON.
    pub document: Value,
    /// The parameters that were sent, with their types.
    pub parameters: Map<String, Value>,
    /// The user who shall run the scripts; nobody means the user of the agent.
    pub run_as: Option<String>,
}

/// How a document ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Success, Failed, TimedOut or Cancelled.
    pub status: String,
    /// The same with the words of the public API: ExecutionTimedOut in place of TimedOut.
    pub status_details: String,
    /// The code of the step that decided about the status.
    pub code: i32,
    /// Why the document as a whole was refused; empty when its steps were walked.
    pub message: String,
    /// The steps in their order; steps of the same name are one.
    pub steps: Vec<StepOutcome>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// The name, or the plugin in schema 1.2.
    pub name: String,
    /// The plugin.
    pub action: String,
    /// Success, Failed, TimedOut, Cancelled or Skipped.
    pub status: String,
    /// The exit code, or the code that stands for the reason.
    pub code: i32,
    /// Milliseconds since 1970.
    pub started_ms: i64,
    /// Milliseconds since 1970.
    pub finished_ms: i64,
    /// The beginning of the standard output, 24,000 characters at most.
    pub stdout: String,
    /// The beginning of the standard error, 24,000 characters at most; the public API shows 8,000 of them.
    pub stderr: String,
    /// Both together in 2,500 characters, or the reason why the step did not run.
    pub output: String,
    /// All bytes printed to the standard output.
    pub stdout_bytes: u64,
    /// All bytes printed to the standard error.
    pub stderr_bytes: u64,
}

/// Runs a document to its end. It never fails as a function: everything that goes wrong is in the outcome.
pub async fn run(
    host: &Host,
    job: Job,
    documents: &impl DocumentSource,
    sink: &mut impl Sink,
    cancel: watch::Receiver<bool>,
) -> Outcome {
    engine::run(host, job, documents, sink, cancel).await
}
