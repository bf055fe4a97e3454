//! What is read of packages alike by the inventory and by patching: lists that programs print, and dpkg's files.

use super::Machine;
use std::os::unix::fs::MetadataExt;

/// Between the fields of a package, and after it: no field holds them.
const FIELD: u8 = 0x1f;
const RECORD: u8 = 0x1e;

/// The fields of each package; a record with another count of them is an error, because what follows it is not sure.
pub fn records<const N: usize>(program: &str, output: &[u8]) -> Result<Vec<[Vec<u8>; N]>, String> {
    let (whole, rest) = output.rsplit_at_record();
    if !rest.iter().all(u8::is_ascii_whitespace) {
        return Err(format!("What {program} printed ends within a package."));
    }
    let fields = |record: &[u8]| -> Result<[Vec<u8>; N], String> {
        let fields: Vec<Vec<u8>> = record.split(|byte| *byte == FIELD).map(<[u8]>::to_vec).collect();
        let shown = String::from_utf8_lossy(record.split(|byte| *byte == FIELD).next().unwrap_or_default())
            .into_owned();
        fields.try_into().map_err(|_| format!("What {program} printed of {shown:?} cannot be read."))
    };
    whole.split(|byte| *byte == RECORD).filter(|record| !record.is_empty()).map(fields).collect()
}

trait AtRecord {
    fn rsplit_at_record(&self) -> (&[u8], &[u8]);
}

impl AtRecord for [u8] {
    /// What is before the last end of a record, and what is after it.
    fn rsplit_at_record(&self) -> (&[u8], &[u8]) {
        match self.iter().rposition(|byte| *byte == RECORD) {
            Some(at) => (&self[..at], &self[at + 1..]),
            None => (&[], self),
        }
    }
}

/// When a package was installed or upgraded last, in seconds since 1970: its list of files was written then.
pub fn installed_seconds(machine: &Machine, package: &str, architecture: &str) -> Option<i64> {
    let list = |name: String| machine.at("/var/lib/dpkg/info").join(name).metadata().ok();
    let found = list(format!("{package}:{architecture}.list")).or_else(|| list(format!("{package}.list")));
    found.map(|file| file.mtime())
}
