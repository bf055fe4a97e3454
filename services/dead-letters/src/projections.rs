//! Dead letters as they are answered.

use crate::domain::{DeadLetterEvent, Status};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Dead letters by [`key`].
pub(crate) const DEAD_LETTERS: &str = "dead-letters";
/// Those that are open or being retried, by the same key.
pub(crate) const UNSETTLED: &str = "unsettled";
/// How many there are, by the table that they are in.
pub(crate) const COUNTS: &str = "counts";

/// A dead letter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DeadLetterRow {
    pub number: u64,
    pub service: String,
    pub handler: String,
    pub subject: String,
    pub sequence: u64,
    /// Of the last failure.
    pub reason: String,
    pub status: Status,
    pub recorded: Timestamp,
    pub changed: Timestamp,
    /// How often an operator had it retried.
    pub retries: u32,
}

/// The key of a number: they sort as numbers do.
pub(crate) fn key(number: u64) -> String {
    format!("{number:020}")
}

/// Keeps both tables.
pub(crate) struct DeadLetters;

impl Projection for DeadLetters {
    const NAME: &'static str = "dead-letters";
    const VERSION: u32 = 2;
    type Event = DeadLetterEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DeadLetterEvent>) {
        let changed = event.envelope.time;
        let (number, status, reason) = match &event.event {
            DeadLetterEvent::DeadLetterRecorded(e) => {
                let Ok(number) = e.number.parse() else { return };
                let row = DeadLetterRow {
                    number,
                    service: e.service.clone(),
                    handler: e.handler.clone(),
                    subject: e.subject.clone(),
                    sequence: e.sequence,
                    recorded: changed,
                    ..DeadLetterRow::default()
                };
                view.put_row(DEAD_LETTERS, &key(number), row);
                (&e.number, Status::Open, Some(&e.reason))
            }
            DeadLetterEvent::DeadLetterRetried(e) => (&e.number, Status::Retrying, None),
            DeadLetterEvent::DeadLetterRetryFailed(e) => (&e.number, Status::Open, Some(&e.reason)),
            DeadLetterEvent::DeadLetterResolved(e) => (&e.number, Status::Resolved, None),
            DeadLetterEvent::DeadLetterDiscarded(e) => (&e.number, Status::Discarded, None),
        };
        let Ok(number) = number.parse::<u64>() else { return };
        view.change_row(DEAD_LETTERS, &key(number), |row: &mut DeadLetterRow| {
            (row.status, row.changed) = (status, changed);
            row.retries += u32::from(status == Status::Retrying);
            if let Some(reason) = reason {
                row.reason.clone_from(reason);
            }
        });
        let was_unsettled = view.row::<()>(UNSETTLED, &key(number)).is_some();
        let is_unsettled = matches!(status, Status::Open | Status::Retrying);
        match is_unsettled {
            true => view.put_row(UNSETTLED, &key(number), ()),
            false => view.remove(UNSETTLED, key(number).as_bytes()),
        }
        view.update_row(COUNTS, UNSETTLED, |count: &mut u64| {
            *count = count.saturating_add(u64::from(is_unsettled)).saturating_sub(u64::from(was_unsettled));
        });
    }
}
