//! Resource data syncs: who may make and change one, and what it did last. Pure.

pub use reeve_contracts::explorer::ResourceDataSyncEvent;
use reeve_contracts::explorer::{
    Destination, ResourceDataSyncCreated, ResourceDataSyncDeleted, ResourceDataSyncRan,
    ResourceDataSyncUpdated, Source,
};
use reeve_eventsourcing::{Context, Decider};
use serde::{Deserialize, Serialize};

/// The type of a sync that writes to a destination.
pub const TO_DESTINATION: &str = "SyncToDestination";
/// The type of a sync that names where data comes from.
pub const FROM_SOURCE: &str = "SyncFromSource";

/// The id of a sync's aggregate: one name may stand for a sync of each type.
pub fn sync_id(sync_type: &str, name: &str) -> String {
    format!("{sync_type}/{name}")
}

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub due_ms: i64,
    pub started_ms: i64,
    pub finished_ms: i64,
    /// Empty: everything was written.
    pub problem: String,
    pub rows: u64,
    pub objects: u64,
}

/// What may be asked of a sync.
#[derive(Clone, Debug)]
pub enum Command {
    CreateToDestination {
        name: String,
        destination: Destination,
    },
    CreateFromSource {
        name: String,
        source: Source,
    },
    /// Of one that names a source.
    Update {
        source: Source,
    },
    Delete,
    /// To tell how the run that was due went.
    Tell(Run),
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is a resource data sync with this name and type already")]
    AlreadyExists,
    #[error("There is no resource data sync with this name and type")]
    NotFound,
}

/// Whether there is one, and what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub sync_type: String,
    pub name: String,
    /// The source that it names.
    pub regions: Vec<String>,
    pub includes_future_regions: bool,
    pub enables_all_data_sources: bool,
    /// When the last run that was told of was due.
    pub last_due_ms: i64,
}

impl State {
    fn has_source(&self, source: &Source) -> bool {
        self.regions == source.regions
            && self.includes_future_regions == source.includes_future_regions
            && self.enables_all_data_sources == source.enables_all_data_sources
    }

    fn with_source(self, source: Option<&Source>) -> Self {
        let source = source.cloned().unwrap_or_default();
        Self {
            regions: source.regions,
            includes_future_regions: source.includes_future_regions,
            enables_all_data_sources: source.enables_all_data_sources,
            ..self
        }
    }
}

/// The aggregate.
pub struct ResourceDataSync;

impl Decider for ResourceDataSync {
    type Command = Command;
    type Event = ResourceDataSyncEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, _: &Context) -> Result<Option<ResourceDataSyncEvent>, Error> {
        let exists = !state.sync_type.is_empty();
        let (sync_type, sync_name) = (state.sync_type.clone(), state.name.clone());
        Ok(match command {
            Command::CreateToDestination { .. } | Command::CreateFromSource { .. } if exists => {
                return Err(Error::AlreadyExists);
            }
            Command::CreateToDestination { name, destination } => {
                Some(ResourceDataSyncEvent::ResourceDataSyncCreated(ResourceDataSyncCreated {
                    sync_type: TO_DESTINATION.to_owned(),
                    sync_name: name,
                    destination: Some(destination),
                    source: None,
                }))
            }
            Command::CreateFromSource { name, source } => {
                Some(ResourceDataSyncEvent::ResourceDataSyncCreated(ResourceDataSyncCreated {
                    sync_type: FROM_SOURCE.to_owned(),
                    sync_name: name,
                    destination: None,
                    source: Some(source),
                }))
            }
            // A run of one that was deleted meanwhile is nobody's.
            Command::Tell(_) if !exists => None,
            _ if !exists => return Err(Error::NotFound),
            Command::Update { source } => (!state.has_source(&source)).then(|| {
                let source = Some(source);
                let updated = ResourceDataSyncUpdated { sync_type, sync_name, source };
                ResourceDataSyncEvent::ResourceDataSyncUpdated(updated)
            }),
            Command::Delete => {
                let deleted = ResourceDataSyncDeleted { sync_type, sync_name };
                Some(ResourceDataSyncEvent::ResourceDataSyncDeleted(deleted))
            }
            // Of replicas that ran at once one is told of.
            Command::Tell(run) if run.due_ms <= state.last_due_ms => None,
            Command::Tell(Run { due_ms, started_ms, finished_ms, problem, rows, objects }) => {
                Some(ResourceDataSyncEvent::ResourceDataSyncRan(ResourceDataSyncRan {
                    sync_type,
                    sync_name,
                    due_ms,
                    started_ms,
                    finished_ms,
                    problem,
                    rows,
                    objects,
                }))
            }
        })
    }

    fn evolve(state: State, event: &ResourceDataSyncEvent) -> State {
        match event {
            ResourceDataSyncEvent::ResourceDataSyncCreated(e) => {
                let (sync_type, name) = (e.sync_type.clone(), e.sync_name.clone());
                State { sync_type, name, ..State::default() }.with_source(e.source.as_ref())
            }
            ResourceDataSyncEvent::ResourceDataSyncUpdated(e) => state.with_source(e.source.as_ref()),
            ResourceDataSyncEvent::ResourceDataSyncDeleted(_) => State::default(),
            ResourceDataSyncEvent::ResourceDataSyncRan(e) => State { last_due_ms: e.due_ms, ..state },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn destination() -> Destination {
        Destination { bucket: "b".to_owned(), ..Destination::default() }
    }

    fn created() -> ResourceDataSyncEvent {
        ResourceDataSyncEvent::ResourceDataSyncCreated(ResourceDataSyncCreated {
            sync_type: TO_DESTINATION.to_owned(),
            sync_name: "nightly".to_owned(),
            destination: Some(destination()),
            source: None,
        })
    }

    fn ran(due_ms: i64) -> ResourceDataSyncEvent {
        ResourceDataSyncEvent::ResourceDataSyncRan(ResourceDataSyncRan {
            sync_type: TO_DESTINATION.to_owned(),
            sync_name: "nightly".to_owned(),
            due_ms,
            ..ResourceDataSyncRan::default()
        })
    }

    fn deleted() -> ResourceDataSyncEvent {
        let (sync_type, sync_name) = (TO_DESTINATION.to_owned(), "nightly".to_owned());
        ResourceDataSyncEvent::ResourceDataSyncDeleted(ResourceDataSyncDeleted { sync_type, sync_name })
    }

    fn tell(due_ms: i64) -> Command {
        Command::Tell(Run { due_ms, ..Run::default() })
    }

    #[test]
    fn a_sync_is_made_once_and_again_after_it_was_deleted() {
        let create =
            || Command::CreateToDestination { name: "nightly".to_owned(), destination: destination() };
        given::<ResourceDataSync>([]).when(create()).then(created());
        given::<ResourceDataSync>([created()]).when(create()).then_refused(Error::AlreadyExists);
        given::<ResourceDataSync>([created(), deleted()]).when(create()).then(created());
    }

    #[test]
    fn what_is_not_there_is_neither_changed_nor_deleted_and_no_run_of_it_is_told() {
        let update = Command::Update { source: Source::default() };
        given::<ResourceDataSync>([]).when(update).then_refused(Error::NotFound);
        given::<ResourceDataSync>([created(), deleted()]).when(Command::Delete).then_refused(Error::NotFound);
        given::<ResourceDataSync>([created(), deleted()]).when(tell(5)).then_nothing();
        given::<ResourceDataSync>([created()]).when(Command::Delete).then(deleted());
    }

    #[test]
    fn a_run_is_told_once_whoever_made_it() {
        given::<ResourceDataSync>([created()]).when(tell(5)).then(ran(5));
        given::<ResourceDataSync>([created(), ran(5)]).when(tell(5)).then_nothing();
        given::<ResourceDataSync>([created(), ran(5)]).when(tell(6)).then(ran(6));
    }

    #[test]
    fn the_same_source_is_no_change() {
        let source = |region: &str| Source { regions: vec![region.to_owned()], ..Source::default() };
        let created = ResourceDataSyncEvent::ResourceDataSyncCreated(ResourceDataSyncCreated {
            sync_type: FROM_SOURCE.to_owned(),
            sync_name: "all".to_owned(),
            destination: None,
            source: Some(source("a")),
        });
        let scenario = given::<ResourceDataSync>([created.clone()]);
        scenario.when(Command::Update { source: source("a") }).then_nothing();
        let scenario = given::<ResourceDataSync>([created]);
        scenario.when(Command::Update { source: source("b") }).then(
            ResourceDataSyncEvent::ResourceDataSyncUpdated(ResourceDataSyncUpdated {
                sync_type: FROM_SOURCE.to_owned(),
                sync_name: "all".to_owned(),
                source: Some(source("b")),
            }),
        );
    }
}
