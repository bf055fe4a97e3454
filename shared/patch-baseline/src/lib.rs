//! Patch baselines, as pure functions: which version of a package a baseline approves, and why; how versions of packages are
//! ordered; and whether a kernel that was installed waits for a restart.
//!
//! The service patching and the agent share it, so that what a dry run says is what a run does. Behaviour is AWS's Patch
//! Manager's ("How patch baseline rules work", "Package name formats for approved and rejected patch lists") where
//! docs/adr/0035 does not say otherwise.

mod baseline;
mod choice;
mod kernel;
mod name;
mod override_list;
mod patch;
mod system;
mod version;

pub use baseline::{Baseline, Filter, FilterKey, Invalid, Level, RejectedAction, Rule, Wait, is_deb};
pub use choice::{Choice, Decision, decide, is_compliant};
pub use kernel::newest_of_flavour;
pub use name::{InvalidName, NamePattern};
pub use override_list::{InvalidList, OverrideList, OverridePatch};
pub use patch::Patch;
pub use system::{System, system, system_of_product};
pub use version::{Scheme, compare, rpm_segments};
