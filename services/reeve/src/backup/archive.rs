//! The folder of a backup: a manifest for each point in time, signed, and the files of messages that they share.

use super::{part::Part, signer};
use crate::host::files::write_private;
use anyhow::{Context, bail, ensure};
use reeve_jetstream::backup::{Consumer, Extent};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::{Path, PathBuf},
};

/// The form of manifests and files; a newer one is refused.
pub const VERSION: u32 = 1;
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

impl Archive {
    /// Reads the manifests of a folder; there may be none yet.
    ///
    /// # Errors
    /// When a manifest is of another instance than an earlier one. One that is damaged or of a newer form keeps nobody from another point.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let (mut points, mut damaged) = (BTreeMap::new(), None);
        let listed = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            listed => listed.with_context(|| format!("could not read {}", folder.display()))?.collect(),
        };
        for entry in listed {
            let path = entry?.path();
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

    /// A point of it, or the newest.
    ///
    /// # Errors
    /// When there is none: the sentence names those that there are.
    pub fn point(&self, point: Option<u32>) -> anyhow::Result<&Manifest> {
        if let (Some(damaged), None) = (&self.damaged, point) {
            bail!("{damaged}: --point says which other one is meant")
        }
        let known = || self.points.keys().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let Some(newest) = self.newest() else {
            bail!("{} holds no backup: there is no point-*.json", self.folder.display())
        };
        match point {
            None => Ok(newest),
            Some(wanted) => self.points.get(&wanted).with_context(|| {
                format!("--point {wanted}: {} has the points {}", self.folder.display(), known())
            }),
        }
    }

    /// Whether a point can be added: a damaged one may share files that nobody would know to keep, and a file that is lost is in no
    /// further point either.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn ensure_whole(&self) -> anyhow::Result<()> {
        if let Some(damaged) = &self.damaged {
            bail!("{damaged}: back up into another folder")
        }
        let parts =
            self.newest().into_iter().flat_map(|newest| &newest.streams).flat_map(|stream| &stream.parts);
        for part in parts {
            ensure!(
                self.folder.join(&part.file).is_file(),
                "{} is lost, with the messages {} to {}, which a further point would lack: back up into another folder",
                part.file,
                part.first,
                part.last
            );
        }
        Ok(())
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
                File::open(self.folder.join(&stream.name))?.sync_all()?;
            }
        }
        write_private(&signature_of(&path), signer.sign(SIGNED_AS, &bytes)?.as_bytes())?;
        write_private(&path, &bytes)?;
        File::open(&self.folder)?.sync_all()?;
        self.points.insert(manifest.point, manifest);
        self.share_rewritten();
        self.remove_unused()
    }

    fn remove_unused(&self) -> anyhow::Result<()> {
        let streams = self.points.values().flat_map(|manifest| &manifest.streams);
        let used: BTreeSet<&str> =
            streams.clone().flat_map(|stream| &stream.parts).map(|part| part.file.as_str()).collect();
        let names: BTreeSet<&str> = streams.map(|stream| stream.name.as_str()).collect();
        for name in names {
            let Ok(files) = std::fs::read_dir(self.folder.join(name)) else { continue };
            for file in files {
                let file = file?.file_name();
                let path = format!("{name}/{}", file.to_string_lossy());
                if !used.contains(path.as_str()) {
                    std::fs::remove_file(self.folder.join(&path))
                        .with_context(|| format!("could not remove {path}, which no backup is made of"))?;
                }
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<Manifest> {
    let damaged = || format!("{} is damaged", path.display());
    let bytes = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let value: Value = serde_json::from_slice(&bytes).with_context(damaged)?;
    let version = value.get("version").and_then(Value::as_u64).unwrap_or_default();
    ensure!(
        version == u64::from(VERSION),
        "{} is of version {version} of backups, and this program reads version {VERSION}",
        path.display()
    );
    let manifest: Manifest = serde_json::from_value(value).with_context(damaged)?;
    let signature = signature_of(path);
    let signature = std::fs::read_to_string(&signature)
        .with_context(|| format!("could not read {}", signature.display()))?;
    signer::check(&manifest.key, SIGNED_AS, &bytes, &signature).with_context(damaged)?;
    Ok(manifest)
}
