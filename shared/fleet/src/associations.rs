//! Associations as other services know them: what they did on nodes, from run-command's events, and what they say of that, from state-manager's. Each table is
//! written from one stream; what nodes comply with is read from both.

use reeve_contracts::{
    run_command::{CommandEvent, InvocationEvent},
    ssm::AssociationDescription,
    state_manager::AssociationEvent,
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// Associations as they are now, by id.
pub const ASSOCIATIONS: &str = "associations";
/// The association of a command that one asked for, by the command's id.
const COMMANDS: &str = "association-commands";
/// The last that an association did on a node, by `<node>/<association>`.
pub const OUTCOMES: &str = "association-outcomes";

/// What run-command's events call the origin of an association's command.
const ORIGIN: &str = "association";

/// What an association did on a node last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutcomeRow {
    pub is_success: bool,
    pub document_version: String,
    pub finished_ms: i64,
}

/// Keeps [`ASSOCIATIONS`].
pub struct Associations;

impl Projection for Associations {
    const NAME: &'static str = "associations";
    const VERSION: u32 = 1;
    type Event = AssociationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AssociationEvent>) {
        let (id, json) = match &event.event {
            AssociationEvent::AssociationCreated(e) => (&e.association_id, &e.association_json),
            AssociationEvent::AssociationUpdated(e) => (&e.association_id, &e.association_json),
            AssociationEvent::AssociationDeleted(e) => {
                return view.remove(ASSOCIATIONS, e.association_id.as_bytes());
            }
            _ => return,
        };
        // It was written by the state-manager.
        let row: AssociationDescription = serde_json::from_str(json).unwrap_or_default();
        view.put_row(ASSOCIATIONS, id, row);
    }
}

/// A command that an association asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct CommandRow {
    association_id: String,
    document_version: String,
}

/// Keeps the commands of associations.
pub struct AssociationCommands;

impl Projection for AssociationCommands {
    const NAME: &'static str = "association-commands";
    const VERSION: u32 = 1;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        let CommandEvent::CommandSent(e) = &event.event else { return };
        if e.origin_kind == ORIGIN {
            let association_id = e.origin_id.split('/').next().unwrap_or_default().to_owned();
            let row = CommandRow { association_id, document_version: e.document_version.clone() };
            view.put_row(COMMANDS, &e.command_id, row);
        }
    }
}

/// Keeps [`OUTCOMES`].
pub struct Outcomes;

impl Projection for Outcomes {
    const NAME: &'static str = "association-outcomes";
    const VERSION: u32 = 1;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        let InvocationEvent::InvocationFinished(e) = &event.event else { return };
        let Some(command) = view.row::<CommandRow>(COMMANDS, &e.command_id) else { return };
        let row = OutcomeRow {
            is_success: e.status == "Success",
            document_version: command.document_version,
            finished_ms: e.finished_ms,
        };
        view.put_row(OUTCOMES, &format!("{}/{}", e.node_id, command.association_id), row);
    }
}
