//! `reeve bus-user`: credentials for the bus, for a program that is no part of Reeve.

use super::stdout;
use crate::host::read_keys;
use std::path::Path;

/// Options of `bus-user`.
#[derive(clap::Args)]
pub struct Args {
    /// What the program is called: letters, digits and hyphens. It hears answers on `_INBOX_NAME.>` alone.
    name: String,
}

/// Prints a credentials file as NATS's own tools read it. The user may send to `reeve.edge`, where each call is signed
/// with an access key and authorized as over HTTP, and nothing else.
///
/// # Errors
/// When the folder has no keys or the name is none.
pub fn bus_user(data: &Path, args: &Args) -> anyhow::Result<()> {
    let user = read_keys(data)?.operator.program_user(&args.name)?;
    stdout::line(user.credentials().trim_end())
}
