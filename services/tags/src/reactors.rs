//! What happens to tags because of what happens to the resources.

use crate::{
    domain::{Command, Resource, resource_id},
    resources::{Change, Tagged},
};
use reeve_runtime::{Delivery, HandlerError};

/// The tags that a resource is made with are added; one that is gone keeps none.
pub(crate) async fn follow<E: Tagged>(delivery: Delivery<E>) -> Result<(), HandlerError> {
    let kind = || E::KIND.to_owned();
    let (n, id, command) = match delivery.event.event.change() {
        Some(Change::Made { id, tags }) if !tags.is_empty() => {
            ("add", id, Command::Add { resource_type: kind(), resource_id: id.to_owned(), tags })
        }
        Some(Change::Gone { id }) => {
            ("clear", id, Command::Clear { resource_type: kind(), resource_id: id.to_owned() })
        }
        _ => return Ok(()),
    };
    delivery.execute::<Resource>(n, &resource_id(E::KIND, id), command).await?;
    Ok(())
}
