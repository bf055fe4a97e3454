//! Windows with what is registered with them, and the timer of the next firing.

use crate::domain::window::{State, Window, WindowEvent};
use reeve_eventsourcing::{Decider, Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;

/// Windows by id.
pub(crate) const WINDOWS: &str = "windows";
/// The timer of a window's next firing.
pub(crate) const FIRE: &str = "fire";

/// Keeps the table of this file.
pub(crate) struct Windows;

impl Projection for Windows {
    const NAME: &'static str = "windows";
    const VERSION: u32 = 1;
    type Event = WindowEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<WindowEvent>) {
        let id = &event.envelope.aggregate.id;
        let state = Window::evolve(view.row::<State>(WINDOWS, id).unwrap_or_default(), &event.event);
        match state.due_ms {
            Some(due_ms) => timers::set(view, FIRE, id, Timestamp(due_ms)),
            None => timers::cancel(view, FIRE, id),
        }
        match state.exists() {
            true => view.put_row(WINDOWS, id, state),
            false => view.remove(WINDOWS, id.as_bytes()),
        }
    }
}
