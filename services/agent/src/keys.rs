//! Whose dispatches this node runs: the newest set of keys that it was given, kept on disk.
//!
//! A set is on disk before it counts, so that no restart goes back to an older one. A newer one is asked for at each
//! connection, when a heartbeat's answer tells of another one, and when a dispatch in the inbox does not count for its key. Who asks tells
//! which set it has: a control plane whose log was restored learns of newer ones by that.

use crate::{execute::Clock, files};
use data_encoding::BASE64;
use reeve_jetstream::{Bus, serve};
use reeve_node_protocol::{
    dispatch::{Refusal, Verified, verify_signed},
    keys::{Refusal as SetRefusal, Trust},
};
use reeve_types::{NodeId, Timestamp};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The newest set, within the node's folder.
pub(crate) const KEY_SET_FILE: &str = "dispatch-keys.set";
/// It is not asked more often, whatever comes in.
pub(crate) const REQUEST_INTERVAL: Duration = Duration::from_secs(1);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not use {path}: {reason}")]
    File { path: String, reason: String },
    #[error(
        "the dispatch keys of this node cannot be read from {path}: {reason}. Without them it runs nothing; \
         --register-again and a new activation make it a new node"
    )]
    Lost { path: String, reason: String },
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    files::write_private(path, bytes)
        .map_err(|e| Error::File { path: path.display().to_string(), reason: e.to_string() })
}

/// The keys, shared by the agent's parts.
pub(crate) struct Keys {
    path: PathBuf,
    held: Mutex<Held>,
    asked: tokio::sync::Mutex<Option<Instant>>,
}

/// The newest set, and what the file of it has.
struct Held {
    trust: Trust,
    signed: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    key_set: String,
}

/// Keeps the first set of a node that is being enrolled.
pub(crate) fn keep_first(data: &Path, signed: &[u8]) -> Result<(), Error> {
    write_private(&data.join(KEY_SET_FILE), signed)
}

impl Keys {
    /// Reads the kept set.
    ///
    /// # Errors
    /// When it is not there or not the root's: without it this node cannot know how old a set it may go back to.
    pub fn load(data: &Path, root: &str) -> Result<Self, Error> {
        let path = data.join(KEY_SET_FILE);
        let lost = |reason: String| Error::Lost { path: path.display().to_string(), reason };
        let signed = std::fs::read(&path).map_err(|e| lost(e.to_string()))?;
        let trust = Trust::restore(root, &signed).map_err(|e| lost(e.to_string()))?;
        Ok(Self { path, held: Mutex::new(Held { trust, signed }), asked: tokio::sync::Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn version(&self) -> u64 {
        self.held().trust.set().version
    }

    /// Whether a dispatch counts, as [`verify_signed`] says.
    pub fn verify(
        &self,
        data: &[u8],
        node: &NodeId,
        number: u64,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        verify_signed(data, &self.held().trust, node, number, now)
    }

    /// Whether the newest set has a key at all; if not, it was withdrawn or has ended.
    pub fn names(&self, key: &str) -> bool {
        self.held().trust.set().keys.iter().any(|known| known.public_key == key)
    }

    /// Keeps a newer set, then goes by it; answers whether it is one.
    pub fn accept(&self, signed: &[u8], now: Timestamp) -> Result<bool, Error> {
        let mut held = self.held();
        match held.trust.accept(signed, now) {
            Ok(newer) => {
                write_private(&self.path, signed)?;
                tracing::info!(version = newer.set().version, "the dispatch keys are newer ones");
                *held = Held { trust: newer, signed: signed.to_owned() };
                Ok(true)
            }
            Err(SetRefusal::NotNewer { version, held }) if version == held => Ok(false),
            Err(refusal) => {
                tracing::error!(%refusal, "a set of dispatch keys is refused");
                Ok(false)
            }
        }
    }

    /// Waits until it may be asked again.
    pub async fn turn(&self) {
        let asked = *self.asked.lock().await;
        if let Some(last) = asked {
            tokio::time::sleep_until(last + REQUEST_INTERVAL).await;
        }
    }

    /// Asks the control plane for its newest set; answers whether it was newer. Waits if it was asked just now.
    ///
    /// # Errors
    /// When there is no answer, or the set cannot be kept.
    pub async fn ask(&self, bus: &Bus, node: &NodeId, clock: &Clock) -> anyhow::Result<bool> {
        let mut asked = self.asked.lock().await;
        if let Some(last) = *asked {
            tokio::time::sleep_until(last + REQUEST_INTERVAL).await;
        }
        *asked = Some(Instant::now());
        let has = BASE64.encode(&self.held().signed);
        let asked_for = serde_json::json!({"keySet": has}).to_string();
        let answer = serve::ask(bus, node.as_str(), "keys", asked_for.into(), REQUEST_TIMEOUT).await?;
        let Ok(Answer { key_set }) = serde_json::from_slice(&answer.data) else {
            anyhow::bail!(
                "the control plane tells no dispatch keys: {}",
                String::from_utf8_lossy(&answer.data)
            )
        };
        let signed = BASE64.decode(key_set.as_bytes()).unwrap_or_default();
        Ok(self.accept(&signed, clock())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nkeys::KeyPair;
    use reeve_contracts::node::{DispatchKey, KeySet};
    use reeve_node_protocol::keys::{NO_END, sign};
    use std::os::unix::fs::PermissionsExt;

    fn set(root: &KeyPair, version: u64) -> Vec<u8> {
        let public_key = KeyPair::new_account().public_key();
        let keys = vec![DispatchKey { public_key, not_before_ms: 0, not_after_ms: NO_END.0 }];
        sign(root, &KeySet { version, issued_ms: 0, expires_ms: NO_END.0, keys }).unwrap()
    }

    #[test]
    fn an_older_set_is_refused_also_after_a_restart() {
        let (data, root, now) = (tempfile::tempdir().unwrap(), KeyPair::new_operator(), Timestamp(1));
        let (first, third) = (set(&root, 1), set(&root, 3));
        keep_first(data.path(), &first).unwrap();
        let keys = Keys::load(data.path(), &root.public_key()).unwrap();
        assert!(keys.accept(&third, now).unwrap());
        assert!(!keys.accept(&set(&root, 2), now).unwrap());
        assert!(!keys.accept(&set(&KeyPair::new_operator(), 9), now).unwrap());
        let again = Keys::load(data.path(), &root.public_key()).unwrap();
        assert!(!again.accept(&first, now).unwrap() && !again.accept(&third, now).unwrap());
        assert_eq!((keys.version(), again.version()), (3, 3));
        let file = data.path().join(KEY_SET_FILE);
        assert_eq!(std::fs::read(&file).unwrap(), third);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_set_that_cannot_be_kept_does_not_count() {
        let (data, root) = (tempfile::tempdir().unwrap(), KeyPair::new_operator());
        keep_first(data.path(), &set(&root, 1)).unwrap();
        let keys = Keys::load(data.path(), &root.public_key()).unwrap();
        // Where the new file is written first.
        std::fs::create_dir(data.path().join(KEY_SET_FILE).with_extension("new")).unwrap();
        assert!(keys.accept(&set(&root, 2), Timestamp(1)).is_err());
        assert_eq!(keys.version(), 1);
        std::fs::remove_file(data.path().join(KEY_SET_FILE)).unwrap();
        let lost = Keys::load(data.path(), &root.public_key()).err().unwrap().to_string();
        assert!(lost.contains(KEY_SET_FILE) && lost.contains("--register-again"), "{lost}");
    }
}
