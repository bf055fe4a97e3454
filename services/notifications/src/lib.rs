//! What leaves the installation: messages to webhooks and by mail.
//!
//! Aggregates, in the stream NOTIFICATIONS:
//! - `webhook` (`reeve.evt.notifications.webhook.<name>`): where messages are posted to, and the key that signs them.
//! - `mail-server` (`reeve.evt.notifications.mail-server.default`): the server that takes mail.
//! - `notification` (`reeve.evt.notifications.notification.<id>`): a message to one destination, with each attempt.
//!
//! Other services ask for messages (`NotificationRequested`) and for their end (`NotificationCancellationRequested`) on behalf of
//! a principal, who has to be permitted `notifications:Send` on `Destination::"webhook:NAME"` or `Destination::"mail:ADDRESS"`.
//!
//! Invariants: each destination has a lane of its own, so one that is away holds up no other; an attempt begins after its event,
//! and none after a cancellation or beyond its time; each message ends as sent, failed or cancelled, and is sent at least once
//! where the log says sent, by itself or, when the limits of its destination held it back, within another one that tells of it; a
//! rebuilt view sends nothing, because what is due is a row; a key or a password is in no event, view or log in plain.

mod accepting;
mod api;
mod domain;
mod projections;
mod reactors;
mod requests;
mod secrets;
mod sending;

use domain::{mail_server::MailServer, notification::Notification, webhook::Webhook};
use projections::{EXPIRY_TIMER, HELD_TIMER, LANE_TIMER, LANES, LaneRow};
use reactors::Sender;
use reeve_authz::Authorizer;
use reeve_runtime::{Consumer, Gauges, Handle, Operation, Service};
use reeve_secrets::Vault;
use reeve_types::ids::new_uuid;
use std::{collections::BTreeMap, sync::Arc};

/// As many destinations are told something at a time.
const MAX_CONCURRENT_ATTEMPTS: usize = 64;

/// What the service needs to know beyond its log.
#[derive(Clone)]
pub struct Config {
    /// Seals and opens keys and the password.
    pub vault: Vault,
    /// Decides on whose behalf something may be sent.
    pub authorizer: Arc<dyn Authorizer>,
}

/// The service, for a host to run.
pub fn service(config: &Config) -> Service {
    let sender = Sender { vault: config.vault.clone(), runner: new_uuid().to_string() };
    let with = || config.vault.clone();
    let (put, rotate, put_server, keys, passwords) = (with(), with(), with(), with(), with());
    let (authorizer, putting) = (config.authorizer.clone(), config.authorizer.clone());
    let webhook = |operation: Operation| operation.on("Webhook", "name");
    let service = Service::new("notifications")
        .gauges(waiting)
        .aggregate::<Webhook>()
        .aggregate::<MailServer>()
        .aggregate::<Notification>()
        .projection(projections::Webhooks)
        .projection(projections::MailServers)
        .projection(projections::Notifications)
        .projection(projections::Lanes)
        .concurrent_timer(LANE_TIMER, MAX_CONCURRENT_ATTEMPTS, move |due| {
            reactors::attempt(sender.clone(), due)
        })
        .timer(HELD_TIMER, reactors::release)
        .timer(EXPIRY_TIMER, reactors::expire)
        .reactor(Consumer::from_beginning("sent-with"), reactors::sent_with)
        .reactor(Consumer::from_beginning("webhook-keys"), move |delivery| {
            reactors::forget_keys(keys.clone(), delivery)
        })
        .reactor(Consumer::from_beginning("mail-passwords"), move |delivery| {
            reactors::forget_passwords(passwords.clone(), delivery)
        })
        .request(move |request| requests::send(authorizer.clone(), request))
        .request(requests::cancel);
    service
        .operation(webhook(Operation::write("notifications", "PutWebhook")), move |call| {
            api::webhooks::put(put.clone(), putting.clone(), call)
        })
        .operation(webhook(Operation::write("notifications", "RotateWebhookSecret")), move |call| {
            api::webhooks::rotate(rotate.clone(), call)
        })
        .operation(webhook(Operation::write("notifications", "ResumeWebhook")), api::webhooks::resume)
        .operation(webhook(Operation::write("notifications", "DeleteWebhook")), api::webhooks::delete)
        .operation(Operation::read("notifications", "ListWebhooks"), api::webhooks::list)
        .operation(Operation::write("notifications", "PutMailServer"), move |call| {
            api::mail_server::put(put_server.clone(), call)
        })
        .operation(Operation::read("notifications", "GetMailServer"), api::mail_server::get)
        .operation(Operation::write("notifications", "DeleteMailServer"), api::mail_server::delete)
        .operation(
            Operation::write("notifications", "Send").on(accepting::KIND, "destination"),
            api::notifications::send,
        )
        .operation(Operation::write("notifications", "CancelNotification"), api::notifications::cancel)
        .operation(Operation::read("notifications", "GetNotification"), api::notifications::get)
        .operation(Operation::read("notifications", "ListNotifications"), api::notifications::list)
}

/// How many messages wait, in each lane.
fn waiting(handle: &Handle) -> Gauges {
    let lanes = handle.views().scan::<LaneRow>(LANES, "", None, usize::MAX).rows;
    // The mail server's is there before its first message, so that the metric has a value.
    let mut waiting = BTreeMap::from([(domain::MAIL_LANE.to_owned(), 0)]);
    waiting.extend(lanes.into_iter().map(|(lane, row)| (lane, row.waiting)));
    let values = waiting.into_iter().map(|(lane, count)| (vec![("destination", lane)], count)).collect();
    Gauges {
        name: "reeve.notifications.waiting",
        description: "Messages that wait for an attempt, or are held back by limits.",
        values,
    }
}
