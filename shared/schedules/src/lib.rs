//! The schedules of AWS Systems Manager as pure functions: `cron()`, `rate()` and `at()`, with time zones and
//! ScheduleOffset, as maintenance windows, associations and rules take them.
//!
//! - [`Expression`] is what a caller wrote: [`Expression::parse`] accepts or refuses it, and
//!   [`Expression::check_for_association`] and [`Expression::check_for_rule`] hold it against what associations and rules take.
//! - [`Schedule`] is an expression with its time zone, its offset in days and the instant from which it counts.
//!   It answers [`Schedule::next_after`], [`Schedule::previous_before`] and [`Schedule::between`].
//!
//! The forms are those of the Systems Manager User Guide, "Reference: Cron and rate expressions for Systems
//! Manager". The calendar (which days a cron expression means) is croner's; the clock changes are ours, because
//! AWS documents none for Systems Manager and croner decides otherwise:
//!
//! - Hours without `*` and `/` name **fixed times**. One that the clock leaves out fires at the first instant
//!   after the gap, together with whatever else falls there; one that the clock shows twice fires the first time.
//! - Hours with `*` or `/` are **intervals**: every instant whose local time matches fires, none for a gap, and
//!   both passes of an hour that comes twice.
//!
//! **Invariants**: nothing here reads a clock, a file or the machine's time zones; no text makes it panic; every
//! answer takes bounded time, also that of an expression that never fires (years run from 1970 to 2199).

mod at;
mod calendar;
mod cron;
mod error;
mod expression;
mod field;
mod narrower;
mod rate;
mod schedule;
mod zone;

pub use error::{AssociationError, Error, RuleError};
pub use expression::Expression;
pub use schedule::{Between, Schedule};
