//! Events to rows.

mod associations;
mod documents;
mod drifts;
mod executions;
mod outcomes;
mod waiting;

pub(crate) use associations::{
    ASSOCIATIONS, AssociationRow, Associations, FIRE, TIME, VERSIONS, VersionRow, version_key,
};
pub(crate) use associations::{BY_CALENDAR, BY_DOCUMENT, BY_TARGET, node_keys};
pub(crate) use documents::{ContentRow, content_named, content_of};
pub(crate) use drifts::{DRIFTS, DriftRow, Drifts};
pub(crate) use executions::{EXECUTION_KEYS, EXECUTIONS, ExecutionRow, Executions, RUNS, RunRow, TARGETS};
pub(crate) use outcomes::{
    ASSOCIATION_COUNTS, CommandRow, Commands, Counts, EXECUTION_COUNTS, Invocations, LATEST, LatestRow,
    OUTCOMES, OutcomeRow, command_row,
};
pub(crate) use waiting::{CATCH_UP, Served, WAITING, Waiting};
