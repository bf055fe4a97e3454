//! What came of the commands that steps asked for, from run-command's events.

use crate::domain::{ORIGIN, wish::OF_SCRIPT};
use reeve_contracts::{
    outcome::StepStatus,
    run_command::{CommandEvent, InvocationEvent},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_types::text::cut;
use serde::{Deserialize, Serialize};

/// The commands of steps, by id.
pub(crate) const COMMANDS: &str = "commands";

/// The ids of commands that were refused, which nobody approves any more.
pub(crate) const REFUSED: &str = "refused-commands";

/// As many characters of output a step has (AWS).
const MAX_OUTPUT: usize = 2_500;

/// A command that a step asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CommandRow {
    /// What its nodes printed, one after the other as they ended.
    pub output: String,
    /// Of the first step that failed on a node; 0 when none did.
    pub response_code: i32,
    /// What the first node that failed had to say.
    pub message: String,
    /// Of a script: what its node printed, whole.
    #[serde(default)]
    pub is_script: bool,
    #[serde(default)]
    pub stdout: String,
    #[serde(default)]
    pub stderr: String,
}

/// Which commands are steps'.
pub(crate) struct Commands;

impl Projection for Commands {
    const NAME: &'static str = "commands";
    const VERSION: u32 = 2;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        match &event.event {
            CommandEvent::CommandSent(e) if e.origin_kind == ORIGIN => {
                let is_script = e.origin_id.ends_with(OF_SCRIPT);
                view.put_row(COMMANDS, &e.command_id, CommandRow { is_script, ..CommandRow::default() });
            }
            CommandEvent::CommandRefused(e) => view.put_row(REFUSED, &e.command_id, true),
            _ => {}
        }
    }
}

/// What their nodes printed.
pub(crate) struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 2;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let InvocationEvent::InvocationFinished(e) = &event.event else { return };
        view.change_row::<CommandRow, _>(COMMANDS, &e.command_id, |row| {
            for step in e.steps.iter().filter(|step| step.status() != StepStatus::Skipped) {
                row.output = cut(&format!("{}{}", row.output, step.output), MAX_OUTPUT);
                if row.is_script {
                    row.stdout.clone_from(&step.stdout);
                    row.stderr.clone_from(&step.stderr);
                }
                if row.response_code == 0 {
                    row.response_code = step.code;
                }
            }
            if e.status != "Success" {
                // No step says why.
                if row.response_code == 0 {
                    row.response_code = e.code;
                }
                if row.message.is_empty() && !e.message.is_empty() {
                    row.message = format!("{}: {}", e.node_id, e.message);
                }
            }
        });
    }
}
