//! The resources of other services that exist, as far as this service must know them.

use reeve_contracts::{
    documents::DocumentEvent,
    maintenance_windows::WindowEvent,
    nodes::NodeEvent,
    opscenter::{OpsItemEvent, OpsMetadataEvent},
    parameters::ParameterEvent,
    patching::BaselineEvent,
    state_manager::AssociationEvent,
};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};

/// The ids of the associations that exist.
pub(crate) const ASSOCIATIONS: &str = "associations";
/// The names of the documents that exist.
pub(crate) const DOCUMENTS: &str = "documents";
/// The ids of the nodes that are registered.
pub(crate) const NODES: &str = "nodes";

/// The ids of the maintenance windows that exist.
pub(crate) const MAINTENANCE_WINDOWS: &str = "maintenance-windows";
/// The ids of the OpsItems that exist.
pub(crate) const OPS_ITEMS: &str = "ops-items";
/// The ids of the OpsMetadata that exist.
pub(crate) const OPS_METADATA: &str = "ops-metadata";
/// The paths of the parameters that exist.
pub(crate) const PARAMETERS: &str = "parameters";
/// The ids of the patch baselines that somebody made.
pub(crate) const PATCH_BASELINES: &str = "patch-baselines";

/// Keeps [`ASSOCIATIONS`].
pub(crate) struct Associations;

impl Projection for Associations {
    const NAME: &'static str = "associations";
    const VERSION: u32 = 1;
    type Event = AssociationEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<AssociationEvent>) {
        match &event.event {
            AssociationEvent::AssociationCreated(created) => {
                view.put_row(ASSOCIATIONS, &created.association_id, true);
            }
            AssociationEvent::AssociationDeleted(gone) => {
                view.remove(ASSOCIATIONS, gone.association_id.as_bytes());
            }
            _ => {}
        }
    }
}

/// Keeps [`DOCUMENTS`].
pub(crate) struct Documents;

impl Projection for Documents {
    const NAME: &'static str = "documents";
    const VERSION: u32 = 1;
    type Event = DocumentEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<DocumentEvent>) {
        match &event.event {
            DocumentEvent::DocumentCreated(created) => view.put_row(DOCUMENTS, &created.name, true),
            DocumentEvent::DocumentDeleted(deleted) => view.remove(DOCUMENTS, deleted.name.as_bytes()),
            _ => {}
        }
    }
}

/// Keeps [`NODES`].
pub(crate) struct Nodes;

impl Projection for Nodes {
    const NAME: &'static str = "nodes";
    const VERSION: u32 = 1;
    type Event = NodeEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<NodeEvent>) {
        match &event.event {
            NodeEvent::NodeRegistered(registered) => view.put_row(NODES, &registered.node_id, true),
            NodeEvent::NodeDeregistered(gone) => view.remove(NODES, gone.node_id.as_bytes()),
            _ => {}
        }
    }
}

/// Keeps [`OPS_ITEMS`].
pub(crate) struct OpsItems;

impl Projection for OpsItems {
    const NAME: &'static str = "ops-items";
    const VERSION: u32 = 1;
    type Event = OpsItemEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsItemEvent>) {
        match &event.event {
            OpsItemEvent::OpsItemCreated(created) => view.put_row(OPS_ITEMS, &created.ops_item_id, true),
            OpsItemEvent::OpsItemDeleted(gone) => view.remove(OPS_ITEMS, gone.ops_item_id.as_bytes()),
            _ => {}
        }
    }
}

/// Keeps [`PATCH_BASELINES`].
pub(crate) struct PatchBaselines;

impl Projection for PatchBaselines {
    const NAME: &'static str = "patch-baselines";
    const VERSION: u32 = 1;
    type Event = BaselineEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<BaselineEvent>) {
        match &event.event {
            BaselineEvent::BaselineCreated(created) => {
                view.put_row(PATCH_BASELINES, &created.baseline_id, true)
            }
            BaselineEvent::BaselineDeleted(gone) => view.remove(PATCH_BASELINES, gone.baseline_id.as_bytes()),
            BaselineEvent::BaselineUpdated(_) => {}
        }
    }
}

/// Keeps [`OPS_METADATA`].
pub(crate) struct OpsMetadata;

impl Projection for OpsMetadata {
    const NAME: &'static str = "ops-metadata";
    const VERSION: u32 = 1;
    type Event = OpsMetadataEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<OpsMetadataEvent>) {
        match &event.event {
            OpsMetadataEvent::OpsMetadataCreated(e) => view.put_row(OPS_METADATA, &e.ops_metadata_id, true),
            OpsMetadataEvent::OpsMetadataDeleted(e) => {
                view.remove(OPS_METADATA, e.ops_metadata_id.as_bytes());
            }
            OpsMetadataEvent::OpsMetadataUpdated(_) => {}
        }
    }
}

/// Keeps [`PARAMETERS`].
pub(crate) struct Parameters;

impl Projection for Parameters {
    const NAME: &'static str = "parameters";
    const VERSION: u32 = 1;
    type Event = ParameterEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ParameterEvent>) {
        match &event.event {
            ParameterEvent::ParameterPut(put) if put.version == 1 => {
                view.put_row(PARAMETERS, &put.path, true)
            }
            ParameterEvent::ParameterDeleted(gone) => view.remove(PARAMETERS, gone.path.as_bytes()),
            _ => {}
        }
    }
}

/// Keeps [`MAINTENANCE_WINDOWS`].
pub(crate) struct MaintenanceWindows;

impl Projection for MaintenanceWindows {
    const NAME: &'static str = "maintenance-windows";
    const VERSION: u32 = 1;
    type Event = WindowEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<WindowEvent>) {
        match &event.event {
            WindowEvent::WindowCreated(created) => {
                view.put_row(MAINTENANCE_WINDOWS, &created.window_id, true)
            }
            WindowEvent::WindowDeleted(gone) => view.remove(MAINTENANCE_WINDOWS, gone.window_id.as_bytes()),
            _ => {}
        }
    }
}
