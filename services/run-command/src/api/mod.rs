//! The operations.

pub mod cancel;
pub mod commands;
pub mod hold;
pub mod invocations;
pub mod output;
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
            command::Error::Unknown => Self::new("InvalidCommandId", error.to_string()),
            command::Error::Held => Self::new("InvalidInstanceId", error.to_string()),
            // Two who send under one id list its nodes against each other: whoever asks again lists anew.
            command::Error::Targets { .. } | command::Error::OtherListing { .. } => {
                Self::new("TooManyUpdates", error.to_string())
            }
        }
    }
}

fn unknown_command(id: &str) -> ApiError {
    ApiError::new("InvalidCommandId", format!("The command ID {id} does not exist."))
}
