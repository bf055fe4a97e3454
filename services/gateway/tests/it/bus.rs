//! The gateway's side of the real bus: services that are away for a moment, or were killed.

use crate::support::start_with;
use futures::StreamExt;
use reeve_gateway::{Bus as Edge, BusError, Forward, serve_written};
use reeve_jetstream::{
    Bus, Headers, Message,
    serve::{self, Announcement, Asked},
};
use reeve_testkit::Nats;
use std::time::{Duration, Instant};

const SUBJECT: &str = "reeve.api.documents.GetDocument";

fn call() -> Forward {
    Forward { subject: SUBJECT.to_owned(), headers: Vec::new(), body: "{}".into(), repeatable: true }
}

/// A service, and what comes to it.
async fn serving(bus: &Bus) -> (serve::Service, reeve_jetstream::Subscription) {
    let service = serve::Service::start(bus, "documents", "1.0.0").await.unwrap();
    let announcement =
        Announcement { name: "GetDocument", api: "ssm", subject: SUBJECT, writes: false, resources: &[] };
    let requests = service.endpoint(&announcement).await.unwrap();
    bus.round_trip().await.unwrap();
    (service, requests)
}

async fn answer(bus: &Bus, request: &Message, body: &'static str) {
    serve::answer(bus, &Asked::by(request), Default::default(), body.into()).await.unwrap();
}

#[tokio::test]
async fn a_service_that_is_started_anew_is_waited_for_and_one_that_is_gone_is_not_for_ever() {
    let nats = Nats::start();
    let (gateway, bus) = (nats.bus().await, nats.bus().await);
    let begun = Instant::now();
    assert_eq!(Edge::request(&gateway, call()).await, Err(BusError::NoResponders));
    let waited = begun.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(15)).contains(&waited), "{waited:?}");
    let calling = tokio::spawn(async move { Edge::request(&gateway, call()).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (_service, mut requests) = serving(&bus).await;
    let request = requests.next().await.unwrap();
    answer(&bus, &request, r#"{"was": "away"}"#).await;
    assert_eq!(calling.await.unwrap().unwrap().body, r#"{"was": "away"}"#);
}

#[tokio::test]
async fn a_read_that_a_killed_replica_had_is_asked_of_another_and_a_write_is_not() {
    let nats = Nats::start();
    let (gateway, bus) = (nats.bus().await, nats.bus().await);
    let (_service, mut requests) = serving(&bus).await;
    let mut forward = call();
    forward.headers.push(("reeve-request-id".to_owned(), "one".to_owned()));
    let calling = tokio::spawn(async move { Edge::request(&gateway, forward).await });
    let first = requests.next().await.unwrap();
    // Nobody answers that one any more.
    let second = requests.next().await.unwrap();
    assert_eq!(first.headers.get("reeve-request-id"), second.headers.get("reeve-request-id"));
    answer(&bus, &second, "{}").await;
    assert_eq!(calling.await.unwrap().unwrap().body, "{}");
    let write = Forward { repeatable: false, ..call() };
    let gateway = nats.bus().await;
    let calling = tokio::spawn(async move { Edge::request(&gateway, write).await });
    let first = requests.next().await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(7), requests.next());
    assert!(second.await.is_err(), "it is asked once");
    answer(&bus, &first, r#"{"slow": true}"#).await;
    assert_eq!(calling.await.unwrap().unwrap().body, r#"{"slow": true}"#);
}

#[tokio::test]
async fn what_is_announced_is_discovered_until_the_service_leaves() {
    let nats = Nats::start();
    let (gateway, bus) = (nats.bus().await, nats.bus().await);
    let (service, mut requests) = serving(&bus).await;
    let found = Edge::discover(&gateway).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].service.as_str(), found[0].subject.as_str()), ("documents", SUBJECT));
    drop(service);
    assert!(requests.next_until(async {}).await.is_none(), "it ends when nothing is left");
    bus.round_trip().await.unwrap();
    assert_eq!(Edge::discover(&gateway).await.unwrap_or_default(), []);
}

#[tokio::test]
async fn what_was_written_through_one_gateway_is_read_through_another() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let (_service, mut requests) = serving(&bus).await;
    let answering = tokio::spawn(async move {
        let mut minimum = Vec::new();
        for position in ["DOCUMENTS:7,TAGS:3", "DOCUMENTS:9"] {
            let request = requests.next().await.unwrap();
            minimum.push(request.headers.get(serve::MIN_POSITION).map(str::to_owned));
            let headers = Headers::default().with("reeve-position", position);
            serve::answer(&bus, &Asked::by(&request), headers, "{}".into()).await.unwrap();
        }
        minimum
    });
    let one = start_with(nats.bus().await, |_| {}).await;
    let other = start_with(nats.bus().await, |_| {}).await;
    let hearing = tokio::spawn(serve_written(other.bus.clone(), other.gateway.clone()));
    other.bus.round_trip().await.unwrap();
    let document = r#"{"Name": "Doc"}"#;
    assert_eq!(one.call("GetDocument", document).await.status, 200);
    // What was said is with the other one.
    one.bus.round_trip().await.unwrap();
    other.bus.round_trip().await.unwrap();
    assert_eq!(other.call("GetDocument", document).await.status, 200);
    assert_eq!(answering.await.unwrap(), [None, Some("DOCUMENTS:7,TAGS:3".to_owned())]);
    tokio::join!(one.stop(), other.stop());
    hearing.await.unwrap();
}
