//! A sent command: what was sent to whom, whether it was cancelled, and how it ended.

use super::{Counts, settle};
pub use reeve_contracts::run_command::CommandEvent;
use reeve_contracts::run_command::Dispatched;
use reeve_contracts::run_command::{
    CommandCancelRequested, CommandFinished, CommandSent, InvocationsDispatched,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The command ID {0} does not exist.")]
    Unknown(String),
}

/// What may be asked of a sent command.
#[derive(Clone, Debug)]
pub enum Command {
    Send(Box<CommandSent>),
    /// These nodes' invocations go to their inboxes.
    Dispatch(Vec<Dispatched>),
    /// For these nodes; for all when there are none.
    Cancel {
        node_ids: Vec<String>,
    },
    /// All invocations have ended.
    Finish(Counts),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub id: String,
    pub targets: u32,
    pub max_errors: String,
    pub cancel_requested: bool,
    pub finished: bool,
}

/// The aggregate.
pub struct SentCommand;

impl Decider for SentCommand {
    type Command = Command;
    type Event = CommandEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<CommandEvent>, Error> {
        let known = !state.id.is_empty();
        match command {
            Command::Send(_) if known => Ok(None),
            Command::Send(sent) => Ok(Some(CommandEvent::CommandSent(*sent))),
            _ if !known => Err(Error::Unknown(cx.command_id.to_string())),
            Command::Dispatch(dispatched) if state.finished || dispatched.is_empty() => Ok(None),
            Command::Dispatch(dispatched) => {
                let command_id = state.id.clone();
                Ok(Some(CommandEvent::InvocationsDispatched(InvocationsDispatched {
                    command_id,
                    dispatched,
                })))
            }
            Command::Cancel { .. } if state.finished => Ok(None),
            Command::Cancel { node_ids } => {
                Ok(Some(CommandEvent::CommandCancelRequested(CommandCancelRequested {
                    command_id: state.id.clone(),
                    node_ids,
                })))
            }
            Command::Finish(counts) if state.finished || !counts.all_ended() => Ok(None),
            Command::Finish(counts) => {
                let (status, details) = settle(&counts, state.cancel_requested, &state.max_errors);
                Ok(Some(CommandEvent::CommandFinished(CommandFinished {
                    command_id: state.id.clone(),
                    status: status.to_owned(),
                    status_details: details.to_owned(),
                    completed: counts.completed,
                    errors: counts.errors,
                    delivery_timed_out: counts.delivery_timed_out,
                })))
            }
        }
    }

    fn evolve(mut state: State, event: &CommandEvent) -> State {
        match event {
            CommandEvent::CommandSent(e) => {
                state.id.clone_from(&e.command_id);
                state.targets = u32::try_from(e.node_ids.len()).unwrap_or(u32::MAX);
                state.max_errors.clone_from(&e.max_errors);
                // Nobody was meant: there is nothing to wait for.
                state.finished = e.node_ids.is_empty();
            }
            // Which ones is known of each by itself.
            CommandEvent::InvocationsDispatched(_) => {}
            CommandEvent::CommandCancelRequested(_) => state.cancel_requested = true,
            CommandEvent::CommandFinished(_) => state.finished = true,
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn sent() -> CommandSent {
        CommandSent { command_id: "c".into(), node_ids: vec!["mi-1".into()], ..CommandSent::default() }
    }

    fn finished() -> CommandFinished {
        CommandFinished {
            command_id: "c".into(),
            status: "Success".into(),
            status_details: "Success".into(),
            completed: 1,
            ..CommandFinished::default()
        }
    }

    #[test]
    fn it_is_sent_once() {
        given::<SentCommand>([])
            .when(Command::Send(Box::new(sent())))
            .then(CommandEvent::CommandSent(sent()));
        given::<SentCommand>([CommandEvent::CommandSent(sent())])
            .when(Command::Send(Box::new(sent())))
            .then_nothing();
    }

    #[test]
    fn without_a_node_it_has_ended_as_it_is_sent() {
        let nobody = CommandSent { node_ids: vec![], ..sent() };
        let history = [CommandEvent::CommandSent(nobody)];
        given::<SentCommand>(history.clone()).when(Command::Finish(Counts::default())).then_nothing();
        given::<SentCommand>(history).when(Command::Cancel { node_ids: vec![] }).then_nothing();
    }

    #[test]
    fn what_is_dispatched_is_told_until_it_has_finished() {
        let dispatched = vec![Dispatched { node_id: "mi-1".into(), number: 3 }];
        let told = InvocationsDispatched { command_id: "c".into(), dispatched: dispatched.clone() };
        let history = [CommandEvent::CommandSent(sent())];
        given::<SentCommand>(history.clone())
            .when(Command::Dispatch(dispatched.clone()))
            .then(CommandEvent::InvocationsDispatched(told));
        given::<SentCommand>(history.clone()).when(Command::Dispatch(vec![])).then_nothing();
        let over = [history[0].clone(), CommandEvent::CommandFinished(finished())];
        given::<SentCommand>(over).when(Command::Dispatch(dispatched)).then_nothing();
    }

    #[test]
    fn it_finishes_once_and_only_when_all_invocations_ended() {
        let counts = Counts { targets: 1, completed: 1, success: 1, ..Counts::default() };
        let history = [CommandEvent::CommandSent(sent())];
        given::<SentCommand>(history.clone())
            .when(Command::Finish(counts.clone()))
            .then(CommandEvent::CommandFinished(finished()));
        let early = Counts { completed: 0, ..counts.clone() };
        given::<SentCommand>(history.clone()).when(Command::Finish(early)).then_nothing();
        let over = [history[0].clone(), CommandEvent::CommandFinished(finished())];
        given::<SentCommand>(over.clone()).when(Command::Finish(counts)).then_nothing();
        given::<SentCommand>(over).when(Command::Cancel { node_ids: vec![] }).then_nothing();
    }
}
