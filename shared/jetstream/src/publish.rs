//! Storing without waiting for each acknowledgement: several messages on their way, in order.

use crate::{Bus, Error, Headers};
use bytes::Bytes;
use std::{future::IntoFuture, pin::Pin};

/// The acknowledgement of a message that is on its way.
pub type Acknowledgement = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

impl Bus {
    /// Sends a message to whichever stream holds the subject; the answer is its acknowledgement, which may be
    /// awaited later. Messages of one caller leave in the order of the calls. After a lost connection some may
    /// be stored and others not, in any pattern: the caller sends again what was not acknowledged, with the
    /// same `Nats-Msg-Id`.
    ///
    /// # Errors
    /// When the connection is closed for good.
    pub async fn store_later(
        &self,
        subject: &str,
        headers: &Headers,
        data: Bytes,
    ) -> Result<Acknowledgement, Error> {
        let map = headers.clone().into_map().unwrap_or_default();
        let sent = self.context.publish_with_headers(subject.to_owned(), map, data).await;
        let later = sent.map_err(|e| Error::bus("publish")(e.to_string()))?.into_future();
        Ok(Box::pin(async move {
            later.await.map(|ack| ack.sequence).map_err(|e| Error::bus("store a message")(e.to_string()))
        }))
    }
}
