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
    host::{Keys, read_instance},
};
use anyhow::{bail, ensure};
use std::{
    net::{TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What of nats-server's store is an instance's: the log, and the accounts that it was given.
const OF_THE_STORE: [&str; 2] = ["jetstream", "accounts"];

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
    Undo,
}

/// # Errors
/// When it cannot be moved: where it was it is still, unless the sentence says otherwise.
pub fn migrate(data: &Path, command: &Command, format: Format) -> anyhow::Result<()> {
    match command {
        Command::Out(args) => leaving::out(data, args),
        Command::In(args) => arriving::arrive(data, args, format),
        Command::Undo => leaving::undo(data, format),
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
        ensure!(
            self.bus_server.iter().all(String::is_empty),
            "a bus of several servers moves by a backup: `reeve backup`, and `reeve restore --bus` (docs/cluster.md)"
        );
        Ok(self.bus_store.clone().unwrap_or_else(|| data.join("nats")))
    }
}

/// Whether nobody runs the instance: its bus does not answer where it was announced, nor where nodes of this machine look for it.
fn ensure_bus_is_silent(data: &Path, keys: &Keys) -> anyhow::Result<()> {
    let announced = read_instance(data).ok().map(|instance| instance.bus_url);
    let announced = announced.iter().filter_map(|url| url.split("://").nth(1)).map(str::to_owned);
    let begun = Instant::now();
    for address in announced.chain([format!("127.0.0.1:{}", keys.bus_port)]) {
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
