//! What each part of an instance that runs apart is given: copies of those files, in a folder of its own, and no more.

use super::{
    files::*,
    services::{
        COMMON_SECRETS, ENTRIES, GATEWAY, GATEWAY_SECRETS, KEY_RENEWAL, KEY_RENEWAL_CALLS,
        KEY_RENEWAL_SECRETS, STREAMS,
    },
};
use anyhow::Context;
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The part of the bus's server, or of the first of several.
pub const NATS_PART: &str = "nats";

/// What is there only if `init` was asked for it.
const OPTIONAL: [&str; 4] = [INSTANCE, CA, SERVER_CERTIFICATE, SERVER_KEY];

/// Each part with its files, but for the servers of the bus.
fn parts() -> Vec<(&'static str, Vec<String>)> {
    let named = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>();
    let with = |part: &'static str, secrets: &[&str], called: Option<&str>| {
        let calls = called.map(call_key_of).into_iter().collect();
        (part, [named(secrets), named(&COMMON_SECRETS), named(&[CA]), vec![user_of(part)], calls].concat())
    };
    let mut parts = Vec::new();
    parts.extend(ENTRIES.iter().map(|entry| with(entry.name, entry.secrets, Some(entry.name))));
    parts.push(with(GATEWAY, &[&GATEWAY_SECRETS[..], &[SERVER_CERTIFICATE, SERVER_KEY]].concat(), None));
    parts.push(with(KEY_RENEWAL, &KEY_RENEWAL_SECRETS, Some(KEY_RENEWAL_CALLS)));
    parts.push((STREAMS, [named(&[CA]), vec![user_of(STREAMS)]].concat()));
    // Whoever makes activations, by the signed API.
    parts.push(("administrator", named(&[ADMINISTRATOR, CA])));
    parts
}

/// The folder of a part.
fn of(folder: &Path, part: &str) -> PathBuf {
    folder.join("parts").join(part)
}

/// Gives every part its files, but for the servers of the bus.
pub fn lay_out(folder: &Path) -> anyhow::Result<()> {
    parts().into_iter().try_for_each(|(part, files)| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        lay_out_part(folder, part, &files)
    })
}

/// Gives the servers of the bus theirs: each its configuration, and those of a cluster what they know the others by.
pub fn lay_out_servers(folder: &Path, configurations: &[(String, String)]) -> anyhow::Result<()> {
    let files = [SERVER_CERTIFICATE, SERVER_KEY, CA];
    let files = if configurations.len() > 1 { &files[..] } else { &files[..2] };
    for (server, config) in configurations {
        lay_out_part(folder, server, files)?;
        write_private(&of(folder, server).join(NATS), config.as_bytes())?;
    }
    Ok(())
}

/// Takes from every part what it was given: none of them can start then.
pub fn take_back(folder: &Path) -> anyhow::Result<()> {
    let parts = folder.join("parts");
    let read = |path: &Path| {
        let entries = path.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>);
        entries.with_context(|| format!("could not read {}", path.display()))
    };
    if !parts.exists() {
        return Ok(());
    }
    for part in read(&parts)? {
        // What else is mounted there, such as a folder for files that were lost, is nobody's part.
        let files = read(&part.path())?.into_iter().map(|file| file.path()).filter(|path| path.is_file());
        files.into_iter().try_for_each(|path| remove(&path))?;
    }
    Ok(())
}

fn lay_out_part(folder: &Path, part: &str, files: &[&str]) -> anyhow::Result<()> {
    let path = of(folder, part);
    make_private_folder(&path)?;
    remove(&path.join(FORMER_USER))?;
    for file in files {
        match std::fs::read(folder.join(file)) {
            Ok(bytes) => write_private(&path.join(file), &bytes)?,
            // What is not made any more is nobody's any more.
            Err(error) if error.kind() == ErrorKind::NotFound && OPTIONAL.contains(file) => {
                remove(&path.join(file))?;
            }
            Err(error) => return Err(error).with_context(|| format!("could not read {file}")),
        }
    }
    Ok(())
}

/// Writes a file, and the copies of the parts that have been given theirs.
pub fn write(folder: &Path, file: &str, bytes: &[u8]) -> anyhow::Result<()> {
    write_private(&folder.join(file), bytes)?;
    for (part, files) in parts() {
        let path = of(folder, part);
        if files.iter().any(|one| one == file) && path.exists() {
            write_private(&path.join(file), bytes)?;
        }
    }
    Ok(())
}
