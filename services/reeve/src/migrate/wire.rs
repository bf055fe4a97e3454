//! What goes through the pipe: a line of JSON for each thing, a file's bytes behind its line, and at the end the hash of it all.

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, Read, Write},
    path::{Component, Path},
};

const MAGIC: &str = "reeve move 1\n";
/// A line has no more: the keys, or the name of a file.
const MAX_LINE: u64 = 1 << 20;
const PIECE: usize = 256 << 10;

/// What is known before the log comes.
#[derive(Serialize, Deserialize)]
pub struct Head {
    /// The files of keys by their names, in base64.
    pub keys: BTreeMap<String, String>,
    /// The ids of the instance's moves, this one the last.
    pub moves: Vec<String>,
    /// How it was last started, as `up`'s options.
    pub found_at: Option<crate::host::place::FoundAt>,
}

#[derive(Serialize, Deserialize)]
pub enum Item {
    Folder { path: String },
    File { path: String, bytes: u64 },
    End { sha256: String },
}

/// Writes what goes.
pub struct Sender<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Sender<W> {
    pub fn begin(to: W, head: &Head) -> anyhow::Result<Self> {
        let mut sender = Self { to, hash: Sha256::new() };
        sender.write(MAGIC.as_bytes())?;
        sender.line(head)?;
        Ok(sender)
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.hash.update(bytes);
        self.to.write_all(bytes).context("the other side of the pipe does not read any more")
    }

    fn line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        self.write(format!("{}\n", serde_json::to_string(value)?).as_bytes())
    }

    pub fn folder(&mut self, path: &str) -> anyhow::Result<()> {
        self.line(&Item::Folder { path: path.to_owned() })
    }

    /// Sends a file, which nobody changes meanwhile; answers its length.
    pub fn file(&mut self, path: &str, from: &Path) -> anyhow::Result<u64> {
        let of = || format!("could not read {}", from.display());
        let mut file = File::open(from).with_context(of)?;
        let bytes = file.metadata().with_context(of)?.len();
        self.line(&Item::File { path: path.to_owned(), bytes })?;
        let (mut piece, mut left) = (vec![0; PIECE], bytes);
        while left > 0 {
            let read = file.read(&mut piece).with_context(of)?;
            ensure!(read > 0, "{} became shorter while it was read", from.display());
            let read = read.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.write(&piece[..read])?;
            left -= read as u64;
        }
        Ok(bytes)
    }

    pub fn end(mut self) -> anyhow::Result<()> {
        let sha256 = data_encoding::HEXLOWER.encode(&self.hash.finalize_reset());
        self.line(&Item::End { sha256 })?;
        self.to.flush().context("the other side of the pipe does not read any more")
    }
}

/// A folder, or a file with its length, whose bytes follow.
pub struct Received {
    pub path: String,
    pub bytes: Option<u64>,
}

/// Reads what comes.
pub struct Receiver<R> {
    from: R,
    hash: Sha256,
}

impl<R: BufRead> Receiver<R> {
    /// # Errors
    /// When nothing comes, or something else.
    pub fn begin(from: R) -> anyhow::Result<(Self, Head)> {
        let mut receiver = Self { from, hash: Sha256::new() };
        let magic = receiver.line()?;
        ensure!(!magic.is_empty(), "nothing came in: `reeve migrate out` in front of the pipe says why");
        ensure!(
            magic == MAGIC.as_bytes(),
            "what came in was not written by `reeve migrate out` of this release"
        );
        let head = receiver.parsed()?;
        Ok((receiver, head))
    }

    fn line(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut line = Vec::new();
        (&mut self.from).take(MAX_LINE).read_until(b'\n', &mut line).context("could not read from stdin")?;
        self.hash.update(&line);
        Ok(line)
    }

    fn parsed<T: for<'de> Deserialize<'de>>(&mut self) -> anyhow::Result<T> {
        let line = self.line()?;
        ensure!(line.ends_with(b"\n"), CUT_OFF);
        serde_json::from_slice(&line).context("what came in is damaged")
    }

    /// The next thing; `None` once all of it is known to have come.
    ///
    /// # Errors
    /// When it was cut off or is not what was sent.
    pub fn next(&mut self) -> anyhow::Result<Option<Received>> {
        let before = data_encoding::HEXLOWER.encode(&self.hash.clone().finalize());
        let (path, bytes) = match self.parsed()? {
            Item::End { sha256 } => {
                ensure!(sha256 == before, "what came in is not what was sent: the hashes differ");
                return Ok(None);
            }
            Item::Folder { path } => (path, None),
            Item::File { path, bytes } => (path, Some(bytes)),
        };
        let is_plain = Path::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(is_plain && !path.is_empty(), "what came in has the path {path:?}");
        Ok(Some(Received { path, bytes }))
    }

    /// Writes the bytes that follow into a new file.
    pub fn file(&mut self, bytes: u64, to: &Path) -> anyhow::Result<()> {
        let of = || format!("could not write {}", to.display());
        let mut file = File::create_new(to).with_context(of)?;
        let (mut piece, mut left) = (vec![0; PIECE], bytes);
        while left > 0 {
            let wanted = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = self.from.read(&mut piece[..wanted]).context("could not read from stdin")?;
            if read == 0 {
                bail!(CUT_OFF);
            }
            self.hash.update(&piece[..read]);
            file.write_all(&piece[..read]).with_context(of)?;
            left -= read as u64;
        }
        Ok(())
    }
}

const CUT_OFF: &str = "what came in was cut off: `reeve migrate out` in front of the pipe says why";

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one"), "line\nand more").unwrap();
        let head = Head { keys: BTreeMap::new(), moves: vec!["a".to_owned()], found_at: None };
        let mut bytes = Vec::new();
        let mut sender = Sender::begin(&mut bytes, &head).unwrap();
        sender.folder("jetstream").unwrap();
        assert_eq!(sender.file("jetstream/one", &folder.path().join("one")).unwrap(), 13);
        sender.end().unwrap();
        bytes
    }

    fn received(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("one");
        let (mut receiver, _) = Receiver::begin(bytes)?;
        while let Some(item) = receiver.next()? {
            if let Some(bytes) = item.bytes {
                receiver.file(bytes, &file)?;
            }
        }
        Ok(std::fs::read(file)?)
    }

    #[test]
    fn what_is_sent_comes_and_nothing_that_is_cut_off_or_changed() {
        let sent = sent();
        assert_eq!(received(&sent).unwrap(), b"line\nand more");
        for end in 0..sent.len() {
            assert!(received(&sent[..end]).is_err(), "cut off after {end} bytes");
        }
        for at in 0..sent.len() {
            let mut changed = sent.clone();
            changed[at] ^= 1;
            assert!(received(&changed).is_err(), "byte {at} changed");
        }
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        for path in ["../x", "/x", "a/../b", ""] {
            let mut bytes = Vec::new();
            let head = Head { keys: BTreeMap::new(), moves: Vec::new(), found_at: None };
            let mut sender = Sender::begin(&mut bytes, &head).unwrap();
            sender.folder(path).unwrap();
            sender.end().unwrap();
            let refused = received(&bytes).unwrap_err().to_string();
            assert!(refused.contains("has the path"), "{path}: {refused}");
        }
    }
}
