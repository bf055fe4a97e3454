//! The keys that sign: the root, which signs sets of dispatch keys and nothing else, and the dispatch keys.
//!
//! `root.seed` is needed by whoever publishes a set (`reeve keys`, and `up` and `serve key-renewal` to renew one), and by no
//! service.

use super::{
    files::{CHECKPOINT_SEED, DISPATCH, KEY_SET, ROOT_KEY, ROOT_SEED, write_private},
    key_files::read_seeds,
    parts,
    services::ask_nodes,
};
use anyhow::{Context, bail, ensure};
use data_encoding::BASE64;
use nkeys::KeyPair;
use reeve_contracts::node::{DispatchKey, KeySet};
use reeve_jetstream::Bus;
use reeve_node_protocol::keys::{NO_END, open, sign};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

/// A set lives so long, in seconds.
const LIFETIME_SECONDS: i64 = 90 * 24 * 3600;
/// How often it is looked whether its set is to be renewed.
const RENEWAL_CHECK_INTERVAL: Duration = Duration::from_secs(3600);
/// As long the nodes have to connect before the first look.
const NODES_CONNECT_TIME: Duration = Duration::from_secs(15);
/// After a renewal that failed; after each further one it is twice as long, up to the longest.
const FIRST_RENEWAL_RETRY_DELAY: Duration = Duration::from_secs(10);
const MAX_RENEWAL_RETRY_DELAY: Duration = Duration::from_secs(300);

/// Makes what a folder lacks: a root, a dispatch key and a set, and the key of checkpoints. A set is renewed by what the log and the nodes
/// know, and not here: this one may be of a time before a key was withdrawn.
pub fn ensure_made(folder: &Path) -> anyhow::Result<()> {
    let (root, seeds) = (folder.join(ROOT_SEED), folder.join(DISPATCH));
    if !root.exists() {
        write_private(&root, KeyPair::new_operator().seed()?.as_bytes())?;
    }
    if !seeds.exists() {
        write_private(&seeds, format!("{}\n", KeyPair::new_account().seed()?).as_bytes())?;
    }
    let checkpoint = folder.join(CHECKPOINT_SEED);
    if !checkpoint.exists() {
        write_private(&checkpoint, KeyPair::new_user().seed()?.as_bytes())?;
    }
    let root = Root::open(folder)?;
    write_private(&folder.join(ROOT_KEY), root.public_key().as_bytes())?;
    let path = folder.join(KEY_SET);
    if path.exists() {
        let of = || format!("could not read {}", path.display());
        open(&root.public_key(), &std::fs::read(&path).with_context(of)?).with_context(of)?;
        return Ok(());
    }
    let set = first(&read_seeds(folder)?, Timestamp::now());
    root.keep(&root.sign(&set)?)
}

fn first(seeds: &[KeyPair], now: Timestamp) -> KeySet {
    let key = |pair: &KeyPair| current(pair.public_key(), now);
    let expires_ms = now.plus_seconds(LIFETIME_SECONDS).0;
    KeySet { version: 1, issued_ms: now.0, expires_ms, keys: seeds.iter().map(key).collect() }
}

fn current(public_key: String, now: Timestamp) -> DispatchKey {
    DispatchKey { public_key, not_before_ms: now.0, not_after_ms: NO_END.0 }
}

/// Whether a third of its time is left, or less.
fn is_due(set: &KeySet, now: Timestamp) -> bool {
    set.expires_ms.saturating_sub(now.0) <= set.expires_ms.saturating_sub(set.issued_ms) / 3
}

/// The same keys for another while, without those that have ended.
pub fn renewed(set: &KeySet, now: Timestamp) -> anyhow::Result<KeySet> {
    let keys: Vec<_> = set.keys.iter().filter(|key| key.not_after_ms > now.0).cloned().collect();
    ensure!(!keys.is_empty(), "every key of the set has ended: `reeve keys rotate` makes a new one");
    let expires_ms = now.plus_seconds(LIFETIME_SECONDS).0;
    Ok(KeySet { version: set.version + 1, issued_ms: now.0, expires_ms, keys })
}

/// What is withdrawn has to be there.
///
/// # Errors
/// When the set has no such key: it would seem to be gone.
pub fn check_withdrawn(set: &KeySet, withdrawn: &[String]) -> anyhow::Result<()> {
    if let Some(unknown) =
        withdrawn.iter().find(|key| !set.keys.iter().any(|known| known.public_key == **key))
    {
        bail!("--withdraw {unknown}: the set that is in force has no such key");
    }
    Ok(())
}

/// A new key; those that were without an end count for the overlap still, except what is withdrawn.
pub fn rotated(set: &KeySet, new: String, overlap: Duration, withdrawn: &[String], now: Timestamp) -> KeySet {
    let end = now.plus_seconds(i64::try_from(overlap.as_secs()).unwrap_or(i64::MAX)).0;
    let stays = set.keys.iter().filter(|key| !withdrawn.contains(&key.public_key));
    let mut keys: Vec<_> = stays
        .map(|key| DispatchKey { not_after_ms: key.not_after_ms.min(end), ..key.clone() })
        .filter(|key| key.not_after_ms > key.not_before_ms.max(now.0))
        .collect();
    keys.push(current(new, now));
    let expires_ms = now.plus_seconds(LIFETIME_SECONDS).0;
    KeySet { version: set.version + 1, issued_ms: now.0, expires_ms, keys }
}

/// A folder's root key, held so that nobody else makes a set meanwhile.
pub struct Root {
    folder: PathBuf,
    pair: KeyPair,
    _lock: File,
}

impl Root {
    /// Waits while another process has it.
    ///
    /// # Errors
    /// When the folder has no root key.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(ROOT_SEED);
        let of = || format!("could not read the root key {}", path.display());
        let lock = File::open(&path).with_context(of)?;
        lock.lock().with_context(of)?;
        let pair =
            KeyPair::from_seed(std::fs::read_to_string(&path).with_context(of)?.trim()).with_context(of)?;
        Ok(Self { folder: folder.to_owned(), pair, _lock: lock })
    }

    pub fn public_key(&self) -> String {
        self.pair.public_key()
    }

    pub fn sign(&self, set: &KeySet) -> anyhow::Result<Vec<u8>> {
        Ok(sign(&self.pair, set)?)
    }

    /// Keeps a signed set beside the keys: it is what a service without a log begins with.
    pub fn keep(&self, signed: &[u8]) -> anyhow::Result<()> {
        parts::write(&self.folder, KEY_SET, signed)
    }

    /// Adds a new dispatch key's seed, where run-command finds it, and answers its public half.
    pub fn make_key(&self) -> anyhow::Result<String> {
        let (mut pairs, new) = (read_seeds(&self.folder)?, KeyPair::new_account());
        let public_key = new.public_key();
        pairs.push(new);
        self.write_seeds(&pairs)?;
        Ok(public_key)
    }

    /// Deletes the seeds of keys that a set does not name any more.
    pub fn forget_others(&self, set: &KeySet) -> anyhow::Result<()> {
        let mut pairs = read_seeds(&self.folder)?;
        pairs.retain(|pair| set.keys.iter().any(|key| key.public_key == pair.public_key()));
        self.write_seeds(&pairs)
    }

    fn write_seeds(&self, pairs: &[KeyPair]) -> anyhow::Result<()> {
        let mut text = String::new();
        for pair in pairs {
            text.push_str(&pair.seed()?);
            text.push('\n');
        }
        parts::write(&self.folder, DISPATCH, text.as_bytes())
    }

    /// The set that a control plane says is in force, if it is this root's.
    pub fn in_force(&self, answer: &Value) -> anyhow::Result<KeySet> {
        let text = answer.get("keySet").and_then(Value::as_str).unwrap_or_default();
        let signed = BASE64.decode(text.as_bytes()).context("GetDispatchKeys answered no keySet")?;
        let told = format!("the key set in force is not of the root key in {}", self.folder.display());
        open(&self.public_key(), &signed).context(told)
    }

    /// What PutDispatchKeys takes.
    pub fn put(&self, signed: &[u8]) -> Value {
        json!({"rootKey": self.public_key(), "keySet": BASE64.encode(signed)})
    }
}

/// Renews the set of a running instance in time, for ever. Nodes that have a newer one than a restored log bring it first.
pub async fn keep_renewed(folder: &Path, bus: &Bus) {
    tokio::time::sleep(NODES_CONNECT_TIME).await;
    let mut retry_delay = FIRST_RENEWAL_RETRY_DELAY;
    loop {
        if let Err(error) = renew_if_due(folder, bus).await {
            tracing::error!(error = format!("{error:#}"), "the dispatch keys could not be renewed");
            tokio::time::sleep(retry_delay).await;
            retry_delay = (retry_delay * 2).min(MAX_RENEWAL_RETRY_DELAY);
        } else {
            retry_delay = FIRST_RENEWAL_RETRY_DELAY;
            tokio::time::sleep(RENEWAL_CHECK_INTERVAL).await;
        }
    }
}

async fn renew_if_due(folder: &Path, bus: &Bus) -> anyhow::Result<()> {
    let of = folder.to_owned();
    // Whoever has it may be waiting for this process.
    let root = tokio::task::spawn_blocking(move || Root::open(&of)).await??;
    let set = root.in_force(&ask_nodes(bus, "GetDispatchKeys", &json!({})).await?)?;
    let now = Timestamp::now();
    if !is_due(&set, now) {
        return Ok(());
    }
    let signed = root.sign(&renewed(&set, now)?)?;
    ask_nodes(bus, "PutDispatchKeys", &root.put(&signed)).await?;
    tracing::info!("the dispatch keys are renewed");
    // A part that runs apart may only read its folder. The log has the set.
    if let Err(error) = root.keep(&signed) {
        tracing::debug!(error = format!("{error:#}"), "the set is kept in the log alone");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_764_000_000_000);
    const DAY: i64 = 24 * 3600;

    #[test]
    fn a_set_is_due_when_a_third_is_left() {
        let set = first(&[KeyPair::new_account()], NOW);
        let due = |days| is_due(&set, NOW.plus_seconds(days * DAY));
        assert_eq!([0, 59, 60, 89, 91].map(due), [false, false, true, true, true]);
        let again = renewed(&set, NOW.plus_seconds(60 * DAY)).unwrap();
        assert_eq!((again.version, again.expires_ms), (2, NOW.plus_seconds(150 * DAY).0));
        assert_eq!(again.keys, set.keys);
    }

    #[test]
    fn a_rotation_leaves_the_old_key_its_overlap_and_a_withdrawn_one_nothing() {
        let set = first(&[KeyPair::new_account()], NOW);
        let (old, now) = (set.keys[0].public_key.clone(), NOW.plus_seconds(10));
        let overlap = Duration::from_secs(100);
        let next = rotated(&set, "new".to_owned(), overlap, &[], now);
        let ends: Vec<_> = next.keys.iter().map(|key| (key.public_key.as_str(), key.not_after_ms)).collect();
        assert_eq!(ends, [(old.as_str(), now.plus_seconds(100).0), ("new", NO_END.0)]);
        // A second rotation does not make the first overlap longer; what has ended goes.
        let third = rotated(&next, "newer".to_owned(), overlap, &[], now.plus_seconds(50));
        assert_eq!(third.keys[0].not_after_ms, now.plus_seconds(100).0);
        let renewed = renewed(&third, now.plus_seconds(100)).unwrap();
        assert_eq!((renewed.version, renewed.keys.len()), (4, 2));
        let gone = rotated(&set, "new".to_owned(), overlap, &[old], now);
        assert_eq!(gone.keys.len(), 1);
        let unknown = check_withdrawn(&set, &["X".to_owned()]).unwrap_err();
        assert!(unknown.to_string().contains("--withdraw X"));
    }
}
