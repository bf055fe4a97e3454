//! Reads as of an earlier instant.

use crate::{Counted, Counter, caused_by};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_jetstream::{Bus, Headers, serve};
use reeve_runtime::{ApiError, Call, Operation, Service, run};
use reeve_testkit::{Dice, Nats};
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How often each was counted.
struct Counts;

impl Projection for Counts {
    const NAME: &'static str = "counts";
    const VERSION: u32 = 1;
    type Event = Counted;
    fn apply(&self, view: &mut dyn View, event: &Recorded<Counted>) {
        view.update_row::<u32>("counts", &event.envelope.aggregate.id, |count| *count += 1);
    }
}

async fn list(call: Call<Value>) -> Result<Value, ApiError> {
    let rows = call.handle.views().scan::<u32>("counts", "", None, usize::MAX).rows;
    Ok(json!({"counts": rows.into_iter().collect::<BTreeMap<_, _>>()}))
}

async fn sneak(call: Call<Value>) -> Result<Value, ApiError> {
    // An operation that says that it reads, and decides something.
    let decided = call.handle.execute::<Counter>("x", (), &call.context()).await;
    decided.map(|_| Value::Null).map_err(|error| ApiError::new("Refused", error.to_string()))
}

fn service() -> Service {
    Service::new("counters")
        .aggregate::<Counter>()
        .projection(Counts)
        .operation(Operation::read("counters", "List"), list)
        .operation(Operation::read("counters", "Sneak"), sneak)
        .operation(Operation::write("counters", "Count"), sneak)
}

async fn ask(bus: &Bus, operation: &str, at: Option<String>) -> Result<Value, (String, String)> {
    let mut headers = Headers::default();
    if let Some(at) = at {
        headers = headers.with(serve::AS_OF, at);
    }
    let subject = format!("reeve.api.counters.{operation}");
    let answer = serve::call(bus, &subject, headers, "{}".into(), Duration::from_secs(30)).await.unwrap();
    let body: Value = serde_json::from_slice(&answer.data).unwrap();
    match answer.headers.get("reeve-error") {
        None => Ok(body),
        Some(code) => Err((code.to_owned(), body["message"].as_str().unwrap_or_default().to_owned())),
    }
}

#[tokio::test]
async fn an_earlier_state_is_answered_as_it_was() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let before = Timestamp::now();
    let running = run(service(), bus.clone(), nats.folder()).await.unwrap();
    let mut dice = Dice(7);
    let mut exports = Vec::new();
    tokio::time::sleep(Duration::from_millis(5)).await;
    for _ in 0..6 {
        for _ in 0..dice.below(8) + 1 {
            let id = format!("c{}", dice.below(5));
            // At three it is enough, and nothing happens.
            let _enough = running.handle().execute::<Counter>(&id, (), &caused_by(new_uuid())).await.is_err();
        }
        // Nothing happens in the moments around an instant: the stream's clock counts in milliseconds.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let at = Timestamp::now();
        exports.push((at, ask(&bus, "List", None).await.unwrap()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // More instants than are kept, forwards and backwards, and each twice.
    for (at, expected) in exports.iter().chain(exports.iter().rev()) {
        for _ in 0..2 {
            assert_eq!(ask(&bus, "List", Some(at.rfc3339())).await.as_ref(), Ok(expected), "as of {at}");
        }
    }
    let live = ask(&bus, "List", None).await.unwrap();
    assert_eq!(live, exports.last().unwrap().1, "the live views are what they were");

    let at = exports[0].0.rfc3339();
    let refused = async |operation: &str, at: &str| {
        let (code, message) = ask(&bus, operation, Some(at.to_owned())).await.unwrap_err();
        assert!(["ValidationException", "Refused"].contains(&code.as_str()), "{code}: {message}");
        message
    };
    assert!(refused("Count", &at).await.contains("it cannot be called as of an instant"));
    assert!(refused("Sneak", &at).await.contains("nothing can be changed"));
    assert!(refused("List", &before.rfc3339()).await.contains("before the log begins"));
    assert!(refused("List", "2999-01-01T00:00:00Z").await.contains("in the future"));
    assert!(refused("List", "yesterday").await.contains("\"yesterday\""));
    running.stop().await;
}
