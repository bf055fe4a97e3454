//! Response plans, incidents, their timelines and related items as they are answered.

mod changes;
mod replication;

pub(crate) use changes::{Commands, DIFFERENCES, DifferenceRow, Differences, RUNS, RunRow, Runs, change_key};
pub(crate) use replication::{REPLICATION_SET, Replication, ReplicationSetRow, THIS};

use crate::{
    domain::{
        incident::{IncidentEvent, RUNBOOK},
        plan::ResponsePlanEvent,
        tags::{self, Tags},
        timeline::{self, TimelineEventEvent},
    },
    shape,
};
use reeve_contracts::incidents::{RelatedItem, Trigger};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Response plans by name, as GetResponsePlan answers them, without their ARN.
pub(crate) const PLANS: &str = "plans";
/// Incidents by id.
pub(crate) const INCIDENTS: &str = "incidents";
/// Ids of incidents by [`newest_first`].
pub(crate) const NEWEST_FIRST: &str = "newest-first";
/// How many incidents each deduplication string had, by its digest.
pub(crate) const COUNT_OF_DEDUPE: &str = "count-of-dedupe";
/// Events of timelines by incident and event, `<incident>/<event>`.
pub(crate) const TIMELINE: &str = "timeline";
/// The related items of each incident, 100 at most, in their order.
pub(crate) const RELATED_ITEMS: &str = "related-items";
/// The tags of response plans, by name, and of incidents, by id.
pub(crate) const PLAN_TAGS: &str = "plan-tags";
pub(crate) const INCIDENT_TAGS: &str = "incident-tags";
/// The resource policies of response plans, by name.
pub(crate) const POLICIES: &str = "policies";

/// An incident.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct IncidentRow {
    pub id: String,
    pub plan: String,
    pub title: String,
    pub impact: i32,
    pub summary: String,
    pub dedupe_string: String,
    pub is_resolved: bool,
    pub created: Timestamp,
    pub resolved: Option<Timestamp>,
    pub changed: Timestamp,
    pub created_by: String,
    pub changed_by: String,
    pub source: String,
    pub trigger_arn: String,
    pub notification_targets: Vec<String>,
    pub chat_channel: Vec<String>,
    /// Of the installation, for the ARNs of what belongs to one.
    pub region: String,
    /// Triggers that came while it was open, the first among them.
    pub triggers: u64,
}

/// An event of a timeline.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TimelineRow {
    pub event_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub occurred_ms: i64,
    /// When it was last written.
    pub known: Timestamp,
    pub data: String,
    pub references_json: Vec<String>,
}

/// A related item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RelatedItemRow {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub value_json: String,
    pub generated_id: String,
}

/// The key of an incident in [`NEWEST_FIRST`].
pub(crate) fn newest_first(created: Timestamp, id: &str) -> String {
    format!("{}/{id}", created.newest_first())
}

/// The digest of a deduplication string: a key of any length is not.
pub(crate) fn digest(dedupe_string: &str) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, dedupe_string.as_bytes()).to_string()
}

/// Keeps [`PLANS`].
pub(crate) struct Plans;

impl Projection for Plans {
    const NAME: &'static str = "plans";
    const VERSION: u32 = 2;
    type Event = ResponsePlanEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ResponsePlanEvent>) {
        match &event.event {
            ResponsePlanEvent::ResponsePlanCreated(e) => {
                view.put_row(PLANS, &e.name, shape::plan_output(e.plan.clone().unwrap_or_default()));
                view.put_row(PLAN_TAGS, &e.name, tags::of(&e.tags));
            }
            ResponsePlanEvent::ResponsePlanUpdated(e) => {
                view.put_row(PLANS, &e.name, shape::plan_output(e.plan.clone().unwrap_or_default()));
            }
            ResponsePlanEvent::ResponsePlanDeleted(e) => {
                view.remove(PLANS, e.name.as_bytes());
                view.remove(PLAN_TAGS, e.name.as_bytes());
                view.remove(POLICIES, e.name.as_bytes());
            }
            ResponsePlanEvent::ResponsePlanTagged(e) => {
                view.update_row(PLAN_TAGS, &e.name, |row: &mut Tags| row.extend(tags::of(&e.tags)));
            }
            ResponsePlanEvent::ResponsePlanUntagged(e) => {
                view.update_row(PLAN_TAGS, &e.name, |row: &mut Tags| {
                    row.retain(|key, _| !e.keys.contains(key))
                });
            }
            ResponsePlanEvent::ResponsePlanPolicyPut(e) => {
                view.update_row(POLICIES, &e.name, |row: &mut Policies| {
                    row.insert(e.policy_id.clone(), e.policy.clone());
                });
            }
            ResponsePlanEvent::ResponsePlanPolicyDeleted(e) => {
                view.update_row(POLICIES, &e.name, |row: &mut Policies| _ = row.remove(&e.policy_id));
            }
        }
    }
}

/// The resource policies of a plan by their ids, a few at most.
pub(crate) type Policies = std::collections::BTreeMap<String, String>;

/// Keeps the tables of incidents, and what their timelines say by themselves.
pub(crate) struct Incidents;

impl Projection for Incidents {
    const NAME: &'static str = "incidents";
    const VERSION: u32 = 2;
    type Event = IncidentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<IncidentEvent>) {
        let (time, actor) = (event.envelope.time, &event.envelope.actor);
        let change = |view: &mut dyn View, id: &str, set: &mut dyn FnMut(&mut IncidentRow)| {
            view.change_row(INCIDENTS, id, |row: &mut IncidentRow| {
                set(row);
                row.changed = time;
                row.changed_by.clone_from(actor);
            });
        };
        match &event.event {
            IncidentEvent::IncidentTagged(e) => {
                return view.update_row(INCIDENT_TAGS, &e.incident_id, |row: &mut Tags| {
                    row.extend(tags::of(&e.tags));
                });
            }
            IncidentEvent::IncidentUntagged(e) => {
                return view.update_row(INCIDENT_TAGS, &e.incident_id, |row: &mut Tags| {
                    row.retain(|key, _| !e.keys.contains(key));
                });
            }
            IncidentEvent::IncidentStarted(e) => {
                view.put_row(INCIDENT_TAGS, &e.incident_id, tags::of(&e.tags));
                let row = started(e, time, actor);
                view.put_row(NEWEST_FIRST, &newest_first(time, &row.id), row.id.clone());
                view.update_row(COUNT_OF_DEDUPE, &digest(&row.dedupe_string), |count: &mut u64| *count += 1);
                let items: Vec<RelatedItemRow> = e.related_items.iter().map(related).collect();
                view.put_row(RELATED_ITEMS, &row.id, items);
                view.put_row(INCIDENTS, &e.incident_id, row);
            }
            IncidentEvent::IncidentTriggerRepeated(e) => {
                change(view, &e.incident_id, &mut |row| row.triggers += 1);
            }
            IncidentEvent::IncidentUpdated(e) => change(view, &e.incident_id, &mut |row| {
                if let Some(title) = &e.title {
                    row.title.clone_from(title);
                }
                row.impact = e.impact.unwrap_or(row.impact);
                if let Some(summary) = &e.summary {
                    row.summary.clone_from(summary);
                }
                if let Some(targets) = &e.notification_targets {
                    row.notification_targets.clone_from(&targets.values);
                }
                if let Some(channel) = &e.chat_channel {
                    row.chat_channel.clone_from(&channel.values);
                }
            }),
            IncidentEvent::IncidentResolved(e) => change(view, &e.incident_id, &mut |row| {
                (row.is_resolved, row.resolved) = (true, Some(time));
            }),
            IncidentEvent::IncidentReopened(e) => change(view, &e.incident_id, &mut |row| {
                (row.is_resolved, row.resolved) = (false, None);
            }),
            IncidentEvent::IncidentDeleted(e) => return delete(view, &e.incident_id),
            IncidentEvent::RelatedItemAdded(e) => {
                let item = related(&e.item.clone().unwrap_or_default());
                view.update_row(RELATED_ITEMS, &e.incident_id, |items: &mut Vec<_>| items.push(item));
                change(view, &e.incident_id, &mut |_| {});
            }
            IncidentEvent::RelatedItemRemoved(e) => {
                let gone = e.item.clone().unwrap_or_default();
                view.update_row(RELATED_ITEMS, &e.incident_id, |items: &mut Vec<RelatedItemRow>| {
                    items.retain(|item| item.kind != gone.r#type || item.value_json != gone.value_json);
                });
                change(view, &e.incident_id, &mut |_| {});
            }
            IncidentEvent::IncidentActionFailed(_) | IncidentEvent::IncidentEngagementChanged(_) => {}
        }
        let (incident, kind, data) = automatic(&event.event);
        let event_id = event.envelope.id.to_string();
        let key = timeline::id(incident, &event_id);
        let row = TimelineRow {
            event_id,
            kind: kind.to_owned(),
            occurred_ms: occurred(&event.event).unwrap_or(time.0),
            known: time,
            data: data.to_string(),
            references_json: Vec::new(),
        };
        view.put_row(TIMELINE, &key, row);
    }
}

fn started(e: &reeve_contracts::incidents::IncidentStarted, time: Timestamp, actor: &str) -> IncidentRow {
    let trigger = e.trigger.clone().unwrap_or_default();
    IncidentRow {
        id: e.incident_id.clone(),
        plan: e.plan.clone(),
        title: e.title.clone(),
        impact: e.impact,
        summary: e.summary.clone(),
        dedupe_string: e.dedupe_string.clone(),
        is_resolved: false,
        created: time,
        resolved: None,
        changed: time,
        created_by: actor.to_owned(),
        changed_by: actor.to_owned(),
        source: trigger.source,
        trigger_arn: trigger.arn,
        notification_targets: e.notification_targets.clone(),
        chat_channel: e.chat_channel.clone(),
        region: e.region.clone(),
        triggers: 1,
    }
}

fn related(item: &RelatedItem) -> RelatedItemRow {
    RelatedItemRow {
        kind: item.r#type.clone(),
        title: item.title.clone(),
        value_json: item.value_json.clone(),
        generated_id: item.generated_id.clone(),
    }
}

/// The tables forget an incident; what was on its timeline is asked for by nobody any more.
fn delete(view: &mut dyn View, id: &str) {
    let row: Option<IncidentRow> = view.row(INCIDENTS, id);
    if let Some(row) = row {
        view.remove(NEWEST_FIRST, newest_first(row.created, id).as_bytes());
    }
    view.remove(INCIDENTS, id.as_bytes());
    view.remove(RELATED_ITEMS, id.as_bytes());
    view.remove(INCIDENT_TAGS, id.as_bytes());
}

/// What the timeline says of an event by itself: of which incident, which type, and with which data.
fn automatic(event: &IncidentEvent) -> (&str, &'static str, serde_json::Value) {
    const TRIGGER: &str = "SSM Incident Trigger";
    const UPDATE: &str = "SSM Incident Record Update";
    const RELATED: &str = "SSM Incident Related Item Update";
    let told = |trigger: &Option<Trigger>| {
        let trigger = trigger.clone().unwrap_or_default();
        json!({"source": trigger.source, "triggerArn": trigger.arn, "rawData": trigger.raw_data})
    };
    let item = |item: &Option<RelatedItem>| {
        let item = item.clone().unwrap_or_default();
        let value: serde_json::Value = serde_json::from_str(&item.value_json).unwrap_or_default();
        json!({"type": item.r#type, "value": value, "title": item.title})
    };
    match event {
        IncidentEvent::IncidentStarted(e) => {
            let mut data = told(&e.trigger);
            data["action"] = json!("Started");
            (&e.incident_id, TRIGGER, data)
        }
        IncidentEvent::IncidentTriggerRepeated(e) => {
            let mut data = told(&e.trigger);
            data["action"] = json!("Deduplicated");
            (&e.incident_id, TRIGGER, data)
        }
        IncidentEvent::IncidentUpdated(e) => {
            let mut data = json!({});
            let members = [
                ("title", e.title.as_ref().map(|title| json!(title))),
                ("impact", e.impact.map(|impact| json!(impact))),
                ("summary", e.summary.as_ref().map(|summary| json!(summary))),
                ("notificationTargets", e.notification_targets.as_ref().map(|t| json!(t.values))),
                ("chatChannel", e.chat_channel.as_ref().map(|channel| json!(channel.values))),
            ];
            for (name, value) in members {
                if let Some(value) = value {
                    data[name] = value;
                }
            }
            (&e.incident_id, UPDATE, data)
        }
        IncidentEvent::IncidentResolved(e) => (&e.incident_id, UPDATE, json!({"status": "RESOLVED"})),
        IncidentEvent::IncidentReopened(e) => (&e.incident_id, UPDATE, json!({"status": "OPEN"})),
        // Its timeline goes with it.
        IncidentEvent::IncidentDeleted(e) => (&e.incident_id, UPDATE, json!({})),
        IncidentEvent::RelatedItemAdded(e) => (&e.incident_id, RELATED, json!({"added": item(&e.item)})),
        IncidentEvent::RelatedItemRemoved(e) => (&e.incident_id, RELATED, json!({"removed": item(&e.item)})),
        IncidentEvent::IncidentEngagementChanged(e) => {
            let kind = match e.what.as_str() {
                "Acknowledged" => "SSM Contacts Page Acknowledgement for Incident",
                "Refused" => "SSM Contacts Engagement Start Failure for Incident",
                _ => "SSM Contacts Engagement Update for Incident",
            };
            let (contact, engagement) = (&e.contact, &e.engagement_id);
            let data =
                json!({"action": e.what, "contact": contact, "engagement": engagement, "details": e.details});
            (&e.incident_id, kind, data)
        }
        // What its tags are is not what happened.
        IncidentEvent::IncidentTagged(e) => (&e.incident_id, UPDATE, json!({})),
        IncidentEvent::IncidentUntagged(e) => (&e.incident_id, UPDATE, json!({})),
        IncidentEvent::IncidentActionFailed(e) => {
            let kind = match e.action.as_str() {
                RUNBOOK => "SSM Automation Execution Start Failure for Incident",
                // As it was told before there was a service for contacts.
                "Engagement" => "SSM Contacts Engagement Start Failure for Incident",
                _ => "SSM Incident Notification Failure for Incident",
            };
            (&e.incident_id, kind, json!({"action": e.action, "reason": e.reason}))
        }
    }
}

/// When what a trigger or an engagement tells of happened, as it says itself.
fn occurred(event: &IncidentEvent) -> Option<i64> {
    if let IncidentEvent::IncidentEngagementChanged(e) = event {
        return Some(e.occurred_ms).filter(|ms| *ms > 0);
    }
    let trigger = match event {
        IncidentEvent::IncidentStarted(e) => e.trigger.as_ref(),
        IncidentEvent::IncidentTriggerRepeated(e) => e.trigger.as_ref(),
        _ => None,
    };
    trigger.map(|trigger| trigger.occurred_ms).filter(|ms| *ms > 0)
}

/// Keeps what people wrote in [`TIMELINE`].
pub(crate) struct Timeline;

impl Projection for Timeline {
    const NAME: &'static str = "timeline";
    const VERSION: u32 = 1;
    type Event = TimelineEventEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<TimelineEventEvent>) {
        let known = event.envelope.time;
        let (incident, row) = match &event.event {
            TimelineEventEvent::TimelineEventCreated(e) => {
                let (kind, data) = (e.r#type.clone(), e.data.clone());
                let (occurred_ms, references_json) = (e.occurred_ms, e.references_json.clone());
                let event_id = e.event_id.clone();
                (&e.incident_id, TimelineRow { event_id, kind, occurred_ms, known, data, references_json })
            }
            TimelineEventEvent::TimelineEventUpdated(e) => {
                let (kind, data) = (e.r#type.clone(), e.data.clone());
                let (occurred_ms, references_json) = (e.occurred_ms, e.references_json.clone());
                let event_id = e.event_id.clone();
                (&e.incident_id, TimelineRow { event_id, kind, occurred_ms, known, data, references_json })
            }
            TimelineEventEvent::TimelineEventDeleted(e) => {
                return view.remove(TIMELINE, timeline::id(&e.incident_id, &e.event_id).as_bytes());
            }
        };
        view.put_row(TIMELINE, &timeline::id(incident, &row.event_id), row);
    }
}
