//! A part's own connection to the bus, with the keys that it has.

use super::{
    bus::{BusAddress, connect_with, ensure_restored, options},
    files,
    secrets::Secrets,
    services::{GATEWAY, KEY_RENEWAL, KEY_RENEWAL_CALLS, STREAMS},
};
use reeve_jetstream::{Bus, Options, calls::CallKeys, mac::MacKey, operator::User, rights::inbox};

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
