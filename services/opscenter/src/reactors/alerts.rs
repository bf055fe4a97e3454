//! Alerts of ingest: firing ones open items, and when the last cause of an item has ended, it is Resolved.
//!
//! The messages of one group are handled one after the other. Each decision is on what is known of a firing, so a message
//! that comes again, from whichever sender, decides nothing.

use super::alert_item::{item, key, severity};
use crate::{
    causes::Following,
    projections::{causes::ACTIVE_IN_GROUPS, others::is_disabled},
};
use futures::{StreamExt, TryStreamExt, stream};
use reeve_contracts::{
    ingest::{Alert, AlertGroupEvent, AlertGroupReceived},
    opscenter::{CauseEnded, CauseFired},
};
use reeve_runtime::{Delivery, HandlerError};
use std::collections::{BTreeMap, BTreeSet};

/// The name of the rule.
const RULE: &str = "reeve.alerts";
/// As many causes of a group are decided on at a time.
const MAX_ALERTS_AT_ONCE: usize = 32;

pub(crate) async fn react(delivery: Delivery<AlertGroupEvent>) -> Result<(), HandlerError> {
    let AlertGroupEvent::AlertGroupReceived(group) = &delivery.event.event;
    let following = Following::of(&delivery).await?;
    let mut by_item: BTreeMap<String, Vec<&Alert>> = BTreeMap::new();
    // While the rule is disabled ends are taken in, and beginnings are not.
    let ends_only = is_disabled(&delivery.handle, RULE);
    for alert in group.alerts.iter().filter(|alert| !(ends_only && alert.firing)) {
        by_item.entry(key(group, alert)).or_default().push(alert);
    }
    let settled = absent(&following, group).await?;
    let taken: Vec<_> = by_item.iter().map(|(key, alerts)| take(&following, group, key, alerts)).collect();
    stream::iter(taken).buffer_unordered(MAX_ALERTS_AT_ONCE).try_collect::<()>().await?;
    settle(&following, settled).await
}

/// A complete message after one that was cut off has the whole group: what it lacks has ended. Says behind which items.
async fn absent(
    following: &Following<'_>,
    group: &AlertGroupReceived,
) -> Result<BTreeSet<String>, HandlerError> {
    if !group.follows_truncated || group.truncated_alerts > 0 {
        return Ok(BTreeSet::new());
    }
    let present: BTreeSet<&str> = group.alerts.iter().map(|alert| alert.fingerprint.as_str()).collect();
    let (views, prefix) = (following.handle.views(), format!("{}/", group.group));
    let active = views.scan::<String>(ACTIVE_IN_GROUPS, &prefix, None, usize::MAX).rows;
    let absent = active.into_iter().filter_map(|(key, item)| {
        let fingerprint = key.strip_prefix(&prefix)?.to_owned();
        (!present.contains(fingerprint.as_str())).then_some((fingerprint, item))
    });
    let absent: Vec<(String, String)> = absent.collect();
    let ends = absent.iter().map(|(fingerprint, _)| {
        let start_ms = following.firing(&group.group, fingerprint).start_ms.unwrap_or_default();
        ended(group, fingerprint, start_ms, 0, "Absent")
    });
    end(following, ends.collect()).await?;
    Ok(absent.into_iter().map(|(_, item)| item).collect())
}

/// Takes in the alerts of one item.
async fn take(
    following: &Following<'_>,
    group: &AlertGroupReceived,
    key: &str,
    alerts: &[&Alert],
) -> Result<(), HandlerError> {
    let firing: Vec<&Alert> = alerts.iter().copied().filter(|alert| alert.firing).collect();
    let known = |alert: &Alert| following.firing(&group.group, &alert.fingerprint);
    let mut begun: Vec<&Alert> =
        firing.iter().copied().filter(|alert| known(alert).is_new(alert.start_ms)).collect();
    // One that is known to fire has ended and begun again, and its end was missed.
    let superseded: Vec<&Alert> = begun.iter().copied().filter(|alert| known(alert).is_active()).collect();
    if let Some(open) = following.open_item(key) {
        let (again, joining): (Vec<&Alert>, Vec<&Alert>) =
            begun.into_iter().partition(|alert| known(alert).is_active());
        fire(following, group, &open, joining).await?;
        following.worsen(&open, severity(&firing)).await?;
        begun = again;
    }
    let mut touched: BTreeSet<String> = alerts.iter().map(|alert| known(alert).ops_item_id).collect();
    let resolved = alerts.iter().filter(|alert| !alert.firing);
    let resolved =
        resolved.map(|alert| ended(group, &alert.fingerprint, alert.start_ms, alert.end_ms, "Resolved"));
    let superseded = superseded.into_iter().map(|alert| {
        let start_ms = known(alert).start_ms.unwrap_or_default();
        ended(group, &alert.fingerprint, start_ms, 0, "Superseded")
    });
    end(following, resolved.chain(superseded).collect()).await?;
    touched.remove("");
    settle(following, touched).await?;
    if begun.is_empty() {
        return Ok(());
    }
    let id = following.item(item(group, key, &firing)).await?;
    fire(following, group, &id, begun).await
}

async fn fire(
    following: &Following<'_>,
    group: &AlertGroupReceived,
    item: &str,
    alerts: Vec<&Alert>,
) -> Result<(), HandlerError> {
    let fired = alerts.into_iter().map(|alert| CauseFired {
        group: group.group.clone(),
        fingerprint: alert.fingerprint.clone(),
        start_ms: alert.start_ms,
        ops_item_id: item.to_owned(),
    });
    let fired: Vec<_> = fired.map(|fired| following.fire(fired)).collect();
    stream::iter(fired).buffer_unordered(MAX_ALERTS_AT_ONCE).try_collect().await
}

async fn end(following: &Following<'_>, ends: Vec<CauseEnded>) -> Result<(), HandlerError> {
    let ends: Vec<_> = ends.into_iter().map(|ended| following.end(ended)).collect();
    stream::iter(ends).buffer_unordered(MAX_ALERTS_AT_ONCE).try_collect().await
}

async fn settle(following: &Following<'_>, items: BTreeSet<String>) -> Result<(), HandlerError> {
    let settled: Vec<_> = items.iter().map(|item| following.settle(item)).collect();
    stream::iter(settled).buffer_unordered(MAX_ALERTS_AT_ONCE).try_collect().await
}

fn ended(
    group: &AlertGroupReceived,
    fingerprint: &str,
    start_ms: i64,
    end_ms: i64,
    reason: &str,
) -> CauseEnded {
    CauseEnded {
        group: group.group.clone(),
        fingerprint: fingerprint.to_owned(),
        start_ms,
        ops_item_id: String::new(),
        end_ms,
        reason: reason.to_owned(),
    }
}
