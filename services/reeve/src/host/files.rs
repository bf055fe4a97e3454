//! The files of an instance: the names of those that `reeve init` writes, of which each part is given only what it needs;
//! and how they are written, for their owner alone.

use anyhow::Context;
use serde::de::DeserializeOwned;
use std::{
    fs::File,
    io::{Error, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

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
/// In it a restore puts everything together; while it is there and the keys are not, the folder has no instance.
pub const RESTORING: &str = ".reeve-restoring";
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

/// Writes a file for the owner's eyes only, whole or not at all. A link in its place is replaced.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = (|| {
        let mut file = temporary_beside(path)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    })();
    written.map(drop).with_context(|| format!("could not write {}", path.display()))
}

/// A new file of a name of its own, for the owner's eyes only, which goes when it is not kept.
fn temporary_beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".reeve-").tempfile_in(folder)
}

/// As many links in a row are followed.
const MAX_LINKS: usize = 16;

/// The file that a path which a user names stands for, as [`write_private`] may write it: where links lead that are this user's own, or the
/// machine's. What is there stays.
///
/// # Errors
/// When it could not be written, is no regular file, or another user's link leads there.
pub fn place_of(path: &Path) -> anyhow::Result<PathBuf> {
    let found = (|| {
        let mut place = path.to_owned();
        for _ in 0..MAX_LINKS {
            let Ok(target) = place.read_link() else { break };
            let owner = place.symlink_metadata()?.uid();
            if ![0, rustix::process::geteuid().as_raw()].contains(&owner) {
                return Err(Error::new(
                    ErrorKind::PermissionDenied,
                    format!("{} is another user's link", place.display()),
                ));
            }
            place = place.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
        }
        match place.symlink_metadata() {
            Ok(found) if !found.is_file() => {
                Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"))
            }
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => temporary_beside(&place).map(|_| place),
        }
    })();
    found.with_context(|| format!("could not write {}", path.display()))
}

const REMOVAL_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Removes a folder with all that is in it, if it is there. For so long it is tried again while somebody who ends still writes into it.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_folder(path: &Path, patience: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && begun.elapsed() < patience => {
                std::thread::sleep(REMOVAL_POLL_INTERVAL);
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", path.display()));
            }
            _ => return Ok(()),
        }
    }
}

/// Everything that was written on the disk of a folder is there after a power cut.
///
/// # Errors
/// When that could not be done.
pub fn sync_disk_of(folder: &Path) -> anyhow::Result<()> {
    let synced = File::open(folder).and_then(|folder| rustix::fs::syncfs(&folder).map_err(Into::into));
    synced.with_context(|| format!("could not write {}", folder.display()))
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
