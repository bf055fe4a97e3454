//! `reeve backup`: a point in time of a running instance.
//!
//! **What is consistent.** First the positions of the consumers are read, then an instant of the bus's clock, then every
//! message that was stored up to it. What caused a message was stored before it, so no effect is in a backup without its
//! cause; and whatever a consumer had settled has had its effects by then, so nothing is taken for done that is not there.

use super::{
    archive::{Archive, KeptStream, Manifest, VERSION},
    digest::Chain,
    part::{Part, Writer},
    sealed_keys,
    signer::Signer,
};
use crate::{
    client::{Format, stdout},
    host::{
        bus,
        files::{make_private_folder, place_of},
        read_instance, read_keys,
    },
};
use anyhow::{Context, bail, ensure};
use data_encoding::HEXLOWER;
use futures::{TryStream, TryStreamExt};
use reeve_jetstream::{
    Bus,
    backup::{self, Consumer, Entry, StreamState},
    streams::PROBE,
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    pin::pin,
};

/// Writes what a running instance has into a folder, while it runs. Another backup into the same folder writes only what is
/// new, and can be restored like those before it.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the backups. What lies in it is as readable as the log: secrets are sealed, what commands printed is
    /// not.
    folder: PathBuf,
    /// The file that the instance's keys are written to, under a passphrase. Keep it apart from the folder: with both, and
    /// the passphrase, one has everything.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The file whose first line is the passphrase of the keys.
    #[arg(long, value_name = "FILE", env = "REEVE_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
    /// Writes no keys: they are kept elsewhere already, and without them no backup can be restored.
    #[arg(long, conflicts_with = "keys")]
    without_keys: bool,
}

impl Args {
    /// Where the keys are written, and under which passphrase; `None` if they are not to be. What a configuration file says counts like an
    /// option.
    fn keys(&self, signer: &Signer) -> anyhow::Result<Option<(PathBuf, String)>> {
        match (&self.keys, self.without_keys) {
            (Some(keys), false) => {
                let passphrase = sealed_keys::passphrase(self.passphrase_file.as_deref())?;
                Ok(Some((place_of_keys(keys, &passphrase, signer)?, passphrase)))
            }
            (None, true) => Ok(None),
            (Some(keys), true) => {
                bail!("--keys {} and --without-keys: only one of them can be", keys.display())
            }
            (None, false) => bail!(
                "--keys FILE, with --passphrase-file, says where the keys are written; --without-keys that they are kept elsewhere already"
            ),
        }
    }
}

/// # Errors
/// When the bus is away, the folder cannot be written, or holds what is not an earlier part of this log.
pub async fn backup(data: &Path, args: Args, format: Format) -> anyhow::Result<()> {
    let instance = read_instance(data)?;
    let signer = Signer::open(data)?;
    let keys = args.keys(&signer)?;
    let user = read_keys(data)?.operator.core_user("backup")?;
    let bus = bus::connect_now(&instance.bus(), &user, "backup").await?;
    bus::ensure_restored(&bus).await?;
    make_private_folder(&args.folder)?;
    let _lock = Archive::lock(&args.folder)?;
    let mut archive = Archive::open(&args.folder)?;
    let before = archive.newest().map(Manifest::bytes).unwrap_or_default();
    let manifest = take(&bus, &mut archive, &signer).await?;
    if let Some((place, passphrase)) = &keys {
        let written = sealed_keys::write(data, place, passphrase);
        written.with_context(|| format!("point {} is there, and its keys are not", manifest.point))?;
    }
    let (messages, bytes) = (manifest.messages(), manifest.bytes());
    let answer = json!({
        "point": manifest.point, "instant": manifest.instant, "streams": manifest.streams.len(),
        "messages": messages, "bytes": bytes, "newBytes": bytes.saturating_sub(before), "key": manifest.key,
    });
    let text = format!(
        "point {} of {}: {messages} messages of {} streams, {bytes} bytes, {} of them new, as of {}",
        manifest.point,
        args.folder.display(),
        manifest.streams.len(),
        bytes.saturating_sub(before),
        manifest.instant
    );
    stdout::answer(format, &answer, text)
}

/// It is written anew, once there is a point that it belongs to: what earlier points are restored with must not be lost to a slip of
/// the finger, and no point be taken whose keys have no place.
fn place_of_keys(keys: &Path, passphrase: &str, signer: &Signer) -> anyhow::Result<PathBuf> {
    // What is no regular file is not read: it may have no end.
    let place = place_of(keys).with_context(|| format!("--keys {}", keys.display()))?;
    if place.exists() {
        let before = sealed_keys::open(keys, passphrase).context("another passphrase takes another file")?;
        let (of, own) = (Signer::of_keys(&before)?.public_key(), signer.public_key());
        ensure!(
            of == own,
            "--keys {}: it has the keys of another instance, which sign as {of}, and these as {own}",
            keys.display()
        );
    }
    Ok(place)
}

/// Takes a point and adds it.
pub async fn take(bus: &Bus, archive: &mut Archive, signer: &Signer) -> anyhow::Result<Manifest> {
    archive.ensure_continuable()?;
    let earlier = archive.newest().cloned();
    if let Some(earlier) = &earlier {
        ensure!(
            earlier.key == signer.public_key(),
            "{} has backups of another instance: they are signed by {}, and this one signs with {}",
            archive.folder.display(),
            earlier.key,
            signer.public_key()
        );
    }
    let point = archive.points.keys().next_back().map_or(1, |last| last + 1);
    let consumers = consumers(bus).await?;
    let instant = backup::streams(bus).await?.instant;
    let until = nanoseconds(&instant)?;
    let mut streams = Vec::new();
    for state in backup::streams(bus).await?.streams {
        if state.name() == PROBE {
            continue;
        }
        let kept = earlier.iter().flat_map(|manifest| &manifest.streams);
        let kept = kept.into_iter().find(|kept| kept.name == state.name());
        let taken = take_stream(bus, &archive.folder, &state, kept, until, point).await;
        streams.push(taken.with_context(|| format!("the stream {} could not be backed up", state.name()))?);
    }
    let manifest = Manifest {
        version: VERSION,
        point,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        instant,
        key: signer.public_key(),
        streams,
        consumers,
    };
    archive.add(manifest.clone(), signer)?;
    Ok(manifest)
}

async fn consumers(bus: &Bus) -> anyhow::Result<Vec<Consumer>> {
    let mut consumers = Vec::new();
    for stream in backup::streams(bus).await?.streams {
        consumers.extend(backup::consumers(bus, stream.name()).await?);
    }
    Ok(consumers)
}

fn nanoseconds(instant: &str) -> anyhow::Result<i64> {
    let read: jiff::Timestamp =
        instant.parse().with_context(|| format!("the bus names an instant {instant:?}"))?;
    Ok(i64::try_from(read.as_nanosecond())?)
}

async fn take_stream(
    bus: &Bus,
    folder: &Path,
    state: &StreamState,
    earlier: Option<&KeptStream>,
    until: i64,
    point: u32,
) -> anyhow::Result<KeptStream> {
    let kept = begin(state, earlier, until);
    if let Some(earlier) = earlier.filter(|_| !kept.rewritten) {
        ensure_continues(bus, state, earlier).await?;
    }
    let entries = backup::entries(bus, &kept.name, kept.last).await?;
    go_on(folder, kept, state, entries, (until, point)).await
}

/// What is there of a stream from the point before.
pub fn begin(state: &StreamState, earlier: Option<&KeptStream>, until: i64) -> KeptStream {
    let rewritten = !state.keeps_everything() && !state.expires();
    let mut kept = KeptStream {
        name: state.name().to_owned(),
        config: state.config.clone(),
        created: state.created.clone(),
        keeps_everything: state.keeps_everything(),
        rewritten,
        has_let_go: false,
        last: 0,
        chain: Chain::default().text(),
        last_digest: String::new(),
        parts: Vec::new(),
    };
    if let Some(earlier) = earlier.filter(|_| !rewritten) {
        (kept.last, kept.parts) = (earlier.last, unexpired(&earlier.parts, state.max_age(), until));
        kept.has_let_go = earlier.has_let_go || kept.parts.len() < earlier.parts.len();
        (kept.chain, kept.last_digest) = (earlier.chain.clone(), earlier.last_digest.clone());
    }
    kept
}

/// Writes what has come since then, up to an instant.
pub async fn go_on<E: Into<anyhow::Error>>(
    folder: &Path,
    mut kept: KeptStream,
    state: &StreamState,
    entries: impl TryStream<Ok = Entry, Error = E>,
    (until, point): (i64, u32),
) -> anyhow::Result<KeptStream> {
    let mut chain = Chain::read(&kept.chain).context("the chain of an earlier point is unreadable")?;
    let mut writer = Writer::create(folder, &kept.name)?;
    let mut entries = pin!(entries.map_err(Into::into));
    let mut last = kept.last.max(state.state.last_seq);
    while let Some(entry) = entries.try_next().await? {
        if entry.nanoseconds > until {
            last = last.min(entry.sequence - 1);
            break;
        }
        ensure!(
            !kept.keeps_everything || entry.sequence == kept.last + 1,
            "its message {} is missing, or the bus cannot read it any more",
            kept.last + 1
        );
        let digest = writer.push(&entry)?;
        chain.push(&digest);
        (kept.last, kept.last_digest) = (entry.sequence, HEXLOWER.encode(&digest));
    }
    kept.last = kept.last.max(last);
    kept.chain = chain.text();
    kept.parts.extend(writer.finish(point)?);
    Ok(kept)
}

/// Without the files all of whose messages are older than the stream keeps them: a bus that was given them would let go of them at
/// once. What is gone from the bus before its time stays.
fn unexpired(parts: &[Part], max_age: Option<i64>, now: i64) -> Vec<Part> {
    let is_expired = |part: &&Part| match (part.newest_nanoseconds, max_age) {
        (Some(newest), Some(age)) => newest.saturating_add(age) < now,
        _ => false,
    };
    parts.iter().skip_while(is_expired).cloned().collect()
}

/// What is in the backup has to be the beginning of what the log has: it may have gone back, or be another one.
async fn ensure_continues(bus: &Bus, state: &StreamState, earlier: &KeptStream) -> anyhow::Result<()> {
    let refused = "back this log up into an empty folder";
    ensure!(
        state.state.last_seq >= earlier.last,
        "it ends at {}, and the backup at {}: the log went back since then; {refused}",
        state.state.last_seq,
        earlier.last
    );
    let Some(of_backup) = earlier.parts.last().map(|part| part.last) else { return Ok(()) };
    let mut entries = backup::entries(bus, &earlier.name, of_backup - 1).await?;
    match entries.try_next().await? {
        Some(entry) if entry.sequence == of_backup => {
            let (_, digest) = super::digest::encode(&entry);
            ensure!(
                HEXLOWER.encode(&digest) == earlier.last_digest,
                "its message {of_backup} is another one than the backup's: the log went back since then, or is another \
                 one; {refused}"
            );
            Ok(())
        }
        _ if earlier.keeps_everything => bail!("its message {of_backup}, which the backup has, is gone"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use reeve_jetstream::{
        Headers,
        consume::{self, StartAt},
    };
    use reeve_testkit::Nats;
    use std::sync::atomic::{AtomicBool, Ordering};

    const LOADED: [&str; 3] = ["causes", "effects", "reactions"];

    async fn store(bus: &Bus, service: &str, number: u64) {
        let subject = format!("reeve.evt.{service}.thing.{number}");
        bus.store(&subject, &Headers::default(), number.to_string().into()).await.unwrap();
    }

    /// Causes, and their effects in a stream that is read after theirs, one after the other as fast as it goes.
    async fn write(bus: &Bus, stop: &AtomicBool) {
        for number in 1.. {
            store(bus, LOADED[0], number).await;
            store(bus, LOADED[1], number).await;
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Stores a reaction to each cause, then settles it, until it is ended.
    async fn react(bus: &Bus) {
        let options = consume::Options {
            stream: "CAUSES".to_owned(),
            durable_name: "reactor".to_owned(),
            subjects: Vec::new(),
            start_at: StartAt::Beginning,
            exclusive: false,
            batch: 100,
        };
        let mut messages = consume::consume(bus, &options).await.unwrap();
        loop {
            let message = messages.next().await.unwrap().unwrap();
            store(bus, LOADED[2], message.sequence).await;
            message.acknowledge().await;
        }
    }

    fn signer(folder: &Path) -> Signer {
        crate::host::keys::ensure_made(folder).unwrap();
        Signer::open(folder).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn under_load_no_effect_is_without_its_cause_and_nothing_settled_without_its_effect() {
        let nats = Nats::start();
        let (bus, folder) = (nats.bus().await, tempfile::tempdir().unwrap());
        for service in LOADED {
            reeve_jetstream::streams::ensure_events(&bus, service).await.unwrap();
        }
        let signer = signer(folder.path());
        let mut archive = Archive::open(&folder.path().join("backup")).unwrap();
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let (one, other, stopped) = (nats.bus().await, nats.bus().await, stop.clone());
        let writing = tokio::spawn(async move { write(&one, &stopped).await });
        let reacting = tokio::spawn(async move { react(&other).await });
        let mut seen = 0;
        for _ in 0..20 {
            let manifest = take(&bus, &mut archive, &signer).await.unwrap();
            let last = |name: &str| manifest.streams.iter().find(|s| s.name == name).unwrap().last;
            let settled = manifest.consumers.iter().find(|c| c.name == "reactor").map_or(0, |c| c.settled);
            let [causes, effects, reactions] = ["CAUSES", "EFFECTS", "REACTIONS"].map(last);
            assert!(effects <= causes && causes <= effects + 1, "{effects} effects of {causes} causes");
            assert!(settled <= reactions && reactions <= causes, "{settled} {reactions} {causes}");
            seen = causes;
        }
        assert!(seen > 20, "{seen}");
        stop.store(true, Ordering::Relaxed);
        writing.await.unwrap();
        reacting.abort();
        // All points share their files, and each is whole.
        let archive = Archive::open(&archive.folder).unwrap();
        assert_eq!(archive.points.len(), 20);
        for manifest in archive.points.values() {
            for stream in &manifest.streams {
                let report = super::super::verify::audit_kept(&archive.folder, stream, &[], None).unwrap();
                assert_eq!((report.findings, report.last), (Vec::new(), stream.last), "{}", stream.name);
            }
        }
    }

    #[tokio::test]
    async fn a_log_that_went_back_or_is_another_is_not_mixed_with_the_backup() {
        let folder = tempfile::tempdir().unwrap();
        let signer = signer(folder.path());
        let mut archive = Archive::open(&folder.path().join("backup")).unwrap();
        let nats = Nats::start();
        let bus = nats.bus().await;
        reeve_jetstream::streams::ensure_events(&bus, "things").await.unwrap();
        for number in 1..=3 {
            store(&bus, "things", number).await;
        }
        take(&bus, &mut archive, &signer).await.unwrap();
        for (numbers, reason) in [(1..=2, "it ends at 2, and the backup at 3"), (11..=14, "its message 3")] {
            let nats = Nats::start();
            let bus = nats.bus().await;
            reeve_jetstream::streams::ensure_events(&bus, "things").await.unwrap();
            for number in numbers {
                store(&bus, "things", number).await;
            }
            let refused = format!("{:#}", take(&bus, &mut archive, &signer).await.unwrap_err());
            assert!(refused.contains(reason) && refused.contains("THINGS"), "{refused}");
        }
        assert_eq!(Archive::open(&archive.folder).unwrap().points.len(), 1);
        store(&bus, "things", 4).await;
        let manifest = take(&bus, &mut archive, &signer).await.unwrap();
        assert_eq!(manifest.streams[0].parts.iter().map(|part| part.messages).collect::<Vec<_>>(), [3, 1]);
    }

    #[tokio::test]
    async fn a_key_that_was_destroyed_is_in_no_point_any_more() {
        use reeve_jetstream::{keys, streams};
        let folder = tempfile::tempdir().unwrap();
        let (signer, nats) = (signer(folder.path()), Nats::start());
        let mut archive = Archive::open(&folder.path().join("backup")).unwrap();
        let bus = nats.bus().await;
        streams::ensure(&bus, streams::SECRET_KEYS).await.unwrap();
        let mut put = ["one", "two", "three"].into_iter();
        for destroyed in [None, Some("one")] {
            let name = put.next().unwrap();
            keys::put(&bus, name, format!("the key {name}").into()).await.unwrap();
            if let Some(name) = destroyed {
                keys::destroy(&bus, name).await.unwrap();
                keys::put(&bus, put.next().unwrap(), "the key three".into()).await.unwrap();
            }
            take(&bus, &mut archive, &signer).await.unwrap();
        }
        let archive = Archive::open(&archive.folder).unwrap();
        let kept = |point: u32| {
            let stream = &archive.points[&point].streams[0];
            let report = super::super::verify::audit_kept(&archive.folder, stream, &[], None).unwrap();
            assert_eq!(report.findings, Vec::new(), "point {point}");
            let entries = super::super::verify::entries_of(&archive.folder, stream);
            entries.map(|entry| entry.unwrap().sequence).collect::<Vec<_>>()
        };
        // The first point ends before what came later.
        assert_eq!((kept(1), kept(2)), (vec![], vec![2, 3]));
        let files = std::fs::read_dir(archive.folder.join(streams::SECRET_KEYS)).unwrap();
        for file in files {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(11).any(|window| window == b"the key one"));
        }
    }
}
