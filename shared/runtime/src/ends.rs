//! Where streams end now, asked once for all who want to know it at the same time.

use reeve_jetstream::{Bus, Error as BusError, streams};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

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
    /// # Errors
    /// When the bus does not answer.
    pub async fn of(&self, bus: &Bus, stream: &str) -> Result<u64, BusError> {
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
