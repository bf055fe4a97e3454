//! What makes targets and tasks that can run.

use super::values_of;
use crate::domain::{
    pseudo,
    task::{AUTOMATION, RUN_COMMAND, Task},
    window::State,
};
use reeve_contracts::ssm::{GetMaintenanceWindowTaskResult, Target};
use reeve_fleet::targets;
use reeve_runtime::ApiError;

/// So many targets has a registration, and so many registered targets a task (AWS).
const MAX_TARGETS: usize = 5;
const MAX_WINDOW_TARGETS: usize = 10;

/// # Errors
/// `ValidationException` for a selection of nodes that a window cannot have.
pub fn targets(resource_type: &str, given: &[Target]) -> Result<(), ApiError> {
    if resource_type == "RESOURCE_GROUP" {
        return Err(ApiError::invalid("ResourceType is RESOURCE_GROUP: there are no resource groups here."));
    }
    if given.is_empty() {
        return Err(ApiError::invalid("Targets must have at least one."));
    }
    if given.len() > MAX_TARGETS {
        let message = format!("Targets has {} entries; it may have at most {MAX_TARGETS}.", given.len());
        return Err(ApiError::invalid(message));
    }
    targets::check(given).map_err(|error| ApiError::invalid(format!("Targets: {}", error.message)))?;
    match given.iter().find(|target| target.values.as_ref().is_none_or(Vec::is_empty)) {
        Some(target) => {
            let key = target.key.as_deref().unwrap_or_default();
            Err(ApiError::invalid(format!("Targets: {key:?} has no Values.")))
        }
        None => Ok(()),
    }
}

/// # Errors
/// RegisterTaskWithMaintenanceWindow's.
pub fn task(window: &State, of: &GetMaintenanceWindowTaskResult) -> Result<(), ApiError> {
    let kind = of.task_type.as_deref().unwrap_or_default();
    if !matches!(kind, RUN_COMMAND | AUTOMATION) {
        let message = format!("TaskType is {kind}: this installation runs {RUN_COMMAND} and {AUTOMATION}.");
        return Err(ApiError::new("FeatureNotAvailableException", message));
    }
    if of.alarm_configuration.is_some() {
        return Err(ApiError::invalid("AlarmConfiguration cannot be given: alarms are not watched here."));
    }
    selection(window, of, kind)?;
    let told = of.task_invocation_parameters.as_ref();
    let others = [
        ("RunCommand", kind != RUN_COMMAND && told.is_some_and(|told| told.run_command.is_some())),
        ("Automation", kind != AUTOMATION && told.is_some_and(|told| told.automation.is_some())),
        ("Lambda", told.is_some_and(|told| told.lambda.is_some())),
        ("StepFunctions", told.is_some_and(|told| told.step_functions.is_some())),
    ];
    if let Some((member, _)) = others.iter().find(|(_, given)| *given) {
        let message = format!("TaskInvocationParameters has {member}, and TaskType is {kind}.");
        return Err(ApiError::invalid(message));
    }
    if let Some(name) = pseudo::of_one_node(&Task(of.clone()).parameters()).filter(|_| kind == RUN_COMMAND) {
        let message = format!(
            "The parameters name {{{{{name}}}}}, which is one node: a task of type {RUN_COMMAND} runs on many."
        );
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

fn selection(window: &State, of: &GetMaintenanceWindowTaskResult, kind: &str) -> Result<(), ApiError> {
    let given = of.targets.as_deref().unwrap_or_default();
    if given.is_empty() {
        if kind == RUN_COMMAND {
            return Err(ApiError::invalid(format!(
                "Targets: a task of type {RUN_COMMAND} needs at least one."
            )));
        }
        let rates = [("MaxErrors", &of.max_errors), ("MaxConcurrency", &of.max_concurrency)];
        let given = rates.iter().filter(|(_, given)| given.is_some());
        let texts: Vec<String> = given
            .map(|(member, _)| {
                format!("Maintenance window tasks without targets do not support {member} values.")
            })
            .collect();
        return if texts.is_empty() { Ok(()) } else { Err(ApiError::invalid(texts.join(" "))) };
    }
    for (member, given) in [("MaxConcurrency", &of.max_concurrency), ("MaxErrors", &of.max_errors)] {
        if given.is_none() {
            return Err(ApiError::invalid(format!("{member} is needed for a task with targets.")));
        }
    }
    let is_known =
        |target: &&Target| matches!(target.key.as_deref(), Some("WindowTargetIds" | "InstanceIds"));
    if let Some(target) = given.iter().find(|target| !is_known(target)) {
        let key = target.key.as_deref().unwrap_or_default();
        let message =
            format!("Targets has the key {key:?}; a task's keys are WindowTargetIds and InstanceIds.");
        return Err(ApiError::invalid(message));
    }
    let window_targets: Vec<&String> = values_of(given, "WindowTargetIds").collect();
    if window_targets.len() > MAX_WINDOW_TARGETS {
        return Err(ApiError::invalid(format!(
            "The maximum number of window targets is {MAX_WINDOW_TARGETS}"
        )));
    }
    if let Some(id) = window_targets.iter().find(|id| !window.targets.contains_key(id.as_str())) {
        let message = format!("Targets names the window target {id}, which the window does not have.");
        return Err(ApiError::invalid(message));
    }
    match window_targets.is_empty() && values_of(given, "InstanceIds").next().is_none() {
        true => Err(ApiError::invalid("Targets has no Values.")),
        false => Ok(()),
    }
}
