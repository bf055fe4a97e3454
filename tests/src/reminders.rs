//! The worked example of `docs/adding-a-service.md`: a service that runs a script on a node at an instant.
//!
//! - Aggregate `reminder`, by its id: subject `reeve.evt.reminders.reminder.<id>`. Events `ReminderChanged`.
//! - Reads: run-command's events, for what came of the scripts.
//! - Asks: run-command, to run them (`CommandRequested`).
//!
//! Invariant: a reminder is due once.

use reeve_contracts::run_command::{CommandEvent, CommandRequested};
use reeve_eventsourcing::{Actor, Context, Decider, Projection, Recorded, View, ViewExt, timers};
use reeve_runtime::{ApiError, Call, Consumer, Delivery, DueTimer, HandlerError, Operation, Service};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A reminder was set, became due, or was carried out; in the product a message of `schemas/` for each.
#[derive(Clone, PartialEq, ::prost::Message, Serialize, Deserialize)]
#[serde(default)]
pub struct ReminderChanged {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub status: String,
    #[prost(int64, tag = "3")]
    pub at_ms: i64,
    #[prost(string, tag = "4")]
    pub node_id: String,
    #[prost(string, tag = "5")]
    pub script: String,
}

reeve_eventsourcing::events! {
    /// What happens to a reminder.
    pub enum ReminderEvent: "reminders" / "reminder" / 1 {
        ReminderChanged(ReminderChanged) = "reeve.reminders.ReminderChanged.v1",
    }
}

/// The aggregate. A command is the reminder as it is to be from now on.
pub struct Reminder;

impl Decider for Reminder {
    type Command = ReminderChanged;
    type Event = ReminderEvent;
    type State = ReminderChanged;
    type Error = Infallible;

    fn decide(
        state: &ReminderChanged,
        wanted: ReminderChanged,
        _: &Context,
    ) -> Result<Option<ReminderEvent>, Infallible> {
        let follows = match wanted.status.as_str() {
            "Set" => matches!(state.status.as_str(), "" | "Set"),
            "Due" => state.status == "Set",
            _ => state.status == "Due",
        };
        Ok(follows.then_some(ReminderEvent::ReminderChanged(wanted)))
    }

    fn evolve(_: ReminderChanged, ReminderEvent::ReminderChanged(event): &ReminderEvent) -> ReminderChanged {
        event.clone()
    }
}

const REMINDERS: &str = "reminders";
const TIMER: &str = "due";

/// Reminders by id, and their timers.
struct Reminders;

impl Projection for Reminders {
    const NAME: &'static str = "reminders";
    const VERSION: u32 = 1;
    type Event = ReminderEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<ReminderEvent>) {
        let ReminderEvent::ReminderChanged(reminder) = &event.event;
        match reminder.status.as_str() {
            "Set" => timers::set(view, TIMER, &reminder.id, Timestamp(reminder.at_ms)),
            _ => timers::cancel(view, TIMER, &reminder.id),
        }
        view.put_row(REMINDERS, &reminder.id, reminder.clone());
    }
}

/// The service. While `broken` is set, nothing can be asked of run-command.
pub fn service(broken: Arc<AtomicBool>) -> Service {
    Service::new("reminders")
        .aggregate::<Reminder>()
        .projection(Reminders)
        .timer(TIMER, fall_due)
        .reactor(Consumer::from_beginning("ask"), move |delivery| ask(broken.clone(), delivery))
        .reactor(Consumer::from_now("outcomes"), take_outcome)
        .operation(Operation::write("reminders", "PutReminder").on("Reminder", "id"), put)
        .operation(Operation::read("reminders", "GetReminder").on("Reminder", "id"), get)
}

async fn put(call: Call<ReminderChanged>) -> Result<(), ApiError> {
    let reminder = ReminderChanged { status: "Set".to_owned(), ..call.input.clone() };
    call.execute::<Reminder>(&call.input.id, reminder).await?;
    Ok(())
}

async fn get(call: Call<ReminderChanged>) -> Result<ReminderChanged, ApiError> {
    Ok(call.handle.views().get(REMINDERS, &call.input.id).unwrap_or_default())
}

async fn fall_due(due: DueTimer) -> Result<(), HandlerError> {
    let reminder = due.handle.state::<Reminder>(&due.key);
    let due_now = ReminderChanged { status: "Due".to_owned(), ..reminder };
    due.execute::<Reminder>("due", &due.key, due_now).await?;
    Ok(())
}

async fn ask(broken: Arc<AtomicBool>, delivery: Delivery<ReminderEvent>) -> Result<(), HandlerError> {
    let ReminderEvent::ReminderChanged(reminder) = &delivery.event.event;
    if reminder.status != "Due" {
        return Ok(());
    }
    if broken.load(Ordering::SeqCst) {
        return Err(HandlerError::Permanent("reminders are broken".to_owned()));
    }
    let requested = CommandRequested {
        origin_kind: "reminder".to_owned(),
        origin_id: reminder.id.clone(),
        document_name: "AWS-RunShellScript".to_owned(),
        parameters_json: serde_json::json!({"commands": [reminder.script]}).to_string(),
        node_ids: vec![reminder.node_id.clone()],
        ..CommandRequested::default()
    };
    let actor = Actor { name: "administrator".to_owned(), source: String::new() };
    let context = Context { actor, ..delivery.context("ask") };
    Ok(delivery.handle.request(&requested, &context).await?)
}

async fn take_outcome(delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let (kind, id, status) = match &delivery.event.event {
        CommandEvent::CommandFinished(e) => (&e.origin_kind, &e.origin_id, e.status.clone()),
        CommandEvent::CommandRefused(e) => (&e.origin_kind, &e.origin_id, "Refused".to_owned()),
        _ => return Ok(()),
    };
    if kind == "reminder" {
        let reminder = ReminderChanged { status, ..delivery.handle.state::<Reminder>(id) };
        delivery.execute::<Reminder>("outcome", id, reminder).await?;
    }
    Ok(())
}
