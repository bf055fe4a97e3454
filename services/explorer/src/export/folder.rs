//! Writing an object as a file.

use reeve_types::ids::new_uuid;
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

/// Puts an object, whole or not at all, in the place of the one before it.
///
/// # Errors
/// What failed, and where.
pub(super) fn put(root: &Path, bucket: &str, key: &str, body: &[u8]) -> Result<(), String> {
    let path = root.join(bucket).join(key);
    // A name of its own, because two replicas may write the same.
    let temporary = path.with_extension(format!("{}.new", new_uuid()));
    let written = (|| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&temporary)?;
        file.write_all(body)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    })();
    written.map_err(|error: std::io::Error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_takes_the_place_of_the_one_before_it() {
        let root = tempfile::tempdir().unwrap();
        for body in ["a longer text\n", "b\n"] {
            put(root.path(), "bucket", "a/x=1/sync.json", body.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(root.path().join("bucket/a/x=1/sync.json")).unwrap(), body);
        }
        assert_eq!(fs::read_dir(root.path().join("bucket/a/x=1")).unwrap().count(), 1);
        let refused = put(&root.path().join("bucket/a/x=1/sync.json"), "b", "k", b"").unwrap_err();
        assert!(refused.contains("sync.json/b/k"), "{refused}");
    }
}
