//! Work for a node, signed.

use crate::keys::{MAX_CLOCK_SKEW_SECONDS, Trust, Unusable};
use data_encoding::HEXLOWER;
use nkeys::KeyPair;
use prost::Message;
use reeve_contracts::node::{Dispatch, DispatchKind, SignedDispatch};
use reeve_types::{NodeId, Timestamp};
use sha2::{Digest, Sha256};

/// A dispatch holds a document of at most 64 KiB, its parameters and little else.
pub const MAX_DISPATCH_BYTES: usize = 512 * 1024;
/// What a signature is over, so that it can never be taken for one over something else.
const DISPATCH_SIGNATURE_DOMAIN: &[u8] = b"reeve-dispatch-v1\0";

/// Why a node does not trust a dispatch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the dispatch has {bytes} bytes, more than {MAX_DISPATCH_BYTES}")]
    TooLarge { bytes: usize },
    #[error("the dispatch is not a valid message")]
    Malformed,
    #[error(transparent)]
    Key(#[from] Unusable),
    #[error("the signature of the dispatch does not hold")]
    BadSignature,
    #[error("the dispatch is addressed to {node} as number {number}, not to this node in this place")]
    Misaddressed { node: String, number: u64 },
    #[error("the dispatch is not to be run before {not_before}")]
    TooEarly { not_before: Timestamp },
    #[error("the dispatch expired at {expired}")]
    Expired { expired: Timestamp, command_id: String },
    #[error("the document of the dispatch does not have the hash {hash}")]
    OtherDocument { hash: String },
    #[error("the field {0} of the dispatch is not valid")]
    Field(&'static str),
}

impl Refusal {
    /// Whether the signature and the address held, and something after them did not.
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::TooEarly { .. } | Self::Expired { .. } | Self::OtherDocument { .. })
    }

    /// Whether time alone could change this: the clock of a machine that has just started may be behind.
    pub fn is_too_early(&self) -> bool {
        matches!(self, Self::TooEarly { .. } | Self::Key(Unusable::TooEarly { .. }))
    }

    /// Whether a newer set of keys could change this.
    pub fn is_of_keys(&self) -> bool {
        matches!(self, Self::Key(_))
    }
}

/// A dispatch could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the dispatch key cannot sign: {0}")]
pub struct SignError(String);

/// What the signature beside a dispatch is over.
fn signed_bytes(dispatch: &[u8]) -> Vec<u8> {
    [DISPATCH_SIGNATURE_DOMAIN, dispatch].concat()
}

/// The SHA-256 of a document's text, in hexadecimal.
pub fn document_hash(document: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(document.as_bytes()))
}

/// The SHA-256 of a message of an inbox, in hexadecimal.
pub fn message_hash(data: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(data))
}

/// Signs a dispatch.
///
/// # Errors
/// When the key holds no seed.
pub fn sign(key: &KeyPair, dispatch: &Dispatch) -> Result<SignedDispatch, SignError> {
    let dispatch = dispatch.encode_to_vec();
    let signature = key.sign(&signed_bytes(&dispatch)).map_err(|e| SignError(e.to_string()))?;
    Ok(SignedDispatch { dispatch, key_id: key.public_key(), signature })
}

/// A dispatch that was verified, and the key that signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub dispatch: Dispatch,
    pub key_id: String,
}

/// What [`verify_signed`] finds, without the key.
///
/// # Errors
/// As [`verify_signed`].
pub fn verify(
    data: &[u8],
    trust: &Trust,
    node: &NodeId,
    number: u64,
    now: Timestamp,
) -> Result<Dispatch, Refusal> {
    verify_signed(data, trust, node, number, now).map(|verified| verified.dispatch)
}

/// Checks a message of the inbox: it must be signed by a key that counts, for this node and this number, and in time.
/// Nothing of it is outside the signature, its encoding included: the bytes have to be those that the result of
/// [`sign`] encodes to.
///
/// # Errors
/// The first check that failed.
pub fn verify_signed(
    data: &[u8],
    trust: &Trust,
    node: &NodeId,
    number: u64,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    if data.len() > MAX_DISPATCH_BYTES {
        return Err(Refusal::TooLarge { bytes: data.len() });
    }
    let signed = SignedDispatch::decode(data).map_err(|_| Refusal::Malformed)?;
    if signed.encode_to_vec() != data {
        return Err(Refusal::Malformed);
    }
    let key = trust.usable(&signed.key_id, now)?;
    key.verify(&signed_bytes(&signed.dispatch), &signed.signature).map_err(|_| Refusal::BadSignature)?;
    let dispatch = Dispatch::decode(signed.dispatch.as_slice()).map_err(|_| Refusal::Malformed)?;
    if dispatch.node_id != node.as_str() || dispatch.number != number {
        return Err(Refusal::Misaddressed { node: dispatch.node_id, number: dispatch.number });
    }
    let (not_before, expires) = (Timestamp(dispatch.not_before_ms), Timestamp(dispatch.expires_ms));
    if now.plus_seconds(MAX_CLOCK_SKEW_SECONDS) < not_before {
        return Err(Refusal::TooEarly { not_before });
    }
    if now >= expires {
        return Err(Refusal::Expired { expired: expires, command_id: dispatch.command_id });
    }
    match dispatch.kind() {
        DispatchKind::Run if dispatch.document_hash != document_hash(&dispatch.document) => {
            Err(Refusal::OtherDocument { hash: dispatch.document_hash })
        }
        DispatchKind::Unspecified => Err(Refusal::Field("kind")),
        _ if dispatch.command_id.parse::<reeve_types::CommandId>().is_err() => {
            Err(Refusal::Field("command_id"))
        }
        _ => Ok(Verified { dispatch, key_id: signed.key_id }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{self, NO_END};
    use proptest::prelude::*;
    use reeve_contracts::node::{DispatchKey, KeySet};
    use reeve_types::ids::new_uuid;

    const NOW: Timestamp = Timestamp(1_764_000_000_000);

    fn sample(node: &NodeId) -> Dispatch {
        let document = r#"{"schemaVersion":"2.2"}"#.to_owned();
        Dispatch {
            node_id: node.to_string(),
            number: 3,
            kind: DispatchKind::Run.into(),
            command_id: new_uuid().to_string(),
            document_hash: document_hash(&document),
            document,
            not_before_ms: NOW.0,
            expires_ms: NOW.plus_seconds(60).0,
            ..Dispatch::default()
        }
    }

    fn trusting(key: &KeyPair) -> Trust {
        let key = DispatchKey { public_key: key.public_key(), not_before_ms: 0, not_after_ms: NO_END.0 };
        let set = KeySet { version: 1, issued_ms: 0, expires_ms: NO_END.0, keys: vec![key] };
        let root = KeyPair::new_operator();
        Trust::restore(&root.public_key(), &keys::sign(&root, &set).unwrap()).unwrap()
    }

    #[test]
    fn each_check_has_its_refusal() {
        let (key, node) = (KeyPair::new_account(), NodeId::new());
        let (keys, dispatch) = (trusting(&key), sample(&node));
        let data = sign(&key, &dispatch).unwrap().encode_to_vec();
        assert_eq!(verify(&data, &keys, &node, 3, NOW), Ok(dispatch.clone()));
        assert!(matches!(verify(&data, &keys, &node, 4, NOW), Err(Refusal::Misaddressed { .. })));
        assert!(matches!(verify(&data, &keys, &NodeId::new(), 3, NOW), Err(Refusal::Misaddressed { .. })));
        let early = verify(&data, &keys, &node, 3, Timestamp(-301_000));
        assert!(
            matches!(early, Err(Refusal::Key(Unusable::TooEarly { .. })))
                && early.unwrap_err().is_too_early()
        );
        let others = trusting(&KeyPair::new_account());
        let unknown = Refusal::Key(Unusable::Unknown(key.public_key()));
        assert_eq!(verify(&data, &others, &node, 3, NOW), Err(unknown));
        let (version, expired) = (1, NO_END);
        let ended = Refusal::Key(Unusable::SetExpired { version, expired });
        assert_eq!(verify(&data, &keys, &node, 3, NO_END), Err(ended));
        assert!(matches!(verify(&data, &keys, &node, 3, NOW.plus_seconds(60)), Err(Refusal::Expired { .. })));
        assert!(matches!(
            verify(&data, &keys, &node, 3, NOW.plus_seconds(-301)),
            Err(Refusal::TooEarly { .. })
        ));
        assert!(matches!(
            verify(&vec![0; MAX_DISPATCH_BYTES + 1], &keys, &node, 3, NOW),
            Err(Refusal::TooLarge { .. })
        ));
        let other = Dispatch { document: "{}".to_owned(), ..dispatch };
        let data = sign(&key, &other).unwrap().encode_to_vec();
        assert!(matches!(verify(&data, &keys, &node, 3, NOW), Err(Refusal::OtherDocument { .. })));
    }

    proptest! {
        #[test]
        fn no_mutation_is_accepted(at in any::<prop::sample::Index>(), flip in 1u8..) {
            let (key, node) = (KeyPair::new_account(), NodeId::new());
            let dispatch = sample(&node);
            let mut data = sign(&key, &dispatch).unwrap().encode_to_vec();
            let at = at.index(data.len());
            data[at] ^= flip;
            prop_assert!(verify(&data, &trusting(&key), &node, 3, NOW).is_err());
        }

        #[test]
        fn no_input_panics(data in any::<Vec<u8>>()) {
            prop_assert!(verify(&data, &trusting(&KeyPair::new_account()), &NodeId::new(), 1, NOW).is_err());
        }
    }
}
