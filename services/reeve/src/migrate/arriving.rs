//! `reeve migrate in`.

use super::{
    OF_THE_STORE, Store,
    wire::{Head, Received, Receiver},
};
use crate::{
    backup::sealed_keys::{self, Keys},
    client::{Format, stdout},
    host::{
        files,
        folder::{ensure_not_half_restored, lock},
        moves::{Moves, State},
        place::FoundAt,
    },
};
use anyhow::{Context, ensure};
use serde_json::json;
use std::{
    io::{BufRead, IsTerminal},
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    store: Store,
}

/// What comes is put here, beside what it is to replace, until all of it is there.
const INCOMING: &str = "arriving";

/// # Errors
/// When another instance is there, or what comes is not whole: then everything is as it was.
pub fn arrive(data: &Path, args: &Args, format: Format) -> anyhow::Result<()> {
    let store = args.store.of(data)?;
    let stdin = std::io::stdin();
    ensure!(
        !stdin.is_terminal(),
        "stdin is to be what `reeve migrate out` writes: reeve migrate out | reeve migrate in"
    );
    let (mut receiver, head) = Receiver::begin(stdin.lock())?;
    let keys = sealed_keys::decode(head.keys.clone()).context("what came in is damaged")?;
    files::make_private_folder(data)?;
    let _lock = lock(data)?;
    ensure_not_half_restored(data)?;
    let before = Moves::read(data)?;
    ensure_may_arrive(data, &store, &before, &head, &keys)?;
    let incoming = store.join(INCOMING);
    files::remove_folder(&incoming, Duration::ZERO)?;
    Moves::keep(data, State::Arriving, &before.ids)?;
    let received = receive(&mut receiver, &incoming);
    if received.is_err() {
        // Half of it is nothing; what was there is there still.
        files::remove_folder(&incoming, Duration::ZERO)?;
        match before.state {
            State::Here => Moves::forget(data)?,
            State::Away | State::Arriving => Moves::keep(data, before.state, &before.ids)?,
        }
    }
    let bytes = received.context("nothing has arrived")?;
    settle(data, &store, &keys, &head.moves)?;
    let start = start_of(data, args.store.bus_store.is_some(), head.found_at.as_ref());
    let text = format!("the instance is here, {bytes} bytes of its log; it starts with: {start}");
    stdout::answer(format, &json!({ "folder": data, "bytes": bytes, "start": start }), text)
}

/// Into a place that has nothing, or which the instance has left: then what comes has gone on from there.
fn ensure_may_arrive(
    data: &Path,
    store: &Path,
    before: &Moves,
    head: &Head,
    keys: &Keys,
) -> anyhow::Result<()> {
    let of = data.display();
    match before.ids.last() {
        Some(left) if before.state != State::Here => {
            ensure!(
                head.moves.contains(left),
                "what comes does not come from what left {of}: it would not go on from there. Move it into another folder"
            );
            // It may have arrived elsewhere meanwhile, and have gone on there.
            let is_from_here = before.state == State::Away && head.moves == before.ids;
            ensure!(
                !is_from_here,
                "what comes is what left {of}: if it arrived nowhere, `reeve --data {of} migrate undo --it-runs-nowhere` lets it start here"
            );
            let own = data.join(files::CHECKPOINT_SEED);
            let is_same = std::fs::read(&own).is_ok_and(|own| keys.get(files::CHECKPOINT_SEED) == Some(&own));
            ensure!(is_same, "{of} is of another instance than what comes");
        }
        _ => {
            let is_empty =
                |path: &PathBuf| path.read_dir().map_or(true, |mut entries| entries.next().is_none());
            let has_log = !is_empty(&store.join("jetstream"));
            // What a move that was cut off has left is nothing.
            let is_free = before.state == State::Arriving || !data.join(files::KEYS).exists() && !has_log;
            ensure!(is_free, "{of} has an instance already: move into another folder, or remove it");
        }
    }
    Ok(())
}

fn receive(receiver: &mut Receiver<impl BufRead>, incoming: &Path) -> anyhow::Result<u64> {
    files::make_private_folder(incoming)?;
    let mut all = 0;
    while let Some(Received { path, bytes }) = receiver.next()? {
        match bytes {
            None => files::make_private_folder(&incoming.join(path))?,
            Some(bytes) => {
                receiver.file(bytes, &incoming.join(path))?;
                all += bytes;
            }
        }
    }
    ensure!(incoming.join("jetstream").is_dir(), "what came in has no log");
    files::sync_disk_of(incoming)?;
    Ok(all)
}

/// Gives everything its name; that the instance is here comes last.
fn settle(data: &Path, store: &Path, keys: &Keys, moves: &[String]) -> anyhow::Result<()> {
    let incoming = store.join(INCOMING);
    for name in OF_THE_STORE {
        let (from, to) = (incoming.join(name), store.join(name));
        files::remove_folder(&to, Duration::ZERO)?;
        if from.exists() {
            std::fs::rename(&from, &to).with_context(|| format!("could not make {}", to.display()))?;
        }
    }
    files::remove_folder(&incoming, Duration::ZERO)?;
    files::remove_folder(&data.join(sealed_keys::TLS_FOLDER), Duration::ZERO)?;
    files::remove(&data.join(files::KEYS))?;
    sealed_keys::put(keys, data)?;
    files::sync_disk_of(store)?;
    files::sync_disk_of(data)?;
    Moves::keep(data, State::Here, moves)
}

/// How it is started so that it is found where it was.
fn start_of(data: &Path, apart: bool, found_at: Option<&FoundAt>) -> String {
    if apart {
        return "docker compose up --detach".to_owned();
    }
    let mut start = format!("reeve --data {} up", data.display());
    if let Some(FoundAt { tls, host, listen, http_port }) = found_at {
        if *tls {
            start.push_str(&format!(" --tls --tls-name {host} --bus-listen {listen}"));
        }
        if !*tls && !listen.is_loopback() {
            eprintln!(
                "reeve: the instance was reached at {listen} without TLS, which `up` serves on loopback alone: --tls --tls-name {host} \
                 with --http and --bus-listen serves it there"
            );
        }
        let listen = if *tls { *listen } else { std::net::Ipv4Addr::LOCALHOST.into() };
        start.push_str(&format!(" --http {}", std::net::SocketAddr::new(listen, *http_port)));
    }
    start
}
