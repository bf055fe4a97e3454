//! What other services ask for: an OpsItem, on behalf of a principal.
//!
//! It is decided on as CreateOpsItem is. A request whose principal may not open items, or that asks for an item that cannot
//! be, is a dead letter, which says why.

use crate::{
    domain::item::OpsItem,
    opening::{Opened, deduplication_key, duplicate, open},
    reading::key_of,
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::opscenter::{OpsItemCreated, OpsItemRequested};
use reeve_runtime::{HandlerError, Request, StripedLock};
use std::sync::Arc;

/// Opens the item that is asked for, or notes it on the open one with the same deduplication key.
pub(crate) async fn open_item(
    authorizer: Arc<dyn Authorizer>,
    turns: Arc<StripedLock>,
    request: Request<OpsItemRequested>,
) -> Result<(), HandlerError> {
    let (handle, context, asked) = (&request.handle, &request.context, &request.message);
    authorizer.catch_up(handle.bus()).await?;
    let place = Place { region: &asked.region, account: &asked.account };
    permit(&*authorizer, &context.actor.name, "ssm:CreateOpsItem", [Resource::none()], place)
        .map_err(HandlerError::Permanent)?;
    let item = item(asked);
    let _turn = match item.deduplication_key.as_str() {
        "" => None,
        key => Some(turns.turn(key).await),
    };
    if let Opened::Duplicate { id } = open(handle, context, item.clone()).await? {
        handle.execute::<OpsItem>(&id, duplicate(&id, &item), context).await?;
    }
    Ok(())
}

fn item(asked: &OpsItemRequested) -> OpsItemCreated {
    let said = key_of(&asked.operational_data);
    let other = || match asked.deduplication.as_str() {
        "" => String::new(),
        text => deduplication_key(&[&asked.origin_kind, text]),
    };
    OpsItemCreated {
        title: asked.title.clone(),
        description: asked.description.clone(),
        source: asked.source.clone(),
        priority: asked.priority,
        severity: asked.severity.clone(),
        category: asked.category.clone(),
        ops_item_type: "/aws/issue".to_owned(),
        deduplication_key: if said.is_empty() { other() } else { said },
        operational_data: asked.operational_data.clone(),
        ..OpsItemCreated::default()
    }
}
