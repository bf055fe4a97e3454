//! What is due: the next attempt of each lane, what limits held back, and the end of what was not sent in time.

use crate::{
    domain::{
        Destination, MAIL_LANE,
        limits::held_until,
        mail_server::{DEFAULT, MailServerEvent},
        notification::{Command, Notification, NotificationEvent},
        webhook::{self, Webhook, WebhookEvent},
    },
    projections::{
        LANES, LaneRow, MAIL_SERVERS, MailServerRow, NOTIFICATIONS, NotificationRow, WEBHOOKS, WebhookRow,
        held, limits_of, next_of, nth_last,
    },
    secrets,
    sending::{Content, Format, Held, Letter, Outcome, Post, Security},
};
use reeve_runtime::{Delivery, DueTimer, Handle, HandlerError};
use reeve_secrets::{Vault, Zeroizing};
use reeve_types::{Timestamp, text::cut};

/// As many notifications that were held back stand in one message; those beyond stand in a later one.
const MAX_HELD_PER_MESSAGE: usize = 100;
/// Of so many the subject stands in it.
const MAX_HELD_SUBJECTS: usize = 10;
const MAX_HELD_SUBJECT_CHARACTERS: usize = 120;

/// What attempts are made with.
#[derive(Clone)]
pub(crate) struct Sender {
    pub vault: Vault,
    /// Which process of the service it is.
    pub runner: String,
}

/// A lane's next attempt may begin: it is said, made, and its outcome said. One that the limits of its destination do not allow
/// is held back instead. When this process ends in between, another attempt begins
/// when the lease is over; of several replicas the one makes it whose beginning is in the log.
pub(crate) async fn attempt(sender: Sender, due: DueTimer) -> Result<(), HandlerError> {
    let views = due.handle.views();
    let Some(lane) = views.get::<LaneRow>(LANES, &due.key) else { return Ok(()) };
    let id = next_of(&lane).to_owned();
    let Some(row) = views.get::<NotificationRow>(NOTIFICATIONS, &id) else { return Ok(()) };
    let (destination, limits) = (&row.destination, limits_of(views, &row.destination));
    let nth_last = |n: u32| nth_last(views, destination, n);
    if let Some(until) = held_until(&limits, nth_last, Timestamp::now()) {
        due.execute::<Notification>(&format!("hold/{id}"), &id, Command::Hold { until }).await?;
        return Ok(());
    }
    let held_ids = held(views, destination, MAX_HELD_PER_MESSAGE);
    let start = Command::StartAttempt { runner: sender.runner.clone() };
    let executed = due.execute::<Notification>(&format!("start/{id}"), &id, start).await?;
    let started = match executed.event {
        Some(NotificationEvent::NotificationAttemptStarted(started)) => started,
        _ => return Ok(()),
    };
    if started.runner != sender.runner {
        return Ok(());
    }
    let outcome = sender.send(&due.handle, &id, row, told(&due.handle, &held_ids)).await?;
    let attempt = started.attempt;
    let command = match outcome {
        Outcome::Sent(receipt) => Command::Sent { attempt, receipt, held_ids },
        Outcome::Failed(failure) => Command::FailAttempt {
            attempt,
            reason: failure.reason,
            failures: lane.failures + 1,
            retry_after_seconds: failure.retry_after_seconds,
            destination_waits: failure.destination_waits,
        },
        Outcome::Never(reason) => Command::GiveUp { reason },
        Outcome::Gone(reason) => {
            let name = due.key.trim_start_matches(crate::domain::WEBHOOK);
            let pause = webhook::Command::Pause { reason: reason.clone() };
            let context = due.context_of::<Notification>(&format!("pause/{id}/{attempt}"), &id);
            due.handle.execute_until_stored::<Webhook>(name, pause, &context).await?;
            Command::GiveUp { reason }
        }
    };
    let context = due.context_of::<Notification>(&format!("outcome/{id}/{attempt}"), &id);
    due.handle.execute_until_stored::<Notification>(&id, command, &context).await?;
    Ok(())
}

/// What of notifications that were held back stands in a message.
fn told(handle: &Handle, held_ids: &[String]) -> Option<Held> {
    let rows = held_ids.iter().filter_map(|id| handle.views().get::<NotificationRow>(NOTIFICATIONS, id));
    let rows: Vec<_> = rows.collect();
    let since = rows.iter().map(|row| row.accepted).min()?.rfc3339();
    let subjects = rows.iter().take(MAX_HELD_SUBJECTS);
    let subjects = subjects.map(|row| cut(&row.subject, MAX_HELD_SUBJECT_CHARACTERS)).collect();
    Some(Held { count: rows.len(), since, subjects })
}

/// The limits of a destination may allow another message: the first that is held back waits for an attempt, which tells of the
/// others.
pub(crate) async fn release(due: DueTimer) -> Result<(), HandlerError> {
    for id in held(due.handle.views(), &due.key, 1) {
        due.execute::<Notification>(&format!("release/{id}"), &id, Command::Release).await?;
    }
    Ok(())
}

/// What stood in a message that was sent was sent as well.
pub(crate) async fn sent_with(delivery: Delivery<NotificationEvent>) -> Result<(), HandlerError> {
    let NotificationEvent::NotificationSent(sent) = &delivery.event.event else { return Ok(()) };
    for id in &sent.held_ids {
        let command = Command::SentWith { id: sent.id.clone() };
        delivery.execute::<Notification>(&format!("sent-with/{id}"), id, command).await?;
    }
    Ok(())
}

/// The time of a notification is over.
pub(crate) async fn expire(due: DueTimer) -> Result<(), HandlerError> {
    due.execute::<Notification>("expire", &due.key, Command::Expire).await?;
    Ok(())
}

/// Destroys the keys of webhooks that are gone, and those that were rotated away.
pub(crate) async fn forget_keys(vault: Vault, delivery: Delivery<WebhookEvent>) -> Result<(), HandlerError> {
    match &delivery.event.event {
        WebhookEvent::WebhookSecretRotated(e) => secrets::destroy(&vault, [&e.dropped_secret_id]).await,
        WebhookEvent::WebhookDeleted(e) => secrets::destroy(&vault, &e.secret_ids).await,
        WebhookEvent::WebhookPut(_) | WebhookEvent::WebhookPaused(_) | WebhookEvent::WebhookResumed(_) => {
            Ok(())
        }
    }
}

/// Destroys the mail server's passwords that count no more.
pub(crate) async fn forget_passwords(
    vault: Vault,
    delivery: Delivery<MailServerEvent>,
) -> Result<(), HandlerError> {
    match &delivery.event.event {
        MailServerEvent::MailServerPut(e) => secrets::destroy(&vault, [&e.dropped_secret_id]).await,
        MailServerEvent::MailServerDeleted(e) => secrets::destroy(&vault, [&e.secret_id]).await,
    }
}

impl Sender {
    async fn send(
        &self,
        handle: &Handle,
        id: &str,
        row: NotificationRow,
        held: Option<Held>,
    ) -> Result<Outcome, HandlerError> {
        let destination = row.destination.clone();
        let content = Content { held, ..content(id, row) };
        let prepared = match Destination::parse(&destination) {
            Ok(Destination::Webhook(name)) => self.post(handle, name, content).await?.map(Message::Post),
            Ok(Destination::Mail(address)) => {
                self.letter(handle, address, content).await?.map(Message::Letter)
            }
            Err(reason) => Err(Outcome::Never(reason)),
        };
        match prepared {
            Ok(Message::Post(post)) => {
                let sent = tokio::task::spawn_blocking(move || post.send(Timestamp::now()));
                sent.await.map_err(|error| HandlerError::Retry(error.to_string()))
            }
            Ok(Message::Letter(letter)) => Ok(letter.send().await),
            Err(outcome) => Ok(outcome),
        }
    }

    /// A key that cannot be read was rotated away or deleted, which the view may not know yet: the message waits. A former one
    /// signs no more.
    async fn post(
        &self,
        handle: &Handle,
        name: &str,
        content: Content,
    ) -> Result<Result<Post, Outcome>, HandlerError> {
        let Some(row) = handle.views().get::<WebhookRow>(WEBHOOKS, name) else {
            return Ok(Err(Outcome::Never(format!("there is no webhook {name}"))));
        };
        if !row.paused.is_empty() {
            let (since, why) = (row.paused_at.rfc3339(), &row.paused);
            return Ok(Err(Outcome::Never(format!("the webhook {name} is paused since {since}: {why}"))));
        }
        let mut keys = match secrets::open(&self.vault, &row.secret).await? {
            Ok(key) => vec![key.to_vec()],
            Err(reason) => return Ok(Err(Outcome::away(reason))),
        };
        let former = row.former.iter().filter(|(_, until)| *until > Timestamp::now());
        for (secret, _) in former {
            if let Ok(key) = secrets::open(&self.vault, secret).await? {
                keys.push(key.to_vec());
            }
        }
        Ok(Format::parse(&row.format).map_err(Outcome::Never).map(|format| Post {
            url: row.url,
            format,
            allow_private_addresses: row.allow_private_addresses,
            certificate_authority: row.certificate_authority,
            keys,
            content,
        }))
    }

    async fn letter(
        &self,
        handle: &Handle,
        address: &str,
        content: Content,
    ) -> Result<Result<Letter, Outcome>, HandlerError> {
        let Some(row) = handle.views().get::<MailServerRow>(MAIL_SERVERS, DEFAULT) else {
            let reason = format!("there is no {MAIL_LANE} server: reeve notifications put-mail-server");
            return Ok(Err(Outcome::Never(reason)));
        };
        let credentials = match &row.password {
            None => None,
            Some(secret) => match secrets::open(&self.vault, secret).await? {
                Ok(password) => {
                    let password = Zeroizing::new(String::from_utf8_lossy(&password).into_owned());
                    Some((row.user_name.clone(), password))
                }
                Err(reason) => return Ok(Err(Outcome::away(reason))),
            },
        };
        Ok(Security::parse(&row.security).map_err(Outcome::Never).map(|security| Letter {
            host: row.host,
            port: row.port,
            security,
            sender: row.sender,
            credentials,
            certificate_authority: row.certificate_authority,
            to: address.to_owned(),
            content,
        }))
    }
}

enum Message {
    Post(Post),
    Letter(Letter),
}

fn content(id: &str, row: NotificationRow) -> Content {
    Content {
        id: id.to_owned(),
        origin_kind: row.origin_kind,
        origin_id: row.origin_id,
        subject: row.subject,
        text: row.text,
        details_json: row.details_json,
        account: row.account,
        region: row.region,
        accepted: row.accepted.rfc3339(),
        held: None,
    }
}
