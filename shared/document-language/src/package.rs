//! Package documents: the manifest of a distributed package (schema 2.0).

use std::collections::BTreeSet;

use crate::{
    Error, Platform,
    error::invalid,
    fields::{Object, object, required, required_object, required_text, whole_number},
    platform::all_names,
};

/// Checks a manifest and gives the platforms it has files for.
pub(crate) fn check(root: &Object) -> Result<Vec<String>, Error> {
    if required_text(root, "", "version")?.is_empty() {
        return Err(invalid("version", "must not be empty"));
    }
    let files = required_object(root, "", "files")?;
    for (name, file) in files {
        check_file(name, object(file, &format!("files.{name}"))?)?;
    }
    let packages = required_object(root, "", "packages")?;
    if packages.is_empty() {
        return Err(invalid("packages", "must name at least one platform"));
    }
    let mut platforms = BTreeSet::new();
    for (platform, versions) in packages {
        let at = format!("packages.{platform}");
        for (version, architectures) in object(versions, &at)? {
            let at = format!("{at}.{version}");
            for (architecture, entry) in object(architectures, &at)? {
                let at = format!("{at}.{architecture}");
                let file = required_text(object(entry, &at)?, &at, "file")?;
                if !files.contains_key(file) {
                    return Err(invalid(
                        format!("{at}.file"),
                        format!("is {file:?}, which files does not list"),
                    ));
                }
            }
        }
        match platform.as_str() {
            "_any" => platforms.extend(Platform::ALL.map(Platform::name)),
            "windows" => drop(platforms.insert(Platform::Windows.name())),
            "macos" => drop(platforms.insert(Platform::MacOs.name())),
            _ => drop(platforms.insert(Platform::Linux.name())),
        }
    }
    Ok(all_names().into_iter().filter(|name| platforms.contains(name.as_str())).collect())
}

fn check_file(name: &str, file: &Object) -> Result<(), Error> {
    let at = format!("files.{name}");
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        return Err(invalid(at, "must be a plain file name"));
    }
    let checksums = required_object(file, &at, "checksums")?;
    let at = format!("{at}.checksums");
    let sum = required_text(checksums, &at, "sha256")?;
    if sum.len() != 64 || !sum.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(invalid(format!("{at}.sha256"), "must be 64 hexadecimal digits"));
    }
    if file.contains_key("size") && whole_number(required(file, &at, "size")?).is_none() {
        return Err(invalid(format!("files.{name}.size"), "must be a whole number"));
    }
    Ok(())
}
