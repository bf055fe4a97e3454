//! Who is behind: readers of a bus that was killed and is there again, and views that have not seen the last events yet.

use super::{Counted, append, caused_by, try_append};
use futures::StreamExt;
use reeve_eventsourcing::{Context, Decider};
use reeve_jetstream::{
    Bus, Error, Headers,
    follow::{self, BoxStream, Stored},
    streams,
};
use reeve_runtime::{ExecuteError, Service, run};
use reeve_testkit::Nats;
use reeve_types::{Timestamp, ids::new_uuid};
use std::time::Duration;
use tokio::{runtime::Builder, sync::mpsc};

/// Appends as soon as the bus lets it. One whose answer was lost is there already.
async fn append_patiently(bus: &Bus, aggregate: &str, id: &str) {
    while let Err(error) = try_append(bus, aggregate, id).await {
        if matches!(error, Error::Conflict(_)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// As long an answer may take on a busy machine.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// The sequences that a stream yields, read by a task of its own: so that the client reads on while the bus is away.
fn sequences(mut messages: BoxStream<Stored>) -> mpsc::UnboundedReceiver<u64> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            if sender.send(message.unwrap().sequence).is_err() {
                return;
            }
        }
    });
    receiver
}

#[tokio::test]
async fn who_read_nothing_before_a_restart_is_not_given_the_past_after_it() {
    let mut nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_events(&bus, "counters").await.unwrap();
    for id in ["a", "b", "c"] {
        append(&bus, "counter", id).await;
    }
    let stream = streams::of_service("counters");
    tokio::time::sleep(Duration::from_millis(5)).await;
    let now = Timestamp::now();
    let mut connections = bus.connections();
    for sequence in 4..9 {
        let behind = follow::follow(&bus, &stream, &[], sequence - 1).await.unwrap();
        let since = follow::follow_since(&bus, &stream, now).await.unwrap();
        let (mut behind, mut since) = (sequences(behind), sequences(since));
        connections.mark_unchanged();
        nats.kill_and_start();
        connections.changed().await.unwrap();
        append_patiently(&bus, "counter", &sequence.to_string()).await;
        let read = async {
            assert_eq!(behind.recv().await, Some(sequence));
            for sequence in 4..=sequence {
                assert_eq!(since.recv().await, Some(sequence));
            }
        };
        tokio::time::timeout(READ_TIMEOUT, read).await.unwrap();
    }
}

/// Closes what was opened, and has nothing to say about what was not.
struct Door;

impl Decider for Door {
    type Command = Step;
    type Event = Counted;
    type State = u32;
    type Error = NotOpened;
    fn decide(opened: &u32, step: Step, _: &Context) -> Result<Option<Counted>, NotOpened> {
        match step {
            Step::Open => Ok(Some(Counted)),
            Step::CloseIfOpen => Ok((*opened > 0).then_some(Counted)),
            Step::Close if *opened > 0 => Ok(Some(Counted)),
            Step::Close => Err(NotOpened),
        }
    }
    fn evolve(state: u32, _: &Counted) -> u32 {
        state + 1
    }
}

#[derive(Clone)]
enum Step {
    Open,
    CloseIfOpen,
    Close,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("it was not opened")]
struct NotOpened;

#[test]
fn of_two_replicas_the_one_whose_views_are_behind_neither_refuses_nor_passes_over_what_the_other_began() {
    // Views that are held up stop threads: each replica has its own.
    let threads = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (first, second) = (threads(), threads());
    let nats = Nats::start();
    let folder = tempfile::tempdir().unwrap();
    let service = || Service::new("counters").aggregate::<Door>();
    let ahead = first.block_on(async { run(service(), nats.bus().await, nats.folder()).await.unwrap() });
    let behind = second.block_on(async { run(service(), nats.bus().await, folder.path()).await.unwrap() });
    let handle = behind.handle().clone();
    // Nothing comes into these views until this ends.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (holds, holding) = std::sync::mpsc::channel();
    let views = handle.clone();
    let holder = std::thread::spawn(move || {
        let _batch = views.views().begin();
        holds.send(()).unwrap();
        held.recv().unwrap();
    });
    holding.recv().unwrap();
    first.block_on(async {
        for id in ["a", "b"] {
            ahead.handle().execute::<Door>(id, Step::Open, &caused_by(new_uuid())).await.unwrap();
        }
    });
    let execute = |id: &'static str, step: Step| {
        let handle = handle.clone();
        second.spawn(async move { handle.execute::<Door>(id, step, &caused_by(new_uuid())).await })
    };
    let (silent, refused) = (execute("a", Step::CloseIfOpen), execute("b", Step::Close));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(handle.state::<Door>("a"), 0, "its views are behind");
    release.send(()).unwrap();
    holder.join().unwrap();
    second.block_on(async {
        assert!(silent.await.unwrap().unwrap().event.is_some(), "it was passed over");
        assert!(refused.await.unwrap().unwrap().event.is_some());
        // What is so indeed is still said.
        let nothing = execute("c", Step::CloseIfOpen).await.unwrap().unwrap();
        assert_eq!(nothing.event, None);
        let refused = execute("c", Step::Close).await.unwrap();
        assert!(matches!(refused, Err(ExecuteError::Refused(NotOpened))));
        behind.stop().await;
    });
    first.block_on(ahead.stop());
}

#[tokio::test]
async fn whether_a_message_was_stored_that_was_on_its_way_is_given_up_on_when_the_bus_is_there_again() {
    let mut nats = Nats::start();
    let (bus, other) = (nats.bus().await, nats.bus().await);
    // Somebody hears it, and answers nothing.
    let mut heard = other.subscribe("reeve.test.silence").await.unwrap();
    other.round_trip().await.unwrap();
    let sender = bus.clone();
    let stored = tokio::spawn(async move {
        sender.store("reeve.test.silence", &Headers::default(), bytes::Bytes::new()).await
    });
    heard.next().await.unwrap();
    nats.kill_and_start();
    let Err(Error::TimedOut { limit, .. }) = stored.await.unwrap() else { panic!("nobody stored it") };
    assert_eq!(limit, Duration::from_secs(1));
    assert_eq!(*bus.unanswered().borrow(), 0, "no server that was connected had it");
}
