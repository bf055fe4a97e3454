//! `reeve restore`: a backup into an instance that is empty.

use super::{
    archive::{Archive, KeptStream, Manifest},
    audit::{Finding, Report},
    checkpoint::StreamHashes,
    sealed_keys::{self, Keys},
    signer::Signer,
    target::Target,
    verify::{audit_kept, audit_log, entries_of},
};
use crate::{
    client::{Format, stdout},
    host::{
        NatsListen, bus,
        bus::BusAddress,
        files,
        folder::{Folder, Instance, ensure_not_half_restored, lock},
        nats, read_instance,
        running::stop_signal,
        services::{self, Needs, Place},
    },
};
use anyhow::{Context, anyhow, bail, ensure};
use reeve_jetstream::{
    Bus, backup,
    mac::MacKey,
    restore::{self as unfinished, Restore},
    streams::{self, DEAD_LETTER_QUEUE},
};
use serde_json::json;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

/// Restores a backup. Without --bus: keys and log into the folder of an instance that is not there yet, for `up`. Every
/// message is verified before and after, and every view is built from the log.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the backups.
    folder: PathBuf,
    /// Which point; otherwise the newest.
    #[arg(long, value_name = "NUMBER")]
    point: Option<u32>,
    /// The file with the instance's keys.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The file whose first line is the passphrase of the keys.
    #[arg(long, value_name = "FILE", env = "REEVE_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
    /// Restores the keys alone, so that `init` and the bus can start with them, as in docker-compose.yml.
    #[arg(long, conflicts_with = "bus")]
    keys_only: bool,
    /// Restores the log alone, into the empty bus that runs with the keys of the instance's folder.
    #[arg(long, conflicts_with = "keys")]
    bus: bool,
}

/// # Errors
/// When the backup is damaged, the keys are not its, or the instance is not empty.
pub async fn restore(data: &Path, args: Args, format: Format) -> anyhow::Result<()> {
    let archive = Archive::open(&args.folder)?;
    let manifest = archive.point(args.point)?;
    let keys = match (&args.keys, args.bus) {
        (_, true) => None,
        (Some(keys), false) => {
            Some(sealed_keys::open(keys, &sealed_keys::passphrase(args.passphrase_file.as_deref())?)?)
        }
        (None, false) => bail!(
            "--keys FILE says where the keys of the instance are; --bus restores the log alone, into a bus that runs with them"
        ),
    };
    ensure_belongs(keys.as_ref(), data, manifest)?;
    let text = match keys {
        Some(keys) if args.keys_only => {
            files::make_private_folder(data)?;
            let _lock = lock(data)?;
            ensure_not_half_restored(data)?;
            check_nothing_else(data)?;
            sealed_keys::put(&keys, data)?;
            "the keys are there; start the bus with them, and restore the log with --bus".to_owned()
        }
        Some(keys) => restore_folder(data, &args.folder, manifest, &keys).await?,
        None => {
            let instance = running_bus(data)?;
            restore_log(&instance.bus(), data, &args.folder, manifest).await?
        }
    };
    let answer = json!({
        "point": manifest.point, "instant": manifest.instant, "messages": manifest.messages(), "folder": data,
    });
    stdout::answer(format, &answer, text)
}

/// The bus that runs with the keys of the folder: it is known once `init` has said where.
fn running_bus(data: &Path) -> anyhow::Result<Instance> {
    let only_keys = data.join(files::KEYS).exists() && !data.join(files::INSTANCE).exists();
    ensure!(
        !only_keys,
        "{} has keys, and no bus runs with them yet: `reeve init --data {}` and a nats-server with what it makes come first, or without \
         --bus and with --keys all of it is restored into another folder, for `reeve up`",
        data.display(),
        data.display()
    );
    read_instance(data)
}

/// The keys, those that are given or those of the folder, have to be of the instance whose log it is.
fn ensure_belongs(keys: Option<&Keys>, data: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let signer = match keys {
        Some(keys) => Signer::of_keys(keys)?,
        None => Signer::open(data)?,
    };
    let key = signer.public_key();
    ensure!(
        key == manifest.key,
        "the keys do not belong to this log: they sign as {key}, and the backup is signed by {}",
        manifest.key
    );
    Ok(())
}

/// What is there already is neither overwritten nor mixed with what comes.
fn check_nothing_else(data: &Path) -> anyhow::Result<()> {
    for name in [files::KEYS, "nats", "views"] {
        let path = data.join(name);
        let is_there = match std::fs::read_dir(&path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => path.exists(),
        };
        ensure!(!is_there, "{} is not empty: it has {name}; restore into another folder", data.display());
    }
    Ok(())
}

/// Restores into a folder that has nothing, for `up`.
async fn restore_folder(
    data: &Path,
    backup: &Path,
    manifest: &Manifest,
    keys: &Keys,
) -> anyhow::Result<String> {
    let target = Target::take(data)?;
    match restore_into(target.within(), backup, manifest, keys).await {
        Ok(text) => target.settle().map(|()| text),
        Err(error) => {
            target.abandon().with_context(|| format!("{error:#}"))?;
            Err(error)
        }
    }
}

async fn restore_into(
    half: &Path,
    backup: &Path,
    manifest: &Manifest,
    keys: &Keys,
) -> anyhow::Result<String> {
    let stop = stop_signal()?;
    files::make_private_folder(half)?;
    sealed_keys::put(keys, half)?;
    let folder = Folder::open(half)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = nats::start_on(&folder, &NatsListen::default(), port).await?;
    let address = BusAddress { url: format!("nats://127.0.0.1:{port}"), ca: None, replicas: None };
    let work = async {
        let text = restore_log(&address, half, backup, manifest).await?;
        let views = rebuild(&address, &folder, manifest).await?;
        Ok(format!("{text}; {views}"))
    };
    let restored = tokio::select! {
        restored = work => restored,
        () = stop => Err(anyhow!("it was stopped, and nothing is restored")),
    };
    server.stop().await;
    restored
}

/// Gives every stream to a bus that has none of their messages, but for those of a restore that was cut off.
async fn restore_log(
    address: &BusAddress,
    data: &Path,
    folder: &Path,
    manifest: &Manifest,
) -> anyhow::Result<String> {
    let keys = crate::host::read_keys(data)?;
    let mac = MacKey::new(&crate::host::key(&keys.mac_key)?);
    let bus = bus::connect(address, &keys.operator.core_user("restore")?, "restore").await?;
    let known = audited(folder, manifest, &mac).await?;
    make_room(&bus).await?;
    unfinished::mark_unfinished(&bus).await?;
    for stream in &manifest.streams {
        let given = give_back(&bus, folder, stream, manifest).await;
        given.with_context(|| format!("the stream {} could not be restored", stream.name))?;
    }
    let reports = audit_log(&bus, &known, Some(&mac)).await?;
    check_restored(&reports, &known)?;
    unfinished::mark_finished(&bus).await?;
    let (point, messages) = (manifest.point, manifest.messages());
    Ok(format!("point {point} of {}: {messages} messages restored and verified", manifest.instant))
}

/// The hashes of what the backup has, all of which can be read. The files are read on threads that may wait, one stream at a time, so
/// that who stops the restore is heard.
async fn audited(folder: &Path, manifest: &Manifest, mac: &MacKey) -> anyhow::Result<Vec<StreamHashes>> {
    let mut known = Vec::new();
    for stream in &manifest.streams {
        let (folder, stream, mac) = (folder.to_owned(), stream.clone(), mac.clone());
        let audit = tokio::task::spawn_blocking(move || audit_kept(&folder, &stream, &[], Some(&mac)));
        let report = audit.await??;
        fail_on(&report.findings, "the backup cannot be restored")?;
        known.push(report.hashes);
    }
    Ok(known)
}

fn fail_on(findings: &[Finding], what: &str) -> anyhow::Result<()> {
    match findings {
        [] => Ok(()),
        [first] => bail!("{what}: {first}"),
        [first, others @ ..] => bail!("{what}: {first}; and {} other findings (reeve verify)", others.len()),
    }
}

/// A bus that services have started on may have streams that nothing was written into; one whose restore was cut off has those of
/// that restore, into which nobody else wrote. The mark of it goes last.
async fn make_room(bus: &Bus) -> anyhow::Result<()> {
    let was_cut_off = unfinished::is_unfinished(bus).await?;
    let mut found = backup::streams(bus).await?.streams;
    found.sort_by_key(|stream| unfinished::is_mark(stream.name()));
    for stream in &found {
        let (name, last) = (stream.name(), stream.state.last_seq);
        ensure!(
            last == 0 || was_cut_off || name == streams::PROBE,
            "the log is not empty: the stream {name} has given sequences up to {last}"
        );
    }
    for stream in &found {
        reeve_jetstream::restore::remove(bus, stream.name()).await?;
    }
    Ok(())
}

async fn give_back(bus: &Bus, folder: &Path, stream: &KeptStream, manifest: &Manifest) -> anyhow::Result<()> {
    let extent = stream.extent();
    let mut restore = Restore::begin(bus, &stream.config, &stream.created, extent).await?;
    for entry in entries_of(folder, stream) {
        restore.push(&entry?).await?;
    }
    let consumers = manifest.consumers.iter().filter(|consumer| consumer.stream == stream.name);
    restore.finish(stream.last, &consumers.cloned().collect::<Vec<_>>()).await?;
    Ok(())
}

fn check_restored(reports: &[Report], known: &[StreamHashes]) -> anyhow::Result<()> {
    for report in reports {
        fail_on(&report.findings, "what was restored is not what was backed up")?;
        let before = known.iter().find(|hashes| hashes.name == report.hashes.name);
        let is_same = before.is_some_and(|before| before.chain == report.hashes.chain);
        // What is older than its stream keeps it goes at once.
        ensure!(
            is_same || report.gone > 0,
            "what was restored is not what was backed up: the chain of {} is another one",
            report.hashes.name
        );
    }
    Ok(())
}

/// Builds the views of every service; what one of them could not take in would be a dead letter.
async fn rebuild(address: &BusAddress, folder: &Folder, manifest: &Manifest) -> anyhow::Result<String> {
    let secrets = folder.secrets()?;
    let bus = folder.keys.connect(address, "restore").await?;
    streams::ensure_node_streams(&bus).await?;
    let place = Place {
        account: folder.keys.account.clone(),
        region: folder.keys.region.clone(),
        node_bus_url: address.url.clone(),
    };
    let names: Vec<&str> = services::names().collect();
    let needs = Needs::assemble(secrets, (place, None), &bus, address, &names).await?;
    let before = streams::last_sequence(&bus, DEAD_LETTER_QUEUE).await?;
    for name in &names {
        let service = services::describe(name, &needs)?;
        let handle = reeve_runtime::rebuild(&service, &bus, &folder.path).await?;
        let stream = streams::of_service(name);
        let last = manifest.streams.iter().find(|kept| kept.name == stream).map_or(0, |kept| kept.last);
        let reached = handle.views().checkpoint(&stream);
        ensure!(reached == last, "the views of {name} end at {reached} of {stream}, which ends at {last}");
        handle.views().flush();
    }
    let after = streams::last_sequence(&bus, DEAD_LETTER_QUEUE).await?;
    let failed = after - before;
    ensure!(
        failed == 0,
        "{failed} events could not be taken into views: they are dead letters of the restored log"
    );
    Ok(format!("the views of {} services are built from it", names.len()))
}
