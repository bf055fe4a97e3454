//! Where messages go: webhooks and the mail server, as they are at present.

use crate::domain::{
    Destination,
    limits::Window,
    mail_server::{DEFAULT, MailServerEvent},
    webhook::WebhookEvent,
};
use data_encoding::BASE64;
use reeve_contracts::notifications::{MailServerPut, WebhookPut};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::Store;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Webhooks by their names.
pub(crate) const WEBHOOKS: &str = "webhooks";
/// The mail server by its name.
pub(crate) const MAIL_SERVERS: &str = "mail-servers";

/// A secret as the log has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecretRow {
    pub secret_id: String,
    /// Base64.
    pub sealed: String,
}

impl SecretRow {
    fn new(secret_id: &str, sealed: &[u8]) -> Self {
        Self { secret_id: secret_id.to_owned(), sealed: BASE64.encode(sealed) }
    }
}

/// A webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebhookRow {
    pub url: String,
    pub format: String,
    pub allow_private_addresses: bool,
    pub certificate_authority: String,
    pub secret: SecretRow,
    /// The key before, with which messages are signed as well until that instant.
    pub former: Option<(SecretRow, Timestamp)>,
    /// Why nothing is sent; empty: it is.
    pub paused: String,
    pub limits: Vec<Window>,
    pub paused_at: Timestamp,
    pub created: Timestamp,
    pub changed: Timestamp,
}

/// Keeps [`WEBHOOKS`].
pub(crate) struct Webhooks;

impl Projection for Webhooks {
    const NAME: &'static str = "webhooks";
    const VERSION: u32 = 2;
    type Event = WebhookEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<WebhookEvent>) {
        let at = event.envelope.time;
        match &event.event {
            WebhookEvent::WebhookPut(put) => view.update_row(WEBHOOKS, &put.name, |row: &mut WebhookRow| {
                take(row, put);
                row.changed = at;
                if row.created == Timestamp(0) {
                    row.created = at;
                }
            }),
            WebhookEvent::WebhookSecretRotated(rotated) => {
                view.change_row(WEBHOOKS, &rotated.name, |row: &mut WebhookRow| {
                    let secret = SecretRow::new(&rotated.secret_id, &rotated.sealed_secret);
                    let former = std::mem::replace(&mut row.secret, secret);
                    row.former = Some((former, Timestamp(rotated.former_until_ms)));
                });
            }
            WebhookEvent::WebhookPaused(paused) => {
                view.change_row(WEBHOOKS, &paused.name, |row: &mut WebhookRow| {
                    row.paused.clone_from(&paused.reason);
                    row.paused_at = at;
                });
            }
            WebhookEvent::WebhookResumed(resumed) => {
                view.change_row(WEBHOOKS, &resumed.name, |row: &mut WebhookRow| row.paused.clear());
            }
            WebhookEvent::WebhookDeleted(deleted) => view.remove(WEBHOOKS, deleted.name.as_bytes()),
        }
    }
}

fn take(row: &mut WebhookRow, put: &WebhookPut) {
    row.url.clone_from(&put.url);
    row.format.clone_from(&put.format);
    row.allow_private_addresses = put.allow_private_addresses;
    row.certificate_authority.clone_from(&put.certificate_authority);
    row.limits = put.limits.iter().map(Window::from).collect();
    if !put.secret_id.is_empty() {
        row.secret = SecretRow::new(&put.secret_id, &put.sealed_secret);
    }
}

/// The mail server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MailServerRow {
    pub host: String,
    pub port: u16,
    pub security: String,
    pub sender: String,
    pub user_name: String,
    /// The password; `None`: nobody signs in.
    pub password: Option<SecretRow>,
    pub certificate_authority: String,
    /// Of each address.
    pub limits: Vec<Window>,
    pub changed: Timestamp,
}

/// The limits of a destination, as they are at present.
pub(crate) fn limits_of(views: &Store, destination: &str) -> Vec<Window> {
    match Destination::parse(destination) {
        Ok(Destination::Webhook(name)) => {
            views.get::<WebhookRow>(WEBHOOKS, name).map(|row| row.limits).unwrap_or_default()
        }
        Ok(Destination::Mail(_)) => {
            views.get::<MailServerRow>(MAIL_SERVERS, DEFAULT).map(|row| row.limits).unwrap_or_default()
        }
        Err(_) => Vec::new(),
    }
}

/// Keeps [`MAIL_SERVERS`].
pub(crate) struct MailServers;

impl Projection for MailServers {
    const NAME: &'static str = "mail-servers";
    const VERSION: u32 = 2;
    type Event = MailServerEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<MailServerEvent>) {
        match &event.event {
            MailServerEvent::MailServerPut(put) => {
                view.put_row(MAIL_SERVERS, &put.name, mail_server(put, event.envelope.time));
            }
            MailServerEvent::MailServerDeleted(deleted) => {
                view.remove(MAIL_SERVERS, deleted.name.as_bytes());
            }
        }
    }
}

fn mail_server(put: &MailServerPut, changed: Timestamp) -> MailServerRow {
    MailServerRow {
        host: put.host.clone(),
        port: u16::try_from(put.port).unwrap_or_default(),
        security: put.security.clone(),
        sender: put.sender.clone(),
        user_name: put.user_name.clone(),
        password: (!put.secret_id.is_empty()).then(|| SecretRow::new(&put.secret_id, &put.sealed_secret)),
        certificate_authority: put.certificate_authority.clone(),
        limits: put.limits.iter().map(Window::from).collect(),
        changed,
    }
}
