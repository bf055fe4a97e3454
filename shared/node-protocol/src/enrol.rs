//! How a node gets its identity: `POST /enroll` with an activation, answered with what the agent keeps.

use data_encoding::HEXLOWER;
use nkeys::KeyPair;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a new node sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    pub activation_id: String,
    pub activation_code: String,
    /// The node's own nkey, `U…`; its seed never leaves the node.
    pub public_key: String,
    /// Over the other fields, by that key, in hexadecimal: the node holds what it names.
    pub signature: String,
    pub hostname: String,
}

/// What it gets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    pub node_id: String,
    /// The user JWT with which the node connects to the bus.
    pub jwt: String,
    pub bus_url: String,
    /// The public root key, which the node pins.
    pub root_key: String,
    /// The newest set of the keys whose dispatches the node runs, signed by that root, in base64.
    pub key_set: String,
    pub account: String,
    pub region: String,
}

/// What a node remembers of its machine: a hash, so that the folder does not tell the machine's own name of itself.
pub fn fingerprint(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("reeve-machine-v1\0{text}").as_bytes()))
}

fn signed_text(activation_id: &str, public_key: &str, hostname: &str) -> String {
    format!("reeve-enrol-v1\0{activation_id}\0{public_key}\0{hostname}")
}

impl Request {
    /// A request signed by the node's key.
    ///
    /// # Errors
    /// When the key holds no seed.
    pub fn sign(
        key: &KeyPair,
        activation_id: &str,
        activation_code: &str,
        hostname: &str,
    ) -> Result<Self, String> {
        let public_key = key.public_key();
        let text = signed_text(activation_id, &public_key, hostname);
        let signature = key.sign(text.as_bytes()).map_err(|e| e.to_string())?;
        Ok(Self {
            activation_id: activation_id.to_owned(),
            activation_code: activation_code.to_owned(),
            public_key,
            signature: HEXLOWER.encode(&signature),
            hostname: hostname.to_owned(),
        })
    }

    /// Whether the sender holds the key that it names, and that is a user's key.
    pub fn proves_possession(&self) -> bool {
        let text = signed_text(&self.activation_id, &self.public_key, &self.hostname);
        let Ok(signature) = HEXLOWER.decode(self.signature.as_bytes()) else { return false };
        self.public_key.starts_with('U')
            && KeyPair::from_public_key(&self.public_key)
                .is_ok_and(|key| key.verify(text.as_bytes(), &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_proves_possession() {
        let key = KeyPair::new_user();
        let request = Request::sign(&key, "a", "c", "host").unwrap();
        assert!(request.proves_possession());
        let stolen = Request { public_key: KeyPair::new_user().public_key(), ..request.clone() };
        assert!(!stolen.proves_possession());
        let moved = Request { hostname: "other".to_owned(), ..request };
        assert!(!moved.proves_possession());
    }
}
