//! What services write and say carries a message authentication code, so that the bus alone cannot speak in their name.
//!
//! It is an HMAC-SHA256 (RFC 2104). Events and messages between services have it by a key that the services of an installation share and
//! the bus does not have; calls, answers and announcements by one of each service ([`crate::calls`]).
//! What it is over is written part by part, each with its length before it, behind the name of what it is: no code of
//! one thing is ever that of another. It says who wrote something, and nothing of when: whoever holds the bus can keep
//! a message back, or deliver it again.

use crate::{Headers, Message};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac as _, digest::common::Key};
use sha2::Sha256;
use std::fmt;

/// The header that carries it.
pub const MAC: &str = "reeve-mac";
/// When a call was made, in milliseconds since 1970.
pub const CALLED_AT: &str = "reeve-called-at";
/// The header of a call that asks about an earlier instant, in RFC 3339.
pub const AS_OF: &str = "reeve-as-of";
/// The header of a call that says which positions of streams its answer must not be behind, `<stream>:<sequence>,…`.
pub const MIN_POSITION: &str = "reeve-min-position";
/// The header of a call that names the change rules whose calendars were put aside for what it is a part of, by commas. Where there is
/// none it is no part of the code, as [`CAUSE_ID`].
pub const OVERRIDDEN_RULES: &str = "reeve-overridden-rules";
/// The event that led to another one, or to a request. Where there is none the header is not there, and no part of the code: what was
/// stored before there was such a header holds.
pub(crate) const CAUSE_ID: &str = "ce-causeid";
/// How far a call's time may be from the time at which it is read, in milliseconds: what clocks differ by, and the
/// longest that the gateway waits for an answer.
const MAX_CALL_AGE_MS: i64 = 120_000;

/// The headers of an event that mean something, as `Envelope` reads them.
const EVENT: [&str; 8] = [
    "ce-id",
    "ce-type",
    "ce-time",
    "ce-actor",
    "ce-actorsource",
    "ce-correlationid",
    "ce-causationid",
    "traceparent",
];
/// The headers of a call that a service trusts.
const CALL: [&str; 8] = [
    "reeve-actor",
    "reeve-source",
    "reeve-account",
    "reeve-region",
    "reeve-request-id",
    AS_OF,
    MIN_POSITION,
    CALLED_AT,
];
/// The headers of a message between services, a request or a dead letter, that its reader trusts.
const MESSAGE: [&str; 14] = [
    "ce-id",
    "ce-type",
    "ce-time",
    "ce-actor",
    "ce-actorsource",
    "ce-correlationid",
    "ce-causationid",
    "traceparent",
    "content-type",
    "reeve-reason",
    "reeve-subject",
    "reeve-sequence",
    "reeve-retry-of",
    "reeve-original-mac",
];
/// The headers of an answer that the gateway trusts.
const ANSWER: [&str; 2] = ["reeve-error", "reeve-position"];

/// Why something is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthentic {
    #[error("it carries no authentication code")]
    Missing,
    #[error("its authentication code does not hold")]
    Broken,
    #[error("it was made at another time")]
    Old,
    #[error("it was made for another subject")]
    Misdirected,
    #[error("this part has no key for it")]
    NoKey,
}

/// The key, ready to be used. Cheap to clone.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey")
    }
}

/// What a code is over, part by part.
struct Over(Hmac<Sha256>);

impl Over {
    fn part(mut self, part: Option<&[u8]>) -> Self {
        // A part that is missing is not one that is empty.
        self.0.update(&part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
        self.0.update(part.unwrap_or_default());
        self
    }

    fn headers(self, headers: &Headers, names: &[&str]) -> Self {
        names.iter().fold(self, |over, name| over.part(headers.get(name).map(str::as_bytes)))
    }

    /// A header that is no part where it is not there.
    fn if_there(self, headers: &Headers, name: &str) -> Self {
        match headers.get(name) {
            Some(value) => self.part(Some(value.as_bytes())),
            None => self,
        }
    }

    fn text(self) -> String {
        BASE64URL_NOPAD.encode(&self.0.finalize().into_bytes())
    }

    /// Compared in constant time.
    fn holds(self, headers: &Headers) -> Result<(), Unauthentic> {
        let code = headers.get(MAC).ok_or(Unauthentic::Missing)?;
        let bytes = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| Unauthentic::Broken)?;
        self.0.verify_slice(&bytes).map_err(|_| Unauthentic::Broken)
    }
}

impl MacKey {
    pub fn new(key: &[u8; 32]) -> Self {
        let mut block = Key::<Hmac<Sha256>>::default();
        block[..32].copy_from_slice(key);
        Self(Hmac::new(&block))
    }

    fn over(&self, what: &str) -> Over {
        Over(self.0.clone()).part(Some(what.as_bytes()))
    }

    fn event(&self, subject: &str, headers: &Headers, data: &[u8]) -> Over {
        self.over("event")
            .part(Some(subject.as_bytes()))
            .headers(headers, &EVENT)
            .if_there(headers, CAUSE_ID)
            .part(Some(data))
    }

    fn call(&self, subject: &str, headers: &Headers, data: &[u8]) -> Over {
        let over = self.over("call").part(Some(subject.as_bytes())).headers(headers, &CALL);
        over.if_there(headers, OVERRIDDEN_RULES).part(Some(data))
    }

    /// An answer is one to a call, which that call's code stands for.
    fn answer(&self, call: &str, headers: &Headers, data: &[u8]) -> Over {
        self.over("answer").part(Some(call.as_bytes())).headers(headers, &ANSWER).part(Some(data))
    }

    /// Gives an event that is about to be stored its code.
    pub(crate) fn mark_event(&self, subject: &str, headers: &mut Headers, data: &[u8]) {
        let code = self.event(subject, headers, data).text();
        headers.push(MAC, code);
    }

    fn message(&self, subject: &str, headers: &Headers, data: &[u8]) -> Over {
        let over = self.over("message").part(Some(subject.as_bytes())).headers(headers, &MESSAGE);
        over.if_there(headers, CAUSE_ID).part(Some(data))
    }

    /// Gives a request or a dead letter that is about to be stored its code.
    pub(crate) fn mark_message(&self, subject: &str, headers: &mut Headers, data: &[u8]) {
        let code = self.message(subject, headers, data).text();
        headers.push(MAC, code);
    }

    pub(crate) fn check_message(&self, message: &Message) -> Result<(), Unauthentic> {
        self.message(&message.subject, &message.headers, &message.data).holds(&message.headers)
    }

    pub(crate) fn check_event(&self, message: &Message) -> Result<(), Unauthentic> {
        self.event(&message.subject, &message.headers, &message.data).holds(&message.headers)
    }

    pub(crate) fn mark_call(&self, subject: &str, headers: &mut Headers, data: &[u8], now_ms: i64) {
        headers.push(CALLED_AT, now_ms.to_string());
        let code = self.call(subject, headers, data).text();
        headers.push(MAC, code);
    }

    pub(crate) fn check_call(&self, message: &Message, now_ms: i64) -> Result<(), Unauthentic> {
        self.call(&message.subject, &message.headers, &message.data).holds(&message.headers)?;
        let at = message.headers.get(CALLED_AT).and_then(|at| at.parse::<i64>().ok());
        at.filter(|at| now_ms.abs_diff(*at) <= MAX_CALL_AGE_MS as u64).map(drop).ok_or(Unauthentic::Old)
    }

    pub(crate) fn mark_answer(&self, call: &str, headers: &mut Headers, data: &[u8]) {
        let code = self.answer(call, headers, data).text();
        headers.push(MAC, code);
    }

    pub(crate) fn check_answer(&self, call: &Headers, answer: &Message) -> Result<(), Unauthentic> {
        let call = call.get(MAC).ok_or(Unauthentic::Missing)?;
        self.answer(call, &answer.headers, &answer.data).holds(&answer.headers)
    }

    /// What a service announces of an operation: gateways authorize by it.
    pub(crate) fn announcement(&self, parts: [&str; 6]) -> String {
        parts.iter().fold(self.over("announcement"), |over, part| over.part(Some(part.as_bytes()))).text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    const NOW: i64 = 1_764_000_000_000;

    fn message(subject: &str, headers: Headers, data: &[u8]) -> Message {
        let data = Bytes::copy_from_slice(data);
        Message { subject: subject.to_owned(), reply: None, headers, data, status: None }
    }

    fn headers() -> Headers {
        let names = EVENT.iter().chain(&[CAUSE_ID]).chain(&CALL[..7]).chain(&ANSWER);
        names.map(|name| (*name, format!("of {name}"))).collect()
    }

    fn changed(headers: &Headers, which: usize, value: &str) -> Headers {
        let pairs = headers.pairs().enumerate();
        pairs
            .map(|(n, (name, old))| {
                (name.to_owned(), if n == which { value.to_owned() } else { old.to_owned() })
            })
            .collect()
    }

    #[test]
    fn each_is_trusted_as_what_it_is_and_as_nothing_else() {
        let (key, other) = (MacKey::new(&[1; 32]), MacKey::new(&[2; 32]));
        let mut event = headers();
        key.mark_event("s", &mut event, b"data");
        let event = message("s", event, b"data");
        assert_eq!(key.check_event(&event), Ok(()));
        assert_eq!(other.check_event(&event), Err(Unauthentic::Broken));
        assert_eq!(key.check_call(&event, NOW), Err(Unauthentic::Broken));
        assert_eq!(key.check_event(&message("s", headers(), b"data")), Err(Unauthentic::Missing));

        let mut call = headers();
        key.mark_call("s", &mut call, b"data", NOW);
        let call = message("s", call, b"data");
        assert_eq!(key.check_call(&call, NOW), Ok(()));
        assert_eq!(key.check_call(&call, NOW + MAX_CALL_AGE_MS), Ok(()));
        assert_eq!(key.check_call(&call, NOW + MAX_CALL_AGE_MS + 1), Err(Unauthentic::Old));
        assert_eq!(key.check_call(&call, NOW - MAX_CALL_AGE_MS - 1), Err(Unauthentic::Old));
        assert_eq!(key.check_event(&call), Err(Unauthentic::Broken));

        let mut answer = headers();
        key.mark_answer(call.headers.get(MAC).unwrap(), &mut answer, b"data");
        let answer = message("inbox", answer, b"data");
        assert_eq!(key.check_answer(&call.headers, &answer), Ok(()));
        assert_eq!(key.check_answer(&event.headers, &answer), Err(Unauthentic::Broken));
    }

    proptest! {
        #[test]
        fn nothing_that_matters_can_be_changed(
            which in 0usize..18, value in "[a-z]{0,9}", at in any::<prop::sample::Index>(), flip in 1u8..,
        ) {
            let key = MacKey::new(&[1; 32]);
            let (mut event, mut call) = (headers(), headers());
            key.mark_event("subject", &mut event, b"some data");
            key.mark_call("subject", &mut call, b"some data", NOW);
            let mut data = b"some data".to_vec();
            let at = at.index(data.len());
            data[at] ^= flip;
            prop_assert!(key.check_event(&message("subject", event.clone(), &data)).is_err());
            prop_assert!(key.check_call(&message("subject", call.clone(), &data), NOW).is_err());
            prop_assert!(key.check_event(&message("subject", event.clone(), b"some data")).is_ok());

            let name = event.pairs().nth(which).map(|(name, _)| name.to_owned());
            let matters = name.is_some_and(|name| name == MAC || name == CAUSE_ID || EVENT.contains(&name.as_str()));
            let other = message("subject", changed(&event, which, &value), b"some data");
            prop_assert_eq!(key.check_event(&other).is_err(), matters);
            let name = call.pairs().nth(which).map(|(name, _)| name.to_owned());
            let matters = name.is_some_and(|name| name == MAC || CALL.contains(&name.as_str()));
            let other = message("subject", changed(&call, which, &value), b"some data");
            prop_assert_eq!(key.check_call(&other, NOW).is_err(), matters);
        }

        /// What stands in one part never counts as another's.
        #[test]
        fn parts_do_not_run_together(a in "[a-z]{0,4}", b in "[a-z]{0,4}", cut in 0usize..8) {
            let key = MacKey::new(&[1; 32]);
            let both = format!("{a}{b}");
            let (c, d) = both.split_at(cut.min(both.len()));
            let same = key.over("x").part(Some(a.as_bytes())).part(Some(b.as_bytes())).text()
                == key.over("x").part(Some(c.as_bytes())).part(Some(d.as_bytes())).text();
            prop_assert_eq!(same, (a.as_str(), b.as_str()) == (c, d));
        }
    }
}
