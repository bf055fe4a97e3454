//! Sources as they are listed, and what came of each.

use crate::{alert_group::AlertGroupEvent, cloud_event::CloudEventEvent, source::SourceEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Sources by name.
pub(crate) const SOURCES: &str = "sources";

/// A source as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SourceRow {
    pub created: Timestamp,
    /// CloudEvents, and messages of Alertmanager and of webhooks.
    pub received: u64,
    pub last_received: Timestamp,
    pub mapping: String,
}

/// Keeps the sources of [`SOURCES`].
pub(crate) struct Sources;

impl Projection for Sources {
    const NAME: &'static str = "sources";
    const VERSION: u32 = 2;
    type Event = SourceEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<SourceEvent>) {
        match &event.event {
            SourceEvent::SourceCreated(e) => {
                view.put_row(
                    SOURCES,
                    &e.name,
                    SourceRow { created: event.envelope.time, ..SourceRow::default() },
                );
            }
            SourceEvent::SourceMappingPut(e) => {
                view.change_row(SOURCES, &e.name, |row: &mut SourceRow| row.mapping = e.mapping.clone());
            }
            SourceEvent::SourceDeleted(e) => view.remove(SOURCES, e.name.as_bytes()),
        }
    }
}

fn count(view: &mut dyn View, sender: &str, now: Timestamp) {
    view.change_row(SOURCES, sender, |row: &mut SourceRow| {
        (row.received, row.last_received) = (row.received + 1, now);
    });
}

/// Counts CloudEvents. What PutEvents puts is of no source, and counted nowhere.
pub(crate) struct ReceivedEvents;

impl Projection for ReceivedEvents {
    const NAME: &'static str = "received-events";
    const VERSION: u32 = 1;
    type Event = CloudEventEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CloudEventEvent>) {
        let CloudEventEvent::CloudEventReceived(e) = &event.event;
        count(view, &e.sender, event.envelope.time);
    }
}

/// Counts messages of Alertmanager.
pub(crate) struct ReceivedAlerts;

impl Projection for ReceivedAlerts {
    const NAME: &'static str = "received-alerts";
    const VERSION: u32 = 1;
    type Event = AlertGroupEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AlertGroupEvent>) {
        let AlertGroupEvent::AlertGroupReceived(e) = &event.event;
        count(view, &e.sender, event.envelope.time);
    }
}
