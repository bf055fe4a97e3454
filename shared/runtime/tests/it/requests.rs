//! Requests of one service to another.

use crate::{Counter, caused_by};
use prost::Message;
use reeve_runtime::{HandlerError, Request, RequestMessage, Service, run};
use reeve_testkit::Nats;
use reeve_types::ids::new_uuid;
use std::{sync::Mutex, time::Duration};

/// Asks for a counter to count.
#[derive(Clone, PartialEq, Message)]
struct CountRequested {
    #[prost(string, tag = "1")]
    id: String,
}

impl RequestMessage for CountRequested {
    const SCHEMA: &'static str = "reeve.counters.CountRequested.v1";
    const SERVICE: &'static str = "counters";
}

static ASKED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

async fn count(request: Request<CountRequested>) -> Result<(), HandlerError> {
    let actor = request.context.actor.name.clone();
    ASKED.lock().unwrap().push((request.from.clone(), actor));
    request.handle.execute::<Counter>(&request.message.id, (), &request.context).await?;
    Ok(())
}

#[tokio::test]
async fn a_request_is_decided_on_once_on_behalf_of_its_actor_also_when_nobody_was_there() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let asks = run(Service::new("asking"), bus.clone(), nats.folder()).await.unwrap();
    let counters = || Service::new("counters").aggregate::<Counter>().request(count);
    // The stream of requests stands from the first start on.
    let running = run(counters(), bus.clone(), nats.folder()).await.unwrap();
    running.stop().await;
    let mut context = caused_by(new_uuid());
    context.actor.name = "alice".to_owned();
    let request = CountRequested { id: "c".to_owned() };
    for _ in 0..3 {
        asks.handle().request(&request, &context).await.unwrap();
    }
    let running = run(counters(), bus, nats.folder()).await.unwrap();
    asks.handle().request(&request, &caused_by(new_uuid())).await.unwrap();
    for _ in 0..2_000 {
        if running.handle().state::<Counter>("c") == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(running.handle().state::<Counter>("c"), 2, "the repeated one once, the other one once");
    assert!(ASKED.lock().unwrap().contains(&("asking".to_owned(), "alice".to_owned())));
    asks.stop().await;
    running.stop().await;
}
