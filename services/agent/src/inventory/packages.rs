//! AWS:Application: what package managers have installed.

use super::{Collected, Machine, dpkg, dpkg::records, entry, instant, plain, program, rpm};
use reeve_inventory_model::Entry;

const APPLICATIONS: &str = "AWS:Application";

/// The packages of every kind that has a database here; `None` when none has.
pub async fn collect(machine: &Machine) -> Option<Collected> {
    let (mut entries, mut notes, mut kinds) = (Vec::new(), Vec::new(), 0);
    for kind in [dpkg(machine).await, rpm(machine).await, snap(machine).await].into_iter().flatten() {
        kinds += 1;
        match kind {
            Ok((found, note)) => {
                entries.extend(found);
                notes.extend(Some(note).filter(|note| !note.is_empty()));
            }
            Err(reason) => return Some(Collected::of(APPLICATIONS, Err(reason), String::new())),
        }
    }
    if kinds == 0 {
        return None;
    }
    // A machine that has a database of packages has packages.
    let entries = if entries.is_empty() {
        Err("There is a database of packages, and no package manager lists a single package.".to_owned())
    } else {
        Ok(entries)
    };
    Some(Collected::of(APPLICATIONS, entries, notes.join(" ")))
}

type Packages = Result<(Vec<Entry>, String), String>;

/// A field's text. What is no UTF-8 costs the field and not the package.
fn text(field: &[u8]) -> String {
    std::str::from_utf8(field).map(plain).unwrap_or_default()
}

/// A name, which a package cannot do without.
fn name(field: &[u8]) -> String {
    plain(&String::from_utf8_lossy(field))
}

async fn dpkg(machine: &Machine) -> Option<Packages> {
    let folder = machine.at("/var/lib/dpkg");
    if !folder.join("status").exists() {
        return None;
    }
    let format = "${db:Status-Abbrev}\u{1f}${Package}\u{1f}${Version}\u{1f}${Architecture}\u{1f}${Maintainer}\u{1f}\
                  ${Section}\u{1f}${Homepage}\u{1f}${binary:Summary}\u{1e}";
    let admin = format!("--admindir={}", folder.display());
    let listed = program::output(machine, "dpkg-query", &[&admin, "-W", "-f", format]).await;
    Some(listed.and_then(|output| Ok(of_dpkg(machine, records("dpkg-query", &output)?))))
}

/// Packages by their state: their files are on disk for all but those that are not installed or left their configuration
/// alone. What is wanted of a package (hold, deinstall) is no state of it.
fn of_dpkg(machine: &Machine, records: Vec<[Vec<u8>; 8]>) -> (Vec<Entry>, String) {
    let (mut entries, mut unconfigured) = (Vec::new(), 0);
    for [status, package, version, architecture, maintainer, section, homepage, summary] in records {
        match status.get(1) {
            None | Some(b'n' | b'c') => continue,
            Some(b'i') => {}
            Some(_) => unconfigured += 1,
        }
        let (package, version, own) = (name(&package), text(&version), text(&architecture));
        let architecture = match own.as_str() {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            other => other,
        };
        let architecture = if own == "i386" { "i386" } else { architecture }.to_owned();
        let installed = dpkg::installed_seconds(machine, &package, &own);
        entries.push(entry([
            ("PackageId", plain(&format!("{package}_{version}_{own}.deb"))),
            ("Name", package),
            ("Version", version),
            ("Architecture", architecture),
            ("Publisher", text(&maintainer)),
            ("ApplicationType", text(&section)),
            ("URL", text(&homepage)),
            ("Summary", text(&summary)),
            ("InstalledTime", installed.map(instant).unwrap_or_default()),
        ]));
    }
    let note = match unconfigured {
        0 => String::new(),
        1 => "1 package is not configured.".to_owned(),
        more => format!("{more} packages are not configured."),
    };
    (entries, note)
}

async fn rpm(machine: &Machine) -> Option<Packages> {
    if !rpm::has_database(machine) {
        return None;
    }
    let fields = [
        "NAME",
        "VERSION",
        "RELEASE",
        "EPOCH",
        "ARCH",
        "VENDOR",
        "GROUP",
        "URL",
        "SUMMARY",
        "SOURCERPM",
        "INSTALLTIME",
    ];
    Some(rpm::list(machine, fields).await.map(|listed| (of_rpm(listed), String::new())))
}

fn of_rpm(records: Vec<[Vec<u8>; 11]>) -> Vec<Entry> {
    let known = |field: &[u8]| Some(text(field)).filter(|text| text != "(none)").unwrap_or_default();
    let package = |of: [Vec<u8>; 11]| {
        let [package, version, release, epoch, architecture, vendor, group, url, summary, source, installed] =
            of;
        entry([
            ("Name", name(&package)),
            ("Version", known(&version)),
            ("Release", known(&release)),
            ("Epoch", known(&epoch)),
            ("Architecture", known(&architecture)),
            ("Publisher", known(&vendor)),
            ("ApplicationType", known(&group)),
            ("URL", known(&url)),
            ("Summary", known(&summary)),
            ("PackageId", known(&source)),
            ("InstalledTime", text(&installed).parse().map(instant).unwrap_or_default()),
        ])
    };
    // The keys that packages are checked with are listed among them.
    let listed = records.into_iter().map(package);
    listed.filter(|one| one.get("Name").is_some_and(|name| name != "gpg-pubkey")).collect()
}

async fn snap(machine: &Machine) -> Option<Packages> {
    if !machine.at("/var/lib/snapd/state.json").exists() {
        return None;
    }
    let listed = program::output(machine, "snap", &["list", "--unicode=never", "--color=never"]).await;
    Some(listed.map(|output| (of_snap(&String::from_utf8_lossy(&output)), String::new())))
}

/// Under a heading: name, version, revision, channel, publisher, notes.
fn of_snap(listed: &str) -> Vec<Entry> {
    let package = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, version, revision, _, publisher, ..] = words[..] else { return None };
        Some(entry([
            ("Name", plain(name)),
            ("Version", plain(version)),
            ("Release", plain(revision)),
            ("Publisher", plain(publisher.trim_end_matches('*'))),
            ("ApplicationType", "snap".to_owned()),
        ]))
    };
    listed.lines().skip(1).filter_map(package).collect()
}
