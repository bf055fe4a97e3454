//! What a caller wrote through one gateway, all of them know a moment later: behind a balancer its next read may come to another.
//!
//! It is said in passing. Whoever does not hear it, because it starts or its connection is cut, answers as its replicas of the services
//! know, which are a moment behind at most.

use crate::{Gateway, Written};
use reeve_jetstream::{Bus, Message};
use std::time::Duration;

/// Gateways alone publish on it and hear it.
pub const WRITTEN_SUBJECT: &str = "reeve.gateway.written";

/// A caller's answer waits so long for that at most.
const TELL_TIMEOUT: Duration = Duration::from_millis(250);

/// Says it to the other gateways.
pub async fn tell(bus: &Bus, written: &Written) {
    let said = match serde_json::to_vec(written) {
        Ok(body) => tokio::time::timeout(TELL_TIMEOUT, async {
            bus.publish_authentic(WRITTEN_SUBJECT, body.into()).await?;
            // It is on its way before the caller is answered.
            bus.flush().await
        })
        .await
        .map_or_else(|_| Err("there is no connection".to_owned()), |told| told.map_err(|e| e.to_string())),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = said {
        tracing::warn!(error, "the other gateways were not told what was written");
    }
}

/// Remembers what others say, until the gateway stops.
pub async fn serve_written(bus: Bus, gateway: Gateway<Bus>) {
    let mut said = match bus.subscribe(WRITTEN_SUBJECT).await {
        Ok(said) => said,
        Err(error) => {
            return tracing::error!(%error, "what callers write through other gateways is not heard");
        }
    };
    while let Some(message) = said.next_until(gateway.stops()).await {
        match read(&bus, &message) {
            Ok(written) => _ = gateway.shared.positions.remember_all(&written),
            Err(error) => tracing::warn!(error, "what was said to gateways is not believed"),
        }
    }
}

fn read(bus: &Bus, message: &Message) -> Result<Written, String> {
    bus.check_message(message).map_err(|error| error.to_string())?;
    serde_json::from_slice(&message.data).map_err(|error| error.to_string())
}
