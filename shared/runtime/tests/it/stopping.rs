//! A service that stops finishes what it has, and refuses nobody.

use crate::{Counted, Counter, append};
use reeve_jetstream::streams;
use reeve_runtime::{ApiError, Call, Consumer, Delivery, Operation, Service, run};
use reeve_testkit::{Caller, Nats};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// An answer takes so long.
const SLOWNESS: Duration = Duration::from_millis(300);

fn slow() -> Service {
    Service::new("counters").aggregate::<Counter>().operation(
        Operation::read("ssm", "GetDocument"),
        |_: Call<Value>| async {
            tokio::time::sleep(SLOWNESS).await;
            Ok::<_, ApiError>(json!({}))
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_while_replicas_are_replaced() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let mut running = run(slow(), bus.clone(), &nats.folder().join("0")).await.unwrap();
    let caller = nats.bus().await;
    let calling = tokio::spawn(async move {
        let mut calls = Vec::new();
        for _ in 0..500 {
            let caller = caller.clone();
            calls.push(tokio::spawn(async move {
                let begun = Instant::now();
                let answer =
                    Caller::default().call(&caller, "reeve.api.counters.GetDocument", &json!({})).await;
                (answer, begun.elapsed())
            }));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        futures::future::join_all(calls).await
    });
    for number in 1..=4 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let next = run(slow(), bus.clone(), &nats.folder().join(number.to_string())).await.unwrap();
        std::mem::replace(&mut running, next).stop().await;
    }
    for call in calling.await.unwrap() {
        let (answer, took) = call.unwrap();
        assert_eq!(answer.unwrap(), json!({}));
        assert!(took < SLOWNESS * 10, "nobody answered the call that {took:?} went by for");
    }
    running.stop().await;
}

/// More calls than it works on at a time: what waits its turn when it stops is answered as well.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_wait_their_turn_when_it_stops_are_answered() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let running = run(slow(), bus.clone(), &nats.folder().join("0")).await.unwrap();
    let calls: Vec<_> = (0..600)
        .map(|_| {
            let bus = bus.clone();
            tokio::spawn(async move {
                Caller::default().call(&bus, "reeve.api.counters.GetDocument", &json!({})).await
            })
        })
        .collect();
    tokio::time::sleep(SLOWNESS / 2).await;
    running.stop().await;
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), json!({}));
    }
}

/// A reactor that takes its time, and what it has come to the end of.
fn reacting(consumer: Consumer, done: &Arc<Mutex<BTreeMap<u64, u32>>>) -> Service {
    let done = done.clone();
    Service::new("counters").aggregate::<Counter>().reactor(consumer, move |delivery: Delivery<Counted>| {
        let done = done.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            *done.lock().unwrap().entry(delivery.event.position.0).or_default() += 1;
            Ok(())
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_finished_once_and_the_rest_is_given_back_at_once() {
    for in_order in [false, true] {
        let consumer = || match in_order {
            true => Consumer::from_beginning("slowly").concurrency(2).in_order(),
            false => Consumer::from_beginning("slowly").concurrency(2),
        };
        let (nats, done) = (Nats::start(), Arc::default());
        let bus = nats.bus().await;
        streams::ensure_events(&bus, "counters").await.unwrap();
        for number in 0..12 {
            append(&bus, "counter", &number.to_string()).await;
        }
        let first = run(reacting(consumer(), &done), bus.clone(), &nats.folder().join("1")).await.unwrap();
        while done.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        first.stop().await;
        let finished = done.lock().unwrap().len();
        assert!((1..12).contains(&finished), "{finished} were handled before it stopped");
        let begun = Instant::now();
        let second = run(reacting(consumer(), &done), bus, &nats.folder().join("2")).await.unwrap();
        while done.lock().unwrap().len() < 12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The bus misses a replica after 15 s.
        assert!(begun.elapsed() < Duration::from_secs(10), "the rest came after {:?}", begun.elapsed());
        assert!(done.lock().unwrap().values().all(|count| *count == 1), "{:?}", done.lock().unwrap());
        second.stop().await;
    }
}
