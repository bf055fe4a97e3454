//! What other services ask for: a message to a destination on behalf of a principal, and that none is sent any more.

use crate::{
    accepting,
    domain::notification::{Command, Error, Notification},
};
use reeve_authz::{Authorizer, Place, permit};
use reeve_contracts::notifications::{NotificationCancellationRequested, NotificationRequested};
use reeve_runtime::{ExecuteError, HandlerError, Request};
use std::sync::Arc;

/// Takes on what was asked for, or says why not.
pub(crate) async fn send(
    authorizer: Arc<dyn Authorizer>,
    request: Request<NotificationRequested>,
) -> Result<(), HandlerError> {
    let (handle, context, id) = (&request.handle, &request.context, request.id.to_string());
    authorizer.catch_up(handle.bus()).await?;
    let asked = request.message;
    let place = Place { region: &asked.region, account: &asked.account };
    let resource = accepting::resource(&asked.destination);
    let allowed = permit(&*authorizer, &context.actor.name, "notifications:Send", [resource], place);
    match allowed.and_then(|()| accepting::check(handle, &asked)) {
        Ok(()) => accepting::accept(handle, &id, asked, context).await?,
        Err(reason) => accepting::refuse(handle, &id, asked, &reason, context).await?,
    }
    Ok(())
}

/// Sees to it that no attempt begins any more.
pub(crate) async fn cancel(request: Request<NotificationCancellationRequested>) -> Result<(), HandlerError> {
    let NotificationCancellationRequested { notification_id, reason } = request.message;
    let cancel = Command::Cancel { reason };
    match request.handle.execute::<Notification>(&notification_id, cancel, &request.context).await {
        Ok(_) => Ok(()),
        // What it is about may be asked for later than this: requests have no order between them.
        Err(ExecuteError::Refused(Error::Unknown(_))) => {
            Err(HandlerError::Retry(format!("there is no notification {notification_id} yet")))
        }
        Err(error) => Err(error.into()),
    }
}
