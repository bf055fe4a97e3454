//! One core subscription, and leaving it without a loss.

use crate::Message;
use futures::{FutureExt, Stream, StreamExt};
use std::{collections::VecDeque, pin::Pin, task::Poll, time::Duration};

/// Messages of one core subscription.
pub struct Subscription {
    inner: async_nats::Subscriber,
    received: u64,
    leaving: bool,
    /// What had come when it was left.
    held: VecDeque<Message>,
}

/// As many more messages are taken when a subscription is left, because some may be on their way.
const LAST_MESSAGES: u64 = 16;
/// Unless none comes for so long.
const QUIET_TIME: Duration = Duration::from_millis(250);

impl Stream for Subscription {
    type Item = Message;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<Message>> {
        let polled = self.inner.poll_next_unpin(cx);
        self.received += u64::from(matches!(polled, Poll::Ready(Some(_))));
        polled.map(|message| message.map(Message::from))
    }
}

impl Subscription {
    pub(crate) fn new(inner: async_nats::Subscriber) -> Self {
        Self { inner, received: 0, leaving: false, held: VecDeque::new() }
    }

    /// The next message. Once `stops` has ended the server gives what comes to others of the group; what it has sent is taken, and
    /// then there is none.
    ///
    /// A client that ends a subscription at once passes over what is on its way. So client and server agree on how many there
    /// will have been, and it ends at once only where hardly anything comes.
    pub async fn next_until(&mut self, stops: impl Future<Output = ()>) -> Option<Message> {
        if !self.leaving {
            tokio::select! {
                biased;
                () = stops => self.leaving = true,
                message = self.next() => return message,
            }
            // Without tokio's budget for one turn, which would end this while some are there still.
            while let Some(Some(message)) = tokio::task::unconstrained(self.next()).now_or_never() {
                self.held.push_back(message);
            }
            log_ended(self.inner.unsubscribe_after(self.received + LAST_MESSAGES).await);
        }
        if let Some(message) = self.held.pop_front() {
            return Some(message);
        }
        if let Ok(message) = tokio::time::timeout(QUIET_TIME, self.next()).await {
            return message;
        }
        log_ended(self.inner.drain().await);
        self.next().await
    }
}

fn log_ended<E: std::fmt::Display>(left: Result<(), E>) {
    if let Err(error) = left {
        tracing::debug!(%error, "a subscription had ended already");
    }
}
