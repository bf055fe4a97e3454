//! Incidents.

use reeve_contracts::incidents::IncidentEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Incidents by id.
pub(crate) const INCIDENTS: &str = "incidents";

/// An incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct IncidentRow {
    pub arn: String,
    pub title: String,
    pub impact: i32,
    pub plan: String,
    pub source: String,
    pub created: Timestamp,
    pub resolved: Option<Timestamp>,
    pub modified: Timestamp,
}

/// Keeps [`INCIDENTS`].
pub(crate) struct Incidents;

impl Projection for Incidents {
    const NAME: &'static str = "incidents";
    const VERSION: u32 = 1;
    type Event = IncidentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<IncidentEvent>) {
        let (id, time) = (event.envelope.aggregate.id.as_str(), event.envelope.time);
        if let IncidentEvent::IncidentStarted(e) = &event.event {
            let row = IncidentRow {
                arn: e.arn.clone(),
                title: e.title.clone(),
                impact: e.impact,
                plan: e.plan.clone(),
                source: e.trigger.as_ref().map(|trigger| trigger.source.clone()).unwrap_or_default(),
                created: time,
                resolved: None,
                modified: time,
            };
            return view.put_row(INCIDENTS, id, row);
        }
        if let IncidentEvent::IncidentDeleted(_) = &event.event {
            return view.remove(INCIDENTS, id.as_bytes());
        }
        // One that is not there was deleted.
        let _found = view.change_row(INCIDENTS, id, |row: &mut IncidentRow| {
            row.modified = time;
            match &event.event {
                IncidentEvent::IncidentResolved(_) => row.resolved = Some(time),
                IncidentEvent::IncidentReopened(_) => row.resolved = None,
                IncidentEvent::IncidentUpdated(e) => {
                    row.impact = e.impact.unwrap_or(row.impact);
                    if let Some(title) = &e.title {
                        row.title.clone_from(title);
                    }
                }
                _ => {}
            }
        });
    }
}
