//! The operations.

pub mod cancel;
pub mod commands;
pub mod invocations;
pub mod send;

use crate::{domain::command, projections::CommandRow};
use reeve_runtime::ApiError;

/// What State Manager has run is not listed with the commands that somebody sent, as with AWS; by its id it is found.
const UNLISTED_ORIGIN: &str = "association";

/// Whether a command is one of those that are listed.
fn is_listed(command: &CommandRow) -> bool {
    command.origin_kind != UNLISTED_ORIGIN
}

impl From<command::Error> for ApiError {
    fn from(error: command::Error) -> Self {
        match error {
            command::Error::Unknown(_) => Self::new("InvalidCommandId", error.to_string()),
            command::Error::Targets { .. } => Self::internal(error),
        }
    }
}

fn unknown_command(id: &str) -> ApiError {
    ApiError::new("InvalidCommandId", format!("The command ID {id} does not exist."))
}
