//! A hundred thousand sets of keys that the root did not sign, or that are older than what a node has: none is accepted.

#![cfg(test)]

use nkeys::{KeyPair, KeyPairType};
use prost::Message;
use reeve_contracts::node::{DispatchKey, KeySet, SignedKeySet};
use reeve_node_protocol::keys::{MAX_KEY_SET_BYTES, NO_END, Refusal, Trust, sign};
use reeve_testkit::Dice;
use reeve_types::Timestamp;
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp(1_764_000_000_000);
const TRIES: u64 = 100_000;
const HELD: u64 = 1_000;

struct Scene {
    root: KeyPair,
    stranger: KeyPair,
    trust: Trust,
    /// The next set as the root signed it; a node that gets it untouched accepts it.
    next: KeySet,
    data: Vec<u8>,
}

fn set(version: u64) -> KeySet {
    let key = |fill| {
        let public_key = KeyPair::new_from_raw(KeyPairType::Account, [fill; 32]).unwrap().public_key();
        DispatchKey { public_key, not_before_ms: NOW.0, not_after_ms: NO_END.0 }
    };
    let (issued_ms, expires_ms) = (NOW.0, NOW.plus_seconds(3600).0);
    KeySet { version, issued_ms, expires_ms, keys: vec![key(1), key(2)] }
}

impl Scene {
    fn new() -> Self {
        let root = KeyPair::new_from_raw(KeyPairType::Operator, [7; 32]).unwrap();
        let stranger = KeyPair::new_from_raw(KeyPairType::Operator, [8; 32]).unwrap();
        let held = sign(&root, &set(HELD)).unwrap();
        let trust = Trust::restore(&root.public_key(), &held).unwrap();
        let next = set(HELD + 1);
        let data = sign(&root, &next).unwrap();
        Self { root, stranger, trust, next, data }
    }

    fn with(&self, change: impl FnOnce(&mut SignedKeySet)) -> Vec<u8> {
        let mut signed = SignedKeySet::decode(self.data.as_slice()).unwrap();
        change(&mut signed);
        signed.encode_to_vec()
    }
}

/// Changes one field of the set, beside the old signature.
fn change_field(dice: &mut Dice, set: &mut KeySet) {
    let by = i64::try_from(dice.below(1_000_000)).unwrap() + 1;
    match dice.below(5) {
        0 => set.version += dice.number() >> 1 | 1,
        1 => set.issued_ms -= by,
        2 => set.expires_ms += by,
        3 => set.keys[0].not_before_ms -= by,
        _ => set.keys[0].public_key = KeyPair::new_account().public_key(),
    }
}

fn forged(dice: &mut Dice, scene: &Scene) -> (&'static str, Vec<u8>) {
    let seconds = i64::try_from(dice.below(100_000)).unwrap();
    let older = dice.number() % HELD + 1;
    match dice.below(11) {
        0 => ("older", sign(&scene.root, &set(older)).unwrap()),
        1 => {
            let expires_ms = NOW.plus_seconds(-seconds).0;
            let issued_ms = expires_ms - 1;
            ("expired", sign(&scene.root, &KeySet { issued_ms, expires_ms, ..scene.next.clone() }).unwrap())
        }
        2 => ("of another root", sign(&scene.stranger, &set(HELD + older)).unwrap()),
        3 => {
            let mut other =
                SignedKeySet::decode(&*sign(&scene.stranger, &set(HELD + older)).unwrap()).unwrap();
            other.key_id = scene.root.public_key();
            ("of another root in this one's name", other.encode_to_vec())
        }
        4 => {
            // A dispatch key signs dispatches, and nothing else.
            let dispatch = KeyPair::new_from_raw(KeyPairType::Account, [1; 32]).unwrap();
            ("of a dispatch key", sign(&dispatch, &set(HELD + older)).unwrap())
        }
        5 => {
            let mut set = scene.next.clone();
            change_field(dice, &mut set);
            ("field changed", scene.with(|signed| signed.key_set = set.encode_to_vec()))
        }
        6 => ("bits of the signature", scene.with(|signed| dice.flip(&mut signed.signature))),
        7 => {
            let mut data = scene.data.clone();
            dice.flip(&mut data);
            ("bits of the message", data)
        }
        8 => {
            let mut data = scene.data.clone();
            data.truncate(dice.below(data.len()));
            ("truncated", data)
        }
        9 => {
            let length = 1 + dice.below(64);
            ("extended", [scene.data.clone(), dice.bytes(length)].concat())
        }
        _ => ("oversize", vec![0; MAX_KEY_SET_BYTES + 1 + dice.below(1000)]),
    }
}

fn fits(kind: &str, refusal: &Refusal) -> bool {
    match kind {
        "older" => matches!(refusal, Refusal::NotNewer { held: HELD, .. }),
        "expired" => matches!(refusal, Refusal::Expired { .. }),
        "of another root" | "of a dispatch key" => matches!(refusal, Refusal::OtherRoot(_)),
        "of another root in this one's name" | "field changed" | "bits of the signature" => {
            *refusal == Refusal::BadSignature
        }
        "oversize" => matches!(refusal, Refusal::TooLarge { .. }),
        _ => matches!(refusal, Refusal::Malformed | Refusal::OtherRoot(_) | Refusal::BadSignature),
    }
}

#[test]
fn of_a_hundred_thousand_forged_or_older_key_sets_none_is_accepted() {
    let (scene, mut dice, mut counts) = (Scene::new(), Dice(1), BTreeMap::<&str, u64>::new());
    let untouched = || scene.trust.accept(&scene.data, NOW).map(|trust| trust.set().clone());
    assert_eq!(untouched(), Ok(scene.next.clone()));
    let mut left = TRIES;
    while left > 0 {
        let (kind, data) = forged(&mut dice, &scene);
        if data == scene.data {
            continue;
        }
        match scene.trust.accept(&data, NOW) {
            Ok(accepted) => panic!("accepted, {kind}: {:?}", accepted.set()),
            Err(refusal) => assert!(fits(kind, &refusal), "{kind}: {refusal}"),
        }
        *counts.entry(kind).or_default() += 1;
        left -= 1;
    }
    assert_eq!(untouched(), Ok(scene.next.clone()));
    let kinds: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("key sets: {TRIES} forged or older, 0 accepted: {}", kinds.join(", "));
    assert!(counts.values().all(|count| *count > 1000), "{counts:?}");
}
