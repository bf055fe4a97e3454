//! What an installation would do. Nothing is installed for it, and nothing told.

use super::{Run, installing::target, telling::line};
use crate::{
    execute::{ControlPlane, Sink, output::Out, walk::Ran},
    patch::{
        assess::{Assessed, State},
        manager::Manager,
        plan::{Planned, Simulated},
        restart,
    },
};

impl<D: ControlPlane> Run<'_, D> {
    /// Says what would be installed, in which order, what would not and why, and whether the machine would be restarted.
    pub(super) async fn preview<S: Sink>(
        &mut self,
        manager: &Manager<'_>,
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) -> Result<Ran, String> {
        self.is_refused = self.say_what_is_refused(assessed, out);
        if manager.is_interrupted() || assessed.iter().any(|one| one.package.is_broken) {
            line(out, false, "An earlier installation was interrupted: what it began would be ended first.");
        }
        let wanted: Vec<&Assessed> = assessed.iter().filter(|one| one.is_wanted()).collect();
        let mut would = Vec::new();
        let targets: Vec<String> = wanted.iter().filter_map(|one| target(manager, one)).collect();
        match self.would(manager, &targets, &wanted).await {
            Err(ran) => return Ok(ran),
            Ok(Ok(simulated)) => would.extend(simulated.installed),
            // As an installation does: each by itself.
            Ok(Err(_)) => {
                for one in &wanted {
                    let targets: Vec<String> = target(manager, one).into_iter().collect();
                    match self.would(manager, &targets, &[one]).await {
                        Err(ran) => return Ok(ran),
                        Ok(Ok(simulated)) => would.extend(simulated.installed),
                        Ok(Err(reason)) => {
                            line(out, true, &format!("{} would fail: {reason}", one.id()));
                            self.is_refused = true;
                        }
                    }
                }
            }
        }
        would.dedup();
        self.say_what_would_be(manager, &would, assessed, out).await;
        Ok(if self.is_refused { Ran::FAILED } else { Ran::SUCCESS })
    }

    /// What installing some would do, if the baseline permits it; or how the step ended meanwhile.
    async fn would(
        &self,
        manager: &Manager<'_>,
        targets: &[String],
        wanted: &[&Assessed],
    ) -> Result<Result<Simulated, String>, Ran> {
        if targets.is_empty() {
            return Ok(Ok(Simulated::default()));
        }
        self.permitted(manager, targets, wanted).await
    }

    async fn say_what_would_be<S: Sink>(
        &self,
        manager: &Manager<'_>,
        would: &[Planned],
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) {
        match would.len() {
            0 => line(out, false, "Nothing would be installed."),
            count => line(out, false, &format!("Would be installed, in this order ({count}):")),
        }
        let mut packages = Vec::new();
        for (number, planned) in (1..).zip(would) {
            let Planned { name, arch, shown, before, version } = planned;
            let is_it =
                |one: &&Assessed| one.package.name == *name && (arch.is_empty() || one.package.arch == *arch);
            let found = assessed.iter().find(is_it);
            let why = match found {
                Some(one) if one.is_wanted() && one.is_security() => "approved, security",
                Some(one) if one.is_wanted() => "approved",
                _ => "needed by what is approved",
            };
            let before = before.as_deref().unwrap_or("(new)");
            line(out, false, &format!("  {number}. {shown} {before} -> {version} {why}"));
            let arch = found.map_or(arch.as_str(), |one| one.package.arch.as_str());
            packages.push((name.clone(), arch.to_owned()));
        }
        for one in assessed.iter().filter(|one| one.state == State::Missing && !one.is_wanted()) {
            line(out, false, &format!("Would stay: {} {}: {}", one.id(), one.package.version, one.reason));
        }
        let expected = restart::expected(manager, &packages).await;
        let said = match (expected, self.order.may_restart) {
            (Some(reason), true) => format!("The machine would be restarted: {reason}."),
            (Some(reason), false) => format!("A restart would be due, and none is wanted: {reason}."),
            (None, _) => "No restart would be due, as far as is seen beforehand.".to_owned(),
        };
        line(out, false, &said);
    }
}
