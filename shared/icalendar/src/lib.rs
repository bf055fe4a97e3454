//! Change calendars as pure functions: iCalendar 2.0 as AWS's Change Calendar, Google, Outlook and Apple write it, and whether
//! changes may be made at an instant.
//!
//! - [`Calendar::parse`] reads a text or refuses it: an error names the line and the property.
//! - [`state_at`] answers for one or several calendars: open only when each is, and when that changes next.
//!
//! An event covers the time from its start up to, and without, its end. Inside of one a DEFAULT_OPEN calendar is closed, and a
//! DEFAULT_CLOSED one is open. Cancelled and advisory events have no effect; whether one is transparent has none either.
//!
//! **Clock changes**: events repeat on the wall clock, their ends as well. A time that the clock leaves out is read with the offset
//! before the gap; one that it shows twice is the first. Days and weeks of a DURATION are on the wall clock, hours are real ones.
//!
//! **Invariants**: nothing here reads a clock, a file or the machine's time zones; no text makes it panic; every answer takes
//! bounded work, and a text that would take more is an error.

mod calendar;
mod error;
mod event;
mod explained;
mod lines;
mod periods;
mod rule;
mod values;
mod windows_zones;
mod zone;

pub use calendar::{Calendar, State, state_at};
pub use error::{Error, TooMuchWork};
