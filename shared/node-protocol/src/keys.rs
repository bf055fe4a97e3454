//! The keys whose dispatches a node trusts: a set, signed by a root key that signs nothing else.
//!
//! A node pins the root key. Sets have a version, and a node goes to a greater one only; a set ends, so that whoever
//! keeps newer ones from a node does not keep it on old keys for ever.

use nkeys::KeyPair;
use prost::Message;
use reeve_contracts::node::{KeySet, SignedKeySet};
use reeve_types::Timestamp;
use std::{collections::BTreeSet, fmt, sync::Arc};

/// A set has a few keys of some 80 bytes each.
pub const MAX_KEY_SET_BYTES: usize = 16 * 1024;
/// As many keys as a set may have.
pub const MAX_KEYS: usize = 64;
/// The end of a key that has none: the year 9999. It counts as long as sets name it.
pub const NO_END: Timestamp = Timestamp(253_402_300_799_000);
/// What a signature is over, so that it can never be taken for one over something else.
const KEY_SET_SIGNATURE_DOMAIN: &[u8] = b"reeve-key-set-v1\0";
/// How far the node's clock may be behind the control plane's, in seconds.
pub(crate) const MAX_CLOCK_SKEW_SECONDS: i64 = 300;

/// Why a set of keys is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the key set has {bytes} bytes, more than {MAX_KEY_SET_BYTES}")]
    TooLarge { bytes: usize },
    #[error("the key set is not a valid message")]
    Malformed,
    #[error("the key set is signed with the key {0:?}, which is not the root key")]
    OtherRoot(String),
    #[error("the signature of the key set does not hold")]
    BadSignature,
    #[error("the key set has no keys")]
    Empty,
    #[error("the key set has {0} keys, more than {MAX_KEYS}")]
    TooMany(usize),
    #[error("the field {0} of the key set is not valid")]
    Field(&'static str),
    #[error("the key set has the version {version}, which is not greater than {held}")]
    NotNewer { version: u64, held: u64 },
    #[error("the key set expired at {expired}")]
    Expired { expired: Timestamp },
}

/// A key set could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the root key cannot sign: {0}")]
pub struct SignError(String);

/// Whether a text is the public half of a root key.
pub fn is_root(key: &str) -> bool {
    key.starts_with('O') && KeyPair::from_public_key(key).is_ok()
}

fn is_dispatch_key(key: &str) -> bool {
    key.starts_with('A') && KeyPair::from_public_key(key).is_ok()
}

fn signed_bytes(set: &[u8]) -> Vec<u8> {
    [KEY_SET_SIGNATURE_DOMAIN, set].concat()
}

/// Signs a set of keys; the result is what goes over the bus.
///
/// # Errors
/// When the key holds no seed.
pub fn sign(root: &KeyPair, set: &KeySet) -> Result<Vec<u8>, SignError> {
    let bytes = set.encode_to_vec();
    let signature = root.sign(&signed_bytes(&bytes)).map_err(|e| SignError(e.to_string()))?;
    Ok(SignedKeySet { key_set: bytes, key_id: root.public_key(), signature }.encode_to_vec())
}

/// Reads a set that a root key signed, whatever its version and its time. As with dispatches, nothing of it is outside
/// the signature, its encoding included.
///
/// # Errors
/// The first check that failed.
pub fn open(root: &str, data: &[u8]) -> Result<KeySet, Refusal> {
    if data.len() > MAX_KEY_SET_BYTES {
        return Err(Refusal::TooLarge { bytes: data.len() });
    }
    let signed = SignedKeySet::decode(data).map_err(|_| Refusal::Malformed)?;
    if signed.encode_to_vec() != data {
        return Err(Refusal::Malformed);
    }
    if signed.key_id != root || !is_root(root) {
        return Err(Refusal::OtherRoot(signed.key_id));
    }
    let key = KeyPair::from_public_key(root).map_err(|_| Refusal::OtherRoot(signed.key_id.clone()))?;
    key.verify(&signed_bytes(&signed.key_set), &signed.signature).map_err(|_| Refusal::BadSignature)?;
    let set = KeySet::decode(signed.key_set.as_slice()).map_err(|_| Refusal::Malformed)?;
    if set.encode_to_vec() != signed.key_set {
        return Err(Refusal::Malformed);
    }
    check(&set)?;
    Ok(set)
}

fn check(set: &KeySet) -> Result<(), Refusal> {
    let different: BTreeSet<&str> = set.keys.iter().map(|key| key.public_key.as_str()).collect();
    match set.keys.len() {
        0 => Err(Refusal::Empty),
        keys if keys > MAX_KEYS => Err(Refusal::TooMany(keys)),
        keys if different.len() < keys || !set.keys.iter().all(|key| is_dispatch_key(&key.public_key)) => {
            Err(Refusal::Field("keys.public_key"))
        }
        _ if set.version == 0 => Err(Refusal::Field("version")),
        _ if set.expires_ms <= set.issued_ms => Err(Refusal::Field("expires_ms")),
        _ if set.keys.iter().any(|key| key.not_after_ms <= key.not_before_ms) => {
            Err(Refusal::Field("keys.not_after_ms"))
        }
        _ => Ok(()),
    }
}

/// Whom a node trusts: a root key, and the newest set of dispatch keys that it was given.
#[derive(Clone)]
pub struct Trust {
    root: String,
    held: KeySet,
    /// The keys of the set, in its order, ready to check signatures.
    ready: Arc<[KeyPair]>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("root", &self.root).field("held", &self.held).finish_non_exhaustive()
    }
}

impl Trust {
    /// Begins with the first set, or with one that was accepted before: it may have expired meanwhile.
    ///
    /// # Errors
    /// When it is not that root's.
    pub fn restore(root: &str, signed: &[u8]) -> Result<Self, Refusal> {
        Self::new(root, open(root, signed)?)
    }

    fn new(root: &str, held: KeySet) -> Result<Self, Refusal> {
        let ready = held.keys.iter().map(|key| KeyPair::from_public_key(&key.public_key));
        let ready = ready.collect::<Result<_, _>>().map_err(|_| Refusal::Field("keys.public_key"))?;
        Ok(Self { root: root.to_owned(), held, ready })
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    pub fn set(&self) -> &KeySet {
        &self.held
    }

    /// The trust that a newer set leads to; this one stays as it is, so that the newer one can be kept first.
    ///
    /// # Errors
    /// When the set is not the root's, not newer, or expired.
    pub fn accept(&self, signed: &[u8], now: Timestamp) -> Result<Self, Refusal> {
        let set = open(&self.root, signed)?;
        if set.version <= self.held.version {
            return Err(Refusal::NotNewer { version: set.version, held: self.held.version });
        }
        if now.0 >= set.expires_ms {
            return Err(Refusal::Expired { expired: Timestamp(set.expires_ms) });
        }
        Self::new(&self.root, set)
    }

    /// A key, if what it signs counts now.
    ///
    /// # Errors
    /// The first check that failed: the end of the set, the key, the key's own time.
    pub fn usable(&self, key: &str, now: Timestamp) -> Result<&KeyPair, Unusable> {
        let (version, expired) = (self.held.version, Timestamp(self.held.expires_ms));
        if now >= expired {
            return Err(Unusable::SetExpired { version, expired });
        }
        let mut both = self.held.keys.iter().zip(&*self.ready);
        let found = both.find(|(known, _)| known.public_key == key);
        let (known, ready) = found.ok_or_else(|| Unusable::Unknown(key.to_owned()))?;
        let (not_before, not_after) = (Timestamp(known.not_before_ms), Timestamp(known.not_after_ms));
        if now.plus_seconds(MAX_CLOCK_SKEW_SECONDS) < not_before {
            return Err(Unusable::TooEarly { key: key.to_owned(), not_before });
        }
        if now >= not_after {
            return Err(Unusable::TooLate { key: key.to_owned(), not_after });
        }
        Ok(ready)
    }
}

/// Why what a key signed does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the key set {version} that this node has expired at {expired}, and it has no newer one")]
    SetExpired { version: u64, expired: Timestamp },
    #[error("the dispatch is signed with the key {0:?}, which this node does not trust")]
    Unknown(String),
    #[error("the dispatch is signed with the key {key:?}, which does not count before {not_before}")]
    TooEarly { key: String, not_before: Timestamp },
    #[error("the dispatch is signed with the key {key:?}, which counts no more since {not_after}")]
    TooLate { key: String, not_after: Timestamp },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reeve_contracts::node::DispatchKey;

    const NOW: Timestamp = Timestamp(1_764_000_000_000);

    fn key(public_key: String, not_before: Timestamp, not_after: Timestamp) -> DispatchKey {
        DispatchKey { public_key, not_before_ms: not_before.0, not_after_ms: not_after.0 }
    }

    fn set(version: u64) -> KeySet {
        let keys = vec![key(KeyPair::new_account().public_key(), NOW, NO_END)];
        KeySet { version, issued_ms: NOW.0, expires_ms: NOW.plus_seconds(60).0, keys }
    }

    #[test]
    fn each_check_of_a_set_has_its_refusal() {
        let (root, other) = (KeyPair::new_operator(), KeyPair::new_operator());
        let first = sign(&root, &set(2)).unwrap();
        let trust = Trust::restore(&root.public_key(), &first).unwrap();
        let given = |by: &KeyPair, set: &KeySet, now| trust.accept(&sign(by, set).unwrap(), now).map(|_| ());
        let refused = |change: fn(&mut KeySet)| {
            let mut changed = set(3);
            change(&mut changed);
            given(&root, &changed, NOW).unwrap_err()
        };
        assert_eq!(given(&root, &set(3), NOW), Ok(()));
        assert_eq!(given(&other, &set(3), NOW), Err(Refusal::OtherRoot(other.public_key())));
        for version in [1, 2] {
            assert_eq!(given(&root, &set(version), NOW), Err(Refusal::NotNewer { version, held: 2 }));
        }
        let expired = NOW.plus_seconds(60);
        assert_eq!(given(&root, &set(3), expired), Err(Refusal::Expired { expired }));
        assert_eq!(refused(|set| set.keys.clear()), Refusal::Empty);
        assert_eq!(refused(|set| set.keys = vec![set.keys[0].clone(); 65]), Refusal::TooMany(65));
        assert_eq!(refused(|set| set.keys.push(set.keys[0].clone())), Refusal::Field("keys.public_key"));
        let stranger = |set: &mut KeySet| set.keys[0].public_key = KeyPair::new_user().public_key();
        assert_eq!(refused(stranger), Refusal::Field("keys.public_key"));
        assert_eq!(refused(|set| set.version = 0), Refusal::Field("version"));
        assert_eq!(refused(|set| set.expires_ms = set.issued_ms), Refusal::Field("expires_ms"));
        assert_eq!(refused(|set| set.keys[0].not_after_ms = NOW.0), Refusal::Field("keys.not_after_ms"));
        assert_eq!(
            trust.accept(&[0; MAX_KEY_SET_BYTES + 1], NOW).unwrap_err(),
            Refusal::TooLarge { bytes: MAX_KEY_SET_BYTES + 1 }
        );
        let mut signed = SignedKeySet::decode(first.as_slice()).unwrap();
        // A field that nobody knows, under the signature and outside it.
        let unknown = [first.clone(), vec![0x7a, 0]].concat();
        assert_eq!(trust.accept(&unknown, NOW).unwrap_err(), Refusal::Malformed);
        signed.key_set.extend([0x7a, 0]);
        signed.signature = root.sign(&signed_bytes(&signed.key_set)).unwrap();
        assert_eq!(trust.accept(&signed.encode_to_vec(), NOW).unwrap_err(), Refusal::Malformed);
        signed.signature[0] ^= 1;
        assert_eq!(trust.accept(&signed.encode_to_vec(), NOW).unwrap_err(), Refusal::BadSignature);
        // A dispatch key is no root key, also where somebody pinned it as one.
        let dispatch = KeyPair::new_account();
        let by_dispatch_key = sign(&dispatch, &set(3)).unwrap();
        let opened = open(&dispatch.public_key(), &by_dispatch_key);
        assert_eq!(opened, Err(Refusal::OtherRoot(dispatch.public_key())));
    }

    #[test]
    fn a_key_counts_in_its_own_time_while_the_set_lasts() {
        let root = KeyPair::new_operator();
        let [old, new, later] = [(); 3].map(|()| KeyPair::new_account().public_key());
        let (ended, begun) = (NOW.plus_seconds(10), NOW.plus_seconds(400));
        let keys = vec![
            key(old.clone(), NOW, ended),
            key(new.clone(), NOW, NO_END),
            key(later.clone(), begun, NO_END),
        ];
        let set = KeySet { version: 7, issued_ms: NOW.0, expires_ms: NOW.plus_seconds(500).0, keys };
        let trust = Trust::restore(&root.public_key(), &sign(&root, &set).unwrap()).unwrap();
        let at = |key: &str, seconds| trust.usable(key, NOW.plus_seconds(seconds)).map(|_| ());
        assert_eq!((at(&old, 9), at(&new, 9), at(&new, -300)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(at(&old, 10), Err(Unusable::TooLate { key: old, not_after: ended }));
        assert_eq!(at(&later, 99), Err(Unusable::TooEarly { key: later.clone(), not_before: begun }));
        assert_eq!(at(&later, 100), Ok(()));
        let stranger = KeyPair::new_account().public_key();
        assert_eq!(at(&stranger, 9), Err(Unusable::Unknown(stranger.clone())));
        let expired = NOW.plus_seconds(500);
        assert_eq!(at(&new, 500), Err(Unusable::SetExpired { version: 7, expired }));
    }

    proptest! {
        #[test]
        fn versions_only_increase(versions in prop::collection::vec(1u64..20, 1..30)) {
            let root = KeyPair::new_operator();
            let mut trust = Trust::restore(&root.public_key(), &sign(&root, &set(1)).unwrap()).unwrap();
            let mut greatest = 1;
            for version in versions {
                let accepted = trust.accept(&sign(&root, &set(version)).unwrap(), NOW);
                prop_assert_eq!(accepted.is_ok(), version > greatest);
                greatest = greatest.max(version);
                trust = accepted.unwrap_or(trust);
                prop_assert_eq!(trust.set().version, greatest);
            }
        }

        #[test]
        fn no_mutation_is_accepted(at in any::<prop::sample::Index>(), flip in 1u8..) {
            let root = KeyPair::new_operator();
            let mut data = sign(&root, &set(3)).unwrap();
            let at = at.index(data.len());
            data[at] ^= flip;
            prop_assert!(open(&root.public_key(), &data).is_err());
        }

        #[test]
        fn no_input_panics(data in any::<Vec<u8>>()) {
            prop_assert!(open(&KeyPair::new_operator().public_key(), &data).is_err());
        }
    }
}
