//! The package manager of a machine: what all of them are asked for, and which one there is.

use super::{
    apt::{self, Apt},
    assess::Assessed,
    dnf::{self, Dnf},
    lock,
    plan::{Ended, Found, Simulated, Versions},
    zypper::{self, Zypper},
};
use crate::inventory::{Machine, program, rpm};
use reeve_patch_baseline::{Scheme, System, is_deb};
use tokio::process::Command;

/// One of them.
pub enum Manager<'a> {
    Apt(Apt<'a>),
    Dnf(Dnf<'a>),
    Zypper(Zypper<'a>),
}

impl<'a> Manager<'a> {
    /// The one that a system has.
    ///
    /// # Errors
    /// What was looked for, and is not there.
    pub fn of(machine: &'a Machine, system: &System) -> Result<Self, String> {
        let product = &system.product;
        if is_deb(system.operating_system) {
            let status = "/var/lib/dpkg/status";
            return match machine.at(status).exists() {
                true => Ok(Self::Apt(Apt { machine })),
                false => Err(format!("{product} is patched with apt, and there is no {status}.")),
            };
        }
        let name = if system.operating_system == "SUSE" { "zypper" } else { "dnf" };
        if !rpm::has_database(machine) {
            let known = rpm::DATABASES.join(", ");
            return Err(format!("{product} is patched with {name}, and rpm has no database here: {known}."));
        }
        let program = program::find(name)
            .ok_or_else(|| format!("{product} is patched with {name}, and there is no such program."))?;
        match name {
            "zypper" => Ok(Self::Zypper(Zypper { machine })),
            _ => Dnf::of(machine, &program).map(Self::Dnf),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Apt(_) => "apt-get",
            Self::Dnf(_) => "dnf",
            Self::Zypper(_) => "zypper",
        }
    }

    pub fn machine(&self) -> &'a Machine {
        match self {
            Self::Apt(apt) => apt.machine,
            Self::Dnf(dnf) => dnf.machine,
            Self::Zypper(zypper) => zypper.machine,
        }
    }

    pub fn scheme(&self) -> Scheme {
        match self {
            Self::Apt(_) => Scheme::Deb,
            Self::Dnf(_) | Self::Zypper(_) => Scheme::Rpm,
        }
    }

    /// Waits for who else is at the packages.
    ///
    /// # Errors
    /// Who still is.
    pub async fn wait(&self, say: impl FnMut(&str)) -> Result<(), String> {
        let locks = match self {
            Self::Apt(_) => apt::LOCKS,
            Self::Dnf(_) => dnf::LOCKS,
            Self::Zypper(_) => zypper::LOCKS,
        };
        lock::wait(self.machine(), locks, say).await
    }

    /// Gets the repositories' indexes anew. A repository that is not reached is an error: what it has is not known.
    ///
    /// # Errors
    /// What the package manager complains of.
    pub async fn refresh(&self) -> Result<(), String> {
        match self {
            Self::Apt(apt) => apt.refresh().await,
            Self::Dnf(dnf) => dnf.refresh().await,
            Self::Zypper(zypper) => zypper.refresh().await,
        }
    }

    /// What is installed, and what could be.
    ///
    /// # Errors
    /// When that is not known.
    pub async fn found(&self, product: &str) -> Result<Found, String> {
        match self {
            Self::Apt(apt) => apt.found(product).await,
            Self::Dnf(dnf) => dnf.found(product).await,
            Self::Zypper(zypper) => zypper.found(product).await,
        }
    }

    /// A version of a package, as the package manager is told it.
    pub fn target(&self, one: &Assessed, version: &str) -> String {
        match self {
            Self::Apt(_) => apt::target(one, version),
            Self::Dnf(_) => dnf::target(one, version),
            Self::Zypper(_) => zypper::target(one, version),
        }
    }

    /// What installing these would do. Nothing is removed for them.
    ///
    /// # Errors
    /// What the package manager complains of.
    pub async fn simulate(&self, targets: &[String], versions: Versions) -> Result<Simulated, String> {
        match self {
            Self::Apt(apt) => apt.simulate(targets, versions).await,
            Self::Dnf(dnf) => dnf.simulate(targets, versions).await,
            Self::Zypper(zypper) => zypper.simulate(targets, versions).await,
        }
    }

    /// The command that installs these, and asks nobody anything.
    pub fn install(&self, targets: &[String], versions: Versions) -> Command {
        match self {
            Self::Apt(apt) => apt.install(targets, versions),
            Self::Dnf(dnf) => dnf.install(targets, versions),
            Self::Zypper(zypper) => zypper.install(targets, versions),
        }
    }

    /// What the code says that an installation ended with.
    pub fn ended(&self, code: i32) -> Ended {
        match (self, code) {
            (Self::Zypper(_), code) => zypper::ended(code),
            (_, 0) => Ended::Done,
            (_, code) => Ended::Failed(format!("it ended with {code}")),
        }
    }

    /// Whether an earlier run was interrupted, and nothing works until that is repaired. rpm knows no such state.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Apt(apt) if apt.is_interrupted())
    }

    /// The command that ends what was begun; none where there is nothing of the kind.
    pub fn repair(&self) -> Option<Command> {
        match self {
            Self::Apt(apt) => Some(apt.repair()),
            Self::Dnf(_) | Self::Zypper(_) => None,
        }
    }

    /// The files of an installed package.
    pub async fn files(&self, name: &str, arch: &str) -> Vec<String> {
        let machine = self.machine();
        let text = match self {
            Self::Apt(_) => {
                let named = [format!("{name}:{arch}.list"), format!("{name}.list")];
                named.map(|file| machine.text(&format!("/var/lib/dpkg/info/{file}"))).concat()
            }
            Self::Dnf(_) | Self::Zypper(_) => rpm::files(machine, &format!("{name}.{arch}")).await,
        };
        text.lines().map(str::to_owned).collect()
    }
}
