//! Durable consumers: messages shared among the replicas of a service, each settled by whoever handled it.

use crate::{Bus, Error, Message};
use async_nats::jetstream::{
    AckKind,
    consumer::{AckPolicy, DeliverPolicy, PriorityPolicy, pull},
    message::Acker,
};
use futures::StreamExt;
use std::time::Duration;

pub use crate::follow::BoxStream;

/// Where a consumer begins when the bus does not know it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With the first message of the stream: all of its history is handled.
    Beginning,
    /// With what is stored from now on.
    Now,
}

/// A durable consumer of a stream, shared by all who name it.
#[derive(Clone, Debug)]
pub struct Options {
    pub stream: String,
    pub durable_name: String,
    pub subjects: Vec<String>,
    pub start_at: StartAt,
    /// Whether all messages go to one of those who share it, as long as that one pulls. For who needs an order.
    pub exclusive: bool,
    /// As many messages are fetched at a time: what waits longer than [`ACK_WAIT`] to be handled comes again.
    pub batch: usize,
}

/// A delivered message that must be settled: acknowledged, or given back for later.
pub struct Delivered {
    pub sequence: u64,
    /// How often it has been delivered, from 1.
    pub deliveries: i64,
    pub message: Message,
    acker: Acker,
}

impl Delivered {
    fn read(message: async_nats::jetstream::Message) -> Result<Self, Error> {
        let info = message.info().map_err(|e| Error::bus("tell a message's place")(e.to_string()))?;
        let (sequence, deliveries) = (info.stream_sequence, info.delivered);
        let (message, acker) = message.split();
        Ok(Self { sequence, deliveries, message: message.into(), acker })
    }

    /// It was handled: it is not delivered again.
    pub async fn acknowledge(&self) {
        self.settle(AckKind::Ack).await;
    }

    /// It is delivered again after the delay.
    pub async fn redeliver_after(&self, delay: Duration) {
        self.settle(AckKind::Nak(Some(delay))).await;
    }

    /// It is still being handled: it is not delivered again meanwhile.
    pub async fn in_progress(&self) {
        self.settle(AckKind::Progress).await;
    }

    async fn settle(&self, kind: AckKind) {
        if let Err(error) = self.acker.ack_with(kind).await {
            tracing::warn!(%error, sequence = self.sequence, "a message could not be settled; it will come again");
        }
    }
}

/// What nobody settles, or says that he is at it, is delivered again: when a service was killed, say.
pub const ACK_WAIT: Duration = Duration::from_secs(15);
/// As many messages may be delivered and not settled: those that wait for another try hold up no others.
const MAX_ACK_PENDING: i64 = 100_000;
/// The group in which an exclusive consumer pins one of its clients.
const EXCLUSIVE_GROUP: &str = "exclusive";
/// Who has pulled nothing for this long is replaced, as after a crash.
const PIN_TIMEOUT: Duration = Duration::from_secs(4);
/// An exclusive consumer's pulls end so soon, well before its pin does.
const PINNED_PULL_EXPIRY: Duration = Duration::from_secs(2);

/// Makes a durable consumer, if there is none of its name: a new one starts here and now where it is to start now.
///
/// # Errors
/// When the stream does not exist or the consumer cannot be made.
pub async fn ensure(bus: &Bus, options: &Options) -> Result<(), Error> {
    consumer(bus, options).await.map(|_| ())
}

/// How many messages of its stream a durable consumer has not delivered, or has not seen settled.
///
/// # Errors
/// When there is none, or the bus does not answer.
pub async fn waiting(bus: &Bus, options: &Options) -> Result<u64, Error> {
    let failed = |e: String| Error::bus("look at a consumer")(e);
    let stream = bus.context.get_stream_no_info(&options.stream).await;
    let stream = stream.map_err(|e| failed(e.to_string()))?;
    let info = stream.consumer_info(&options.durable_name).await.map_err(|e| failed(e.to_string()))?;
    Ok(info.num_pending + u64::try_from(info.num_ack_pending).unwrap_or_default())
}

async fn consumer(
    bus: &Bus,
    options: &Options,
) -> Result<async_nats::jetstream::consumer::Consumer<pull::Config>, Error> {
    let stream = bus.context.get_stream_no_info(&options.stream).await;
    let stream = stream.map_err(|e| Error::bus("find a stream")(e.to_string()))?;
    let (priority_policy, priority_groups) = match options.exclusive {
        true => (PriorityPolicy::PinnedClient, vec![EXCLUSIVE_GROUP.to_owned()]),
        false => (PriorityPolicy::None, Vec::new()),
    };
    let config = pull::Config {
        durable_name: Some(options.durable_name.clone()),
        filter_subjects: options.subjects.clone(),
        deliver_policy: match options.start_at {
            StartAt::Beginning => DeliverPolicy::All,
            StartAt::Now => DeliverPolicy::New,
        },
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_ack_pending: MAX_ACK_PENDING,
        priority_policy,
        priority_groups,
        priority_timeout: if options.exclusive { PIN_TIMEOUT } else { Duration::ZERO },
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await;
    consumer.map_err(|e| Error::bus("make a consumer")(e.to_string()))
}

/// The messages of a durable consumer, which is made if there is none of its name.
///
/// # Errors
/// As [`ensure`].
pub async fn consume(bus: &Bus, options: &Options) -> Result<BoxStream<Delivered>, Error> {
    let consumer = consumer(bus, options).await?;
    let mut pulls = consumer.stream().max_messages_per_batch(options.batch);
    if options.exclusive {
        pulls = pulls.group(EXCLUSIVE_GROUP).expires(PINNED_PULL_EXPIRY).heartbeat(PINNED_PULL_EXPIRY / 4);
    }
    let messages = pulls.messages().await.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
    Ok(Box::pin(messages.map(|message| {
        let message = message.map_err(|e| Error::bus("read a stream")(e.to_string()))?;
        Delivered::read(message)
    })))
}
