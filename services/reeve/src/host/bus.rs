//! Where the bus of an instance is, and connections to it.

use super::{
    files,
    secrets::Secrets,
    services::{GATEWAY, KEY_RENEWAL, KEY_RENEWAL_CALLS, STREAMS},
};
use reeve_jetstream::{
    Bus, Credentials, Options, calls::CallKeys, mac::MacKey, operator::User, restore, rights::inbox,
};
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

/// Connects a part with its own user, as which it may do what its rights are ([`super::rights`]). On a bus whose restore did not come to
/// its end nothing begins. All but the one that makes the streams find them made.
pub async fn connect_part(bus: &BusAddress, secrets: &Secrets, part: &str) -> anyhow::Result<Bus> {
    let user: User = secrets.json(&files::user_of(part))?;
    let options = Options { inbox_prefix: inbox(part), ..options(bus, &user, part) };
    let bus = connect_with(&options).await?.replicated(bus.replicas);
    ensure_restored(&bus).await?;
    if part == STREAMS {
        return Ok(bus);
    }
    let mac = MacKey::new(&secrets.key(files::MAC)?);
    Ok(bus.finding_streams().authenticating(mac).with_call_keys(call_keys(secrets, part)?))
}

/// The keys of the calls that a part takes or makes.
fn call_keys(secrets: &Secrets, part: &str) -> anyhow::Result<CallKeys> {
    let service = match part {
        GATEWAY => return Ok(CallKeys::Root(secrets.key(files::CALL_KEY)?)),
        KEY_RENEWAL => KEY_RENEWAL_CALLS,
        service => service,
    };
    Ok(CallKeys::Of { service: service.to_owned(), key: secrets.key(&files::call_key_of(service))? })
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

async fn connect_with(options: &Options) -> anyhow::Result<Bus> {
    let begun = Instant::now();
    loop {
        match Bus::connect(options).await {
            Ok(connected) => return Ok(connected),
            Err(error) if begun.elapsed() > Duration::from_secs(20) => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
