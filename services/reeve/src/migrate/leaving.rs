//! `reeve migrate out`, and its undoing.

use super::{
    OF_THE_STORE, Store, ensure_bus_is_silent, environment,
    wire::{Head, Sender},
};
use crate::{
    backup::sealed_keys,
    client::{Format, stdout},
    host::{
        Folder, files,
        folder::lock,
        moves::{Moves, State},
        parts,
        place::FoundAt,
        read_keys,
    },
};
use anyhow::{Context, bail, ensure};
use reeve_types::ids::random_hex;
use rustix::fs::{FileType, fstat};
use serde_json::json;
use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    store: Store,
    /// The file beside docker-compose.yml that says what can be chosen: it is told where nodes and clients look for the instance.
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// # Errors
/// When it runs, there is none, or nobody reads.
pub fn out(data: &Path, args: &Args) -> anyhow::Result<()> {
    ensure!(data.join(files::KEYS).exists(), "{} holds no instance", data.display());
    ensure_pipe()?;
    let folder = Folder::open(data)?;
    let store = args.store.of(&folder.path)?;
    ensure!(
        store.join("jetstream").is_dir(),
        "{} holds no log: --bus-store says where it is",
        store.display()
    );
    ensure_bus_is_silent(&folder.path, &folder.keys)?;
    let found_at = FoundAt::read(&folder.path)?;
    let told = environment::tell(args.env.as_deref(), &folder.keys, found_at.as_ref())?;
    let mut moves = Moves::read(&folder.path)?;
    moves.ids.push(random_hex::<16>()?);
    let head = Head { keys: sealed_keys::read(&folder.path)?, moves: moves.ids.clone(), found_at };
    let to = BufWriter::new(std::io::stdout().lock());
    let left = send(&folder, &store, to, &head).inspect_err(|_| told.take_back());
    let left = left.context("the instance is where it was")?;
    let of = folder.path.display();
    eprintln!(
        "reeve: {} files of {} bytes have gone out of {of}, where the instance does not start any more",
        left.files, left.bytes
    );
    eprintln!("reeve: if it did not arrive: reeve --data {of} migrate undo --it-runs-nowhere");
    tell_what_stays(&folder.path);
    Ok(())
}

/// What is sent is the keys of everything: it goes to who reads it, and into no file.
fn ensure_pipe() -> anyhow::Result<()> {
    let to = fstat(std::io::stdout()).context("could not look at stdout")?;
    ensure!(
        matches!(FileType::from_raw_mode(to.st_mode), FileType::Fifo | FileType::Socket),
        "stdout is no pipe: `reeve migrate out | … reeve migrate in` moves an instance, whose keys are to lie in no other file"
    );
    Ok(())
}

struct Left {
    files: usize,
    bytes: u64,
}

/// Sends everything; the mark that it has left comes before the end.
fn send(folder: &Folder, store: &Path, to: impl Write, head: &Head) -> anyhow::Result<Left> {
    let mut sender = Sender::begin(to, head)?;
    let mut left = Left { files: 0, bytes: 0 };
    for name in OF_THE_STORE {
        if store.join(name).exists() {
            send_folder(&mut sender, store, name, &mut left)?;
        }
    }
    let before = Moves::read(&folder.path)?;
    Moves::keep(&folder.path, State::Away, &head.moves)?;
    let ended = leave_nothing_to_start(folder).and_then(|()| sender.end());
    if ended.is_err() {
        // Nobody has read the end.
        Moves::keep(&folder.path, State::Here, &before.ids)?;
    }
    ended.map(|()| left)
}

fn send_folder(
    sender: &mut Sender<impl Write>,
    store: &Path,
    path: &str,
    left: &mut Left,
) -> anyhow::Result<()> {
    sender.folder(path)?;
    let folder = store.join(path);
    let of = || format!("could not read {}", folder.display());
    let mut entries =
        std::fs::read_dir(&folder).with_context(of)?.collect::<Result<Vec<_>, _>>().with_context(of)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_str().with_context(|| format!("{}: a name is not UTF-8", folder.display()))?;
        let (path, kind) = (format!("{path}/{name}"), entry.file_type().with_context(of)?);
        if kind.is_dir() {
            send_folder(sender, store, &path, left)?;
        } else if kind.is_file() {
            left.bytes += sender.file(&path, &entry.path())?;
            left.files += 1;
        } else {
            bail!("{} is neither a file nor a folder", entry.path().display());
        }
    }
    Ok(())
}

/// Parts that run apart are started without asking this folder: they are left nothing to start with. `init` makes it anew.
fn leave_nothing_to_start(folder: &Folder) -> anyhow::Result<()> {
    folder.withdraw();
    files::remove(&folder.path.join(files::NATS))?;
    parts::take_back(&folder.path)
}

/// What does not move, and what may be done about it.
fn tell_what_stays(data: &Path) {
    let has = |name: &str| data.join(name).read_dir().is_ok_and(|mut entries| entries.next().is_some());
    let of = data.display();
    if has("nodes") {
        eprintln!(
            "reeve: the agents of this machine stay in {of}/nodes: `reeve-agent --data {of}/nodes/1` goes on as that node, and \
             `reeve nodes deregister` ends it"
        );
    }
    if has("exports") {
        eprintln!("reeve: what was exported stays in {of}/exports");
    }
}

#[derive(clap::Args)]
pub struct UndoArgs {
    /// Says that the instance runs nowhere else, and never will: nobody but you can see that. Two of it would tell its nodes two things.
    #[arg(long)]
    it_runs_nowhere: bool,
}

/// # Errors
/// When it was not moved out, or seems to run elsewhere.
pub fn undo(data: &Path, args: &UndoArgs, format: Format) -> anyhow::Result<()> {
    let moves = Moves::read(data)?;
    ensure!(moves.state == State::Away, "the instance of {} was not moved out", data.display());
    ensure!(
        args.it_runs_nowhere,
        "the instance of {} left at {}: if it arrived nowhere, say so with --it-runs-nowhere. Where it did arrive it must not start \
         any more, or its nodes would be told two things",
        data.display(),
        moves.since
    );
    let _lock = lock(data)?;
    ensure_bus_is_silent(data, &read_keys(data)?).context("it seems to have arrived elsewhere")?;
    Moves::keep(data, State::Here, &moves.ids)?;
    let of = data.display();
    let text = format!(
        "the instance is in {of} again, as it left at {}; where its parts run apart, `reeve init` gives them anew what they need",
        moves.since
    );
    stdout::answer(format, &json!({ "folder": data, "left": moves.since }), text)
}
