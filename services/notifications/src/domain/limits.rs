//! How many messages a destination is sent: so many in so many seconds, in several windows.

use reeve_contracts::notifications::Limit;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// As many limits has a destination.
const MAX_LIMITS: usize = 5;
/// As many messages may a limit allow: so many instants are kept of each destination.
pub(crate) const MAX_MESSAGES: u64 = 1_000;
/// A message is of use for a day: what is held back for longer would reach nobody.
const MAX_SECONDS: u32 = 24 * 60 * 60;

/// A limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub messages: u32,
    pub seconds: u32,
}

impl From<&Limit> for Window {
    fn from(limit: &Limit) -> Self {
        Self { messages: limit.messages, seconds: limit.seconds }
    }
}

impl From<&Window> for Limit {
    fn from(window: &Window) -> Self {
        Self { messages: window.messages, seconds: window.seconds }
    }
}

/// # Errors
/// A sentence that names the member.
pub(crate) fn check(limits: &[Window]) -> Result<(), String> {
    if limits.len() > MAX_LIMITS {
        return Err(format!("limits has {}: there are at most {MAX_LIMITS}.", limits.len()));
    }
    for (number, Window { messages, seconds }) in limits.iter().enumerate() {
        if !(1..=MAX_MESSAGES).contains(&u64::from(*messages)) {
            return Err(format!("limits[{number}].messages is {messages}: it is 1 to {MAX_MESSAGES}."));
        }
        if !(1..=MAX_SECONDS).contains(seconds) {
            return Err(format!("limits[{number}].seconds is {seconds}: it is 1 to {MAX_SECONDS}, a day."));
        }
    }
    Ok(())
}

/// Until when nothing more may be sent; `None`: something may. `nth_last` says when the n-th last message was sent.
pub(crate) fn held_until(
    limits: &[Window],
    nth_last: impl Fn(u32) -> Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let open = |window: &Window| Some(nth_last(window.messages)?.plus_seconds(window.seconds.into()));
    limits.iter().filter_map(open).filter(|open| *open > now).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_limit_that_is_none_is_refused_by_its_number() {
        let window = |messages, seconds| Window { messages, seconds };
        assert_eq!(check(&[window(1, 1), window(1_000, MAX_SECONDS)]), Ok(()));
        assert!(check(&[window(1, 1), window(0, 1)]).unwrap_err().starts_with("limits[1].messages is 0"));
        assert!(check(&[window(1, 90_000)]).unwrap_err().starts_with("limits[0].seconds is 90000"));
        assert!(check(&[window(1, 1); 6]).unwrap_err().contains("at most 5"));
    }

    proptest! {
        /// Whoever sends whenever it may has at no time sent more than any of the limits allows.
        #[test]
        fn no_window_has_more_than_its_limit(
            limits in prop::collection::vec((1u32..5, 1u32..60), 1..4),
            waits in prop::collection::vec(0i64..8_000, 1..60),
        ) {
            let limits: Vec<_> =
                limits.into_iter().map(|(messages, seconds)| Window { messages, seconds }).collect();
            let (mut now, mut sent) = (Timestamp(0), Vec::<Timestamp>::new());
            for wait in waits {
                now.0 += wait;
                let nth_last = |n: u32| sent.iter().rev().nth(n as usize - 1).copied();
                if let Some(until) = held_until(&limits, nth_last, now) {
                    prop_assert!(until > now);
                    now = until;
                }
                let nth_last = |n: u32| sent.iter().rev().nth(n as usize - 1).copied();
                prop_assert_eq!(held_until(&limits, nth_last, now), None);
                sent.push(now);
            }
            for Window { messages, seconds } in limits {
                for first in &sent {
                    let end = first.plus_seconds(seconds.into());
                    let within = sent.iter().filter(|at| *at >= first && **at < end).count();
                    prop_assert!(within <= messages as usize);
                }
            }
        }
    }
}
