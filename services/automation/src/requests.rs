//! What other services ask for: to start a runbook, on behalf of a principal.
//!
//! It is decided on as StartAutomationExecution is. The execution's id is the request's, so that a repeated request is one
//! execution; a request that leads to none is answered by `ExecutionRefused`.

use crate::{
    domain::{
        approval::REQUESTER_MAY_APPROVE,
        execution::{Command, Error, Execution},
        state::Stopping,
    },
    projections::REFUSED,
    starting::{self, Order},
};
use reeve_authz::Authorizer;
use reeve_contracts::automation::{
    ApiCallAnswered, ApprovalRequested, AutomationRequested, AutomationWithdrawalRequested, Change,
    ExecutionRefused, ExecutionStarted,
};
use reeve_contracts::run_command::CommandEvent;
use reeve_runtime::{ApiError, ExecuteError, HandlerError, Request};
use serde_json::{Value, json};
use std::sync::Arc;

/// Starts the runbook that was asked for, or says why not.
pub(crate) async fn run(
    authorizer: Arc<dyn Authorizer>,
    request: Request<AutomationRequested>,
) -> Result<(), HandlerError> {
    let (handle, context, id) = (&request.handle, &request.context, request.id.to_string());
    authorizer.catch_up(handle.bus()).await?;
    let started = match order(&request.message) {
        Ok(order) => starting::start(&authorizer, handle, &id, order, context).await.map(|_| ()),
        Err(refused) => Err(refused),
    };
    let Err(refused) = started else { return Ok(()) };
    if refused.is_ours() {
        return Err(HandlerError::Unavailable(refused.to_string()));
    }
    let refused = ExecutionRefused {
        execution_id: id.clone(),
        origin_kind: request.message.origin_kind.clone(),
        origin_id: request.message.origin_id.clone(),
        code: refused.code,
        reason: refused.message,
        refused_ms: context.now.0,
    };
    handle.execute::<Execution>(&id, Command::Refuse(Box::new(refused)), context).await?;
    Ok(())
}

fn order(requested: &AutomationRequested) -> Result<Order, ApiError> {
    let parameters = match requested.parameters_json.as_str() {
        "" => Default::default(),
        json => serde_json::from_str(json).map_err(|error| {
            ApiError::invalid(format!("parameters_json is not what it should be: {error}."))
        })?,
    };
    Ok(Order {
        document_name: requested.document_name.clone(),
        document_version: requested.document_version.clone(),
        parameters,
        account: requested.account.clone(),
        region: requested.region.clone(),
        origin: Some((requested.origin_kind.clone(), requested.origin_id.clone())),
        ..Order::default()
    })
}

/// Ends a runbook that has not begun, because change rules hold it, for who has asked for it.
pub(crate) async fn withdraw(request: Request<AutomationWithdrawalRequested>) -> Result<(), HandlerError> {
    let (handle, context, id) = (&request.handle, &request.context, &request.message.execution_id);
    let state = handle.state::<Execution>(id);
    if !state.exists() {
        return Err(HandlerError::Retry(format!("the execution {id} is not known yet")));
    }
    let (kind, origin) = (&request.message.origin_kind, &request.message.origin_id);
    if (&state.origin_kind, &state.origin_id) != (kind, origin) {
        return Err(HandlerError::Permanent(format!(
            "the execution {id} was not asked for by {kind} {origin}"
        )));
    }
    let withdraw = Command::Withdraw { reason: request.message.reason.clone() };
    handle.execute::<Execution>(id, withdraw, context).await?;
    Ok(())
}

/// The gateway says how a call came out that a step has asked for.
pub(crate) async fn take_answer(request: Request<ApiCallAnswered>) -> Result<(), HandlerError> {
    let origin = request.message.origin_id.clone();
    let parts: Vec<&str> = origin.split('/').collect();
    let [execution, step, attempt, poll] = parts.as_slice() else {
        return Err(HandlerError::Permanent(format!("{origin:?} is no call that a step asks for")));
    };
    let number = |text: &str| {
        text.parse()
            .map_err(|_| HandlerError::Permanent(format!("{origin:?} is no call that a step asks for")))
    };
    let take = Command::TakeAnswer {
        step_execution_id: (*step).to_owned(),
        attempt: number(attempt)?,
        poll: number(poll)?,
        answer: Box::new(request.message),
    };
    request.handle.execute::<Execution>(execution, take, &request.context).await?;
    Ok(())
}

/// The document of an approval, as executions name it: it is no document that there is.
const APPROVAL: &str = "reeve:approval";
/// The value that has what is to be approved, in words.
const SUBJECT: &str = "reeve:subject";

/// Asks those who must approve something, one level after the other.
pub(crate) async fn approve(request: Request<ApprovalRequested>) -> Result<(), HandlerError> {
    let (handle, context, id) = (&request.handle, &request.context, request.id.to_string());
    let (asked, principal) = (&request.message, &context.actor.name);
    let steps = asked.levels.iter().enumerate().map(|(index, level)| {
        let inputs = json!({"Approvers": level.approvers, "MinRequiredApprovals": level.min_approvals,
            "Message": format!("{{{{ {SUBJECT} }}}}"), REQUESTER_MAY_APPROVE: level.requester_may_approve});
        json!({"name": format!("{}:{}", index + 1, level.name), "action": "aws:approve", "inputs": inputs})
    });
    let document = json!({"schemaVersion": "0.3", "mainSteps": steps.collect::<Vec<Value>>()});
    let change = Change {
        name: asked.subject.clone(),
        approvers: asked.levels.iter().flat_map(|level| level.approvers.clone()).collect(),
        ..Change::default()
    };
    let started = ExecutionStarted {
        execution_id: id.clone(),
        document_name: APPROVAL.to_owned(),
        document_version: "1".to_owned(),
        document_json: document.to_string(),
        parameters_json: "{}".to_owned(),
        // What is shown is a value: nothing in it is a placeholder.
        values_json: json!({SUBJECT: asked.subject}).to_string(),
        mode: "Auto".to_owned(),
        principal: principal.clone(),
        account: asked.account.clone(),
        region: asked.region.clone(),
        started_ms: context.now.0,
        origin_kind: asked.origin_kind.clone(),
        origin_id: asked.origin_id.clone(),
        change: Some(change),
        change_id: id.clone(),
        ..ExecutionStarted::default()
    };
    handle.execute::<Execution>(&id, Command::Start(Box::new(started)), context).await?;
    // What it is about may have been cancelled before it was asked for here; who hears of that later finds the approval.
    handle.catch_up_with::<CommandEvent>().await?;
    if handle.views().get::<bool>(REFUSED, &id).is_some() {
        let stop = Command::Stop(Stopping::Cancel);
        match handle.execute::<Execution>(&id, stop, &context.derived("withdraw")).await {
            Ok(_) | Err(ExecuteError::Refused(Error::Ended(_))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
