//! Associations, their versions, what they are found by, and the timer of their next run.

use super::executions::TOO_MANY_TARGETS;
use crate::domain::association::{Association, AssociationEvent, State, TARGETS_JOINED};
use reeve_contracts::{ssm::Target, state_manager::ExecutionStarted};
use reeve_eventsourcing::{Decider, Projection, Recorded, View, ViewExt, timers};
use reeve_types::{Timestamp, arn::id_or_arn};
use serde::{Deserialize, Serialize};

/// Associations by id.
pub(crate) const ASSOCIATIONS: &str = "associations";
/// Versions by [`version_key`].
pub(crate) const VERSIONS: &str = "versions";
/// Ids of associations by `<one of its first target's keys>/<id>`: see [`target_keys`].
pub(crate) const BY_TARGET: &str = "by-target";
/// Ids of associations by `<document>/<id>`.
pub(crate) const BY_DOCUMENT: &str = "by-document";
/// Ids of associations by `<calendar>/<id>`.
pub(crate) const BY_CALENDAR: &str = "by-calendar";
/// The timer of an association's next run.
pub(crate) const FIRE: &str = "fire";
/// The timer of the end of an association's Duration while it runs.
pub(crate) const TIME: &str = "time";

/// An association as it is now.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AssociationRow {
    pub state: State,
    pub created_ms: i64,
    pub last_execution_ms: Option<i64>,
    pub last_success_ms: Option<i64>,
    /// How its last execution stands: status and detailed status; empty before the first one.
    pub status: String,
    pub detailed_status: String,
    pub message: String,
}

/// A version as it was made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub association_json: String,
    /// Who made it, on whose behalf it runs.
    pub principal: String,
    pub created_ms: i64,
}

pub(crate) fn version_key(id: &str, version: u32) -> String {
    format!("{id}/{version:06}")
}

/// Under which keys an association is found by a node: those of its first target. A node has few keys: its id, its tags, and
/// that of all nodes.
pub(crate) fn target_keys(targets: &[Target]) -> Vec<String> {
    let Some(first) = targets.first() else { return vec!["all".to_owned()] };
    let key = first.key.as_deref().unwrap_or_default();
    let values = first.values.iter().flatten();
    match key.strip_prefix("tag:") {
        Some(tag) => values.map(|value| tag_key(tag, value)).collect(),
        None if key == "InstanceIds" => values.map(|id| format!("node/{id}")).collect(),
        None if key == "tag-key" => values.map(|tag| format!("tag-key/{tag}")).collect(),
        None => vec!["all".to_owned()],
    }
}

/// A tag with its value; the length of the tag tells where it ends.
fn tag_key(tag: &str, value: &str) -> String {
    format!("tag/{}/{tag}/{value}", tag.len())
}

/// The keys of a node.
pub(crate) fn node_keys<'a>(node: &str, tags: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    let of_tags = tags.flat_map(|(tag, value)| [tag_key(tag, value), format!("tag-key/{tag}")]);
    ["all".to_owned(), format!("node/{node}")].into_iter().chain(of_tags).collect()
}

fn index(view: &mut dyn View, state: &State, put: bool) {
    let (id, association) = (&state.association_id, state.association());
    let targets = crate::domain::targets(&association);
    let document = association.name.clone().unwrap_or_default();
    let mut rows = vec![(BY_DOCUMENT, format!("{document}/{id}"))];
    let calendars = association.calendar_names.iter().flatten();
    let calendars = calendars.map(|name| (BY_CALENDAR, format!("{}/{id}", id_or_arn("document", name))));
    rows.extend(calendars);
    rows.extend(target_keys(&targets).into_iter().map(|key| (BY_TARGET, format!("{key}/{id}"))));
    for (table, key) in rows {
        match put {
            true => view.put_row(table, &key, id.clone()),
            false => view.remove(table, key.as_bytes()),
        }
    }
}

fn version(view: &mut dyn View, state: &State) {
    let row = VersionRow {
        association_json: state.association_json.clone(),
        principal: state.principal.clone(),
        created_ms: state.since_ms,
    };
    view.put_row(VERSIONS, &version_key(&state.association_id, state.version), row);
}

/// Keeps the tables of this file.
pub(crate) struct Associations;

impl Projection for Associations {
    const NAME: &'static str = "associations";
    const VERSION: u32 = 3;
    type Event = AssociationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AssociationEvent>) {
        let id = &event.envelope.aggregate.id;
        let mut row: AssociationRow = view.row(ASSOCIATIONS, id).unwrap_or_default();
        let before = std::mem::take(&mut row.state);
        row.state = Association::evolve(before.clone(), &event.event);
        match &event.event {
            AssociationEvent::AssociationCreated(e) => row.created_ms = e.created_ms,
            AssociationEvent::AssociationUpdated(_) => index(view, &before, false),
            AssociationEvent::AssociationDeleted(_) => {
                index(view, &before, false);
                view.remove(ASSOCIATIONS, id.as_bytes());
                timers::cancel(view, TIME, id);
                return timers::cancel(view, FIRE, id);
            }
            AssociationEvent::ExecutionStarted(e) => {
                start(&mut row, e);
                if e.ends_ms > 0 && !e.node_ids.is_empty() {
                    timers::set(view, TIME, id, Timestamp(e.ends_ms));
                }
            }
            AssociationEvent::ExecutionTimeEnded(_) => timers::cancel(view, TIME, id),
            AssociationEvent::ExecutionFinished(e) => {
                timers::cancel(view, TIME, id);
                row.status.clone_from(&e.status);
                row.detailed_status.clone_from(&e.detailed_status);
                row.message.clone_from(&e.message);
                if e.status == "Success" {
                    row.last_success_ms = Some(e.finished_ms);
                }
            }
            AssociationEvent::AssociationStatusUpdated(_)
            | AssociationEvent::ExecutionRequested(_)
            | AssociationEvent::ExecutionHeld(_)
            | AssociationEvent::ExecutionSkipped(_) => {}
        }
        if row.state.version != before.version {
            index(view, &row.state, true);
            version(view, &row.state);
        }
        match &row.state.due {
            Some(due) => timers::set(view, FIRE, id, Timestamp(due.at_ms)),
            None => timers::cancel(view, FIRE, id),
        }
        view.put_row(ASSOCIATIONS, id, row);
    }
}

fn start(row: &mut AssociationRow, started: &ExecutionStarted) {
    if !started.node_ids.is_empty() {
        row.last_execution_ms = Some(started.started_ms);
        (row.status, row.detailed_status) = ("Pending".to_owned(), "InProgress".to_owned());
        row.message.clear();
    } else if !started.refusal.is_empty() {
        (row.status, row.detailed_status) = ("Failed".to_owned(), TOO_MANY_TARGETS.to_owned());
        row.message.clone_from(&started.refusal);
    } else if started.cause != TARGETS_JOINED {
        let detailed = match (started.away_node_ids.as_slice(), started.other_platform_node_ids.as_slice()) {
            ([], []) => "NoTargets",
            ([], _) => "UnsupportedPlatform",
            _ => "Pending",
        };
        (row.status, row.detailed_status) = ("Pending".to_owned(), detailed.to_owned());
        row.message.clear();
    }
}
