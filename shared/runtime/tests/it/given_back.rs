//! Streams that are read whole and given back to another server have what they had, where and when they had it.

use futures::TryStreamExt;
use reeve_jetstream::{
    Bus, Headers,
    backup::{self, Entry, Extent},
    consume::{self, StartAt},
    keys,
    restore::Restore,
    streams,
};
use reeve_testkit::Nats;

async fn read(bus: &Bus, stream: &str) -> Vec<Entry> {
    backup::entries(bus, stream, 0).await.unwrap().try_collect().await.unwrap()
}

async fn give_back(from: &Bus, to: &Bus) {
    for stream in backup::streams(from).await.unwrap().streams {
        let name = stream.name();
        let mut restore = Restore::begin(to, &stream.config, &stream.created, stream.state).await.unwrap();
        for entry in read(from, name).await {
            restore.push(&entry).await.unwrap();
        }
        let consumers = backup::consumers(from, name).await.unwrap();
        let extent = restore.finish(stream.state.last_seq, &consumers).await.unwrap();
        assert_eq!(
            (extent.messages, extent.last_seq),
            (stream.state.messages, stream.state.last_seq),
            "{name}"
        );
    }
}

fn options(name: &str, start_at: StartAt) -> consume::Options {
    let stream = streams::of_service("things");
    consume::Options {
        stream,
        durable_name: name.to_owned(),
        subjects: Vec::new(),
        start_at,
        exclusive: false,
        batch: 10,
    }
}

#[tokio::test]
async fn another_server_has_the_sequences_the_times_and_the_positions() {
    let (one, other) = (Nats::start(), Nats::start());
    let (from, to) = (one.bus().await, other.bus().await);
    streams::ensure_events(&from, "things").await.unwrap();
    streams::ensure_events(&from, "empty").await.unwrap();
    streams::ensure_node_streams(&from).await.unwrap();
    streams::ensure(&from, streams::SECRET_KEYS).await.unwrap();
    consume::ensure(&from, &options("all", StartAt::Beginning)).await.unwrap();
    let headers =
        Headers::default().with("Nats-Expected-Last-Subject-Sequence", "0").with("b", "x: y").with("a", "");
    // Larger than one file of the server's.
    for number in 1..=20 {
        let data = vec![number; 500_000].into();
        from.store(&format!("reeve.evt.things.thing.{number}"), &headers, data).await.unwrap();
    }
    consume::ensure(&from, &options("now", StartAt::Now)).await.unwrap();
    for number in 21..=24 {
        from.store(&format!("reeve.evt.things.thing.{number}"), &headers, "small".into()).await.unwrap();
    }
    let mut all = consume::consume(&from, &options("all", StartAt::Beginning)).await.unwrap();
    for _ in 0..3 {
        all.try_next().await.unwrap().unwrap().acknowledge().await;
    }
    // Of keys one in the middle and the last two are gone; of another stream all.
    for number in 1..=6 {
        keys::put(&from, &format!("key {number}"), "k".into()).await.unwrap();
    }
    for gone in [3, 5, 6] {
        keys::destroy(&from, &format!("key {gone}")).await.unwrap();
    }
    from.round_trip().await.unwrap();
    give_back(&from, &to).await;

    for stream in backup::streams(&from).await.unwrap().streams {
        assert_eq!(read(&from, stream.name()).await, read(&to, stream.name()).await, "{}", stream.name());
    }
    let of = |streams: &backup::Streams, name: &str| {
        streams.streams.iter().find(|stream| stream.name() == name).unwrap().state
    };
    let restored = backup::streams(&to).await.unwrap();
    assert_eq!(of(&restored, streams::SECRET_KEYS), Extent { messages: 3, first_seq: 1, last_seq: 6 });
    // Appends go on where they were, with the expectations that they had.
    let again = Headers::default().with("Nats-Expected-Last-Subject-Sequence", "24");
    assert_eq!(to.store("reeve.evt.things.thing.24", &again, "next".into()).await.unwrap(), 25);
    assert!(to.store("reeve.evt.things.thing.23", &again, "no".into()).await.is_err());
    assert_eq!(keys::get(&to, "key 4").await.unwrap().as_deref(), Some(&b"k"[..]));
    assert_eq!(keys::get(&to, "key 6").await.unwrap(), None);
    // What is gone keeps its place also when the server starts anew, as the next sequence says.
    keys::put(&to, "key 7", "k".into()).await.unwrap();
    assert_eq!(streams::last_sequence(&to, streams::SECRET_KEYS).await.unwrap(), 7);
    // Consumers go on behind what they had settled, those that began later too.
    for (name, start_at, next) in [("all", StartAt::Beginning, 4), ("now", StartAt::Now, 21)] {
        let mut messages = consume::consume(&to, &options(name, start_at)).await.unwrap();
        assert_eq!(messages.try_next().await.unwrap().unwrap().sequence, next, "{name}");
    }
}
