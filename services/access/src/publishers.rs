//! CreatePublisher, DeletePublisher, ListPublishers: the model is `schemas/reeve/access.json`.

use crate::{
    Config,
    api::{List, MAX_PAGE_SIZE},
    projections::{PUBLISHERS, PublisherRow},
    publisher::{Command, Error, Publisher},
};
use reeve_jetstream::{calls, clients};
use reeve_runtime::{ApiError, Call, Done, page_size, to_answers, with_keys};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Exists(_) => "EntityAlreadyExistsException",
            Error::Unknown(_) => "NoSuchEntityException",
        };
        Self::new(code, error.to_string())
    }
}

#[derive(Clone, Deserialize)]
pub struct ToPublisher {
    source: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPublisher {
    source: String,
    /// Where it sends.
    subject: String,
    inbox_prefix: String,
    /// Answered here and never again.
    credentials: String,
}

pub(crate) async fn create(config: Arc<Config>, call: Call<ToPublisher>) -> Result<NewPublisher, ApiError> {
    let source = call.input.source.clone();
    let user = config.client_users.publisher(&source).map_err(ApiError::internal)?;
    let public_key = user.public_key().map_err(ApiError::internal)?;
    let command = Command::Create { source: source.clone(), public_key: public_key.clone() };
    call.execute::<Publisher>(&source, command).await?;
    if call.handle.state::<Publisher>(&source).public_key != public_key {
        let message = format!(
            "The credentials of the source {source} were made by a call whose answer was lost: delete them, and make \
             them anew."
        );
        return Err(ApiError::new("EntityAlreadyExistsException", message));
    }
    Ok(NewPublisher {
        subject: format!("{}.{source}", calls::INGEST_SUBJECT),
        inbox_prefix: clients::source_inbox(&source),
        credentials: user.credentials(),
        source,
    })
}

pub(crate) async fn delete(call: Call<ToPublisher>) -> Result<Done, ApiError> {
    let source = call.input.source.clone();
    call.execute::<Publisher>(&source, Command::Delete { source: source.clone() }).await?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    source: String,
    public_key: String,
    created: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishersPage {
    publishers: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) async fn list(call: Call<List>) -> Result<PublishersPage, ApiError> {
    let size = page_size(call.input.max_results, MAX_PAGE_SIZE)?;
    let after = call.input.next_token.as_deref();
    let page = call.handle.views().scan::<PublisherRow>(PUBLISHERS, "", after, size);
    let (publishers, next_token) = to_answers(with_keys(page), |(source, row)| Listed {
        source,
        public_key: row.public_key,
        created: row.created.epoch_seconds(),
    })?;
    Ok(PublishersPage { publishers, next_token })
}
