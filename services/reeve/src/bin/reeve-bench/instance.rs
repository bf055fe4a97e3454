//! An instance that lives as long as a benchmark.

use super::process;
use anyhow::{Context, bail};
use reeve::{
    client::connection::Connection,
    host::{BusAddress, Folder, Instance, NatsListen, Supervised, read_instance, read_keys, start_nats},
};
use reeve_jetstream::{Bus, streams};
use reeve_types::ids::random_hex;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A new folder, deleted in the end.
pub struct Temporary(PathBuf);

impl Temporary {
    pub fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("reeve-bench-{}", random_hex::<6>()?));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "a folder could not be deleted");
        }
    }
}

/// `reeve up` as a process of its own.
pub struct Up {
    pub instance: Instance,
    /// To its API.
    pub connection: Connection,
    /// From the start of the process until the API answers.
    pub ready: Duration,
    child: Child,
    folder: Temporary,
}

impl Up {
    /// Starts it and waits until it is ready.
    pub async fn start(nodes: u32) -> anyhow::Result<Self> {
        Self::start_with(nodes, &[]).await
    }

    /// As [`Up::start`], with more options of `up`.
    pub async fn start_with(nodes: u32, options: &[&str]) -> anyhow::Result<Self> {
        let folder = Temporary::new()?;
        let begun = Instant::now();
        let mut child = Command::new(reeve::host::program()?)
            .arg("--data")
            .arg(folder.path())
            .args(["up", "--http", "127.0.0.1:0", "--nodes", &nodes.to_string()])
            .args(options)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        loop {
            if let Ok(instance) = read_instance(folder.path()) {
                let connection = Connection::open_instance(&instance);
                return Ok(Self { connection, instance, ready: begun.elapsed(), child, folder });
            }
            if let Some(status) = child.try_wait()? {
                bail!("reeve up ended with {status}");
            }
            if begun.elapsed() > Duration::from_secs(30) {
                end(&mut child);
                bail!("reeve up was not ready in 30 s");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// A connection as the services have one: what it writes they trust.
    pub async fn bus(&self) -> anyhow::Result<Bus> {
        let keys = read_keys(self.data())?;
        keys.connect(&self.instance.bus(), "bench").await
    }

    /// The process of the services, and that of nats-server.
    pub fn processes(&self) -> anyhow::Result<[u32; 2]> {
        let server = process::children(self.child.id(), |name| name == "nats-server")?;
        Ok([self.child.id(), *server.first().context("the instance has no nats-server")?])
    }

    /// The processes of the agents.
    pub fn agents(&self) -> anyhow::Result<Vec<u32>> {
        process::children(self.child.id(), |name| name != "nats-server")
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // An error means that it ended already.
        let _sent = rustix::process::kill_process(pid, rustix::process::Signal::TERM).is_ok();
    }
    if let Err(error) = child.wait() {
        tracing::warn!(%error, "reeve up could not be waited for");
    }
}

/// A nats-server alone, with an instance's settings.
pub struct Server {
    pub bus: Bus,
    pub folder: Folder,
    supervised: Supervised,
    _temporary: Temporary,
}

impl Server {
    async fn start() -> anyhow::Result<Self> {
        let temporary = Temporary::new()?;
        let folder = Folder::open(temporary.path())?;
        let supervised = start_nats(&folder, &NatsListen::default()).await?;
        let address = BusAddress {
            url: format!("nats://127.0.0.1:{}", folder.keys.bus_port),
            ca: None,
            replicas: None,
        };
        let bus = folder.keys.connect(&address, "bench").await.context("nats-server did not start")?;
        Ok(Self { bus, folder, supervised, _temporary: temporary })
    }

    /// Starts one for some work, and stops it whatever comes of that.
    pub async fn with<T>(work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let server = Self::start().await?;
        let result = work(&server).await;
        server.stop().await;
        result
    }

    /// Makes the streams of nodes and of these services' events.
    pub async fn ensure_streams(&self, services: &[&str]) -> anyhow::Result<()> {
        for service in services {
            streams::ensure_events(&self.bus, service).await?;
        }
        Ok(streams::ensure_node_streams(&self.bus).await?)
    }

    async fn stop(self) {
        self.bus.close().await;
        self.supervised.stop().await;
    }
}
