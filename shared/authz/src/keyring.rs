//! Principals, their keys and what they may do, from one JSON file.

use crate::{AccessKey, Authorizer, Decision, Principal, Principals};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More than any file of principals needs, so that a wrong path cannot fill the memory.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;
/// Below this a secret can be searched for: every signature that is seen is a test of a guess.
const SHORTEST_SECRET: usize = 16;

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
    #[error("the secret_access_key of {name} is shorter than {SHORTEST_SECRET} characters")]
    Secret { name: String },
    #[error("the allow entry {entry:?} of {name} is neither * nor service:Action, with * for any rest")]
    Allow { name: String, entry: String },
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
    #[serde(default)]
    allow: Vec<String>,
}

struct Rights {
    administrator: bool,
    allow: Vec<String>,
}

/// A fixed set of principals.
#[derive(Default)]
pub struct Keyring {
    keys: HashMap<String, AccessKey>,
    rights: HashMap<String, Rights>,
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
        file.take(LARGEST_FILE).read_to_string(&mut text).map_err(read)?;
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
            let rights = Rights { administrator: entry.administrator, allow: entry.allow };
            if keyring.rights.insert(entry.name.clone(), rights).is_some() {
                return Err(Error::Twice { field: "name", value: entry.name });
            }
        }
        Ok(keyring)
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
    if entry.secret_access_key.len() < SHORTEST_SECRET {
        return Err(Error::Secret { name: name() });
    }
    let wrong = entry.allow.iter().find(|allow| {
        let well_formed = allow.split_once(':').is_some_and(|(service, action)| {
            !service.is_empty() && !service.contains('*') && !action.is_empty() && !action.contains(':')
        });
        !well_formed && *allow != "*"
    });
    wrong.map_or(Ok(()), |entry| Err(Error::Allow { name: name(), entry: entry.clone() }))
}

impl Principals for Keyring {
    fn secret(&self, access_key_id: &str) -> Option<AccessKey> {
        self.keys.get(access_key_id).cloned()
    }
}

impl Authorizer for Keyring {
    /// Every entry holds for every resource: this implementation knows actions alone.
    fn check(&self, principal: &Principal, action: &str, _resource: &str) -> Decision {
        let allowed = self.rights.get(&principal.name).is_some_and(|rights| {
            rights.administrator
                || rights.allow.iter().any(|entry| matches(entry.as_bytes(), action.as_bytes()))
        });
        if allowed { Decision::Allow } else { Decision::Deny }
    }
}

/// Whether `text` is what `pattern` says, `*` standing for any run of characters; without regard to case, as
/// IAM compares actions.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last star was, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if pattern.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(&text[from])) {
            at += 1;
            from += 1;
        } else if let Some((star_at, taken)) = star {
            at = star_at + 1;
            from = taken + 1;
            star = Some((star_at, from));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    const FILE: &str = r#"{"principals": [
        {"name": "administrator", "access_key_id": "AKIAADMINISTRATOR0", "secret_access_key": "0123456789abcdef", "administrator": true},
        {"name": "reader", "access_key_id": "AKIAREADER00000000", "secret_access_key": "fedcba9876543210", "allow": ["ssm:List*", "ssm:GetDocument"]},
        {"name": "nobody", "access_key_id": "AKIANOBODY00000000", "secret_access_key": "fedcba9876543210"}
    ]}"#;

    fn principal(name: &str) -> Principal {
        Principal { name: name.to_owned() }
    }

    #[test]
    fn what_is_not_allowed_is_denied() {
        let keyring = Keyring::parse(FILE).unwrap();
        let check = |name, action| keyring.check(&principal(name), action, "*");
        assert_eq!(check("administrator", "ssm:SendCommand"), Decision::Allow);
        assert_eq!(check("reader", "ssm:ListDocuments"), Decision::Allow);
        assert_eq!(check("reader", "ssm:GetDocument"), Decision::Allow);
        assert_eq!(check("reader", "ssm:GetDocuments"), Decision::Deny);
        assert_eq!(check("reader", "ssm:SendCommand"), Decision::Deny);
        assert_eq!(check("reader", "xssm:ListDocuments"), Decision::Deny);
        assert_eq!(check("nobody", "ssm:ListDocuments"), Decision::Deny);
        assert_eq!(check("stranger", "ssm:ListDocuments"), Decision::Deny);
        assert_eq!(Keyring::default().check(&principal("administrator"), "*", "*"), Decision::Deny);
    }

    #[test]
    fn a_key_is_found_by_its_id_and_never_printed() {
        let keyring = Keyring::parse(FILE).unwrap();
        let key = keyring.secret("AKIAREADER00000000").unwrap();
        assert_eq!((key.principal.name.as_str(), &*key.secret), ("reader", "fedcba9876543210"));
        assert!(keyring.secret("AKIAREADER00000001").is_none());
        assert!(!format!("{keyring:?}{key:?}").contains("fedcba"));
    }

    #[test]
    fn a_star_stands_for_any_run() {
        assert!(matches(b"*", b"ssm:GetDocument"));
        assert!(matches(b"ssm:*Document*", b"ssm:GetDocument"));
        assert!(matches(b"ssm:Get*", b"ssm:Get"));
        assert!(matches(b"ssm:*a*b", b"ssm:xaxaxbxb"));
        assert!(!matches(b"ssm:*a*b", b"ssm:xaxaxbxc"));
        assert!(!matches(b"ssm:Get", b"ssm:GetDocument"));
    }

    #[test]
    fn mistakes_are_refused() {
        let with = |field: &str, value: &str| {
            let mut entry = serde_json::json!({"name": "a", "access_key_id": "A".repeat(16), "secret_access_key": "s".repeat(16)});
            entry[field] = serde_json::from_str(value).unwrap();
            Keyring::parse(&serde_json::json!({ "principals": [entry] }).to_string())
        };
        assert!(with("name", r#""a""#).is_ok());
        assert!(matches!(with("name", r#""a\nb""#), Err(Error::Name { .. })));
        assert!(matches!(with("access_key_id", r#""short""#), Err(Error::AccessKeyId { .. })));
        assert!(matches!(with("secret_access_key", r#""short""#), Err(Error::Secret { .. })));
        assert!(matches!(with("allow", r#"["SendCommand"]"#), Err(Error::Allow { .. })));
        assert!(matches!(with("administator", "true"), Err(Error::Json(_))));
        let twice = FILE.replace("AKIANOBODY00000000", "AKIAREADER00000000");
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
