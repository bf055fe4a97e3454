//! What was installed here by patching, and in which start of the machine: until it is started anew, it is pending where a
//! restart is due.

use crate::files::write_private;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io, path::Path};

/// The file, below the agent's data.
const FILE: &str = "patched.json";

/// What is remembered.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Installed {
    /// Which start of the machine this is about.
    boot_id: String,
    /// The versions that were installed, by `name.arch`.
    versions: BTreeMap<String, String>,
    /// The command for which the machine was restarted: it is not, twice.
    pub restarted_for: String,
}

impl Installed {
    /// Reads it; what is about an earlier start is over, and what cannot be read is nothing.
    pub fn read(folder: &Path, boot_id: &str) -> Self {
        let read = std::fs::read(folder.join(FILE)).ok();
        let mut read: Self = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if read.boot_id != boot_id {
            read.versions.clear();
            boot_id.clone_into(&mut read.boot_id);
        }
        read
    }

    /// # Errors
    /// When it cannot be kept.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        write_private(&folder.join(FILE), &bytes)
    }

    pub fn add(&mut self, id: String, version: String) {
        self.versions.insert(id, version);
    }

    /// Whether this version was installed since the machine was started.
    pub fn has(&self, id: &str, version: &str) -> bool {
        self.versions.get(id).is_some_and(|installed| installed == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_with_the_start_it_is_about() {
        let folder = tempfile::tempdir().unwrap();
        let mut installed = Installed::read(folder.path(), "one");
        installed.add("libc6.amd64".to_owned(), "2".to_owned());
        "command".clone_into(&mut installed.restarted_for);
        installed.write(folder.path()).unwrap();
        let same = Installed::read(folder.path(), "one");
        assert!(same.has("libc6.amd64", "2") && !same.has("libc6.amd64", "1"));
        let next = Installed::read(folder.path(), "two");
        assert!(!next.has("libc6.amd64", "2") && next.restarted_for == "command");
    }
}
