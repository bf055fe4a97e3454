//! PutDispatchKeys and GetDispatchKeys of the API `nodes` (`schemas/reeve/nodes.json`), and what nodes ask.

use crate::{
    Shared,
    domain::keys::{Command, DispatchKeys, Error},
    projections::KeySetRow,
    reactors::keys::current,
};
use data_encoding::BASE64;
use reeve_contracts::node::KeySet;
use reeve_node_protocol::keys::{Refusal, open};
use reeve_runtime::{ApiError, Call};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::new("InvalidDispatchKeysException", error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Put {
    root_key: String,
    key_set: String,
}

#[derive(Serialize)]
pub struct Published {
    version: u64,
}

/// Puts a newer set in force.
pub async fn put(shared: Arc<Shared>, call: Call<Put>) -> Result<Published, ApiError> {
    let Put { root_key, key_set } = &call.input;
    if *root_key != shared.config.root_key {
        return Err(Error(Refusal::OtherRoot(root_key.clone())).into());
    }
    let malformed = |_| ApiError::from(Error(Refusal::Malformed));
    let signed_set = BASE64.decode(key_set.as_bytes()).map_err(malformed)?;
    let publish = Command::Publish { root_key: root_key.clone(), signed_set };
    call.execute::<DispatchKeys>(root_key, publish).await?;
    Ok(Published { version: call.handle.state::<DispatchKeys>(root_key).version })
}

#[derive(Deserialize)]
pub struct Get {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    public_key: String,
    not_before: f64,
    not_after: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Got {
    root_key: String,
    version: u64,
    issued: f64,
    expires: f64,
    keys: Vec<Key>,
    key_set: String,
    /// The node that brought the set: the log, which was restored, did not know it.
    #[serde(skip_serializing_if = "String::is_empty")]
    brought_by: String,
}

/// The set in force, for people and for who signs the next one.
pub async fn get(shared: Arc<Shared>, call: Call<Get>) -> Result<Got, ApiError> {
    let (row, set) = in_force(&shared, &call)?;
    let keys = set.keys.into_iter().map(|key| Key {
        public_key: key.public_key,
        not_before: Timestamp(key.not_before_ms).epoch_seconds(),
        not_after: Timestamp(key.not_after_ms).epoch_seconds(),
    });
    Ok(Got {
        root_key: shared.config.root_key.clone(),
        version: set.version,
        issued: Timestamp(set.issued_ms).epoch_seconds(),
        expires: Timestamp(set.expires_ms).epoch_seconds(),
        keys: keys.collect(),
        key_set: BASE64.encode(&row.signed_set),
        brought_by: row.brought_by,
    })
}

fn in_force<I>(shared: &Shared, call: &Call<I>) -> Result<(KeySetRow, KeySet), ApiError> {
    let none = || ApiError::new("NoSuchEntityException", "No dispatch keys are published yet.");
    let row = current(shared, &call.handle).ok_or_else(none)?;
    let set = open(&shared.config.root_key, &row.signed_set).map_err(ApiError::internal)?;
    Ok((row, set))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    key_set: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The set that the node has.
    #[serde(default)]
    key_set: String,
}

/// A node asks for the newest set, which is public and which it trusts by its signature. It tells its own: a newer one of the root, which a
/// log that was restored does not know, is put in force.
pub async fn tell(shared: Arc<Shared>, call: Call<Ask>) -> Result<Told, ApiError> {
    let (row, set) = in_force(&shared, &call)?;
    let own = BASE64.decode(call.input.key_set.as_bytes()).unwrap_or_default();
    let version = open(&shared.config.root_key, &own).map_or(0, |set| set.version);
    if version > set.version {
        bring(&shared, &call, own, version).await;
        return Ok(Told { key_set: call.input.key_set.clone() });
    }
    if version == set.version && own != row.signed_set {
        tracing::error!(
            version,
            "a node has other dispatch keys of the same number: the log was restored, and new ones were made before that node was there. What \
             was withdrawn before the restore has to be withdrawn again: `reeve keys rotate --withdraw KEY`"
        );
    }
    Ok(Told { key_set: BASE64.encode(&row.signed_set) })
}

async fn bring(shared: &Shared, call: &Call<Ask>, signed_set: Vec<u8>, version: u64) {
    let root_key = shared.config.root_key.clone();
    let publish = Command::Publish { root_key: root_key.clone(), signed_set };
    match call.execute::<DispatchKeys>(&root_key, publish).await {
        Ok(_) => {
            tracing::warn!(version, "a node brought newer dispatch keys than the log had, which was restored")
        }
        // It has ended, say; whoever has it runs nothing then.
        Err(error) => {
            tracing::warn!(version, %error, "a node has newer dispatch keys than the log, and they are not put in force")
        }
    }
}
