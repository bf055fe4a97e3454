//! SendCommand.

use super::commands;
use crate::{
    projections::{COMMANDS, CommandRow},
    sending::{Order, Sender},
};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call};

pub async fn send(
    sender: Sender,
    call: Call<ssm::SendCommandRequest>,
) -> Result<ssm::SendCommandResult, ApiError> {
    let order = order(&call)?;
    let id = call.caller.command_id.to_string();
    let position = sender.send(&call.handle, order, &call.context()).await?;
    call.reached(position);
    let row: Option<CommandRow> = call.handle.views().get(COMMANDS, &id);
    let row = row.ok_or_else(|| ApiError::internal("the command is not in the views"))?;
    Ok(ssm::SendCommandResult { command: Some(commands::answer(&call.handle, row)) })
}

/// What is asked for, in the terms of the domain.
fn order(call: &Call<ssm::SendCommandRequest>) -> Result<Order, ApiError> {
    let input = call.input.clone();
    let delivery_timeout_seconds = input.timeout_seconds.map(|seconds| {
        let negative = |_| ApiError::invalid("TimeoutSeconds must not be negative.");
        u32::try_from(seconds).map_err(negative)
    });
    let delivery_timeout_seconds = delivery_timeout_seconds.transpose()?;
    let kept = serde_json::to_string(&kept(&input)).map_err(ApiError::internal)?;
    Ok(Order {
        passes_over_deregistered: false,
        document_name: input.document_name.unwrap_or_default(),
        document_version: input.document_version,
        // AWS takes a SHA-1 hash of old clients and does not compare it.
        document_hash: input.document_hash.filter(|_| input.document_hash_type.as_deref() != Some("Sha1")),
        parameters: input.parameters.unwrap_or_default(),
        node_ids: input.instance_ids.unwrap_or_default(),
        targets: input.targets.unwrap_or_default(),
        max_concurrency: input.max_concurrency,
        max_errors: input.max_errors,
        delivery_timeout_seconds,
        comment: input.comment.unwrap_or_default(),
        request_json: kept,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        origin: None,
        change_id: String::new(),
        overridden_rules: call.caller.overridden_rules.clone(),
    })
}

/// The members of the request that are only kept and answered, and the parameters as they were given.
fn kept(input: &ssm::SendCommandRequest) -> ssm::SendCommandRequest {
    ssm::SendCommandRequest {
        targets: None,
        instance_ids: None,
        document_name: None,
        document_version: None,
        comment: None,
        max_concurrency: None,
        max_errors: None,
        timeout_seconds: None,
        ..input.clone()
    }
}
