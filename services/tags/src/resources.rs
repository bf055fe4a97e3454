//! The resources of other services that can be tagged: which of their events make one, and which end it.

use reeve_contracts::{
    documents::DocumentEvent,
    maintenance_windows::WindowEvent,
    nodes::NodeEvent,
    opscenter::{OpsItemEvent, OpsMetadataEvent},
    parameters::ParameterEvent,
    patching::BaselineEvent,
    state_manager::AssociationEvent,
};
use reeve_eventsourcing::Event;

/// What an event does to a resource.
pub(crate) enum Change<'a> {
    /// There is one of this id, which is given these tags.
    Made {
        id: &'a str,
        tags: Vec<(String, String)>,
    },
    Gone {
        id: &'a str,
    },
}

/// The events of a kind of resource.
pub(crate) trait Tagged: Event {
    /// As callers and policies call it.
    const KIND: &'static str;
    /// The table of the ids that there are; the projection and the consumer are called so, too.
    const TABLE: &'static str;
    fn change(&self) -> Option<Change<'_>>;
}

/// Each kind of resource with its table, and with its events: the one that makes it, whose tags it is given, and the one that ends
/// it, both with the field that is its id.
macro_rules! tagged {
    ($($event:ident: $kind:literal in $table:literal, $made:ident to $gone:ident by $id:ident;)+) => {
        $(impl Tagged for $event {
            const KIND: &'static str = $kind;
            const TABLE: &'static str = $table;

            fn change(&self) -> Option<Change<'_>> {
                match self {
                    Self::$made(made) => {
                        let tags = made.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone()));
                        Some(Change::Made { id: &made.$id, tags: tags.collect() })
                    }
                    Self::$gone(gone) => Some(Change::Gone { id: &gone.$id }),
                    _ => None,
                }
            }
        })+

        /// Every kind with its table. AWS's other types belong to services that Reeve does not have: nothing of them exists, so nothing
        /// of them is tagged.
        pub(crate) const KINDS: &[(&str, &str)] = &[$(($kind, $table)),+];
    };
}

tagged! {
    AssociationEvent: "Association" in "associations", AssociationCreated to AssociationDeleted by association_id;
    DocumentEvent: "Document" in "documents", DocumentCreated to DocumentDeleted by name;
    WindowEvent: "MaintenanceWindow" in "maintenance-windows", WindowCreated to WindowDeleted by window_id;
    NodeEvent: "ManagedInstance" in "nodes", NodeRegistered to NodeDeregistered by node_id;
    OpsItemEvent: "OpsItem" in "ops-items", OpsItemCreated to OpsItemDeleted by ops_item_id;
    OpsMetadataEvent: "OpsMetadata" in "ops-metadata", OpsMetadataCreated to OpsMetadataDeleted by ops_metadata_id;
    ParameterEvent: "Parameter" in "parameters", ParameterPut to ParameterDeleted by path;
    BaselineEvent: "PatchBaseline" in "patch-baselines", BaselineCreated to BaselineDeleted by baseline_id;
}
