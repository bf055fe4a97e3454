//! Which nodes may have which secrets: those that a command was sent to which refers to them, until it has ended there.

use reeve_contracts::{
    nodes::NodeEvent,
    run_command::{CommandEvent, InvocationEvent, SecretReference},
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use serde::{Deserialize, Serialize};

/// The public keys of nodes, by id.
pub(crate) const NODE_KEYS: &str = "node-keys";
/// The commands that refer to secrets, by id, until they have ended.
pub(crate) const COMMANDS: &str = "commands";
/// Those of their nodes whose turn it is, by [`reader_key`].
pub(crate) const READERS: &str = "readers";

/// The key of a node of a command.
pub(crate) fn reader_key(command: &str, node: &str) -> String {
    format!("{command}/{node}")
}

/// What a command refers to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CommandRow {
    pub requested_ms: i64,
    pub secrets: Vec<SecretRow>,
}

/// A secret, by what refers to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecretRow {
    pub name: String,
    pub path: String,
    pub version: u64,
}

impl From<&SecretReference> for SecretRow {
    fn from(of: &SecretReference) -> Self {
        Self { name: of.name.clone(), path: of.path.clone(), version: of.version }
    }
}

/// Keeps [`NODE_KEYS`].
pub(crate) struct NodeKeys;

impl Projection for NodeKeys {
    const NAME: &'static str = "node-keys";
    const VERSION: u32 = 1;
    type Event = NodeEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeEvent>) {
        match &event.event {
            NodeEvent::NodeRegistered(e) => view.put_row(NODE_KEYS, &e.node_id, e.public_key.clone()),
            NodeEvent::NodeDeregistered(e) => view.remove(NODE_KEYS, e.node_id.as_bytes()),
            _ => {}
        }
    }
}

/// Keeps [`COMMANDS`], and puts into [`READERS`].
pub(crate) struct Commands;

impl Projection for Commands {
    const NAME: &'static str = "commands";
    const VERSION: u32 = 1;
    type Event = CommandEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<CommandEvent>) {
        match &event.event {
            CommandEvent::CommandSent(e) if !e.secrets.is_empty() => {
                let secrets = e.secrets.iter().map(SecretRow::from).collect();
                view.put_row(COMMANDS, &e.command_id, CommandRow { requested_ms: e.requested_ms, secrets });
            }
            CommandEvent::InvocationsDispatched(e) => {
                if view.row::<CommandRow>(COMMANDS, &e.command_id).is_none() {
                    return;
                }
                for dispatched in &e.dispatched {
                    view.put_row(READERS, &reader_key(&e.command_id, &dispatched.node_id), true);
                }
            }
            CommandEvent::CommandFinished(e) => view.remove(COMMANDS, e.command_id.as_bytes()),
            _ => {}
        }
    }
}

/// Removes from [`READERS`].
pub(crate) struct Invocations;

impl Projection for Invocations {
    const NAME: &'static str = "invocations";
    const VERSION: u32 = 1;
    type Event = InvocationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<InvocationEvent>) {
        if let InvocationEvent::InvocationFinished(e) = &event.event {
            view.remove(READERS, reader_key(&e.command_id, &e.node_id).as_bytes());
        }
    }
}
