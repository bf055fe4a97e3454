//! An incident: what it was started by, what it says, and whether it is over.

use super::tags::{self, Tags};
pub use reeve_contracts::incidents::IncidentEvent;
use reeve_contracts::incidents::{
    IncidentActionFailed, IncidentDeleted, IncidentEngagementChanged, IncidentReopened, IncidentResolved,
    IncidentStarted, IncidentTagged, IncidentTriggerRepeated, IncidentUntagged, IncidentUpdated, RelatedItem,
    RelatedItemAdded, RelatedItemRemoved, Texts, Trigger,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// As many related items as an incident has (AWS's own limit).
pub const MAX_RELATED_ITEMS: usize = 100;

/// What a plan may ask for, as [`Command::FailAction`] names it.
pub const RUNBOOK: &str = "Runbook";
pub const NOTIFICATION: &str = "Notification";
pub const CHAT_CHANNEL: &str = "ChatChannel";
pub const PAGER_DUTY: &str = "PagerDuty";

/// What the generated ids of related items begin with that are executions of a plan's runbook.
pub const GENERATED_EXECUTION: &str = "related-item/AUTOMATION/";

/// What may be asked of an incident.
#[derive(Clone, Debug)]
pub enum Command {
    /// A trigger starts it; one of an incident that is open is a repeat.
    Start(Box<IncidentStarted>),
    Update(Box<Changes>),
    Resolve,
    Reopen,
    Delete,
    AddRelatedItem(RelatedItem),
    /// The item with this type and value.
    RemoveRelatedItem {
        kind: String,
        value_json: String,
    },
    /// Something became of an engagement of its contacts.
    TellEngagement(Box<IncidentEngagementChanged>),
    /// Something that the plan asks for was not begun.
    FailAction {
        action: String,
        reason: String,
    },
    Tag(Tags),
    Untag(Vec<String>),
}

/// What has a value is set to it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub title: Option<String>,
    pub impact: Option<i32>,
    pub summary: Option<String>,
    pub notification_targets: Option<Vec<String>>,
    pub chat_channel: Option<Vec<String>>,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such incident")]
    Unknown,
    /// It takes no trigger any more: the next one starts another incident.
    #[error("the incident is over")]
    Over,
    #[error("an incident has at most {MAX_RELATED_ITEMS} related items")]
    RelatedItems,
    #[error("an incident has at most {} tags", tags::MAX_TAGS)]
    Tags,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    #[default]
    Unknown,
    Open,
    Resolved,
    Deleted,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub id: String,
    pub plan: String,
    pub status: Status,
    title: String,
    impact: i32,
    summary: String,
    notification_targets: Vec<String>,
    chat_channel: Vec<String>,
    /// Type and value of each.
    related: Vec<(String, String)>,
    /// What was not begun, each once.
    failed: Vec<String>,
    /// The ARNs of the contacts that are engaged when it starts.
    pub engagements: Vec<String>,
    /// The command that started it: said again, it is the same one, however much has happened since.
    started_by: String,
    tags: Tags,
}

/// The aggregate.
pub struct Incident;

impl Decider for Incident {
    type Command = Command;
    type Event = IncidentEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<IncidentEvent>, Error> {
        let incident_id = state.id.clone();
        Ok(match (command, state.status) {
            (Command::Start(started), Status::Unknown) => Some(IncidentEvent::IncidentStarted(*started)),
            (Command::Start(_), Status::Open | Status::Resolved)
                if state.started_by == cx.command_id.to_string() =>
            {
                None
            }
            (Command::Start(started), Status::Open) => Some(state.repeat(started.trigger)),
            (Command::Start(_), Status::Resolved | Status::Deleted) => return Err(Error::Over),
            (Command::Delete | Command::TellEngagement(_), Status::Unknown | Status::Deleted) => None,
            (_, Status::Unknown | Status::Deleted) => return Err(Error::Unknown),
            (Command::Delete, _) => Some(IncidentEvent::IncidentDeleted(IncidentDeleted { incident_id })),
            (Command::Update(changes), _) => state.update(*changes),
            (Command::Resolve, Status::Open) => {
                Some(IncidentEvent::IncidentResolved(IncidentResolved { incident_id }))
            }
            (Command::Reopen, Status::Resolved) => {
                Some(IncidentEvent::IncidentReopened(IncidentReopened { incident_id }))
            }
            (Command::Resolve, Status::Resolved) | (Command::Reopen, Status::Open) => None,
            (Command::AddRelatedItem(item), _) => state.relate(item)?,
            (Command::RemoveRelatedItem { kind, value_json }, _) => {
                let is_there = state.related.iter().any(|(k, v)| *k == kind && *v == value_json);
                let item = RelatedItem { r#type: kind, value_json, ..RelatedItem::default() };
                let removed = RelatedItemRemoved { incident_id, item: Some(item) };
                is_there.then_some(IncidentEvent::RelatedItemRemoved(removed))
            }
            (Command::TellEngagement(changed), _) => Some(IncidentEvent::IncidentEngagementChanged(*changed)),
            (Command::Tag(new), _) => {
                let tags = tags::added(&state.tags, new).ok_or(Error::Tags)?;
                let tagged = IncidentTagged { incident_id, tags };
                (!tagged.tags.is_empty()).then_some(IncidentEvent::IncidentTagged(tagged))
            }
            (Command::Untag(keys), _) => {
                let untagged = IncidentUntagged { incident_id, keys: tags::removed(&state.tags, keys) };
                (!untagged.keys.is_empty()).then_some(IncidentEvent::IncidentUntagged(untagged))
            }
            (Command::FailAction { action, .. }, _) if state.failed.contains(&action) => None,
            (Command::FailAction { action, reason }, _) => {
                let failed = IncidentActionFailed { incident_id, action, reason };
                Some(IncidentEvent::IncidentActionFailed(failed))
            }
        })
    }

    fn evolve(mut state: State, event: &IncidentEvent) -> State {
        match event {
            IncidentEvent::IncidentStarted(e) => {
                state = State {
                    id: e.incident_id.clone(),
                    plan: e.plan.clone(),
                    status: Status::Open,
                    title: e.title.clone(),
                    impact: e.impact,
                    summary: e.summary.clone(),
                    notification_targets: e.notification_targets.clone(),
                    chat_channel: e.chat_channel.clone(),
                    related: e.related_items.iter().map(identity).collect(),
                    failed: Vec::new(),
                    engagements: e.engagements.clone(),
                    started_by: e.started_by.clone(),
                    tags: tags::of(&e.tags),
                };
            }
            IncidentEvent::IncidentTriggerRepeated(_) | IncidentEvent::IncidentEngagementChanged(_) => {}
            IncidentEvent::IncidentUpdated(e) => state.set(e),
            IncidentEvent::IncidentResolved(_) => state.status = Status::Resolved,
            IncidentEvent::IncidentReopened(_) => state.status = Status::Open,
            IncidentEvent::IncidentDeleted(_) => state.status = Status::Deleted,
            IncidentEvent::RelatedItemAdded(e) => state.related.extend(e.item.iter().map(identity)),
            IncidentEvent::RelatedItemRemoved(e) => {
                let gone = e.item.as_ref().map(identity);
                state.related.retain(|item| Some(item) != gone.as_ref());
            }
            IncidentEvent::IncidentActionFailed(e) => state.failed.push(e.action.clone()),
            IncidentEvent::IncidentTagged(e) => state.tags.extend(tags::of(&e.tags)),
            IncidentEvent::IncidentUntagged(e) => state.tags.retain(|key, _| !e.keys.contains(key)),
        }
        state
    }
}

fn identity(item: &RelatedItem) -> (String, String) {
    (item.r#type.clone(), item.value_json.clone())
}

impl State {
    fn repeat(&self, trigger: Option<Trigger>) -> IncidentEvent {
        let (incident_id, plan) = (self.id.clone(), self.plan.clone());
        IncidentEvent::IncidentTriggerRepeated(IncidentTriggerRepeated { incident_id, plan, trigger })
    }

    /// What is another than before; nothing when all of it is as it was.
    fn update(&self, changes: Changes) -> Option<IncidentEvent> {
        let Changes { title, impact, summary, notification_targets, chat_channel } = changes;
        let texts = |values| Texts { values };
        let updated = IncidentUpdated {
            incident_id: self.id.clone(),
            title: title.filter(|title| *title != self.title),
            impact: impact.filter(|impact| *impact != self.impact),
            summary: summary.filter(|summary| *summary != self.summary),
            notification_targets: notification_targets
                .filter(|targets| *targets != self.notification_targets)
                .map(texts),
            chat_channel: chat_channel.filter(|channel| *channel != self.chat_channel).map(texts),
        };
        let nothing = IncidentUpdated { incident_id: self.id.clone(), ..IncidentUpdated::default() };
        (updated != nothing).then_some(IncidentEvent::IncidentUpdated(updated))
    }

    fn set(&mut self, updated: &IncidentUpdated) {
        let IncidentUpdated { incident_id: _, title, impact, summary, notification_targets, chat_channel } =
            updated.clone();
        set(&mut self.title, title);
        set(&mut self.impact, impact);
        set(&mut self.summary, summary);
        set(&mut self.notification_targets, notification_targets.map(|texts| texts.values));
        set(&mut self.chat_channel, chat_channel.map(|texts| texts.values));
    }

    fn relate(&self, item: RelatedItem) -> Result<Option<IncidentEvent>, Error> {
        if self.related.contains(&identity(&item)) {
            return Ok(None);
        }
        if self.related.len() >= MAX_RELATED_ITEMS {
            return Err(Error::RelatedItems);
        }
        let added = RelatedItemAdded { incident_id: self.id.clone(), item: Some(item) };
        Ok(Some(IncidentEvent::RelatedItemAdded(added)))
    }
}

fn set<T>(value: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *value = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn start(source: &str) -> IncidentStarted {
        IncidentStarted {
            incident_id: "i".into(),
            plan: "p".into(),
            title: "down".into(),
            impact: 2,
            trigger: Some(trigger(source)),
            ..IncidentStarted::default()
        }
    }

    fn trigger(source: &str) -> Trigger {
        Trigger { source: source.to_owned(), ..Trigger::default() }
    }

    fn started() -> IncidentEvent {
        IncidentEvent::IncidentStarted(start("a"))
    }

    fn resolved() -> IncidentEvent {
        IncidentEvent::IncidentResolved(IncidentResolved { incident_id: "i".into() })
    }

    fn item(value: usize) -> RelatedItem {
        RelatedItem { r#type: "METRIC".into(), value_json: value.to_string(), ..RelatedItem::default() }
    }

    fn added(value: usize) -> IncidentEvent {
        let added = RelatedItemAdded { incident_id: "i".into(), item: Some(item(value)) };
        IncidentEvent::RelatedItemAdded(added)
    }

    #[test]
    fn an_open_one_takes_further_triggers_and_one_that_is_over_none() {
        let again = |source: &str| Command::Start(Box::new(start(source)));
        given::<Incident>([]).when(again("a")).then(started());
        given::<Incident>([started()]).when(again("b")).then(IncidentEvent::IncidentTriggerRepeated(
            IncidentTriggerRepeated {
                incident_id: "i".into(),
                plan: "p".into(),
                trigger: Some(trigger("b")),
            },
        ));
        given::<Incident>([started(), resolved()]).when(again("b")).then_refused(Error::Over);
        let deleted = IncidentEvent::IncidentDeleted(IncidentDeleted { incident_id: "i".into() });
        given::<Incident>([started(), deleted.clone()]).when(again("b")).then_refused(Error::Over);
        given::<Incident>([started()]).when(Command::Delete).then(deleted.clone());
        given::<Incident>([started(), deleted.clone()]).when(Command::Delete).then_nothing();
        given::<Incident>([started(), deleted]).when(Command::Resolve).then_refused(Error::Unknown);
    }

    #[test]
    fn the_call_that_started_it_starts_nothing_else_however_late_it_comes_again() {
        let started_by = reeve_testkit::context().command_id.to_string();
        let mine = IncidentStarted { started_by, ..start("a") };
        let again = Command::Start(Box::new(mine.clone()));
        let started = IncidentEvent::IncidentStarted(mine);
        given::<Incident>([started.clone()]).when(again.clone()).then_nothing();
        given::<Incident>([started, resolved()]).when(again).then_nothing();
    }

    #[test]
    fn it_is_resolved_and_opened_again_by_people() {
        let reopened = IncidentEvent::IncidentReopened(IncidentReopened { incident_id: "i".into() });
        given::<Incident>([started()]).when(Command::Resolve).then(resolved());
        given::<Incident>([started(), resolved()]).when(Command::Resolve).then_nothing();
        given::<Incident>([started(), resolved()]).when(Command::Reopen).then(reopened.clone());
        given::<Incident>([started()]).when(Command::Reopen).then_nothing();
        given::<Incident>([started(), resolved(), reopened]).when(Command::Resolve).then(resolved());
        given::<Incident>([]).when(Command::Resolve).then_refused(Error::Unknown);
    }

    #[test]
    fn an_update_says_only_what_changed() {
        let changes = Changes {
            title: Some("down".into()),
            impact: Some(1),
            chat_channel: Some(vec!["c".into()]),
            ..Changes::default()
        };
        let updated = IncidentEvent::IncidentUpdated(IncidentUpdated {
            incident_id: "i".into(),
            impact: Some(1),
            chat_channel: Some(Texts { values: vec!["c".into()] }),
            ..IncidentUpdated::default()
        });
        let update = Command::Update(Box::new(changes));
        given::<Incident>([started()]).when(update.clone()).then(updated.clone());
        given::<Incident>([started(), updated.clone()]).when(update).then_nothing();
        let cleared = Changes { chat_channel: Some(vec![]), ..Changes::default() };
        given::<Incident>([started(), updated]).when(Command::Update(Box::new(cleared))).then(
            IncidentEvent::IncidentUpdated(IncidentUpdated {
                incident_id: "i".into(),
                chat_channel: Some(Texts::default()),
                ..IncidentUpdated::default()
            }),
        );
    }

    #[test]
    fn related_items_are_there_once_and_not_without_limit() {
        given::<Incident>([started()]).when(Command::AddRelatedItem(item(1))).then(added(1));
        given::<Incident>([started(), added(1)]).when(Command::AddRelatedItem(item(1))).then_nothing();
        let remove = |value: usize| Command::RemoveRelatedItem {
            kind: "METRIC".into(),
            value_json: value.to_string(),
        };
        let gone = RelatedItemRemoved { incident_id: "i".into(), item: Some(item(1)) };
        let gone = IncidentEvent::RelatedItemRemoved(gone);
        given::<Incident>([started(), added(1)]).when(remove(1)).then(gone.clone());
        given::<Incident>([started(), added(1)]).when(remove(2)).then_nothing();
        given::<Incident>([started(), added(1), gone]).when(remove(1)).then_nothing();
        let full = std::iter::once(started()).chain((0..MAX_RELATED_ITEMS).map(added));
        given::<Incident>(full).when(Command::AddRelatedItem(item(999))).then_refused(Error::RelatedItems);
    }

    #[test]
    fn what_became_of_an_engagement_is_told_while_there_is_an_incident() {
        let changed = IncidentEngagementChanged {
            incident_id: "i".into(),
            what: "Acknowledged".into(),
            ..Default::default()
        };
        let tell = || Command::TellEngagement(Box::new(changed.clone()));
        let told = || IncidentEvent::IncidentEngagementChanged(changed.clone());
        let deleted = IncidentEvent::IncidentDeleted(IncidentDeleted { incident_id: "i".into() });
        given::<Incident>([started()]).when(tell()).then(told());
        given::<Incident>([started(), resolved()]).when(tell()).then(told());
        given::<Incident>([started(), deleted]).when(tell()).then_nothing();
        given::<Incident>([]).when(tell()).then_nothing();
    }

    #[test]
    fn what_was_not_begun_is_said_once() {
        let fail = Command::FailAction { action: "Runbook".into(), reason: "none".into() };
        let failed = IncidentEvent::IncidentActionFailed(IncidentActionFailed {
            incident_id: "i".into(),
            action: "Runbook".into(),
            reason: "none".into(),
        });
        given::<Incident>([started()]).when(fail.clone()).then(failed.clone());
        given::<Incident>([started(), failed]).when(fail).then_nothing();
    }

    #[test]
    fn it_has_the_tags_of_its_template_until_they_are_taken_away() {
        let of = |value: &str| Tags::from([("team".to_owned(), value.to_owned())]);
        let with_tags = IncidentStarted { tags: tags::told(of("db")), ..start("a") };
        let started = IncidentEvent::IncidentStarted(with_tags);
        given::<Incident>([started.clone()]).when(Command::Tag(of("db"))).then_nothing();
        let tagged = IncidentTagged { incident_id: "i".into(), tags: tags::told(of("web")) };
        let tagged = IncidentEvent::IncidentTagged(tagged);
        given::<Incident>([started.clone()]).when(Command::Tag(of("web"))).then(tagged);
        let untagged = IncidentUntagged { incident_id: "i".into(), keys: vec!["team".into()] };
        let untag = || Command::Untag(vec!["team".into()]);
        let untagged = IncidentEvent::IncidentUntagged(untagged);
        given::<Incident>([started.clone()]).when(untag()).then(untagged.clone());
        given::<Incident>([started, untagged]).when(untag()).then_nothing();
    }
}
