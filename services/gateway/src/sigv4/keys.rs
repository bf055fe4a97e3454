//! Signing keys: derived with four HMACs, then kept, because a client uses the same one all day.

use reeve_sigv4::{Key, canonical::Scope, derive, hex_hmac};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Access keys whose signing keys are kept. They are known keys, so this is a limit on paper; when it is
/// reached the map starts anew.
const MAX_CACHED_SIGNING_KEYS: usize = 10_000;

struct Derived {
    day: Box<str>,
    region: Box<str>,
    service: Box<str>,
    /// A rotated secret must not find the old one's key.
    secret: Arc<str>,
    key: Key,
}

impl Derived {
    fn is_for(&self, scope: &Scope<'_>, secret: &Arc<str>) -> bool {
        &*self.day == scope.day
            && &*self.region == scope.region
            && &*self.service == scope.service
            && (Arc::ptr_eq(&self.secret, secret) || self.secret == *secret)
    }
}

#[derive(Default)]
pub struct Keys {
    /// By access key id, and under it one per service.
    derived: RwLock<HashMap<Box<str>, Vec<Derived>>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// The hexadecimal signature of a string under a secret's key for a scope.
    pub fn sign(&self, access_key_id: &str, secret: &Arc<str>, scope: &Scope<'_>, text: &str) -> String {
        let known = self.derived.read().unwrap_or_else(PoisonError::into_inner);
        let found =
            known.get(access_key_id).and_then(|keys| keys.iter().find(|key| key.is_for(scope, secret)));
        if let Some(found) = found {
            return hex_hmac(&found.key, text);
        }
        drop(known);
        let key = derive(secret, scope);
        let signature = hex_hmac(&key, text);
        self.keep(access_key_id, secret, scope, key);
        signature
    }

    fn keep(&self, access_key_id: &str, secret: &Arc<str>, scope: &Scope<'_>, key: Key) {
        let mut known = self.derived.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_CACHED_SIGNING_KEYS && !known.contains_key(access_key_id) {
            known.clear();
        }
        let keys = known.entry(access_key_id.into()).or_default();
        // Yesterday's key of a service is of no use, and a service that nobody has is not kept beside others.
        keys.retain(|key| &*key.service != scope.service);
        keys.truncate(7);
        keys.push(Derived {
            day: scope.day.into(),
            region: scope.region.into(),
            service: scope.service.into(),
            secret: Arc::clone(secret),
            key,
        });
    }
}
