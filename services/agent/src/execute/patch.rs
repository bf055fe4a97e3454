//! aws:runPatchBaseline, which is ours: finds out what of the packages is as the baseline wants it, installs what is not,
//! and tells the inventory both.

mod order;
mod telling;

use super::{
    ControlPlane, Deadline, PatchBaseline, Sink,
    contain::{KILLED, Task},
    context::Context,
    output::Out,
    process::{self, Exit},
    walk::Ran,
};
use crate::{
    inventory::Machine,
    patch::{
        apt::Apt,
        assess::{Assessed, State, assess, updatable},
        installed::Installed,
        packages::Simulated,
        restart,
        system::{self, System},
    },
};
use order::Order;
use reeve_document_language::{StepStatus, flow::REBOOT};
use reeve_inventory_model::Entry;
use reeve_patch_baseline::{Decision, Patch, Scheme, decide};
use reeve_types::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use telling::{line, say, tell};
use tokio::{process::Command, sync::watch};

/// Scans or installs, and tells. The step fails when something that is approved could not be installed, or when it could not
/// be looked.
pub(super) async fn run<D: ControlPlane, S: Sink>(
    context: &Context<'_, D>,
    inputs: &Value,
    out: &mut Out<'_, S>,
) -> Result<Ran, String> {
    let order = Order::read(inputs)?;
    let machine = Machine { root: context.host.package_root.clone(), path: None };
    let system = system::read(&machine)?;
    let apt = Apt { machine: &machine };
    if !apt.is_there() {
        return Err(format!("Packages of {} cannot be patched here yet: there is no apt.", system.product));
    }
    let deadline = context.deadline.or_after(context.time(inputs));
    let began = (deadline.clock)();
    let asked = match context.control_plane.patch_baseline(system.operating_system, &order.snapshot_id).await
    {
        Ok(asked) => asked,
        Err(reason) => {
            let told = context.bounded(&deadline, tell(context, began, &Err(reason.clone()), None)).await;
            if let Ok(Err(error)) = told {
                line(out, true, &format!("Nor could that be told: {error}"));
            }
            return Err(format!("By what to decide is not known: {reason}"));
        }
    };
    line(
        out,
        false,
        &format!("{} by the baseline {} ({})", order.operation(), asked.baseline.name, asked.baseline.id),
    );
    let memory = Installed::read(&context.host.patching, &context.host.boot_id);
    let failures = BTreeMap::new();
    let before = BTreeMap::new();
    let mut run = Run { context, order, system, asked, deadline, began, memory, failures, before };
    let assessed = match run.look(&apt, true, out).await {
        Err(ran) => return Ok(ran),
        Ok(looked) => looked,
    };
    let assessed = match assessed {
        Ok(assessed) if run.order.is_install => assessed,
        looked => return run.end_scan(looked, out).await,
    };
    run.before = assessed.iter().map(|one| (one.id(), one.package.version.clone())).collect();
    if let Some(ran) = run.install(&apt, &assessed, out).await? {
        return Ok(ran);
    }
    match run.look(&apt, false, out).await {
        Err(ran) => Ok(ran),
        Ok(Err(reason)) => {
            run.tell(Err(reason.clone()), out).await;
            Err(format!("What is installed is not known: {reason}"))
        }
        Ok(Ok(assessed)) => {
            say(&assessed, out);
            run.tell(Ok(&assessed), out).await;
            Ok(run.end(&assessed, &machine, out))
        }
    }
}

/// One run.
struct Run<'a, D> {
    context: &'a Context<'a, D>,
    order: Order,
    system: System,
    asked: PatchBaseline,
    /// Of all of it.
    deadline: Deadline,
    began: Timestamp,
    memory: Installed,
    /// Why packages could not be installed, by `name.arch`.
    failures: BTreeMap<String, String>,
    /// The versions that were there before something was installed, likewise; none in a scan.
    before: BTreeMap<String, String>,
}

impl<D: ControlPlane> Run<'_, D> {
    /// Finds out what there is, or why that is not known; or how the step ended meanwhile.
    async fn look<S: Sink>(
        &mut self,
        apt: &Apt<'_>,
        with_refresh: bool,
        out: &mut Out<'_, S>,
    ) -> Result<Result<Vec<Assessed>, String>, Ran> {
        let (context, deadline) = (self.context, self.deadline.clone());
        context.bounded(&deadline, self.looked(apt, with_refresh, out)).await
    }

    async fn looked<S: Sink>(
        &mut self,
        apt: &Apt<'_>,
        with_refresh: bool,
        out: &mut Out<'_, S>,
    ) -> Result<Vec<Assessed>, String> {
        if with_refresh {
            apt.wait(|who| line(out, false, who)).await?;
            apt.refresh().await?;
        }
        let packages = apt.installed().await?;
        let offers = apt.offers(&packages, &self.system.product).await?;
        let candidates = apt.candidates(&updatable(&packages, &offers)).await?;
        let mut assessed = assess(&self.asked.baseline, &packages, &offers, &candidates, self.began.0);
        let is_due = restart::due(apt.machine, Scheme::Deb).is_some();
        for one in &mut assessed {
            self.look_closer(one, is_due);
        }
        self.keep();
        Ok(assessed)
    }

    /// What the baseline does not know: what is not whole, what was tried, and what waits for a restart.
    fn look_closer(&mut self, one: &mut Assessed, is_due: bool) {
        let id = one.id();
        let failure = self.failures.get(&id);
        if one.package.is_broken {
            let broken = "It is unpacked and not configured.".to_owned();
            (one.state, one.reason) = (State::Failed, failure.cloned().unwrap_or(broken));
            return;
        }
        if let (State::Missing, Some(reason)) = (one.state, failure) {
            (one.state, one.reason) = (State::Failed, reason.clone());
        }
        // What came along counts as well.
        if !self.before.is_empty() && self.before.get(&id) != Some(&one.package.version) {
            self.memory.add(id.clone(), one.package.version.clone());
        }
        let is_installed = matches!(one.state, State::Installed | State::InstalledOther);
        if is_installed && is_due && self.memory.has(&id, &one.package.version) {
            one.state = State::InstalledPendingReboot;
        }
    }

    async fn end_scan<S: Sink>(
        &self,
        looked: Result<Vec<Assessed>, String>,
        out: &mut Out<'_, S>,
    ) -> Result<Ran, String> {
        match looked {
            Err(reason) => {
                self.tell(Err(reason.clone()), out).await;
                Err(format!("What is missing is not known, and what was known stays: {reason}"))
            }
            Ok(assessed) => {
                say(&assessed, out);
                let told = self.tell(Ok(&assessed), out).await;
                Ok(if told { Ran::SUCCESS } else { Ran::FAILED })
            }
        }
    }

    /// Installs what is wanted, all of it together, or one after the other where that does not work. Answers how the step
    /// ended if that was by its time or by the user.
    async fn install<S: Sink>(
        &mut self,
        apt: &Apt<'_>,
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        let (context, deadline) = (self.context, self.deadline.clone());
        match context.bounded(&deadline, apt.wait(|who| line(out, false, who))).await {
            Err(ran) => return Ok(Some(ran)),
            Ok(waited) => waited?,
        }
        if apt.is_interrupted() || assessed.iter().any(|one| one.package.is_broken) {
            line(out, false, "An earlier installation was interrupted: what it began is ended first.");
            if let Err(ran) = self.carry_out(apt.repair(), out).await? {
                return Ok(Some(ran));
            }
        }
        let wanted: Vec<&Assessed> = assessed.iter().filter(|one| one.is_wanted()).collect();
        if wanted.is_empty() {
            line(out, false, "There is nothing to install.");
            return Ok(None);
        }
        let targets: Vec<String> = wanted.iter().filter_map(|one| target(one)).collect();
        let together = match self.permitted(apt, &targets, &wanted).await {
            Err(ran) => return Ok(Some(ran)),
            Ok(together) => together,
        };
        if together.is_ok() {
            match self.carry_out(apt.install(&targets), out).await? {
                Err(ran) => return Ok(Some(ran)),
                Ok(true) => return Ok(None),
                Ok(false) => {}
            }
            line(out, true, "Together they could not be installed; each is tried by itself.");
            if let Err(ran) = self.carry_out(apt.repair(), out).await? {
                return Ok(Some(ran));
            }
        }
        for one in wanted {
            if let Some(ran) = self.install_one(apt, one, out).await? {
                return Ok(Some(ran));
            }
        }
        Ok(None)
    }

    async fn install_one<S: Sink>(
        &mut self,
        apt: &Apt<'_>,
        one: &Assessed,
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        let (id, targets) = (one.id(), target(one).into_iter().collect::<Vec<_>>());
        match self.permitted(apt, &targets, &[one]).await {
            Err(ran) => return Ok(Some(ran)),
            Ok(Err(reason)) => {
                line(out, true, &format!("{id} is not installed: {reason}"));
                self.failures.insert(id, reason);
            }
            Ok(Ok(())) => match self.carry_out(apt.install(&targets), out).await? {
                Err(ran) => return Ok(Some(ran)),
                Ok(true) => {}
                Ok(false) => {
                    let reason = format!("apt-get could not install {}: see the output.", targets.join(" "));
                    self.failures.insert(id, reason);
                }
            },
        }
        Ok(None)
    }

    /// Whether what apt would do is what the baseline permits: nothing is removed, and what comes along is not rejected. Or
    /// how the step ended meanwhile.
    async fn permitted(
        &self,
        apt: &Apt<'_>,
        targets: &[String],
        wanted: &[&Assessed],
    ) -> Result<Result<(), String>, Ran> {
        let simulated = self.context.bounded(&self.deadline, apt.simulate(targets)).await?;
        Ok(simulated.and_then(|simulated| self.permits(&simulated, wanted)))
    }

    fn permits(&self, simulated: &Simulated, wanted: &[&Assessed]) -> Result<(), String> {
        if let Some(removed) = simulated.removed.first() {
            return Err(format!("{removed} would have to be removed for it."));
        }
        for (name, _, version) in &simulated.installed {
            let bare = name.split(':').next().unwrap_or(name);
            if wanted.iter().any(|one| one.package.name == bare) {
                continue;
            }
            let patch = Patch { name: bare.to_owned(), version: version.clone(), ..Patch::default() };
            let decided = decide(&self.asked.baseline, &patch, self.began.0);
            if let Decision::Rejected { as_dependency: false, by } = decided {
                return Err(format!("It needs {name} {version}, which is rejected by {by:?}."));
            }
        }
        Ok(())
    }

    /// Runs a command with the step's output; answers whether it succeeded, or how the step ended meanwhile. A package
    /// manager that is killed leaves half of its work: who cancels waits until it has ended. Its time ends it.
    async fn carry_out<S: Sink>(
        &self,
        command: Command,
        out: &mut Out<'_, S>,
    ) -> Result<Result<bool, Ran>, String> {
        if self.context.is_cancelled() {
            return Ok(Err(Ran { status: StepStatus::Cancelled, code: KILLED }));
        }
        let (_nobody, mut cancel) = watch::channel(false);
        let task = Task { command: command.into_std(), user: None };
        let containment = &self.context.host.containment;
        let exit = process::run(containment, task, self.deadline.left(), &mut cancel, out).await;
        let ended = match exit
            .map_err(|error| format!("The package manager could not be started: {error}."))?
        {
            Exit::Code(code) => Ok(code == 0),
            Exit::TimedOut | Exit::Cancelled => {
                line(
                    out,
                    true,
                    "The package manager was ended by the step's time: the next installation repairs that.",
                );
                Err(Ran { status: StepStatus::TimedOut, code: KILLED })
            }
        };
        Ok(ended)
    }

    fn keep(&self) {
        if let Err(error) = self.memory.write(&self.context.host.patching) {
            tracing::warn!(%error, "what was installed could not be kept");
        }
    }

    /// Tells the inventory of the patches and of the run, or why there is nothing to tell; says whether that worked.
    async fn tell<S: Sink>(&self, assessed: Result<&[Assessed], String>, out: &mut Out<'_, S>) -> bool {
        let summary = assessed.as_ref().ok().map(|assessed| self.summary(assessed));
        let told = tell(self.context, self.began, &assessed, summary);
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
            ("OperationType", self.order.operation().to_owned()),
            ("OperationStartTime", self.began.rfc3339()),
            ("OperationEndTime", now.rfc3339()),
            ("RebootOption", if self.order.may_restart { "RebootIfNeeded" } else { "NoReboot" }.to_owned()),
            ("ExecutionId", self.context.command_id.to_owned()),
        ];
        let given = attributes.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// How an installation ends: with a restart, once, when one is due and permitted.
    fn end<S: Sink>(&mut self, assessed: &[Assessed], machine: &Machine, out: &mut Out<'_, S>) -> Ran {
        let ran =
            if assessed.iter().any(|one| one.state == State::Failed) { Ran::FAILED } else { Ran::SUCCESS };
        let Some(reason) = restart::due(machine, Scheme::Deb) else { return ran };
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

/// As apt is told: a name, the architecture where it has one of its own, and the version.
fn target(one: &Assessed) -> Option<String> {
    let version = &one.target.as_ref()?.version;
    let package = &one.package;
    Some(match package.arch.as_str() {
        "all" => format!("{}={version}", package.name),
        arch => format!("{}:{arch}={version}", package.name),
    })
}
