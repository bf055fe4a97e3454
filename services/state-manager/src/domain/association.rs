//! An association: what is to run where and when, and each run of it.
//!
//! It is one aggregate with its executions, so that a firing, a change and a deletion are decided one after the other. Of its
//! executions one runs at a time.

mod beginning;

use super::schedule::Timing;
use beginning::{catch_up, fire, hold};
pub use reeve_contracts::state_manager::AssociationEvent;
use reeve_contracts::{
    ssm::AssociationDescription,
    state_manager::{
        AssociationCreated, AssociationDeleted, AssociationStatusUpdated, AssociationUpdated,
        ExecutionFinished, ExecutionRequested, ExecutionSkipped, ExecutionStarted, ExecutionTimeEnded, Tag,
    },
};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// What a firing of the schedule is caused by.
const SCHEDULE: &str = "Schedule";
/// What an execution on nodes that joined or returned is caused by.
pub const TARGETS_JOINED: &str = "TargetsJoined";
/// What an execution is caused by that a calendar had held.
const CALENDAR_OPENED: &str = "CalendarOpened";
const SECONDS_PER_HOUR: i64 = 3_600;
/// As many versions has an association (AWS's quota).
pub const MAX_VERSIONS: u32 = 1_000;

/// An association's targets, as they were resolved once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// On which it runs.
    pub node_ids: Vec<String>,
    pub away_node_ids: Vec<String>,
    pub other_platform_node_ids: Vec<String>,
}

/// What may be asked of an association. `association_json` is the AWS-shaped one; whoever asks has checked it.
#[derive(Clone, Debug)]
pub enum Command {
    Create {
        association_id: String,
        association_json: String,
        account: String,
        region: String,
        tags: Vec<Tag>,
    },
    /// The next version; refused when the latest is not this one, if one is given.
    Update {
        association_json: String,
        on_version: Option<u32>,
    },
    Delete,
    SetStatus {
        status_json: String,
    },
    /// To run now, whatever the schedule says.
    Request {
        cause: &'static str,
    },
    /// What is due at an instant begins. The nodes were resolved when so many executions had begun, and were not while one ran.
    Fire {
        due_ms: i64,
        executions: u64,
        resolved: Option<Resolved>,
    },
    /// What waits since it joined or returned begins, as above.
    CatchUp {
        executions: u64,
        node_ids: Vec<String>,
        dropped_node_ids: Vec<String>,
    },
    /// What is due at an instant, or waits since it joined when there is none, is held: a calendar is closed.
    Hold {
        due_ms: Option<i64>,
    },
    /// What is held runs: its calendars are open.
    Release,
    /// What runs has had its Duration.
    EndTime {
        ends_ms: i64,
    },
    Finish {
        execution_id: String,
        status: String,
        detailed_status: String,
        message: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the association does not exist")]
    Unknown,
    #[error("the association exists already")]
    Exists,
    #[error("the association's latest version is {latest}, not {given}")]
    Version { latest: u32, given: u32 },
    #[error("the association has {MAX_VERSIONS} versions, the most that it may have")]
    TooManyVersions,
    #[error("the status is what it was")]
    StatusUnchanged,
}

/// When it runs next, and what makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub at_ms: i64,
    pub cause: String,
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none, or none any more.
    pub association_id: String,
    pub version: u32,
    pub association_json: String,
    pub account: String,
    pub region: String,
    /// On whose behalf it runs.
    pub principal: String,
    /// When this version was made.
    pub since_ms: i64,
    pub status_json: String,
    /// How often it ran on all of its targets.
    pub firing: u64,
    /// How many executions have begun.
    pub executions: u64,
    pub due: Option<Due>,
    /// The execution that runs.
    pub running: Option<String>,
    /// When the time of what runs is over; 0: it has all the time it wants.
    pub running_ends_ms: i64,
    /// Whether what runs is for nodes that joined or returned alone: the others did not run.
    pub is_catching_up: bool,
    /// What made it run again when that has ended.
    pub again: Option<String>,
    /// Whether something that was due waits for its calendars to open.
    pub is_held: bool,
}

impl State {
    pub fn exists(&self) -> bool {
        !self.association_id.is_empty()
    }

    /// What was asked for. It was written by this service.
    pub fn association(&self) -> AssociationDescription {
        serde_json::from_str(&self.association_json).unwrap_or_default()
    }

    /// Its timing; `None` for a schedule that an earlier release took and this one does not.
    pub fn timing(&self) -> Option<Timing> {
        Timing::of(&self.association(), Timestamp(self.since_ms)).ok()
    }

    /// When what begins at an instant is to be over; 0: whenever it is.
    fn ends_ms(&self, started_ms: i64) -> i64 {
        let hours = self.association().duration.map(i64::from).unwrap_or_default();
        if hours > 0 { Timestamp(started_ms).plus_seconds(hours * SECONDS_PER_HOUR).0 } else { 0 }
    }

    fn next_due(&self, after_ms: i64) -> Option<Due> {
        let at_ms = self.timing()?.next_after(after_ms)?;
        Some(Due { at_ms, cause: SCHEDULE.to_owned() })
    }

    /// A version begins: it runs at once unless it is for the instants of its schedule alone.
    fn begin_version(&mut self, at_ms: i64, cause: &str) {
        self.since_ms = at_ms;
        self.again = None;
        self.is_held = false;
        self.due = self.next_due(at_ms);
        if !self.timing().is_some_and(|timing| timing.only_at_interval) {
            self.ask(at_ms, cause);
        }
    }

    /// It is to run at an instant, or when what runs has ended.
    fn ask(&mut self, at_ms: i64, cause: &str) {
        if self.running.is_some() {
            self.again = Some(cause.to_owned());
        } else if self.due.as_ref().is_none_or(|due| due.at_ms > at_ms) {
            self.due = Some(Due { at_ms, cause: cause.to_owned() });
        }
    }

    /// An instant came while something ran. It is made up for when that has ended, if that is no run on all targets, or if
    /// there is no other instant.
    fn skip(&mut self, skipped: &ExecutionSkipped) {
        self.due = self.next_due(skipped.due_ms.max(skipped.skipped_ms));
        if self.is_catching_up || self.due.is_none() {
            self.again.get_or_insert_with(|| SCHEDULE.to_owned());
        }
    }

    fn start(&mut self, started: &ExecutionStarted) {
        self.executions += 1;
        self.firing = started.firing;
        self.running_ends_ms = started.ends_ms;
        self.running = (!started.node_ids.is_empty()).then(|| started.execution_id.clone());
        self.is_catching_up = self.running.is_some() && started.cause == TARGETS_JOINED;
        if started.cause != TARGETS_JOINED {
            self.due = self.next_due(started.due_ms.max(started.started_ms));
        } else if self.running.is_some()
            && let Some(due) = self.due.take_if(|due| due.cause != SCHEDULE)
        {
            // Somebody asked for it just before: it runs when this has ended.
            self.again = Some(due.cause);
            self.due = self.next_due(started.started_ms);
        }
    }
}

/// The aggregate.
pub struct Association;

impl Decider for Association {
    type Command = Command;
    type Event = AssociationEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<AssociationEvent>, Error> {
        match command {
            Command::Create { association_id, association_json, account, region, tags } => {
                let created = AssociationCreated {
                    association_id,
                    association_json,
                    account,
                    region,
                    principal: cx.actor.name.clone(),
                    created_ms: cx.now.0,
                    tags,
                };
                match state.exists() {
                    true => Err(Error::Exists),
                    false => Ok(Some(AssociationEvent::AssociationCreated(created))),
                }
            }
            Command::Fire { .. }
            | Command::CatchUp { .. }
            | Command::Hold { .. }
            | Command::Release
            | Command::Finish { .. }
            | Command::EndTime { .. }
                if !state.exists() =>
            {
                Ok(None)
            }
            _ if !state.exists() => Err(Error::Unknown),
            Command::Update { association_json, on_version } => {
                update(state, association_json, on_version, cx)
            }
            Command::Delete => Ok(Some(AssociationEvent::AssociationDeleted(AssociationDeleted {
                association_id: state.association_id.clone(),
            }))),
            Command::SetStatus { status_json } if status_json == state.status_json => {
                Err(Error::StatusUnchanged)
            }
            Command::SetStatus { status_json } => {
                let association_id = state.association_id.clone();
                let updated = AssociationStatusUpdated { association_id, status_json };
                Ok(Some(AssociationEvent::AssociationStatusUpdated(updated)))
            }
            Command::Request { cause } => {
                Ok(Some(AssociationEvent::ExecutionRequested(ExecutionRequested {
                    association_id: state.association_id.clone(),
                    cause: cause.to_owned(),
                    requested_ms: cx.now.0,
                })))
            }
            Command::Fire { due_ms, executions, resolved } => {
                Ok(fire(state, due_ms, executions, resolved, cx))
            }
            Command::CatchUp { executions, node_ids, dropped_node_ids } => {
                Ok(catch_up(state, executions, (node_ids, dropped_node_ids), cx))
            }
            Command::Hold { due_ms } => Ok(hold(state, due_ms, cx)),
            Command::Release => Ok(state.is_held.then(|| {
                AssociationEvent::ExecutionRequested(ExecutionRequested {
                    association_id: state.association_id.clone(),
                    cause: CALENDAR_OPENED.to_owned(),
                    requested_ms: cx.now.0,
                })
            })),
            // The time of another execution says nothing about the one that runs now.
            Command::EndTime { ends_ms } if ends_ms != state.running_ends_ms => Ok(None),
            Command::EndTime { .. } => Ok(state.running.clone().map(|execution_id| {
                AssociationEvent::ExecutionTimeEnded(ExecutionTimeEnded {
                    association_id: state.association_id.clone(),
                    execution_id,
                    ended_ms: cx.now.0,
                })
            })),
            Command::Finish { execution_id, status, detailed_status, message } => {
                let runs = state.running.as_ref() == Some(&execution_id);
                Ok(runs.then(|| {
                    AssociationEvent::ExecutionFinished(ExecutionFinished {
                        association_id: state.association_id.clone(),
                        execution_id,
                        status,
                        detailed_status,
                        message,
                        finished_ms: cx.now.0,
                    })
                }))
            }
        }
    }

    fn evolve(mut state: State, event: &AssociationEvent) -> State {
        match event {
            AssociationEvent::AssociationCreated(e) => {
                state = State {
                    association_id: e.association_id.clone(),
                    version: 1,
                    association_json: e.association_json.clone(),
                    account: e.account.clone(),
                    region: e.region.clone(),
                    principal: e.principal.clone(),
                    ..State::default()
                };
                state.begin_version(e.created_ms, "Created");
            }
            AssociationEvent::AssociationUpdated(e) => {
                state.version = e.version;
                state.association_json.clone_from(&e.association_json);
                state.principal.clone_from(&e.principal);
                state.begin_version(e.updated_ms, "Updated");
            }
            AssociationEvent::AssociationDeleted(_) => state = State::default(),
            AssociationEvent::AssociationStatusUpdated(e) => state.status_json.clone_from(&e.status_json),
            AssociationEvent::ExecutionRequested(e) => {
                state.is_held &= e.cause != CALENDAR_OPENED;
                state.ask(e.requested_ms, &e.cause);
            }
            AssociationEvent::ExecutionHeld(e) => {
                state.is_held = true;
                if state.due.as_ref().is_some_and(|due| due.at_ms <= e.due_ms) {
                    state.due = state.next_due(e.due_ms.max(e.held_ms));
                }
            }
            AssociationEvent::ExecutionStarted(e) => state.start(e),
            AssociationEvent::ExecutionSkipped(e) => state.skip(e),
            AssociationEvent::ExecutionTimeEnded(_) => {}
            AssociationEvent::ExecutionFinished(e) => {
                (state.running, state.is_catching_up) = (None, false);
                if let Some(cause) = state.again.take() {
                    state.ask(e.finished_ms, &cause);
                }
            }
        }
        state
    }
}

fn update(
    state: &State,
    association_json: String,
    on_version: Option<u32>,
    cx: &Context,
) -> Result<Option<AssociationEvent>, Error> {
    match on_version {
        Some(given) if given != state.version => Err(Error::Version { latest: state.version, given }),
        _ if state.version >= MAX_VERSIONS => Err(Error::TooManyVersions),
        _ => Ok(Some(AssociationEvent::AssociationUpdated(AssociationUpdated {
            association_id: state.association_id.clone(),
            version: state.version + 1,
            association_json,
            principal: cx.actor.name.clone(),
            updated_ms: cx.now.0,
        }))),
    }
}

#[cfg(test)]
mod tests;
