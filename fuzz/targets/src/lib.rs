//! What the fuzzer runs: each parser that reads what a stranger wrote, as a function of bytes.
//!
//! A target panics when something is wrong: because the parser panicked, or because one of its promises does not
//! hold. `fuzz/fuzz_targets` hands these functions to libFuzzer; a test here runs them over the kept inputs of
//! `fuzz/corpus` and mutations of them, without a fuzzer.
#![allow(clippy::panic)] // That is how a target says that something is wrong.

use bytes::Bytes;
use nkeys::{KeyPair, KeyPairType};
use prost::Message;
use reeve_authz::{AccessKey, Principal, Principals};
use reeve_contracts::node::{Dispatch, DispatchKey, KeySet};
use reeve_document_language as documents;
use reeve_eventsourcing::{AggregateRef, Envelope};
use reeve_gateway::sigv4::{Request, Verifier};
use reeve_node_protocol::{
    dispatch::{sign, verify},
    keys::{self, NO_END, Trust},
};
use reeve_schedules::{Expression, Schedule};
use reeve_types::{NodeId, Timestamp, subject};
use std::sync::{Arc, LazyLock};

pub type Target = fn(&[u8]);

/// A target's name, which is also that of its corpus, and the target.
pub const TARGETS: [(&str, Target); 8] = [
    ("api_input", api_input),
    ("dispatch", dispatch),
    ("document", document),
    ("envelope", envelope),
    ("key_set", key_set),
    ("schedule", schedule),
    ("sigv4", sigv4),
    ("subject", subject),
];

/// 20150830T123600Z.
const NOW: Timestamp = Timestamp(1_440_938_160_000);

/// The first line, and what is behind it.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// The lines up to an empty one as `name:value`, and what is behind it.
fn headers(mut data: &[u8]) -> (Vec<(String, Vec<u8>)>, &[u8]) {
    let mut headers = Vec::new();
    loop {
        let (header, rest) = line(data);
        data = rest;
        if header.is_empty() {
            return (headers, data);
        }
        let at = header.iter().position(|byte| *byte == b':').unwrap_or(header.len());
        headers.push((text(&header[..at]).to_lowercase(), header.get(at + 1..).unwrap_or_default().to_vec()));
    }
}

/// A target such as `AmazonSSM.SendCommand`, then the JSON of its input.
pub fn api_input(data: &[u8]) {
    let (target, body) = line(data);
    let result = reeve_gateway::check_input("ssm", &text(target), body);
    assert_eq!(result, reeve_gateway::check_input("ssm", &text(target), body));
}

/// A dispatch key that the fuzzer does not know.
static KEY: LazyLock<Option<KeyPair>> =
    LazyLock::new(|| KeyPair::new_from_raw(KeyPairType::Account, [4; 32]).ok());

/// A root key that it does not know either, and a node that trusts that dispatch key.
static TRUST: LazyLock<Option<(KeyPair, Trust)>> = LazyLock::new(|| {
    let root = KeyPair::new_from_raw(KeyPairType::Operator, [5; 32]).ok()?;
    let key =
        DispatchKey { public_key: KEY.as_ref()?.public_key(), not_before_ms: 0, not_after_ms: NO_END.0 };
    let set = KeySet { version: 7, issued_ms: 0, expires_ms: NO_END.0, keys: vec![key] };
    let trust = Trust::restore(&root.public_key(), &keys::sign(&root, &set).ok()?).ok()?;
    Some((root, trust))
});

/// A schedule expression, then a time zone. What is accepted fires after what it is asked about, and looks back to the
/// same instant.
pub fn schedule(data: &[u8]) {
    let (expression, zone) = line(data);
    let Ok(expression) = Expression::parse(&text(expression)) else { return };
    let Ok(schedule) = Schedule::new(expression, Timestamp(0)).in_time_zone(&text(zone)) else { return };
    for next in schedule.between(NOW, Timestamp(i64::MAX)).take(3) {
        assert!(next > NOW);
        assert_eq!(schedule.previous_before(Timestamp(next.0 + 1)), Some(next));
    }
}

/// What a node is told of dispatch keys. Nothing that the root did not sign is accepted; what can be read as a set is
/// signed besides, and then accepted only as it is, newer and in time.
pub fn key_set(data: &[u8]) {
    let Some((root, trust)) = TRUST.as_ref() else { panic!("no trust") };
    assert!(trust.accept(data, NOW).is_err(), "accepted");
    let Ok(set) = KeySet::decode(data) else { return };
    let Ok(signed) = keys::sign(root, &set) else { panic!("not signed") };
    if let Ok(accepted) = trust.accept(&signed, NOW) {
        assert_eq!(accepted.set(), &set);
        assert!(set.version > 7 && set.expires_ms > NOW.0 && !set.keys.is_empty());
    }
}

/// What a node reads from its inbox. The key is not known to the fuzzer, so nothing may be accepted; what can be
/// read as a dispatch is signed besides, and accepted as it is or not at all.
pub fn dispatch(data: &[u8]) {
    let Some(key) = KEY.as_ref() else { panic!("no key") };
    let Ok(node) = "mi-00000000000000001".parse::<NodeId>() else { panic!("no node") };
    let Some((_, trust)) = TRUST.as_ref() else { panic!("no trust") };
    assert!(verify(data, trust, &node, 1, NOW).is_err(), "accepted");
    let Ok(dispatch) = Dispatch::decode(data) else { return };
    let Ok(signed) = sign(key, &dispatch) else { panic!("not signed") };
    if let Ok(accepted) = verify(&signed.encode_to_vec(), trust, &node, 1, NOW) {
        assert_eq!(accepted, dispatch);
        assert!(accepted.node_id == node.as_str() && accepted.number == 1 && accepted.expires_ms > NOW.0);
    }
}

/// A document's type and format in the first line, such as `Command JSON`, then its content. What is taken is
/// also converted, bound and planned as a node does it.
pub fn document(data: &[u8]) {
    let (first, content) = line(data);
    let (first, content) = (text(first), text(content));
    let mut words = first.split(' ');
    let (document_type, format) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Ok(format) = format.parse::<documents::Format>() else { return };
    let Ok(checked) = documents::check(document_type, format, &content) else { return };
    for other in [documents::Format::Json, documents::Format::Yaml, documents::Format::Text] {
        let _ = documents::convert(&content, format, other);
    }
    // What was accepted is accepted again in the form in which nodes get it.
    let normalized = checked.normalized.to_string();
    if format != documents::Format::Text && normalized.len() <= documents::content::MAX_DOCUMENT_BYTES {
        match documents::check(document_type, documents::Format::Json, &normalized) {
            Ok(again) => assert_eq!(again, checked),
            Err(error) => panic!("{error}: {normalized}"),
        }
    }
    if let Ok(bound) = documents::bind(&checked.inputs, &std::collections::BTreeMap::new()) {
        if let Ok(seconds) = documents::execution_timeout(&checked.normalized, &bound) {
            assert!(seconds > 0);
        }
        let _ = documents::parse_executable(&checked.normalized, &bound);
    }
}

/// A message of the log: subject, headers, an empty line and the body. What is read is written and read as the
/// same again.
pub fn envelope(data: &[u8]) {
    let (message_subject, rest) = line(data);
    let (headers, body) = headers(rest);
    let read = |subject: &str, headers: &[(String, String)]| {
        let header =
            |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        Envelope::read(subject, header, Bytes::copy_from_slice(body))
    };
    let headers: Vec<(String, String)> =
        headers.into_iter().map(|(name, value)| (name, text(&value))).collect();
    let Ok(first) = read(&text(message_subject), &headers) else { return };
    assert_eq!(first.aggregate.subject(), text(message_subject));
    let again = |envelope: &Envelope| {
        let written: Vec<(String, String)> =
            envelope.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        assert!(
            written.iter().all(|(_, value)| !value.contains(['\r', '\n'])),
            "a line break in {written:?}"
        );
        match read(&envelope.aggregate.subject(), &written) {
            Ok(envelope) => envelope,
            Err(error) => panic!("{error}: {envelope:?}"),
        }
    };
    // Control characters have become blanks, and the time has milliseconds, after the first time.
    let second = again(&first);
    assert_eq!(second, again(&second));
    assert_eq!((second.id, &second.aggregate), (first.id, &first.aggregate));
}

struct One;
impl Principals for One {
    fn secret(&self, access_key_id: &str) -> Option<AccessKey> {
        let principal = Arc::new(Principal { name: "example".to_owned() });
        (access_key_id == "AKIDEXAMPLE000000")
            .then(|| AccessKey { principal, secret: "of-the-fuzzer".into() })
    }
}

/// A request: method, path and query in a line each, headers, an empty line and the body. The secret is in no
/// kept input and no signature was made with it, so nothing may be taken.
pub fn sigv4(data: &[u8]) {
    let (method, rest) = line(data);
    let (path, rest) = line(rest);
    let (query, rest) = line(rest);
    let (headers, body) = headers(rest);
    let headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let (method, path, query) = (text(method), text(path), text(query));
    let request = Request { method: &method, path: &path, query: &query, headers: &headers, body };
    let verifier = Verifier::default();
    let recognised = verifier.recognise(&request, &One, "us-east-1", NOW);
    match verifier.verify(&request, &One, "us-east-1", NOW) {
        Ok(caller) => panic!("taken: {caller:?}"),
        Err(error) => assert!(recognised.is_ok() || recognised == Err(error)),
    }
}

/// Any text as an id, as a token and as a subject: whatever is read is written as it was.
pub fn subject(data: &[u8]) {
    let id = text(data);
    let token = subject::escape(&id);
    assert_eq!(subject::unescape(&token).as_deref(), Some(id.as_str()));
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(!token.contains(['.', '*', '>', '$']), "{token}");
    if let Some(read) = subject::unescape(&id) {
        assert_eq!(subject::escape(&read), id);
    }
    if let Ok(read) = id.parse::<AggregateRef>() {
        assert_eq!(read.subject(), id);
    }
    if let Some(node) = reeve_node_protocol::subject::node_of(&id) {
        assert_eq!(id.split('.').nth(2), Some(node.as_str()));
    }
}
