//! What happened to OpsItems and behind them, as ListOpsItemEvents answers it.

use super::later_first;
use crate::domain::{cause::CauseEvent, item::OpsItemEvent};
use reeve_eventsourcing::{Event, Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use reeve_types::text::cut;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What happened to an item, the latest first: keys are `<item>/<position>`, and the position [`later_first`].
pub(crate) const TIMELINE: &str = "timeline";
/// The keys of [`TIMELINE`] by position alone.
pub(crate) const WHOLE_TIMELINE: &str = "whole-timeline";

/// As much of a text is in the detail of an event.
const MAX_DETAIL_CHARS: usize = 4_096;

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub ops_item_id: String,
    pub event_id: String,
    /// The event's CloudEvents type.
    pub detail_type: String,
    pub detail: Value,
    pub actor: String,
    pub time: Timestamp,
}

/// Keeps what happened to items.
pub(crate) struct ItemTimeline;

impl Projection for ItemTimeline {
    const NAME: &'static str = "item-timeline";
    const VERSION: u32 = 2;
    type Event = OpsItemEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsItemEvent>) {
        put(view, event, &event.envelope.aggregate.id, item_detail(&event.event));
    }
}

/// Keeps what happened behind items.
pub(crate) struct CauseTimeline;

impl Projection for CauseTimeline {
    const NAME: &'static str = "cause-timeline";
    const VERSION: u32 = 2;
    type Event = CauseEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CauseEvent>) {
        let instant = |ms| Timestamp(ms).rfc3339();
        let (item, detail) = match &event.event {
            CauseEvent::CauseFired(e) => {
                (&e.ops_item_id, json!({"fingerprint": e.fingerprint, "startsAt": instant(e.start_ms)}))
            }
            CauseEvent::CauseEnded(e) => (
                &e.ops_item_id,
                json!({"fingerprint": e.fingerprint, "startsAt": instant(e.start_ms), "reason": e.reason}),
            ),
        };
        if !item.is_empty() {
            put(view, event, item, detail);
        }
    }
}

fn put<E: Event>(view: &mut dyn View, event: &Recorded<E>, item: &str, detail: Value) {
    let envelope = &event.envelope;
    let row = EventRow {
        ops_item_id: item.to_owned(),
        event_id: envelope.id.to_string(),
        detail_type: envelope.schema.clone(),
        detail,
        actor: envelope.actor.clone(),
        time: envelope.time,
    };
    let position = later_first(i64::try_from(event.position.0).unwrap_or(i64::MAX));
    let key = format!("{item}/{position}");
    view.put_row(WHOLE_TIMELINE, &position, key.clone());
    view.put_row(TIMELINE, &key, row);
}

fn text(text: &str) -> Value {
    Value::from(cut(text, MAX_DETAIL_CHARS))
}

fn item_detail(event: &OpsItemEvent) -> Value {
    let mut detail = Map::new();
    let mut say = |name: &str, value: Value| {
        let empty = value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
        if !empty && !value.is_null() {
            detail.insert(name.to_owned(), value);
        }
    };
    match event {
        OpsItemEvent::OpsItemCreated(e) => {
            say("title", text(&e.title));
            say("source", text(&e.source));
            say("severity", text(&e.severity));
            say("relatedOpsItems", json!(e.related_ops_items));
        }
        OpsItemEvent::OpsItemUpdated(e) => {
            for (name, new) in [
                ("title", &e.title),
                ("description", &e.description),
                ("status", &e.status),
                ("severity", &e.severity),
                ("category", &e.category),
            ] {
                say(name, new.as_deref().map_or(Value::Null, text));
            }
            say("priority", json!(e.priority));
            let keys: Vec<&String> = e.operational_data.iter().map(|datum| &datum.key).collect();
            say("operationalData", json!(keys));
            say("operationalDataDeleted", json!(e.operational_data_deleted));
            say("notifications", json!(e.notifications.as_ref().map(|texts| &texts.values)));
            say("relatedOpsItems", json!(e.related_ops_items.as_ref().map(|texts| &texts.values)));
        }
        OpsItemEvent::OpsItemDeleted(_) => {}
        OpsItemEvent::OpsItemDuplicateRefused(e) => {
            say("title", text(&e.title));
            say("source", text(&e.source));
            say("severity", text(&e.severity));
        }
        OpsItemEvent::OpsItemAlertWorsened(e) => say("severity", text(&e.severity)),
        OpsItemEvent::RelatedItemAssociated(e) => {
            say("associationId", text(&e.association_id));
            say("associationType", text(&e.association_type));
            say("resourceUri", text(&e.resource_uri));
        }
        OpsItemEvent::RelatedItemDisassociated(e) => say("associationId", text(&e.association_id)),
        OpsItemEvent::OpsItemCausesEnded(e) => {
            say("status", json!("Resolved"));
            say("firings", json!(e.firings));
        }
    }
    Value::Object(detail)
}
