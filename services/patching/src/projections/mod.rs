//! Baselines and what they are registered for; what nodes' patches are.

mod baselines;
mod states;

pub(crate) use baselines::{BASELINES, Baselines, DEFAULTS, Defaults, GROUPS, Groups};
pub(crate) use states::{PATCHES, PatchRow, STATES, StateRow, States};
