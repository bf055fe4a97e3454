//! What nodes ask: the secrets that a command refers to which runs on them, sealed for them.
//!
//! Whoever sent the command was permitted to read them then. A node is answered what its command refers to, in the version that there
//! was, while the command runs there.

use crate::{
    projections::{
        VERSIONS, VersionRow,
        readers::{COMMANDS, CommandRow, NODE_KEYS, READERS, SecretRow, reader_key},
        version_key,
    },
    secrets,
};
use data_encoding::BASE64;
use reeve_contracts::{nodes::NodeEvent, run_command::CommandEvent};
use reeve_node_protocol::{
    sealed::{seal, secret_name},
    subject::node_of,
};
use reeve_runtime::{ApiError, Call, Handle};
use reeve_secrets::{Vault, Zeroizing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More secrets no step refers to.
const MAX_SECRETS: usize = 100;

/// What a node asks for: secrets, by what refers to them in the command.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Question {
    command_id: String,
    names: Vec<String>,
}

/// What it gets.
#[derive(Serialize)]
pub(crate) struct Answer {
    /// By name, sealed for the node, in base64.
    secrets: BTreeMap<String, String>,
}

pub(crate) async fn tell(vault: Vault, call: Call<Question>) -> Result<Answer, ApiError> {
    let node = node_of(&call.subject)
        .ok_or_else(|| ApiError::invalid("The subject of the question names no node."))?;
    let Question { command_id, names } = &call.input;
    if names.len() > MAX_SECRETS {
        let message =
            format!("names has {} secrets; at most {MAX_SECRETS} are asked for at once.", names.len());
        return Err(ApiError::invalid(message));
    }
    let handle = &call.handle;
    // A node may ask before the event is here by which it was sent the command; and one that was deregistered is answered no more.
    let behind =
        |behind: reeve_runtime::HandlerError| ApiError::new("ServiceUnavailable", behind.to_string());
    handle.catch_up_with::<CommandEvent>().await.map_err(behind)?;
    handle.catch_up_with::<NodeEvent>().await.map_err(behind)?;
    let runs = handle.views().get::<bool>(READERS, &reader_key(command_id, node.as_str())).is_some();
    let command = handle.views().get::<CommandRow>(COMMANDS, command_id).filter(|_| runs);
    let command = command.ok_or_else(|| {
        let message = format!("No command {command_id} that refers to secrets runs on {node}.");
        ApiError::new("AccessDeniedException", message)
    })?;
    let key = handle.views().get::<String>(NODE_KEYS, node.as_str());
    let key = key.ok_or_else(|| {
        ApiError::new("AccessDeniedException", format!("The node {node} is not registered."))
    })?;
    let mut secrets = BTreeMap::new();
    for name in names {
        let secret = command.secrets.iter().find(|secret| secret.name == *name).ok_or_else(|| {
            let message = format!("The command {command_id} was not sent with the secret {name}.");
            ApiError::new("AccessDeniedException", message)
        })?;
        let plain = value(&vault, handle, secret, command.requested_ms).await?;
        let sealed = seal(&key, &secret_name(command_id, node.as_str(), name), plain.as_bytes());
        secrets.insert(name.clone(), BASE64.encode(&sealed.map_err(ApiError::internal)?));
    }
    Ok(Answer { secrets })
}

/// The value that a secret had when the command was asked for.
async fn value(
    vault: &Vault,
    handle: &Handle,
    secret: &SecretRow,
    requested_ms: i64,
) -> Result<Zeroizing<String>, ApiError> {
    let SecretRow { name, path, version } = secret;
    let row = handle.views().get::<VersionRow>(VERSIONS, &version_key(path, *version));
    // A parameter that was deleted and put again counts its versions from the beginning.
    let row = row.filter(|row| !row.secret_id.is_empty() && row.modified.0 <= requested_ms);
    let row = row.ok_or_else(|| {
        let message = format!(
            "The parameter {name} had version {version} when the command was sent, and has it no more."
        );
        ApiError::new("ParameterVersionNotFound", message)
    })?;
    Ok(Zeroizing::new(secrets::value(vault, &row, true).await?))
}
