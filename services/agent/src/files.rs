//! Files of the agent that nobody else may read.

use std::{
    fs::{File, OpenOptions, rename},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Writes a file for the owner's eyes only, whole or not at all; it is on disk when this answers.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// In it a folder remembers where it is.
const PLACE_FILE: &str = "place";

/// Where a folder is, as a text.
pub fn place_of(folder: &Path) -> String {
    let place = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    place.display().to_string()
}

/// Removes a part of a folder that means nothing elsewhere, when the folder is a copy, or was moved.
pub fn forget_if_copied(folder: &Path, part: &str) -> io::Result<()> {
    let (file, place) = (folder.join(PLACE_FILE), place_of(folder));
    let known = std::fs::read_to_string(&file).ok();
    if known.as_ref() == Some(&place) {
        return Ok(());
    }
    if known.is_some() {
        match std::fs::remove_dir_all(folder.join(part)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    // On a full disk it is remembered the next time.
    if let Err(error) = write_private(&file, place.as_bytes()) {
        tracing::warn!(%error, "where this folder is cannot be remembered");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_nothing_elsewhere_is_forgotten_by_a_copy() {
        let root = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| root.path().join(name));
        std::fs::create_dir_all(one.join("running")).unwrap();
        for _ in 0..2 {
            forget_if_copied(&one, "running").unwrap();
            assert!(one.join("running").exists());
        }
        std::fs::rename(&one, &two).unwrap();
        forget_if_copied(&two, "running").unwrap();
        assert!(!two.join("running").exists());
        forget_if_copied(&two, "running").unwrap();
    }
}
