//! Backups: a log of many events backed up, restored and verified, beside the plain replay of it.

use super::{
    instance::Up,
    log, process,
    report::{Goal, Report},
};
use anyhow::{Context, ensure};
use reeve_jetstream::{follow, streams};
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Options of `bench backup`.
#[derive(clap::Args)]
pub struct Args {
    /// How many events the log has.
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
}

/// What a backup, a verification or a restore may have in memory, of however many events.
const PEAK_MIB: f64 = 256.0;
const PEAK_INTERVAL: Duration = Duration::from_millis(20);

/// Appends at a time: a server that syncs every write does so for many at once.
const AT_ONCE: usize = 256;

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(0).await?;
    let mut report = Report::new("backup");
    let bus = up.bus().await?;
    log::appended(&bus, args.events, AT_ONCE).await?;
    let stream = streams::of_service(&format!("bench-append-{AT_ONCE}"));
    let begun = Instant::now();
    follow::count(&bus, &stream, args.events).await?;
    let plain = begun.elapsed();
    report.add(
        format!("{} events replayed, and nothing more", args.events),
        plain.as_secs_f64(),
        "s",
        Goal::None,
    );

    let scratch = super::instance::Temporary::new()?;
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let (folder, keys, passphrase, restored) =
        (path("backup"), path("keys"), path("passphrase"), path("restored"));
    std::fs::write(&passphrase, "passphrase\n")?;
    let with_keys = ["--keys", &keys, "--passphrase-file", &passphrase];
    let mut measure = Measure { events: args.events, plain: plain.as_secs_f64(), report: &mut report };
    let backup = run_reeve(up.data(), &[&["backup", &folder], &with_keys[..]].concat())?;
    measure.add("backed up", &backup, 5.0);
    let bytes = backup.said.get("bytes").and_then(Value::as_f64).unwrap_or_default();
    let second = run_reeve(up.data(), &["backup", &folder, "--without-keys"])?;
    measure.report.add("a second backup", second.taken.as_secs_f64(), "s", Goal::AtMost(5.0));
    let new = second.said.get("newBytes").and_then(Value::as_f64).unwrap_or_default();
    measure.report.add("what it wrote", new / bytes, "of the first", Goal::AtMost(0.01));
    measure.report.add("the backup", bytes / 1e6, "MB", Goal::None);
    measure.report.add("an event in it", bytes / args.events as f64, "bytes", Goal::None);
    measure.add("verified on the bus", &run_reeve(up.data(), &["verify"])?, 5.0);
    measure.add("verified in the backup", &run_reeve(up.data(), &["verify", "--backup", &folder])?, 5.0);
    drop(up);
    let restore = run_reeve(Path::new(&restored), &[&["restore", &folder], &with_keys[..]].concat())?;
    measure.add("restored, verified before and after", &restore, 10.0);
    Ok(report)
}

/// Adds what a run took to the report.
struct Measure<'a> {
    events: usize,
    /// How many seconds the plain replay of the events took.
    plain: f64,
    report: &'a mut Report,
}

impl Measure<'_> {
    fn add(&mut self, what: &str, run: &Run, most: f64) {
        let Self { events, plain, report } = self;
        let seconds = run.taken.as_secs_f64();
        report.add(format!("{events} events {what}"), seconds, "s", Goal::TimesPeer { of: *plain, most });
        report.add("    at most in memory", run.peak_mib, "MiB", Goal::AtMost(PEAK_MIB));
    }
}

/// A run of `reeve …`.
struct Run {
    taken: Duration,
    /// The most memory that it had resident, that of a nats-server that it starts not included.
    peak_mib: f64,
    said: Value,
}

/// Runs `reeve …` and watches it.
fn run_reeve(data: &Path, arguments: &[&str]) -> anyhow::Result<Run> {
    let begun = Instant::now();
    let mut command = Command::new(reeve::host::program()?);
    command.arg("--data").arg(data).args(["--output", "json"]).args(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .context("reeve could not be started")?;
    let mut peak_kib: f64 = 0.0;
    while child.try_wait()?.is_none() {
        // The kernel keeps the peak; a process that is about to end has none any more.
        peak_kib = peak_kib.max(process::peak_kib(child.id()).unwrap_or_default());
        std::thread::sleep(PEAK_INTERVAL);
    }
    let taken = begun.elapsed();
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "reeve {} ended with {}", arguments.join(" "), output.status);
    Ok(Run { taken, peak_mib: peak_kib / 1024.0, said: serde_json::from_slice(&output.stdout)? })
}
