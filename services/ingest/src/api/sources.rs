//! CreateSource, PutSourceMapping, DeleteSource, ListSources: the model is `schemas/reeve/ingest.json`.

use super::hash;
use crate::{
    projections::{SOURCES, SourceRow},
    source::{Command, Source},
};
use reeve_runtime::{ApiError, Call, Done, page_size, to_answers, with_keys};
use reeve_types::{Timestamp, ids::random_hex};
use serde::{Deserialize, Serialize};

const MAX_SOURCES_PER_PAGE: usize = 100;

#[derive(Deserialize)]
pub struct Named {
    name: String,
}

#[derive(Serialize)]
pub struct NewSource {
    name: String,
    /// Answered here and never again.
    token: String,
}

pub(crate) async fn create(call: Call<Named>) -> Result<NewSource, ApiError> {
    let name = call.input.name.clone();
    let secret =
        random_hex::<32>().map_err(|error| ApiError::internal(format!("no random bytes: {error}")))?;
    let token = format!("{name}.{secret}");
    let command = Command::Create { name: name.clone(), token_hash: hash(&token) };
    call.execute::<Source>(&name, command).await?;
    if call.handle.state::<Source>(&name).token_hash != hash(&token) {
        // An earlier try of this call made the source, and its token was not answered.
        let message = format!(
            "The source {name} was made by a call whose answer was lost: delete it, and make it anew."
        );
        return Err(ApiError::new("EntityAlreadyExistsException", message));
    }
    Ok(NewSource { name, token })
}

#[derive(Deserialize)]
pub struct ToMapping {
    name: String,
    mapping: String,
}

pub(crate) async fn put_mapping(call: Call<ToMapping>) -> Result<Done, ApiError> {
    let (name, mapping) = (call.input.name.clone(), call.input.mapping.clone());
    call.execute::<Source>(&name, Command::PutMapping { name: name.clone(), mapping }).await?;
    Ok(Done {})
}

pub(crate) async fn delete(call: Call<Named>) -> Result<Done, ApiError> {
    let name = call.input.name.clone();
    call.execute::<Source>(&name, Command::Delete { name: name.clone() }).await?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    name: String,
    created: f64,
    received: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_received: Option<f64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    mapping: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcesPage {
    sources: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) async fn list(call: Call<List>) -> Result<SourcesPage, ApiError> {
    let limit = page_size(call.input.max_results, MAX_SOURCES_PER_PAGE)?;
    let page = call.handle.views().scan::<SourceRow>(SOURCES, "", call.input.next_token.as_deref(), limit);
    let (sources, next_token) = to_answers(with_keys(page), |(name, row)| Listed {
        name,
        created: row.created.epoch_seconds(),
        received: row.received,
        mapping: row.mapping,
        last_received: (row.last_received > Timestamp(0)).then(|| row.last_received.epoch_seconds()),
    })?;
    Ok(SourcesPage { sources, next_token })
}
