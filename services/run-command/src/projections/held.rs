//! Commands that are not sent yet: change rules hold them.

use reeve_contracts::run_command::CommandHeld;
use reeve_eventsourcing::{View, ViewExt};
use reeve_types::arn::id_or_arn;
use serde::{Deserialize, Serialize};

/// What holds a command, by its id.
pub const HELD: &str = "held";
/// Ids of held commands by `<calendar>/<id>`.
pub const HELD_BY_CALENDAR: &str = "held-by-calendar";

/// What a command waits for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HeldRow {
    /// Where the event stands that says what is sent.
    pub position: u64,
    pub awaits_approval: bool,
    pub calendar_names: Vec<String>,
}

impl HeldRow {
    /// In the words of StatusDetails.
    pub fn waits_for(&self) -> &'static str {
        if self.awaits_approval { "PendingApproval" } else { "PendingChangeCalendarOverride" }
    }
}

fn index(calendar: &str, command: &str) -> String {
    format!("{}/{command}", id_or_arn("document", calendar))
}

pub fn hold(view: &mut dyn View, e: &CommandHeld, position: u64) {
    for name in &e.calendar_names {
        view.put_row(HELD_BY_CALENDAR, &index(name, &e.command_id), e.command_id.clone());
    }
    let (awaits_approval, calendar_names) = (!e.approvals.is_empty(), e.calendar_names.clone());
    view.put_row(HELD, &e.command_id, HeldRow { position, awaits_approval, calendar_names });
}

pub fn approve(view: &mut dyn View, command: &str) {
    view.change_row::<HeldRow, _>(HELD, command, |row| row.awaits_approval = false);
}

/// Nothing holds it any more; answers whether anything had.
pub fn release(view: &mut dyn View, command: &str) -> bool {
    let Some(row) = view.row::<HeldRow>(HELD, command) else { return false };
    for name in &row.calendar_names {
        view.remove(HELD_BY_CALENDAR, index(name, command).as_bytes());
    }
    view.remove(HELD, command.as_bytes());
    true
}
