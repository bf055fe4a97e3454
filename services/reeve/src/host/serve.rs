//! `reeve serve NAME…`: services, and the gateway, against a NATS that stands already.

use super::{
    certificates::gateway_tls,
    closing::Closing,
    keys,
    nats::{self, BusAddress},
    probe,
    services::{self, Needs},
    up::{open_files, start_gateway, stop_signal},
};
use anyhow::{Context, bail};
use reeve_authz::{Access, Keyring};
use reeve_gateway::{Config as GatewayConfig, Tls};
use reeve_jetstream::{
    Bus,
    admission::Admission,
    mac::MacKey,
    operator::{Enrolment, User},
    streams,
};
use reeve_secrets::Vault;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;

/// The files that `reeve init` writes: each part is given only those that it needs.
pub mod files {
    /// nats-server's configuration.
    pub const NATS: &str = "nats.conf";
    /// A user of CORE: every service and the gateway.
    pub const SERVICES: &str = "services.user.json";
    /// A user of SYS: nodes.
    pub const SYSTEM: &str = "system.user.json";
    /// The key that lets nodes in: nodes.
    pub const ENROLMENT: &str = "enrolment.json";
    /// The key that signs accounts, and with which nodes are kept out again: nodes.
    pub const ADMISSION: &str = "admission.json";
    /// The key that signs sets of dispatch keys: no service, only `reeve keys`.
    pub const ROOT_SEED: &str = "root.seed";
    /// Its public half: nodes and run-command.
    pub const ROOT_KEY: &str = "root.key";
    /// The keys that sign dispatches, one a line: run-command.
    pub const DISPATCH: &str = "dispatch.seeds";
    /// The set of the public halves, signed by the root key: nodes, to begin with.
    pub const KEY_SET: &str = "dispatch-keys.set";
    /// The key that seals pagination tokens: the gateway.
    pub const TOKEN_KEY: &str = "token.key";
    /// The key with which the services authenticate what they write and say: every service and the gateway.
    pub const MAC: &str = "mac.key";
    /// The key that encrypts the data keys of secrets: access and the gateway.
    pub const SECRETS_KEY: &str = "secrets.key";
    /// The administrators: the gateway.
    pub const PRINCIPALS: &str = "principals.json";
    /// How clients reach the instance: the gateway, for whoever administers it there.
    pub const INSTANCE: &str = "instance.json";
    /// The administrator's exports, for a shell.
    pub const ADMINISTRATOR: &str = "administrator.env";
}

/// Options of `serve`.
#[derive(clap::Args)]
pub struct Args {
    /// What to run: access, documents, tags, nodes, run-command, gateway.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The folder that `reeve init` wrote, or of one service `parts/NAME` in it: what that needs and no more.
    #[arg(long, env = "REEVE_SECRETS")]
    secrets: PathBuf,
    /// The bus.
    #[arg(long, env = "REEVE_BUS", default_value = "nats://127.0.0.1:4222")]
    bus: String,
    /// nodes: where nodes find the bus, if elsewhere.
    #[arg(long, env = "REEVE_NODE_BUS")]
    node_bus: Option<String>,
    /// The folder of the views.
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
    /// gateway: the certificate that it shows, as PEM, with those that lead to its root.
    #[arg(long, env = "REEVE_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// gateway: the key of that certificate.
    #[arg(long, env = "REEVE_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// The certificates of those whose word for the bus counts, as PEM. With it there is no connection to the bus without
    /// TLS; without it a bus at `tls://…` is checked against the system's.
    #[arg(long, env = "REEVE_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The bus acknowledges before its disk does (nats-server without `sync_interval: always`): a power cut can lose what
    /// was acknowledged, and services store one by one, which is faster there.
    #[arg(long, env = "REEVE_BUS_WITHOUT_SYNC")]
    bus_without_sync: bool,
    /// gateway: serve without TLS beyond loopback. Only for networks that you trust, such as one of containers.
    #[arg(long, env = "REEVE_INSECURE_HTTP")]
    insecure_http: bool,
}

impl Args {
    fn bus(&self) -> BusAddress {
        BusAddress { url: self.bus.clone(), ca: self.ca.clone() }
    }

    fn tls(&self) -> anyhow::Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => gateway_tls(certificate, key).map(Some),
            (None, None) => Ok(None),
            _ => bail!("--tls-cert and --tls-key need each other"),
        }
    }

    fn secret(&self, name: &str) -> anyhow::Result<String> {
        let path = self.secrets.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
    }

    /// A secret that only some of the services need.
    fn secret_for(&self, services: &[&str], name: &str) -> anyhow::Result<Option<String>> {
        let needed = self.names.iter().any(|served| services.contains(&served.as_str()));
        needed.then(|| self.secret(name)).transpose()
    }
}

/// Runs the services until SIGINT or SIGTERM.
///
/// # Errors
/// When one cannot be started.
pub async fn serve(args: Args) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    open_files();
    let user: User = serde_json::from_str(&args.secret(files::SERVICES)?).context(files::SERVICES)?;
    let mac = MacKey::new(&key(&args.secret(files::MAC)?)?);
    let needs = needs(&args, &nats::connect_service(&args.bus(), &user, "access", &mac).await?).await?;
    let mut running = Vec::new();
    let mut gateway = None;
    for name in &args.names {
        let bus = nats::connect_service(&args.bus(), &user, name, &mac).await?;
        let bus = bus.syncing(!args.bus_without_sync);
        if name == "gateway" {
            let access = needs.access.clone().context("the gateway needs to know who may call")?;
            gateway = Some(gateway_at(&args, bus, access).await?);
        } else {
            let service = services::describe(name, &needs)?;
            std::fs::create_dir_all(&args.views)?;
            streams::ensure_node_streams(&bus).await?;
            running.push(reeve_runtime::run(service, bus, &args.views).await?);
        }
        eprintln!("reeve: {name} serves");
    }
    stop.await;
    if let Some((stop, task)) = gateway {
        stop.send_replace(true);
        task.await??;
    }
    for service in running {
        service.stop().await;
    }
    Ok(())
}

async fn needs(args: &Args, bus: &Bus) -> anyhow::Result<Needs> {
    let serves = |names: &[&str]| args.names.iter().any(|name| names.contains(&name.as_str()));
    let enrolment = args.secret_for(&["nodes"], files::ENROLMENT)?;
    let enrolment = enrolment.map(|text| serde_json::from_str::<Enrolment>(&text)).transpose()?;
    let admission = args.secret_for(&["nodes"], files::ADMISSION)?;
    let admission = admission.map(|text| serde_json::from_str::<Admission>(&text)).transpose()?;
    let root_key = args.secret_for(&["nodes", "run-command"], files::ROOT_KEY)?;
    let key_set = if serves(&["nodes"]) { keys::read_set(&args.secrets)? } else { None };
    let system = match args.secret_for(&["nodes"], files::SYSTEM)? {
        Some(text) => Some(nats::connect(&args.bus(), &serde_json::from_str(&text)?, "nodes-system").await?),
        None => None,
    };
    let vault = match args.secret_for(&["access", "gateway"], files::SECRETS_KEY)? {
        Some(text) => Some(Vault::open(bus, key(&text)?).await?),
        None => None,
    };
    let access = if serves(&["access", "gateway", "run-command"]) {
        let keyring = match serves(&["gateway"]) {
            true => Keyring::load(&args.secrets.join(files::PRINCIPALS))?,
            false => Keyring::default(),
        };
        Some(reeve_authz::watch(bus, keyring, vault.clone()).await?)
    } else {
        None
    };
    Ok(Needs {
        account: args.account.clone(),
        region: args.region.clone(),
        bus_url: args.node_bus.clone().unwrap_or_else(|| args.bus.clone()),
        enrolment,
        admission,
        root_key: root_key.map(|key| key.trim().to_owned()),
        key_set,
        seeds: serves(&["run-command"]).then(|| keys::seeds_of(&args.secrets)),
        system,
        access,
        vault,
    })
}

async fn gateway_at(args: &Args, bus: Bus, access: Arc<Access>) -> anyhow::Result<super::up::RunningGateway> {
    let tls = args.tls()?;
    if tls.is_none() && !args.http.ip().is_loopback() && !args.insecure_http {
        bail!(
            "--http {}: beyond loopback --tls-cert and --tls-key are needed; --insecure-http serves without them",
            args.http
        );
    }
    let listener =
        TcpListener::bind(args.http).await.with_context(|| format!("could not listen on {}", args.http))?;
    let token_key = key(&args.secret(files::TOKEN_KEY)?)?;
    let mut config =
        GatewayConfig::new(listener.local_addr()?, args.account.clone(), args.region.clone(), token_key);
    config.tls = tls;
    let (closing, closed) = Closing::new();
    config.closed = closed;
    // It ends with the process, as the gateway does.
    tokio::spawn(probe::watch(bus.clone(), closing));
    Ok(start_gateway(config, access, listener, bus))
}

/// The 32 bytes of a key in hexadecimal.
pub fn key(text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes())?;
    bytes.as_slice().try_into().context("the key has not 32 bytes")
}
