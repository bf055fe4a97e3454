//! The default rule on dead letters: an item for each handler that gave up, while letters of it wait.

use crate::{
    causes::Following,
    opening::deduplication_key,
    projections::others::{DEAD_LETTERS, is_disabled},
};
use reeve_contracts::{
    dead_letters::{DeadLetterEvent, DeadLetterRecorded},
    opscenter::{CauseEnded, CauseFired, OperationalDatum, OpsItemCreated},
};
use reeve_runtime::{Delivery, HandlerError};
use reeve_types::text::cut;

/// The name of the consumer of this rule. What it gives up on itself opens no item: that would feed itself.
pub(crate) const CONSUMER: &str = "dead-letters";

/// The name of the rule.
const RULE: &str = "reeve.dead-letters";

pub(crate) async fn react(delivery: Delivery<DeadLetterEvent>) -> Result<(), HandlerError> {
    let (number, reason) = match &delivery.event.event {
        DeadLetterEvent::DeadLetterRecorded(e) => {
            let feeds_itself = e.service == delivery.handle.service() && e.handler == CONSUMER;
            if feeds_itself || is_disabled(&delivery.handle, RULE) {
                return Ok(());
            }
            let (following, group) = (Following::of(&delivery).await?, group(&e.service, &e.handler));
            let ops_item_id = following.item(item(e, &group)).await?;
            let start_ms = delivery.event.envelope.time.0;
            let fired = CauseFired { group, fingerprint: e.number.clone(), start_ms, ops_item_id };
            return following.fire(fired).await;
        }
        DeadLetterEvent::DeadLetterResolved(e) => (&e.number, "Resolved"),
        DeadLetterEvent::DeadLetterDiscarded(e) => (&e.number, "Discarded"),
        DeadLetterEvent::DeadLetterRetried(_) | DeadLetterEvent::DeadLetterRetryFailed(_) => return Ok(()),
    };
    let views = delivery.handle.views();
    let Some((service, handler)) = views.get::<(String, String)>(DEAD_LETTERS, number) else { return Ok(()) };
    let (following, group) = (Following::of(&delivery).await?, group(&service, &handler));
    let firing = following.firing(&group, number);
    let Some(start_ms) = firing.start_ms else { return Ok(()) };
    let (reason, fingerprint, ops_item_id) = (reason.to_owned(), number.clone(), firing.ops_item_id.clone());
    let ended = CauseEnded { group, fingerprint, start_ms, ops_item_id, end_ms: 0, reason };
    following.end(ended).await?;
    following.settle(&firing.ops_item_id).await
}

/// As many characters as are told of what went wrong, and of where.
const MAX_REASON_CHARS: usize = 1_000;

fn group(service: &str, handler: &str) -> String {
    deduplication_key(&["dead-letters", service, handler])
}

fn item(recorded: &DeadLetterRecorded, key: &str) -> OpsItemCreated {
    let DeadLetterRecorded { service, handler, reason, .. } = recorded;
    let datum = |key: &str, value: &str| OperationalDatum {
        key: key.to_owned(),
        value: cut(value, MAX_REASON_CHARS),
        searchable: true,
    };
    OpsItemCreated {
        title: format!("The handler {handler} of the service {service} gives up on messages"),
        description: format!(
            "The first reason: {}. See `reeve dead-letters list --service {service}`; the item is Resolved when each \
             letter was handled or discarded.",
            cut(reason, MAX_REASON_CHARS)
        ),
        source: "reeve.dead-letters".to_owned(),
        severity: "2".to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        operational_data: vec![datum("service", service), datum("handler", handler)],
        deduplication_key: key.to_owned(),
        ..OpsItemCreated::default()
    }
}
