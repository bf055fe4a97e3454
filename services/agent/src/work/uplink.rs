//! What steps ask of the control plane, and tell it.

use crate::{
    agent::Agent,
    execute::{ControlPlane, PatchBaseline, PatchQuestion},
};
use bytes::Bytes;
use data_encoding::BASE64;
use prost::Message as _;
use reeve_contracts::node::InventoryReport;
use reeve_jetstream::{Error, Headers, Message, serve};
use reeve_node_protocol::{
    sealed::{open, secret_name},
    subject,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two attempts to store a report.
const REPORT_RETRY_DELAY: Duration = Duration::from_secs(1);

/// The agent's connection, for steps.
pub struct Uplink<'a> {
    pub agent: &'a Agent,
}

impl ControlPlane for Uplink<'_> {
    async fn document(&self, name: &str, version: Option<&str>) -> Result<String, String> {
        let body = serde_json::json!({"name": name, "version": version});
        let value = self.ask("get-document", &body, &format!("The document {name}")).await?;
        let content = value.get("content").and_then(Value::as_str).map(str::to_owned);
        content.ok_or_else(|| format!("The answer about the document {name} has no content."))
    }

    async fn inventory_hashes(&self, types: Vec<String>) -> Result<BTreeMap<String, String>, String> {
        let body = serde_json::json!({"types": types});
        let mut value = self.ask("inventory", &body, "What is known of the inventory").await?;
        let hashes = value.get_mut("hashes").map(Value::take).unwrap_or_default();
        serde_json::from_value(hashes)
            .map_err(|error| format!("The answer about the inventory cannot be read: {error}."))
    }

    async fn secrets(
        &self,
        command_id: &str,
        names: Vec<String>,
    ) -> Result<BTreeMap<String, Zeroizing<String>>, String> {
        let body = serde_json::json!({"commandId": command_id, "names": names});
        let value = self.ask("secrets", &body, "The secrets of the command").await?;
        let identity = &self.agent.identity;
        let each = names.into_iter().map(|name| {
            let failed = |why: String| format!("The secret {name} cannot be used: {why}.");
            let sealed = value["secrets"][&name]
                .as_str()
                .ok_or_else(|| failed("it is not in the answer".to_owned()))?;
            let sealed = BASE64.decode(sealed.as_bytes()).map_err(|error| failed(error.to_string()))?;
            let of = secret_name(command_id, identity.node_id.as_str(), &name);
            let plain = open(&identity.seed, &of, &sealed).map_err(|error| failed(error.to_string()))?;
            let text = std::str::from_utf8(&plain).map_err(|_| failed("it is no text".to_owned()))?;
            Ok((name.clone(), Zeroizing::new(text.to_owned())))
        });
        each.collect()
    }

    async fn patch_baseline(&self, question: &PatchQuestion<'_>) -> Result<PatchBaseline, String> {
        let body = serde_json::to_value(question).map_err(|error| error.to_string())?;
        let value = self.ask("patch-baseline", &body, "The patch baseline").await?;
        serde_json::from_value(value)
            .map_err(|error| format!("The answer about the patch baseline cannot be read: {error}."))
    }

    /// Waits until the bus has stored it: the step's time ends that.
    async fn report_inventory(&self, report: InventoryReport) -> Result<(), String> {
        let subject = subject::inventory(&self.agent.identity.node_id, &report.type_name, report.part);
        let id = format!("{}/{}", report.collection_id, report.part);
        let headers = Headers::default().with("Nats-Msg-Id", id);
        let data = Bytes::from(report.encode_to_vec());
        while let Err(error) = self.agent.bus.store(&subject, &headers, data.clone()).await {
            tracing::warn!(%error, type_name = report.type_name, "a report of the inventory is sent again");
            tokio::time::sleep(REPORT_RETRY_DELAY).await;
        }
        Ok(())
    }
}

impl Uplink<'_> {
    async fn ask(&self, question: &str, body: &Value, what: &str) -> Result<Value, String> {
        let answer = self.answer(question, body.to_string().into()).await;
        let answer = answer.map_err(|e| format!("{what} could not be asked for: {e}"))?;
        let value: Value = serde_json::from_slice(&answer.data).map_err(|e| e.to_string())?;
        match answer.headers.get("reeve-error") {
            Some(code) => {
                let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
                Err(format!("{code}: {message}"))
            }
            None => Ok(value),
        }
    }

    /// Asks again when nobody is there: the service may be starting, or the nodes' account be changing.
    async fn answer(&self, question: &str, body: Bytes) -> Result<Message, Error> {
        let (begun, node) = (Instant::now(), self.agent.identity.node_id.as_str());
        loop {
            match serve::ask(&self.agent.bus, node, question, body.clone(), REQUEST_TIMEOUT).await {
                Err(Error::NoResponders(_)) if begun.elapsed() < REQUEST_TIMEOUT => {}
                answered => return answered,
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
