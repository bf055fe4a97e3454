//! NATS micro: a service says on `$SRV.PING` and `$SRV.INFO` what it is and what it serves.
//!
//! The client's own module for this drops what is on its way to an endpoint that it stops. Here endpoints are subscriptions,
//! which can be left after everything was taken that the server had sent.

use crate::{Bus, Error, Headers, Message};
use bytes::Bytes;
use futures::{StreamExt, stream::select_all};
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::JoinHandle;

/// Replicas of a service share what comes in, as micro's clients expect it.
pub(crate) const GROUP: &str = "q";

#[derive(Clone, Serialize)]
pub(crate) struct Endpoint {
    pub name: String,
    pub subject: String,
    pub queue_group: &'static str,
    pub metadata: HashMap<String, String>,
}

#[derive(Serialize)]
struct Description<'a> {
    r#type: &'static str,
    name: &'a str,
    id: &'a str,
    version: &'a str,
    description: &'static str,
    metadata: HashMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoints: Option<Vec<Endpoint>>,
}

/// One replica of a service, as it is announced for as long as this lives.
pub(crate) struct Announced {
    endpoints: Arc<Mutex<Vec<Endpoint>>>,
    answering: JoinHandle<()>,
}

impl Announced {
    pub async fn start(bus: &Bus, name: &str, version: &str) -> Result<Self, Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(Error::bus("announce a service")(format!("{name:?} is no name of one")));
        }
        let id = bus.unique_token();
        let mut asked = Vec::new();
        for verb in ["PING", "INFO"] {
            for subject in
                [format!("$SRV.{verb}"), format!("$SRV.{verb}.{name}"), format!("$SRV.{verb}.{name}.{id}")]
            {
                let is_info = verb == "INFO";
                asked.push(bus.subscribe(&subject).await?.map(move |message| (is_info, message)));
            }
        }
        let endpoints: Arc<Mutex<Vec<Endpoint>>> = Arc::default();
        let (bus, name, version, served) =
            (bus.clone(), name.to_owned(), version.to_owned(), endpoints.clone());
        let answering = tokio::spawn(async move {
            let mut asked = select_all(asked);
            while let Some((is_info, message)) = asked.next().await {
                let served = is_info.then(|| served.lock().unwrap_or_else(PoisonError::into_inner).clone());
                let description = Description {
                    r#type: if is_info {
                        "io.nats.micro.v1.info_response"
                    } else {
                        "io.nats.micro.v1.ping_response"
                    },
                    name: &name,
                    id: &id,
                    version: &version,
                    description: "",
                    metadata: HashMap::new(),
                    endpoints: served,
                };
                answer(&bus, message, &description).await;
            }
        });
        Ok(Self { endpoints, answering })
    }

    pub fn add(&self, endpoint: Endpoint) {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).push(endpoint);
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

async fn answer(bus: &Bus, asked: Message, description: &Description<'_>) {
    let (Some(reply), Ok(text)) = (asked.reply, serde_json::to_vec(description)) else { return };
    if let Err(error) = bus.publish(&reply, Headers::default(), Bytes::from(text)).await {
        tracing::debug!(%error, "who asks what is served was not answered");
    }
}
