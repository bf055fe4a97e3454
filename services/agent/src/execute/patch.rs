//! aws:runPatchBaseline, which is ours: finds out what of the packages is as the baseline wants it, installs what is not,
//! and tells the inventory both.
//!
//! - `order`: what is wanted. `content`: lists and baselines that come along instead of what is registered.
//! - `installing`, `preview` and `rolling_back`: what an installation does, would do, and how it is taken back.
//! - `telling`: what the inventory and the step's output are told.

mod content;
mod installing;
mod order;
mod preview;
mod rolling_back;
mod telling;

use super::{
    ControlPlane, Deadline, PatchBaseline, PatchQuestion, Sink, context::Context, output::Out, walk::Ran,
};
use crate::{
    inventory::Machine,
    patch::{
        assess::{Assessed, State, assess},
        installed::{Change, Installed},
        manager::Manager,
        restart, system,
    },
};
use order::{Ending, Operation, Order};
use reeve_document_language::{
    StepStatus,
    flow::{EXIT_SUCCESS, REBOOT},
};
use reeve_patch_baseline::{Baseline, Choice, OverrideList, System};
use reeve_types::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use telling::{line, say, tell};

/// Scans or installs, and tells. The step fails when something that is approved could not be installed, or when it could not
/// be looked.
pub(super) async fn run<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    inputs: &Value,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let order = Order::read(inputs)?;
    if order.is_for_restart && !order.may_restart {
        line(out, false, "This step is for a restart alone, and none is wanted.");
        return Ok(Ran::SUCCESS);
    }
    let machine = Machine { root: context.host.package_root.clone(), path: None };
    let system = system::read(&machine)?;
    let manager = Manager::of(&machine, &system)?;
    let deadline = context.deadline.or_after(context.time(inputs));
    let mut run = match begin(context, order, system, deadline, out).await? {
        Ok(run) => run,
        Err(ran) => return Ok(ran),
    };
    let looked = match run.look(&manager, true, out).await {
        Err(ran) => return Ok(ran),
        Ok(looked) => looked,
    };
    let looked = match looked {
        Err(reason) => {
            run.tell(Err(reason.clone()), out).await;
            return Err(format!("What is missing is not known, and what was known stays: {reason}"));
        }
        Ok(looked) => looked,
    };
    let changed = match run.order.operation.clone() {
        Operation::Scan => return Ok(run.end_scan(&looked, &manager, out).await),
        Operation::DryRun => return run.preview(&manager, looked.deciding(), out).await,
        Operation::Install => {
            run.before = looked.versions();
            run.is_refused = run.say_what_is_refused(looked.deciding(), out);
            run.install(&manager, looked.deciding(), out).await?
        }
        Operation::Rollback(command) => {
            run.before = looked.versions();
            run.roll_back(&manager, &looked.official, &command, out).await?
        }
    };
    if let Some(ran) = changed {
        return Ok(ran);
    }
    match run.look(&manager, false, out).await {
        Err(ran) => Ok(ran),
        Ok(Err(reason)) => {
            run.tell(Err(reason.clone()), out).await;
            Err(format!("What is installed is not known: {reason}"))
        }
        Ok(Ok(looked)) => {
            say(looked.deciding(), out);
            run.is_refused |= run.say_what_is_not_back(&looked, out);
            run.tell(Ok(&looked), out).await;
            Ok(run.end(&looked, &manager, out))
        }
    }
}

/// Reads what came along, and asks for the baseline; or how the step ended meanwhile. Nothing was touched before.
async fn begin<'a, D: ControlPlane, S: Sink>(
    context: &'a Context<'a, D>,
    order: Order,
    system: System,
    deadline: Deadline,
    out: &mut Out<'_, S>,
) -> Result<Result<Run<'a, D>, Ran>, String> {
    let began = (deadline.clock)();
    let reading = async {
        let list = match order.is_by_list() {
            true => {
                let text =
                    content::read("InstallOverrideList", &order.install_override_list, &deadline).await?;
                Some(content::list(&text, system.operating_system)?)
            }
            false => None,
        };
        let baseline_override = match order.baseline_override.as_str() {
            "" => String::new(),
            given => content::read("BaselineOverride", given, &deadline).await?,
        };
        Ok::<_, String>((list, baseline_override))
    };
    let (list, baseline_override) = match context.bounded(&deadline, reading).await {
        Ok(read) => read?,
        Err(ran) => return Ok(Err(ran)),
    };
    let question = PatchQuestion {
        operating_system: system.operating_system,
        snapshot_id: &order.snapshot_id,
        baseline_override: &baseline_override,
        baseline_tags: &order.baseline_tags,
    };
    let asked = match context.bounded(&deadline, context.control_plane.patch_baseline(&question)).await {
        Err(ran) => return Ok(Err(ran)),
        Ok(Ok(asked)) => asked,
        Ok(Err(reason)) => {
            let told = context.bounded(&deadline, tell(context, began, Err(reason.clone()))).await;
            if let Ok(Err(error)) = told {
                line(out, true, &format!("Nor could that be told: {error}"));
            }
            return Err(format!("By what to decide is not known: {reason}"));
        }
    };
    let memory = Installed::read(&context.host.patching, &context.host.boot_id);
    let run = Run {
        context,
        order,
        system,
        asked,
        list,
        deadline,
        began,
        memory,
        failures: BTreeMap::new(),
        before: BTreeMap::new(),
        is_refused: false,
        is_restart_due: false,
        wanted_back: BTreeMap::new(),
    };
    let (operation, by) = (run.order.operation.name(), run.deciding());
    let list =
        if run.list.is_some() { ", and of its packages what the InstallOverrideList names" } else { "" };
    line(out, false, &format!("{operation} by the baseline {} ({}){list}", by.name, by.id));
    Ok(Ok(run))
}

/// One run.
struct Run<'a, D> {
    context: &'a Context<'a, D>,
    order: Order,
    system: System,
    asked: PatchBaseline,
    /// What is installed instead of what is approved; none in a scan.
    list: Option<OverrideList>,
    /// Of all of it.
    deadline: Deadline,
    began: Timestamp,
    memory: Installed,
    /// Why packages could not be installed, by `name.arch`.
    failures: BTreeMap<String, String>,
    /// The versions that were there before something was installed, likewise; none in a scan.
    before: BTreeMap<String, String>,
    /// Whether something that was asked for by name is not done.
    is_refused: bool,
    /// Whether the package manager said that the machine has to be started anew.
    is_restart_due: bool,
    /// The versions that a rollback is to lead to, likewise.
    wanted_back: BTreeMap<String, String>,
}

/// What a run found.
struct Looked {
    /// By the registered baseline: what the node is told of by.
    official: Vec<Assessed>,
    /// By what counts in this run instead, where something does.
    instead: Option<Vec<Assessed>>,
}

impl Looked {
    /// By what is installed.
    fn deciding(&self) -> &[Assessed] {
        self.instead.as_deref().unwrap_or(&self.official)
    }

    fn versions(&self) -> BTreeMap<String, String> {
        self.official.iter().map(|one| (one.id(), one.package.version.clone())).collect()
    }
}

impl<D: ControlPlane> Run<'_, D> {
    /// The baseline by which is installed.
    fn deciding(&self) -> &Baseline {
        self.asked.instead.as_ref().unwrap_or(&self.asked.baseline)
    }

    /// Finds out what there is, or why that is not known; or how the step ended meanwhile.
    async fn look<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        with_refresh: bool,
        out: &mut Out<'_, S>,
    ) -> Result<Result<Looked, String>, Ran> {
        let (context, deadline) = (self.context, self.deadline.clone());
        context.bounded(&deadline, self.looked(manager, with_refresh, out)).await
    }

    async fn looked<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        with_refresh: bool,
        out: &mut Out<'_, S>,
    ) -> Result<Looked, String> {
        if with_refresh {
            manager.wait(|who| line(out, false, who)).await?;
            manager.refresh().await?;
        }
        let found = manager.found(&self.system.product).await?;
        if with_refresh {
            found.notes.iter().for_each(|note| line(out, false, note));
        }
        let by = |choice: Choice<'_>| {
            assess(choice, &found.packages, &found.offers, &found.candidates, self.began.0)
        };
        let official = by(Choice::of(&self.asked.baseline));
        let instead = (self.asked.instead.is_some() || self.list.is_some())
            .then(|| by(Choice { baseline: self.deciding(), list: self.list.as_ref() }));
        let mut looked = Looked { official, instead };
        if !self.before.is_empty() {
            self.remember(&looked);
        }
        let is_due = self.restart_due(manager).is_some();
        for one in looked.official.iter_mut().chain(looked.instead.iter_mut().flatten()) {
            self.look_closer(one, is_due);
        }
        self.keep();
        Ok(looked)
    }

    /// Why the machine has to be started anew; none when it has not.
    fn restart_due(&self, manager: &Manager<'_>) -> Option<String> {
        let due = restart::due(manager.machine(), manager.scheme());
        due.or_else(|| self.is_restart_due.then(|| format!("{} says so", manager.name())))
    }

    /// What the run changed: what came along counts as well.
    fn remember(&mut self, looked: &Looked) {
        let mut changes = BTreeMap::new();
        for (id, after) in looked.versions() {
            let before = self.before.get(&id);
            if before != Some(&after) {
                self.memory.add(id.clone(), after.clone());
                changes.insert(id, Change { before: before.cloned().unwrap_or_default(), after });
            }
        }
        self.memory.record(self.context.command_id, changes);
    }

    /// What the baseline does not know: what is not whole, what was tried, and what waits for a restart.
    fn look_closer(&self, one: &mut Assessed, is_due: bool) {
        let id = one.id();
        let failure = self.failures.get(&id);
        if one.package.is_broken {
            one.is_mended_by_target = one.is_wanted();
            let broken = "It is unpacked and not configured.".to_owned();
            (one.state, one.reason) = (State::Failed, failure.cloned().unwrap_or(broken));
            return;
        }
        if let (State::Missing, Some(reason)) = (one.state, failure) {
            (one.state, one.reason) = (State::Failed, reason.clone());
        }
        let is_installed = matches!(one.state, State::Installed | State::InstalledOther);
        if is_installed && is_due && self.memory.has(&id, &one.package.version) {
            one.state = State::InstalledPendingReboot;
        }
    }

    /// Says which of the packages that a list names stay as they are, and which entries name none; whether there are some.
    fn say_what_is_refused<S: Sink>(&self, assessed: &[Assessed], out: &mut Out<'_, S>) -> bool {
        let Some(list) = &self.list else { return false };
        let mut is_refused = false;
        for entry in &list.patches {
            let named =
                assessed.iter().filter(|one| entry.names_package(&one.package.name, &one.package.arch));
            if named.clone().next().is_none() {
                line(out, true, &format!("The list names {:?}, and no such package is installed.", entry.id));
            }
            for one in named.filter(|one| !one.is_wanted() && !one.reason.is_empty()) {
                line(
                    out,
                    true,
                    &format!("The list names {}, and it stays as it is: {}", one.id(), one.reason),
                );
                is_refused = true;
            }
        }
        is_refused
    }

    async fn end_scan<S: Sink>(&self, looked: &Looked, manager: &Manager<'_>, out: &mut Out<'_, S>) -> Ran {
        say(looked.deciding(), out);
        if !self.tell(Ok(looked), out).await {
            return Ran::FAILED;
        }
        let is_missing =
            looked.deciding().iter().any(|one| matches!(one.state, State::Missing | State::Failed));
        let waits = self.order.may_restart && self.restart_due(manager).is_some();
        let ends = match self.order.ending {
            Ending::Never => false,
            Ending::Always => true,
            Ending::WhenCompliant => !is_missing && !waits,
        };
        match ends {
            true => Ran { status: StepStatus::Success, code: EXIT_SUCCESS },
            false => Ran::SUCCESS,
        }
    }

    fn keep(&self) {
        if let Err(error) = self.memory.write(&self.context.host.patching) {
            tracing::warn!(%error, "what was installed could not be kept");
        }
    }

    /// How an installation ends: with a restart, once, when one is due and permitted.
    fn end<S: Sink>(&mut self, looked: &Looked, manager: &Manager<'_>, out: &mut Out<'_, S>) -> Ran {
        let is_failed = self.is_refused || looked.deciding().iter().any(|one| one.state == State::Failed);
        let ran = if is_failed { Ran::FAILED } else { Ran::SUCCESS };
        let Some(reason) = self.restart_due(manager) else { return ran };
        if !self.order.may_restart {
            line(out, false, &format!("A restart is due: {reason}. None is wanted."));
            return ran;
        }
        if self.memory.restarted_for == self.context.command_id {
            line(out, true, &format!("A restart is still due after one: {reason}."));
            return ran;
        }
        if let Some(refused) = self.context.no_reboot() {
            line(out, true, &format!("A restart is due: {reason}. {refused}"));
            return ran;
        }
        line(out, false, &format!("The machine is restarted: {reason}."));
        self.context.command_id.clone_into(&mut self.memory.restarted_for);
        self.keep();
        Ran { status: StepStatus::SuccessAndReboot, code: REBOOT }
    }
}
