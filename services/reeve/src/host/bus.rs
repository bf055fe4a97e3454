//! Where the bus of an instance is, and connections to it.

use reeve_jetstream::{Bus, Credentials, Error, Options, operator::User, restore};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Where a bus is.
#[derive(Clone)]
pub struct BusAddress {
    pub url: String,
    /// The certificates of those whose word for it counts; with it there is no connection without TLS.
    pub ca: Option<PathBuf>,
    /// How many servers keep each stream; without it each stays as it is.
    pub replicas: Option<usize>,
}

/// How a user of CORE or SYS connects.
pub fn options(bus: &BusAddress, user: &User, name: &str) -> Options {
    Options {
        url: bus.url.clone(),
        credentials: Credentials::Jwt { jwt: user.jwt.clone(), seed: user.seed.clone() },
        name: name.to_owned(),
        inbox_prefix: "_INBOX".to_owned(),
        ca: bus.ca.clone(),
    }
}

/// Whether what the bus holds is a log: not while it is being given back.
pub async fn ensure_restored(bus: &Bus) -> anyhow::Result<()> {
    anyhow::ensure!(
        !restore::is_unfinished(bus).await?,
        "the log is being restored, or its restore was cut off: once `reeve restore --bus` has come to its end, this can begin"
    );
    Ok(())
}

/// Connects to a bus that is there.
pub async fn connect_now(bus: &BusAddress, user: &User, name: &str) -> anyhow::Result<Bus> {
    Ok(Bus::connect(&options(bus, user, name)).await?.replicated(bus.replicas))
}

/// Connects, waiting for a server that is starting.
pub async fn connect(bus: &BusAddress, user: &User, name: &str) -> anyhow::Result<Bus> {
    Ok(connect_with(&options(bus, user, name)).await?.replicated(bus.replicas))
}

pub async fn connect_with(options: &Options) -> anyhow::Result<Bus> {
    let begun = Instant::now();
    loop {
        match Bus::connect(options).await {
            Ok(connected) => return Ok(connected),
            Err(error) if begun.elapsed() > Duration::from_secs(20) => return Err(explained(error)),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn explained(error: Error) -> anyhow::Error {
    let is_stranger = matches!(error, Error::NotLetIn(_));
    let error = anyhow::Error::from(error);
    match is_stranger {
        true => error.context(
            "the bus does not know this part's user: its configuration and these secrets were not made by one `reeve init`, or one of them is \
             older than the other. Start the bus anew if its configuration was written since; otherwise give the part the secrets that belong to it",
        ),
        false => error,
    }
}
