//! PutTargets, RemoveTargets, ListTargetsByRule.

use super::{check_bus, rule, rules::limit};
use crate::domain::{
    rule::{Command, Rule},
    target::TargetSettings,
};
use reeve_contracts::{
    events::*,
    rules::{self, Text},
};
use reeve_runtime::{ApiError, Call, page_of, text, to_answers};
use serde_json::Value;

pub async fn put(call: Call<PutTargetsRequest>) -> Result<PutTargetsResponse, ApiError> {
    check_bus(call.input.event_bus_name.as_ref())?;
    let name = call.input.rule.clone().unwrap_or_default();
    let asked = call.input.targets.iter().flatten();
    let targets = asked.map(|target| wanted(target, &call.caller.actor.name)).collect::<Result<_, _>>()?;
    call.execute::<Rule>(&name, Command::PutTargets { name: name.clone(), targets }).await?;
    Ok(PutTargetsResponse { failed_entries: Some(Vec::new()), failed_entry_count: Some(0) })
}

/// A target as it is asked for. What nobody here would heed is refused.
fn wanted(target: &Target, principal: &str) -> Result<rules::Target, ApiError> {
    let id = target.id.clone().unwrap_or_default();
    let unheeded = [
        ("AppSyncParameters", target.app_sync_parameters.is_some()),
        ("BatchParameters", target.batch_parameters.is_some()),
        ("DeadLetterConfig", target.dead_letter_config.is_some()),
        ("EcsParameters", target.ecs_parameters.is_some()),
        ("HttpParameters", target.http_parameters.is_some()),
        ("KinesisParameters", target.kinesis_parameters.is_some()),
        ("RedshiftDataParameters", target.redshift_data_parameters.is_some()),
        ("RetryPolicy", target.retry_policy.is_some()),
        ("SageMakerPipelineParameters", target.sage_maker_pipeline_parameters.is_some()),
        ("SqsParameters", target.sqs_parameters.is_some()),
    ];
    if let Some((member, _)) = unheeded.iter().find(|(_, given)| *given) {
        return Err(ApiError::invalid(format!(
            "Target {id}: {member} has no meaning here: what is asked of a service is retried until it is decided, and a \
             dead letter says what was given up on."
        )));
    }
    let transformer = target.input_transformer.as_ref();
    let paths =
        transformer.and_then(|transformer| transformer.input_paths_map.as_ref()).into_iter().flatten();
    let on_nodes = target.run_command_parameters.as_ref().map(|parameters| &parameters.run_command_targets);
    let on_nodes = on_nodes.map(serde_json::to_string).transpose().map_err(ApiError::internal)?;
    Ok(rules::Target {
        id,
        arn: target.arn.clone().unwrap_or_default(),
        role_arn: target.role_arn.clone().unwrap_or_default(),
        input: target.input.clone().unwrap_or_default(),
        input_path: target.input_path.clone().unwrap_or_default(),
        input_paths: paths.map(|(key, value)| Text { key: key.clone(), value: value.clone() }).collect(),
        input_template: transformer
            .and_then(|transformer| transformer.input_template.clone())
            .unwrap_or_default(),
        run_command_targets_json: on_nodes.unwrap_or_default(),
        principal: principal.to_owned(),
    })
}

pub async fn remove(call: Call<RemoveTargetsRequest>) -> Result<RemoveTargetsResponse, ApiError> {
    check_bus(call.input.event_bus_name.as_ref())?;
    let name = call.input.rule.clone().unwrap_or_default();
    let ids = call.input.ids.clone().unwrap_or_default();
    call.execute::<Rule>(&name, Command::RemoveTargets { name: name.clone(), ids }).await?;
    Ok(RemoveTargetsResponse { failed_entries: Some(Vec::new()), failed_entry_count: Some(0) })
}

pub async fn list(call: Call<ListTargetsByRuleRequest>) -> Result<ListTargetsByRuleResponse, ApiError> {
    check_bus(call.input.event_bus_name.as_ref())?;
    let state = rule(&call.handle, &call.input.rule.clone().unwrap_or_default())?;
    let shown = state.targets.iter().map(|(id, target)| Ok((id.clone(), shown(id, target)?)));
    let shown = shown.collect::<Result<Vec<_>, ApiError>>()?;
    let page = page_of(shown, call.input.next_token.as_deref(), limit(call.input.limit));
    let (targets, next_token) = to_answers(page, |target| target)?;
    Ok(ListTargetsByRuleResponse { next_token, targets: Some(targets) })
}

fn shown(id: &str, target: &TargetSettings) -> Result<Target, ApiError> {
    let transformer = (!target.input_template.is_empty()).then(|| InputTransformer {
        input_paths_map: Some(target.input_paths.iter().cloned().collect()),
        input_template: text(&target.input_template),
    });
    let on_nodes = match target.run_command_targets_json.as_str() {
        "" => None,
        json => {
            let targets: Value = serde_json::from_str(json).map_err(ApiError::internal)?;
            let parameters = serde_json::json!({"RunCommandTargets": targets});
            Some(serde_json::from_value(parameters).map_err(ApiError::internal)?)
        }
    };
    Ok(Target {
        id: text(id),
        arn: text(&target.arn),
        role_arn: text(&target.role_arn),
        input: text(&target.input),
        input_path: text(&target.input_path),
        input_transformer: transformer,
        run_command_parameters: on_nodes,
        ..Target::default()
    })
}
