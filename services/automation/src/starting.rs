//! Starting an execution: what StartAutomationExecution, steps and targets lead to alike.

use crate::{
    domain::execution::{Command, Execution},
    projections::ContentRow,
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::automation::{ExecutionStarted, Targets};
use reeve_document_language::{DocumentInput, bind};
use reeve_eventsourcing::{Context, Position};
use reeve_fleet::{DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, content_key};
use reeve_runtime::{ApiError, Handle};
use reeve_types::arn::id_or_arn;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// So many executions may stand above one (AWS).
const MAX_DEPTH: u32 = 5;

/// What is to be run, whoever asks for it.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// A name or an ARN.
    pub document_name: String,
    /// A number, `$DEFAULT` or `$LATEST`; the default when it is empty.
    pub document_version: String,
    pub parameters: BTreeMap<String, Vec<String>>,
    pub is_interactive: bool,
    /// Tells apart what is asked for with one token.
    pub input_hash: String,
    pub account: String,
    pub region: String,
    /// What waits for it: an execution, and an attempt of a step of it.
    pub parent: Option<(String, String, u32)>,
    pub depth: u32,
    pub target: String,
    /// One child for each.
    pub targets: Option<Targets>,
    /// What asked for it, if another service did: its kind and id.
    pub origin: Option<(String, String)>,
}

/// Starts an execution on behalf of the context's actor. What is started twice with one id is started once.
///
/// # Errors
/// StartAutomationExecution's.
pub async fn start(
    authorizer: &Arc<dyn Authorizer>,
    handle: &Handle,
    id: &str,
    order: Order,
    context: &Context,
) -> Result<Position, ApiError> {
    let name = id_or_arn("document", &order.document_name).to_owned();
    let resource = Resource::new("Document", &name);
    let place = Place { region: &order.region, account: &order.account };
    permit(&**authorizer, &context.actor.name, "ssm:StartAutomationExecution", [resource], place)
        .map_err(|denied| ApiError::new("AccessDeniedException", denied))?;
    if order.depth > MAX_DEPTH {
        let message = format!("{} executions stand above it, and at most {MAX_DEPTH} may.", order.depth);
        return Err(ApiError::new("AutomationExecutionLimitExceededException", message));
    }
    let (version, content) = runbook(handle, &name, &order.document_version)?;
    let values = values(&content.inputs, &order)?;
    let (parent, step, attempt) = order.parent.unwrap_or_default();
    let (origin_kind, origin_id) = order.origin.unwrap_or_default();
    let started = ExecutionStarted {
        execution_id: id.to_owned(),
        document_name: name,
        document_version: version.to_string(),
        document_hash: content.hash.clone(),
        document_json: content.document_json.clone(),
        parameters_json: serde_json::to_string(&order.parameters).map_err(ApiError::internal)?,
        values_json: Value::Object(values).to_string(),
        mode: if order.is_interactive { "Interactive" } else { "Auto" }.to_owned(),
        principal: context.actor.name.clone(),
        account: order.account,
        region: order.region,
        input_hash: order.input_hash,
        started_ms: context.now.0,
        parent_execution_id: parent,
        parent_step_execution_id: step,
        parent_attempt: attempt,
        depth: order.depth,
        target: order.target,
        tags: Vec::new(),
        targets: order.targets,
        origin_kind,
        origin_id,
    };
    let executed = handle.execute::<Execution>(id, Command::Start(Box::new(started)), context).await?;
    Ok(executed.position)
}

fn runbook(handle: &Handle, name: &str, version: &str) -> Result<(u32, Arc<ContentRow>), ApiError> {
    let missing = |message: String| ApiError::new("AutomationDefinitionNotFoundException", message);
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, name);
    let row = row.ok_or_else(|| missing(format!("DocumentName is {name:?}: there is no such document.")))?;
    if row.document_type != "Automation" {
        return Err(missing(format!("Document {name} is of type {}, not Automation.", row.document_type)));
    }
    let no_version = || {
        let message = format!("Document {name} has no version {version}.");
        ApiError::new("AutomationDefinitionVersionNotFoundException", message)
    };
    let (number, _) = row.version(version).ok_or_else(no_version)?;
    let content = handle.views().look::<ContentRow>(DOCUMENT_CONTENTS, &content_key(name, number));
    let content = content.ok_or_else(no_version)?;
    match content.problem.as_str() {
        "" => Ok((number, content)),
        problem => Err(missing(format!("Document {name} is not valid any more: {problem}"))),
    }
}

fn refused(message: String) -> ApiError {
    ApiError::new("InvalidAutomationExecutionParametersException", message)
}

/// What the references to parameters stand for: what was given, and the defaults.
fn values(inputs: &[DocumentInput], order: &Order) -> Result<Map<String, Value>, ApiError> {
    let given = &order.parameters;
    let mut faults = Vec::new();
    let unknown: Vec<&str> = given
        .keys()
        .filter(|name| !inputs.iter().any(|input| input.name == **name))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        faults.push(format!("Undefined execution inputs: [{}]", unknown.join(", ")));
    }
    // What each child gets for its target is not there yet.
    let targets = order.targets.as_ref();
    let maps: Vec<BTreeMap<String, Vec<String>>> =
        targets.and_then(|targets| serde_json::from_str(&targets.target_maps_json).ok()).unwrap_or_default();
    let comes_later = |name: &str| {
        targets.is_some_and(|targets| targets.parameter_name == name)
            || maps.iter().any(|map| map.contains_key(name))
    };
    let is_missing = |input: &&DocumentInput| {
        input.default.is_none() && !given.contains_key(&input.name) && !comes_later(&input.name)
    };
    for input in inputs.iter().filter(is_missing) {
        faults.push(format!("Missing required parameter: {} in user inputs.", input.name));
    }
    if let Some(targets) = targets {
        let names = std::iter::once(&targets.parameter_name).chain(maps.iter().flat_map(BTreeMap::keys));
        for name in names.filter(|name| !name.is_empty()) {
            if !inputs.iter().any(|input| input.name == *name) {
                faults.push(format!("The runbook declares no parameter {name}, which is to get the target."));
            }
        }
    }
    if !faults.is_empty() {
        return Err(refused(faults.join("; ")));
    }
    let here: Vec<DocumentInput> = inputs.iter().filter(|input| !comes_later(&input.name)).cloned().collect();
    let of_these = given.iter().filter(|(name, _)| !comes_later(name));
    let of_these = of_these.map(|(name, values)| (name.clone(), values.clone())).collect();
    let mut values = bind(&here, &of_these).map_err(|error| refused(error.to_string()))?;
    for input in here {
        if let Some(default) = input.default {
            values.entry(input.name).or_insert(default);
        }
    }
    Ok(values)
}
