//! What people write on an incident's timeline: when it happened is theirs to say, when it was known the log says.

pub use reeve_contracts::incidents::TimelineEventEvent;
use reeve_contracts::incidents::{TimelineEventCreated, TimelineEventDeleted, TimelineEventUpdated};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// The types that people may write.
pub const TYPES: [&str; 2] = ["Custom Event", "Note"];

/// What an event of the timeline says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    #[serde(rename = "type")]
    pub kind: String,
    pub occurred_ms: i64,
    pub data: String,
    pub references_json: Vec<String>,
}

/// What may be asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    Create { incident_id: String, event_id: String, entry: Entry },
    Update(Changes),
    Delete,
}

/// What has a value is set to it.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub kind: Option<String>,
    pub occurred_ms: Option<i64>,
    pub data: Option<String>,
    pub references_json: Option<Vec<String>>,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such timeline event")]
    Unknown,
    #[error("eventType is {0:?}; people may write the types {TYPES:?}")]
    Type(String),
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub incident_id: String,
    /// Empty: there is none.
    pub event_id: String,
    pub entry: Entry,
}

/// The aggregate's id.
pub fn id(incident_id: &str, event_id: &str) -> String {
    format!("{incident_id}/{event_id}")
}

/// The aggregate.
pub struct TimelineEvent;

impl Decider for TimelineEvent {
    type Command = Command;
    type Event = TimelineEventEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<TimelineEventEvent>, Error> {
        let exists = !state.event_id.is_empty();
        let (incident_id, event_id) = (state.incident_id.clone(), state.event_id.clone());
        Ok(match command {
            Command::Create { .. } if exists => None,
            Command::Create { incident_id, event_id, entry } => {
                let Entry { kind, occurred_ms, data, references_json } = checked(entry)?;
                Some(TimelineEventEvent::TimelineEventCreated(TimelineEventCreated {
                    incident_id,
                    event_id,
                    r#type: kind,
                    occurred_ms,
                    data,
                    references_json,
                }))
            }
            Command::Delete => {
                exists.then_some(TimelineEventEvent::TimelineEventDeleted(TimelineEventDeleted {
                    incident_id,
                    event_id,
                }))
            }
            Command::Update(_) if !exists => return Err(Error::Unknown),
            Command::Update(changes) => {
                let entry = checked(state.entry.with(changes))?;
                (entry != state.entry).then(|| {
                    let Entry { kind, occurred_ms, data, references_json } = entry;
                    TimelineEventEvent::TimelineEventUpdated(TimelineEventUpdated {
                        incident_id,
                        event_id,
                        r#type: kind,
                        occurred_ms,
                        data,
                        references_json,
                    })
                })
            }
        })
    }

    fn evolve(_: State, event: &TimelineEventEvent) -> State {
        match event {
            TimelineEventEvent::TimelineEventCreated(e) => State {
                incident_id: e.incident_id.clone(),
                event_id: e.event_id.clone(),
                entry: Entry {
                    kind: e.r#type.clone(),
                    occurred_ms: e.occurred_ms,
                    data: e.data.clone(),
                    references_json: e.references_json.clone(),
                },
            },
            TimelineEventEvent::TimelineEventUpdated(e) => State {
                incident_id: e.incident_id.clone(),
                event_id: e.event_id.clone(),
                entry: Entry {
                    kind: e.r#type.clone(),
                    occurred_ms: e.occurred_ms,
                    data: e.data.clone(),
                    references_json: e.references_json.clone(),
                },
            },
            TimelineEventEvent::TimelineEventDeleted(_) => State::default(),
        }
    }
}

impl Entry {
    fn with(&self, changes: Changes) -> Self {
        let Changes { kind, occurred_ms, data, references_json } = changes;
        Self {
            kind: kind.unwrap_or_else(|| self.kind.clone()),
            occurred_ms: occurred_ms.unwrap_or(self.occurred_ms),
            data: data.unwrap_or_else(|| self.data.clone()),
            references_json: references_json.unwrap_or_else(|| self.references_json.clone()),
        }
    }
}

fn checked(entry: Entry) -> Result<Entry, Error> {
    if TYPES.contains(&entry.kind.as_str()) { Ok(entry) } else { Err(Error::Type(entry.kind)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn entry(kind: &str, data: &str) -> Entry {
        Entry { kind: kind.to_owned(), occurred_ms: 5, data: data.to_owned(), references_json: vec![] }
    }

    fn create(kind: &str) -> Command {
        Command::Create { incident_id: "i".into(), event_id: "e".into(), entry: entry(kind, "first") }
    }

    fn created() -> TimelineEventEvent {
        TimelineEventEvent::TimelineEventCreated(TimelineEventCreated {
            incident_id: "i".into(),
            event_id: "e".into(),
            r#type: "Note".into(),
            occurred_ms: 5,
            data: "first".into(),
            references_json: vec![],
        })
    }

    #[test]
    fn people_write_change_and_take_back_their_own() {
        given::<TimelineEvent>([]).when(create("Note")).then(created());
        given::<TimelineEvent>([created()]).when(create("Note")).then_nothing();
        let wrong = "SSM Incident Trigger";
        given::<TimelineEvent>([]).when(create(wrong)).then_refused(Error::Type(wrong.into()));
        let second = Changes { data: Some("second".into()), ..Changes::default() };
        given::<TimelineEvent>([created()]).when(Command::Update(second.clone())).then(
            TimelineEventEvent::TimelineEventUpdated(TimelineEventUpdated {
                incident_id: "i".into(),
                event_id: "e".into(),
                r#type: "Note".into(),
                occurred_ms: 5,
                data: "second".into(),
                references_json: vec![],
            }),
        );
        given::<TimelineEvent>([created()]).when(Command::Update(Changes::default())).then_nothing();
        given::<TimelineEvent>([]).when(Command::Update(second)).then_refused(Error::Unknown);
        let deleted = TimelineEventEvent::TimelineEventDeleted(TimelineEventDeleted {
            incident_id: "i".into(),
            event_id: "e".into(),
        });
        given::<TimelineEvent>([created()]).when(Command::Delete).then(deleted.clone());
        given::<TimelineEvent>([created(), deleted]).when(Command::Delete).then_nothing();
    }
}
