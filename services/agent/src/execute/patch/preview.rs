//! What an installation would do. Nothing is installed for it, and nothing told.

use super::{Run, installing::target, telling::line};
use crate::{
    execute::{ControlPlane, Sink, output::Out, walk::Ran},
    patch::{
        apt::{Apt, Versions},
        assess::{Assessed, State},
        packages::Simulated,
        restart,
    },
};
use reeve_patch_baseline::Scheme;

impl<D: ControlPlane> Run<'_, D> {
    /// Says what would be installed, in which order, what would not and why, and whether the machine would be restarted.
    pub(super) async fn preview<S: Sink>(
        &mut self,
        apt: &Apt<'_>,
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) -> Result<Ran, String> {
        self.is_refused = self.say_what_is_refused(assessed, out);
        if apt.is_interrupted() || assessed.iter().any(|one| one.package.is_broken) {
            line(out, false, "An earlier installation was interrupted: what it began would be ended first.");
        }
        let wanted: Vec<&Assessed> = assessed.iter().filter(|one| one.is_wanted()).collect();
        let mut would = Vec::new();
        let targets: Vec<String> = wanted.iter().filter_map(|one| target(one)).collect();
        match self.would(apt, &targets, &wanted).await {
            Err(ran) => return Ok(ran),
            Ok(Ok(simulated)) => would.extend(simulated.installed),
            // As an installation does: each by itself.
            Ok(Err(_)) => {
                for one in &wanted {
                    let targets: Vec<String> = target(one).into_iter().collect();
                    match self.would(apt, &targets, &[one]).await {
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
        self.say_what_would_be(apt, &would, assessed, out);
        Ok(if self.is_refused { Ran::FAILED } else { Ran::SUCCESS })
    }

    /// What installing some would do, if the baseline permits it; or how the step ended meanwhile.
    async fn would(
        &self,
        apt: &Apt<'_>,
        targets: &[String],
        wanted: &[&Assessed],
    ) -> Result<Result<Simulated, String>, Ran> {
        if targets.is_empty() {
            return Ok(Ok(Simulated::default()));
        }
        if let Err(reason) = self.permitted(apt, targets, wanted).await? {
            return Ok(Err(reason));
        }
        self.context.bounded(&self.deadline, apt.simulate(targets, Versions::Newer)).await
    }

    fn say_what_would_be<S: Sink>(
        &self,
        apt: &Apt<'_>,
        would: &[(String, Option<String>, String)],
        assessed: &[Assessed],
        out: &mut Out<'_, S>,
    ) {
        match would.len() {
            0 => line(out, false, "Nothing would be installed."),
            count => line(out, false, &format!("Would be installed, in this order ({count}):")),
        }
        let mut packages = Vec::new();
        for (number, (name, before, version)) in (1..).zip(would) {
            let (bare, arch) = name.split_once(':').unwrap_or((name.as_str(), ""));
            let is_it =
                |one: &&Assessed| one.package.name == bare && (arch.is_empty() || one.package.arch == arch);
            let found = assessed.iter().find(is_it);
            let why = match found {
                Some(one) if one.is_wanted() && one.is_security => "approved, security",
                Some(one) if one.is_wanted() => "approved",
                _ => "needed by what is approved",
            };
            let before = before.as_deref().unwrap_or("(new)");
            line(out, false, &format!("  {number}. {name} {before} -> {version} {why}"));
            let arch = found.map_or(arch, |one| one.package.arch.as_str());
            packages.push((bare.to_owned(), arch.to_owned()));
        }
        for one in assessed.iter().filter(|one| one.state == State::Missing && !one.is_wanted()) {
            line(out, false, &format!("Would stay: {} {}: {}", one.id(), one.package.version, one.reason));
        }
        let expected = restart::expected(apt.machine, Scheme::Deb, &packages);
        let said = match (expected, self.order.may_restart) {
            (Some(reason), true) => format!("The machine would be restarted: {reason}."),
            (Some(reason), false) => format!("A restart would be due, and none is wanted: {reason}."),
            (None, _) => "No restart would be due, as far as is seen beforehand.".to_owned(),
        };
        line(out, false, &said);
    }
}
