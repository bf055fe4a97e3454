//! A window: when it fires, what is registered with it, and each of its firings.
//!
//! It is one aggregate with its targets, tasks and firings, so that a firing runs what was registered at one instant, and that
//! of two firings one begins. What a firing does is an aggregate of its own: see [`super::execution`].

use super::timing::Timing;
pub use reeve_contracts::maintenance_windows::WindowEvent;
use reeve_contracts::{
    maintenance_windows::{
        FiredTarget, FiredTask, FiringEnded, FiringSkipped, FiringsMissed, MissedFiring, Tag,
        TargetDeregistered, TargetRegistered, TargetUpdated, TaskDeregistered, TaskRegistered, TaskUpdated,
        WindowCreated, WindowDeleted, WindowFired, WindowUpdated,
    },
    ssm::{GetMaintenanceWindowResult, GetMaintenanceWindowTaskResult, MaintenanceWindowTarget},
};
use reeve_eventsourcing::{Context, Decider};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// AWS's quotas for one window.
pub const MAX_TARGETS: usize = 100;
pub const MAX_TASKS: usize = 20;
/// What begins so much later than it was due begins late: something was down.
pub const LATE_MS: i64 = 60_000;
/// As many missed firings are told of in one event.
const MAX_MISSED_PER_EVENT: usize = 100;

/// What may be asked of a window. What is AWS-shaped has been checked by whoever asks.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Box<WindowCreated>),
    Update {
        window_json: String,
        is_enabled: bool,
    },
    Delete,
    RegisterTarget {
        window_target_id: String,
        target_json: String,
        input_hash: String,
    },
    UpdateTarget {
        window_target_id: String,
        target_json: String,
    },
    /// Refused when a task names it, if it is to be safe.
    DeregisterTarget {
        window_target_id: String,
        is_safe: bool,
    },
    RegisterTask {
        window_task_id: String,
        task_json: String,
        input_hash: String,
    },
    UpdateTask {
        window_task_id: String,
        task_json: String,
    },
    DeregisterTask {
        window_task_id: String,
    },
    /// The instant that is due has come.
    Fire {
        due_ms: i64,
    },
    /// The execution of a firing has ended.
    End {
        execution_id: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no such maintenance window.")]
    Unknown,
    #[error("Window target {0} does not exist")]
    UnknownTarget(String),
    #[error("Window task {0} does not exist")]
    UnknownTask(String),
    #[error("The client token was used with another input.")]
    TokenMismatch,
    #[error("The window has {0} targets, the most that it may have.")]
    TooManyTargets(usize),
    #[error("The window has {0} tasks, the most that it may have.")]
    TooManyTasks(usize),
    #[error("The window target {target} is used by the task {task}.")]
    TargetInUse { target: String, task: String },
}

/// A registered target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub target_json: String,
    pub input_hash: String,
}

/// A registered task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub task_json: String,
    /// On whose behalf it runs.
    pub principal: String,
    pub input_hash: String,
}

impl Target {
    /// What was registered. It was written by this service.
    pub fn read(&self) -> MaintenanceWindowTarget {
        serde_json::from_str(&self.target_json).unwrap_or_default()
    }
}

impl Task {
    /// What was registered. It was written by this service.
    pub fn read(&self) -> GetMaintenanceWindowTaskResult {
        serde_json::from_str(&self.task_json).unwrap_or_default()
    }
}

/// What decisions are made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none, or none any more.
    pub window_id: String,
    pub window_json: String,
    pub account: String,
    pub region: String,
    pub input_hash: String,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub targets: BTreeMap<String, Target>,
    pub tasks: BTreeMap<String, Task>,
    pub is_enabled: bool,
    /// When it fires next.
    pub due_ms: Option<i64>,
    /// The execution that runs.
    pub running: Option<String>,
}

impl State {
    pub fn exists(&self) -> bool {
        !self.window_id.is_empty()
    }

    /// What was asked for. It was written by this service.
    pub fn window(&self) -> GetMaintenanceWindowResult {
        serde_json::from_str(&self.window_json).unwrap_or_default()
    }

    /// Its timing; `None` for a schedule that an earlier release took and this one does not.
    pub fn timing(&self) -> Option<Timing> {
        Timing::of(&self.window(), Timestamp(self.created_ms)).ok()
    }

    fn next_due(&self, after_ms: i64) -> Option<i64> {
        if !self.is_enabled {
            return None;
        }
        self.timing()?.next_after(after_ms)
    }

    fn fired(&mut self, due_ms: i64) {
        self.due_ms = self.next_due(due_ms);
    }
}

/// The id of a firing's execution: one for each window and instant.
pub fn execution_id(window_id: &str, due_ms: i64) -> String {
    let name = format!("maintenance-window/{window_id}/{due_ms}");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

/// The aggregate.
pub struct Window;

impl Decider for Window {
    type Command = Command;
    type Event = WindowEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<WindowEvent>, Error> {
        match command {
            Command::Create(created) if !state.exists() => Ok(Some(WindowEvent::WindowCreated(*created))),
            Command::Create(created) if created.input_hash != state.input_hash => Err(Error::TokenMismatch),
            Command::Create(_) => Ok(None),
            // Nobody waits for these any more.
            Command::Fire { .. } | Command::End { .. } | Command::Delete if !state.exists() => Ok(None),
            Command::Fire { due_ms } => Ok(fire(state, due_ms, cx.now.0)),
            Command::End { execution_id } => {
                let runs = state.running.as_ref() == Some(&execution_id);
                let window_id = state.window_id.clone();
                Ok(runs.then_some(WindowEvent::FiringEnded(FiringEnded { window_id, execution_id })))
            }
            Command::Delete => {
                Ok(Some(WindowEvent::WindowDeleted(WindowDeleted { window_id: state.window_id.clone() })))
            }
            _ if !state.exists() => Err(Error::Unknown),
            Command::Update { window_json, is_enabled } => {
                let is_same = state.window_json == window_json && state.is_enabled == is_enabled;
                Ok((!is_same).then(|| {
                    WindowEvent::WindowUpdated(WindowUpdated {
                        window_id: state.window_id.clone(),
                        window_json,
                        is_enabled,
                        was_enabled: state.is_enabled,
                        updated_ms: cx.now.0,
                    })
                }))
            }
            command @ (Command::RegisterTarget { .. }
            | Command::UpdateTarget { .. }
            | Command::DeregisterTarget { .. }) => target(state, command, cx),
            command => task(state, command, cx),
        }
    }

    fn evolve(mut state: State, event: &WindowEvent) -> State {
        match event {
            WindowEvent::WindowCreated(e) => {
                state = State {
                    window_id: e.window_id.clone(),
                    window_json: e.window_json.clone(),
                    account: e.account.clone(),
                    region: e.region.clone(),
                    input_hash: e.input_hash.clone(),
                    created_ms: e.created_ms,
                    modified_ms: e.created_ms,
                    is_enabled: e.is_enabled,
                    ..State::default()
                };
                state.due_ms = state.next_due(e.created_ms);
            }
            WindowEvent::WindowUpdated(e) => {
                state.window_json.clone_from(&e.window_json);
                state.modified_ms = e.updated_ms;
                state.is_enabled = e.is_enabled;
                // What is due and has not been handled yet stays so: an update drops no instant that has come.
                let has_come = state.due_ms.filter(|due| *due <= e.updated_ms && e.is_enabled);
                state.due_ms = has_come.or_else(|| state.next_due(e.updated_ms));
            }
            WindowEvent::WindowDeleted(_) => state = State::default(),
            WindowEvent::TargetRegistered(e) => {
                let target = Target { target_json: e.target_json.clone(), input_hash: e.input_hash.clone() };
                state.targets.insert(e.window_target_id.clone(), target);
            }
            WindowEvent::TargetUpdated(e) => {
                if let Some(target) = state.targets.get_mut(&e.window_target_id) {
                    target.target_json.clone_from(&e.target_json);
                }
            }
            WindowEvent::TargetDeregistered(e) => {
                state.targets.remove(&e.window_target_id);
            }
            WindowEvent::TaskRegistered(e) => {
                let (principal, input_hash) = (e.principal.clone(), e.input_hash.clone());
                let task = Task { task_json: e.task_json.clone(), principal, input_hash };
                state.tasks.insert(e.window_task_id.clone(), task);
            }
            WindowEvent::TaskUpdated(e) => {
                if let Some(task) = state.tasks.get_mut(&e.window_task_id) {
                    task.task_json.clone_from(&e.task_json);
                    task.principal.clone_from(&e.principal);
                }
            }
            WindowEvent::TaskDeregistered(e) => {
                state.tasks.remove(&e.window_task_id);
            }
            WindowEvent::WindowFired(e) => {
                state.running = Some(e.execution_id.clone());
                state.fired(e.due_ms);
            }
            WindowEvent::FiringSkipped(e) => state.fired(e.due_ms),
            WindowEvent::FiringsMissed(e) => {
                let last = e.firings.last().map(|firing| firing.due_ms);
                state.fired(last.unwrap_or(e.noticed_ms));
            }
            WindowEvent::FiringEnded(_) => state.running = None,
        }
        state
    }
}

fn fire(state: &State, due_ms: i64, now_ms: i64) -> Option<WindowEvent> {
    let timing = state.timing().filter(|_| state.due_ms == Some(due_ms))?;
    let window_id = state.window_id.clone();
    let execution_id = execution_id(&window_id, due_ms);
    let is_missed = |due_ms: &i64| timing.cutoff_of(*due_ms) <= now_ms;
    if is_missed(&due_ms) {
        let all = std::iter::successors(Some(due_ms), |last| timing.next_after(*last)).take_while(is_missed);
        let firings = all
            .take(MAX_MISSED_PER_EVENT)
            .map(|due_ms| MissedFiring { execution_id: self::execution_id(&window_id, due_ms), due_ms });
        let firings = firings.collect();
        return Some(WindowEvent::FiringsMissed(FiringsMissed { window_id, firings, noticed_ms: now_ms }));
    }
    if state.running.is_some() {
        let skipped = FiringSkipped { window_id, execution_id, due_ms, skipped_ms: now_ms };
        return Some(WindowEvent::FiringSkipped(skipped));
    }
    let tasks = state.tasks.iter().map(|(id, task)| FiredTask {
        window_task_id: id.clone(),
        task_execution_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{execution_id}/{id}").as_bytes())
            .to_string(),
        task_json: task.task_json.clone(),
        principal: task.principal.clone(),
    });
    let targets = state.targets.iter().map(|(id, target)| FiredTarget {
        window_target_id: id.clone(),
        target_json: target.target_json.clone(),
    });
    Some(WindowEvent::WindowFired(WindowFired {
        tasks: tasks.collect(),
        targets: targets.collect(),
        window_id,
        execution_id,
        due_ms,
        fired_ms: now_ms,
        is_late: now_ms - due_ms >= LATE_MS,
        cutoff_ms: timing.cutoff_of(due_ms),
        end_ms: timing.end_of(due_ms),
        allows_unassociated_targets: state.window().allow_unassociated_targets.unwrap_or_default(),
        account: state.account.clone(),
        region: state.region.clone(),
    }))
}

fn target(state: &State, command: Command, cx: &Context) -> Result<Option<WindowEvent>, Error> {
    let window_id = state.window_id.clone();
    match command {
        Command::RegisterTarget { window_target_id, target_json, input_hash } => {
            match state.targets.get(&window_target_id) {
                Some(target) if target.input_hash != input_hash => return Err(Error::TokenMismatch),
                Some(_) => return Ok(None),
                None if state.targets.len() >= MAX_TARGETS => return Err(Error::TooManyTargets(MAX_TARGETS)),
                None => {}
            }
            let registered_ms = cx.now.0;
            let registered =
                TargetRegistered { window_id, window_target_id, target_json, input_hash, registered_ms };
            Ok(Some(WindowEvent::TargetRegistered(registered)))
        }
        Command::UpdateTarget { window_target_id, target_json } => {
            let known = state.targets.get(&window_target_id);
            let known = known.ok_or_else(|| Error::UnknownTarget(window_target_id.clone()))?;
            let updated = TargetUpdated { window_id, window_target_id, target_json };
            Ok((known.target_json != updated.target_json).then_some(WindowEvent::TargetUpdated(updated)))
        }
        Command::DeregisterTarget { window_target_id, is_safe } => {
            if !state.targets.contains_key(&window_target_id) {
                return Err(Error::UnknownTarget(window_target_id));
            }
            let uses = |task: &Task| {
                let targets = task.read().targets.unwrap_or_default();
                targets.iter().any(|target| {
                    target.key.as_deref() == Some("WindowTargetIds")
                        && target.values.iter().flatten().any(|id| *id == window_target_id)
                })
            };
            if let Some((task, _)) = state.tasks.iter().find(|(_, task)| is_safe && uses(task)) {
                return Err(Error::TargetInUse { target: window_target_id, task: task.clone() });
            }
            let gone = TargetDeregistered { window_id, window_target_id };
            Ok(Some(WindowEvent::TargetDeregistered(gone)))
        }
        _ => Ok(None),
    }
}

fn task(state: &State, command: Command, cx: &Context) -> Result<Option<WindowEvent>, Error> {
    let (window_id, principal) = (state.window_id.clone(), cx.actor.name.clone());
    match command {
        Command::RegisterTask { window_task_id, task_json, input_hash } => {
            match state.tasks.get(&window_task_id) {
                Some(task) if task.input_hash != input_hash => return Err(Error::TokenMismatch),
                Some(_) => return Ok(None),
                None if state.tasks.len() >= MAX_TASKS => return Err(Error::TooManyTasks(MAX_TASKS)),
                None => {}
            }
            let registered_ms = cx.now.0;
            Ok(Some(WindowEvent::TaskRegistered(TaskRegistered {
                window_id,
                window_task_id,
                task_json,
                principal,
                input_hash,
                registered_ms,
            })))
        }
        Command::UpdateTask { window_task_id, task_json } => {
            let known = state.tasks.get(&window_task_id);
            let known = known.ok_or_else(|| Error::UnknownTask(window_task_id.clone()))?;
            let is_same = known.task_json == task_json && known.principal == principal;
            let updated = TaskUpdated { window_id, window_task_id, task_json, principal };
            Ok((!is_same).then_some(WindowEvent::TaskUpdated(updated)))
        }
        Command::DeregisterTask { window_task_id } => match state.tasks.contains_key(&window_task_id) {
            true => Ok(Some(WindowEvent::TaskDeregistered(TaskDeregistered { window_id, window_task_id }))),
            false => Err(Error::UnknownTask(window_task_id)),
        },
        _ => Ok(None),
    }
}

/// Tags as an event has them.
pub fn tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
