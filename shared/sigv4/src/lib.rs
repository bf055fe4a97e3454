//! AWS Signature Version 4, without I/O: what is signed of a request, with which key, and how a client signs.
//!
//! The gateway verifies with it who called; the command line and the explorer's exports sign with it.

pub mod canonical;
mod client;
pub mod mac;
pub mod time;

pub use client::{Credentials, sign};

use canonical::Scope;
use data_encoding::HEXLOWER;
use hmac::Mac;

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub const TERMINATOR: &str = "aws4_request";

/// The parts of a request that a signature covers. Header names are in lower case.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// As it is on the wire, percent-encoded; to S3 as it is before that: the signature covers it encoded once more, which S3
    /// alone leaves out.
    pub path: &'a str,
    /// As it is on the wire, without the question mark; empty when there is none.
    pub query: &'a str,
    pub headers: &'a [(&'a str, &'a [u8])],
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value)
    }

    pub fn text_header(&self, name: &str) -> Option<&'a str> {
        self.header(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// A signing key, absorbed: signing clones the state instead of hashing the key again.
pub type Key = mac::HmacSha256;

/// The signing key of a secret for a scope: four HMACs.
pub fn derive(secret: &str, scope: &Scope<'_>) -> Key {
    let mut key = mac::keyed(format!("AWS4{secret}").as_bytes());
    for part in [scope.day, scope.region, scope.service, TERMINATOR] {
        key.update(part.as_bytes());
        key = mac::keyed(&key.finalize().into_bytes());
    }
    key
}

/// The hexadecimal HMAC of a text.
pub fn hex_hmac(key: &Key, text: &str) -> String {
    let mut key = key.clone();
    key.update(text.as_bytes());
    HEXLOWER.encode(&key.finalize().into_bytes())
}
