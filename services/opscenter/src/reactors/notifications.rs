//! The default rule on messages that were not sent: an item for each destination, until something is sent there again, and one for
//! each principal whose messages are refused, until somebody resolves it.

use crate::{causes::Following, opening::deduplication_key, projections::others::is_disabled};
use reeve_contracts::{
    notifications::{NotificationEvent, NotificationRefused},
    opscenter::{CauseFired, OperationalDatum, OpsItemCreated},
};
use reeve_runtime::{Delivery, HandlerError};

/// The name of the rule.
const RULE: &str = "reeve.notifications";
/// The one thing that fires for a destination.
const FINGERPRINT: &str = "not-sent";

pub(crate) async fn react(delivery: Delivery<NotificationEvent>) -> Result<(), HandlerError> {
    let at_ms = delivery.event.envelope.time.0;
    let (destination, reason) = match &delivery.event.event {
        NotificationEvent::NotificationFailed(e) => (&e.destination, &e.reason),
        // Its destination is what somebody has written: what there is one item about is who has to mend it.
        NotificationEvent::NotificationRefused(_) if is_disabled(&delivery.handle, RULE) => return Ok(()),
        NotificationEvent::NotificationRefused(e) => {
            Following::of(&delivery).await?.item(refused(e)).await?;
            return Ok(());
        }
        NotificationEvent::NotificationSent(e) => {
            let group = group(&e.destination);
            let following = Following::of(&delivery).await?;
            return following.end_firing(group, FINGERPRINT, at_ms, "A message was sent".to_owned()).await;
        }
        NotificationEvent::NotificationAccepted(_)
        | NotificationEvent::NotificationAttemptStarted(_)
        | NotificationEvent::NotificationAttemptFailed(_)
        | NotificationEvent::NotificationHeld(_)
        | NotificationEvent::NotificationReleased(_)
        | NotificationEvent::NotificationCancelled(_) => return Ok(()),
    };
    if is_disabled(&delivery.handle, RULE) {
        return Ok(());
    }
    let (following, group) = (Following::of(&delivery).await?, group(destination));
    if following.firing(&group, FINGERPRINT).is_active() {
        return Ok(());
    }
    let ops_item_id = following.item(item(destination, reason, &group)).await?;
    let fired = CauseFired { group, fingerprint: FINGERPRINT.to_owned(), start_ms: at_ms, ops_item_id };
    following.fire(fired).await
}

fn refused(e: &NotificationRefused) -> OpsItemCreated {
    let principal = &e.principal;
    OpsItemCreated {
        title: format!("Messages of {principal} are refused"),
        description: format!(
            "The first one: to {}, because: {} See `reeve notifications list --status Refused`, mend what asks for them (a rule, a \
             contact, a runbook), and resolve this item: it is opened again when another one is refused.",
            e.destination, e.reason
        ),
        source: "reeve.notifications".to_owned(),
        severity: "3".to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        deduplication_key: deduplication_key(&["refused-notifications", principal]),
        ..OpsItemCreated::default()
    }
}

fn group(destination: &str) -> String {
    deduplication_key(&["notifications", destination])
}

fn item(destination: &str, reason: &str, key: &str) -> OpsItemCreated {
    let datum =
        OperationalDatum { key: "destination".to_owned(), value: destination.to_owned(), searchable: true };
    OpsItemCreated {
        title: format!("Messages to {destination} are not sent"),
        description: format!(
            "The first reason: {reason}. See `reeve notifications list --destination {destination}`; the item is Resolved when \
             something was sent there."
        ),
        source: "reeve.notifications".to_owned(),
        severity: "2".to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        operational_data: vec![datum],
        deduplication_key: key.to_owned(),
        ..OpsItemCreated::default()
    }
}
