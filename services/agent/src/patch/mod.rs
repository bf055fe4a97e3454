//! Patching this machine: what its package manager has and could have, what a baseline approves of that, and installing it.
//!
//! - `system`: which operating system it is, as baselines name it.
//! - `assess`: pure: the state of each package, and which version is to be installed.
//! - `manager`: what every package manager is asked for, and which one a machine has.
//! - `plan`: what it is asked for and answers.
//! - `apt`: what apt and dpkg say and do. `packages`: their indexes and lists, read.
//! - `dnf`: what dnf says and does; `dnf.py` asks it. `rpm_packages`: packages and notices of everything with rpm.
//! - `zypper`: what zypper says and does. `updateinfo`: notices of repositories, read. `xml`: what both are written in.
//! - `lock`: who else is at the packages.
//! - `kernel`: packages that bring one.
//! - `restart`: whether what runs is older than what is installed.
//! - `installed`: what was installed here since the machine was started, on disk.
//!
//! **Invariants:** nothing is installed that the baseline does not approve, but what an approved package depends on, which is
//! said; what could not be looked at is an error, and never a machine without patches.

mod apt;
pub mod assess;
mod dnf;
pub mod installed;
mod kernel;
mod lock;
pub mod manager;
mod packages;
pub mod plan;
pub mod restart;
mod rpm_packages;
pub mod system;
mod updateinfo;
mod xml;
mod zypper;

/// The type of inventory with what was found by a baseline that counts in one run alone: beside what is told by the registered
/// one.
pub const BY_OTHER_BASELINE: &str = "Custom:PatchBaselineOverride";
