//! StartAutomationExecution, StopAutomationExecution, SendAutomationSignal, ResumeAutomationExecution (ours).

use super::targets;
use crate::{
    domain::{
        WAIT_FOR_CALENDARS,
        approval::Demand,
        execution::{Command, Error, Execution},
        inputs::texts,
        state::{Running, Stopping},
    },
    resuming,
    starting::{self, Order},
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::ssm::*;
use reeve_eventsourcing::Context;
use reeve_runtime::{ApiError, Call, ExecuteError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

pub async fn start(
    authorizer: Arc<dyn Authorizer>,
    call: Call<StartAutomationExecutionRequest>,
) -> Result<StartAutomationExecutionResult, ApiError> {
    let input = &call.input;
    supported(input)?;
    let content =
        serde_json::to_vec(&StartAutomationExecutionRequest { client_token: None, ..input.clone() });
    let content = content.map_err(ApiError::internal)?;
    let (id, context, hash) = identity(&call, input.client_token.as_ref(), &content);
    let order = Order {
        document_name: input.document_name.clone().unwrap_or_default(),
        document_version: input.document_version.clone().unwrap_or_default(),
        parameters: input.parameters.clone().unwrap_or_default(),
        is_interactive: input.mode.as_deref() == Some("Interactive"),
        input_hash: hash,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        targets: targets::of(&call.handle, input)?,
        ..Order::default()
    };
    let position = starting::start(&authorizer, &call.handle, &id, order, &context).await?;
    call.reached(position);
    Ok(StartAutomationExecutionResult { automation_execution_id: Some(id) })
}

/// The id of what is started, the context of starting it, and what tells its input from another one. Whoever gives a token
/// again means what was started with it.
pub(super) fn identity<I>(
    call: &Call<I>,
    token: Option<&String>,
    content: &[u8],
) -> (String, Context, String) {
    let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, content).to_string();
    let (mut id, mut context) = (call.caller.command_id, call.context());
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        let identity = format!("automation/{}/{}", context.actor.name, token.to_ascii_lowercase());
        id = Uuid::new_v5(&Uuid::NAMESPACE_OID, identity.as_bytes());
        // Another input with that token is decided on as well: it is refused.
        context = Context { command_id: id, ..context }.derived(&hash);
    }
    (id.to_string(), context, hash)
}

/// What nothing here acts on is refused, and not taken in silence.
fn supported(input: &StartAutomationExecutionRequest) -> Result<(), ApiError> {
    let is_rated =
        input.target_parameter_name.is_some() || input.target_maps.iter().flatten().next().is_some();
    let is_interactive = input.mode.as_deref() == Some("Interactive");
    let refused = [
        ("AlarmConfiguration", input.alarm_configuration.is_some(), "alarms are not watched here"),
        ("Tags", input.tags.iter().flatten().next().is_some(), "executions have no tags here"),
        (
            "TargetLocations",
            input.target_locations.iter().flatten().next().is_some(),
            "there is one account and region here",
        ),
        ("TargetLocationsURL", input.target_locations_url.is_some(), "there is one account and region here"),
        ("Mode", is_rated && is_interactive, "an execution with targets runs by itself"),
    ];
    match refused.iter().find(|(_, given, _)| *given) {
        Some((member, _, why)) => Err(ApiError::invalid(format!("{member} cannot be given: {why}."))),
        None => Ok(()),
    }
}

/// Ours: what a resumption takes and answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeRequest {
    automation_execution_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeResponse {
    automation_execution_id: String,
    step_name: String,
}

pub async fn resume(
    authorizer: Arc<dyn Authorizer>,
    call: Call<ResumeRequest>,
) -> Result<ResumeResponse, ApiError> {
    let (id, context) = (call.caller.command_id.to_string(), call.context());
    let order = Order {
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        ..Order::default()
    };
    let from = call.input.automation_execution_id.as_str();
    let (account, region) = (order.account.clone(), order.region.clone());
    let started = resuming::resumed(&authorizer, &call.handle, (from, id.as_str()), order, &context)?;
    let step_name = started.resumption.as_ref().map(|of| of.step_name.clone()).unwrap_or_default();
    // One goes on from it: the event says so, and what follows from it begins the other one if this does not.
    let hand_over = Command::HandOver { by_execution_id: id.clone(), account, region };
    call.handle.execute::<Execution>(from, hand_over, &context.derived("hand-over")).await?;
    let executed = call.handle.execute::<Execution>(&id, Command::Start(Box::new(started)), &context).await?;
    call.reached(executed.position);
    Ok(ResumeResponse { automation_execution_id: id, step_name })
}

pub async fn stop(
    call: Call<StopAutomationExecutionRequest>,
) -> Result<StopAutomationExecutionResult, ApiError> {
    let id = call.input.automation_execution_id.clone().unwrap_or_default();
    let stopping = match call.input.r#type.as_deref() {
        Some("Complete") => Stopping::Complete,
        _ => Stopping::Cancel,
    };
    call.execute::<Execution>(&id, Command::Stop(stopping)).await?;
    Ok(StopAutomationExecutionResult {})
}

pub async fn signal(
    authorizer: Arc<dyn Authorizer>,
    call: Call<SendAutomationSignalRequest>,
) -> Result<SendAutomationSignalResult, ApiError> {
    let input = &call.input;
    let id = input.automation_execution_id.clone().unwrap_or_default();
    let kind = input.signal_type.as_deref().unwrap_or_default();
    let payload = input.payload.clone().unwrap_or_default();
    let known: &[&str] = match kind {
        "Approve" | "Reject" => &["Comment", "StepName"],
        "StartStep" | "Resume" => &["StepName"],
        "StopStep" => &["StepExecutionId"],
        "Revoke" => &["Comment"],
        _ => {
            let message = format!("SignalType is {kind}, which is no signal.");
            return Err(ApiError::new("InvalidAutomationSignalException", message));
        }
    };
    if let Some(name) = payload.keys().find(|name| !known.contains(&name.as_str())) {
        let message = format!("Payload has {name:?}; {kind} takes {}.", known.join(", "));
        return Err(ApiError::new("InvalidAutomationSignalException", message));
    }
    let text = |name: &str| payload.get(name).and_then(|values| values.first()).cloned().unwrap_or_default();
    let (step_name, comment) = (text("StepName"), text("Comment"));
    let state = call.handle.state::<Execution>(&id);
    let running = state.running.as_ref();
    let waits_for_calendars = running.is_some_and(|step| step.action == WAIT_FOR_CALENDARS);
    let groups = || groups_of(&*authorizer, &call.caller.actor.name, running);
    let command = match kind {
        "Approve" | "Reject" if waits_for_calendars => {
            may_override(&*authorizer, &call, running)?;
            Command::OverrideCalendars { approves: kind == "Approve", comment }
        }
        "Approve" => {
            let approvals = running.map(|step| step.approvals.as_slice()).unwrap_or_default();
            let names = approvals.iter().map(|said| said.principal.clone());
            let deleted = names.filter(|name| authorizer.meant_by(name).is_empty()).collect();
            Command::Approve { step_name, comment, groups: groups(), deleted }
        }
        "Reject" => Command::Reject { step_name, comment, groups: groups() },
        "StartStep" => Command::StartStep { step_name },
        "Resume" => Command::Resume { step_name },
        "Revoke" => Command::Revoke { comment },
        _ => Command::StopStep { step_execution_id: text("StepExecutionId") },
    };
    match call.execute::<Execution>(&id, command).await {
        Ok(_) => Ok(SendAutomationSignalResult {}),
        // Of a signal the model has no other code for that.
        Err(ExecuteError::Refused(error @ Error::Ended(_))) => {
            Err(ApiError::new("InvalidAutomationSignalException", error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Of the groups that the step asks, those that a principal is in.
fn groups_of(authorizer: &dyn Authorizer, principal: &str, running: Option<&Running>) -> Vec<String> {
    let demand = running.and_then(|step| Demand::read(&step.inputs).ok());
    let groups = demand.iter().flat_map(Demand::groups);
    groups.filter(|group| authorizer.is_in(principal, group)).map(str::to_owned).collect()
}

/// Who lets something begin although a calendar is closed needs the permission to override each of the rules that hold it.
fn may_override(
    authorizer: &dyn Authorizer,
    call: &Call<SendAutomationSignalRequest>,
    running: Option<&Running>,
) -> Result<(), ApiError> {
    let rules = running.and_then(|step| texts(&step.inputs, "Rules").ok()).unwrap_or_default();
    if rules.is_empty() {
        return Err(ApiError::new("AccessDeniedException", "It is not known which rules hold it."));
    }
    let rules = rules.iter().map(|rule| Resource::new("ChangeRule", rule));
    let place = Place { region: &call.caller.region, account: &call.caller.account };
    permit(authorizer, &call.caller.actor.name, "changes:OverrideChangeRule", rules, place)
        .map_err(|denied| ApiError::new("AccessDeniedException", denied))
}
