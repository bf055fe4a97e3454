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
        apt::{Apt, Versions},
        assess::Assessed,
        packages::Simulated,
    },
};
use reeve_document_language::StepStatus;
use reeve_patch_baseline::{Decision, Patch, decide};
use tokio::{process::Command, sync::watch};

impl<D: ControlPlane> Run<'_, D> {
    /// Installs what is wanted, all of it together, or one after the other where that does not work. Answers how the step
    /// ended if that was by its time or by the user.
    pub(super) async fn install<S: Sink>(
        &mut self,
        apt: &Apt<'_>,
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        if let Some(ran) = self.make_ready(apt, assessed, out).await? {
            return Ok(Some(ran));
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
            match self.carry_out(apt.install(&targets, Versions::Newer), out).await? {
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

    /// Waits for who else is at the packages, and ends what an earlier installation began. Answers how the step ended if that
    /// was by its time or by the user.
    pub(super) async fn make_ready<S: Sink>(
        &self,
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
            Ok(Ok(())) => match self.carry_out(apt.install(&targets, Versions::Newer), out).await? {
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
    pub(super) async fn permitted(
        &self,
        apt: &Apt<'_>,
        targets: &[String],
        wanted: &[&Assessed],
    ) -> Result<Result<(), String>, Ran> {
        let simulated = self.context.bounded(&self.deadline, apt.simulate(targets, Versions::Newer)).await?;
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
            let decided = decide(self.deciding(), &patch, self.began.0);
            if let Decision::Rejected { as_dependency: false, by } = decided {
                return Err(format!("It needs {name} {version}, which is rejected by {by:?}."));
            }
        }
        Ok(())
    }

    /// Runs a command with the step's output; answers whether it succeeded, or how the step ended meanwhile. A package
    /// manager that is killed leaves half of its work: who cancels waits until it has ended. Its time ends it.
    pub(super) async fn carry_out<S: Sink>(
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
}

/// As apt is told: a name, the architecture where it has one of its own, and the version.
pub(super) fn target(one: &Assessed) -> Option<String> {
    Some(versioned(one, &one.target.as_ref()?.version))
}

/// The same of any version of it.
pub(super) fn versioned(one: &Assessed, version: &str) -> String {
    let package = &one.package;
    match package.arch.as_str() {
        "all" => format!("{}={version}", package.name),
        arch => format!("{}:{arch}={version}", package.name),
    }
}
