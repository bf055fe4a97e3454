//! Checkpoints of a log: signed, and small enough to be kept elsewhere: the hash of each message, and of each stream.

use super::{
    digest::{Chain, DIGEST_LEN, Digest},
    signer::{self, Signer},
};
use crate::host::files::{place_of, write_private};
use anyhow::{Context, ensure};
use data_encoding::BASE64;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const VERSION: u32 = 1;
const SIGNED_AS: &str = "checkpoint";

/// A checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    version: u32,
    pub taken_at: String,
    pub streams: Vec<StreamHashes>,
}

/// The hashes of a stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamHashes {
    pub name: String,
    pub keeps_everything: bool,
    pub first: u64,
    pub last: u64,
    /// The chain of all of them.
    pub chain: String,
    /// Of each sequence from the first to the last, one after the other; zeros where there was none.
    #[serde(with = "base64")]
    digests: Vec<u8>,
}

mod base64 {
    use super::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

const NONE: Digest = [0; DIGEST_LEN];

impl StreamHashes {
    pub fn new(name: &str, keeps_everything: bool) -> Self {
        Self { name: name.to_owned(), keeps_everything, chain: Chain::default().text(), ..Self::default() }
    }

    /// Adds a message; its sequence is greater than that of the one before.
    pub fn push(&mut self, sequence: u64, digest: &Digest) {
        if self.digests.is_empty() {
            self.first = sequence;
            self.last = sequence - 1;
        }
        let skipped = usize::try_from(sequence - self.last - 1).unwrap_or_default();
        self.digests.resize(self.digests.len() + skipped * DIGEST_LEN, 0);
        self.digests.extend_from_slice(digest);
        self.last = sequence;
    }

    /// The hash of a message; `None` where there was none.
    pub fn of(&self, sequence: u64) -> Option<&[u8]> {
        let at = usize::try_from(sequence.checked_sub(self.first)?).ok()? * DIGEST_LEN;
        self.digests.get(at..at + DIGEST_LEN).filter(|digest| **digest != NONE)
    }

    /// The sequences that it has messages of.
    pub fn sequences(&self) -> impl Iterator<Item = u64> {
        (self.first..=self.last).filter(|sequence| self.of(*sequence).is_some())
    }
}

impl Checkpoint {
    pub fn new(streams: Vec<StreamHashes>) -> Self {
        Self { version: VERSION, taken_at: Timestamp::now().rfc3339(), streams }
    }

    /// Writes it: the signature on the first line, and on the second what is signed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, signer: &Signer) -> anyhow::Result<()> {
        let body = serde_json::to_string(self)?;
        let head = format!("{} {}", signer.public_key(), signer.sign(SIGNED_AS, body.as_bytes())?);
        write_private(path, format!("{head}\n{body}\n").as_bytes())
    }

    /// Where one may be written: what is there is an earlier one of the same instance, or nothing.
    ///
    /// # Errors
    /// When something else would be lost, or nothing can be written there.
    pub fn place(path: &Path, key: &str) -> anyhow::Result<PathBuf> {
        let of = || format!("--write-checkpoint {}", path.display());
        let place = place_of(path).with_context(of)?;
        if place.metadata().is_ok_and(|found| found.len() > 0) {
            let before = Self::read(&place, key);
            before
                .context("what is there is no checkpoint of this instance, and would be lost")
                .with_context(of)?;
        }
        Ok(place)
    }

    /// Reads one that the holder of a key signed.
    ///
    /// # Errors
    /// When it is none, was changed, or is another one's.
    pub fn read(path: &Path, key: &str) -> anyhow::Result<Self> {
        let of = || format!("--checkpoint {}", path.display());
        let text = std::fs::read_to_string(path).with_context(of)?;
        let parts =
            text.trim_end().split_once('\n').and_then(|(head, body)| Some((head.split_once(' ')?, body)));
        let ((signed_by, signature), body) = parts.context("it is no checkpoint").with_context(of)?;
        ensure!(signed_by == key, "{}: it is signed by {signed_by}, not by {key}", of());
        signer::check(key, SIGNED_AS, body.as_bytes(), signature).with_context(of)?;
        let read: Self = serde_json::from_str(body).with_context(of)?;
        ensure!(read.version == VERSION, "{}: it is of version {}, not {VERSION}", of(), read.version);
        Ok(read)
    }
}
