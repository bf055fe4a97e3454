//! Update notices, as a repository's metadata has them.

use super::{
    rpm_packages::{Notice, with_epoch},
    xml::{self, Piece},
};
use crate::inventory::{Machine, program};
use std::{collections::HashMap, path::Path};

/// The notices of each version: by name, version and architecture.
pub type Notices = HashMap<(String, String, String), Vec<Notice>>;

/// What a repository's metadata in a folder says of its packages; none when it has no notices.
///
/// # Errors
/// When the metadata is not there, or cannot be read to its end.
pub async fn read(machine: &Machine, folder: &Path) -> Result<Option<Notices>, String> {
    let index = folder.join("repodata/repomd.xml");
    let failed =
        |file: &Path, reason: String| format!("The metadata {} cannot be read: {reason}.", file.display());
    let text = tokio::fs::read_to_string(&index).await.map_err(|error| failed(&index, error.to_string()))?;
    let Some(location) = location(&text).map_err(|reason| failed(&index, reason))? else { return Ok(None) };
    let file = folder.join(location);
    let text = unpacked(machine, &file).await.map_err(|reason| failed(&file, reason))?;
    notices(&text).map(Some).map_err(|reason| failed(&file, reason))
}

/// Where the notices are, by the index of the metadata.
fn location(index: &str) -> Result<Option<String>, String> {
    let mut is_it = false;
    for piece in xml::pieces(index)? {
        if let Piece::Start { name, attributes } = piece {
            match name {
                "data" => is_it = xml::attribute(&attributes, "type") == "updateinfo",
                "location" if is_it => return Ok(Some(xml::attribute(&attributes, "href").to_owned())),
                _ => {}
            }
        }
    }
    Ok(None)
}

/// A file's text, however it is compressed.
async fn unpacked(machine: &Machine, file: &Path) -> Result<String, String> {
    let unpacking = match file.extension().and_then(|extension| extension.to_str()) {
        Some("xml") => "cat",
        Some("gz") => "gzip",
        Some("xz") => "xz",
        Some("zst") => "zstd",
        Some("bz2") => "bzip2",
        _ => return Err("nothing here unpacks it".to_owned()),
    };
    let path = file.display().to_string();
    let arguments: &[&str] = if unpacking == "cat" { &[&path] } else { &["-dc", &path] };
    let bytes = program::output(machine, unpacking, arguments).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The notices of a document.
fn notices(text: &str) -> Result<Notices, String> {
    let (mut notices, mut notice, mut packages, mut within) =
        (Notices::new(), Notice::default(), Vec::new(), "");
    for piece in xml::pieces(text)? {
        match piece {
            Piece::Start { name, attributes } => {
                let of = |name: &str| xml::attribute(&attributes, name).to_owned();
                within = name;
                match name {
                    "update" => {
                        (notice, packages) =
                            (Notice { kind: kind(&of("type")), ..Notice::default() }, Vec::new());
                    }
                    "issued" if notice.updated.is_empty() => notice.updated = of("date"),
                    "updated" => notice.updated = of("date"),
                    "reference" if of("type") == "cve" => notice.cves.push(of("id")),
                    "reference" if of("type") == "bugzilla" => notice.bugzilla.push(of("id")),
                    "package" => {
                        let epoch = Some(of("epoch")).filter(|epoch| !epoch.is_empty());
                        let version = format!("{}-{}", of("version"), of("release"));
                        let version =
                            epoch.map_or(with_epoch(&version), |epoch| format!("{epoch}:{version}"));
                        packages.push((of("name"), version, of("arch")));
                    }
                    _ => {}
                }
            }
            Piece::Text(text) if within == "id" => notice.id = text,
            Piece::Text(text) if within == "severity" => notice.severity = text,
            Piece::End("update") => {
                for package in packages.drain(..) {
                    notices.entry(package).or_default().push(notice.clone());
                }
            }
            Piece::Text(_) | Piece::End(_) => within = "",
        }
    }
    Ok(notices)
}

/// AWS's word for a type of SUSE's; empty for one that it has none for.
fn kind(of: &str) -> String {
    let word = match of {
        "security" => "Security",
        "recommended" | "bugfix" => "Recommended",
        "optional" | "enhancement" => "Optional",
        "feature" => "Features",
        "document" => "Document",
        "yast" => "Yast",
        _ => "",
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<?xml version=\"1.0\"?><updates><update from=\"a\" type=\"security\"><id>SUSE-2024-1</id>\
        <title>t</title><issued date=\"1704153600\"/><severity>important</severity><references>\
        <reference id=\"CVE-2024-1\" type=\"cve\"/><reference id=\"7\" type=\"bugzilla\"/></references><pkglist><collection>\
        <package name=\"a\" version=\"1\" release=\"2\" epoch=\"0\" arch=\"noarch\"><filename>a.rpm</filename></package>\
        <package name=\"b\" version=\"1\" release=\"2\" arch=\"x86_64\"/></collection></pkglist></update>\
        <update type=\"newpackage\"><id>n</id><pkglist/></update></updates>";

    #[test]
    fn a_notice_counts_for_each_of_its_packages() {
        let found = notices(DOCUMENT).unwrap();
        assert_eq!(found.len(), 2);
        for key in [("a", "0:1-2", "noarch"), ("b", "0:1-2", "x86_64")] {
            let of = &found[&(key.0.to_owned(), key.1.to_owned(), key.2.to_owned())][0];
            assert_eq!(
                (of.id.as_str(), of.kind.as_str(), of.severity.as_str()),
                ("SUSE-2024-1", "Security", "important")
            );
            assert_eq!(
                (of.updated.as_str(), of.cves.concat(), of.bugzilla.concat()),
                ("1704153600", "CVE-2024-1".into(), "7".into())
            );
        }
        assert!(notices(&DOCUMENT[..DOCUMENT.len() - 20]).is_err(), "cut off");
    }

    #[test]
    fn where_notices_are_is_said_by_the_index() {
        let index = |kind: &str| {
            format!(
                "<repomd><data type=\"primary\"><location href=\"p\"/></data><data type=\"{kind}\"><location href=\"repodata/u.xml.gz\"/></data></repomd>"
            )
        };
        assert_eq!(location(&index("updateinfo")).unwrap().as_deref(), Some("repodata/u.xml.gz"));
        assert_eq!(location(&index("other")).unwrap(), None);
    }
}
