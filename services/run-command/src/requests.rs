//! What other services ask for: to run a document on nodes, on behalf of a principal, and to end that.
//!
//! It is decided on as SendCommand is. The command's id is the request's, so that a repeated request is one command; a
//! request that leads to none is answered by `CommandRefused`.

use crate::{
    domain::command::{Command, SentCommand},
    sending::{Order, Origin, Sender},
};
use reeve_contracts::run_command::{CommandCancellationRequested, CommandRefused, CommandRequested};
use reeve_runtime::{ApiError, HandlerError, Request};
use serde::de::DeserializeOwned;

/// Sends the command that was asked for, or says why not.
pub async fn run(sender: Sender, request: Request<CommandRequested>) -> Result<(), HandlerError> {
    let (handle, context) = (&request.handle, &request.context);
    sender.authorizer.catch_up(handle.bus()).await?;
    let sent = match order(&request.message, &request.from) {
        Ok(order) => sender.send(handle, order, context).await,
        Err(refused) => Err(refused),
    };
    let Err(refused) = sent else { return Ok(()) };
    if refused.is_ours() {
        return Err(HandlerError::Unavailable(refused.to_string()));
    }
    let id = request.id.to_string();
    let refused = CommandRefused {
        command_id: id.clone(),
        request_id: id.clone(),
        origin_kind: request.message.origin_kind.clone(),
        origin_id: request.message.origin_id.clone(),
        code: refused.code,
        reason: refused.message,
    };
    handle.execute::<SentCommand>(&id, Command::Refuse(Box::new(refused)), context).await?;
    Ok(())
}

/// Ends a command that the same service has asked for, on all its nodes. One that there is not yet is never sent: whoever asks
/// may have given up before its request was carried out.
pub async fn cancel(request: Request<CommandCancellationRequested>) -> Result<(), HandlerError> {
    let (handle, context, id) = (&request.handle, &request.context, &request.message.command_id);
    let is_ours = handle.state::<SentCommand>(id).is_of(&request.from);
    let command = match is_ours {
        // What was asked for is on its way here.
        None if request.message.only_held => {
            return Err(HandlerError::Retry(format!("the command {id} is not known yet")));
        }
        Some(true) if request.message.only_held => {
            Command::Withdraw { reason: request.message.reason.clone() }
        }
        Some(true) => Command::Cancel { node_ids: Vec::new() },
        Some(false) => {
            let message =
                format!("{} asked for the end of the command {id}, which it has not asked for", request.from);
            return Err(HandlerError::Permanent(message));
        }
        None => Command::Refuse(Box::new(CommandRefused {
            command_id: id.clone(),
            request_id: id.clone(),
            origin_kind: request.message.origin_kind.clone(),
            origin_id: request.message.origin_id.clone(),
            code: "Cancelled".to_owned(),
            reason: "It was cancelled before it was sent.".to_owned(),
        })),
    };
    let executed = handle.execute::<SentCommand>(id, command, context).await?;
    match executed.event.is_none() && is_ours.is_none() {
        true => Err(HandlerError::Unavailable(format!("the command {id} was sent meanwhile"))),
        false => Ok(()),
    }
}

fn order(requested: &CommandRequested, from: &str) -> Result<Order, ApiError> {
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let timeout = requested.delivery_timeout_seconds;
    Ok(Order {
        document_name: requested.document_name.clone(),
        document_version: given(&requested.document_version),
        document_hash: given(&requested.document_hash),
        parameters: json("parameters_json", &requested.parameters_json)?,
        node_ids: requested.node_ids.clone(),
        passes_over_deregistered: requested.passes_over_deregistered,
        targets: json("targets_json", &requested.targets_json)?,
        max_concurrency: given(&requested.max_concurrency),
        max_errors: given(&requested.max_errors),
        delivery_timeout_seconds: (timeout > 0).then_some(timeout),
        comment: requested.comment.clone(),
        request_json: serde_json::json!({"Parameters": json::<serde_json::Value>("parameters_json", &requested.parameters_json)?}).to_string(),
        account: requested.account.clone(),
        region: requested.region.clone(),
        origin: Some(Origin {
            kind: requested.origin_kind.clone(),
            id: requested.origin_id.clone(),
            service: from.to_owned(),
        }),
        change_id: requested.change_id.clone(),
        overridden_rules: requested.overridden_rules.clone(),
    })
}

/// A field that is JSON; its default when it is empty.
fn json<T: DeserializeOwned + Default>(field: &str, text: &str) -> Result<T, ApiError> {
    if text.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_str(text)
        .map_err(|error| ApiError::invalid(format!("{field} is not what it should be: {error}.")))
}
