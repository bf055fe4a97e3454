//! A task as it was registered, and what it runs.

use super::pseudo::Parameters;
use reeve_contracts::{
    maintenance_windows::TaskTarget,
    ssm::{GetMaintenanceWindowTaskResult, MaintenanceWindowRunCommandParameters, Target},
};
use serde::{Deserialize, Serialize};

pub const RUN_COMMAND: &str = "RUN_COMMAND";
pub const AUTOMATION: &str = "AUTOMATION";

/// What of a task decides how it runs.
#[derive(Clone, Debug, Default)]
pub struct Task(pub GetMaintenanceWindowTaskResult);

/// What one invocation runs on: all nodes of a target, one node of it, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Which of the task's targets it is of.
    pub target: u32,
    pub window_target_id: String,
    pub owner_information: String,
    pub node_ids: Vec<String>,
}

impl Task {
    /// It was written by this service.
    pub fn read(task_json: &str) -> Self {
        Self(serde_json::from_str(task_json).unwrap_or_default())
    }

    pub fn is_command(&self) -> bool {
        self.0.task_type.as_deref() == Some(RUN_COMMAND)
    }

    /// AWS leaves open which it is when nothing is said: as its console shows, 1.
    pub fn priority(&self) -> i32 {
        self.0.priority.unwrap_or(1)
    }

    pub fn targets(&self) -> &[Target] {
        self.0.targets.as_deref().unwrap_or_default()
    }

    /// Whether what runs at the cutoff is cancelled.
    pub fn ends_at_cutoff(&self) -> bool {
        self.0.cutoff_behavior.as_deref() == Some("CANCEL_TASK")
    }

    pub fn max_concurrency(&self) -> &str {
        self.0.max_concurrency.as_deref().unwrap_or("1")
    }

    pub fn max_errors(&self) -> &str {
        self.0.max_errors.as_deref().unwrap_or("1")
    }

    /// What RUN_COMMAND is told beside the document and its nodes.
    pub fn run_command(&self) -> MaintenanceWindowRunCommandParameters {
        let invocation = self.0.task_invocation_parameters.as_ref();
        invocation.and_then(|of| of.run_command.clone()).unwrap_or_default()
    }

    /// The version of the document that is meant; empty: the default.
    pub fn document_version(&self) -> String {
        let invocation = self.0.task_invocation_parameters.as_ref();
        let version = match self.is_command() {
            true => self.run_command().document_version,
            false => invocation.and_then(|of| of.automation.as_ref()?.document_version.clone()),
        };
        version.unwrap_or_default()
    }

    /// The document's parameters. TaskParameters is the older way to give them, and the newer one wins.
    pub fn parameters(&self) -> Parameters {
        let older = self.0.task_parameters.clone().unwrap_or_default();
        let mut all: Parameters =
            older.into_iter().map(|(name, value)| (name, value.values.unwrap_or_default())).collect();
        let invocation = self.0.task_invocation_parameters.as_ref();
        let newer = match self.is_command() {
            true => self.run_command().parameters,
            false => invocation.and_then(|of| of.automation.as_ref()?.parameters.clone()),
        };
        all.extend(newer.unwrap_or_default());
        all
    }

    /// What its invocations run on: a command has all nodes of a target, an automation one of them.
    pub fn units(&self, targets: &[TaskTarget]) -> Vec<Unit> {
        if self.targets().is_empty() {
            return vec![Unit::default()];
        }
        let mut units = Vec::new();
        for (target, of) in (0u32..).zip(targets) {
            let unit = |node_ids: Vec<String>| Unit {
                target,
                window_target_id: of.window_target_id.clone(),
                owner_information: of.owner_information.clone(),
                node_ids,
            };
            match self.is_command() {
                true if of.node_ids.is_empty() => {}
                true => units.push(unit(of.node_ids.clone())),
                false => units.extend(of.node_ids.iter().map(|node| unit(vec![node.clone()]))),
            }
        }
        units
    }
}
