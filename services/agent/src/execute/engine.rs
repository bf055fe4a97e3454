//! Walks the steps of a plan and gives each to its plugin.

use std::{path::PathBuf, pin::Pin};

use bytes::Bytes;
use reeve_document_language::{
    Decision, Plan, PlannedStep, Platform, StepStatus, aggregate, parse_executable,
};
use serde_json::Value;
use tokio::sync::watch;

use super::{
    DocumentSource, Host, Job, Outcome, Sink, StepOutcome, download, include, output,
    output::Out,
    paths,
    process::KILLED,
    script,
    walk::{Ran, Walk},
};

/// What all the steps of one job share, and how deep in included documents they are.
pub(super) struct Context<'a, D> {
    pub(super) host: &'a Host,
    pub(super) command_id: &'a str,
    pub(super) run_as: Option<&'a str>,
    pub(super) documents: &'a D,
    pub(super) cancel: watch::Receiver<bool>,
    /// The folder of the command, or of the including step.
    pub(super) folder: PathBuf,
    /// Where downloads of the whole command go.
    pub(super) downloads: PathBuf,
    /// The documents that include this one, outermost first.
    pub(super) chain: Vec<String>,
}

impl<D> Context<'_, D> {
    pub(super) fn is_cancelled(&self) -> bool {
        *self.cancel.borrow()
    }
}

pub(super) async fn run<D: DocumentSource, S: Sink>(
    host: &Host,
    job: Job,
    documents: &D,
    sink: &mut S,
    cancel: watch::Receiver<bool>,
) -> Outcome {
    let plan = match parse_executable(&job.document, &job.parameters) {
        Ok(plan) => plan,
        Err(error) => return refused(error.to_string()),
    };
    let folder = host.root.join(paths::plain_name(&job.command_id));
    if let Err(error) = paths::create_folder(&folder) {
        return refused(format!("The folder {} cannot be created: {error}.", folder.display()));
    }
    let context = Context {
        host,
        command_id: &job.command_id,
        run_as: job.run_as.as_deref(),
        documents,
        cancel,
        downloads: folder.join("downloads"),
        folder,
        chain: Vec::new(),
    };
    let mut walk = Walk::default();
    let mut results: Vec<(Ran, StepOutcome)> = Vec::new();
    for step in &plan.steps {
        let (ran, outcome) = top_step(&context, step, &mut walk, sink).await;
        match results.iter_mut().find(|(_, earlier)| earlier.name == outcome.name) {
            Some((earlier_ran, earlier)) => {
                *earlier_ran = earlier_ran.worse(ran);
                merge(*earlier_ran, earlier, &outcome);
            }
            None => results.push((ran, outcome)),
        }
    }
    let status = aggregate(results.iter().map(|(ran, _)| ran.status));
    let decisive = results.iter().find(|(ran, _)| ran.status == status && status != StepStatus::Success);
    Outcome {
        status: status.name().to_owned(),
        status_details: match status {
            StepStatus::TimedOut => "ExecutionTimedOut".to_owned(),
            other => other.name().to_owned(),
        },
        code: decisive.map_or(0, |(ran, _)| ran.code),
        message: String::new(),
        steps: results.into_iter().map(|(_, outcome)| outcome).collect(),
    }
}

fn refused(message: String) -> Outcome {
    Outcome {
        status: "Failed".to_owned(),
        status_details: "Failed".to_owned(),
        code: 1,
        message,
        steps: Vec::new(),
    }
}

/// Steps of the same name have one place in the results. Documents the service accepted have none.
fn merge(ran: Ran, earlier: &mut StepOutcome, later: &StepOutcome) {
    earlier.status = ran.status.name().to_owned();
    earlier.code = ran.code;
    earlier.finished_ms = later.finished_ms;
    earlier.stdout = output::join(&earlier.stdout, &later.stdout);
    earlier.stderr = output::join(&earlier.stderr, &later.stderr);
    earlier.output = output::combine(&earlier.stdout, &earlier.stderr);
    earlier.stdout_bytes += later.stdout_bytes;
    earlier.stderr_bytes += later.stderr_bytes;
}

/// A step of the document itself, with an output of its own.
async fn top_step<D: DocumentSource, S: Sink>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    walk: &mut Walk,
    sink: &mut S,
) -> (Ran, StepOutcome) {
    let started_ms = now_ms();
    let mut out = Out::new(sink, &step.name, output::DEFAULT_LIMIT);
    let (ran, text) = match decide(context, step, walk) {
        Some((ran, reason)) => (walk.after(step, ran).0, reason),
        None => {
            let ran = plugin(context, step, &mut out).await;
            // The words about the flow are in the streams, but not in the combined output.
            let text = out.combined();
            let (ran, word) = walk.after(step, ran);
            if let Some(word) = word {
                say(&mut out, word).await;
            }
            (ran, text)
        }
    };
    let outcome = StepOutcome {
        name: step.name.clone(),
        action: step.action.clone(),
        status: ran.status.name().to_owned(),
        code: ran.code,
        started_ms,
        finished_ms: now_ms(),
        stdout: out.stdout.text(),
        stderr: out.stderr.text(),
        output: text,
        stdout_bytes: out.stdout.total,
        stderr_bytes: out.stderr.total,
    };
    (ran, outcome)
}

async fn say<S: Sink>(out: &mut Out<'_, S>, word: &str) {
    let text = Bytes::from(format!("\n{word}"));
    out.pass(false, text.clone()).await;
    if !out.stderr.is_empty() {
        out.pass(true, text).await;
    }
}

/// The steps of an included document; they write into the output of the including step.
pub(super) fn included<'a, D: DocumentSource, S: Sink>(
    context: &'a Context<'a, D>,
    plan: &'a Plan,
    out: &'a mut Out<'_, S>,
) -> Pin<Box<dyn Future<Output = Ran> + Send + 'a>> {
    Box::pin(async move {
        let mut walk = Walk::default();
        let mut whole = Ran { status: StepStatus::Skipped, code: 0 };
        for step in &plan.steps {
            let ran = match decide(context, step, &walk) {
                Some((ran, reason)) => {
                    out.line(ran.status == StepStatus::Failed, &format!("{reason}\n")).await;
                    walk.after(step, ran).0
                }
                None => {
                    let ran = plugin(context, step, out).await;
                    let (ran, word) = walk.after(step, ran);
                    if let Some(word) = word {
                        out.line(false, &format!("{word}\n")).await;
                    }
                    ran
                }
            };
            whole = whole.worse(ran);
        }
        match whole.status {
            // The codes of the flow belong to the inner document alone.
            StepStatus::Skipped | StepStatus::Success => Ran::SUCCESS,
            StepStatus::Failed if whole.code == reeve_document_language::flow::EXIT_FAILURE => Ran::FAILED,
            _ => whole,
        }
    })
}

/// The result of a step that does not run, with the reason.
fn decide<D>(context: &Context<'_, D>, step: &PlannedStep, walk: &Walk) -> Option<(Ran, String)> {
    if context.is_cancelled() {
        let ran = Ran { status: StepStatus::Cancelled, code: KILLED };
        return Some((ran, format!("The command was cancelled before the step {} began.", step.name)));
    }
    if let Some(reason) = walk.skips(step) {
        return Some((Ran { status: StepStatus::Skipped, code: 0 }, reason));
    }
    match step.decide(Platform::here()) {
        Decision::Run => None,
        Decision::Skip(reason) => Some((Ran { status: StepStatus::Skipped, code: 0 }, reason)),
        Decision::Fail(reason) => Some((Ran::FAILED, reason)),
    }
}

/// Runs all the inputs of a step, one set after another, with a blank line between their outputs.
async fn plugin<D: DocumentSource, S: Sink>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    out: &mut Out<'_, S>,
) -> Ran {
    let mut whole = Ran { status: StepStatus::Skipped, code: 0 };
    for (index, inputs) in step.runs.iter().enumerate() {
        if index > 0 && !out.stdout.is_empty() {
            out.pass(false, Bytes::from_static(b"\n")).await;
        }
        let ran = match one(context, step, index, inputs, out).await {
            Ok(ran) => ran,
            Err(reason) => {
                out.line(true, &reason).await;
                Ran::FAILED
            }
        };
        whole = whole.worse(ran);
    }
    if whole.status == StepStatus::Skipped { Ran::SUCCESS } else { whole }
}

async fn one<D: DocumentSource, S: Sink>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    index: usize,
    inputs: &Value,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let folder = match index {
        0 => context.folder.join(paths::plain_name(&step.name)),
        _ => context.folder.join(format!("{}-{index}", paths::plain_name(&step.name))),
    };
    match step.action.as_str() {
        "aws:runShellScript" => script::run(context, step, inputs, &folder, script::Shell::Posix, out).await,
        "aws:runPowerShellScript" => {
            script::run(context, step, inputs, &folder, script::Shell::PowerShell, out).await
        }
        "aws:runDocument" => include::run(context, inputs, folder, out).await,
        "aws:downloadContent" => download::run(context, inputs, out).await,
        other => Err(format!("The plugin {other} is known but not available on this node.")),
    }
}

/// The engine is the edge at which the clock comes in: start and end of a step are observations, not decisions.
fn now_ms() -> i64 {
    reeve_types::Timestamp::now().0
}
