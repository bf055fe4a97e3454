//! Commands that are not sent yet: change rules hold them.

use reeve_contracts::run_command::CommandHeld;
use reeve_eventsourcing::{View, ViewExt};
use serde::{Deserialize, Serialize};

/// What holds a command, by its id.
pub const HELD: &str = "held";
/// Ids of held commands by `<rule>/<id>`.
pub const HELD_BY_RULE: &str = "held-by-rule";

/// Why a command that was held is never sent, by its id.
pub const REFUSALS: &str = "refusals";

/// Why a command is never sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Refusal {
    pub code: String,
    pub reason: String,
}

/// What a command waits for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HeldRow {
    /// Where the event stands that says what is sent.
    pub position: u64,
    pub awaits_approval: bool,
    pub principal: String,
    pub rules: Vec<String>,
}

impl HeldRow {
    /// In the words of StatusDetails.
    pub fn waits_for(&self) -> &'static str {
        if self.awaits_approval { "PendingApproval" } else { "PendingChangeCalendarOverride" }
    }
}

fn index(rule: &str, command: &str) -> String {
    format!("{rule}/{command}")
}

pub fn hold(view: &mut dyn View, e: &CommandHeld, position: u64) {
    // What was put aside when it was asked for stays so: of those rules its approval alone is waited for.
    let overridden =
        e.command.as_ref().map(|command| command.overridden_rules.as_slice()).unwrap_or_default();
    let rules: Vec<String> = e.rules.iter().filter(|rule| !overridden.contains(rule)).cloned().collect();
    for rule in &rules {
        view.put_row(HELD_BY_RULE, &index(rule, &e.command_id), e.command_id.clone());
    }
    let principal = e.principal.clone();
    let awaits_approval = !e.approvals.is_empty();
    view.put_row(HELD, &e.command_id, HeldRow { position, awaits_approval, principal, rules });
}

pub fn approve(view: &mut dyn View, command: &str) {
    view.change_row::<HeldRow, _>(HELD, command, |row| row.awaits_approval = false);
}

/// Nothing holds it any more; answers whether anything had.
pub fn release(view: &mut dyn View, command: &str) -> bool {
    let Some(row) = view.row::<HeldRow>(HELD, command) else { return false };
    for rule in &row.rules {
        view.remove(HELD_BY_RULE, index(rule, command).as_bytes());
    }
    view.remove(HELD, command.as_bytes());
    true
}
