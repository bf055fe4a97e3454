//! What each part of an instance costs that does nothing, each as a process of its own.

use super::{
    instance::Temporary,
    process,
    report::{Goal, Report},
};
use anyhow::{Context, bail, ensure};
use reeve::host::{Folder, NatsListen, read_keys, service_names, start_nats};
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Options of `bench idle`.
#[derive(clap::Args)]
pub struct Args {
    /// For how many seconds the parts idle before their memory is read.
    #[arg(long, default_value_t = 60)]
    idle: u64,
}

/// What a part may have resident, in MiB.
const LIMIT_MIB: f64 = 32.0;
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// Ends the parts, whatever comes of the run.
struct Parts(Vec<(String, Child)>);

impl Drop for Parts {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            // Both fail only when it is gone already.
            let _ended = child.kill().and_then(|()| child.wait()).is_ok();
        }
    }
}

pub async fn run(args: Args) -> anyhow::Result<Report> {
    let temporary = Temporary::new()?;
    let (bus_port, http) = (free_port()?, format!("127.0.0.1:{}", free_port()?));
    init(temporary.path(), bus_port)?;
    let folder = Folder::open(temporary.path())?;
    let server = start_nats(&folder, &NatsListen::default()).await?;
    let measured = measured(&folder.path, &http, Duration::from_secs(args.idle)).await;
    server.stop().await;
    let mut report = Report::new("idle");
    for (name, resident, own) in measured? {
        report.add(name, resident, "MiB", Goal::AtMost(LIMIT_MIB));
        report.add("    of it its own, not of the program's file", own, "MiB", Goal::None);
    }
    Ok(report)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn init(data: &Path, bus_port: u16) -> anyhow::Result<()> {
    let mut init = Command::new(reeve::host::program()?);
    init.arg("--data").arg(data).args(["init", "--bus-port", &bus_port.to_string()]);
    let done = init.output().context("reeve could not be started")?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

/// Each part's resident memory, and how much of it is its own, in MiB, once all have been ready for so long.
async fn measured(data: &Path, http: &str, idle: Duration) -> anyhow::Result<Vec<(String, f64, f64)>> {
    let keys = read_keys(data)?;
    let bus = format!("nats://127.0.0.1:{}", keys.bus_port);
    let mut parts = Parts(Vec::new());
    for name in ["streams"].into_iter().chain(service_names()).chain(["gateway", "key-renewal"]) {
        let mut serve = Command::new(reeve::host::program()?);
        serve.args(["serve", name, "--account", &keys.account, "--bus", &bus, "--http", http, "--secrets"]);
        serve.arg(data.join("parts").join(name)).arg("--views").arg(data.join("views-of-parts"));
        let child = serve.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?;
        parts.0.push((name.to_owned(), child));
    }
    let begun = Instant::now();
    let ready = format!("http://{http}/readyz");
    while !tokio::task::block_in_place(|| ureq::get(&ready).call().is_ok_and(|answer| answer.status() == 200))
    {
        if begun.elapsed() > READY_TIMEOUT {
            bail!("the parts were not ready in {} s", READY_TIMEOUT.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(idle).await;
    let mib = |kib: anyhow::Result<f64>| kib.map(|kib| kib / 1024.0);
    let each = parts.0.iter().map(|(name, child)| {
        let pid = child.id();
        Ok((name.clone(), mib(process::resident_kib(pid))?, mib(process::own_kib(pid))?))
    });
    each.collect()
}
