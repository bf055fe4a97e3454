//! The files of messages in a backup: one after the other, each with its length and its hash.

use super::digest::{DIGEST_LEN, Digest, Kept, digest, encode};
use crate::host::files::make_private_folder;
use anyhow::{Context, bail, ensure};
use prost::Message as _;
use reeve_jetstream::backup::Entry;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fs::File,
    io::{BufReader, BufWriter, ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A message of the bus has a megabyte at most; what says more is no length.
const MAX_RECORD: usize = 4 * 1024 * 1024;

/// A file of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its path in the folder of the backup.
    pub file: String,
    pub first: u64,
    pub last: u64,
    pub messages: u64,
    pub bytes: u64,
    pub sha256: String,
    /// When the newest of its messages was stored, since 1970; the first form of backups did not say.
    #[serde(default)]
    pub newest_nanoseconds: Option<i64>,
}

/// What a file is called while it is being written.
const UNFINISHED: &str = "new";

/// Whether a file is called as those of messages are, or as one that is being written.
pub fn is_name(path: &Path) -> bool {
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    let is_part = |name: &str| {
        let range = name.rsplit_once('.').filter(|(_, point)| is_number(point)).map(|(range, _)| range);
        range.and_then(|range| range.split_once('-')).is_some_and(|(a, b)| is_number(a) && is_number(b))
    };
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name == UNFINISHED || is_part(name))
}

/// A file that is being written; it has its name when it is whole.
pub struct Writer {
    folder: PathBuf,
    stream: String,
    temporary: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    first: u64,
    last: u64,
    messages: u64,
    bytes: u64,
    newest_nanoseconds: Option<i64>,
}

impl Writer {
    pub fn create(folder: &Path, stream: &str) -> anyhow::Result<Self> {
        let streams = folder.join(stream);
        let temporary = streams.join(UNFINISHED);
        // What nodes printed stands in it, as in the log.
        make_private_folder(&streams)?;
        let made = File::options().create(true).truncate(true).write(true).mode(0o600).open(&temporary);
        let file = made.with_context(|| format!("could not write {}", temporary.display()))?;
        let (folder, stream, file) = (folder.to_owned(), stream.to_owned(), BufWriter::new(file));
        Ok(Self {
            folder,
            stream,
            temporary,
            file,
            hash: Sha256::new(),
            first: 0,
            last: 0,
            messages: 0,
            bytes: 0,
            newest_nanoseconds: None,
        })
    }

    /// Adds a message; answers its hash.
    pub fn push(&mut self, entry: &Entry) -> anyhow::Result<Digest> {
        let (kept, digest) = encode(entry);
        let length = u32::try_from(kept.len()).context("a message is too long")?.to_le_bytes();
        for bytes in [&length[..], &digest, &kept] {
            self.file
                .write_all(bytes)
                .with_context(|| format!("could not write {}", self.temporary.display()))?;
            self.hash.update(bytes);
            self.bytes += bytes.len() as u64;
        }
        if self.messages == 0 {
            self.first = entry.sequence;
        }
        (self.last, self.messages) = (entry.sequence, self.messages + 1);
        self.newest_nanoseconds = self.newest_nanoseconds.max(Some(entry.nanoseconds));
        Ok(digest)
    }

    /// Ends it, under a name that no other point of the backup uses; `None` when there was no message.
    pub fn finish(mut self, point: u32) -> anyhow::Result<Option<Part>> {
        if self.messages == 0 {
            drop(self.file);
            std::fs::remove_file(&self.temporary)?;
            return Ok(None);
        }
        let file = format!("{}/{}-{}.{point}", self.stream, self.first, self.last);
        let path = self.folder.join(&file);
        let written = (|| {
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            std::fs::rename(&self.temporary, &path)
        })();
        written.with_context(|| format!("could not write {}", path.display()))?;
        let sha256 = data_encoding::HEXLOWER.encode(&self.hash.finalize());
        let (first, last, messages, bytes) = (self.first, self.last, self.messages, self.bytes);
        let newest_nanoseconds = self.newest_nanoseconds;
        Ok(Some(Part { file, first, last, messages, bytes, sha256, newest_nanoseconds }))
    }
}

impl Part {
    /// Whether the file is what was written.
    ///
    /// # Errors
    /// When it is not there, or another one.
    pub fn check(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(&self.file);
        let mut file =
            File::open(&path).with_context(|| format!("the backup has lost {}", path.display()))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1024 * 1024];
        loop {
            let read =
                file.read(&mut buffer).with_context(|| format!("could not read {}", path.display()))?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
        }
        let found = data_encoding::HEXLOWER.encode(&hash.finalize());
        ensure!(
            found == self.sha256,
            "{} is damaged: its SHA-256 is {found}, and was {}",
            path.display(),
            self.sha256
        );
        Ok(())
    }

    /// Its messages, each with whether it has the hash that it had.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn read(&self, folder: &Path) -> anyhow::Result<Reader> {
        let path = folder.join(&self.file);
        let file = File::open(&path).with_context(|| format!("the backup has lost {}", path.display()))?;
        Ok(Reader { path, file: BufReader::with_capacity(1024 * 1024, file) })
    }
}

pub struct Reader {
    path: PathBuf,
    file: BufReader<File>,
}

/// A message of a file.
pub struct ReadBack {
    pub entry: Entry,
    pub digest: Digest,
    /// Whether it has the hash that it was written with.
    pub intact: bool,
}

impl Iterator for Reader {
    type Item = anyhow::Result<ReadBack>;
    fn next(&mut self) -> Option<Self::Item> {
        let mut length = [0; 4];
        match self.file.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return None,
            Err(error) => return Some(Err(error.into())),
            Ok(()) => {}
        }
        Some(self.record(u32::from_le_bytes(length) as usize))
    }
}

impl Reader {
    fn record(&mut self, length: usize) -> anyhow::Result<ReadBack> {
        let damaged = || format!("{} is damaged", self.path.display());
        if length > MAX_RECORD {
            bail!(damaged());
        }
        let (mut written, mut kept) = ([0; DIGEST_LEN], vec![0; length]);
        self.file.read_exact(&mut written).with_context(damaged)?;
        self.file.read_exact(&mut kept).with_context(damaged)?;
        let digest = digest(&kept);
        let entry = Kept::decode(bytes::Bytes::from(kept)).with_context(damaged)?;
        Ok(ReadBack { entry: entry.into(), digest, intact: digest == written })
    }
}
