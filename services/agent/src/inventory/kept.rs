//! What the control plane was told last of each type: differences are worked out to it. What is lost is sent whole.

use crate::files::write_private;
use reeve_inventory_model::Entries;
use reeve_types::{
    Timestamp,
    subject::{escape, unescape},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io,
    path::PathBuf,
    time::{Duration, UNIX_EPOCH},
};

/// What was told of a type.
#[derive(Default, Serialize, Deserialize)]
pub struct Told {
    pub hash: String,
    pub note: String,
    pub entries: Entries,
}

/// The folder that they are kept in. A file was changed when its type was last collected.
pub struct Kept {
    pub folder: PathBuf,
}

impl Kept {
    fn path(&self, type_name: &str) -> PathBuf {
        self.folder.join(format!("{}.json", escape(type_name)))
    }

    /// What was told of a type, and when it was collected; `None` when that is not known.
    pub fn read(&self, type_name: &str) -> Option<(Told, Timestamp)> {
        let path = self.path(type_name);
        let told = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        let at = std::fs::metadata(&path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((told, Timestamp(i64::try_from(at.as_millis()).ok()?)))
    }

    /// Keeps what was told.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, type_name: &str, told: &Told, at: Timestamp) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        write_private(&self.path(type_name), &serde_json::to_vec(told)?)?;
        self.collected(type_name, at)
    }

    /// Remembers that a type was collected, and that nothing had changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn collected(&self, type_name: &str, at: Timestamp) -> io::Result<()> {
        let since = Duration::from_millis(u64::try_from(at.0).unwrap_or_default());
        File::options().write(true).open(self.path(type_name))?.set_modified(UNIX_EPOCH + since)
    }

    /// The custom types that the control plane was told of.
    pub fn custom_types(&self) -> Vec<String> {
        let Ok(listed) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let name = |one: std::fs::DirEntry| {
            unescape(one.file_name().to_str()?.strip_suffix(".json")?)
                .filter(|name| name.starts_with("Custom:"))
        };
        let mut names: Vec<String> = listed.flatten().filter_map(name).collect();
        names.sort();
        names
    }
}
