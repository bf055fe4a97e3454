//! Documents that steps include, asked of the documents service.

use crate::{agent::Agent, execute::DocumentSource};
use bytes::Bytes;
use reeve_jetstream::{Error, Message, serve};
use std::time::{Duration, Instant};

const DOCUMENT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Documents that steps include, asked of the documents service.
pub struct Documents<'a> {
    pub agent: &'a Agent,
}

impl DocumentSource for Documents<'_> {
    async fn document(&self, name: &str, version: Option<&str>) -> Result<String, String> {
        let body = serde_json::json!({"name": name, "version": version}).to_string();
        let answer = self
            .ask(body.into())
            .await
            .map_err(|e| format!("The document {name} could not be asked for: {e}"))?;
        let value: serde_json::Value = serde_json::from_slice(&answer.data).map_err(|e| e.to_string())?;
        let text = |field: &str| value.get(field).and_then(serde_json::Value::as_str).map(str::to_owned);
        match answer.headers.get("reeve-error") {
            Some(code) => Err(format!("{code}: {}", text("message").unwrap_or_default())),
            None => {
                text("content").ok_or_else(|| format!("The answer about the document {name} has no content."))
            }
        }
    }
}

impl Documents<'_> {
    /// Asks again when nobody is there: the service may be starting, or the nodes' account be changing.
    async fn ask(&self, body: Bytes) -> Result<Message, Error> {
        let (begun, node) = (Instant::now(), self.agent.identity.node_id.as_str());
        loop {
            match serve::ask(&self.agent.bus, node, "get-document", body.clone(), DOCUMENT_REQUEST_TIMEOUT)
                .await
            {
                Err(Error::NoResponders(_)) if begun.elapsed() < DOCUMENT_REQUEST_TIMEOUT => {}
                answered => return answered,
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
