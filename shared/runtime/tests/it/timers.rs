//! Timers: when they fire, how often, and when not.

use crate::Enough;
use bytes::Bytes;
use reeve_eventsourcing::{
    Context, Decider, DecodeError, Event, Position, Projection, Recorded, View, timers,
};
use reeve_jetstream::{store, streams};
use reeve_runtime::{DueTimer, HandlerError, Service, run};
use reeve_testkit::Nats;
use reeve_types::{Timestamp, ids::new_uuid};
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// An alarm was set for an instant, or went off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum AlarmEvent {
    Set(i64),
    WentOff,
}

impl Event for AlarmEvent {
    const SERVICE: &'static str = "alarms";
    const AGGREGATE: &'static str = "alarm";
    const ID_PARTS: usize = 1;
    fn schema(&self) -> &'static str {
        "reeve.alarms.AlarmChanged.v1"
    }
    fn encode(&self) -> Bytes {
        serde_json::to_vec(self).unwrap().into()
    }
    fn decode(_: &str, data: &[u8]) -> Result<Self, DecodeError> {
        serde_json::from_slice(data).map_err(|e| DecodeError::Unknown(e.to_string()))
    }
}

struct Alarm;

impl Decider for Alarm {
    type Command = AlarmEvent;
    type Event = AlarmEvent;
    type State = bool;
    type Error = Enough;
    fn decide(is_set: &bool, command: AlarmEvent, _: &Context) -> Result<Option<AlarmEvent>, Enough> {
        Ok((command != AlarmEvent::WentOff || *is_set).then_some(command))
    }
    fn evolve(_: bool, event: &AlarmEvent) -> bool {
        *event != AlarmEvent::WentOff
    }
}

struct Alarms;

impl Projection for Alarms {
    const NAME: &'static str = "alarms";
    const VERSION: u32 = 1;
    type Event = AlarmEvent;
    fn apply(&self, view: &mut dyn View, event: &Recorded<AlarmEvent>) {
        let key = &event.envelope.aggregate.id;
        match event.event {
            AlarmEvent::Set(at) => timers::set(view, "alarm", key, Timestamp(at)),
            AlarmEvent::WentOff => timers::cancel(view, "alarm", key),
        }
    }
}

#[derive(Clone, Default)]
struct Fired {
    /// Key, due, and when it fired.
    firings: Arc<Mutex<Vec<(String, i64, i64)>>>,
    broken: Arc<AtomicBool>,
    attempts: Arc<AtomicUsize>,
}

impl Fired {
    fn service(&self) -> Service {
        let fired = self.clone();
        Service::new("alarms").aggregate::<Alarm>().projection(Alarms).timer("alarm", move |due: DueTimer| {
            let fired = fired.clone();
            async move {
                fired.attempts.fetch_add(1, Ordering::SeqCst);
                if due.key == "bad" && fired.broken.load(Ordering::SeqCst) {
                    return Err(HandlerError::Permanent("it is broken".to_owned()));
                }
                let went_off = due.execute::<Alarm>("0", &due.key, AlarmEvent::WentOff).await?;
                if went_off.event.is_some() {
                    let firing = (due.key.clone(), due.due_at.0, Timestamp::now().0);
                    fired.firings.lock().unwrap().push(firing);
                }
                Ok(())
            }
        })
    }

    fn keys(&self) -> Vec<String> {
        self.firings.lock().unwrap().iter().map(|(key, ..)| key.clone()).collect()
    }

    async fn until(&self, count: usize) {
        for _ in 0..2_000 {
            if self.firings.lock().unwrap().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {:?} fired", self.keys());
    }
}

/// Answers the correlation id.
async fn set(handle: &reeve_runtime::Handle, key: &str, at: i64) -> uuid::Uuid {
    let context = Context { correlation_id: new_uuid(), ..crate::caused_by(new_uuid()) };
    handle.execute::<Alarm>(key, AlarmEvent::Set(at), &context).await.unwrap();
    context.correlation_id
}

#[tokio::test]
async fn what_happens_at_an_instant_belongs_to_the_chain_that_set_it() {
    let nats = Nats::start();
    let fired = Fired::default();
    let running = run(fired.service(), nats.bus().await, nats.folder()).await.unwrap();
    let first = set(running.handle(), "a", Timestamp::now().0 + 300).await;
    let moved = set(running.handle(), "a", Timestamp::now().0 + 100).await;
    assert_ne!(first, moved);
    fired.until(1).await;
    assert_eq!(running.handle().correlation_of::<Alarm>("a"), Some(moved));
    let went_off = store::at(running.handle().bus(), "ALARMS", Position(3)).await.unwrap();
    assert_eq!(went_off.correlation_id, moved);
    assert_eq!(running.handle().correlation_of::<Alarm>("b"), None);
    running.stop().await;
}

#[tokio::test]
async fn timers_fire_in_their_time_once_and_never_after_a_rebuild() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    let fired = Fired::default();
    let running = run(fired.service(), bus.clone(), nats.folder()).await.unwrap();
    let now = Timestamp::now().0;
    set(running.handle(), "later", now + 700).await;
    set(running.handle(), "soon", now + 200).await;
    set(running.handle(), "moved", now + 100).await;
    set(running.handle(), "moved", now + 600).await;
    set(running.handle(), "never", now + 3_600_000).await;
    set(running.handle(), "overdue", now - 5_000).await;
    fired.until(4).await;
    assert_eq!(fired.keys(), ["overdue", "soon", "moved", "later"]);
    let early = fired.firings.lock().unwrap().iter().any(|(_, due, at)| at < due);
    assert!(!early, "{:?}", fired.firings.lock().unwrap());

    // What falls due while it is down fires once at the start, with its due time; from rebuilt views, too.
    let due = Timestamp::now().0 + 300;
    set(running.handle(), "missed", due).await;
    running.stop().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let running = run(fired.service(), bus.clone(), &nats.folder().join("rebuilt")).await.unwrap();
    fired.until(5).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fired.keys()[4..], ["missed"]);
    assert_eq!(fired.firings.lock().unwrap()[4].1, due);
    running.stop().await;
}

#[tokio::test]
async fn two_replicas_decide_once() {
    let nats = Nats::start();
    let fired = Fired::default();
    let one = run(fired.service(), nats.bus().await, &nats.folder().join("one")).await.unwrap();
    let two = run(fired.service(), nats.bus().await, &nats.folder().join("two")).await.unwrap();
    let at = Timestamp::now().0 + 200;
    for n in 0..20 {
        set(one.handle(), &n.to_string(), at).await;
    }
    fired.until(20).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stream = streams::last_sequence(one.handle().bus(), "ALARMS").await.unwrap();
    assert_eq!(stream, 40, "twenty were set, and each went off once");
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_timer_that_fails_is_told_of_and_holds_up_no_other() {
    let nats = Nats::start();
    let bus = nats.bus().await;
    streams::ensure_node_streams(&bus).await.unwrap();
    let fired = Fired::default();
    fired.broken.store(true, Ordering::SeqCst);
    let running = run(fired.service(), bus.clone(), nats.folder()).await.unwrap();
    set(running.handle(), "bad", 1).await;
    set(running.handle(), "good", 2).await;
    fired.until(1).await;
    assert_eq!(fired.keys(), ["good"]);
    while streams::last_sequence(&bus, streams::DEAD_LETTER_QUEUE).await.unwrap() < 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // An operator has it retried when it works again.
    fired.broken.store(false, Ordering::SeqCst);
    let (number, handler) = (1, "alarm".to_owned());
    let retry = reeve_contracts::dead_letters::DeadLetterRetryRequested { number, handler };
    running.handle().request_of("alarms", &retry, &crate::caused_by(new_uuid())).await.unwrap();
    fired.until(2).await;
    assert_eq!(fired.keys(), ["good", "bad"]);
    running.stop().await;
}
