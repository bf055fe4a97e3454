//! `reeve serve NAME…`: services, and the gateway, against a NATS that stands already.

use super::{
    bus::BusAddress,
    certificates::gateway_tls,
    exports::ExportArgs,
    files,
    moves::Moves,
    part_bus::connect_part,
    probe,
    running::{RunningGateway, open_files, start_gateway, stop_signal},
    secrets::Secrets,
    services::{self, GATEWAY, KEY_RENEWAL, Needs, Place, STREAMS},
    status::Status,
    streams,
    write_gate::WriteGate,
};
use anyhow::{Context, bail};
use futures::future::join_all;
use reeve_gateway::{Config as GatewayConfig, Tls};
use reeve_jetstream::Bus;
use reeve_runtime::Running;
use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::net::TcpListener;

/// As long requests may still be at work when the gateway stops: a service answers within half a minute.
const FINISH_TIME: Duration = Duration::from_secs(31);
/// As many replicas of a service share a folder at most.
const MAX_REPLICAS: usize = 64;

/// Options of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// What to run: services, as `reeve services` lists them, the gateway, streams, which makes what the others store in and wait for,
    /// and key-renewal, which needs the root key and signs the set of dispatch keys anew in time.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The folder that `reeve init` wrote, or of one service `parts/NAME` in it: what that needs and no more.
    #[arg(long, env = "REEVE_SECRETS")]
    secrets: PathBuf,
    /// The bus: one address, or those of a cluster's servers with commas between them.
    #[arg(long, env = "REEVE_BUS", default_value = "nats://127.0.0.1:4222")]
    bus: String,
    /// How many servers of a cluster keep each stream: 3, or 5. Streams that are there are brought to it; without it they stay as
    /// they are.
    #[arg(long, env = "REEVE_BUS_REPLICAS", value_name = "COUNT", value_parser = bus_replicas)]
    bus_replicas: Option<usize>,
    /// Where this process says whether it is ready (GET /readyz), for health checks: see `reeve health`; and what it has
    /// measured (GET /metrics), for Prometheus.
    #[arg(long, env = "REEVE_STATUS", value_name = "ADDRESS")]
    status: Option<SocketAddr>,
    /// nodes: where nodes find the bus, if elsewhere; several addresses with commas between them.
    #[arg(long, env = "REEVE_NODE_BUS")]
    node_bus: Option<String>,
    /// The folder of the views. Replicas of a service may share it: each has its own folder in it.
    #[arg(long, env = "REEVE_VIEWS", default_value = ".reeve-serve")]
    views: PathBuf,
    /// The account that answers name: twelve digits.
    #[arg(long, env = "REEVE_ACCOUNT")]
    account: String,
    #[arg(long, env = "REEVE_REGION", default_value = "us-east-1")]
    region: String,
    /// gateway: where the AWS API is served.
    #[arg(long, env = "REEVE_HTTP", default_value = "127.0.0.1:8400")]
    http: SocketAddr,
    /// gateway: the certificate that it shows, as PEM, with those that lead to its root; server.pem among the secrets, if
    /// `reeve init --tls` made one.
    #[arg(long, env = "REEVE_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// gateway: the key of that certificate.
    #[arg(long, env = "REEVE_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// The certificates of those whose word for the bus counts, as PEM. With it there is no connection to the bus without
    /// TLS; without it a bus at `tls://…` is checked against the system's. ca.pem among the secrets, if it is there.
    #[arg(long, env = "REEVE_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// gateway: serve without TLS beyond loopback. Only for networks that you trust, such as one of containers.
    #[arg(long, env = "REEVE_INSECURE_HTTP")]
    insecure_http: bool,
    /// gateway: the folder whose files `reeve-agent…` nodes may fetch to update themselves; that of this program, if not given.
    #[arg(long, value_name = "FOLDER", env = "REEVE_PROGRAMS")]
    programs: Option<PathBuf>,
    /// gateway: how long it goes on after it was asked to stop, while /readyz says that it stops: as long as a balancer needs
    /// to see that.
    #[arg(long, env = "REEVE_LEAVE_SECONDS", value_name = "SECONDS", default_value_t = 0)]
    leave_seconds: u64,
    #[command(flatten)]
    exports: ExportArgs,
}

/// As many servers as can be told apart in a majority and a minority.
fn bus_replicas(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| matches!(count, 1 | 3 | 5));
    count.ok_or_else(|| format!("{text:?} is not 1, 3 or 5"))
}

impl Args {
    /// With the certificates that `init` made, where none were named.
    fn with_made_certificates(mut self) -> Self {
        let made = |file: &str| Some(self.secrets.join(file)).filter(|path| path.exists());
        self.ca = self.ca.or_else(|| made(files::CA));
        if self.tls_cert.is_none() && self.tls_key.is_none() {
            (self.tls_cert, self.tls_key) = (made(files::SERVER_CERTIFICATE), made(files::SERVER_KEY));
        }
        self
    }

    fn bus(&self) -> BusAddress {
        BusAddress { url: self.bus.clone(), ca: self.ca.clone(), replicas: self.bus_replicas }
    }

    fn leave_time(&self) -> Duration {
        Duration::from_secs(self.leave_seconds)
    }

    fn tls(&self) -> anyhow::Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => gateway_tls(certificate, key).map(Some),
            (None, None) => Ok(None),
            _ => bail!("--tls-cert and --tls-key need each other"),
        }
    }
}

/// Runs the services until SIGINT or SIGTERM.
///
/// # Errors
/// When one cannot be started.
pub async fn serve(args: Args) -> anyhow::Result<()> {
    let args = args.with_made_certificates();
    let stop = stop_signal()?;
    let status = match args.status {
        Some(address) => Status::serve(&args.names, address).await?,
        None => Status::default(),
    };
    open_files();
    Moves::ensure_here(&args.secrets)?;
    let secrets = Secrets::in_folder(&args.secrets);
    let mut names: Vec<&str> = args.names.iter().map(String::as_str).collect();
    // The others wait for what it makes.
    names.sort_by_key(|name| *name != STREAMS);
    for name in names.iter().filter(|name| ![GATEWAY, KEY_RENEWAL, STREAMS].contains(name)) {
        services::entry(name)?;
    }
    let place = Place {
        account: args.account.clone(),
        region: args.region.clone(),
        node_bus_url: args.node_bus.clone().unwrap_or_else(|| args.bus.clone()),
    };
    let mut parts = Parts::default();
    tokio::pin!(stop);
    let served = tokio::select! {
        started = parts.start(&args, (&secrets, &place), names, &status) => match started {
            Ok(()) => {
                stop.await;
                Ok(())
            }
            Err(error) => Err(error),
        },
        () = &mut stop => Ok(()),
    };
    let stopped = parts.stop(args.leave_time()).await;
    served.and(stopped)
}

/// What runs so far.
#[derive(Default)]
struct Parts {
    running: Vec<Running>,
    gateway: Option<RunningGateway>,
    /// Held until the services have stopped.
    locks: Vec<File>,
}

impl Parts {
    async fn start(
        &mut self,
        args: &Args,
        (secrets, place): (&Secrets, &Place),
        names: Vec<&str>,
        status: &Status,
    ) -> anyhow::Result<()> {
        let mut connected = false;
        for name in names {
            let bus = connect_part(&args.bus(), secrets, name).await?;
            if !std::mem::replace(&mut connected, true) {
                status.connected(bus.clone());
            }
            self.start_one(args, (secrets, place), name, bus).await?;
            status.started(name);
            eprintln!("reeve: {name} serves");
        }
        Ok(())
    }

    async fn start_one(
        &mut self,
        args: &Args,
        (secrets, place): (&Secrets, &Place),
        name: &str,
        bus: Bus,
    ) -> anyhow::Result<()> {
        if name == STREAMS {
            streams::make(&bus).await?;
            // It ends with the process.
            tokio::spawn(async move { streams::keep_made(&bus).await });
            return Ok(());
        }
        let exports = args.exports.store(None)?;
        let needs =
            Needs::assemble(secrets.clone(), (place.clone(), exports), &bus, &args.bus(), &[name]).await?;
        if name == GATEWAY {
            self.gateway = Some(gateway_at(args, bus, &needs).await?);
        } else if name == KEY_RENEWAL {
            let folder = args.secrets.clone();
            // It ends with the process.
            tokio::spawn(async move { super::keys::keep_renewed(&folder, &bus).await });
        } else {
            let service = services::describe(name, &needs)?;
            let (views, lock) = own_folder(&args.views, name)?;
            self.locks.push(lock);
            self.running.push(reeve_runtime::run(service, bus, &views).await?);
        }
        Ok(())
    }

    /// Lets all of them finish what they have begun.
    async fn stop(self, leave_time: Duration) -> anyhow::Result<()> {
        let mut served = Ok(());
        if let Some((stop, task)) = self.gateway {
            stop.send_replace(true);
            match tokio::time::timeout(leave_time + FINISH_TIME, task).await {
                Ok(ended) => served = ended?.map_err(Into::into),
                Err(_) => tracing::warn!("requests were still open when the gateway ended"),
            }
        }
        join_all(self.running.into_iter().map(Running::stop)).await;
        drop(self.locks);
        served
    }
}

/// The first folder in which no other process has this service's views, and the lock of them.
fn own_folder(views: &Path, service: &str) -> anyhow::Result<(PathBuf, File)> {
    for number in 1..=MAX_REPLICAS {
        let folder = views.join(number.to_string());
        let lock = || File::create(folder.join(format!("{service}.lock")));
        let opened = std::fs::create_dir_all(&folder).and_then(|()| lock());
        let lock = opened.with_context(|| format!("could not make the folder {}", folder.display()))?;
        if lock.try_lock().is_ok() {
            return Ok((folder, lock));
        }
    }
    bail!("{}: {MAX_REPLICAS} processes have views of {service} there already", views.display())
}

async fn gateway_at(args: &Args, bus: Bus, needs: &Needs) -> anyhow::Result<RunningGateway> {
    let tls = args.tls()?;
    if tls.is_none() && !args.http.ip().is_loopback() && !args.insecure_http {
        bail!(
            "--http {}: beyond loopback --tls-cert and --tls-key are needed; --insecure-http serves without them",
            args.http
        );
    }
    let listener =
        TcpListener::bind(args.http).await.with_context(|| format!("could not listen on {}", args.http))?;
    let token_key = needs.secrets.key(files::TOKEN_KEY)?;
    let mut config =
        GatewayConfig::new(listener.local_addr()?, args.account.clone(), args.region.clone(), token_key);
    config.tls = tls;
    config.programs = files::programs(args.programs.as_ref());
    config.leave_time = args.leave_time();
    let (gate, closed) = WriteGate::new();
    config.closed = closed;
    // It ends with the process, as the gateway does.
    tokio::spawn(probe::watch(bus.clone(), gate));
    Ok(start_gateway(config, needs.access()?, listener, bus))
}
