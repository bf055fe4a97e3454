//! Starting an execution: what StartAutomationExecution, steps and targets lead to alike.

use crate::{
    domain::{
        execution::{Command, Execution},
        gate,
        order::ChildOrder,
    },
    projections::ContentRow,
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::automation::{ExecutionStarted, Targets};
use reeve_document_language::{DocumentInput, bind, references::in_value};
use reeve_eventsourcing::{Context, Position};
use reeve_fleet::{
    DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, START_AUTOMATION, Verdict, content_key, references, rules_on,
};
use reeve_runtime::{ApiError, Handle};
use reeve_types::arn::id_or_arn;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// So many executions may stand above one (AWS).
const MAX_DEPTH: u32 = 5;
/// The type of documents that are runbooks.
pub const RUNBOOK: &str = "Automation";

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
    /// What the document's content must be; empty: any.
    pub document_hash: String,
    /// The change request that it is a part of; empty: of none.
    pub change_id: String,
    /// The change rules whose calendars were put aside for what it is a part of.
    pub overridden_rules: Vec<String>,
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
    let (version, content) = content(handle, &name, &order.document_version, RUNBOOK)?;
    if !order.document_hash.is_empty() && order.document_hash != content.hash {
        return Err(refused(format!(
            "The document {name} is not what was approved: it was made anew since."
        )));
    }
    let given = given(&**authorizer, handle, &content.inputs, &order, &context.actor.name)?;
    let order = Order { parameters: given.pinned, ..order };
    let values = given.values;
    let verdict = ruled(authorizer, handle, &order, &name, context)?;
    let begun = begun(&order, &name, version, (&content, values), &verdict)?;
    let (parent, step, attempt) = order.parent.unwrap_or_default();
    let (origin_kind, origin_id) = order.origin.unwrap_or_default();
    let started = ExecutionStarted {
        execution_id: id.to_owned(),
        document_name: name,
        document_version: version.to_string(),
        document_hash: content.hash.clone(),
        document_json: begun.document_json,
        parameters_json: serde_json::to_string(&order.parameters).map_err(ApiError::internal)?,
        values_json: Value::Object(begun.values).to_string(),
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
        targets: begun.targets,
        origin_kind,
        origin_id,
        change: None,
        change_id: order.change_id,
        rules: verdict.rules,
        overridden_rules: verdict.overridden,
        resumption: None,
        resumed_children: Vec::new(),
    };
    let executed = handle.execute::<Execution>(id, Command::Start(Box::new(started)), context).await?;
    Ok(executed.position)
}

/// What the change rules say. Every child is asked about, so that a runbook around another one is no way around a rule, and what an
/// approved change request runs is held by rules that were put since it was asked for.
pub fn ruled(
    authorizer: &Arc<dyn Authorizer>,
    handle: &Handle,
    order: &Order,
    name: &str,
    context: &Context,
) -> Result<Verdict, ApiError> {
    let principal = context.actor.name.as_str();
    let is_in = |group: &str| authorizer.is_in(principal, group);
    let overridden = &order.overridden_rules;
    let what = (START_AUTOMATION, principal, name);
    let mut verdict = rules_on(handle, what, &[], &is_in, overridden, context.now.0)?;
    // Also those that are about commands alone: they hold nothing of what it sends.
    let others = overridden.iter().filter(|rule| !verdict.overridden.contains(rule)).cloned();
    let others: Vec<String> = others.collect();
    verdict.overridden.extend(others);
    Ok(verdict)
}

/// What an execution does.
struct Begun {
    document_json: String,
    values: Map<String, Value>,
    targets: Option<Targets>,
}

/// The runbook; behind a step that waits for calendars, if rules hold it. One with targets runs as that step's neighbour then.
fn begun(
    order: &Order,
    name: &str,
    version: u32,
    (content, mut values): (&ContentRow, Map<String, Value>),
    verdict: &Verdict,
) -> Result<Begun, ApiError> {
    let targets = order.targets.clone();
    let document_json = content.document_json.clone();
    if !verdict.is_held() {
        return Ok(Begun { document_json, values, targets });
    }
    let wait = gate::wait_for_calendars(&verdict.rules, &verdict.calendar_names);
    let document_json = match targets {
        None => gate::behind(wait, &document_json).map_err(ApiError::internal)?,
        Some(targets) => {
            let (run, more) = gate::run(&ChildOrder {
                document_name: name.to_owned(),
                document_version: version.to_string(),
                document_hash: content.hash.clone(),
                parameters: order.parameters.clone(),
                targets: Some(targets),
                asked_targets: None,
            });
            values.extend(more);
            json!({"schemaVersion": "0.3", "mainSteps": [wait, run]}).to_string()
        }
    };
    Ok(Begun { document_json, values, targets: None })
}

/// A version of a document of a type, as a number, and what it says.
///
/// # Errors
/// `AutomationDefinitionNotFoundException` and `AutomationDefinitionVersionNotFoundException`.
pub fn content(
    handle: &Handle,
    name: &str,
    version: &str,
    document_type: &str,
) -> Result<(u32, Arc<ContentRow>), ApiError> {
    let missing = |message: String| ApiError::new("AutomationDefinitionNotFoundException", message);
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, name);
    let row = row.ok_or_else(|| missing(format!("DocumentName is {name:?}: there is no such document.")))?;
    if row.document_type != document_type {
        return Err(missing(format!(
            "Document {name} is of type {}, not {document_type}.",
            row.document_type
        )));
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

pub fn refused(message: String) -> ApiError {
    ApiError::new("InvalidAutomationExecutionParametersException", message)
}

/// Parameters that were given, or are defaults.
pub struct Given {
    /// As they were given, each reference to the Parameter Store with its version: so it stands for the same also later.
    pub pinned: BTreeMap<String, Vec<String>>,
    /// What references to them stand for.
    pub values: Map<String, Value>,
}

/// What an order gives, read from the Parameter Store now where it says so, on behalf of a principal.
///
/// # Errors
/// `InvalidAutomationExecutionParametersException`, which names what is unknown, missing or not as it must be;
/// `AccessDeniedException` for a parameter that the principal may not read.
pub fn given(
    authorizer: &dyn Authorizer,
    handle: &Handle,
    inputs: &[DocumentInput],
    order: &Order,
    principal: &str,
) -> Result<Given, ApiError> {
    let place = Place { region: &order.region, account: &order.account };
    let permitted = |names: &BTreeSet<String>| {
        let parameters = names.iter().map(|name| Resource::new("Parameter", name));
        permit(authorizer, principal, "ssm:GetParameters", parameters, place)
            .map_err(|denied| ApiError::new("AccessDeniedException", denied))
    };
    let referred = references::resolve(handle, inputs, &order.parameters, permitted);
    let referred = referred.map_err(|error| match error.code.as_str() {
        "InvalidParameters" => refused(error.message),
        _ => error,
    })?;
    let values = values(inputs, &Order { parameters: referred.parameters, ..order.clone() })?;
    // In a map a value could end the text that it would stand in; what is secret would stand in the log.
    for (name, value) in &values {
        if let Some(reference) = in_value(value) {
            return Err(refused(format!(
                "The parameter {name} has {reference}, which is not resolved there."
            )));
        }
    }
    Ok(Given { pinned: referred.pinned, values })
}

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
