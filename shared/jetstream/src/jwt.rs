//! What nats-server's JWTs are made of: signatures, limits, users, revocations.

use crate::Error;
use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use reeve_types::{Timestamp, ids::new_uuid};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The end of the year 9999, in seconds: a JWT for a revoked key is refused whenever it was issued.
const END_OF_TIME_SECONDS: i64 = 253_402_300_799;
/// What stands for no limit.
pub(crate) const UNLIMITED: i64 = -1;

/// A user's JWT and its seed.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub jwt: String,
    pub seed: String,
}

impl User {
    /// The key that the bus knows the user by.
    ///
    /// # Errors
    /// When the seed is not usable.
    pub fn public_key(&self) -> Result<String, Error> {
        Ok(pair(&self.seed)?.public_key())
    }

    /// A credentials file, as NATS's own tools and clients read it.
    pub fn credentials(&self) -> String {
        let Self { jwt, seed } = self;
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }
}

pub(crate) fn seed(pair: &KeyPair) -> Result<String, Error> {
    pair.seed().map_err(|e| Error::Credentials(e.to_string()))
}

pub(crate) fn pair(seed: &str) -> Result<KeyPair, Error> {
    KeyPair::from_seed(seed).map_err(|e| Error::Credentials(e.to_string()))
}

pub(crate) fn sign(issuer: &KeyPair, subject: &str, name: &str, nats: &Value) -> Result<String, Error> {
    let header = BASE64URL_NOPAD.encode(br#"{"typ":"JWT","alg":"ed25519-nkey"}"#);
    let claims = json!({
        "jti": new_uuid().to_string(), "iat": Timestamp::now().0 / 1000, "iss": issuer.public_key(),
        "name": name, "sub": subject, "nats": nats,
    });
    let body = format!("{header}.{}", BASE64URL_NOPAD.encode(claims.to_string().as_bytes()));
    let signature = issuer.sign(body.as_bytes()).map_err(|e| Error::Credentials(e.to_string()))?;
    Ok(format!("{body}.{}", BASE64URL_NOPAD.encode(&signature)))
}

pub(crate) fn limits(jetstream: bool) -> Value {
    let mut limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
        "wildcards": true, "conn": -1, "leaf": -1,
    });
    if jetstream {
        for name in ["mem_storage", "disk_storage", "streams", "consumer"] {
            limits[name] = json!(-1);
        }
    }
    limits
}

pub(crate) fn user_with(
    account: &KeyPair,
    name: &str,
    mut claims: Value,
    subscriptions: i64,
) -> Result<User, Error> {
    let key = KeyPair::new_user();
    claims["issuer_account"] = json!(account.public_key());
    (claims["type"], claims["version"]) = (json!("user"), json!(2));
    claims["subs"] = json!(subscriptions);
    for unlimited in ["data", "payload"] {
        claims[unlimited] = json!(UNLIMITED);
    }
    Ok(User { jwt: sign(account, &key.public_key(), name, &claims)?, seed: seed(&key)? })
}

/// The claims of an account in which these users' public keys are revoked for good.
pub(crate) fn without(revoked: impl IntoIterator<Item = String>, mut claims: Value) -> Value {
    let revoked: Map<String, Value> =
        revoked.into_iter().map(|key| (key, Value::from(END_OF_TIME_SECONDS))).collect();
    if !revoked.is_empty() {
        claims["revocations"] = Value::Object(revoked);
    }
    claims
}
