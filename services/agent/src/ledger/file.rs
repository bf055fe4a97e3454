//! The ledger's file. redb does nothing more with a file after it failed to write it; so it is closed then, and the
//! next who needs it opens it anew: what was committed is there, and of what was not sure either all or nothing.

use super::{Error, failed};
use redb::Database;
use std::{
    fs::{OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

pub struct File {
    path: PathBuf,
    database: RwLock<Option<Database>>,
}

impl File {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = RwLock::new(Some(database(path)?));
        Ok(Self { path: path.to_owned(), database })
    }

    /// Does something with the database. After an error it is opened anew by the next.
    pub fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, Error> {
        loop {
            if let Some(database) = &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
                match work(database) {
                    Ok(done) => return Ok(done),
                    Err(error) => break Err(error),
                }
            }
            let mut closed = self.database.write().unwrap_or_else(PoisonError::into_inner);
            if closed.is_none() {
                *closed = Some(database(&self.path)?);
            }
        }
        .inspect_err(|_| *self.database.write().unwrap_or_else(PoisonError::into_inner) = None)
    }
}

fn database(path: &Path) -> Result<Database, Error> {
    let mut builder = Database::builder();
    builder.set_cache_size(1 << 20);
    // It names commands and has what they printed: whatever the folder is, the file is its owner's alone.
    let mut options = OpenOptions::new();
    let made = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    made.and_then(|file| file.set_permissions(Permissions::from_mode(0o600)))
        .map_err(redb::Error::Io)
        .map_err(failed("be made its owner's alone"))?;
    builder.create(path).map_err(failed("be opened"))
}
