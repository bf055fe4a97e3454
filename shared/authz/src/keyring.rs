//! The administrators and their keys, from one JSON file.

use crate::{AccessKey, Principal, Principals};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More than any file of principals needs, so that a wrong path cannot fill the memory.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Below this a secret can be searched for: every signature that is seen is a test of a guess.
const MIN_SECRET_BYTES: usize = 16;

/// Why a file of principals was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the principals file {path} could not be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the principals file {path} has mode {mode:04o}: it holds secrets, so make it 0600")]
    Mode { path: PathBuf, mode: u32 },
    #[error("the principals file is not the JSON that was expected")]
    Json(#[source] serde_json::Error),
    #[error("the name {name:?} of a principal is not 1 to 64 letters, digits and +=,.@_-")]
    Name { name: String },
    #[error("the access_key_id {access_key_id:?} of {name} is not 16 to 128 letters, digits and underscores")]
    AccessKeyId { name: String, access_key_id: String },
    #[error("the secret_access_key of {name} is shorter than {MIN_SECRET_BYTES} characters")]
    Secret { name: String },
    #[error("{name} is no administrator: other principals are made with `reeve access create-principal`")]
    NoAdministrator { name: String },
    #[error("two principals have the {field} {value:?}")]
    Twice { field: &'static str, value: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    principals: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    administrator: bool,
}

/// A fixed set of administrators.
#[derive(Default)]
pub struct Keyring {
    keys: HashMap<String, AccessKey>,
    names: HashSet<String>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("access_key_ids", &self.keys.keys()).finish_non_exhaustive()
    }
}

impl Keyring {
    /// Reads a file whose group and others have no rights.
    ///
    /// # Errors
    /// When the file cannot be read, is open to others, or says something that would be a mistake to accept.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        // The mode of the file that is open, not of whatever has the name a moment later.
        let mode = file.metadata().map_err(read)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Error::Mode { path: path.to_owned(), mode });
        }
        let mut text = String::new();
        file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(read)?;
        Self::parse(&text)
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// As [`Keyring::load`], for what concerns the contents.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let contents: Contents = serde_json::from_str(text).map_err(Error::Json)?;
        let mut keyring = Self::default();
        for entry in contents.principals {
            check(&entry)?;
            let key = AccessKey {
                principal: Arc::new(Principal { name: entry.name.clone() }),
                secret: entry.secret_access_key.into(),
            };
            if keyring.keys.insert(entry.access_key_id.clone(), key).is_some() {
                return Err(Error::Twice { field: "access_key_id", value: entry.access_key_id });
            }
            if !keyring.names.insert(entry.name.clone()) {
                return Err(Error::Twice { field: "name", value: entry.name });
            }
        }
        Ok(keyring)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

fn check(entry: &Entry) -> Result<(), Error> {
    let name = || entry.name.clone();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if !(1..=64).contains(&entry.name.len()) || !entry.name.bytes().all(plain) {
        return Err(Error::Name { name: name() });
    }
    let id = &entry.access_key_id;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(16..=128).contains(&id.len()) || !id.bytes().all(word) {
        return Err(Error::AccessKeyId { name: name(), access_key_id: id.clone() });
    }
    if entry.secret_access_key.len() < MIN_SECRET_BYTES {
        return Err(Error::Secret { name: name() });
    }
    if !entry.administrator {
        return Err(Error::NoAdministrator { name: name() });
    }
    Ok(())
}

impl Principals for Keyring {
    fn secret(&self, access_key_id: &str) -> Option<AccessKey> {
        self.keys.get(access_key_id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    const FILE: &str = r#"{"principals": [
        {"name": "administrator", "access_key_id": "AKIAADMINISTRATOR0", "secret_access_key": "0123456789abcdef", "administrator": true},
        {"name": "second", "access_key_id": "AKIASECOND00000000", "secret_access_key": "fedcba9876543210", "administrator": true}
    ]}"#;

    #[test]
    fn a_key_is_found_by_its_id_and_never_printed() {
        let keyring = Keyring::parse(FILE).unwrap();
        let key = keyring.secret("AKIASECOND00000000").unwrap();
        assert_eq!((key.principal.name.as_str(), &*key.secret), ("second", "fedcba9876543210"));
        assert!(keyring.secret("AKIASECOND00000001").is_none());
        assert!(!format!("{keyring:?}{key:?}").contains("fedcba"));
    }

    #[test]
    fn mistakes_are_refused() {
        let with = |field: &str, value: &str| {
            let mut entry = serde_json::json!({"name": "a", "access_key_id": "A".repeat(16), "secret_access_key": "s".repeat(16), "administrator": true});
            entry[field] = serde_json::from_str(value).unwrap();
            Keyring::parse(&serde_json::json!({ "principals": [entry] }).to_string())
        };
        assert!(with("name", r#""a""#).is_ok());
        assert!(matches!(with("name", r#""a\nb""#), Err(Error::Name { .. })));
        assert!(matches!(with("access_key_id", r#""short""#), Err(Error::AccessKeyId { .. })));
        assert!(matches!(with("secret_access_key", r#""short""#), Err(Error::Secret { .. })));
        assert!(matches!(with("administrator", "false"), Err(Error::NoAdministrator { .. })));
        assert!(matches!(with("administator", "true"), Err(Error::Json(_))));
        let twice = FILE.replace("AKIASECOND00000000", "AKIAADMINISTRATOR0");
        assert!(matches!(Keyring::parse(&twice), Err(Error::Twice { field: "access_key_id", .. })));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, taken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
            let path = folder.path().join(format!("{mode:o}.json"));
            let mut file = File::options().write(true).create_new(true).mode(mode).open(&path).unwrap();
            file.write_all(FILE.as_bytes()).unwrap();
            file.set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
            let loaded = Keyring::load(&path);
            assert_eq!(loaded.is_ok(), taken, "{mode:o}: {loaded:?}");
            assert!(taken || matches!(loaded, Err(Error::Mode { .. })));
        }
    }
}
