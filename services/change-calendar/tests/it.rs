//! Change calendars on a real NATS, with the events of documents written by hand.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use reeve_contracts::{
    change_calendar::CalendarEvent,
    documents::{
        DefaultVersionSet, DocumentCreated, DocumentDeleted, DocumentEvent, DocumentUpdated, Version,
    },
};
use reeve_eventsourcing::{AggregateRef, Context, Envelope, Event, Position};
use reeve_jetstream::{Bus, store, streams};
use reeve_runtime::{Running, rebuild, run};
use reeve_testkit::{Caller, Nats, context};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::time::Duration;

struct Calendars {
    bus: Bus,
    last: u64,
}

/// A text with an event between two instants.
fn text(from: Timestamp, to: Timestamp) -> String {
    let written = |at: Timestamp| at.rfc3339()[..19].replace(['-', ':'], "");
    let (from, to) = (written(from), written(to));
    format!(
        "BEGIN:VCALENDAR\r\nX-CALENDAR-TYPE:DEFAULT_OPEN\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:{from}Z\r\nDTEND:{to}Z\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn version(number: u32, content: String) -> Option<Version> {
    Some(Version {
        number,
        content,
        format: "TEXT".to_owned(),
        hash: number.to_string(),
        ..Version::default()
    })
}

impl Calendars {
    async fn publish(&mut self, event: DocumentEvent) {
        let context = Context { command_id: new_uuid(), now: Timestamp::now(), ..context() };
        let envelope = Envelope::of(&AggregateRef::of::<DocumentEvent>("c"), &event, &context);
        self.last = store::append(&self.bus, &envelope, Position(self.last)).await.unwrap().0;
    }

    async fn call(&self, input: Value) -> Result<Value, String> {
        let subject = "reeve.api.change-calendar.GetCalendarState";
        let answer = Caller::default().call(&self.bus, subject, &input).await;
        answer.map_err(|refusal| refusal.to_string())
    }

    async fn events(&self) -> Vec<CalendarEvent> {
        let last = streams::last_sequence(&self.bus, "CHANGE_CALENDAR").await.unwrap();
        let mut all = Vec::new();
        for sequence in 1..=last {
            let envelope = store::at(&self.bus, "CHANGE_CALENDAR", Position(sequence)).await.unwrap();
            all.push(CalendarEvent::decode(&envelope.schema, &envelope.data).unwrap());
        }
        all
    }

    async fn until(&self, what: &str, done: impl Fn(&[CalendarEvent]) -> bool) -> Vec<CalendarEvent> {
        for _ in 0..600 {
            let events = self.events().await;
            if done(&events) {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never: {what}: {:?}", self.events().await);
    }
}

async fn start(nats: &Nats, bus: &Bus) -> Running {
    let folder = nats.folder().join(new_uuid().to_string());
    run(reeve_change_calendar::service(), bus.clone(), &folder).await.unwrap()
}

fn changes(events: &[CalendarEvent]) -> Vec<(String, i64)> {
    let each = events.iter().filter_map(|event| match event {
        CalendarEvent::CalendarStateChanged(e) => Some((e.state.clone(), e.at_ms)),
        _ => None,
    });
    each.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transition_is_told_once_whatever_restarts() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    for service in ["documents", "change-calendar"] {
        streams::ensure_events(&bus, service).await.unwrap();
    }
    let mut calendars = Calendars { bus: bus.clone(), last: 0 };
    let (one, two) = (start(&nats, &bus).await, start(&nats, &bus).await);
    let second = Timestamp::now().0 / 1_000 * 1_000;
    let (from, to) = (Timestamp(second + 2_000), Timestamp(second + 4_000));
    let created = DocumentCreated {
        name: "c".to_owned(),
        document_type: "ChangeCalendar".to_owned(),
        version: version(1, text(from, to)),
        ..DocumentCreated::default()
    };
    calendars.publish(DocumentEvent::DocumentCreated(created)).await;
    let told = calendars.until("it is known", |events| !events.is_empty()).await;
    assert!(
        matches!(&told[0], CalendarEvent::CalendarAdded(e) if e.state == "OPEN" && e.next_ms == from.0),
        "{told:?}"
    );
    let closed = calendars.until("it closes", |events| changes(events).len() == 1).await;
    assert_eq!(changes(&closed), [("CLOSED".to_owned(), from.0)]);
    // Nothing runs when it opens: it is told late, as of its instant.
    one.stop().await;
    two.stop().await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(changes(&calendars.events().await).len(), 1);
    let one = start(&nats, &bus).await;
    let opened = calendars.until("it opens", |events| changes(events).len() == 2).await;
    assert_eq!(changes(&opened)[1], ("OPEN".to_owned(), to.0));
    // Another version counts when it is the default, and is a change then.
    let now = Timestamp::now();
    let updated = DocumentUpdated {
        name: "c".to_owned(),
        version: version(2, text(Timestamp(now.0 - 60_000), Timestamp(now.0 + 600_000))),
    };
    calendars.publish(DocumentEvent::DocumentUpdated(updated)).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(changes(&calendars.events().await).len(), 2);
    let set = DefaultVersionSet { name: "c".to_owned(), version: 2 };
    calendars.publish(DocumentEvent::DefaultVersionSet(set)).await;
    let closed = calendars.until("it closes", |events| changes(events).len() == 3).await;
    assert_eq!(changes(&closed)[2].0, "CLOSED");
    let folder = nats.folder().join("rebuilt");
    let rebuilt = rebuild(&reeve_change_calendar::service(), &bus, &folder).await.unwrap();
    assert_eq!(rebuilt.views().dump(), one.handle().views().dump(), "rebuilt views are the live ones");
    let gone = DocumentDeleted { name: "c".to_owned() };
    calendars.publish(DocumentEvent::DocumentDeleted(gone)).await;
    let is_gone = |events: &[CalendarEvent]| matches!(events.last(), Some(CalendarEvent::CalendarRemoved(_)));
    calendars.until("it is gone", is_gone).await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_answered_and_what_is_no_calendar_is_refused() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    for service in ["documents", "change-calendar"] {
        streams::ensure_events(&bus, service).await.unwrap();
    }
    let mut calendars = Calendars { bus: bus.clone(), last: 0 };
    let one = start(&nats, &bus).await;
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    let content = text(at("2026-11-27T18:00:00Z"), at("2026-11-30T06:00:00Z"));
    let created = DocumentCreated {
        name: "c".to_owned(),
        document_type: "ChangeCalendar".to_owned(),
        version: version(1, content),
        ..DocumentCreated::default()
    };
    calendars.publish(DocumentEvent::DocumentCreated(created)).await;
    calendars.until("it is known", |events| !events.is_empty()).await;
    let arn = "arn:aws:ssm:us-east-1:123456789012:document/c";
    let input = json!({"CalendarNames": ["c", arn], "AtTime": "2026-11-27T10:00:00-0800"});
    let expected = json!({"State": "CLOSED", "AtTime": "2026-11-27T18:00:00Z", "NextTransitionTime": "2026-11-30T06:00:00Z"});
    assert_eq!(calendars.call(input).await.unwrap(), expected);
    let after = json!({"CalendarNames": ["c"], "AtTime": "2026-12-01T00:00:00Z"});
    assert_eq!(
        calendars.call(after).await.unwrap(),
        json!({"State": "OPEN", "AtTime": "2026-12-01T00:00:00Z"})
    );
    for (input, expected) in [
        (json!({"CalendarNames": ["x"]}), "InvalidDocument: CalendarNames has \"x\""),
        (json!({"CalendarNames": []}), "ValidationException: CalendarNames names none"),
        (json!({"CalendarNames": ["c"], "AtTime": "soon"}), "ValidationException: AtTime is \"soon\""),
    ] {
        let refused = calendars.call(input).await.unwrap_err();
        assert!(refused.starts_with(expected), "{refused}");
    }
    one.stop().await;
}
