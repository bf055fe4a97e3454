//! The deletion of a custom type from all nodes.

pub use reeve_contracts::inventory::DeletionEvent;
use reeve_contracts::inventory::{InventoryDeletionCompleted, InventoryDeletionStarted};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// What can be asked of a deletion.
#[derive(Clone, Debug)]
pub enum Command {
    Start(Box<InventoryDeletionStarted>),
    /// Nothing is left that was there when it started.
    Complete,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the ClientToken was used before, for {type_name} with the option {schema_option:?}")]
    Reused { type_name: String, schema_option: String },
    #[error("there is no such deletion")]
    Unknown,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub deletion_id: String,
    pub type_name: String,
    pub schema_option: String,
    pub complete: bool,
}

/// A deletion.
pub struct Deletion;

impl Decider for Deletion {
    type Command = Command;
    type Event = DeletionEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<DeletionEvent>, Error> {
        let known = !state.deletion_id.is_empty();
        match command {
            Command::Start(started) if known => {
                let same =
                    (&started.type_name, &started.schema_option) == (&state.type_name, &state.schema_option);
                let (type_name, schema_option) = (state.type_name.clone(), state.schema_option.clone());
                if same { Ok(None) } else { Err(Error::Reused { type_name, schema_option }) }
            }
            Command::Start(started) => Ok(Some(DeletionEvent::InventoryDeletionStarted(*started))),
            Command::Complete if !known => Err(Error::Unknown),
            Command::Complete if state.complete => Ok(None),
            Command::Complete => {
                Ok(Some(DeletionEvent::InventoryDeletionCompleted(InventoryDeletionCompleted {
                    deletion_id: state.deletion_id.clone(),
                    type_name: state.type_name.clone(),
                    schema_option: state.schema_option.clone(),
                })))
            }
        }
    }

    fn evolve(mut state: State, event: &DeletionEvent) -> State {
        match event {
            DeletionEvent::InventoryDeletionStarted(e) => {
                state = State {
                    deletion_id: e.deletion_id.clone(),
                    type_name: e.type_name.clone(),
                    schema_option: e.schema_option.clone(),
                    complete: false,
                };
            }
            DeletionEvent::InventoryDeletionCompleted(_) => state.complete = true,
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn started(type_name: &str) -> InventoryDeletionStarted {
        let (deletion_id, type_name) = ("d".to_owned(), type_name.to_owned());
        InventoryDeletionStarted { deletion_id, type_name, ..InventoryDeletionStarted::default() }
    }

    #[test]
    fn a_token_is_of_one_deletion_and_that_ends_once() {
        let start = |name: &str| Command::Start(Box::new(started(name)));
        let begun = DeletionEvent::InventoryDeletionStarted(started("Custom:Rack"));
        given::<Deletion>([]).when(start("Custom:Rack")).then(begun.clone());
        given::<Deletion>([begun.clone()]).when(start("Custom:Rack")).then_nothing();
        let reused = Error::Reused { type_name: "Custom:Rack".into(), schema_option: String::new() };
        given::<Deletion>([begun.clone()]).when(start("Custom:Room")).then_refused(reused);
        let completed = DeletionEvent::InventoryDeletionCompleted(InventoryDeletionCompleted {
            deletion_id: "d".into(),
            type_name: "Custom:Rack".into(),
            schema_option: String::new(),
        });
        given::<Deletion>([begun.clone()]).when(Command::Complete).then(completed.clone());
        given::<Deletion>([begun, completed]).when(Command::Complete).then_nothing();
        given::<Deletion>([]).when(Command::Complete).then_refused(Error::Unknown);
    }
}
