//! Response plans.

use super::{arn, id_of, not_found};
use crate::{
    domain::plan::{Command, Plan},
    projections::PLANS,
    shape,
};
use reeve_contracts::ssm_incidents::*;
use reeve_runtime::{ApiError, Call, Handle, page_size, to_answers};
use std::sync::Arc;

/// What the names in an ARN of a plan are of.
pub const KIND: &str = "response-plan";

/// The plan of a name.
///
/// # Errors
/// `ResourceNotFoundException`.
pub fn plan(handle: &Handle, name: &str) -> Result<Arc<GetResponsePlanOutput>, ApiError> {
    let row = handle.views().look(PLANS, name);
    row.ok_or_else(|| not_found(format!("There is no response plan {name:?}.")))
}

pub async fn create(call: Call<CreateResponsePlanInput>) -> Result<CreateResponsePlanOutput, ApiError> {
    let input = &call.input;
    let asked = GetResponsePlanOutput {
        actions: input.actions.clone(),
        arn: None,
        chat_channel: input.chat_channel.clone(),
        display_name: input.display_name.clone(),
        engagements: input.engagements.clone(),
        incident_template: input.incident_template.clone(),
        integrations: input.integrations.clone(),
        name: input.name.clone(),
    };
    checked(&asked)?;
    let name = input.name.clone().unwrap_or_default();
    let context = call.context_of_token("CreateResponsePlan", input.client_token.as_ref())?;
    let command = Command::Create(Box::new(shape::plan(asked)), input.tags.clone().unwrap_or_default());
    let executed = call.handle.execute::<Plan>(&name, command, &context).await?;
    call.reached(executed.position);
    Ok(CreateResponsePlanOutput { arn: Some(arn(&call, KIND, &name)) })
}

/// What the model cannot say: a union has one member.
fn checked(plan: &GetResponsePlanOutput) -> Result<(), ApiError> {
    for action in plan.actions.iter().flatten() {
        if action.ssm_automation.is_none() {
            return Err(ApiError::invalid("actions holds one that is no ssmAutomation."));
        }
    }
    for integration in plan.integrations.iter().flatten() {
        if integration.pager_duty_configuration.is_none() {
            return Err(ApiError::invalid("integrations holds one that is no pagerDutyConfiguration."));
        }
    }
    chat_channel(plan.chat_channel.as_ref())?;
    let targets = plan.incident_template.iter().flat_map(|t| t.notification_targets.iter().flatten());
    notification_targets(targets)
}

/// # Errors
/// `ValidationException` unless a chat channel is exactly one of the two things that it can be.
pub fn chat_channel(channel: Option<&ChatChannel>) -> Result<(), ApiError> {
    match channel {
        Some(channel) if channel.chatbot_sns.is_some() == channel.empty.is_some() => {
            Err(ApiError::invalid("chatChannel must have exactly one of chatbotSns and empty."))
        }
        _ => Ok(()),
    }
}

/// # Errors
/// `ValidationException` for a target that names nothing.
pub fn notification_targets<'a>(
    mut targets: impl Iterator<Item = &'a NotificationTargetItem>,
) -> Result<(), ApiError> {
    match targets.all(|target| target.sns_topic_arn.is_some()) {
        true => Ok(()),
        false => Err(ApiError::invalid("notificationTargets holds one without snsTopicArn.")),
    }
}

pub async fn get(call: Call<GetResponsePlanInput>) -> Result<GetResponsePlanOutput, ApiError> {
    let name = id_of("arn", call.input.arn.as_ref(), KIND)?;
    let plan = plan(&call.handle, name)?;
    Ok(GetResponsePlanOutput { arn: Some(arn(&call, KIND, name)), ..(*plan).clone() })
}

pub async fn update(call: Call<UpdateResponsePlanInput>) -> Result<UpdateResponsePlanOutput, ApiError> {
    let input = &call.input;
    let name = id_of("arn", input.arn.as_ref(), KIND)?;
    checked(&GetResponsePlanOutput {
        actions: input.actions.clone(),
        chat_channel: input.chat_channel.clone(),
        integrations: input.integrations.clone(),
        ..GetResponsePlanOutput::default()
    })?;
    notification_targets(input.incident_template_notification_targets.iter().flatten())?;
    let context = call.context_of_token("UpdateResponsePlan", input.client_token.as_ref())?;
    let command = Command::Update(Box::new(input.clone()));
    let executed = call.handle.execute::<Plan>(name, command, &context).await?;
    call.reached(executed.position);
    Ok(UpdateResponsePlanOutput {})
}

/// What is not there is no error, as with AWS.
pub async fn delete(call: Call<DeleteResponsePlanInput>) -> Result<DeleteResponsePlanOutput, ApiError> {
    let name = id_of("arn", call.input.arn.as_ref(), KIND)?;
    call.execute::<Plan>(name, Command::Delete).await?;
    Ok(DeleteResponsePlanOutput {})
}

pub async fn list(call: Call<ListResponsePlansInput>) -> Result<ListResponsePlansOutput, ApiError> {
    let limit = page_size(call.input.max_results, 100)?;
    let after = call.input.next_token.as_deref();
    let page = call.handle.views().scan::<GetResponsePlanOutput>(PLANS, "", after, limit);
    let (summaries, next_token) = to_answers(page, |plan| ResponsePlanSummary {
        arn: plan.name.as_deref().map(|name| arn(&call, KIND, name)),
        display_name: plan.display_name,
        name: plan.name,
    })?;
    Ok(ListResponsePlansOutput { next_token, response_plan_summaries: Some(summaries) })
}
