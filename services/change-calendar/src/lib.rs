//! Change calendars: when changes may be made, and when that changes; as AWS's Change Calendar.
//!
//! - Aggregate `calendar`, by the name of its document: subject `reeve.evt.change-calendar.calendar.<name>`. Each change of its state
//!   is an event, once.
//! - Reads: the events of documents; those of the type ChangeCalendar, in their default version, are calendars.
//!
//! Invariants: what a calendar says follows from its text and the instant alone (`reeve_icalendar`); each transition is told,
//! once and in order, late when nothing ran; a calendar that cannot be evaluated is closed.

mod api;
mod domain;
mod projections;
mod reactors;

use domain::Calendar;
use projections::TRANSITION;
use reeve_runtime::{Consumer, Operation, Service};

/// The service, for a host to run.
pub fn service() -> Service {
    Service::new("change-calendar")
        .aggregate::<Calendar>()
        .projection(reeve_fleet::Documents::<projections::ContentRow>::default())
        .projection(projections::Calendars)
        .timer(TRANSITION, reactors::fall_due)
        .reactor(Consumer::from_beginning("documents").in_order(), reactors::follow_document)
        .operation(Operation::read("ssm", "GetCalendarState").on("Document", "CalendarNames"), api::state)
}
