//! The files of an instance: the names of those that `reeve init` writes, of which each part is given only what it needs;
//! and how they are written, for their owner alone.

use anyhow::Context;
use serde::de::DeserializeOwned;
use std::{
    fs::{File, OpenOptions},
    io::{Error, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The keys of an instance: no part.
pub const KEYS: &str = "keys.json";
/// The key that signs backups and checkpoints of the log: no service, only `reeve backup` and `reeve verify`.
pub const CHECKPOINT_SEED: &str = "checkpoint.seed";
/// nats-server's configuration.
pub const NATS: &str = "nats.conf";
/// What earlier releases gave to every part: a user of CORE who may do everything there. It is let in no more.
pub const FORMER_USER: &str = "services.user.json";
/// A user of SYS: nodes and access.
pub const SYSTEM: &str = "system.user.json";
/// The key that lets nodes in: nodes.
pub const ENROLMENT: &str = "enrolment.json";
/// The key that signs accounts, and with which nodes are kept out again: nodes.
pub const ADMISSION: &str = "admission.json";
/// The key that lets other systems' programs read and send events: access and ingest.
pub const CLIENTS: &str = "clients.json";
/// The key that signs accounts, and with which those programs are kept out again: access.
pub const CLIENT_ADMISSION: &str = "client-admission.json";
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
/// The key with which the services authenticate the events and messages that they write: every service and the gateway.
pub const MAC: &str = "mac.key";
/// The key from which that of each service's calls follows: the gateway.
pub const CALL_KEY: &str = "calls.key";
/// The key that encrypts the data keys of secrets: access and the gateway.
pub const SECRETS_KEY: &str = "secrets.key";
/// The administrators: the gateway.
pub const PRINCIPALS: &str = "principals.json";
/// In it a restore puts everything together; while it is there, the folder has no instance.
pub const RESTORING: &str = "restoring";
/// How clients reach the instance: the gateway, for whoever administers it there.
pub const INSTANCE: &str = "instance.json";
/// The administrator's exports, for a shell.
pub const ADMINISTRATOR: &str = "administrator.env";

/// The certificates of those whose word for the gateway and the bus counts, where `reeve init --tls` made them: everyone.
pub const CA: &str = "ca.pem";
/// The certificate that the gateway and nats-server show then.
pub const SERVER_CERTIFICATE: &str = "server.pem";
/// Its key.
pub const SERVER_KEY: &str = "server.key";

/// A part's own user of CORE: that part.
pub fn user_of(part: &str) -> String {
    format!("{part}.user.json")
}

/// The key of a service's calls: that service, and who calls it alone.
pub fn call_key_of(service: &str) -> String {
    format!("{service}.calls.key")
}

/// Reads a file that [`write_private`] wrote.
pub fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not what reeve wrote", path.display()))
}

/// Reads a file that a user names, up to a number of bytes: what has no end is none.
pub fn read_limited(path: &Path, max_bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > max_bytes {
        true => Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {max_bytes} bytes"))),
        false => Ok(bytes),
    }
}

/// Writes a file for the owner's eyes only, whole or not at all.
///
/// # Errors
/// When it cannot be written, or what is there is no regular file.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = (|| {
        let place = destination(path)?;
        let temporary = temporary_of(&place);
        let mut file = create_private(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &place)
    })();
    written.with_context(|| format!("could not write {}", path.display()))
}

/// Whether [`write_private`] could write there; what is there stays.
///
/// # Errors
/// As [`write_private`].
pub fn check_writable(path: &Path) -> anyhow::Result<()> {
    let checked = (|| {
        let temporary = temporary_of(&destination(path)?);
        create_private(&temporary)?;
        std::fs::remove_file(&temporary)
    })();
    checked.with_context(|| format!("could not write {}", path.display()))
}

/// What is written before it has a file's name.
fn temporary_of(place: &Path) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// A new file, whatever an earlier attempt has left in its place.
fn create_private(path: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// As many links in a row are followed.
const MAX_LINKS: usize = 16;

/// The file that a path stands for: a link stays one, and what it leads to is written.
fn destination(path: &Path) -> std::io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = place.read_link() else { break };
        place = place.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    match place.symlink_metadata() {
        Ok(found) if !found.is_file() => Err(Error::new(ErrorKind::InvalidInput, "it is no regular file")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(place),
    }
}

/// Makes a folder for the owner's eyes only, if it is not there; what it lies in is made as others are.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_folder(path: &Path) -> anyhow::Result<()> {
    let parents = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let made = parents.and_then(|()| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path));
    made.with_context(|| format!("could not make the folder {}", path.display()))
}

/// Removes a file, if it is there.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The folder of the agents' programs: the one that was said, else that of this program.
pub fn programs(said: Option<&PathBuf>) -> Option<PathBuf> {
    // A compose file may set what it does not say to nothing.
    let said = said.filter(|folder| !folder.as_os_str().is_empty()).cloned();
    said.or_else(|| Some(std::env::current_exe().ok()?.parent()?.to_owned()))
}
