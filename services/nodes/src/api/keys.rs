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
    /// The newest set that a node has, if the one in force is older: the log was restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_at_nodes: Option<u64>,
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
        newest_at_nodes: shared.presence.newest_keys(set.version),
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

/// A node asks for the newest set. It is public, and the node trusts its signature.
pub async fn tell(shared: Arc<Shared>, call: Call<Get>) -> Result<Told, ApiError> {
    let (row, _) = in_force(&shared, &call)?;
    Ok(Told { key_set: BASE64.encode(&row.signed_set) })
}
