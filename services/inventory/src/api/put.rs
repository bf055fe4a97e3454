//! PutInventory.

use super::{known_node, known_type};
use crate::{
    domain::{Inventory, inventory_id},
    taking::{Collection, Found, context_of, is_disabled, take, too_many_custom_types},
};
use reeve_contracts::{
    inventory::InventoryChanged,
    ssm::{InventoryItem, PutInventoryRequest, PutInventoryResult},
};
use reeve_inventory_model::{check, keyed, types};
use reeve_runtime::{ApiError, Call};
use reeve_types::Timestamp;
use std::collections::BTreeSet;

/// AWS's types whose items have a context.
const WITH_CONTEXT: [&str; 2] = ["AWS:ComplianceItem", "AWS:PatchCompliance"];

/// Replaces what a node has of each of the types. Nothing is put when one of the items is refused.
pub(crate) async fn put(call: Call<PutInventoryRequest>) -> Result<PutInventoryResult, ApiError> {
    let node = call.input.instance_id.as_deref().unwrap_or_default();
    known_node(&call.handle, node)?;
    let items = call.input.items.as_deref().unwrap_or_default();
    let (mut seen, mut collections) = (BTreeSet::new(), Vec::new());
    for item in items {
        let name = item.type_name.as_deref().unwrap_or_default();
        if !seen.insert(name) {
            let message = format!("Items has the type {name} more than once.");
            return Err(ApiError::invalid(message));
        }
        collections.extend(collection(&call, node, item)?);
    }
    let names = collections.iter().map(|collection| collection.about.type_name.as_str());
    if let Some(reason) = too_many_custom_types(&call.handle, names) {
        return Err(ApiError::new("CustomSchemaCountLimitExceededException", reason));
    }
    let mut changed = Vec::new();
    for collection in collections {
        if is_disabled(&call.handle, &collection.about) {
            continue;
        }
        let name = collection.about.type_name.clone();
        let taken = take(&call.handle, collection, &call.context()).await?;
        call.reached(taken.position);
        if taken.changed {
            changed.push(name);
        }
    }
    let message = match changed.as_slice() {
        [] => "Nothing of the inventory has changed.".to_owned(),
        names => format!("The inventory has changed: {}.", names.join(", ")),
    };
    Ok(PutInventoryResult { message: Some(message) })
}

/// What an item says; `None` when it says by its hash that nothing has changed, and that is so.
fn collection(
    call: &Call<PutInventoryRequest>,
    node: &str,
    item: &InventoryItem,
) -> Result<Option<Collection>, ApiError> {
    let name = item.type_name.clone().unwrap_or_default();
    let version = item.schema_version.clone().unwrap_or_default();
    check_type(&name, &version)?;
    if item.context.is_some() && !WITH_CONTEXT.contains(&name.as_str()) {
        let message = format!("{name} has no Context: {} have one.", WITH_CONTEXT.join(" and "));
        return Err(ApiError::new("UnsupportedInventoryItemContextException", message));
    }
    let captured = item.capture_time.as_deref().unwrap_or_default();
    let captured = Timestamp::parse_rfc3339(captured).ok_or_else(|| {
        let message = format!("CaptureTime of {name} is {captured:?}, which is no instant.");
        ApiError::invalid(message)
    })?;
    let content_hash = item.content_hash.clone().unwrap_or_default();
    let Some(content) = &item.content else {
        return unchanged(call, node, &name, &content_hash).map(|()| None);
    };
    for entry in content {
        check(&name, entry).map_err(|reason| ApiError::new("InvalidItemContentException", reason))?;
    }
    let about = InventoryChanged {
        node_id: node.to_owned(),
        captured_ms: captured.0,
        content_hash,
        context: context_of(item.context.as_ref()),
        schema_version: version,
        type_name: name.clone(),
        ..InventoryChanged::default()
    };
    Ok(Some(Collection {
        about,
        found: Found::All(keyed(&name, content.clone())),
        gives_way_to_later: false,
    }))
}

fn check_type(name: &str, version: &str) -> Result<(), ApiError> {
    known_type(name)?;
    let Some(kind) = types::find(name) else { return Ok(()) };
    if kind.source == types::Source::ControlPlane {
        let message = format!("{name} is what the control plane knows itself: it cannot be put.");
        return Err(ApiError::new("InvalidTypeNameException", message));
    }
    if kind.version != version {
        let message = format!("SchemaVersion of {name} is {version:?}; the version is {}.", kind.version);
        return Err(ApiError::new("UnsupportedInventorySchemaVersionException", message));
    }
    Ok(())
}

/// An item without content says that it is what the hash is of.
fn unchanged(
    call: &Call<PutInventoryRequest>,
    node: &str,
    name: &str,
    content_hash: &str,
) -> Result<(), ApiError> {
    if content_hash.is_empty() {
        let message = format!("The item {name} has neither Content nor ContentHash.");
        return Err(ApiError::new("InvalidItemContentException", message));
    }
    let held = call.handle.state::<Inventory>(&inventory_id(node, name)).content_hash;
    if held == content_hash {
        return Ok(());
    }
    let message = format!(
        "ContentHash of {name} is {content_hash:?} and that of what is known is {held:?}: send the content."
    );
    Err(ApiError::new("ItemContentMismatchException", message))
}
