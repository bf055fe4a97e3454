//! A signed call that changes something is carried out once. Whoever sends it again, within the time in which
//! the signature holds, is given the first answer: the same bytes, or an SDK's next attempt, which is signed anew.
//!
//! Here the answers of the last calls are kept; behind it, for what was forgotten here or reached another gateway,
//! the call's id follows from what the client sent, and a service decides nothing twice for one id.

use crate::errors::Failure;
use crate::sigv4::Caller;
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
const MAX_KEPT_ANSWERS: usize = 16_384;
const ANSWER_RETENTION_MS: i64 = 30 * 60 * 1000;
/// A longer answer is not kept: its call is repeated under the same id.
const MAX_KEPT_ANSWER_BYTES: usize = 8 * 1024;

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

/// The id of a signed call: the same in each of its attempts, by the client's own id of it where that counts, else by
/// its signature. An id that is not signed counts on a `private` way alone. A client that uses one id for several calls
/// still makes several: what is called, and with which body, is a part of the identity.
pub fn id(caller: &Caller, private: bool, target: &str, body: &[u8]) -> Uuid {
    let key = &caller.access_key_id;
    let identity = match caller.invocation.as_ref().filter(|invocation| invocation.signed || private) {
        Some(invocation) => {
            let service = &caller.service;
            let body = Uuid::new_v5(&Uuid::NAMESPACE_OID, body);
            format!("invocation {key} {} {service} {target} {body}", invocation.id)
        }
        None => format!("{key}/{}", caller.signature),
    };
    Uuid::new_v5(&Uuid::NAMESPACE_OID, identity.as_bytes())
}

impl Repeats {
    /// Carries a call out, or gives the answer that it had. One that failed on our side may be tried again.
    pub async fn once(
        &self,
        id: Uuid,
        now: Timestamp,
        call: impl Future<Output = Result<Bytes, Failure>>,
    ) -> Result<Bytes, Failure> {
        let answer = self.answer(id, now);
        let response = answer.get_or_init(|| call).await.clone();
        let keep = match &response {
            Ok(body) => body.len() <= MAX_KEPT_ANSWER_BYTES,
            Err(failure) => !failure.status.is_server_error(),
        };
        if !keep {
            self.kept().answers.remove(&id);
        }
        response
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, id: Uuid, now: Timestamp) -> Answer {
        let mut kept = self.kept();
        if let Some(answer) = kept.answers.get(&id) {
            return answer.clone();
        }
        while kept.order.len() >= MAX_KEPT_ANSWERS
            || kept.order.front().is_some_and(|(at, _)| now.0 - at > ANSWER_RETENTION_MS)
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
    use crate::sigv4::Invocation;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn caller(signature: &str, invocation: Option<(&str, bool)>) -> Caller {
        let principal = reeve_authz::Principal { name: "alice".to_owned() };
        Caller {
            access_key_id: "A".to_owned(),
            principal: principal.into(),
            service: "ssm".to_owned(),
            signature: signature.to_owned(),
            signed_headers: String::new(),
            invocation: invocation.map(|(id, signed)| Invocation { id: id.to_owned(), signed }),
        }
    }

    #[test]
    fn a_call_is_known_by_what_the_client_calls_it_where_nobody_can_have_changed_that() {
        let id = |signature, invocation, private| {
            super::id(&caller(signature, invocation), private, "Send", b"{}")
        };
        for (signed, private) in [(true, true), (true, false), (false, true)] {
            assert_eq!(
                id("1", Some(("a", signed)), private),
                id("2", Some(("a", signed)), private),
                "an attempt"
            );
            assert_ne!(
                id("1", Some(("a", signed)), private),
                id("1", Some(("b", signed)), private),
                "a call"
            );
        }
        let changed = [Some(("a", false)), Some(("b", false)), None];
        assert!(changed.iter().all(|invocation| id("1", *invocation, false) == id("1", None, true)));
        assert_ne!(id("1", None, true), id("2", None, true));
        let of = |target, body: &[u8]| super::id(&caller("1", Some(("a", true))), true, target, body);
        assert_ne!(of("Send", b"{}"), of("Cancel", b"{}"));
        assert_ne!(of("Send", b"{}"), of("Send", b"{ }"));
    }

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
        let (first, now) = (Uuid::from_u128(1), Timestamp(1_000));
        let both =
            tokio::join!(repeats.once(first, now, call(Ok("x"))), repeats.once(first, now, call(Ok("y"))));
        assert_eq!((both.0.unwrap(), both.1.unwrap()), ("x".into(), "x".into()));
        assert_eq!(count.load(Ordering::Relaxed), 1);

        let refused = Uuid::from_u128(2);
        for _ in 0..2 {
            let again = repeats.once(refused, now, call(Err("InvalidDocument"))).await;
            assert_eq!(again.unwrap_err().code, "InvalidDocument");
        }
        assert_eq!(count.load(Ordering::Relaxed), 2);
        let failed = Uuid::from_u128(3);
        assert!(repeats.once(failed, now, call(Err("ServiceUnavailable"))).await.is_err());
        assert!(repeats.once(failed, now, call(Ok("z"))).await.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 4);

        let later = Timestamp(now.0 + ANSWER_RETENTION_MS + 1);
        repeats.once(Uuid::from_u128(4), later, call(Ok("x"))).await.unwrap();
        assert_eq!(repeats.kept().answers.len(), 1, "what is too old is forgotten");
    }
}
