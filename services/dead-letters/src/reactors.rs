//! What follows when an operator wants a dead letter retried: its service is asked.

use crate::domain::DeadLetterEvent;
use reeve_contracts::dead_letters::DeadLetterRetryRequested;
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Delivery, HandlerError};

pub(crate) async fn retry(delivery: Delivery<DeadLetterEvent>) -> Result<(), HandlerError> {
    let DeadLetterEvent::DeadLetterRetried(retried) = &delivery.event.event else { return Ok(()) };
    let number = retried.number.parse().map_err(|_| {
        HandlerError::Permanent(format!("the number of the dead letter {:?} is none", retried.number))
    })?;
    let request = DeadLetterRetryRequested { number, handler: retried.handler.clone() };
    let envelope = &delivery.event.envelope;
    let actor = Actor { name: envelope.actor.clone(), source: envelope.actor_source.clone() };
    let context = Context { actor, ..delivery.context("retry") };
    Ok(delivery.handle.request_of(&retried.service, &request, &context).await?)
}
