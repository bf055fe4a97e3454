//! SendCommand.

use super::commands;
use crate::{
    contents::{Content, Contents},
    domain::command::{Command, CommandEvent, SentCommand},
    projections::{COMMANDS, CommandRow, DOCUMENTS, DocumentRow},
    targets,
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{run_command::CommandSent, ssm};
use reeve_document_language as language;
use reeve_runtime::{ApiError, Call, Caller, Handle};
use serde_json::{Map, Value};
use std::sync::Arc;

/// AWS's defaults.
const TIMEOUT_SECONDS: i32 = 3600;
const MAX_CONCURRENCY: &str = "50";
const MAX_ERRORS: &str = "0";

/// As many bytes as the values of a command's parameters may have: with its document they must fit into one
/// event and one dispatch.
const MOST_PARAMETER_BYTES: usize = 256 * 1024;

/// What decides on a command, beside the views.
#[derive(Clone)]
pub struct Sending {
    pub authorizer: Arc<dyn Authorizer>,
    pub contents: Contents,
}

/// The version of a document that is to be sent.
struct Resolved {
    name: String,
    version: u32,
    content: Arc<Content>,
}

pub async fn send(
    sending: Sending,
    call: Call<ssm::SendCommandRequest>,
) -> Result<ssm::SendCommandResult, ApiError> {
    let input = &call.input;
    let resolved = resolve(&sending.contents, &call.handle, input)?;
    let given = input.parameters.clone().unwrap_or_default();
    let bytes = json(&given)?.len();
    if bytes > MOST_PARAMETER_BYTES {
        let message = format!("Parameters has {bytes} bytes; it may have at most {MOST_PARAMETER_BYTES}.");
        return Err(ApiError::new("InvalidParameters", message));
    }
    let parameters = language::bind(&resolved.content.inputs, &given)
        .map_err(|e| ApiError::new("InvalidParameters", e.to_string()))?;
    let execution_timeout = language::execution_timeout(&resolved.content.document, &parameters)
        .map_err(|e| ApiError::new("InvalidParameters", e.to_string()))?;
    let node_ids = node_ids(&call, &resolved)?;
    authorize(&*sending.authorizer, &call.caller, &node_ids)?;
    let sent = command_sent(&call, &resolved, &parameters, execution_timeout, node_ids)?;
    let id = sent.command_id.clone();
    let executed = call.execute::<SentCommand>(&id, Command::Send(Box::new(sent))).await?;
    // A repeated delivery of the same call finds the command that its first one sent.
    if !matches!(executed.event, Some(CommandEvent::CommandSent(_)) | None) {
        return Err(ApiError::internal("the command was sent as something else"));
    }
    let row: Option<CommandRow> = call.handle.views().get(COMMANDS, &id);
    let row = row.ok_or_else(|| ApiError::internal("the command is not in the views"))?;
    Ok(ssm::SendCommandResult { command: Some(commands::answer(&call.handle, row)) })
}

/// The caller must be allowed to send to each of the nodes; the document was decided on at the edge.
fn authorize(authorizer: &dyn Authorizer, caller: &Caller, node_ids: &[String]) -> Result<(), ApiError> {
    let nodes = node_ids.iter().map(|node| Resource::new("ManagedInstance", node));
    let place = Place { region: &caller.region, account: &caller.account };
    permit(authorizer, &caller.actor.name, "ssm:SendCommand", nodes, place)
        .map_err(|denied| ApiError::new("AccessDeniedException", denied))
}

fn invalid_document(message: String) -> ApiError {
    ApiError::new("InvalidDocument", message)
}

fn resolve(
    contents: &Contents,
    handle: &Handle,
    input: &ssm::SendCommandRequest,
) -> Result<Resolved, ApiError> {
    let given = input.document_name.clone().unwrap_or_default();
    let name = given.rsplit_once("document/").map_or(given.as_str(), |(_, name)| name).to_owned();
    let row: Option<DocumentRow> = handle.views().get(DOCUMENTS, &name);
    let row = row.ok_or_else(|| invalid_document(format!("Document with name {name} does not exist.")))?;
    if row.document_type != "Command" {
        let message = format!("Document {name} is of type {}, not Command.", row.document_type);
        return Err(invalid_document(message));
    }
    let version = match input.document_version.as_deref() {
        None | Some("$DEFAULT" | "") => row.default,
        Some("$LATEST") => row.latest,
        Some(number) => number.parse().unwrap_or(0),
    };
    let no_version = || {
        let version = input.document_version.clone().unwrap_or_default();
        ApiError::new("InvalidDocumentVersion", format!("Document {name} has no version {version}."))
    };
    let hash = row.versions.get(&version).ok_or_else(no_version)?;
    if let Some(expected) = input.document_hash.as_deref()
        && input.document_hash_type.as_deref() != Some("Sha1")
        && !expected.eq_ignore_ascii_case(hash)
    {
        return Err(invalid_document(format!(
            "DocumentHash does not match: version {version} of {name} has {hash}."
        )));
    }
    let content = contents.get(handle, &name, version, hash).ok_or_else(no_version)?;
    if let Some(problem) = &content.problem {
        return Err(invalid_document(format!("Document {name} is not valid any more: {problem}")));
    }
    Ok(Resolved { name, version, content })
}

fn node_ids(call: &Call<ssm::SendCommandRequest>, resolved: &Resolved) -> Result<Vec<String>, ApiError> {
    let input = &call.input;
    let ids = input.instance_ids.as_deref().unwrap_or_default();
    let targets = input.targets.as_deref().unwrap_or_default();
    match (ids.is_empty(), targets.is_empty()) {
        (true, true) => {
            Err(ApiError::new("ValidationException", "InstanceIds or Targets must name at least one node."))
        }
        (false, false) => {
            Err(ApiError::new("ValidationException", "InstanceIds and Targets cannot be used together."))
        }
        (false, true) => {
            targets::named(&call.handle, ids, &resolved.content.platform_types, &call.caller.account)
        }
        (true, false) => targets::selected(&call.handle, targets),
    }
}

fn command_sent(
    call: &Call<ssm::SendCommandRequest>,
    resolved: &Resolved,
    parameters: &Map<String, Value>,
    execution_timeout: u32,
    node_ids: Vec<String>,
) -> Result<CommandSent, ApiError> {
    let input = &call.input;
    let content = &resolved.content;
    let delivery = u32::try_from(input.timeout_seconds.unwrap_or(TIMEOUT_SECONDS))
        .map_err(|_| ApiError::new("ValidationException", "TimeoutSeconds must not be negative."))?;
    let expires = call.now.plus_seconds(i64::from(delivery) + i64::from(execution_timeout));
    Ok(CommandSent {
        command_id: call.caller.command_id.to_string(),
        document_name: resolved.name.clone(),
        document_version: resolved.version.to_string(),
        document_hash: content.hash.clone(),
        document_content: content.text.clone(),
        parameters_json: json(parameters)?,
        targets_json: input.targets.as_ref().map_or_else(|| Ok(String::new()), json)?,
        instance_ids: input.instance_ids.clone().unwrap_or_default(),
        node_ids,
        comment: input.comment.clone().unwrap_or_default(),
        max_concurrency: input.max_concurrency.clone().unwrap_or_else(|| MAX_CONCURRENCY.to_owned()),
        max_errors: input.max_errors.clone().unwrap_or_else(|| MAX_ERRORS.to_owned()),
        delivery_timeout_seconds: delivery,
        execution_timeout_seconds: execution_timeout,
        requested_ms: call.now.0,
        expires_ms: expires.0,
        request_json: json(&kept(input))?,
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

fn json<T: serde::Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(ApiError::internal)
}
