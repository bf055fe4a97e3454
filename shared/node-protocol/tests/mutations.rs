//! A million dispatches that nobody signed for this node, this place and this time: the check that the agent
//! makes accepts none of them.
//!
//! What is replayed at its own number is the ledger's to refuse: a test of the agent holds that.

#![cfg(test)]

use nkeys::{KeyPair, KeyPairType};
use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKey, DispatchKind, KeySet, SignedDispatch};
use reeve_node_protocol::{
    dispatch::{MAX_DISPATCH_BYTES, Refusal, document_hash, sign, verify},
    keys::{self, NO_END, Trust, Unusable},
};
use reeve_testkit::Dice;
use reeve_types::{NodeId, Timestamp};
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp(1_764_000_000_000);
const NUMBER: u64 = 7;
const THREADS: u64 = 2;
const PER_THREAD: u64 = 520_000;
/// The order of the group of ed25519, little-endian: added to the second half of a signature, it gives the other
/// number that would hold if numbers beyond the order were taken.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

struct Scene {
    key: KeyPair,
    stranger: KeyPair,
    /// Keys that an older set had: one was withdrawn, one has ended. And one that begins later.
    withdrawn: KeyPair,
    ended: KeyPair,
    later: KeyPair,
    trust: Trust,
    /// The same keys in a set that has expired.
    expired: Trust,
    node: NodeId,
    other: NodeId,
    dispatch: Dispatch,
    signed: SignedDispatch,
    data: Vec<u8>,
}

fn key_of(fill: u8) -> KeyPair {
    KeyPair::new_from_raw(KeyPairType::Account, [fill; 32]).unwrap()
}

impl Scene {
    fn new(kind: DispatchKind) -> Self {
        let (key, older, stranger, root) = (key_of(1), key_of(2), key_of(3), KeyPair::new_operator());
        let (withdrawn, ended, later) = (key_of(4), key_of(5), key_of(6));
        let node: NodeId = "mi-00000000000000001".parse().unwrap();
        let document = r#"{"schemaVersion":"2.2","mainSteps":[]}"#.to_owned();
        let run = kind == DispatchKind::Run;
        let dispatch = Dispatch {
            node_id: node.to_string(),
            number: NUMBER,
            kind: kind.into(),
            command_id: "0a1b2c3d-0000-4000-8000-000000000001".to_owned(),
            document_name: if run { "AWS-Noop".to_owned() } else { String::new() },
            document_hash: if run { document_hash(&document) } else { String::new() },
            document: if run { document } else { String::new() },
            parameters_json: "{}".to_owned(),
            execution_timeout_seconds: 60,
            not_before_ms: NOW.0,
            expires_ms: NOW.plus_seconds(60).0,
            ..Dispatch::default()
        };
        let signed = sign(&key, &dispatch).unwrap();
        let data = signed.encode_to_vec();
        let other = "mi-00000000000000002".parse().unwrap();
        let in_time = |key: &KeyPair, from: i64, to: Timestamp| DispatchKey {
            public_key: key.public_key(),
            not_before_ms: NOW.plus_seconds(from).0,
            not_after_ms: to.0,
        };
        let named = vec![
            in_time(&older, -900, NOW.plus_seconds(900)),
            in_time(&key, -200_000, NO_END),
            in_time(&ended, -900, NOW),
            in_time(&later, 301, NO_END),
        ];
        let trusting = |version, expires: Timestamp, keys: &[DispatchKey]| {
            let (issued_ms, expires_ms) = (NOW.plus_seconds(-1000).0, expires.0);
            let set = KeySet { version, issued_ms, expires_ms, keys: keys.to_vec() };
            (
                keys::sign(&root, &set).unwrap(),
                Trust::restore(&root.public_key(), &keys::sign(&root, &set).unwrap()),
            )
        };
        let before = [named.clone(), vec![in_time(&withdrawn, -900, NO_END)]].concat();
        let (newest, _) = trusting(2, NO_END, &named);
        let trust = trusting(1, NO_END, &before).1.unwrap().accept(&newest, NOW).unwrap();
        let expired = trusting(3, NOW, &named).1.unwrap();
        Self { key, stranger, withdrawn, ended, later, trust, expired, node, other, dispatch, signed, data }
    }

    fn check(&self, data: &[u8]) -> Result<Dispatch, Refusal> {
        verify(data, &self.trust, &self.node, NUMBER, NOW)
    }

    /// The same signature over, or beside, something else.
    fn with(&self, change: impl FnOnce(&mut SignedDispatch)) -> Vec<u8> {
        let mut signed = self.signed.clone();
        change(&mut signed);
        signed.encode_to_vec()
    }

    /// Another dispatch that is well signed.
    fn signed(&self, key: &KeyPair, change: impl FnOnce(&mut Dispatch)) -> Vec<u8> {
        let mut dispatch = self.dispatch.clone();
        change(&mut dispatch);
        sign(key, &dispatch).unwrap().encode_to_vec()
    }
}

/// Changes one field to another value.
fn change_field(dice: &mut Dice, dispatch: &mut Dispatch) {
    let text = format!("{:016x}", dice.number());
    let number = dice.number();
    let by = i64::try_from(number % 1_000_000).unwrap() + 1;
    match dice.below(13) {
        0 => dispatch.node_id = format!("mi-0{text}"),
        1 => dispatch.number = dispatch.number.wrapping_add(number | 1),
        2 => dispatch.kind ^= 3,
        3 => dispatch.command_id = format!("{}-0000-4000-8000-000000000001", &text[..8]),
        4 => dispatch.document_name.push_str(&text),
        5 => dispatch.document_hash = document_hash(&text),
        6 => {
            dispatch.document = format!("{{\"schemaVersion\":\"{text}\"}}");
            dispatch.document_hash = document_hash(&dispatch.document);
        }
        7 => dispatch.parameters_json = format!("{{\"a\":\"{text}\"}}"),
        8 => dispatch.run_as = text,
        9 => dispatch.execution_timeout_seconds ^= u32::try_from(number >> 32).unwrap() | 1,
        10 => dispatch.not_before_ms -= by,
        11 => dispatch.expires_ms += by,
        _ => dispatch.traceparent = text,
    }
}

/// One more field at the end or at the start of the message: one that nobody knows, or one of its own again.
fn add_field(dice: &mut Dice, scene: &Scene) -> Vec<u8> {
    let own = &scene.signed;
    let length = dice.below(12);
    let other = dice.bytes(length);
    let added = match dice.below(5) {
        0 => SignedDispatch { dispatch: own.dispatch.clone(), ..SignedDispatch::default() },
        1 => SignedDispatch { key_id: own.key_id.clone(), ..SignedDispatch::default() },
        2 => SignedDispatch { signature: own.signature.clone(), ..SignedDispatch::default() },
        3 => SignedDispatch { dispatch: other.clone(), ..SignedDispatch::default() },
        _ => SignedDispatch::default(),
    };
    let mut added = added.encode_to_vec();
    if added.is_empty() {
        // Field 4 to 15, of bytes.
        added = vec![u8::try_from(4 + dice.below(12)).unwrap() << 3 | 2, u8::try_from(length).unwrap()];
        added.extend(other);
    }
    match dice.below(2) {
        0 => [added, scene.data.clone()].concat(),
        _ => [scene.data.clone(), added].concat(),
    }
}

fn signature_beyond_the_order(scene: &Scene) -> Vec<u8> {
    scene.with(|signed| {
        let mut carry = 0;
        for (byte, order) in signed.signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
    })
}

/// The dispatch as nobody signed it.
fn forged(dice: &mut Dice, scene: &Scene) -> (&'static str, Vec<u8>) {
    // More of those that end before the signature is looked at: each of the others takes some 60 µs.
    match dice.below(15) {
        0 => {
            let mut data = scene.data.clone();
            dice.flip(&mut data);
            ("bits of the message", data)
        }
        1 => ("bits of what is signed", scene.with(|signed| dice.flip(&mut signed.dispatch))),
        2 => ("bits of the signature", scene.with(|signed| dice.flip(&mut signed.signature))),
        3 => ("signature of random bytes", scene.with(|signed| signed.signature = dice.bytes(64))),
        4 if dice.below(64) == 0 => ("signature beyond the order", signature_beyond_the_order(scene)),
        4 => {
            let change = |signed: &mut SignedDispatch| {
                let length = dice.below(80);
                signed.signature.resize(if length == 64 { 65 } else { length }, 0);
            };
            ("signature of another length", scene.with(change))
        }
        5 => {
            let mut dispatch = scene.dispatch.clone();
            change_field(dice, &mut dispatch);
            ("field changed", scene.with(|signed| signed.dispatch = dispatch.encode_to_vec()))
        }
        6..9 => {
            let mut data = scene.data.clone();
            data.truncate(dice.below(data.len()));
            ("truncated", data)
        }
        9..12 => {
            let length = 1 + dice.below(64);
            ("extended", [scene.data.clone(), dice.bytes(length)].concat())
        }
        _ => ("field added or repeated", add_field(dice, scene)),
    }
}

/// A dispatch that is signed well, by somebody else, or for somebody else, some other place or time.
fn signed(dice: &mut Dice, scene: &Scene) -> (&'static str, Vec<u8>) {
    let seconds = i64::try_from(dice.below(100_000)).unwrap();
    let number = dice.number() | 8;
    match dice.below(10) {
        7 => ("by a withdrawn key", scene.signed(&scene.withdrawn, |d| d.expires_ms += seconds)),
        8 => ("by a key that has ended", scene.signed(&scene.ended, |d| d.expires_ms += seconds)),
        9 => ("by a key that begins later", scene.signed(&scene.later, |d| d.expires_ms += seconds)),
        0 => ("by another key", scene.signed(&scene.stranger, |d| d.expires_ms += seconds)),
        1 => {
            let mut other = sign(&scene.stranger, &scene.dispatch).unwrap();
            other.key_id.clone_from(&scene.signed.key_id);
            ("by another key in this one's name", other.encode_to_vec())
        }
        2 => {
            let node = format!("mi-{:017x}", number);
            ("for another node", scene.signed(&scene.key, |d| d.node_id = node))
        }
        3 => ("for another place", scene.signed(&scene.key, |d| d.number = number)),
        4 => {
            let expires = NOW.plus_seconds(-seconds).0;
            ("expired", scene.signed(&scene.key, |d| d.expires_ms = expires))
        }
        5 => {
            let not_before = NOW.plus_seconds(301 + seconds).0;
            ("not yet valid", scene.signed(&scene.key, |d| d.not_before_ms = not_before))
        }
        _ => {
            let document = format!("{{\"schemaVersion\":\"{number}\"}}");
            let change = |d: &mut Dispatch| match d.kind() {
                DispatchKind::Run => d.document = document,
                _ => d.kind = i32::try_from(number % 1000).unwrap() + 3,
            };
            ("other document or kind", scene.signed(&scene.key, change))
        }
    }
}

/// Whether a signed dispatch was refused for what is wrong with it, and not by luck.
fn fits(kind: &str, refusal: &Refusal) -> bool {
    match kind {
        "by another key" | "by a withdrawn key" => matches!(refusal, Refusal::Key(Unusable::Unknown(_))),
        "by a key that has ended" => matches!(refusal, Refusal::Key(Unusable::TooLate { .. })),
        "by a key that begins later" => matches!(refusal, Refusal::Key(Unusable::TooEarly { .. })),
        "with an expired set" => matches!(refusal, Refusal::Key(Unusable::SetExpired { .. })),
        "by another key in this one's name" => *refusal == Refusal::BadSignature,
        "for another node" | "for another place" | "at another node" | "at another place" => {
            matches!(refusal, Refusal::Misaddressed { .. })
        }
        "expired" | "after its time" => matches!(refusal, Refusal::Expired { .. }),
        "not yet valid" | "before its time" => matches!(refusal, Refusal::TooEarly { .. }),
        "other document or kind" => {
            matches!(refusal, Refusal::OtherDocument { .. } | Refusal::Field("kind"))
        }
        "oversize" => matches!(refusal, Refusal::TooLarge { .. }),
        "bits of what is signed" | "bits of the signature" | "field changed" => {
            *refusal == Refusal::BadSignature
        }
        "field added or repeated" | "truncated" => {
            matches!(refusal, Refusal::Malformed | Refusal::Key(Unusable::Unknown(_)) | Refusal::BadSignature)
        }
        _ => true,
    }
}

/// The untouched message, where and when it does not belong.
fn replayed(dice: &mut Dice, scene: &Scene) -> (&'static str, Result<Dispatch, Refusal>) {
    let at = |node: &NodeId, number, now| verify(&scene.data, &scene.trust, node, number, now);
    let seconds = i64::try_from(dice.below(100_000)).unwrap();
    match dice.below(5) {
        4 => {
            let result =
                verify(&scene.data, &scene.expired, &scene.node, NUMBER, NOW.plus_seconds(seconds % 60));
            ("with an expired set", result)
        }
        0 => ("at another node", at(&scene.other, NUMBER, NOW)),
        1 => ("at another place", at(&scene.node, dice.number() | 8, NOW)),
        2 => ("after its time", at(&scene.node, NUMBER, NOW.plus_seconds(60 + seconds))),
        _ => ("before its time", at(&scene.node, NUMBER, NOW.plus_seconds(-301 - seconds))),
    }
}

/// Mutates and checks; counts what was refused by kind.
fn attack(seed: u64) -> BTreeMap<&'static str, u64> {
    let scenes = [DispatchKind::Run, DispatchKind::Cancel].map(Scene::new);
    let (mut dice, mut counts) = (Dice(seed), BTreeMap::new());
    let untouched = || scenes.iter().all(|scene| scene.check(&scene.data) == Ok(scene.dispatch.clone()));
    assert!(untouched());
    let mut left = PER_THREAD;
    while left > 0 {
        let scene = &scenes[dice.below(scenes.len())];
        let (kind, result) = match dice.below(40) {
            0 if dice.below(50) == 0 => {
                let mut data = scene.data.clone();
                data.resize(MAX_DISPATCH_BYTES + 1 + dice.below(1000), 0);
                ("oversize", scene.check(&data))
            }
            0..2 => replayed(&mut dice, scene),
            2..4 => {
                let (kind, data) = signed(&mut dice, scene);
                (kind, scene.check(&data))
            }
            _ => {
                let (kind, data) = forged(&mut dice, scene);
                // Bits may have been flipped back: then nothing was changed.
                if data == scene.data {
                    continue;
                }
                (kind, scene.check(&data))
            }
        };
        match result {
            Ok(accepted) => panic!("accepted, {kind}: {accepted:?}"),
            Err(refusal) => assert!(fits(kind, &refusal), "{kind}: {refusal}"),
        }
        *counts.entry(kind).or_insert(0) += 1;
        left -= 1;
    }
    assert!(untouched());
    counts
}

#[test]
fn of_a_million_forged_or_replayed_dispatches_none_is_accepted() {
    let begun = std::time::Instant::now();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS).map(|seed| scope.spawn(move || attack(seed))).collect();
        for thread in threads {
            for (kind, count) in thread.join().unwrap() {
                *counts.entry(kind).or_default() += count;
            }
        }
    });
    let total: u64 = counts.values().sum();
    let kinds: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!(
        "dispatches: {total} forged or replayed, 0 accepted, in {:.1} s: {}",
        begun.elapsed().as_secs_f64(),
        kinds.join(", ")
    );
    assert!(total >= 1_000_000 && counts.values().all(|count| *count > 100), "{counts:?}");
}
