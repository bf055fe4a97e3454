//! The operations.

pub mod cancel;
pub mod commands;
pub mod invocations;
pub mod send;

use crate::domain::command;
use reeve_runtime::ApiError;

impl From<command::Error> for ApiError {
    fn from(error: command::Error) -> Self {
        Self::new("InvalidCommandId", error.to_string())
    }
}

fn unknown_command(id: &str) -> ApiError {
    ApiError::new("InvalidCommandId", format!("The command ID {id} does not exist."))
}
