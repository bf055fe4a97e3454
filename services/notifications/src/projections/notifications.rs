//! Notifications as they are read.

use crate::domain::notification::NotificationEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Notifications by their ids.
pub(crate) const NOTIFICATIONS: &str = "notifications";
/// Their ids, the newest first.
pub(crate) const NEWEST: &str = "newest";

/// What may have become of one.
pub(crate) const STATUSES: [&str; 7] =
    ["Waiting", "Held", "Sending", "Sent", "Failed", "Cancelled", "Refused"];

/// A notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NotificationRow {
    pub origin_kind: String,
    pub origin_id: String,
    pub destination: String,
    pub subject: String,
    pub text: String,
    pub details_json: String,
    pub principal: String,
    pub account: String,
    pub region: String,
    pub accepted: Timestamp,
    pub expires: Timestamp,
    /// One of [`STATUSES`].
    pub status: String,
    pub attempts: u32,
    pub next_attempt: Option<Timestamp>,
    /// Why the last attempt failed, or why it ended without being sent.
    pub reason: String,
    pub receipt: String,
    pub sent: Option<Timestamp>,
}

/// The key in [`NEWEST`] of what came at an instant.
fn newest_key(at: Timestamp, id: &str) -> String {
    format!("{}/{id}", at.newest_first())
}

/// Keeps [`NOTIFICATIONS`] and [`NEWEST`].
pub(crate) struct Notifications;

impl Projection for Notifications {
    const NAME: &'static str = "notifications";
    const VERSION: u32 = 2;
    type Event = NotificationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NotificationEvent>) {
        let at = event.envelope.time;
        let mut change = |id: &str, change: &dyn Fn(&mut NotificationRow)| {
            view.change_row(NOTIFICATIONS, id, |row: &mut NotificationRow| change(row));
        };
        match &event.event {
            NotificationEvent::NotificationAccepted(e) => {
                let row = NotificationRow {
                    origin_kind: e.origin_kind.clone(),
                    origin_id: e.origin_id.clone(),
                    destination: e.destination.clone(),
                    subject: e.subject.clone(),
                    text: e.text.clone(),
                    details_json: e.details_json.clone(),
                    principal: e.principal.clone(),
                    account: e.account.clone(),
                    region: e.region.clone(),
                    accepted: Timestamp(e.accepted_ms),
                    expires: Timestamp(e.expires_ms),
                    status: "Waiting".to_owned(),
                    ..NotificationRow::default()
                };
                view.put_row(NEWEST, &newest_key(at, &e.id), e.id.clone());
                view.put_row(NOTIFICATIONS, &e.id, row);
            }
            NotificationEvent::NotificationRefused(e) => {
                let row = NotificationRow {
                    origin_kind: e.origin_kind.clone(),
                    origin_id: e.origin_id.clone(),
                    destination: e.destination.clone(),
                    principal: e.principal.clone(),
                    accepted: at,
                    status: "Refused".to_owned(),
                    reason: e.reason.clone(),
                    ..NotificationRow::default()
                };
                view.put_row(NEWEST, &newest_key(at, &e.id), e.id.clone());
                view.put_row(NOTIFICATIONS, &e.id, row);
            }
            NotificationEvent::NotificationAttemptStarted(e) => change(&e.id, &|row| {
                (row.status, row.attempts, row.next_attempt) = ("Sending".to_owned(), e.attempt, None);
            }),
            NotificationEvent::NotificationAttemptFailed(e) => change(&e.id, &|row| {
                (row.status, row.reason) = ("Waiting".to_owned(), e.reason.clone());
                row.next_attempt = Some(Timestamp(e.next_attempt_ms));
            }),
            NotificationEvent::NotificationHeld(e) => change(&e.id, &|row| {
                row.status = "Held".to_owned();
                row.next_attempt = Some(Timestamp(e.until_ms));
            }),
            NotificationEvent::NotificationReleased(e) => change(&e.id, &|row| {
                (row.status, row.next_attempt) = ("Waiting".to_owned(), None);
            }),
            NotificationEvent::NotificationSent(e) => change(&e.id, &|row| {
                (row.status, row.receipt) = ("Sent".to_owned(), e.receipt.clone());
                (row.sent, row.next_attempt) = (Some(Timestamp(e.sent_ms)), None);
                row.reason.clear();
            }),
            NotificationEvent::NotificationFailed(e) => change(&e.id, &|row| end(row, "Failed", &e.reason)),
            NotificationEvent::NotificationCancelled(e) => {
                change(&e.id, &|row| end(row, "Cancelled", &e.reason));
            }
        }
    }
}

fn end(row: &mut NotificationRow, status: &str, reason: &str) {
    (row.status, row.reason, row.next_attempt) = (status.to_owned(), reason.to_owned(), None);
}
