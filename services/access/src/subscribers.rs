//! CreateSubscriber, DeleteSubscriber, ListSubscribers: the model is `schemas/reeve/access.json`.

use crate::{
    Config,
    admission::streams_of,
    api::{List, MAX_PAGE_SIZE},
    filter,
    projections::{SUBSCRIBERS, SubscriberRow},
    subscriber::{Command, Error, Subscriber},
};
use reeve_jetstream::{clients, streams};
use reeve_runtime::{ApiError, Call, Done, page_size, to_answers, with_keys};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

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
pub struct ToSubscriber {
    name: String,
    #[serde(default)]
    services: BTreeSet<String>,
    #[serde(default)]
    filters: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubscriber {
    name: String,
    services: BTreeSet<String>,
    filters: BTreeSet<String>,
    /// Where it may read.
    streams: Vec<String>,
    /// What its consumers are called there.
    consumers: Vec<String>,
    api_prefix: &'static str,
    inbox_prefix: String,
    /// Answered here and never again.
    credentials: String,
}

pub(crate) async fn create(config: Arc<Config>, call: Call<ToSubscriber>) -> Result<NewSubscriber, ApiError> {
    let ToSubscriber { name, services, filters } = call.input.clone();
    let filters = filter::all(&filters).map_err(|error| ApiError::invalid(format!("filters: {error}.")))?;
    // Which services it may read is authorized by their names.
    if let Some(other) = filters.iter().find(|one| !services.contains(filter::service(one))) {
        let message = format!("filters has {other:?}, and services has no {}.", filter::service(other));
        return Err(ApiError::invalid(message));
    }
    if let Some(unknown) = services.iter().find(|service| !config.services.contains(&service.as_str())) {
        let known = config.services.join(", ");
        return Err(ApiError::invalid(format!(
            "services: there is no service {unknown:?}: there are {known}."
        )));
    }
    for service in &services {
        // The part that makes the streams makes these last; where the bus has no room for them they are not there.
        let copies = streams::of_json(service);
        if !streams::exists(call.handle.bus(), &copies).await.map_err(away)? {
            let message = format!("The stream {copies} is not there, or not yet: `reeve doctor` says why.");
            return Err(ApiError::new("ServiceUnavailable", message));
        }
    }
    let user = config.client_users.subscriber(&name).map_err(ApiError::internal)?;
    let public_key = user.public_key().map_err(ApiError::internal)?;
    if call.handle.state::<Subscriber>(&name).public_key.is_empty() {
        // What an earlier one of this name has left is nothing of this one's.
        for stream in streams_of(&services) {
            clients::delete_consumers(call.handle.bus(), &stream, &name).await.map_err(away)?;
        }
    }
    let command = Command::Create {
        name: name.clone(),
        services: services.clone(),
        filters: filters.clone(),
        public_key: public_key.clone(),
    };
    call.execute::<Subscriber>(&name, command).await?;
    if call.handle.state::<Subscriber>(&name).public_key != public_key {
        // An earlier try of this call made it, and its credentials were not answered.
        let message = format!(
            "The subscriber {name} was made by a call whose answer was lost: delete it, and make it anew."
        );
        return Err(ApiError::new("EntityAlreadyExistsException", message));
    }
    Ok(NewSubscriber {
        streams: streams_of(&services),
        consumers: clients::consumers(&name).collect(),
        api_prefix: clients::API_PREFIX,
        inbox_prefix: clients::subscriber_inbox(&name),
        credentials: user.credentials(),
        name,
        services,
        filters,
    })
}

fn away(error: reeve_jetstream::Error) -> ApiError {
    ApiError::new("ServiceUnavailable", error.to_string())
}

pub(crate) async fn delete(call: Call<ToSubscriber>) -> Result<Done, ApiError> {
    let name = call.input.name.clone();
    call.execute::<Subscriber>(&name, Command::Delete { name: name.clone() }).await?;
    Ok(Done {})
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    name: String,
    services: Vec<String>,
    filters: Vec<String>,
    public_key: String,
    created: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscribersPage {
    subscribers: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) async fn list(call: Call<List>) -> Result<SubscribersPage, ApiError> {
    let size = page_size(call.input.max_results, MAX_PAGE_SIZE)?;
    let after = call.input.next_token.as_deref();
    let page = call.handle.views().scan::<SubscriberRow>(SUBSCRIBERS, "", after, size);
    let (subscribers, next_token) = to_answers(with_keys(page), |(name, row)| Listed {
        name,
        services: row.services,
        filters: row.filters,
        public_key: row.public_key,
        created: row.created.epoch_seconds(),
    })?;
    Ok(SubscribersPage { subscribers, next_token })
}
