//! Copies of the folder of views. sled is opened anew on a copy, because readers of the old one may still be at work,
//! and it locks its file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Copies the folder. A disk that has room for all of it again has room to go on.
pub fn copy(path: &Path) -> io::Result<()> {
    let copy = beside(path, ".new");
    remove(&copy)?;
    let copied = copy_folder(path, &copy);
    if copied.is_err() {
        remove(&copy)?;
    }
    copied
}

/// Puts the copy in the folder's place.
pub fn take_over(path: &Path) -> io::Result<()> {
    let old = beside(path, ".old");
    remove(&old)?;
    fs::rename(path, &old)?;
    fs::rename(beside(path, ".new"), path)?;
    remove(&old)
}

pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            fs::File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}
