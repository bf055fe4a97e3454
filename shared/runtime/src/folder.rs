//! Folders of views that do not outlive them.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// A folder that is removed with the views in it.
pub(crate) struct Folder(pub PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "earlier views could not be removed");
        }
        _ => {}
    }
}
