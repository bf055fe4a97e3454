//! The folder of a backup: a manifest for each point in time, signed, and the files of messages that they share.

use super::{
    part::{self, Part},
    signer,
};
use crate::host::files::{remove as remove_file, write_private};
use anyhow::{Context, bail, ensure};
use reeve_jetstream::backup::{Consumer, Extent};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The form of manifests and files; a newer one is refused. In the first no stream had let go of anything.
pub const VERSION: u32 = 2;
/// What a manifest is signed as.
const SIGNED_AS: &str = "backup";

/// A stream at a point in time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptStream {
    pub name: String,
    pub config: Value,
    pub created: String,
    /// Whether nothing is ever taken away from it: then it is whole from its first message.
    pub keeps_everything: bool,
    /// Messages may be taken out of its middle: it is written anew each time, and what is gone is gone here as well.
    pub rewritten: bool,
    /// Files all of whose messages had expired are left out: the chain is one of more than there is.
    #[serde(default)]
    pub has_let_go: bool,
    /// The last sequence that it has given to a message.
    pub last: u64,
    /// The chain of hashes of its messages.
    pub chain: String,
    /// The hash of its last message.
    pub last_digest: String,
    pub parts: Vec<Part>,
}

impl KeptStream {
    pub fn extent(&self) -> Extent {
        let messages = self.parts.iter().map(|part| part.messages).sum();
        let first_seq = self.parts.first().map_or(self.last + 1, |part| part.first);
        Extent { messages, first_seq, last_seq: self.last }
    }
}

/// A backup at a point in time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub version: u32,
    /// The backups of a folder are counted from 1.
    pub point: u32,
    /// The release that wrote it.
    pub program: String,
    /// The instant of the bus's clock that it is of.
    pub instant: String,
    /// Who signs: the instance.
    pub key: String,
    pub streams: Vec<KeptStream>,
    pub consumers: Vec<Consumer>,
}

impl Manifest {
    pub fn messages(&self) -> u64 {
        self.streams.iter().map(|stream| stream.extent().messages).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.streams.iter().flat_map(|stream| &stream.parts).map(|part| part.bytes).sum()
    }
}

/// A folder of backups.
pub struct Archive {
    pub folder: PathBuf,
    pub points: BTreeMap<u32, Manifest>,
    /// What is wrong with a manifest that cannot be read.
    damaged: Option<String>,
}

fn manifest_file(point: u32) -> String {
    format!("point-{point:06}.json")
}

fn signature_of(path: &Path) -> PathBuf {
    path.with_extension("sig")
}

/// What is to be removed so that a number of points is left: the manifests first, and then what only they were made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Removal {
    pub points: Vec<u32>,
    pub manifests: Vec<PathBuf>,
    pub files: Vec<PathBuf>,
}

impl Archive {
    /// Reads the manifests of a folder; there may be none yet.
    ///
    /// # Errors
    /// When a manifest is of another instance than an earlier one. One that is damaged or of a newer form keeps nobody from another point.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let (mut points, mut damaged) = (BTreeMap::new(), None);
        for path in listed(folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("point-") && name.ends_with(".json") {
                match read(&path) {
                    Ok(manifest) => drop(points.insert(manifest.point, manifest)),
                    Err(error) => damaged = Some(format!("{error:#}")),
                }
            }
        }
        let mut keys: Vec<&str> = points.values().map(|manifest| manifest.key.as_str()).collect();
        keys.dedup();
        ensure!(keys.len() < 2, "{} has backups of several instances: {}", folder.display(), keys.join(", "));
        let mut archive = Self { folder: folder.to_owned(), points, damaged };
        archive.share_rewritten();
        Ok(archive)
    }

    /// Of a stream out of which messages are taken only the newest copy is there: earlier points have what is left of it.
    fn share_rewritten(&mut self) {
        let Some(newest) = self.newest() else { return };
        let rewritten = newest.streams.iter().filter(|stream| stream.rewritten);
        let parts: BTreeMap<String, Vec<Part>> =
            rewritten.map(|stream| (stream.name.clone(), stream.parts.clone())).collect();
        for stream in self.points.values_mut().flat_map(|manifest| &mut manifest.streams) {
            if let Some(parts) = parts.get(&stream.name) {
                stream.parts.clone_from(parts);
            }
        }
    }

    pub fn newest(&self) -> Option<&Manifest> {
        self.points.values().next_back()
    }

    /// # Errors
    /// When there is no backup.
    pub fn ensure_not_empty(&self) -> anyhow::Result<()> {
        let is_there = self.newest().is_some() || self.damaged.is_some();
        ensure!(is_there, "{} holds no backup: there is no point-*.json", self.folder.display());
        Ok(())
    }

    /// A point of it, or the newest.
    ///
    /// # Errors
    /// When there is none: the sentence names those that there are.
    pub fn point(&self, point: Option<u32>) -> anyhow::Result<&Manifest> {
        if let (Some(damaged), None) = (&self.damaged, point) {
            bail!("{damaged}: --point says which other one is meant")
        }
        let known = || self.points.keys().map(u32::to_string).collect::<Vec<_>>().join(", ");
        self.ensure_not_empty()?;
        let wanted = point.or_else(|| self.points.keys().next_back().copied()).unwrap_or_default();
        let found = self.points.get(&wanted);
        found.with_context(|| {
            format!("--point {wanted}: {} has the points {}", self.folder.display(), known())
        })
    }

    /// Takes the folder for whoever writes it.
    ///
    /// # Errors
    /// When another process has it, or it cannot be written.
    pub fn lock(folder: &Path) -> anyhow::Result<File> {
        let path = folder.join("lock");
        let file = File::create(&path).with_context(|| format!("could not write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                bail!("another backup into {} is under way, or it is being pruned", folder.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("could not lock {}", path.display()))
            }
        }
    }

    /// Whether a point can be added: a file that is lost is in no further point either.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn ensure_continuable(&self) -> anyhow::Result<()> {
        self.ensure_readable().context("a further point needs another folder")?;
        let whole = self.newest().map(|newest| self.ensure_whole(newest)).transpose();
        whole.context("a further point would lack it: back up into another folder").map(drop)
    }

    /// Whether it is known which files are needed: not by a point whose manifest cannot be read.
    fn ensure_readable(&self) -> anyhow::Result<()> {
        match &self.damaged {
            Some(damaged) => bail!(
                "{damaged}, so that nobody knows which files it needs: bring it back, or remove it and its .sig if that point is \
                 given up"
            ),
            None => Ok(()),
        }
    }

    /// Whether all files of a point are there, at their lengths.
    fn ensure_whole(&self, manifest: &Manifest) -> anyhow::Result<()> {
        let point = manifest.point;
        for part in manifest.streams.iter().flat_map(|stream| &stream.parts) {
            let Part { file, first, last, bytes, .. } = part;
            let found = match std::fs::metadata(self.folder.join(file)) {
                Ok(found) if found.is_file() => found.len(),
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("could not look at {file}"));
                }
                _ => bail!("{file} is lost, with the messages {first} to {last} of point {point}"),
            };
            ensure!(found == *bytes, "{file} of point {point} has {found} bytes, and had {bytes}");
        }
        Ok(())
    }

    /// What has to go so that the newest points are left, so many of them.
    ///
    /// # Errors
    /// When it is not known what they need, or something of that is lost: then an older point may be the last that can be restored.
    pub fn removal(&self, keep: usize) -> anyhow::Result<Removal> {
        self.ensure_readable()?;
        let old = self.points.len().saturating_sub(keep);
        let points: Vec<u32> = self.points.keys().copied().take(old).collect();
        self.points.values().skip(old).try_for_each(|manifest| self.ensure_whole(manifest))?;
        let mut manifests = Vec::new();
        for point in &points {
            let path = self.folder.join(manifest_file(*point));
            manifests.extend([path.clone(), signature_of(&path)]);
        }
        let oldest = self.points.keys().nth(old).copied().unwrap_or_default();
        manifests.extend(self.forsaken_signatures(oldest)?);
        let files = self.unused(old)?;
        Ok(Removal { points, manifests, files })
    }

    /// Signatures of points before the oldest whose manifests are gone: a removal was cut off.
    fn forsaken_signatures(&self, oldest: u32) -> anyhow::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for path in listed(&self.folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let number = name.strip_prefix("point-").and_then(|name| name.strip_suffix(".sig"));
            let number = number.and_then(|number| number.parse::<u32>().ok());
            if number.is_some_and(|number| number < oldest && !self.points.contains_key(&number)) {
                found.push(path);
            }
        }
        Ok(found)
    }

    /// Files of messages that none of the points but the oldest, so many of them, is made of, and what was being written when a
    /// backup was cut off.
    fn unused(&self, skipped: usize) -> anyhow::Result<Vec<PathBuf>> {
        let streams = self.points.values().skip(skipped).flat_map(|manifest| &manifest.streams);
        let parts = streams.flat_map(|stream| &stream.parts);
        let used: BTreeSet<PathBuf> = parts.map(|part| self.folder.join(&part.file)).collect();
        // Folders that no manifest names are none of the backup's.
        let streams = self.points.values().flat_map(|manifest| &manifest.streams);
        let names: BTreeSet<&str> = streams.map(|stream| stream.name.as_str()).collect();
        let mut unused = Vec::new();
        for name in names {
            let files = listed(&self.folder.join(name))?.into_iter();
            unused.extend(files.filter(|path| part::is_name(path) && !used.contains(path)));
        }
        Ok(unused)
    }

    /// Adds a point: its files are there already. Then what no point is made of goes.
    ///
    /// # Errors
    /// When it cannot be written; the points before it stay.
    pub fn add(&mut self, manifest: Manifest, signer: &signer::Signer) -> anyhow::Result<()> {
        let path = self.folder.join(manifest_file(manifest.point));
        let bytes = serde_json::to_vec_pretty(&manifest)?;
        for stream in &manifest.streams {
            if !stream.parts.is_empty() {
                sync_folder(&self.folder.join(&stream.name))?;
            }
        }
        write_private(&signature_of(&path), signer.sign(SIGNED_AS, &bytes)?.as_bytes())?;
        write_private(&path, &bytes)?;
        sync_folder(&self.folder)?;
        self.points.insert(manifest.point, manifest);
        self.share_rewritten();
        self.unused(0)?.iter().try_for_each(|path| remove_file(path))
    }
}

impl Removal {
    /// Removes it in its order: whenever it is cut off, each point is whole or is none.
    ///
    /// # Errors
    /// When something cannot be removed; the next removal goes on with it.
    pub fn carry_out(&self, folder: &Path) -> anyhow::Result<()> {
        for group in self.in_order() {
            group.iter().try_for_each(|path| remove_file(path))?;
            // A power cut may otherwise leave a manifest whose files are gone.
            sync_folder(folder)?;
        }
        Ok(())
    }

    pub fn in_order(&self) -> [&[PathBuf]; 2] {
        [&self.manifests, &self.files]
    }
}

/// What lies in a folder, by its name; nothing in one that is not there.
fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let of = || format!("could not read {}", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(of)?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut paths = paths.with_context(of)?;
    paths.sort();
    Ok(paths)
}

fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("could not write {}", folder.display()))
}

fn read(path: &Path) -> anyhow::Result<Manifest> {
    let damaged = || format!("{} is damaged", path.display());
    let bytes = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let value: Value = serde_json::from_slice(&bytes).with_context(damaged)?;
    let version = value.get("version").and_then(Value::as_u64).unwrap_or_default();
    ensure!(
        (1..=u64::from(VERSION)).contains(&version),
        "{} is of version {version} of backups, and this program reads those up to version {VERSION}",
        path.display()
    );
    let manifest: Manifest = serde_json::from_value(value).with_context(damaged)?;
    let signature = signature_of(path);
    let signature = std::fs::read_to_string(&signature)
        .with_context(|| format!("could not read {}", signature.display()))?;
    let checked = signer::check(&manifest.key, SIGNED_AS, &bytes, &signature);
    checked.with_context(|| format!("{}, or the .sig beside it, is damaged", path.display()))?;
    Ok(manifest)
}
