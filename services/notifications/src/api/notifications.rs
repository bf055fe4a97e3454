//! Send, CancelNotification, GetNotification, ListNotifications.

use super::{instant, no_such};
use crate::{
    accepting,
    domain::{
        Destination,
        notification::{Command, Notification},
    },
    projections::{NEWEST, NOTIFICATIONS, NotificationRow, STATUSES},
};
use reeve_contracts::notifications::NotificationRequested;
use reeve_runtime::{ApiError, Call, Done, Handle, Page, page_size, to_answers};
use serde::{Deserialize, Serialize};

const MAX_NOTIFICATIONS_PER_PAGE: usize = 100;
/// As many rows are looked at for one page: a filter that few meet is answered in several.
const MAX_LOOKED_AT: usize = 2_000;
/// The origin of what a caller sends.
const ORIGIN_KIND: &str = "caller";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    destination: String,
    subject: String,
    text: Option<String>,
    details: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sending {
    notification_id: String,
}

pub(crate) async fn send(call: Call<Send>) -> Result<Sending, ApiError> {
    let context = &call.context();
    let id = context.command_id.to_string();
    let asked = NotificationRequested {
        origin_kind: ORIGIN_KIND.to_owned(),
        origin_id: context.actor.name.clone(),
        destination: call.input.destination.clone(),
        subject: call.input.subject.clone(),
        text: call.input.text.clone().unwrap_or_default(),
        details_json: call.input.details.clone().unwrap_or_default(),
        expires_ms: 0,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
    };
    accepting::check(&call.handle, &asked).map_err(ApiError::invalid)?;
    accepting::accept(&call.handle, &id, asked, context).await?;
    Ok(Sending { notification_id: id })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    notification_id: String,
    reason: Option<String>,
}

pub(crate) async fn cancel(call: Call<Cancel>) -> Result<Done, ApiError> {
    let id = call.input.notification_id.clone();
    row(&call.handle, &id)?;
    let reason = call.input.reason.clone().unwrap_or_else(|| format!("by {}", call.caller.actor.name));
    call.execute::<Notification>(&id, Command::Cancel { reason }).await?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Get {
    notification_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    notification_id: String,
    destination: String,
    status: String,
    attempts: u32,
    origin_kind: String,
    origin_id: String,
    principal: String,
    subject: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    details: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    receipt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<f64>,
}

impl Shown {
    fn new(notification_id: String, row: NotificationRow) -> Self {
        Self {
            notification_id,
            destination: row.destination,
            status: row.status,
            attempts: row.attempts,
            origin_kind: row.origin_kind,
            origin_id: row.origin_id,
            principal: row.principal,
            subject: row.subject,
            text: row.text,
            details: row.details_json,
            reason: row.reason,
            receipt: row.receipt,
            accepted: instant(row.accepted),
            expires: instant(row.expires),
            sent: row.sent.and_then(instant),
            next_attempt: row.next_attempt.and_then(instant),
        }
    }
}

pub(crate) async fn get(call: Call<Get>) -> Result<Shown, ApiError> {
    let id = call.input.notification_id.clone();
    Ok(Shown::new(id.clone(), row(&call.handle, &id)?))
}

/// A notification that is there.
fn row(handle: &Handle, id: &str) -> Result<NotificationRow, ApiError> {
    let found = handle.views().get(NOTIFICATIONS, id);
    found.ok_or_else(|| no_such(format!("notificationId is {id:?}: there is no such notification.")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    status: Option<String>,
    destination: Option<String>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationsPage {
    notifications: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The newest first. What they say is answered by GetNotification.
pub(crate) async fn list(call: Call<List>) -> Result<NotificationsPage, ApiError> {
    let limit = page_size(call.input.max_results, MAX_NOTIFICATIONS_PER_PAGE)?;
    let (views, input) = (call.handle.views(), &call.input);
    if let Some(status) = input.status.as_deref().filter(|status| !STATUSES.contains(status)) {
        return Err(ApiError::invalid(format!(
            "status is {status:?}: it is one of {}.",
            STATUSES.join(", ")
        )));
    }
    if let Some(destination) = &input.destination {
        Destination::parse(destination)
            .map_err(|error| ApiError::invalid(format!("destination: {error}")))?;
    }
    let page = views.scan::<String>(NEWEST, "", input.next_token.as_deref(), MAX_LOOKED_AT);
    let is = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
    let mut rows = Vec::new();
    let mut next = page.next;
    for (key, id) in page.rows {
        let Some(row) = views.get::<NotificationRow>(NOTIFICATIONS, &id) else { continue };
        if is(&input.status, &row.status) && is(&input.destination, &row.destination) {
            if rows.len() == limit {
                next = rows.last().map(|(key, _): &(String, _)| key.clone());
                break;
            }
            rows.push((key, Shown { text: String::new(), details: String::new(), ..Shown::new(id, row) }));
        }
    }
    let (notifications, next_token) = to_answers(Page { rows, next }, |shown| shown)?;
    Ok(NotificationsPage { notifications, next_token })
}
