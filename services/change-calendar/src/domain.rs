//! Decisions: what is told of a calendar, given what it says now.

pub use reeve_contracts::change_calendar::CalendarEvent;
use reeve_contracts::change_calendar::{
    CalendarAdded, CalendarRemoved, CalendarStateChanged, CalendarTransitionMoved,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

pub const OPEN: &str = "OPEN";
pub const CLOSED: &str = "CLOSED";

/// What a calendar says at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub name: String,
    pub document_version: String,
    /// OPEN or CLOSED.
    pub state: String,
    pub at_ms: i64,
    /// 0: nothing follows.
    pub next_ms: i64,
    /// When it is looked at anew.
    pub look_again_ms: i64,
    /// Why it cannot be evaluated; empty: it can.
    pub problem: String,
}

/// What may be asked of a calendar.
#[derive(Clone, Debug)]
pub enum Command {
    /// To tell what is new in this.
    Look(Box<Reading>),
    Remove,
}

/// The aggregate. Its state is what was told last; without a name there is none.
pub struct Calendar;

impl Decider for Calendar {
    type Command = Command;
    type Event = CalendarEvent;
    type State = Reading;
    type Error = Infallible;

    fn decide(state: &Reading, command: Command, _: &Context) -> Result<Option<CalendarEvent>, Infallible> {
        let reading = match command {
            Command::Remove => {
                let removed = CalendarRemoved { name: state.name.clone() };
                return Ok((!state.name.is_empty()).then_some(CalendarEvent::CalendarRemoved(removed)));
            }
            Command::Look(reading) => *reading,
        };
        // What was seen later counts: a repeat tells nothing of the past.
        if !state.name.is_empty() && reading.at_ms < state.at_ms {
            return Ok(None);
        }
        let is_same = reading.document_version == state.document_version
            && reading.state == state.state
            && reading.next_ms == state.next_ms
            && reading.problem == state.problem;
        Ok(match (state.name.is_empty(), reading.state == state.state) {
            (true, _) => Some(CalendarEvent::CalendarAdded(added(reading))),
            (false, false) => Some(CalendarEvent::CalendarStateChanged(changed(reading))),
            (false, true) if is_same && reading.at_ms < state.look_again_ms => None,
            (false, true) => Some(CalendarEvent::CalendarTransitionMoved(moved(reading))),
        })
    }

    fn evolve(_: Reading, event: &CalendarEvent) -> Reading {
        macro_rules! reading {
            ($e:ident) => {
                Reading {
                    name: $e.name.clone(),
                    document_version: $e.document_version.clone(),
                    state: $e.state.clone(),
                    at_ms: $e.at_ms,
                    next_ms: $e.next_ms,
                    look_again_ms: $e.look_again_ms,
                    problem: $e.problem.clone(),
                }
            };
        }
        match event {
            CalendarEvent::CalendarAdded(e) => reading!(e),
            CalendarEvent::CalendarStateChanged(e) => reading!(e),
            CalendarEvent::CalendarTransitionMoved(e) => reading!(e),
            CalendarEvent::CalendarRemoved(_) => Reading::default(),
        }
    }
}

/// Each of the three says the whole reading.
macro_rules! event {
    ($name:ident, $event:ident) => {
        fn $name(reading: Reading) -> $event {
            let Reading { name, document_version, state, at_ms, next_ms, look_again_ms, problem } = reading;
            $event { name, document_version, state, at_ms, next_ms, look_again_ms, problem }
        }
    };
}

event!(added, CalendarAdded);
event!(changed, CalendarStateChanged);
event!(moved, CalendarTransitionMoved);

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn reading(state: &str, at_ms: i64, next_ms: i64) -> Reading {
        Reading {
            name: "c".into(),
            document_version: "1".into(),
            state: state.into(),
            at_ms,
            next_ms,
            look_again_ms: 1_000,
            problem: String::new(),
        }
    }

    fn look(reading: Reading) -> Command {
        Command::Look(Box::new(reading))
    }

    #[test]
    fn each_change_is_told_once() {
        let first = CalendarEvent::CalendarAdded(added(reading(OPEN, 1, 9)));
        given::<Calendar>([]).when(look(reading(OPEN, 1, 9))).then(first.clone());
        given::<Calendar>([first.clone()]).when(look(reading(OPEN, 5, 9))).then_nothing();
        let closed = CalendarEvent::CalendarStateChanged(changed(reading(CLOSED, 9, 20)));
        given::<Calendar>([first.clone()]).when(look(reading(CLOSED, 9, 20))).then(closed.clone());
        given::<Calendar>([first.clone(), closed.clone()]).when(look(reading(CLOSED, 9, 20))).then_nothing();
        given::<Calendar>([first.clone(), closed]).when(look(reading(OPEN, 3, 9))).then_nothing();
        let other = reading(OPEN, 5, 7);
        let moves = CalendarEvent::CalendarTransitionMoved(moved(other.clone()));
        given::<Calendar>([first.clone()]).when(look(other)).then(moves);
        let late = reading(OPEN, 1_000, 9);
        let again = CalendarEvent::CalendarTransitionMoved(moved(late.clone()));
        given::<Calendar>([first.clone()]).when(look(late)).then(again);
        let removed = CalendarEvent::CalendarRemoved(CalendarRemoved { name: "c".into() });
        given::<Calendar>([first.clone()]).when(Command::Remove).then(removed.clone());
        given::<Calendar>([first, removed]).when(Command::Remove).then_nothing();
    }
}
