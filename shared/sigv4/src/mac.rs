//! HMAC-SHA256 with a key of any length, and no error that cannot happen.

use hmac::digest::common::Key;
use hmac::{Hmac, KeyInit};
use sha2::{Digest, Sha256};

pub type HmacSha256 = Hmac<Sha256>;

/// By RFC 2104: a key longer than a block is hashed, a shorter one is filled with zeros.
pub fn keyed(key: &[u8]) -> HmacSha256 {
    let mut block = Key::<HmacSha256>::default();
    match block.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        None => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    HmacSha256::new(&block)
}
