//! Hashes of messages, and the chain of them that stands for a stream up to a sequence.

use prost::Message as _;
use reeve_jetstream::backup::Entry;
use sha2::{Digest as _, Sha256};

/// As much of a message's hash is kept for itself, to say which message is another one.
pub const DIGEST_LEN: usize = 16;
pub type Digest = [u8; DIGEST_LEN];

/// A message as it is hashed and kept.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Kept {
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    #[prost(int64, tag = "2")]
    pub nanoseconds: i64,
    #[prost(string, tag = "3")]
    pub subject: String,
    /// Names and values in turn, in the order of the names.
    #[prost(string, repeated, tag = "4")]
    pub headers: Vec<String>,
    #[prost(bytes = "bytes", tag = "5")]
    pub data: bytes::Bytes,
}

impl From<&Entry> for Kept {
    fn from(entry: &Entry) -> Self {
        let headers = entry.headers.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect();
        let Entry { sequence, nanoseconds, subject, data, .. } = entry.clone();
        Self { sequence, nanoseconds, subject, headers, data }
    }
}

impl From<Kept> for Entry {
    fn from(kept: Kept) -> Self {
        let pairs = kept.headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        let headers = pairs.collect();
        let Kept { sequence, nanoseconds, subject, data, .. } = kept;
        Self { sequence, nanoseconds, subject, headers, data }
    }
}

/// A message as it is kept, and its hash.
pub fn encode(entry: &Entry) -> (Vec<u8>, Digest) {
    let bytes = Kept::from(entry).encode_to_vec();
    let digest = digest(&bytes);
    (bytes, digest)
}

/// The hash of a message as it is kept.
pub fn digest(bytes: &[u8]) -> Digest {
    let mut digest = [0; DIGEST_LEN];
    digest.copy_from_slice(&Sha256::digest(bytes)[..DIGEST_LEN]);
    digest
}

/// The hash of a stream's messages so far, each over the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain([u8; 32]);

impl Chain {
    pub fn push(&mut self, digest: &Digest) {
        let next = Sha256::new().chain_update(self.0).chain_update(digest).finalize();
        self.0.copy_from_slice(&next);
    }

    pub fn text(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }

    pub fn read(text: &str) -> Option<Self> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}
