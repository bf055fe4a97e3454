//! `GET /programs` and `GET /programs/<sha256>`: the agent's programs that this installation offers to its nodes, by their hashes.
//!
//! They are the files of one folder whose names begin with `reeve-agent`. Nothing about them is secret, so nobody is asked who they
//! are, as at `/schemas`; and nobody has to be believed: what a node runs is named by its hash in a command that was signed.

use crate::errors::{Failure, JSON};
use crate::{Bus, Gateway};
use axum::body::Body;
use axum::extract::{ConnectInfo, Path as InPath, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::stream;
use reeve_types::ids::new_uuid;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::AsyncReadExt;
use tokio::sync::{Semaphore, mpsc};

/// What the names of such files begin with.
const PREFIX: &str = "reeve-agent";
/// Downloads at a time; a fleet that is updated comes in stages.
const MAX_DOWNLOADS: usize = 64;
/// As long as one may take.
const MAX_DOWNLOAD_TIME: Duration = Duration::from_secs(600);
const CHUNKS_AHEAD: usize = 4;
const CHUNK_BYTES: usize = 64 * 1024;

/// A program that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    pub name: String,
    pub sha256: String,
    pub bytes: u64,
    /// The machines that it runs on, as Rust and `uname -m` call them; empty where that is not known.
    pub architecture: String,
    #[serde(skip)]
    path: PathBuf,
}

/// The offered programs of a folder.
pub struct Programs {
    folder: Option<PathBuf>,
    /// What was read already, while size and time of the file are the same.
    known: Mutex<HashMap<PathBuf, (u64, SystemTime, Program)>>,
    downloads: Arc<Semaphore>,
}

impl Programs {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, known: Mutex::default(), downloads: Arc::new(Semaphore::new(MAX_DOWNLOADS)) }
    }

    /// All of them by name. It waits for the disk.
    fn list(&self) -> Vec<Program> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(%error, folder = %folder.display(), "the folder of programs cannot be read");
                return Vec::new();
            }
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let is_program =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        let mut programs: Vec<Program> =
            paths.filter(is_program).filter_map(|path| self.look(&path)).collect();
        programs.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        programs
    }

    fn look(&self, path: &Path) -> Option<Program> {
        let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let is_as = (metadata.len(), metadata.modified().ok()?);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some((.., program)) = known.filter(|(bytes, at, _)| (*bytes, *at) == is_as) {
            return Some(program);
        }
        let program = match read(path, metadata.len()) {
            Ok(program) => program,
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "a program cannot be read, and is not offered");
                return None;
            }
        };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(path.to_owned(), (is_as.0, is_as.1, program.clone()));
        Some(program)
    }
}

fn read(path: &Path, bytes: u64) -> io::Result<Program> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let (mut chunk, mut head) = (vec![0; CHUNK_BYTES], Vec::new());
    loop {
        let count = file.read(&mut chunk)?;
        let read = chunk.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        if head.is_empty() {
            head.extend(read.iter().take(20));
        }
        hash.update(read);
    }
    Ok(Program {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: HEXLOWER.encode(&hash.finalize()),
        bytes,
        architecture: architecture(&head).to_owned(),
        path: path.to_owned(),
    })
}

/// The machine of an ELF file, by its header (System V ABI, `e_machine`), of those that are little-endian.
fn architecture(head: &[u8]) -> &'static str {
    match head {
        [0x7f, b'E', b'L', b'F', _, 1, .., 0x3e, 0] => "x86_64",
        [0x7f, b'E', b'L', b'F', _, 1, .., 0xb7, 0] => "aarch64",
        [0x7f, b'E', b'L', b'F', 1, 1, .., 0x28, 0] => "arm",
        [0x7f, b'E', b'L', b'F', 2, 1, .., 0xf3, 0] => "riscv64",
        _ => "",
    }
}

impl<B: Bus> Gateway<B> {
    async fn programs(&self) -> Vec<Program> {
        let shared = self.shared.clone();
        tokio::task::spawn_blocking(move || shared.programs.list()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "which programs are offered could not be found out");
            Vec::new()
        })
    }
}

/// All that are offered, as JSON.
pub async fn list<B: Bus>(State(gateway): State<Gateway<B>>) -> Response<Body> {
    let body = serde_json::json!({"programs": gateway.programs().await}).to_string();
    crate::errors::json(StatusCode::OK, JSON, Body::from(body), new_uuid())
}

/// One of them.
pub async fn fetch<B: Bus>(
    State(gateway): State<Gateway<B>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    InPath(sha256): InPath<String>,
) -> Response<Body> {
    let request_id = new_uuid();
    let Ok(place) = gateway.shared.programs.downloads.clone().try_acquire_owned() else {
        let message = "Too many programs are fetched at the moment: try again later.";
        return Failure::new("ServiceUnavailable", message).answer(None, request_id);
    };
    let program = gateway.programs().await.into_iter().find(|program| program.sha256 == sha256);
    let Some(program) = program else {
        let message = format!("No program that this installation offers has the SHA-256 {sha256:?}.");
        let failure = Failure::new("ResourceNotFoundException", message);
        return failure.with_status(StatusCode::NOT_FOUND).answer(None, request_id);
    };
    let file = match tokio::fs::File::open(&program.path).await {
        Ok(file) => file,
        Err(error) => {
            tracing::error!(%error, path = %program.path.display(), "a program cannot be read");
            return Failure::new("InternalServerError", "The program cannot be read.")
                .answer(None, request_id);
        }
    };
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    // It ends, and gives its place back, also where nobody reads on.
    tokio::spawn(async move {
        let sent = tokio::time::timeout(MAX_DOWNLOAD_TIME, send(file, &sender)).await;
        if sent.is_err() {
            tracing::warn!(%peer, "a program was not read to its end in time");
        }
        drop((sender, place));
    });
    let chunks = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    let response = Response::builder()
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_LENGTH, program.bytes)
        .body(Body::from_stream(chunks));
    response.unwrap_or_else(|error| {
        Failure::new("InternalServerError", error.to_string()).answer(None, request_id)
    })
}

/// Sends what a file holds, as fast as it is read.
async fn send(mut file: tokio::fs::File, to: &mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await;
        let is_last = !matches!(read, Ok(count) if count > 0);
        let piece = read.map(|count| {
            chunk.truncate(count);
            Bytes::from(chunk)
        });
        if to.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_hashes_and_read_anew_when_they_change() {
        let folder = std::env::temp_dir().join(format!("reeve-programs-{}", new_uuid()));
        std::fs::create_dir_all(&folder).unwrap();
        let own = std::env::current_exe().unwrap();
        let head: Vec<u8> = std::fs::read(own).unwrap().into_iter().take(64).collect();
        std::fs::write(folder.join("reeve-agent"), &head).unwrap();
        std::fs::write(folder.join("reeve-agent-next"), "#!/bin/sh\n").unwrap();
        std::fs::write(folder.join("reeve"), "another one").unwrap();
        let programs = Programs::new(Some(folder.clone()));
        let listed = programs.list();
        let said: Vec<_> =
            listed.iter().map(|of| (of.name.as_str(), of.bytes, of.architecture.as_str())).collect();
        assert_eq!(said, [("reeve-agent", 64, std::env::consts::ARCH), ("reeve-agent-next", 10, "")]);
        assert_eq!(listed[0].sha256, HEXLOWER.encode(&Sha256::digest(&head)));
        std::fs::write(folder.join("reeve-agent-next"), "#!/bin/bash\n").unwrap();
        assert_ne!(programs.list()[1].sha256, listed[1].sha256);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(programs.list(), []);
        assert_eq!(Programs::new(None).list(), []);
    }
}
