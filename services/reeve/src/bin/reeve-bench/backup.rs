//! Backups: a log of many events backed up, restored and verified, beside the plain replay of it.

use super::{
    instance::Up,
    log,
    report::{Goal, Report, rate},
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

/// Appends at a time: a server that syncs every write does so for many at once.
const AT_ONCE: usize = 256;

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let up = Up::start(0).await?;
    let mut report = Report::new("backup");
    let bus = up.bus().await?;
    log::appended(&bus, args.events, AT_ONCE).await?;
    let stream = streams::of_service(&format!("bench-append-{AT_ONCE}"));
    let begun = Instant::now();
    follow::count(&bus, &stream, args.events).await?;
    let plain = rate(args.events, begun.elapsed());

    let scratch = super::instance::Temporary::new()?;
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let (folder, keys, passphrase, restored) =
        (path("backup"), path("keys"), path("passphrase"), path("restored"));
    std::fs::write(&passphrase, "passphrase\n")?;
    let with_keys = ["--keys", &keys, "--passphrase-file", &passphrase];
    let (taken, first) = run_reeve(up.data(), &[&["backup", &folder], &with_keys[..]].concat())?;
    let bytes = first.get("bytes").and_then(Value::as_f64).unwrap_or_default();
    let events = args.events;
    report.add(
        format!("events backed up, of {events}"),
        rate(events, taken),
        "1/s",
        Goal::Share { of: plain, least: 0.2 },
    );
    let (taken, second) = run_reeve(up.data(), &["backup", &folder, "--without-keys"])?;
    let share = taken.as_secs_f64();
    report.add("a second backup", share, "s", Goal::AtMost(5.0));
    let new = second.get("newBytes").and_then(Value::as_f64).unwrap_or_default();
    report.add("what it wrote", new / bytes, "of the first", Goal::AtMost(0.01));
    report.add("the backup", bytes / 1e6, "MB", Goal::None);
    report.add("an event in it", bytes / events as f64, "bytes", Goal::None);
    let (taken, _) = run_reeve(up.data(), &["verify"])?;
    report.add("events verified", rate(events, taken), "1/s", Goal::Share { of: plain, least: 0.2 });
    drop(up);
    let (taken, _) = run_reeve(Path::new(&restored), &[&["restore", &folder], &with_keys[..]].concat())?;
    report.add(
        "events restored and verified",
        rate(events, taken),
        "1/s",
        Goal::Share { of: plain, least: 0.1 },
    );
    Ok(report)
}

/// Runs `reeve …`; answers how long it took, and what it said.
fn run_reeve(data: &Path, arguments: &[&str]) -> anyhow::Result<(Duration, Value)> {
    let begun = Instant::now();
    let mut command = Command::new(reeve::host::program()?);
    command.arg("--data").arg(data).args(["--output", "json"]).args(arguments).stderr(Stdio::inherit());
    let output = command.output().context("reeve could not be started")?;
    let taken = begun.elapsed();
    ensure!(output.status.success(), "reeve {} ended with {}", arguments.join(" "), output.status);
    Ok((taken, serde_json::from_slice(&output.stdout)?))
}
