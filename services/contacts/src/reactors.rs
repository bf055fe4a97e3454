//! What follows: what is due in engagements is done, pages and codes are asked for from the notifications service, and what
//! became of them is said to who waits for it.

use crate::{
    codes,
    domain::{
        channel::{self, Channel, ChannelEvent},
        contact::{self, Contact, ContactEvent},
        engagement::{Command, Engagement, EngagementEvent},
        engine::{self, Next, SENDABLE},
        rotation::RotationEvent,
        state::Status,
    },
    names::{Home, ROTATION, id_in},
    projections::{
        CHANNELS, CHANNELS_OF, CONTACTS, ChannelRow, ContactRow, ENGAGEMENTS, EngagementRow, ROTATIONS,
        RotationRow,
    },
    resolving,
    shape::SCHEDULE,
    shared::Shared,
};
use reeve_contracts::contacts::{ActivationCodeOrdered, PageOrdered};
use reeve_contracts::notifications::{
    NotificationCancellationRequested, NotificationEvent, NotificationRequested,
};
use reeve_contracts::ssm_contacts::Plan;
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{ApiError, Delivery, DueTimer, ExecuteError, HandlerError};
use reeve_types::text::cut;
use serde_json::json;
use uuid::Uuid;

/// The kinds of what asks for a notification.
const PAGE: &str = "page";
const ACTIVATION_CODE: &str = "activation-code";
/// As many of a schedule's or a contact's rows are read at once.
const PAGE_ROWS: usize = 500;
/// As often others may change a schedule that a rotation leaves.
const MAX_ROUNDS: u32 = 16;
const MAX_RECEIPT_CHARACTERS: usize = 2_048;
/// The beginning of an address that is a webhook's name.
pub(crate) const WEBHOOK: &str = "webhook:";

/// Something is due in an engagement.
pub(crate) async fn advance(due: DueTimer) -> Result<(), HandlerError> {
    // Whom it pages, and on which channels, it says for ever.
    due.handle.catch_up().await?;
    let state = due.handle.state::<Engagement>(&due.key);
    // Several things may be due at one instant: each is a command of its own.
    let context = due.context_of::<Engagement>(&state.events.to_string(), &due.key);
    let command = match engine::next(&state, context.now.0) {
        Some(Next::Begin { line_id, index, .. }) => {
            let line = state.line(&line_id).cloned().unwrap_or_default();
            let resolved = resolving::resolve(due.handle.views(), &state, &line, index, context.now);
            Command::Begin { line_id, index, resolved: Box::new(resolved) }
        }
        _ => Command::Advance,
    };
    due.handle.execute::<Engagement>(&due.key, command, &context).await?;
    Ok(())
}

/// Asks for what an event makes necessary: pages that are sent, or not any more.
pub(crate) async fn ask(shared: Shared, delivery: Delivery<EngagementEvent>) -> Result<(), HandlerError> {
    let cancelled = match &delivery.event.event {
        EngagementEvent::StageBegan(e) => {
            for page in &e.pages {
                send(&shared, &delivery, page).await?;
            }
            return Ok(());
        }
        EngagementEvent::PageRetried(e) => {
            let Some(page) = &e.page else { return Ok(()) };
            return send(&shared, &delivery, page).await;
        }
        EngagementEvent::PageRead(e) => (&e.cancelled_page_ids, "acknowledged"),
        EngagementEvent::EngagementStopped(e) => (&e.cancelled_page_ids, e.reason.as_str()),
        _ => return Ok(()),
    };
    let (page_ids, reason) = cancelled;
    for page_id in page_ids {
        let (notification_id, reason) = (page_id.clone(), reason.to_owned());
        let cancelled = NotificationCancellationRequested { notification_id, reason };
        delivery.handle.request(&cancelled, &delivery.context(&format!("cancel/{page_id}"))).await?;
    }
    Ok(())
}

/// Asks for a page, on behalf of who made its channel, unless it is of no use any more.
async fn send(
    shared: &Shared,
    delivery: &Delivery<EngagementEvent>,
    page: &PageOrdered,
) -> Result<(), HandlerError> {
    let root = &delivery.event.envelope.aggregate.id;
    let state = delivery.handle.state::<Engagement>(root);
    let is_open = state.is_open(&page.line_id)
        && state.pages.get(&page.page_id).is_some_and(|page| page.status == Status::Ordered);
    if !is_open || page.channel_type != SENDABLE {
        return Ok(());
    }
    let Some(row) = delivery.handle.views().look::<EngagementRow>(ENGAGEMENTS, &page.line_id) else {
        return Err(HandlerError::Retry(format!("the engagement {} is not known yet", page.line_id)));
    };
    let code = codes::code(&shared.vault, &row.secret_id, &row.sealed_key, &page.page_id).await;
    let code = code.map_err(unavailable)?;
    let request = notification(root, &row, page, &code);
    delivery.handle.request(&request, &on_behalf(delivery, &page.principal, &page.page_id)?).await?;
    Ok(())
}

fn unavailable(error: ApiError) -> HandlerError {
    match error.code.as_str() {
        "ServiceUnavailable" => HandlerError::Unavailable(error.to_string()),
        _ => HandlerError::Retry(error.to_string()),
    }
}

/// The context of a request whose id is what is asked for: asked again, it is the same.
fn on_behalf<E>(delivery: &Delivery<E>, principal: &str, id: &str) -> Result<Context, HandlerError> {
    let command_id =
        Uuid::try_parse(id).map_err(|error| HandlerError::Permanent(format!("{id}: {error}")))?;
    let actor = Actor { name: principal.to_owned(), source: String::new() };
    Ok(Context { actor, command_id, ..delivery.context(id) })
}

fn destination(address: &str) -> String {
    match address.starts_with(WEBHOOK) {
        true => address.to_owned(),
        false => format!("mail:{address}"),
    }
}

fn notification(root: &str, row: &EngagementRow, page: &PageOrdered, code: &str) -> NotificationRequested {
    let home = Home { account: &row.account, region: &row.region };
    let (arn, id) = (home.page(&page.contact, &page.page_id), &page.page_id);
    let text = format!(
        "{}\n\nFrom {} to {}.\n\nTo acknowledge, so that nothing more is sent to you:\n    reeve oncall accept {arn} \
         --code {code}\nor\n    aws ssm-contacts accept-page --accept-type READ --accept-code {code} --page-id {arn}\n",
        row.content, row.sender, page.contact
    );
    let details = json!({
        "pageArn": arn,
        "engagementArn": home.engagement(&page.contact, &page.line_id),
        "contactArn": home.contact(&page.contact),
        "incidentId": row.incident_id,
        "acceptCode": code,
        "sender": row.sender,
    });
    NotificationRequested {
        origin_kind: PAGE.to_owned(),
        origin_id: format!("{root}/{id}"),
        destination: destination(&page.address),
        subject: row.subject.clone(),
        text,
        details_json: details.to_string(),
        expires_ms: 0,
        account: row.account.clone(),
        region: row.region.clone(),
    }
}

/// Asks for an activation code.
pub(crate) async fn send_code(shared: Shared, delivery: Delivery<ChannelEvent>) -> Result<(), HandlerError> {
    let ChannelEvent::ActivationCodeOrdered(ordered) = &delivery.event.event else { return Ok(()) };
    let Some(channel) = delivery.handle.views().look::<ChannelRow>(CHANNELS, &ordered.channel_id) else {
        // It was deleted meanwhile.
        return Ok(());
    };
    if channel.kind != SENDABLE {
        let (number, reason) = (ordered.number, format!("{} is not configured here", channel.kind));
        let command = channel::Command::TakeFailed { number, reason };
        return told(delivery.execute::<Channel>("failed", &ordered.channel_id, command).await);
    }
    let name = code_name(&ordered.channel_id, ordered.number);
    let code = codes::code(&shared.vault, &channel.secret_id, &channel.sealed_key, &name).await;
    let request = activation(&channel, ordered, &code.map_err(unavailable)?);
    let context = on_behalf(&delivery, &channel.principal, &ordered.notification_id)?;
    delivery.handle.request(&request, &context).await?;
    Ok(())
}

/// What the code of a number follows from.
pub(crate) fn code_name(channel_id: &str, number: u32) -> String {
    format!("activation/{channel_id}/{number}")
}

fn activation(channel: &ChannelRow, ordered: &ActivationCodeOrdered, code: &str) -> NotificationRequested {
    let home = Home { account: &channel.account, region: &channel.region };
    let arn = home.channel(&channel.contact, &channel.channel_id);
    let text = format!(
        "The activation code of the contact channel {} of {} is {code}.\n\n    aws ssm-contacts \
         activate-contact-channel --contact-channel-id {arn} --activation-code {code}\n\nIf you have asked for none, do \
         nothing: without it nothing else is sent here.\n",
        channel.name, channel.contact
    );
    NotificationRequested {
        origin_kind: ACTIVATION_CODE.to_owned(),
        origin_id: format!("{}/{}", ordered.channel_id, ordered.number),
        destination: destination(&channel.address),
        subject: format!("Activation code for {}", channel.name),
        text,
        details_json: json!({"contactChannelArn": arn, "activationCode": code}).to_string(),
        expires_ms: 0,
        account: channel.account.clone(),
        region: channel.region.clone(),
    }
}

/// What became of a notification that was asked for here.
pub(crate) async fn take_notification(delivery: Delivery<NotificationEvent>) -> Result<(), HandlerError> {
    let (origin, outcome) = match &delivery.event.event {
        NotificationEvent::NotificationSent(e) => ((&e.origin_kind, &e.origin_id), Ok(&e.receipt)),
        NotificationEvent::NotificationFailed(e) => ((&e.origin_kind, &e.origin_id), Err(&e.reason)),
        NotificationEvent::NotificationRefused(e) => ((&e.origin_kind, &e.origin_id), Err(&e.reason)),
        NotificationEvent::NotificationCancelled(e) => ((&e.origin_kind, &e.origin_id), Err(&e.reason)),
        _ => return Ok(()),
    };
    let (kind, Some((id, part))) = (origin.0.as_str(), origin.1.split_once('/')) else { return Ok(()) };
    let said = |text: &String| match text.as_str() {
        "" => "-".to_owned(),
        text => cut(text, MAX_RECEIPT_CHARACTERS),
    };
    match kind {
        PAGE => {
            let page_id = part.to_owned();
            let command = match outcome {
                Ok(receipt) => Command::TakeSent { page_id, receipt: said(receipt) },
                Err(reason) => Command::TakeFailed { page_id, reason: said(reason) },
            };
            told(delivery.execute::<Engagement>("page", id, command).await)
        }
        ACTIVATION_CODE => {
            let Ok(number) = part.parse() else { return Ok(()) };
            let command = match outcome {
                Ok(receipt) => channel::Command::TakeSent { number, receipt: said(receipt) },
                Err(reason) => channel::Command::TakeFailed { number, reason: said(reason) },
            };
            told(delivery.execute::<Channel>("code", id, command).await)
        }
        _ => Ok(()),
    }
}

/// What an engagement or a channel refuses, because it is over or gone, is not asked of it again.
fn told<T, E: std::error::Error>(executed: Result<T, ExecuteError<E>>) -> Result<(), HandlerError> {
    match executed {
        Err(ExecuteError::Refused(_)) => Ok(()),
        other => other.map(drop).map_err(Into::into),
    }
}

/// The channels of a contact that is gone go.
pub(crate) async fn delete_channels(delivery: Delivery<ContactEvent>) -> Result<(), HandlerError> {
    let ContactEvent::ContactDeleted(deleted) = &delivery.event.event else { return Ok(()) };
    let (views, prefix) = (delivery.handle.views(), format!("{}/", deleted.alias));
    let mut after = None;
    loop {
        let page = views.scan::<()>(CHANNELS_OF, &prefix, after.as_deref(), PAGE_ROWS);
        for (key, ()) in &page.rows {
            let id = key.rsplit_once('/').map_or(key.as_str(), |(_, id)| id);
            // A contact that was made since, with the same alias, keeps its own.
            let row = views.look::<ChannelRow>(CHANNELS, id);
            if row.is_some_and(|row| row.created_at < delivery.event.position.0) {
                let command = channel::Command::Delete;
                told(delivery.execute::<Channel>(&format!("delete/{id}"), id, command).await)?;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Rotations that are gone go from all schedules.
pub(crate) async fn leave_schedules(delivery: Delivery<RotationEvent>) -> Result<(), HandlerError> {
    let RotationEvent::RotationDeleted(_) = &delivery.event.event else { return Ok(()) };
    delivery.handle.catch_up().await?;
    let mut after = None;
    loop {
        let page = delivery.handle.views().scan::<ContactRow>(CONTACTS, "", after.as_deref(), PAGE_ROWS);
        for (alias, _) in page.rows.into_iter().filter(|(_, row)| row.kind == SCHEDULE) {
            leave_schedule(&delivery, &alias).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Another replica may have taken another rotation out meanwhile, which this change then brings back: so it is looked at once more.
async fn leave_schedule(delivery: &Delivery<RotationEvent>, alias: &str) -> Result<(), HandlerError> {
    let views = delivery.handle.views();
    let is_gone = |arn: &String| {
        let row = id_in(arn, ROTATION).and_then(|id| views.look::<RotationRow>(ROTATIONS, id));
        row.is_some_and(|row| row.deleted_ms.is_some())
    };
    for round in 0..MAX_ROUNDS {
        let Some(row) = views.look::<ContactRow>(CONTACTS, alias) else { return Ok(()) };
        let all = resolving::rotations(&row);
        let left: Vec<String> = all.iter().filter(|arn| !is_gone(arn)).cloned().collect();
        if left.len() == all.len() {
            return Ok(());
        }
        let about = format!("leave/{alias}/{round}");
        let plan = Plan { rotation_ids: Some(left), stages: None };
        let plan = serde_json::to_string(&plan).map_err(|e| HandlerError::Permanent(e.to_string()))?;
        let command = contact::Command::Update { display_name: None, plan_json: Some(plan) };
        match delivery.execute::<Contact>(&about, alias, command).await {
            Ok(executed) if executed.event.is_some() => {}
            Ok(_) | Err(ExecuteError::Refused(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(HandlerError::Retry(format!("the schedule {alias} is changed by others all the time")))
}

/// The rotations that a contact is a member of.
pub(crate) fn rotations_with(views: &reeve_runtime::Store, alias: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = views.scan::<RotationRow>(ROTATIONS, "", after.as_deref(), PAGE_ROWS);
        for (_, row) in page.rows.into_iter().filter(|(_, row)| row.deleted_ms.is_none()) {
            if row.settings().contacts.iter().any(|one| one == alias) {
                let home = Home { account: &row.account, region: &row.region };
                found.push(home.rotation(&row.rotation_id));
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}
