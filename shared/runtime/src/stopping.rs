//! How a service stops: it takes nothing more, so that what comes goes to its other replicas, and finishes what it has.

use futures::StreamExt;
use reeve_jetstream::{
    Message, Subscription,
    consume::{BoxStream, Delivered},
};
use std::time::Duration;
use tokio::{sync::watch, task::JoinSet};

/// What is not finished after so long is left: a container is killed ten seconds after it was asked to stop.
pub(crate) const FINISH_TIME: Duration = Duration::from_secs(8);

/// Whether a service stops, for those who take what comes.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when the service stops.
    pub async fn begins(&mut self) {
        // Whoever would say so is gone: so is the service.
        let _stops = self.0.wait_for(|stops| *stops).await.is_ok();
    }

    /// As [`Stopping::begins`], for who keeps it.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.clone();
        async move { stopping.begins().await }
    }

    /// Works on the messages of a subscription, so many at a time, until the service stops and all that had come are done.
    pub async fn serve<F>(self, mut messages: Subscription, most: usize, work: impl Fn(Message) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Whoever ends this ends what is at work.
        let mut at_work = JoinSet::new();
        while let Some(message) = messages.next_until(self.begun()).await {
            while at_work.try_join_next().is_some() {}
            if at_work.len() >= most {
                at_work.join_next().await;
            }
            at_work.spawn(work(message));
        }
        while at_work.join_next().await.is_some() {}
    }
}

/// Gives back what was fetched and nobody has begun: another replica gets it now, and not when this one is missed.
pub(crate) async fn give_back(mut messages: BoxStream<Delivered>) {
    let mut fetched = Vec::new();
    while let Some(Some(Ok(delivered))) = futures::FutureExt::now_or_never(messages.next()) {
        fetched.push(delivered);
    }
    // Without it the bus would deliver them here again.
    drop(messages);
    for delivered in fetched {
        delivered.redeliver_after(Duration::ZERO).await;
    }
}
