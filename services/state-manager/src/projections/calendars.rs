//! Calendars: which of them are open, as the change-calendar service tells it.

use reeve_contracts::change_calendar::CalendarEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};

/// Whether a calendar is open, by the name of its document.
pub(crate) const CALENDARS: &str = "calendars";
/// As its events say it.
pub(crate) const OPEN: &str = "OPEN";

/// Keeps the table of this file.
pub(crate) struct Calendars;

impl Projection for Calendars {
    const NAME: &'static str = "calendars";
    const VERSION: u32 = 1;
    type Event = CalendarEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CalendarEvent>) {
        let (name, state) = match &event.event {
            CalendarEvent::CalendarAdded(e) => (&e.name, &e.state),
            CalendarEvent::CalendarStateChanged(e) => (&e.name, &e.state),
            CalendarEvent::CalendarTransitionMoved(_) => return,
            CalendarEvent::CalendarRemoved(e) => return view.remove(CALENDARS, e.name.as_bytes()),
        };
        view.put_row(CALENDARS, name, state == OPEN);
    }
}
