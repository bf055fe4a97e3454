//! Walks the steps of a plan and gives each to its plugin.

use super::{
    ControlPlane, Ended, Host, Job, Outcome, Paused, Refused, Resume, Sink,
    contain::KILLED,
    context::Context,
    download, include, inventory,
    mask::Masked,
    output,
    output::Out,
    patch, paths,
    results::{Results, reported},
    script, update,
    walk::{Ran, Walk},
};
use bytes::Bytes;
use reeve_contracts::outcome::{InvocationStatus, StepOutcome};
use reeve_document_language::{
    Decision, Plan, PlannedStep, Platform, StepStatus, flow::REBOOT, parse_executable,
};
use serde_json::Value;
use std::pin::Pin;
use tokio::sync::watch;

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
        masked: Masked::default(),
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
                agent_alone: outcome.code == Ran::RESTART_AGENT.code,
                full: results.full,
            }));
        }
        results.add(outcome);
    }
    Ended::Outcome(results.outcome(context.host.output_limit))
}

fn refused(message: String) -> Outcome {
    Outcome { status: InvocationStatus::Failed, code: 1, message, steps: Vec::new() }
}

/// What a step goes on from after a reboot.
struct Again {
    kept: output::Kept,
    started_ms: i64,
    refused: Option<Refused>,
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
    let mut out = Out::new(sink, &step.name, context.host.output_limit, context.masked.clone());
    let instead = match again {
        None => decide(context, step, walk),
        Some(again) => {
            started_ms = again.started_ms;
            out.go_on(again.kept);
            if_not_again(context, step, again.refused, walk)
        }
    };
    if instead.is_some() {
        crate::update::withdraw(&context.host.own.data, context.command_id);
    }
    let (ran, text) = match instead {
        Some((ran, reason)) => (not_run(walk, step, ran), reason),
        None => {
            let ran = plugin(context, step, &mut out).await;
            out.settle();
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
fn included<'a, D: ControlPlane, S: Sink>(
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
        "aws:runDocument" => match include::inner(context, inputs, folder).await? {
            Ok((inner, plan)) => Ok(included(&inner, &plan, out).await),
            Err(ran) => Ok(ran),
        },
        "aws:softwareInventory" => inventory::run(context, inputs, out).await,
        "aws:runPatchBaseline" => patch::run(context, inputs, out).await,
        "aws:updateSsmAgent" => update::run(context, inputs, out).await,
        "aws:downloadContent" => download::run(context, inputs, out).await,
        other => Err(format!("unsupported plugin: {other} is known, but not available on this node.")),
    }
}

/// The engine is the edge at which the clock comes in: start and end of a step are observations, not decisions.
fn now_ms() -> i64 {
    reeve_types::Timestamp::now().0
}
