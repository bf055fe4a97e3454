//! Taking back what a run installed: the versions that were there before it, where they can still be had.

use super::{Looked, Run, telling::line};
use crate::{
    execute::{ControlPlane, Sink, output::Out, walk::Ran},
    patch::{
        assess::Assessed,
        manager::Manager,
        plan::{Simulated, Versions},
    },
};

impl<D: ControlPlane> Run<'_, D> {
    /// Installs the versions that were there before a command, of what is still as it left it. Nothing else is touched for
    /// that, and what it brought along anew stays. Answers how the step ended if that was by its time or by the user.
    pub(super) async fn roll_back<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        assessed: &[Assessed],
        command: &str,
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        let Some(run) = self.memory.run(command).cloned() else {
            return Err(format!(
                "What the command {command} changed on this node is not known: it changed nothing, or \
                 too many others have since."
            ));
        };
        if let Some(ran) = self.make_ready(manager, assessed, out).await? {
            return Ok(Some(ran));
        }
        for (id, change) in run.changes {
            let Some(one) = assessed.iter().find(|one| one.id() == id) else {
                line(out, false, &format!("{id} is not there any more."));
                continue;
            };
            let now = &one.package.version;
            if *now == change.before {
                line(out, false, &format!("{id} is {now} again already."));
                continue;
            }
            if *now != change.after {
                line(
                    out,
                    false,
                    &format!("{id} stays: it is {now} since, and was {} after that run.", change.after),
                );
                continue;
            }
            if change.before.is_empty() {
                line(
                    out,
                    false,
                    &format!("{id} {now} stays: it was not there before, and nothing is removed."),
                );
                continue;
            }
            if one.package.is_install_only {
                line(out, false, &format!("{id} {now} stays: {} is installed beside it.", change.before));
                continue;
            }
            if let Some(ran) = self.roll_one_back(manager, one, &change.before, out).await? {
                return Ok(Some(ran));
            }
        }
        Ok(None)
    }

    async fn roll_one_back<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        one: &Assessed,
        before: &str,
        out: &mut Out<'_, S>,
    ) -> Result<Option<Ran>, String> {
        let targets = [manager.target(one, before)];
        let simulated =
            match self.context.bounded(&self.deadline, manager.simulate(&targets, Versions::Any)).await {
                Err(ran) => return Ok(Some(ran)),
                Ok(simulated) => simulated,
            };
        if let Err(reason) = simulated.and_then(|simulated| is_alone(&simulated, one)) {
            line(out, true, &format!("{} {before} cannot be had: {reason}", one.id()));
            self.is_refused = true;
            return Ok(None);
        }
        self.wanted_back.insert(one.id(), before.to_owned());
        // Whether it worked is seen afterwards.
        let command = || manager.install(&targets, Versions::Any);
        Ok(self.carry_out(manager, command, out).await?.err())
    }

    /// Says which packages are not at the version that they were to have again; whether there are some.
    pub(super) fn say_what_is_not_back<S: Sink>(&self, looked: &Looked, out: &mut Out<'_, S>) -> bool {
        let now = looked.versions();
        let missed = self.wanted_back.iter().filter(|(id, version)| now.get(*id) != Some(*version));
        for (id, version) in missed.clone() {
            let is = now.get(id).map_or("not there", String::as_str);
            line(out, true, &format!("{id} {version} cannot be had: it is {is}, see the output above."));
        }
        missed.count() > 0
    }
}

/// Whether nothing but one package would be changed.
fn is_alone(simulated: &Simulated, one: &Assessed) -> Result<(), String> {
    if let Some(removed) = simulated.removed.first() {
        return Err(format!("{removed} would have to be removed for it."));
    }
    let name = &one.package.name;
    match simulated.installed.iter().find(|other| other.name != *name) {
        Some(other) => Err(format!("{} would be changed for it.", other.shown)),
        None => Ok(()),
    }
}
