//! StartChangeRequestExecution.

use super::{change::identity, targets};
use crate::{
    domain::{
        approval::Demand,
        change::{Behind, Template},
        execution::{Command, Execution},
        order::ChildOrder,
    },
    projections::{SETTINGS, TEMPLATE_REVIEW},
    starting::{self, Given, Order, refused},
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{
    automation::{Change, ExecutionStarted},
    ssm::*,
};
use reeve_fleet::{DOCUMENTS, DocumentRow, START_AUTOMATION, rules_about};
use reeve_runtime::{ApiError, Call, Handle};
use reeve_types::{Timestamp, arn::id_or_arn};
use serde_json::{Map, Value};
use std::sync::Arc;

type Input = StartChangeRequestExecutionRequest;

pub async fn start(
    authorizer: Arc<dyn Authorizer>,
    call: Call<Input>,
) -> Result<StartChangeRequestExecutionResult, ApiError> {
    let input = &call.input;
    if input.tags.iter().flatten().next().is_some() {
        return Err(ApiError::invalid("Tags cannot be given: executions have no tags here."));
    }
    let content = serde_json::to_vec(&Input { client_token: None, ..input.clone() });
    let (id, context, hash) =
        identity(&call, input.client_token.as_ref(), &content.map_err(ApiError::internal)?);
    let mut started = request(&*authorizer, &call, &context.actor.name)?;
    started.execution_id.clone_from(&id);
    started.change_id.clone_from(&id);
    started.input_hash = hash;
    started.started_ms = context.now.0;
    let executed = call.handle.execute::<Execution>(&id, Command::Start(Box::new(started)), &context).await?;
    call.reached(executed.position);
    Ok(StartChangeRequestExecutionResult { automation_execution_id: Some(id) })
}

/// The request, with everything in it that is approved: versions are numbers, and nothing is looked up later.
fn request(
    authorizer: &dyn Authorizer,
    call: &Call<Input>,
    principal: &str,
) -> Result<ExecutionStarted, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let place = Place { region: &call.caller.region, account: &call.caller.account };
    let name = id_or_arn("document", input.document_name.as_deref().unwrap_or_default()).to_owned();
    let spelling = input.document_version.clone().unwrap_or_default();
    let (version, content) = starting::content(handle, &name, &spelling, "Automation.ChangeTemplate")?;
    reviewed(handle, &name, version)?;
    let template = Template::parse(&content.document_json).map_err(ApiError::internal)?;
    let order = Order {
        parameters: input.parameters.clone().unwrap_or_default(),
        region: call.caller.region.clone(),
        account: call.caller.account.clone(),
        ..Order::default()
    };
    let Given { pinned: parameters, mut values } =
        starting::given(authorizer, handle, &content.inputs, &order, principal)?;
    let is_auto_approved = input.auto_approve.unwrap_or_default();
    if is_auto_approved && !template.is_auto_approvable() {
        return Err(refused(format!("AutoApprove is true, and the template {name} is not autoApprovable.")));
    }
    if is_auto_approved {
        permit(authorizer, principal, "ssm:AutoApprove", [Resource::new("Document", &name)], place)
            .map_err(|denied| ApiError::new("AccessDeniedException", denied))?;
    }
    let (scheduled_ms, scheduled_end_ms) = schedule(input, call.now)?;
    let (runbook, order) = runbook(authorizer, call, &template, principal)?;
    permit(
        authorizer,
        principal,
        "ssm:StartAutomationExecution",
        [Resource::new("Document", &order.document_name)],
        place,
    )
    .map_err(|denied| ApiError::new("AccessDeniedException", denied))?;
    let is_in = |group: &str| authorizer.is_in(principal, group);
    let what = (START_AUTOMATION, principal, order.document_name.as_str());
    let rules = rules_about(handle, what, &[], &is_in);
    let calendar_names: Vec<String> = rules.iter().flat_map(|rule| rule.calendar_names.clone()).collect();
    let rules: Vec<String> = rules.into_iter().map(|rule| rule.name).collect();
    let behind = Behind { scheduled_ms, rules: &rules, calendar_names: &calendar_names, runbook: &order };
    let (document, more) = template.document(is_auto_approved, &behind);
    check_levels(&document, &values)?;
    values.extend(more);
    let details = input.change_details.clone().filter(|details| !details.is_empty());
    let change = Change {
        name: input.change_request_name.clone().unwrap_or_else(|| format!("{name}: {}", order.document_name)),
        details: details.unwrap_or_else(|| template.template_information.clone()),
        runbooks_json: serde_json::to_string(&[runbook]).map_err(ApiError::internal)?,
        scheduled_ms,
        scheduled_end_ms,
        is_auto_approved,
        approvers: template.approvers(),
    };
    Ok(ExecutionStarted {
        document_name: name,
        document_version: version.to_string(),
        document_hash: content.hash.clone(),
        document_json: document.to_string(),
        parameters_json: serde_json::to_string(&parameters).map_err(ApiError::internal)?,
        values_json: Value::Object(values).to_string(),
        mode: "Auto".to_owned(),
        principal: principal.to_owned(),
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        change: Some(change),
        rules,
        ..ExecutionStarted::default()
    })
}

/// A template that waits for its review, or was rejected, is not used; nor is one that nobody has reviewed where that is required.
fn reviewed(handle: &Handle, name: &str, version: u32) -> Result<(), ApiError> {
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, name);
    let action = row.as_ref().and_then(|row| row.reviews.get(&version)).map(String::as_str);
    let is_required =
        handle.views().get::<String>(SETTINGS, TEMPLATE_REVIEW).is_some_and(|value| value == "required");
    let problem = match action {
        Some("Approve") => return Ok(()),
        None if !is_required => return Ok(()),
        None => "was not reviewed, which is required here",
        Some("Reject") => "was rejected by its review",
        Some(_) => "waits for its review",
    };
    let message = format!("Version {version} of the template {name} {problem}.");
    Err(ApiError::new("AutomationDefinitionNotApprovedException", message))
}

/// What nobody could approve is not asked. A level whose inputs take parameters is looked at when it begins.
fn check_levels(document: &Value, values: &Map<String, Value>) -> Result<(), ApiError> {
    let steps = document["mainSteps"].as_array().into_iter().flatten();
    for step in steps.filter(|step| step["action"] == "aws:approve") {
        let Some(inputs) = step["inputs"].as_object() else { continue };
        let takes_parameters = !values.is_empty() && step["inputs"].to_string().contains("{{");
        if let Err(problem) = Demand::read(inputs)
            && !takes_parameters
        {
            return Err(refused(format!("The level {} of the template: {problem}.", step["name"])));
        }
    }
    Ok(())
}

/// Clocks differ, and a call takes a while.
const MAX_PAST_MS: i64 = 60_000;

/// When it is to begin, and about when it is to end; 0: not said.
fn schedule(input: &Input, now: Timestamp) -> Result<(i64, i64), ApiError> {
    let instant = |member: &str, seconds: Option<f64>| match seconds {
        None => Ok(0),
        Some(seconds) => Timestamp::from_epoch_seconds(seconds)
            .map(|at| at.0)
            .ok_or_else(|| ApiError::invalid(format!("{member} is {seconds}, which is no instant."))),
    };
    let begin = instant("ScheduledTime", input.scheduled_time)?;
    let end = instant("ScheduledEndTime", input.scheduled_end_time)?;
    if begin > 0 && end > 0 && end < begin {
        return Err(ApiError::invalid("ScheduledEndTime is before ScheduledTime."));
    }
    if begin > 0 && begin < now.0 - MAX_PAST_MS {
        let at = Timestamp(begin).rfc3339();
        return Err(ApiError::invalid(format!(
            "ScheduledTime is {at}, which is past: leave it out to begin at once."
        )));
    }
    Ok((begin, end))
}

/// The one runbook, its version as a number, and what runs as a child.
fn runbook(
    authorizer: &dyn Authorizer,
    call: &Call<Input>,
    template: &Template,
    principal: &str,
) -> Result<(Runbook, ChildOrder), ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let given = input.runbooks.iter().flatten().next().cloned().unwrap_or_default();
    if given.target_locations.iter().flatten().next().is_some() {
        return Err(ApiError::invalid("Runbooks has TargetLocations: there is one account and region here."));
    }
    let name = id_or_arn("document", given.document_name.as_deref().unwrap_or_default()).to_owned();
    let spelling = given.document_version.clone().unwrap_or_default();
    let (version, content) = starting::content(handle, &name, &spelling, "Automation")?;
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, &name);
    let means = |spelling: &str| row.as_ref().and_then(|row| row.version(spelling)).map(|(number, _)| number);
    if !template.lets_run(&name, version, means) {
        return Err(refused(format!(
            "The template does not let version {version} of the runbook {name} run."
        )));
    }
    let targets = targets::of(
        handle,
        &StartAutomationExecutionRequest {
            targets: given.targets.clone(),
            target_maps: given.target_maps.clone(),
            target_parameter_name: given.target_parameter_name.clone(),
            max_concurrency: given.max_concurrency.clone(),
            max_errors: given.max_errors.clone(),
            ..StartAutomationExecutionRequest::default()
        },
    )?;
    let parameters = given.parameters.clone().unwrap_or_default();
    let order = Order {
        parameters,
        targets: targets.clone(),
        region: call.caller.region.clone(),
        account: call.caller.account.clone(),
        ..Order::default()
    };
    let parameters = starting::given(authorizer, handle, &content.inputs, &order, principal)?.pinned;
    let child = ChildOrder {
        document_name: name.clone(),
        document_version: version.to_string(),
        document_hash: content.hash.clone(),
        parameters,
        targets,
        asked_targets: None,
    };
    let (document_name, document_version) = (Some(name), Some(version.to_string()));
    Ok((Runbook { document_name, document_version, ..given }, child))
}
