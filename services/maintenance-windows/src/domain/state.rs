//! What decisions about an execution of a window are made on: how far it has come.

use super::task::{Task, Unit};
use reeve_contracts::maintenance_windows::{
    ExecutionStarted, InvocationFinished, InvocationStarted, TaskFinished, TaskStarted,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An execution, folded from its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none.
    pub execution_id: String,
    pub window_id: String,
    pub due_ms: i64,
    pub started_ms: i64,
    pub is_late: bool,
    pub cutoff_ms: i64,
    pub allows_unassociated_targets: bool,
    pub account: String,
    pub region: String,
    /// Registered targets by their ids, AWS-shaped.
    pub targets: BTreeMap<String, String>,
    /// In the order of their priorities; none when it has ended.
    pub tasks: Vec<TaskState>,
    pub is_cut_off: bool,
    /// Somebody wants that nothing else begins.
    pub is_cancelled: bool,
    /// How it ended; empty while it has not.
    pub ended: String,
}

/// A task of an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    pub window_task_id: String,
    pub task_execution_id: String,
    pub task_json: String,
    pub principal: String,
    pub priority: i32,
    /// 0: it has not begun.
    pub started_ms: i64,
    /// How it ended; empty while it has not.
    pub ended: String,
    /// What its invocations run on, in their order; none before it has begun and when it has ended.
    pub units: Vec<Unit>,
    pub total: u32,
    /// So many invocations have begun.
    pub begun: u32,
    /// Those that run, by their ids.
    pub running: BTreeMap<String, Invocation>,
    pub failed: u32,
    pub timed_out: u32,
    pub cancelled: u32,
}

/// An invocation that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    pub index: u32,
    pub run_id: String,
    pub started_ms: i64,
}

impl TaskState {
    pub fn is_pending(&self) -> bool {
        self.started_ms == 0 && self.ended.is_empty()
    }

    pub fn is_running(&self) -> bool {
        self.started_ms != 0 && self.ended.is_empty()
    }

    pub fn read(&self) -> Task {
        Task::read(&self.task_json)
    }

    /// The unit of an invocation.
    pub fn unit(&self, index: u32) -> Option<&Unit> {
        self.units.get(usize::try_from(index).ok()?)
    }
}

impl State {
    pub fn exists(&self) -> bool {
        !self.execution_id.is_empty()
    }

    pub fn is_running(&self) -> bool {
        self.exists() && self.ended.is_empty()
    }

    pub fn task(&self, task_execution_id: &str) -> Option<&TaskState> {
        self.tasks.iter().find(|task| task.task_execution_id == task_execution_id)
    }

    fn task_mut(&mut self, task_execution_id: &str) -> Option<&mut TaskState> {
        self.tasks.iter_mut().find(|task| task.task_execution_id == task_execution_id)
    }

    /// The state in which an execution begins.
    pub fn begun(e: &ExecutionStarted) -> Self {
        let tasks = e.tasks.iter().map(|task| TaskState {
            window_task_id: task.window_task_id.clone(),
            task_execution_id: task.task_execution_id.clone(),
            task_json: task.task_json.clone(),
            principal: task.principal.clone(),
            priority: Task::read(&task.task_json).priority(),
            ..TaskState::default()
        });
        let targets = e.targets.iter();
        Self {
            execution_id: e.execution_id.clone(),
            window_id: e.window_id.clone(),
            due_ms: e.due_ms,
            started_ms: e.started_ms,
            is_late: e.is_late,
            cutoff_ms: e.cutoff_ms,
            allows_unassociated_targets: e.allows_unassociated_targets,
            account: e.account.clone(),
            region: e.region.clone(),
            targets: targets.map(|of| (of.window_target_id.clone(), of.target_json.clone())).collect(),
            tasks: tasks.collect(),
            ..Self::default()
        }
    }

    pub(super) fn task_started(&mut self, e: &TaskStarted) {
        if let Some(task) = self.task_mut(&e.task_execution_id) {
            task.started_ms = e.started_ms;
            task.units = task.read().units(&e.targets);
            task.total = u32::try_from(task.units.len()).unwrap_or(u32::MAX);
        }
    }

    pub(super) fn invocation_started(&mut self, e: &InvocationStarted) {
        if let Some(task) = self.task_mut(&e.task_execution_id) {
            task.begun = e.index.saturating_add(1);
            let (index, run_id, started_ms) = (e.index, e.run_id.clone(), e.started_ms);
            task.running.insert(e.invocation_id.clone(), Invocation { index, run_id, started_ms });
        }
    }

    pub(super) fn invocation_finished(&mut self, e: &InvocationFinished) {
        let Some(task) = self.task_mut(&e.task_execution_id) else { return };
        task.running.remove(&e.invocation_id);
        match e.status.as_str() {
            "SUCCESS" => {}
            "TIMED_OUT" => task.timed_out += 1,
            "CANCELLED" => task.cancelled += 1,
            _ => task.failed += 1,
        }
    }

    pub(super) fn task_finished(&mut self, e: &TaskFinished) {
        if let Some(task) = self.task_mut(&e.task_execution_id) {
            task.ended.clone_from(&e.status);
            task.units = Vec::new();
        }
    }

    /// What is not needed any more goes: executions that have ended are many.
    pub(super) fn ended(&mut self, status: &str) {
        self.ended = status.to_owned();
        (self.tasks, self.targets) = (Vec::new(), BTreeMap::new());
    }
}
