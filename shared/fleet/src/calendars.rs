//! Calendars: which of them are open, as the change-calendar service tells it.

use reeve_contracts::change_calendar::CalendarEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::Handle;
use reeve_types::arn::id_or_arn;

/// Whether a calendar is open, by the name of its document.
pub const CALENDARS: &str = "calendars";
const OPEN: &str = "OPEN";

/// Keeps [`CALENDARS`].
pub struct Calendars;

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

/// Whether each of these calendars, by name or ARN, is open, as far as it is known: one that there is not is closed.
pub fn calendars_are_open(handle: &Handle, names: &[String]) -> bool {
    let mut names = names.iter().map(|name| id_or_arn("document", name));
    names.all(|name| handle.views().get::<bool>(CALENDARS, name) == Some(true))
}

/// The calendar that opens with this event.
pub fn opened(event: &CalendarEvent) -> Option<&str> {
    let (name, state) = match event {
        CalendarEvent::CalendarAdded(e) => (&e.name, &e.state),
        CalendarEvent::CalendarStateChanged(e) => (&e.name, &e.state),
        CalendarEvent::CalendarTransitionMoved(_) | CalendarEvent::CalendarRemoved(_) => return None,
    };
    (state == OPEN).then_some(name)
}
