//! Which key signs: the newest of the published set that counts now and whose seed is at hand.
//!
//! Without one nothing is lost: what is to be signed waits, and says so.

use nkeys::KeyPair;
use reeve_contracts::node::DispatchKey;
use reeve_fleet::{DISPATCH_KEYS, KeySetRow};
use reeve_node_protocol::keys::Trust;
use reeve_runtime::Handle;
use reeve_types::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Reads the seeds of dispatch keys anew.
pub type Seeds = Arc<dyn Fn() -> Result<Vec<KeyPair>, String> + Send + Sync>;

/// The seeds are read at most so often.
const SEEDS_READ_INTERVAL: Duration = Duration::from_secs(1);
/// That there is no key is logged at most so often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(15);

/// Chooses keys. Cheap to clone.
#[derive(Clone)]
pub struct Signing {
    root: String,
    seeds: Seeds,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    trust: Option<Trust>,
    pairs: HashMap<String, Arc<KeyPair>>,
    read: Option<Instant>,
    complained: Option<Instant>,
}

impl Signing {
    pub fn new(root: String, seeds: Seeds) -> Self {
        Self { root, seeds, state: Arc::default() }
    }

    /// The key to sign with.
    ///
    /// # Errors
    /// The reason for which there is none.
    pub fn key(&self, handle: &Handle) -> Result<Arc<KeyPair>, String> {
        let row = handle.views().get::<KeySetRow>(DISPATCH_KEYS, &self.root);
        self.choose(row, Timestamp::now()).inspect_err(|reason| self.complain(reason))
    }

    fn complain(&self, reason: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.complained.is_none_or(|last| last.elapsed() >= COMPLAINT_INTERVAL) {
            state.complained = Some(Instant::now());
            tracing::error!(reason, "commands wait: there is no key to sign them with");
        }
    }

    fn choose(&self, row: Option<KeySetRow>, now: Timestamp) -> Result<Arc<KeyPair>, String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(row) = row else { return Err("no dispatch keys are published".to_owned()) };
        if state.trust.as_ref().is_none_or(|trust| trust.set().version < row.version) {
            let trust = Trust::restore(&self.root, &row.signed_set).map_err(|e| e.to_string())?;
            (state.trust, state.read) = (Some(trust), None);
        }
        let Some(trust) = state.trust.clone() else {
            return Err("no dispatch keys are published".to_owned());
        };
        let (version, expired) = (trust.set().version, Timestamp(trust.set().expires_ms));
        if now >= expired {
            return Err(format!("the key set {version} expired at {expired}: `reeve keys renew` renews it"));
        }
        let usable = usable(&trust, now);
        let newest = usable.first().ok_or_else(|| format!("no key of the key set {version} counts now"))?;
        let mut problem = None;
        if !state.pairs.contains_key(&newest.public_key)
            && state.read.is_none_or(|last| last.elapsed() >= SEEDS_READ_INTERVAL)
        {
            state.read = Some(Instant::now());
            match (self.seeds)() {
                Ok(pairs) => {
                    state.pairs = pairs.into_iter().map(|pair| (pair.public_key(), Arc::new(pair))).collect();
                }
                Err(reason) => problem = Some(reason),
            }
        }
        let found = usable.iter().find_map(|key| state.pairs.get(&key.public_key));
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = usable.iter().map(|key| key.public_key.as_str()).collect();
            let because = problem.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!(
                "the key set {version} names {}, and none of these seeds is here{because}",
                names.join(", ")
            )
        })
    }
}

/// The keys that count now, the newest first.
fn usable(trust: &Trust, now: Timestamp) -> Vec<&DispatchKey> {
    // Some node's clock may be exact: what counts only by their allowance does not sign.
    let counts =
        |key: &&DispatchKey| key.not_before_ms <= now.0 && trust.usable(&key.public_key, now).is_ok();
    let mut keys: Vec<&DispatchKey> = trust.set().keys.iter().filter(counts).collect();
    keys.sort_by_key(|key| std::cmp::Reverse((key.not_before_ms, key.not_after_ms)));
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::node::KeySet;
    use reeve_node_protocol::keys::{NO_END, sign};

    const NOW: Timestamp = Timestamp(1_764_000_000_000);

    fn row(root: &KeyPair, version: u64, keys: &[(&KeyPair, Timestamp, Timestamp)]) -> Option<KeySetRow> {
        let key = |(key, from, to): &(&KeyPair, Timestamp, Timestamp)| DispatchKey {
            public_key: key.public_key(),
            not_before_ms: from.0,
            not_after_ms: to.0,
        };
        let (issued_ms, expires_ms) = (NOW.0, NOW.plus_seconds(100).0);
        let set = KeySet { version, issued_ms, expires_ms, keys: keys.iter().map(key).collect() };
        Some(KeySetRow { version, signed_set: sign(root, &set).unwrap(), ..KeySetRow::default() })
    }

    fn same(pair: &KeyPair) -> KeyPair {
        KeyPair::from_seed(&pair.seed().unwrap()).unwrap()
    }

    #[test]
    fn the_newest_key_that_counts_and_whose_seed_is_here_signs() {
        let (root, old, new) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
        let here = Arc::new(Mutex::new(vec![same(&old)]));
        let seeds = here.clone();
        let read: Seeds = Arc::new(move || Ok(seeds.lock().unwrap().iter().map(same).collect()));
        let signing = Signing::new(root.public_key(), read);
        let chosen = |row, now| signing.choose(row, now).map(|key| key.public_key());
        assert_eq!(chosen(None, NOW), Err("no dispatch keys are published".to_owned()));
        let first = row(&root, 1, &[(&old, NOW, NO_END)]);
        assert_eq!(chosen(first.clone(), NOW), Ok(old.public_key()));
        let (later, ended) = (NOW.plus_seconds(10), NOW.plus_seconds(50));
        let second = row(&root, 2, &[(&old, NOW, ended), (&new, later, NO_END)]);
        assert_eq!(chosen(second.clone(), NOW), Ok(old.public_key()));
        // The seed is not here yet: the older key goes on, then the seed is read.
        let third = row(&root, 3, &[(&old, NOW, ended), (&new, NOW, NO_END)]);
        assert_eq!(chosen(third, NOW), Ok(old.public_key()));
        here.lock().unwrap().push(same(&new));
        let fourth = row(&root, 4, &[(&old, NOW, ended), (&new, later, NO_END)]);
        assert_eq!(chosen(fourth.clone(), later), Ok(new.public_key()));
        // An older set does not come back.
        assert_eq!(chosen(first, later), Ok(new.public_key()));
        let expired = chosen(fourth, NOW.plus_seconds(100)).unwrap_err();
        assert!(expired.contains("expired at") && expired.contains("renew"), "{expired}");
    }

    #[test]
    fn without_a_seed_it_says_which_one_is_missing() {
        let (root, key) = (KeyPair::new_operator(), KeyPair::new_account());
        let signing = Signing::new(root.public_key(), Arc::new(|| Err("the file is away".to_owned())));
        let reason = signing.choose(row(&root, 1, &[(&key, NOW, NO_END)]), NOW).unwrap_err();
        assert!(reason.contains(&key.public_key()) && reason.contains("the file is away"), "{reason}");
    }
}
