//! Views that hold what the log holds now: for who decides on them that something is not there, or is done to all that are.
//!
//! A delivered event is in the views of its own stream. What else they hold may be older, in one of two replicas more than in the
//! other: a handler that would do nothing, or leave somebody out, because of what they lack catches up first.

use crate::{Handle, HandlerError};
use futures::future::try_join_all;
use reeve_eventsourcing::Event;
use reeve_jetstream::{Bus, Error as BusError, streams};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// As long the views may be behind what the log holds, before what needs it is tried again.
const MAX_LAG: Duration = Duration::from_secs(10);

impl Handle {
    /// Waits until the views hold what the log holds now of all events that they follow.
    ///
    /// # Errors
    /// `Unavailable`: the bus did not answer, or the views are behind.
    pub async fn catch_up(&self) -> Result<(), HandlerError> {
        let each = self.inner.followed.iter().map(|stream| self.catch_up_with_stream(stream));
        try_join_all(each).await.map(drop)
    }

    /// The same of the events of `F`'s service alone. Of two handlers that each append an event and then look for the other's, at least
    /// one sees it then, in whichever replicas they run.
    ///
    /// # Errors
    /// As [`Handle::catch_up`]; `Permanent` when these views do not follow that service.
    pub async fn catch_up_with<F: Event>(&self) -> Result<(), HandlerError> {
        self.catch_up_with_stream(&streams::of_service(F::SERVICE)).await
    }

    async fn catch_up_with_stream(&self, stream: &str) -> Result<(), HandlerError> {
        if !self.inner.followed.contains(stream) {
            let reason = format!("the views of {} do not follow the stream {stream}", self.service());
            return Err(HandlerError::Permanent(reason));
        }
        let caught_up = async {
            let end = self.inner.ends.of(self.bus(), stream).await?;
            self.views().wait_for(stream, end).await;
            Ok(())
        };
        let behind = |_| HandlerError::Unavailable(format!("the views are behind the stream {stream}"));
        tokio::time::timeout(MAX_LAG, caught_up).await.map_err(behind)?
    }
}

/// Where streams end. Who asks while another's question is on its way shares the next one with all who do.
#[derive(Default)]
pub(crate) struct Ends(Mutex<HashMap<String, Arc<End>>>);

#[derive(Default)]
struct End {
    /// How many questions were begun.
    begun: AtomicU64,
    /// The last answer, and the number of its question.
    answered: tokio::sync::Mutex<(u64, u64)>,
}

impl Ends {
    async fn of(&self, bus: &Bus, stream: &str) -> Result<u64, BusError> {
        let end = {
            let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            ends.entry(stream.to_owned()).or_default().clone()
        };
        end.ask(|| streams::last_sequence(bus, stream)).await
    }
}

impl End {
    /// The answer to a question that was begun after this was called.
    async fn ask<E, F>(&self, question: impl FnOnce() -> F) -> Result<u64, E>
    where
        F: Future<Output = Result<u64, E>>,
    {
        let before = self.begun.load(Ordering::SeqCst);
        let mut answered = self.answered.lock().await;
        if answered.0 <= before {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            *answered = (number, question().await?);
        }
        Ok(answered.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::convert::Infallible;

    #[tokio::test]
    async fn who_asks_together_shares_a_question_and_none_that_was_begun_before() {
        let (end, log) = (End::default(), AtomicU64::new(0));
        let question = || async {
            let answer = log.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(answer)
        };
        let answers = join_all((0..100).map(|_| end.ask(question))).await;
        let answers: Vec<u64> = answers.into_iter().map(|answer| answer.unwrap()).collect();
        // The first was on its way when the others came, and they share the second.
        assert!(answers[0] == 0 && answers[1..].iter().all(|answer| *answer == 1), "{answers:?}");
        assert_eq!(end.ask(question).await.unwrap(), 2, "an answer is never older than its question");
        assert_eq!(log.load(Ordering::SeqCst), 3);
    }
}
