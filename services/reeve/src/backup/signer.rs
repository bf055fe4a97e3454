//! The key that signs manifests of backups and checkpoints of logs, and by which an instance's are told from another's.

use super::sealed_keys::Keys;
use crate::host::files::CHECKPOINT_SEED;
use anyhow::{Context, bail};
use data_encoding::BASE64;
use nkeys::KeyPair;
use std::path::Path;

/// An instance's key, with which it signs.
pub struct Signer(KeyPair);

impl Signer {
    /// # Errors
    /// When the folder has none.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(CHECKPOINT_SEED);
        let of = || format!("could not read {}, the key that signs backups and checkpoints", path.display());
        let seed = std::fs::read_to_string(&path).with_context(of)?;
        Ok(Self(KeyPair::from_seed(seed.trim()).with_context(of)?))
    }

    /// # Errors
    /// When the keys of a backup lack it.
    pub fn of_keys(keys: &Keys) -> anyhow::Result<Self> {
        let of = || format!("the keys lack {CHECKPOINT_SEED}");
        let seed = keys.get(CHECKPOINT_SEED).with_context(of)?;
        Ok(Self(KeyPair::from_seed(std::str::from_utf8(seed).with_context(of)?.trim()).with_context(of)?))
    }

    pub fn public_key(&self) -> String {
        self.0.public_key()
    }

    pub fn sign(&self, what: &str, bytes: &[u8]) -> anyhow::Result<String> {
        Ok(BASE64.encode(&self.0.sign(&message(what, bytes))?))
    }
}

/// What is signed: what it is, so that no signature of one thing is one of another.
fn message(what: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("reeve/1/{what}/").as_bytes(), bytes].concat()
}

/// Whether the holder of a key signed something.
///
/// # Errors
/// When not.
pub fn check(key: &str, what: &str, bytes: &[u8], signature: &str) -> anyhow::Result<()> {
    let pair = KeyPair::from_public_key(key).with_context(|| format!("{key:?} is no public key"))?;
    let Ok(signature) = BASE64.decode(signature.trim().as_bytes()) else {
        bail!("the signature is not in base64");
    };
    match pair.verify(&message(what, bytes), &signature) {
        Ok(()) => Ok(()),
        Err(_) => bail!("the signature is not one of {key} over it"),
    }
}
