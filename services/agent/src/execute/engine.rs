//! Walks the steps of a plan and gives each to its plugin.

use std::{path::PathBuf, pin::Pin, time::Duration};

use bytes::Bytes;
use reeve_contracts::outcome::{self, InvocationStatus, StepOutcome};
use reeve_document_language::{
    Decision, Plan, PlannedStep, Platform, StepStatus, aggregate, flow::REBOOT, parse_executable,
    plan::timeout_seconds,
};
use serde_json::Value;
use tokio::sync::watch;

use super::{
    ControlPlane, Deadline, Ended, Host, Job, Outcome, Paused, Refused, Resume, Sink, download, include,
    inventory, output,
    output::Out,
    patch, paths,
    process::{KILLED, cancelled},
    script,
    walk::{Ran, Walk},
};

/// What all the steps of one job share, and how deep in included documents they are.
pub(super) struct Context<'a, D> {
    pub(super) host: &'a Host,
    pub(super) command_id: &'a str,
    pub(super) run_as: Option<&'a str>,
    pub(super) control_plane: &'a D,
    pub(super) cancel: watch::Receiver<bool>,
    /// The folder of the command, or of the including step. Who needs it makes it.
    pub(super) folder: PathBuf,
    /// Where downloads of the whole command go.
    pub(super) downloads: PathBuf,
    /// The documents that include this one, outermost first.
    pub(super) chain: Vec<String>,
    /// How many reboots the document has asked for so far.
    pub(super) reboots: u32,
    /// Of the whole document; of an included one, also of the step that includes it.
    pub(super) deadline: Deadline,
}

/// A script that always asks for a reboot would reboot its machine for ever. The original agent sets no limit.
const MAX_REBOOTS: u32 = 10;

impl<D> Context<'_, D> {
    /// Why a step that asks for a reboot now fails instead.
    pub(super) fn no_reboot(&self) -> Option<String> {
        match &self.host.no_reboot {
            Some(reason) => Some(reason.clone()),
            None => (self.reboots >= MAX_REBOOTS).then(|| {
                format!("The command asked for more than {MAX_REBOOTS} reboots; there is no further one.")
            }),
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// Why nothing more is begun: it was cancelled, or its time is over.
    fn is_over(&self) -> Option<StepStatus> {
        match self.deadline.left().is_zero() {
            _ if self.is_cancelled() => Some(StepStatus::Cancelled),
            true => Some(StepStatus::TimedOut),
            false => None,
        }
    }

    /// Waits for something, but not beyond its time or a cancellation: then how the step ends instead.
    pub(super) async fn bounded<T>(
        &self,
        deadline: &Deadline,
        work: impl Future<Output = T>,
    ) -> Result<T, Ran> {
        let mut cancel = self.cancel.clone();
        let status = tokio::select! {
            done = work => return Ok(done),
            () = cancelled(&mut cancel) => StepStatus::Cancelled,
            () = tokio::time::sleep(deadline.left()) => StepStatus::TimedOut,
        };
        Err(Ran { status, code: KILLED })
    }

    /// As long as inputs may take: their own time-out, or what is left of the whole.
    pub(super) fn time(&self, inputs: &Value) -> Duration {
        Duration::from_secs(u64::from(timeout_seconds(inputs))).min(self.deadline.left())
    }
}

pub(super) async fn run<D: ControlPlane, S: Sink>(
    host: &Host,
    job: Job,
    control_plane: &D,
    sink: &mut S,
    cancel: watch::Receiver<bool>,
) -> Ended {
    let plan = match parse_executable(&job.document, &job.parameters) {
        Ok(plan) => plan,
        Err(error) => return Ended::Outcome(refused(error.to_string())),
    };
    let folder = host.root.join(paths::plain_name(&job.command_id));
    let context = Context {
        host,
        command_id: &job.command_id,
        run_as: job.run_as.as_deref(),
        control_plane,
        cancel,
        downloads: folder.join("downloads"),
        folder,
        chain: Vec::new(),
        reboots: job.resume.as_ref().map_or(0, |resume| resume.paused.reboots),
        deadline: job.deadline,
    };
    steps(&context, &plan, job.resume, sink).await
}

/// Walks the steps, from the first one or from the one that asked for a reboot.
async fn steps<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    plan: &Plan,
    resume: Option<Resume>,
    sink: &mut S,
) -> Ended {
    let mut results = Results::default();
    let mut walk = Walk::default();
    let mut position = 0;
    let mut again = None;
    if let Some(Resume { paused, refused }) = resume {
        position = paused.position;
        walk.exited = paused.exited;
        results = Results { of: paused.done, full: paused.full };
        again = Some(Again { kept: paused.output, started_ms: paused.started_ms, refused });
    }
    for (index, step) in plan.steps.iter().enumerate().skip(position) {
        let exited = walk.exited;
        let (outcome, kept) = top_step(context, step, &mut walk, again.take(), &mut results.full, sink).await;
        if let Some(output) = kept {
            return Ended::Reboot(Box::new(Paused {
                position: index,
                exited,
                done: results.of,
                output,
                started_ms: outcome.started_ms,
                reboots: context.reboots + 1,
                full: results.full,
            }));
        }
        results.add(outcome);
    }
    Ended::Outcome(results.outcome(context.host.output_limit))
}

/// What a step goes on from after a reboot.
struct Again {
    kept: output::Kept,
    started_ms: i64,
    refused: Option<Refused>,
}

/// The results of the steps so far.
#[derive(Default)]
struct Results {
    of: Vec<StepOutcome>,
    /// The steps that reached the limit of their output.
    full: Vec<String>,
}

impl Results {
    fn add(&mut self, outcome: StepOutcome) {
        match self.of.iter_mut().find(|earlier| earlier.name == outcome.name) {
            Some(earlier) => {
                let worse = ran(earlier).worse(ran(&outcome));
                merge(worse, earlier, &outcome);
            }
            None => self.of.push(outcome),
        }
    }

    fn outcome(self, limit: u64) -> Outcome {
        let status = aggregate(self.of.iter().map(|step| ran(step).status));
        let decisive = self.of.iter().find(|step| ran(step).status == status);
        let message = match self.full.as_slice() {
            [] => String::new(),
            names => format!(
                "The output of {} reached the limit of {limit} bytes; the rest was dropped.",
                names.join(", ")
            ),
        };
        Outcome {
            status: match status {
                StepStatus::TimedOut => InvocationStatus::ExecutionTimedOut,
                StepStatus::Cancelled => InvocationStatus::Cancelled,
                StepStatus::Failed => InvocationStatus::Failed,
                StepStatus::Success | StepStatus::Skipped | StepStatus::SuccessAndReboot => {
                    InvocationStatus::Success
                }
            },
            code: decisive.filter(|_| status != StepStatus::Success).map_or(0, |step| step.code),
            message,
            steps: self.of,
        }
    }
}

/// The result that a step's outcome was made of.
fn ran(step: &StepOutcome) -> Ran {
    let status = match step.status() {
        outcome::StepStatus::Success => StepStatus::Success,
        outcome::StepStatus::TimedOut => StepStatus::TimedOut,
        outcome::StepStatus::Cancelled => StepStatus::Cancelled,
        outcome::StepStatus::Skipped => StepStatus::Skipped,
        outcome::StepStatus::Failed | outcome::StepStatus::Unspecified => StepStatus::Failed,
    };
    Ran { status, code: step.code }
}

/// What is reported of a step. One that asks for a reboot has not ended and is reported later.
fn reported(status: StepStatus) -> outcome::StepStatus {
    match status {
        StepStatus::Success => outcome::StepStatus::Success,
        StepStatus::Failed => outcome::StepStatus::Failed,
        StepStatus::TimedOut => outcome::StepStatus::TimedOut,
        StepStatus::Cancelled => outcome::StepStatus::Cancelled,
        StepStatus::Skipped => outcome::StepStatus::Skipped,
        StepStatus::SuccessAndReboot => outcome::StepStatus::Unspecified,
    }
}

fn refused(message: String) -> Outcome {
    Outcome { status: InvocationStatus::Failed, code: 1, message, steps: Vec::new() }
}

/// Steps of the same name have one place in the results. Documents the service accepted have none.
fn merge(ran: Ran, earlier: &mut StepOutcome, later: &StepOutcome) {
    earlier.set_status(reported(ran.status));
    earlier.code = ran.code;
    earlier.finished_ms = later.finished_ms;
    earlier.stdout = output::join(&earlier.stdout, &later.stdout);
    earlier.stderr = output::join(&earlier.stderr, &later.stderr);
    earlier.output = output::combine(&earlier.stdout, &earlier.stderr);
    earlier.stdout_bytes += later.stdout_bytes;
    earlier.stderr_bytes += later.stderr_bytes;
}

/// A step of the document itself, with an output of its own. When it asks for a reboot, what is kept of its
/// output comes with it.
async fn top_step<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    walk: &mut Walk,
    again: Option<Again>,
    full: &mut Vec<String>,
    sink: &mut S,
) -> (StepOutcome, Option<output::Kept>) {
    let mut started_ms = now_ms();
    let mut out = Out::new(sink, &step.name, context.host.output_limit);
    let instead = match again {
        None => decide(context, step, walk),
        Some(again) => {
            started_ms = again.started_ms;
            out.go_on(again.kept);
            if_not_again(context, step, again.refused, walk)
        }
    };
    let (ran, text) = match instead {
        Some((ran, reason)) => (not_run(walk, step, ran), reason),
        None => {
            let ran = plugin(context, step, &mut out).await;
            // The words about the flow are in the streams, but not in the combined output.
            let text = out.combined();
            let (ran, word) = walk.after(step, ran);
            if let Some(word) = word {
                say(&mut out, word);
            }
            (ran, text)
        }
    };
    if out.full && !full.contains(&step.name) {
        full.push(step.name.clone());
    }
    let outcome = StepOutcome {
        name: step.name.clone(),
        action: step.action.clone(),
        status: reported(ran.status).into(),
        code: ran.code,
        started_ms,
        finished_ms: now_ms(),
        stdout: out.stdout.text(),
        stderr: out.stderr.text(),
        output: text,
        stdout_bytes: out.stdout.total,
        stderr_bytes: out.stderr.total,
    };
    (outcome, (ran.status == StepStatus::SuccessAndReboot).then(|| out.keep()))
}

/// The result of a step that did not run: what it says of its own failures is not about the command's time.
fn not_run(walk: &mut Walk, step: &PlannedStep, ran: Ran) -> Ran {
    if ran.status == StepStatus::TimedOut { ran } else { walk.after(step, ran).0 }
}

/// The result of a step that asked for a reboot and does not run again, with the reason. Nothing after it runs either,
/// because it may rely on the reboot.
fn if_not_again<D>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    refused: Option<Refused>,
    walk: &mut Walk,
) -> Option<(Ran, String)> {
    let name = &step.name;
    let (status, code, reason) = match context.is_over() {
        Some(status) => {
            let what = match status {
                StepStatus::Cancelled => "The command was cancelled",
                _ => "The time of the command was over",
            };
            (status, KILLED, format!("{what} while the step {name} waited for a reboot."))
        }
        None => {
            let Refused(reason) = refused?;
            let reason = format!("The step asked for a reboot, and there was none: {reason}");
            (StepStatus::Failed, REBOOT, reason)
        }
    };
    walk.exited = true;
    Some((Ran { status, code }, reason))
}

fn say<S: Sink>(out: &mut Out<'_, S>, word: &str) {
    let text = Bytes::from(format!("\n{word}"));
    out.pass(false, text.clone());
    if !out.stderr.is_empty() {
        out.pass(true, text);
    }
}

/// The steps of an included document; they write into the output of the including step.
pub(super) fn included<'a, D: ControlPlane, S: Sink>(
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
                    out.line(ran.status == StepStatus::Failed, &format!("{reason}\n"));
                    not_run(&mut walk, step, ran)
                }
                None => {
                    let ran = plugin(context, step, out).await;
                    let (ran, word) = walk.after(step, ran);
                    if let Some(word) = word {
                        out.line(false, &format!("{word}\n"));
                    }
                    ran
                }
            };
            whole = whole.worse(ran);
            if whole.status == StepStatus::SuccessAndReboot {
                break;
            }
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
        Decision::Run if context.deadline.left().is_zero() => {
            let ran = Ran { status: StepStatus::TimedOut, code: KILLED };
            Some((ran, format!("The time of the command was over before the step {} began.", step.name)))
        }
        Decision::Run => None,
        Decision::Skip(reason) => Some((Ran { status: StepStatus::Skipped, code: 0 }, reason)),
        Decision::Fail(reason) => Some((Ran::FAILED, reason)),
    }
}

/// Runs all the inputs of a step, one set after another, with a blank line between their outputs.
async fn plugin<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    step: &PlannedStep,
    out: &mut Out<'_, S>,
) -> Ran {
    let mut whole = Ran { status: StepStatus::Skipped, code: 0 };
    for (index, inputs) in step.runs.iter().enumerate() {
        if let Some(status) = context.is_over() {
            whole = whole.worse(Ran { status, code: KILLED });
            break;
        }
        if index > 0 && !out.stdout.is_empty() {
            out.pass(false, Bytes::from_static(b"\n"));
        }
        let ran = match one(context, step, index, inputs, out).await {
            Ok(ran) => ran,
            Err(reason) => {
                out.line(true, &reason);
                Ran::FAILED
            }
        };
        whole = whole.worse(ran);
        if whole.status == StepStatus::SuccessAndReboot {
            break;
        }
    }
    if whole.status == StepStatus::Skipped { Ran::SUCCESS } else { whole }
}

async fn one<D: ControlPlane, S: Sink>(
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
    context.host.rules.accepts(&step.action)?;
    match step.action.as_str() {
        "aws:runShellScript" => script::run(context, step, inputs, &folder, script::Shell::Posix, out).await,
        "aws:runPowerShellScript" => {
            script::run(context, step, inputs, &folder, script::Shell::PowerShell, out).await
        }
        "aws:runDocument" => include::run(context, inputs, folder, out).await,
        "aws:softwareInventory" => inventory::run(context, inputs, out).await,
        "aws:runPatchBaseline" => patch::run(context, inputs, out).await,
        "aws:downloadContent" => download::run(context, inputs, out).await,
        other => Err(format!("unsupported plugin: {other} is known, but not available on this node.")),
    }
}

/// The engine is the edge at which the clock comes in: start and end of a step are observations, not decisions.
fn now_ms() -> i64 {
    reeve_types::Timestamp::now().0
}
