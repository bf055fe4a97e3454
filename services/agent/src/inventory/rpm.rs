//! rpm's database, as it is read here and by patching.

use super::{Machine, dpkg::records, program};
use std::path::Path;

/// Where rpm has its database, by its releases.
pub const DATABASES: [&str; 5] = [
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/var/lib/rpm/Packages",
    "/var/lib/rpm/Packages.db",
    "/usr/lib/sysimage/rpm/Packages.db",
];

pub fn has_database(machine: &Machine) -> bool {
    DATABASES.iter().any(|path| machine.at(path).exists())
}

/// Says to rpm which root is meant, where that is not the machine's own.
fn root(machine: &Machine) -> Vec<String> {
    match machine.root == Path::new("/") {
        true => Vec::new(),
        false => vec!["--root".to_owned(), machine.root.display().to_string()],
    }
}

/// So many fields of every package, in rpm's words for them (`NAME`). The keys that packages are checked with are listed
/// among them.
///
/// # Errors
/// When rpm does not say.
pub async fn list<const N: usize>(machine: &Machine, fields: [&str; N]) -> Result<Vec<[Vec<u8>; N]>, String> {
    let format = fields.map(|field| format!("%{{{field}}}")).join("\u{1f}") + "\u{1e}";
    let root = root(machine);
    let all = root.iter().map(String::as_str).chain(["-qa", "--queryformat", &format]).collect::<Vec<_>>();
    records("rpm", &program::output(machine, "rpm", &all).await?)
}

/// The files of a package, a line each; nothing where rpm does not say.
pub async fn files(machine: &Machine, package: &str) -> String {
    let root = root(machine);
    let all = root.iter().map(String::as_str).chain(["-ql", package]).collect::<Vec<_>>();
    let listed = program::output(machine, "rpm", &all).await.unwrap_or_default();
    String::from_utf8_lossy(&listed).into_owned()
}
