//! The newest set of dispatch keys, from the nodes service's events.

use reeve_contracts::nodes::DispatchKeysEvent;
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_node_protocol::keys::open;
use serde::{Deserialize, Serialize};

/// The newest set, by root key.
pub const DISPATCH_KEYS: &str = "dispatch-keys";

/// A set as the root signed it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeySetRow {
    pub version: u64,
    pub signed_set: Vec<u8>,
    /// The node that brought it, if one did: the log, which was restored, did not know it.
    pub brought_by: String,
}

/// The newest set by root key; what the root did not sign is none.
pub struct KeySets;

impl Projection for KeySets {
    const NAME: &'static str = "dispatch-keys";
    const VERSION: u32 = 2;
    type Event = DispatchKeysEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DispatchKeysEvent>) {
        let DispatchKeysEvent::DispatchKeysPublished(e) = &event.event else { return };
        let held = view.row::<KeySetRow>(DISPATCH_KEYS, &e.root_key).map_or(0, |row| row.version);
        if let Ok(set) = open(&e.root_key, &e.signed_set)
            && set.version > held
        {
            let brought_by = event.envelope.actor.strip_prefix("node:").unwrap_or_default().to_owned();
            let row = KeySetRow { version: set.version, signed_set: e.signed_set.clone(), brought_by };
            view.put_row(DISPATCH_KEYS, &e.root_key, row);
        }
    }
}
