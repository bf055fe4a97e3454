//! A signed call that changes something is carried out once. Whoever sends its bytes again, within the time in which
//! the signature holds, is given the first answer.
//!
//! Here the answers of the last calls are kept; behind it, for what was forgotten here or reached another gateway,
//! the call's id follows from its signature, and a service decides nothing twice for one id.

use crate::errors::Failure;
use bytes::Bytes;
use reeve_types::Timestamp;
use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Answers that are kept, and for how long: as long as a header's signature holds, into both directions.
const MOST_KEPT: usize = 16_384;
const KEPT_MS: i64 = 30 * 60 * 1000;
/// A longer answer is not kept: its call is repeated under the same id.
const LONGEST_KEPT: usize = 8 * 1024;

type Answer = Arc<OnceCell<Result<Bytes, Failure>>>;

#[derive(Default)]
struct Kept {
    answers: HashMap<Uuid, Answer>,
    /// Oldest first.
    order: VecDeque<(i64, Uuid)>,
}

/// The answers of the last calls that change something.
#[derive(Default)]
pub struct Repeats(Mutex<Kept>);

/// The id of a signed call: the same whenever its bytes are sent.
pub fn id(access_key_id: &str, signature: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{access_key_id}/{signature}").as_bytes())
}

impl Repeats {
    /// Carries a call out, or answers what it was answered. One that failed on our side may be tried again.
    pub async fn once(
        &self,
        id: Uuid,
        now: Timestamp,
        call: impl Future<Output = Result<Bytes, Failure>>,
    ) -> Result<Bytes, Failure> {
        let answer = self.answer(id, now);
        let answered = answer.get_or_init(|| call).await.clone();
        let keep = match &answered {
            Ok(body) => body.len() <= LONGEST_KEPT,
            Err(failure) => !failure.status.is_server_error(),
        };
        if !keep {
            self.kept().answers.remove(&id);
        }
        answered
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, id: Uuid, now: Timestamp) -> Answer {
        let mut kept = self.kept();
        if let Some(answer) = kept.answers.get(&id) {
            return answer.clone();
        }
        while kept.order.len() >= MOST_KEPT || kept.order.front().is_some_and(|(at, _)| now.0 - at > KEPT_MS)
        {
            let Some((_, oldest)) = kept.order.pop_front() else { break };
            kept.answers.remove(&oldest);
        }
        kept.order.push_back((now.0, id));
        kept.answers.entry(id).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_call_is_carried_out_once_and_a_failure_of_ours_again() {
        let (repeats, count) = (Repeats::default(), AtomicUsize::new(0));
        let call = |answer: Result<&'static str, &'static str>| {
            let count = &count;
            async move {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                answer.map(|body| Bytes::from_static(body.as_bytes())).map_err(|code| Failure::new(code, ""))
            }
        };
        let (first, now) = (id("A", "1"), Timestamp(1_000));
        let both =
            tokio::join!(repeats.once(first, now, call(Ok("x"))), repeats.once(first, now, call(Ok("y"))));
        assert_eq!((both.0.unwrap(), both.1.unwrap()), ("x".into(), "x".into()));
        assert_eq!(count.load(Ordering::Relaxed), 1);

        let refused = id("A", "2");
        for _ in 0..2 {
            let again = repeats.once(refused, now, call(Err("InvalidDocument"))).await;
            assert_eq!(again.unwrap_err().code, "InvalidDocument");
        }
        assert_eq!(count.load(Ordering::Relaxed), 2);
        let failed = id("A", "3");
        assert!(repeats.once(failed, now, call(Err("ServiceUnavailable"))).await.is_err());
        assert!(repeats.once(failed, now, call(Ok("z"))).await.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 4);

        let later = Timestamp(now.0 + KEPT_MS + 1);
        repeats.once(id("A", "4"), later, call(Ok("x"))).await.unwrap();
        assert_eq!(repeats.kept().answers.len(), 1, "what is too old is forgotten");
    }
}
