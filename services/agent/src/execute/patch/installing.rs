//! Installing what is wanted, and nothing that the baseline does not permit.

use super::{Run, telling::line};
use crate::{
    execute::{
        ControlPlane, Sink,
        contain::{KILLED, Task},
        output::Out,
        process::{self, Exit},
        walk::Ran,
    },
    patch::{
        assess::Assessed,
        manager::Manager,
        plan::{Ended, Planned, Simulated, Versions},
    },
};
use reeve_document_language::StepStatus;
use reeve_patch_baseline::{Decision, Patch, decide};
use tokio::{process::Command, sync::watch};

/// As many times a package manager is run that wants to be run again.
const MAX_RUNS: usize = 5;

impl<D: ControlPlane> Run<'_, D> {
    /// Installs what is wanted, all of it together, or one after the other where that does not work. Answers how the step
    /// ended if that was by its time or by the user.
    pub(super) async fn install<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        if let Some(ran) = self.make_ready(manager, assessed, out).await? {
            return Ok(Some(ran));
        }
        let wanted: Vec<&Assessed> = assessed.iter().filter(|one| one.is_wanted()).collect();
        if wanted.is_empty() {
            line(out, false, "There is nothing to install.");
            return Ok(None);
        }
        let targets: Vec<String> = wanted.iter().filter_map(|one| target(manager, one)).collect();
        let together = match self.permitted(manager, &targets, &wanted).await {
            Err(ran) => return Ok(Some(ran)),
            Ok(together) => together,
        };
        if let Ok(simulated) = together {
            say_what_comes_along(&simulated, &wanted, out);
            match self.carry_out(manager, || manager.install(&targets, Versions::Newer), out).await? {
                Err(ran) => return Ok(Some(ran)),
                Ok(Ok(())) => return Ok(None),
                Ok(Err(_)) => {}
            }
            line(out, true, "Together they could not be installed; each is tried by itself.");
            if let Some(ran) = self.repair(manager, out).await? {
                return Ok(Some(ran));
            }
        }
        for one in wanted {
            if let Some(ran) = self.install_one(manager, one, out).await? {
                return Ok(Some(ran));
            }
        }
        Ok(None)
    }

    /// Waits for who else is at the packages, and ends what an earlier installation began. Answers how the step ended if that
    /// was by its time or by the user.
    pub(super) async fn make_ready<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        let (context, deadline) = (self.context, self.deadline.clone());
        match context.bounded(&deadline, manager.wait(|who| line(out, false, who))).await {
            Err(ran) => return Ok(Some(ran)),
            Ok(waited) => waited?,
        }
        if manager.is_interrupted() || assessed.iter().any(|one| one.package.is_broken) {
            line(out, false, "An earlier installation was interrupted: what it began is ended first.");
            return self.repair(manager, out).await;
        }
        Ok(None)
    }

    /// Ends what was begun, where the package manager knows of such a thing.
    async fn repair<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        if manager.repair().is_none() {
            return Ok(None);
        }
        let repair = || manager.repair().unwrap_or_else(|| Command::new("true"));
        Ok(self.carry_out(manager, repair, out).await?.err())
    }

    async fn install_one<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        one: &Assessed,
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        let (id, targets) = (one.id(), target(manager, one).into_iter().collect::<Vec<_>>());
        match self.permitted(manager, &targets, &[one]).await {
            Err(ran) => return Ok(Some(ran)),
            Ok(Err(reason)) => {
                line(out, true, &format!("{id} is not installed: {reason}"));
                self.failures.insert(id, reason);
            }
            Ok(Ok(simulated)) => {
                say_what_comes_along(&simulated, &[one], out);
                match self.carry_out(manager, || manager.install(&targets, Versions::Newer), out).await? {
                    Err(ran) => return Ok(Some(ran)),
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => {
                        let (name, what) = (manager.name(), targets.join(" "));
                        let reason = format!("{name} could not install {what}: {why}, see the output.");
                        self.failures.insert(id, reason);
                    }
                }
            }
        }
        Ok(None)
    }

    /// What the package manager would do, if that is what the baseline permits: nothing is removed, nothing becomes older, and
    /// what comes along is not rejected. Or how the step ended meanwhile.
    pub(super) async fn permitted(
        &self,
        manager: &Manager<'_>,
        targets: &[String],
        wanted: &[&Assessed],
    ) -> Result<Result<Simulated, String>, Ran> {
        let simulated =
            self.context.bounded(&self.deadline, manager.simulate(targets, Versions::Newer)).await?;
        Ok(simulated.and_then(|simulated| self.permits(&simulated, wanted).map(|()| simulated)))
    }

    fn permits(&self, simulated: &Simulated, wanted: &[&Assessed]) -> Result<(), String> {
        if let Some(removed) = simulated.removed.first() {
            return Err(format!("{removed} would have to be removed for it."));
        }
        if let Some(older) = simulated.older.first() {
            return Err(format!("{older} would have to become older for it."));
        }
        for planned in along(simulated, wanted) {
            let Planned { shown: name, version, .. } = planned;
            let patch = Patch {
                scheme: wanted.first().map(|one| one.package.scheme).unwrap_or_default(),
                name: planned.name.clone(),
                arch: planned.arch.clone(),
                version: version.clone(),
                ..Patch::default()
            };
            let decided = decide(self.deciding(), &patch, self.began.0);
            if let Decision::Rejected { as_dependency: false, by } = decided {
                return Err(format!("It needs {name} {version}, which is rejected by {by:?}."));
            }
        }
        Ok(())
    }

    /// Runs a command with the step's output; answers whether it succeeded or why not, or how the step ended meanwhile. A
    /// package manager that is killed leaves half of its work: who cancels waits until it has ended. Its time ends it. One
    /// that wants to be run again is.
    pub(super) async fn carry_out<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        command: impl Fn() -> Command,
        out: &mut Out<'_, S>,
    ) -> Result<Result<Result<(), String>, Ran>, String> {
        for _ in 0..MAX_RUNS {
            let code = match self.carried_out(command(), out).await? {
                Err(ran) => return Ok(Err(ran)),
                Ok(code) => code,
            };
            match manager.ended(code) {
                Ended::Done => return Ok(Ok(Ok(()))),
                Ended::DoneBut(what) => {
                    line(out, true, what);
                    return Ok(Ok(Ok(())));
                }
                Ended::RestartDue => {
                    self.is_restart_due = true;
                    return Ok(Ok(Ok(())));
                }
                Ended::Again => line(out, false, "The package manager was updated itself, and is run again."),
                Ended::Locked => {
                    let (context, deadline) = (self.context, self.deadline.clone());
                    match context.bounded(&deadline, manager.wait(|who| line(out, false, who))).await {
                        Err(ran) => return Ok(Err(ran)),
                        Ok(waited) => waited?,
                    }
                }
                Ended::Failed(reason) => return Ok(Ok(Err(reason))),
            }
        }
        Ok(Ok(Err(format!("it wanted to be run again {MAX_RUNS} times"))))
    }

    /// Runs a command once; answers its code.
    async fn carried_out<S: Sink>(
        &self,
        command: Command,
        out: &mut Out<'_, S>,
    ) -> Result<Result<i32, Ran>, String> {
        if self.context.is_cancelled() {
            return Ok(Err(Ran { status: StepStatus::Cancelled, code: KILLED }));
        }
        let (_nobody, mut cancel) = watch::channel(false);
        let task = Task { command: command.into_std(), user: None };
        let containment = &self.context.host.containment;
        let exit = process::run(containment, task, self.deadline.left(), &mut cancel, out).await;
        match exit.map_err(|error| format!("The package manager could not be started: {error}."))? {
            Exit::Code(code) => Ok(Ok(code)),
            Exit::TimedOut | Exit::Cancelled => {
                line(
                    out,
                    true,
                    "The package manager was ended by the step's time: the next installation repairs that.",
                );
                Ok(Err(Ran { status: StepStatus::TimedOut, code: KILLED }))
            }
        }
    }
}

/// What would come with what is wanted.
fn along<'a>(simulated: &'a Simulated, wanted: &'a [&Assessed]) -> impl Iterator<Item = &'a Planned> {
    let is_wanted = |name: &str| wanted.iter().any(|one| one.package.name == name);
    simulated.installed.iter().filter(move |planned| !is_wanted(&planned.name))
}

fn say_what_comes_along<S: Sink>(simulated: &Simulated, wanted: &[&Assessed], out: &mut Out<'_, S>) {
    for planned in along(simulated, wanted) {
        let text = format!("Comes along, needed by what is approved: {} {}", planned.shown, planned.version);
        line(out, false, &text);
    }
}

/// The approved version, as the package manager is told it.
pub(super) fn target(manager: &Manager<'_>, one: &Assessed) -> Option<String> {
    Some(manager.target(one, &one.target.as_ref()?.version))
}
