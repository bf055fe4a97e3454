//! `reeve verify`: whether a log, or a backup, is what it was.

use super::{
    archive::{Archive, KeptStream},
    audit::{Audit, Finding, Report},
    checkpoint::{Checkpoint, StreamHashes},
    digest::encode,
    part::ReadBack,
    signer::Signer,
};
use crate::{
    client::{Format, stdout, table},
    host::{bus, files, key, read_instance, read_keys},
};
use anyhow::{Context, ensure};
use futures::TryStreamExt;
use reeve_jetstream::{
    Bus,
    backup::{self, Entry},
    mac::MacKey,
    restore,
    streams::PROBE,
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Reads every message of the log of a running instance, or of a backup, and names by stream and sequence what is missing, what
/// no service stored as it is and, by a checkpoint, what was changed, cut off or rolled back. The exit code is 1 if there
/// is such a thing.
#[derive(clap::Args)]
pub struct Args {
    /// Looks at a backup instead of the log.
    #[arg(long, value_name = "FOLDER")]
    backup: Option<PathBuf>,
    /// Which point of the backup; otherwise the newest.
    #[arg(long, value_name = "NUMBER", requires = "backup")]
    point: Option<u32>,
    /// Compares with a checkpoint that was written earlier.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Writes a checkpoint: the hash of each message, signed. Keep it where nobody who can change the log can change it.
    #[arg(long, value_name = "FILE")]
    write_checkpoint: Option<PathBuf>,
    /// The public key that the checkpoint and the backup are signed with; otherwise that of the instance's folder. Goes with
    /// --backup or --checkpoint.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

/// # Errors
/// When the bus is away, or the backup or the checkpoint is none of this instance.
pub async fn verify(data: &Path, args: Args, format: Format) -> anyhow::Result<ExitCode> {
    ensure!(
        args.key.is_none() || args.backup.is_some() || args.checkpoint.is_some(),
        "--key says whose backup or checkpoint counts: it goes with --backup or --checkpoint"
    );
    let own = data.join(files::CHECKPOINT_SEED).exists().then(|| Signer::open(data)).transpose()?;
    let key_of_instance = args.key.clone().or_else(|| own.as_ref().map(Signer::public_key));
    let checkpoint = match (&args.checkpoint, &key_of_instance) {
        (None, _) => None,
        (Some(path), Some(key)) => Some(Checkpoint::read(path, key)?),
        (Some(_), None) => anyhow::bail!(
            "--checkpoint needs --key: {} has no {} that says whose checkpoints count",
            data.display(),
            files::CHECKPOINT_SEED
        ),
    };
    let written = match &args.write_checkpoint {
        Some(path) => {
            let signer = own
                .as_ref()
                .with_context(|| format!("--write-checkpoint needs {}", files::CHECKPOINT_SEED))?;
            Some((Checkpoint::place(path, &signer.public_key())?, signer))
        }
        None => None,
    };
    let mac = mac_of(data)?;
    let known = checkpoint.as_ref().map(|checkpoint| checkpoint.streams.as_slice()).unwrap_or_default();
    let reports = match &args.backup {
        Some(folder) => {
            let archive = Archive::open(folder)?;
            let manifest = archive.point(args.point)?;
            if let Some(key) = &key_of_instance {
                let signed_by = &manifest.key;
                ensure!(key == signed_by, "{} is signed by {signed_by}, not by {key}", folder.display());
            }
            let audited =
                manifest.streams.iter().map(|stream| audit_kept(folder, stream, known, mac.as_ref()));
            with_lost(audited.collect::<anyhow::Result<Vec<_>>>()?, known)
        }
        None => {
            let instance = read_instance(data)?;
            let user = read_keys(data)?.operator.core_user("verify")?;
            let bus = bus::connect_now(&instance.bus(), &user, "verify").await?;
            bus::ensure_restored(&bus).await?;
            audit_log(&bus, known, mac.as_ref()).await?
        }
    };
    if let Some((place, signer)) = written {
        let hashes = reports.iter().map(|report| report.hashes.clone()).collect();
        Checkpoint::new(hashes).write(&place, signer)?;
    }
    tell(&reports, mac.is_some(), format)
}

/// The key of the authentication codes, where it is at hand.
fn mac_of(data: &Path) -> anyhow::Result<Option<MacKey>> {
    if !data.join(files::KEYS).exists() {
        return Ok(None);
    }
    Ok(Some(MacKey::new(&key(&read_keys(data)?.mac_key)?)))
}

fn hashes_of<'a>(known: &'a [StreamHashes], name: &str) -> Option<&'a StreamHashes> {
    known.iter().find(|hashes| hashes.name == name)
}

/// Looks at all streams of a bus.
pub async fn audit_log(
    bus: &Bus,
    known: &[StreamHashes],
    mac: Option<&MacKey>,
) -> anyhow::Result<Vec<Report>> {
    let mut reports = Vec::new();
    for state in backup::streams(bus).await?.streams {
        let name = state.name();
        if name == PROBE || restore::is_mark(name) {
            continue;
        }
        let mut audit = Audit::new(name, state.keeps_everything(), hashes_of(known, name), mac);
        let mut entries = backup::entries(bus, name, 0).await?;
        while let Some(entry) = entries.try_next().await? {
            let (_, digest) = encode(&entry);
            audit.take(&entry, &digest);
        }
        reports.push(audit.finish(state.state.last_seq));
    }
    Ok(with_lost(reports, known))
}

/// Adds the streams that a checkpoint knows and that are not there.
fn with_lost(mut reports: Vec<Report>, known: &[StreamHashes]) -> Vec<Report> {
    for hashes in known {
        if !reports.iter().any(|report| report.hashes.name == hashes.name) && hashes.last > 0 {
            let audit = Audit::new(&hashes.name, hashes.keeps_everything, Some(hashes), None);
            reports.push(audit.finish(0));
        }
    }
    reports
}

/// The messages of a stream in a backup, as long as they can be read; what cannot is a finding.
pub fn audit_kept(
    folder: &Path,
    stream: &KeptStream,
    known: &[StreamHashes],
    mac: Option<&MacKey>,
) -> anyhow::Result<Report> {
    let known = hashes_of(known, &stream.name);
    let mut audit = Audit::new(&stream.name, stream.keeps_everything, known, mac);
    for part in &stream.parts {
        let Ok(reader) = part.read(folder) else {
            audit.find(part.first, part.last, format!("lost: {} is not there", part.file));
            continue;
        };
        let (mut is_readable, mut is_beyond) = (true, false);
        for read in reader {
            let Ok(read) = read else {
                is_readable = false;
                break;
            };
            // What was stored after an older point, in a file that a newer one has written anew.
            is_beyond = read.entry.sequence > stream.last;
            if is_beyond {
                break;
            }
            if !read.intact {
                let what = format!("damaged in {}", part.file);
                audit.find(read.entry.sequence, read.entry.sequence, what);
                is_readable = false;
            }
            if read.entry.sequence > audit.last() {
                audit.take(&read.entry, &read.digest);
            }
        }
        if audit.last() < part.last && !is_beyond {
            let what = format!("cannot be read from {}", part.file);
            audit.find(audit.last() + 1, part.last, what);
        } else if is_readable && let Err(error) = part.check(folder) {
            audit.find(part.first, part.last, format!("{error:#}"));
        }
    }
    // What was taken out of the middle, or let go of, since then is no longer what the chain was made of.
    let chain = (!stream.rewritten && !stream.has_let_go).then(|| stream.chain.clone());
    let mut report = audit.finish(stream.last);
    if chain.is_some_and(|chain| chain != report.hashes.chain) && report.findings.is_empty() {
        let (stream, what) = (stream.name.clone(), "the chain of hashes is not the manifest's".to_owned());
        report.findings.push(Finding { stream, sequence: 0, until: Some(report.last), what });
    }
    Ok(report)
}

/// The messages of a stream in a backup, of which it is known that they can be read.
pub fn entries_of(folder: &Path, stream: &KeptStream) -> impl Iterator<Item = anyhow::Result<Entry>> {
    let (folder, last) = (folder.to_owned(), stream.last);
    let parts = stream.parts.clone().into_iter();
    let read = parts.flat_map(move |part| match part.read(&folder) {
        Ok(reader) => Box::new(reader) as Box<dyn Iterator<Item = anyhow::Result<ReadBack>>>,
        Err(error) => Box::new(std::iter::once(Err(error))),
    });
    let entries = read.map(|read| read.map(|read| read.entry));
    entries.take_while(move |entry| entry.as_ref().map_or(true, |entry| entry.sequence <= last))
}

fn tell(reports: &[Report], codes_checked: bool, format: Format) -> anyhow::Result<ExitCode> {
    let findings: Vec<&Finding> = reports.iter().flat_map(|report| &report.findings).collect();
    let messages: u64 = reports.iter().map(|report| report.messages).sum();
    if format == Format::Json {
        let stream = |report: &Report| {
            json!({
                "stream": report.hashes.name, "messages": report.messages, "last": report.last, "gone": report.gone,
                "chain": report.hashes.chain,
            })
        };
        let streams: Vec<_> = reports.iter().map(stream).collect();
        stdout::line(json!({
            "messages": messages, "authenticationCodesChecked": codes_checked, "findings": findings, "streams": streams,
        }))?;
    } else {
        let row = |report: &Report| {
            let Report { hashes, messages, last, gone, .. } = report;
            let chain = hashes.chain.get(..16).unwrap_or_default().to_owned();
            vec![hashes.name.clone(), messages.to_string(), last.to_string(), gone.to_string(), chain]
        };
        let rows: Vec<_> = reports.iter().map(row).collect();
        table::print(&["STREAM", "MESSAGES", "LAST", "GONE", "CHAIN"], &rows)?;
        for finding in &findings {
            stdout::line(finding)?;
        }
        let codes =
            if codes_checked { "" } else { "; authentication codes were not checked, there is no key" };
        stdout::line(format!("{messages} messages, {} findings{codes}", findings.len()))?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_eventsourcing::{Envelope, Position};
    use reeve_jetstream::{restore::Restore, store, streams};
    use reeve_testkit::Nats;

    fn told(reports: &[Report]) -> Vec<String> {
        reports.iter().flat_map(|report| &report.findings).map(ToString::to_string).collect()
    }

    /// A log of five events, each with the authentication code of a service.
    async fn log(bus: &Bus) {
        streams::ensure_events(bus, "things").await.unwrap();
        for number in 1..=5u64 {
            let read = |name| match name {
                "ce-type" => Some("reeve.things.ThingMade.v1"),
                "ce-time" => Some("2026-01-01T00:00:00.000Z"),
                "ce-actor" => Some("tester"),
                _ => Some("00000000-0000-0000-0000-000000000001"),
            };
            let subject = format!("reeve.evt.things.thing.{number}");
            let mut envelope = Envelope::read(&subject, read, "data".into()).unwrap();
            envelope.traceparent = None;
            store::append(bus, &envelope, Position(0)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_flipped_byte_is_named_by_its_authentication_code_and_by_a_checkpoint() {
        let key = MacKey::new(&[7; 32]);
        let (one, other) = (Nats::start(), Nats::start());
        let from = one.bus().await.authenticating(key.clone());
        log(&from).await;
        let sound = audit_log(&from, &[], Some(&key)).await.unwrap();
        assert_eq!(told(&sound), Vec::<String>::new());
        let known: Vec<StreamHashes> = sound.into_iter().map(|report| report.hashes).collect();

        let to = other.bus().await;
        let state = backup::streams(&from).await.unwrap().streams.remove(0);
        let mut restore = Restore::begin(&to, &state.config, &state.created, state.state).await.unwrap();
        let mut entries = backup::entries(&from, "THINGS", 0).await.unwrap();
        while let Some(mut entry) = entries.try_next().await.unwrap() {
            if entry.sequence == 3 {
                entry.data = "dat\x60".into();
            }
            restore.push(&entry).await.unwrap();
        }
        restore.finish(5, &[]).await.unwrap();
        let by_code = told(&audit_log(&to, &[], Some(&key)).await.unwrap());
        assert!(
            by_code.len() == 1 && by_code[0].starts_with("THINGS 3: not as a service stored it"),
            "{by_code:?}"
        );
        let by_checkpoint = told(&audit_log(&to, &known, None).await.unwrap());
        assert_eq!(by_checkpoint, ["THINGS 3: another message than at the checkpoint"]);
        // A stream that is gone altogether.
        reeve_jetstream::restore::remove(&to, "THINGS").await.unwrap();
        let lost = told(&audit_log(&to, &known, None).await.unwrap());
        assert!(lost[0].starts_with("THINGS 1 to 5: truncated"), "{lost:?}");
    }
}
