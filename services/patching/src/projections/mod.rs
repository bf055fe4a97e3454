//! Baselines and what they are registered for; what nodes' patches are; roll-outs.

mod available;
mod baselines;
mod rollouts;
mod states;

pub(crate) use available::{AVAILABLE, AvailableRow};
pub(crate) use baselines::{
    BASELINE_TAGS, BASELINES, BaselineTags, Baselines, DEFAULTS, Defaults, GROUPS, Groups,
};
pub(crate) use rollouts::{ROLLOUT_KEYS, ROLLOUTS, RolloutRow, Rollouts, WaveRow};
pub(crate) use states::{PATCHES, PatchRow, STATES, StateRow, States};
