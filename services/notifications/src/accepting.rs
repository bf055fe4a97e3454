//! Taking on a message: for other services by a request, and for a caller.

use crate::{
    domain::{
        Destination,
        mail_server::DEFAULT,
        notification::{Command, Notification},
    },
    projections::{MAIL_SERVERS, MailServerRow, WEBHOOKS, WebhookRow},
};
use reeve_authz::Resource;
use reeve_contracts::notifications::{NotificationAccepted, NotificationRefused, NotificationRequested};
use reeve_eventsourcing::Context;
use reeve_runtime::{ExecuteError, Handle};
use reeve_types::text::cut;
use serde_json::Value;

use crate::domain::notification::Error;

/// What policies are about.
pub(crate) const KIND: &str = "Destination";
/// As long a message is of use, unless it says otherwise.
const DEFAULT_LIFE_SECONDS: i64 = 24 * 60 * 60;
const MAX_LIFE_SECONDS: i64 = 7 * 24 * 60 * 60;
const MAX_SUBJECT_CHARACTERS: usize = 2_048;
const MAX_TEXT_CHARACTERS: usize = 8_192;
const MAX_DETAILS_BYTES: usize = 64 * 1024;

/// The resource that is decided on.
pub(crate) fn resource(destination: &str) -> Resource {
    Resource::new(KIND, destination)
}

/// # Errors
/// A sentence that says why nothing can be sent there, or what of the message is wrong.
pub(crate) fn check(handle: &Handle, asked: &NotificationRequested) -> Result<(), String> {
    match Destination::parse(&asked.destination).map_err(|error| format!("destination: {error}"))? {
        Destination::Webhook(name) if handle.views().get::<WebhookRow>(WEBHOOKS, name).is_none() => {
            return Err(format!("destination is {:?}: there is no webhook {name}.", asked.destination));
        }
        Destination::Mail(_) if handle.views().get::<MailServerRow>(MAIL_SERVERS, DEFAULT).is_none() => {
            return Err(format!(
                "destination is {:?}: there is no mail server, see reeve notifications put-mail-server.",
                asked.destination
            ));
        }
        Destination::Webhook(_) | Destination::Mail(_) => {}
    }
    if asked.subject.trim().is_empty() {
        return Err("subject is empty.".to_owned());
    }
    if asked.details_json.len() > MAX_DETAILS_BYTES {
        let bytes = asked.details_json.len();
        return Err(format!("details has {bytes} bytes: at most {MAX_DETAILS_BYTES} are sent."));
    }
    match asked.details_json.as_str() {
        "" => Ok(()),
        json => match serde_json::from_str::<Value>(json) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("details is no JSON: {error}.")),
        },
    }
}

/// Takes on what was checked; what a person reads and is too long is cut.
pub(crate) async fn accept(
    handle: &Handle,
    id: &str,
    asked: NotificationRequested,
    context: &Context,
) -> Result<(), ExecuteError<Error>> {
    let longest = context.now.plus_seconds(MAX_LIFE_SECONDS).0;
    let expires_ms = match asked.expires_ms {
        0 => context.now.plus_seconds(DEFAULT_LIFE_SECONDS).0,
        asked => asked.min(longest),
    };
    let accepted = NotificationAccepted {
        id: id.to_owned(),
        origin_kind: asked.origin_kind,
        origin_id: asked.origin_id,
        destination: asked.destination,
        subject: cut(&asked.subject, MAX_SUBJECT_CHARACTERS),
        text: cut(&asked.text, MAX_TEXT_CHARACTERS),
        details_json: asked.details_json,
        accepted_ms: context.now.0,
        expires_ms,
        principal: context.actor.name.clone(),
        account: asked.account,
        region: asked.region,
    };
    handle.execute::<Notification>(id, Command::Accept(Box::new(accepted)), context).await?;
    Ok(())
}

/// Says that nothing is sent, and why.
pub(crate) async fn refuse(
    handle: &Handle,
    id: &str,
    asked: NotificationRequested,
    reason: &str,
    context: &Context,
) -> Result<(), ExecuteError<Error>> {
    let refused = NotificationRefused {
        id: id.to_owned(),
        origin_kind: asked.origin_kind,
        origin_id: asked.origin_id,
        destination: cut(&asked.destination, MAX_SUBJECT_CHARACTERS),
        reason: reason.to_owned(),
        principal: context.actor.name.clone(),
    };
    handle.execute::<Notification>(id, Command::Refuse(Box::new(refused)), context).await?;
    Ok(())
}
