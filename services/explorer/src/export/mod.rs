//! Writing what there is as JSON lines: one object for each type, whole, in the place of the one before it.

mod folder;
mod s3;

use crate::{
    data::{Place, Row, TYPES},
    projections::DestinationRow,
};
use reeve_runtime::Handle;
use reeve_types::Timestamp;
pub use s3::S3;
use serde_json::{Map, json};
use std::path::PathBuf;

/// Where the operator of this installation lets exports be written. A caller chooses a bucket in it, and nothing else.
#[derive(Clone, Debug)]
pub enum Store {
    /// A folder on the machine of the service, with a folder for each bucket.
    Folder(PathBuf),
    /// An S3-compatible address.
    S3(S3),
}

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub rows: u64,
    pub objects: u64,
}

/// Writes every type that there is. It blocks.
///
/// # Errors
/// What could not be written, and why.
pub(crate) fn write(
    store: &Store,
    handle: &Handle,
    place: &Place,
    sync: &str,
    destination: &DestinationRow,
) -> Result<Written, String> {
    let mut written = Written::default();
    for kind in &TYPES {
        let rows = kind.rows(handle, place);
        let key = key(place, sync, destination, kind.name);
        let body = lines(&rows);
        match store {
            Store::Folder(root) => folder::put(root, &destination.bucket, &key, body.as_bytes()),
            Store::S3(s3) => s3.put(destination, &key, body.as_bytes(), Timestamp::now()),
        }
        .map_err(|problem| format!("{key} could not be written: {problem}"))?;
        written.rows += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        written.objects += 1;
    }
    Ok(written)
}

/// The name of an object, as AWS's syncs have it: the type, then partitions as name=value.
fn key(place: &Place, sync: &str, destination: &DestinationRow, type_name: &str) -> String {
    let prefix =
        if destination.prefix.is_empty() { String::new() } else { format!("{}/", destination.prefix) };
    let Place { account, region } = place;
    format!("{prefix}{type_name}/accountid={account}/region={region}/{sync}.json")
}

/// A JSON object on each line: the attributes, how many things it stands for, and since when it is so.
fn lines(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let mut object: Map<_, _> =
            row.attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        object.insert("Count".to_owned(), json!(row.count));
        object.insert("resourceId".to_owned(), json!(row.id));
        if row.captured.0 > 0 {
            object.insert("captureTime".to_owned(), json!(row.captured.rfc3339()));
        }
        format!("{}\n", serde_json::Value::Object(object))
    };
    rows.iter().map(line).collect()
}

/// S3's rules for the name of a bucket: so it is a name of one folder as well.
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check_bucket(bucket: &str) -> Result<(), &'static str> {
    let is_end = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = bucket.as_bytes();
    let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    if !(3..=63).contains(&bytes.len()) {
        Err("the name of a bucket has 3 to 63 characters")
    } else if !bytes.iter().all(allowed) {
        Err("the name of a bucket has small letters, digits, dots and hyphens")
    } else if !is_end(bytes.first().copied()) || !is_end(bytes.last().copied()) || bucket.contains("..") {
        Err("the name of a bucket begins and ends with a letter or a digit, and has no two dots in a row")
    } else {
        Ok(())
    }
}

/// Segments that are names of folders, and lead nowhere else.
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'=');
    let segments = || prefix.strip_suffix('/').unwrap_or(prefix).split('/');
    if prefix.is_empty() {
        Ok(())
    } else if segments().any(|segment| segment.is_empty() || segment.starts_with('.')) {
        Err("no segment of a prefix is empty or begins with a dot")
    } else if !segments().all(|segment| segment.bytes().all(allowed)) {
        Err(
            "a prefix has letters, digits, hyphens, underscores, dots and equals signs, with slashes between them",
        )
    } else {
        Ok(())
    }
}

/// The name of a sync as a part of an object's name.
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    match name.bytes().all(allowed) && !name.starts_with('.') {
        true => Ok(()),
        false => {
            Err("a name has letters, digits, hyphens, underscores and dots, and does not begin with a dot")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        for odd in ["..", "a", "/etc", "a/b", "A-bucket", "-ab", "ab.", "a..b", ""] {
            assert!(check_bucket(odd).is_err(), "{odd}");
        }
        for odd in ["/", "..", "a/../b", "a//b", "/a", ".a", "a/.", "a b", "a\0"] {
            assert!(check_prefix(odd).is_err(), "{odd:?}");
        }
        for odd in ["../x", ".x", "a/b", "a b"] {
            assert!(check_name(odd).is_err(), "{odd}");
        }
        for good in ["exports", "my-bucket.1"] {
            assert_eq!(check_bucket(good), Ok(()));
        }
        for good in ["", "a", "a/b=c/", "2026.01"] {
            assert_eq!(check_prefix(good), Ok(()), "{good}");
        }
    }

    proptest! {
        /// Whatever is accepted lies below the folder.
        #[test]
        fn an_object_lies_below_the_folder(
            bucket in "[a-z]{2}[a-z./-]{0,4}[a-z]",
            prefix in "[a-z][a-z./=]{0,6}",
            name in "[a-z][a-z./]{0,4}",
        ) {
            let names = [check_bucket(&bucket), check_prefix(&prefix), check_name(&name)];
            if !names.iter().all(Result::is_ok) {
                return Ok(());
            }
            let destination = DestinationRow { bucket: bucket.clone(), prefix, ..DestinationRow::default() };
            let place = Place { account: "1".to_owned(), region: "r".to_owned() };
            let path = PathBuf::from(&bucket).join(key(&place, &name, &destination, "AWS:OpsItem"));
            prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
        }
    }
}
