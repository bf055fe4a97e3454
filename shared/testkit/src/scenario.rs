//! Given these events, when this command, then this outcome.

use reeve_eventsourcing::{Actor, Context, Decider};
use reeve_types::Timestamp;
use std::fmt::Debug;
use uuid::Uuid;

/// The context that scenarios decide in, unless they bring their own: noon of a fixed day.
pub fn context() -> Context {
    Context {
        now: Timestamp(1_764_000_000_000),
        actor: Actor { name: "tester".to_owned(), source: String::new() },
        command_id: Uuid::from_u128(1),
        correlation_id: Uuid::from_u128(1),
        cause_id: None,
        traceparent: None,
    }
}

/// Begins a scenario with an aggregate's history.
pub fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Scenario<D> {
    let state = events.into_iter().fold(D::State::default(), |state, event| D::evolve(state, &event));
    Scenario { state, result: None }
}

/// An aggregate with a history, and what the last command led to.
pub struct Scenario<D: Decider> {
    state: D::State,
    result: Option<Result<Option<D::Event>, D::Error>>,
}

impl<D: Decider> Scenario<D> {
    #[must_use]
    pub fn when(self, command: D::Command) -> Self {
        self.when_in(command, &context())
    }

    /// As [`Scenario::when`], in a context of the test's own.
    #[must_use]
    pub fn when_in(mut self, command: D::Command, context: &Context) -> Self {
        self.result = Some(D::decide(&self.state, command, context));
        self
    }

    #[track_caller]
    pub fn then(self, event: D::Event) {
        assert_eq!(self.result, Some(Ok(Some(event))));
    }

    #[track_caller]
    pub fn then_nothing(self) {
        assert_eq!(self.result, Some(Ok(None)));
    }

    #[track_caller]
    pub fn then_refused(self, error: D::Error)
    where
        D::Event: Debug,
    {
        assert_eq!(self.result, Some(Err(error)));
    }

    /// The event, for a closer look.
    #[track_caller]
    pub fn then_event(self) -> D::Event {
        match self.result {
            Some(Ok(Some(event))) => event,
            other => panic!("expected an event, got {other:?}"),
        }
    }
}
