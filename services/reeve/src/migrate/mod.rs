//! `reeve migrate`: an instance moves from one folder to another: from `up` into containers, and back.
//!
//! What moves are the keys and nats-server's own files, through a pipe: `out` writes them, `in` reads them, and neither needs
//! anything that runs. `out` marks what it leaves before it writes the end, and `in` takes nothing for an instance before it has
//! read the end: so at no instant can both start (docs/adr/0061-backups.md).

mod arriving;
mod environment;
mod leaving;
mod wire;

use crate::{
    client::Format,
    host::{Keys, files, place::FoundAt, read_instance},
};
use anyhow::{bail, ensure};
use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What of nats-server's store is an instance's: the log, and the accounts that it was given.
const OF_THE_STORE: [&str; 2] = ["jetstream", "accounts"];

const OF_SEVERAL_SERVERS: &str =
    "a bus of several servers moves by a backup: `reeve backup`, and `reeve restore --bus` (docs/cluster.md)";

/// How long a nats-server that was asked to end may take.
const END_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Moves an instance between `up`'s folder and parts that run apart.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Writes the instance of this folder, which is not running, to stdout for `migrate in`; here it does not start any more.
    Out(leaving::Args),
    /// Reads from stdin what `migrate out` writes. The folder has no instance, or had the same one before it left.
    In(arriving::Args),
    /// Lets an instance start again where it was moved out, because it arrived nowhere.
    Undo(leaving::UndoArgs),
}

/// # Errors
/// When it cannot be moved: where it was it is still, unless the sentence says otherwise.
pub fn migrate(data: &Path, command: &Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::Out(args) => leaving::out(data, args),
        Command::In(args) => arriving::arrive(data, args, format),
        Command::Undo(args) => leaving::undo(data, args, format),
    }
}

/// Where nats-server keeps the log.
#[derive(clap::Args)]
struct Store {
    /// Where nats-server keeps the log, if not in this folder, as `up` has it.
    #[arg(long, value_name = "FOLDER", env = "REEVE_BUS_STORE")]
    bus_store: Option<PathBuf>,
    /// A cluster is not moved like this: each of its servers has a store of its own.
    #[arg(long, hide = true, env = "REEVE_BUS_SERVERS", value_delimiter = ',')]
    bus_server: Vec<String>,
}

impl Store {
    fn of(&self, data: &Path) -> anyhow::Result<PathBuf> {
        ensure!(self.bus_server.iter().all(String::is_empty), OF_SEVERAL_SERVERS);
        Ok(self.bus_store.clone().unwrap_or_else(|| data.join("nats")))
    }
}

/// Where its bus answers if somebody runs the instance: where it was announced, where nodes were told, where it was to listen.
fn places_of_bus(data: &Path, keys: &Keys) -> anyhow::Result<BTreeSet<String>> {
    let port = keys.bus_port;
    let mut places = BTreeSet::from([format!("127.0.0.1:{port}")]);
    if let Ok(instance) = read_instance(data) {
        let announced: Vec<_> =
            instance.bus_url.split(',').filter_map(|url| url.split("://").nth(1)).collect();
        ensure!(announced.len() < 2, OF_SEVERAL_SERVERS);
        places.extend(announced.into_iter().map(str::to_owned));
    }
    if let Some(found_at) = FoundAt::read(data)? {
        places.extend([
            format!("{}:{port}", found_at.host),
            SocketAddr::new(found_at.listen, port).to_string(),
        ]);
    }
    if let Ok(configuration) = std::fs::read_to_string(data.join(files::NATS)) {
        places
            .extend(configuration.lines().find_map(|line| line.strip_prefix("listen: ")).map(str::to_owned));
    }
    Ok(places)
}

/// Whether nobody runs the instance, as far as that can be seen from here.
fn ensure_bus_is_silent(data: &Path, keys: &Keys) -> anyhow::Result<()> {
    let begun = Instant::now();
    for address in places_of_bus(data, keys)? {
        while answers(&address) {
            if begun.elapsed() > END_TIMEOUT {
                bail!(
                    "the bus of {} answers at {address}: end `reeve up`, or `docker compose stop`, before",
                    data.display()
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

fn answers(address: &str) -> bool {
    // A name that nobody knows is nobody's.
    let Ok(addresses) = address.to_socket_addrs() else { return false };
    addresses.into_iter().any(|address| TcpStream::connect_timeout(&address, CONNECT_TIMEOUT).is_ok())
}
