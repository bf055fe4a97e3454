//! Secrets on their way to one node: sealed for its key, the one that it is registered with, so that nobody else can open them.
//!
//! A key pair is made for each secret. Its private half and the node's public key, or its public half and the node's private key,
//! come to one value (X25519, RFC 7748, on the curve of the node's Ed25519 key), from which the key is derived that seals the secret
//! (ChaCha20-Poly1305, RFC 8439). What the secret is called and whom it is for is associated data: one is not taken for another.

use ed25519_dalek::{SigningKey, VerifyingKey};
use nkeys::{decode_seed, from_public_key};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
/// What keys are derived for, so that none is ever that of anything else.
const DOMAIN: &[u8] = b"reeve-sealed-for-node-v1\0";

/// Why a secret was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the system gave no random bytes")]
    Random,
    #[error("the node's key is none that a secret can be sealed for")]
    Key,
    #[error("the secret cannot be opened: it was altered, or is another one, or for another node")]
    Unreadable,
}

/// The name under which a node is given the secret of a command.
pub fn secret_name(command: &str, node: &str, name: &str) -> String {
    format!("{command}/{node}/{name}")
}

/// Seals a secret for the node with that public key, under a name.
///
/// # Errors
/// When there are no random bytes, or the key is none.
pub fn seal(public_key: &str, name: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
    let (_, node) = from_public_key(public_key).map_err(|_| Error::Key)?;
    let mut random = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new().fill(&mut *random).map_err(|_| Error::Random)?;
    let own = SigningKey::from_bytes(&random);
    let shared = VerifyingKey::from_bytes(&node).map_err(|_| Error::Key)?.to_montgomery() * own.to_scalar();
    let public = own.verifying_key().to_bytes();
    let cipher = cipher(&public, &node, &Zeroizing::new(shared.to_bytes()))?;
    let mut sealed = secret.to_vec();
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    cipher.seal_in_place_append_tag(nonce, Aad::from(name), &mut sealed).map_err(|_| Error::Unreadable)?;
    Ok([public.as_slice(), &sealed].concat())
}

/// Opens a secret that was sealed for the node with that seed, under that name.
///
/// # Errors
/// When it is not what was sealed so.
pub fn open(seed: &str, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (_, seed) = decode_seed(seed).map_err(|_| Error::Key)?;
    let own = SigningKey::from_bytes(&Zeroizing::new(seed));
    let (public, rest) = sealed.split_first_chunk::<KEY_BYTES>().ok_or(Error::Unreadable)?;
    let theirs = VerifyingKey::from_bytes(public).map_err(|_| Error::Unreadable)?;
    let shared = theirs.to_montgomery() * own.to_scalar();
    let cipher = cipher(public, &own.verifying_key().to_bytes(), &Zeroizing::new(shared.to_bytes()))?;
    let mut plain = Zeroizing::new(rest.to_vec());
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    let opened = cipher.open_in_place(nonce, Aad::from(name), &mut plain);
    let length = opened.map_err(|_| Error::Unreadable)?.len();
    plain.truncate(length);
    Ok(plain)
}

/// The cipher of one secret: its key is used once.
fn cipher(
    public: &[u8; KEY_BYTES],
    node: &[u8; KEY_BYTES],
    shared: &[u8; KEY_BYTES],
) -> Result<LessSafeKey, Error> {
    // What everybody can come to is no secret: a key of a small group was given.
    if *shared == [0; KEY_BYTES] {
        return Err(Error::Key);
    }
    let hash = Sha256::new_with_prefix(DOMAIN).chain_update(public).chain_update(node).chain_update(shared);
    let key = Zeroizing::new(<[u8; KEY_BYTES]>::from(hash.finalize()));
    UnboundKey::new(&CHACHA20_POLY1305, &*key).map(LessSafeKey::new).map_err(|_| Error::Key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nkeys::KeyPair;

    #[test]
    fn what_is_sealed_for_a_node_it_opens_under_its_name_and_nobody_else_does() {
        let (node, other) = (KeyPair::new_user(), KeyPair::new_user());
        let sealed = seal(&node.public_key(), "c/n/x", b"hunter2 hunter2").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        let open = |of: &KeyPair, name: &str, sealed: &[u8]| open(&of.seed().unwrap(), name, sealed);
        assert_eq!(&**open(&node, "c/n/x", &sealed).unwrap(), b"hunter2 hunter2");
        assert_eq!(open(&node, "c/n/y", &sealed), Err(Error::Unreadable));
        assert_eq!(open(&other, "c/n/x", &sealed), Err(Error::Unreadable));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(open(&node, "c/n/x", &altered).is_err(), "byte {at}");
        }
        assert_eq!(open(&node, "c/n/x", &sealed[..20]), Err(Error::Unreadable));
        assert_ne!(seal(&node.public_key(), "c/n/x", b"hunter2 hunter2").unwrap(), sealed, "each has a key");
        assert_eq!(seal("nonsense", "c", b"x"), Err(Error::Key));
    }

    #[test]
    fn an_empty_secret_is_one() {
        let node = KeyPair::new_user();
        let sealed = seal(&node.public_key(), "c", b"").unwrap();
        assert!(open(&node.seed().unwrap(), "c", &sealed).unwrap().is_empty());
    }
}
