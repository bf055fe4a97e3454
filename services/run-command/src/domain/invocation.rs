//! An invocation: one command on one node. It ends once.

pub use reeve_contracts::run_command::InvocationEvent;
use reeve_contracts::run_command::{InvocationCancelling, InvocationFinished, InvocationStarted};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// What may be said of an invocation. Nothing is refused: what comes late or twice says nothing new.
#[derive(Clone, Debug)]
pub enum Command {
    Start {
        started_ms: i64,
    },
    /// What was not dispatched, and never will be, ends at once; what was is taken back.
    Cancel {
        dispatched: bool,
    },
    Finish(Box<InvocationFinished>),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub started: bool,
    pub cancelling: bool,
    pub finished: bool,
}

/// The aggregate.
pub struct Invocation;

/// The aggregate's id.
pub fn id(command: &str, node: &str) -> String {
    format!("{command}/{node}")
}

/// How an invocation ends that no node tells the outcome of.
#[derive(Clone, Copy, Debug)]
pub enum UnreportedEnd {
    /// Its time was over.
    DeliveryTimedOut,
    /// The document is for other platforms than the node's.
    InvalidPlatform,
    /// The node is registered no more, and had not begun it.
    Undeliverable,
    /// The node had begun it, and nobody will say what came of that.
    Interrupted,
    /// The errors were too many before its turn.
    Terminated,
    /// It was cancelled before its turn.
    Cancelled,
}

impl UnreportedEnd {
    fn status(self) -> (&'static str, &'static str) {
        match self {
            Self::DeliveryTimedOut => ("TimedOut", "DeliveryTimedOut"),
            Self::InvalidPlatform => ("Failed", "InvalidPlatform"),
            Self::Undeliverable => ("Failed", "Undeliverable"),
            Self::Interrupted => ("Failed", "Interrupted"),
            Self::Terminated => ("Cancelled", "Terminated"),
            Self::Cancelled => ("Cancelled", "Cancelled"),
        }
    }

    /// The end of an invocation, with the reason.
    pub fn end(self, command: &str, node: &str, now: Timestamp, message: &str) -> InvocationFinished {
        let (status, status_details) = self.status();
        InvocationFinished {
            command_id: command.to_owned(),
            node_id: node.to_owned(),
            status: status.to_owned(),
            status_details: status_details.to_owned(),
            code: -1,
            finished_ms: now.0,
            message: message.to_owned(),
            ..InvocationFinished::default()
        }
    }
}

/// A command with the ids that the invocation's events carry.
#[derive(Clone, Debug)]
pub struct InvocationCommand {
    pub command_id: String,
    pub node_id: String,
    pub command: Command,
}

impl Decider for Invocation {
    type Command = InvocationCommand;
    type Event = InvocationEvent;
    type State = State;
    type Error = Infallible;

    fn decide(
        state: &State,
        command: InvocationCommand,
        cx: &Context,
    ) -> Result<Option<InvocationEvent>, Infallible> {
        let InvocationCommand { command_id, node_id, command } = command;
        if state.finished {
            return Ok(None);
        }
        Ok(match command {
            Command::Start { .. } if state.started => None,
            Command::Start { started_ms } => Some(InvocationEvent::InvocationStarted(InvocationStarted {
                command_id,
                node_id,
                started_ms,
            })),
            Command::Cancel { dispatched: false } => {
                let message = "The command was cancelled before it was sent to the node.";
                let end = UnreportedEnd::Cancelled.end(&command_id, &node_id, cx.now, message);
                Some(InvocationEvent::InvocationFinished(end))
            }
            Command::Cancel { .. } if state.cancelling => None,
            Command::Cancel { .. } => {
                Some(InvocationEvent::InvocationCancelling(InvocationCancelling { command_id, node_id }))
            }
            Command::Finish(finished) => Some(InvocationEvent::InvocationFinished(*finished)),
        })
    }

    fn evolve(mut state: State, event: &InvocationEvent) -> State {
        match event {
            InvocationEvent::InvocationStarted(_) => state.started = true,
            InvocationEvent::InvocationCancelling(_) => state.cancelling = true,
            InvocationEvent::InvocationFinished(_) => state.finished = true,
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_testkit::context;

    fn of(command: Command) -> InvocationCommand {
        InvocationCommand { command_id: "c".into(), node_id: "mi-1".into(), command }
    }

    fn any_command() -> impl Strategy<Value = Command> {
        prop_oneof![
            (1i64..5).prop_map(|started_ms| Command::Start { started_ms }),
            any::<bool>().prop_map(|dispatched| Command::Cancel { dispatched }),
            "Success|Failed|Cancelled".prop_map(|status| {
                Command::Finish(Box::new(InvocationFinished { status, ..InvocationFinished::default() }))
            }),
        ]
    }

    proptest! {
        #[test]
        fn in_any_order_it_ends_once_and_nothing_follows(commands in prop::collection::vec(any_command(), 0..30)) {
            let mut state = State::default();
            let mut kinds = Vec::new();
            for command in commands {
                let Ok(decided) = Invocation::decide(&state, of(command), &context());
                if let Some(event) = decided {
                    prop_assert!(!state.finished, "an event followed the end");
                    kinds.push(std::mem::discriminant(&event));
                    state = Invocation::evolve(state, &event);
                }
            }
            let distinct: std::collections::HashSet<_> = kinds.iter().collect();
            prop_assert_eq!(distinct.len(), kinds.len(), "an event was repeated");
        }
    }
}
