//! CancelCommand.

use super::unknown_command;
use crate::{
    domain::{
        command::{Command, SentCommand},
        invocation,
    },
    projections::{COMMANDS, CommandRow, INVOCATIONS, InvocationRow},
};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call};

/// Asks for the end of a command on some or all of its nodes. A command that has ended stays as it is.
pub async fn cancel(call: Call<ssm::CancelCommandRequest>) -> Result<ssm::CancelCommandResult, ApiError> {
    let id = call.input.command_id.clone().unwrap_or_default();
    let views = call.handle.views();
    if views.get::<CommandRow>(COMMANDS, &id).is_none() {
        return Err(unknown_command(&id));
    }
    let node_ids = call.input.instance_ids.clone().unwrap_or_default();
    for node in &node_ids {
        if views.get::<InvocationRow>(INVOCATIONS, &invocation::id(&id, node)).is_none() {
            let message = format!("The command {id} was not sent to the instance {node}.");
            return Err(ApiError::new("InvalidInstanceId", message));
        }
    }
    call.execute::<SentCommand>(&id, Command::Cancel { node_ids }).await?;
    Ok(ssm::CancelCommandResult::default())
}
