//! What each part of an instance that runs apart is given: copies of those files, in a folder of its own, and no more.

use super::{folder::write_private, serve::files::*};
use anyhow::Context;
use std::{
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// Each part's files. What a part does without, when it is not there yet, comes first: a part that is started meanwhile
/// misses another one, ends, and is started again.
pub const PARTS: [(&str, &[&str]); 8] = [
    ("nats", &[NATS]),
    ("access", &[SERVICES, MAC, SECRETS_KEY]),
    ("documents", &[SERVICES, MAC]),
    ("tags", &[SERVICES, MAC]),
    ("nodes", &[KEY_SET, SERVICES, MAC, SYSTEM, ENROLMENT, ADMISSION, ROOT_KEY]),
    ("run-command", &[SERVICES, MAC, ROOT_KEY, DISPATCH]),
    ("gateway", &[INSTANCE, SERVICES, MAC, SECRETS_KEY, TOKEN_KEY, PRINCIPALS]),
    // Whoever makes activations, by the signed API.
    ("administrator", &[ADMINISTRATOR]),
];

/// The folder of a part.
fn of(folder: &Path, part: &str) -> PathBuf {
    folder.join("parts").join(part)
}

/// Gives every part its files.
pub fn lay_out(folder: &Path) -> anyhow::Result<()> {
    for (part, files) in PARTS {
        let path = of(folder, part);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("could not make the folder {}", path.display()))?;
        for file in files {
            match std::fs::read(folder.join(file)) {
                Ok(bytes) => write_private(&path.join(file), &bytes)?,
                Err(error) if error.kind() == ErrorKind::NotFound && *file == INSTANCE => {}
                Err(error) => return Err(error).with_context(|| format!("could not read {file}")),
            }
        }
    }
    Ok(())
}

/// Writes a file, and the copies of the parts that have been given theirs.
pub fn write(folder: &Path, file: &str, bytes: &[u8]) -> anyhow::Result<()> {
    write_private(&folder.join(file), bytes)?;
    for (part, files) in PARTS {
        let path = of(folder, part);
        if files.contains(&file) && path.exists() {
            write_private(&path.join(file), bytes)?;
        }
    }
    Ok(())
}
