//! Retries of dead letters: an operator's wish that a handler try once more what it gave up on.

use crate::{
    HandlerError,
    consumer::{self, Handler, dead_letter, handle_once},
    requests::Request,
    timers,
};
use bytes::Bytes;
use reeve_contracts::dead_letters::DeadLetterRetryRequested;
use reeve_jetstream::{Error as BusError, Headers, Message, dead_letters as letters};
use std::{collections::HashMap, sync::Arc};

/// The handlers of a service whose dead letters can be retried, by their names.
#[derive(Clone, Default)]
pub(crate) struct Handlers(Arc<HashMap<&'static str, Handler>>);

impl Handlers {
    pub fn new(consumers: &[consumer::Registered], timers: &[timers::Registered]) -> Self {
        let consumers = consumers.iter().map(|c| (c.consumer.name, c.handler.clone()));
        let timers = timers.iter().map(|t| (t.name, t.handler.clone()));
        Self(Arc::new(consumers.chain(timers).collect()))
    }
}

/// Handles the message of a dead letter once more, and stores what came of it: that it was handled, or another letter.
pub(crate) async fn retry(
    handlers: Handlers,
    request: Request<DeadLetterRetryRequested>,
) -> Result<(), HandlerError> {
    let DeadLetterRetryRequested { number, handler } = &request.message;
    let handle = &request.handle;
    let retry = Some(letters::Retry { of: *number, request: request.id });
    let original = match letters::original(handle.bus(), *number).await {
        Ok(found) => found.ok_or("its message is not kept any more".to_owned()),
        Err(error @ BusError::Unauthentic { .. }) => Err(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let (sequence, message) = match original {
        Ok(original) => original,
        Err(reason) => {
            let nothing = Message {
                subject: String::new(),
                reply: None,
                headers: Headers::default(),
                data: Bytes::new(),
                status: None,
            };
            return Ok(dead_letter(handle, handler, 0, &nothing, &reason, retry).await?);
        }
    };
    let result = match handlers.0.get_key_value(handler.as_str()) {
        Some((name, handler)) => handle_once(handle, name, handler, sequence, &message).await,
        None => Err(HandlerError::Permanent(format!(
            "the service {} has no consumer and no timer {handler:?}: what a projection gave up on is taken in when \
             its views are rebuilt",
            handle.service()
        ))),
    };
    match result {
        Ok(()) => Ok(letters::store_resolved(handle.bus(), handle.service(), handler, *number).await?),
        Err(HandlerError::Unavailable(reason)) => Err(HandlerError::Unavailable(reason)),
        Err(HandlerError::Retry(reason) | HandlerError::Permanent(reason)) => {
            Ok(dead_letter(handle, handler, sequence, &message, &reason, retry).await?)
        }
    }
}
