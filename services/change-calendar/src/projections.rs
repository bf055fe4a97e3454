//! Events to rows: the texts of calendars, and the timer of each one's next transition.

use crate::domain::CalendarEvent;
use reeve_contracts::documents::Version;
use reeve_eventsourcing::{Projection, Recorded, View, timers};
use reeve_fleet::Content;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// The timer of a calendar's next transition, by the name of its document.
pub(crate) const TRANSITION: &str = "transition";
/// The type of the documents that are calendars.
pub(crate) const CHANGE_CALENDAR: &str = "ChangeCalendar";

/// The text of a calendar; empty for other documents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub text: String,
}

impl Content for ContentRow {
    const VERSION: u32 = 1;

    fn of(document_type: &str, version: &Version) -> Self {
        let is_calendar = document_type == CHANGE_CALENDAR;
        Self { text: if is_calendar { version.content.clone() } else { String::new() } }
    }
}

/// Keeps the timers.
pub(crate) struct Calendars;

impl Projection for Calendars {
    const NAME: &'static str = "calendars";
    const VERSION: u32 = 1;
    type Event = CalendarEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CalendarEvent>) {
        let (name, at_ms) = match &event.event {
            CalendarEvent::CalendarAdded(e) => (&e.name, e.look_again_ms),
            CalendarEvent::CalendarStateChanged(e) => (&e.name, e.look_again_ms),
            CalendarEvent::CalendarTransitionMoved(e) => (&e.name, e.look_again_ms),
            CalendarEvent::CalendarRemoved(e) => return timers::cancel(view, TRANSITION, &e.name),
        };
        timers::set(view, TRANSITION, name, Timestamp(at_ms));
    }
}
