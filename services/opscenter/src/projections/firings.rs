//! How often each firing was heard of, from the events of ingest: exact, whatever is repeated and by whom.

use reeve_contracts::ingest::{Alert, AlertGroupEvent, Text};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was heard of firings: keys are `<group>/<fingerprint>/<start>`.
pub(crate) const HEARD: &str = "heard-firings";
/// What was said last of the groups of alerts.
pub(crate) const GROUPS: &str = "alert-groups";

/// As many senders of a group are kept.
const MAX_SENDERS: usize = 8;
/// A source's clock that is further ahead than this is flagged.
const MAX_SKEW_SECONDS: i64 = 300;

/// What was heard of a firing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeardRow {
    pub sender: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// As often it was said to fire.
    pub count: u64,
    /// As often it was said to have ended.
    pub resolved_count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// The source's clock is ahead of ours, or its end is before its start.
    pub skewed: bool,
}

/// A group of alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    /// As many alerts were cut off from its last message.
    pub truncated: u32,
    /// The Alertmanagers that sent it.
    pub senders: Vec<String>,
}

pub(crate) fn heard_key(group: &str, fingerprint: &str, start_ms: i64) -> String {
    format!("{group}/{fingerprint}/{start_ms}")
}

fn texts(texts: &[Text]) -> BTreeMap<String, String> {
    texts.iter().map(|text| (text.key.clone(), text.value.clone())).collect()
}

fn is_skewed(alert: &Alert, received: Timestamp) -> bool {
    let ahead = alert.start_ms > received.plus_seconds(MAX_SKEW_SECONDS).0;
    ahead || (alert.end_ms > 0 && alert.end_ms < alert.start_ms)
}

/// Keeps [`HEARD`] and [`GROUPS`].
pub(crate) struct Firings;

impl Projection for Firings {
    const NAME: &'static str = "heard-firings";
    const VERSION: u32 = 1;
    type Event = AlertGroupEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AlertGroupEvent>) {
        let AlertGroupEvent::AlertGroupReceived(e) = &event.event;
        let now = event.envelope.time;
        view.update_row(GROUPS, &e.group, |row: &mut GroupRow| {
            row.truncated = e.truncated_alerts;
            if !row.senders.contains(&e.external_url) && row.senders.len() < MAX_SENDERS {
                row.senders.push(e.external_url.clone());
            }
        });
        for alert in &e.alerts {
            let key = heard_key(&e.group, &alert.fingerprint, alert.start_ms);
            view.update_row(HEARD, &key, |row: &mut HeardRow| {
                if row.count + row.resolved_count == 0 {
                    (row.sender, row.first_seen) = (e.sender.clone(), now);
                    row.labels = texts(&alert.labels);
                }
                row.annotations = texts(&alert.annotations);
                row.skewed |= is_skewed(alert, now);
                row.last_seen = row.last_seen.max(now);
                match alert.firing {
                    true => row.count += 1,
                    false => row.resolved_count += 1,
                }
            });
        }
    }
}
