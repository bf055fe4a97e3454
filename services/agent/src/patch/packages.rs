//! What dpkg and apt write, read: lists of packages and indexes of repositories. Pure.

use super::{
    assess::Package,
    plan::{Planned, Simulated},
};
use crate::inventory::dpkg::records;
use reeve_patch_baseline::Patch;

/// The fields in which dpkg-query is asked for packages; no field holds the signs between them.
pub const FORMAT: &str = "${db:Status-Abbrev}\u{1f}${Package}\u{1f}${Version}\u{1f}${Architecture}\u{1e}";

/// Installed packages, from what `dpkg-query -W` printed with [`FORMAT`].
///
/// # Errors
/// For what is no list of packages; then nothing of it counts.
pub fn installed(output: &[u8]) -> Result<Vec<Package>, String> {
    let mut packages = Vec::new();
    for record in records("dpkg-query", output)? {
        let [status, name, version, arch] = record.map(|field| String::from_utf8_lossy(&field).into_owned());
        let mut signs = status.chars();
        let (wanted, state) = (signs.next(), signs.next());
        // Not installed, or its configuration alone is left.
        if matches!(state, None | Some('n' | 'c')) {
            continue;
        }
        let hold = if wanted == Some('h') { format!("`apt-mark unhold {name}`") } else { String::new() };
        packages.push(Package {
            name,
            arch,
            version,
            hold,
            is_broken: state != Some('i') || status.chars().nth(2).is_some_and(|error| error != ' '),
            ..Package::default()
        });
    }
    Ok(packages)
}

/// An index of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub file: String,
    /// `Debian:12/stable-security`, as messages name it.
    pub name: String,
    /// Whether what is in it are security fixes, by what its Release file says.
    pub is_security: bool,
}

/// The fields in which apt is asked for its indexes.
pub const INDEX_FORMAT: &str = "$(FILENAME)\u{1f}$(ORIGIN)\u{1f}$(LABEL)\u{1f}$(SUITE)\u{1f}$(CODENAME)";

/// Indexes, from what `apt-get indextargets` printed with [`INDEX_FORMAT`].
pub fn indexes(output: &str) -> Vec<Index> {
    let lines = output.lines().map(|line| line.split('\u{1f}').collect::<Vec<_>>());
    lines
        .filter_map(|fields| {
            let [file, origin, label, suite, codename] = fields[..] else { return None };
            let is = |text: &str, other: &str| text.eq_ignore_ascii_case(other);
            let security_suite = [suite, codename].iter().any(|suite| suite.ends_with("-security"));
            let is_security = is(label, "Debian-Security")
                || ["Ubuntu", "UbuntuESM", "UbuntuESMApps"].iter().any(|known| is(origin, known))
                    && security_suite;
            Some(Index { file: file.to_owned(), name: format!("{origin}/{suite}"), is_security })
        })
        .collect()
}

/// Reads one paragraph after the other of an index, line by line.
#[derive(Default)]
pub struct Stanza {
    name: String,
    version: String,
    arch: String,
    priority: String,
    section: String,
    phased: Option<u8>,
}

impl Stanza {
    /// Takes a line; a blank one ends a paragraph and gives it away.
    pub fn take(&mut self, line: &str) -> Option<Self> {
        if line.is_empty() {
            return Some(std::mem::take(self)).filter(|stanza| !stanza.name.is_empty());
        }
        if let Some((field, value)) = line.split_once(':') {
            let value = value.trim();
            match field {
                "Package" => value.clone_into(&mut self.name),
                "Version" => value.clone_into(&mut self.version),
                "Architecture" => value.clone_into(&mut self.arch),
                "Priority" => value.clone_into(&mut self.priority),
                "Section" => value.clone_into(&mut self.section),
                "Phased-Update-Percentage" => self.phased = value.parse().ok(),
                _ => {}
            }
        }
        None
    }

    pub fn key(&self) -> (String, String) {
        (self.name.clone(), self.arch.clone())
    }

    /// Whether a part of the machines is to have it first. A security fix is given to all at once.
    pub fn is_phased(&self, index: &Index) -> bool {
        !index.is_security && self.phased.is_some_and(|percentage| percentage < 100)
    }

    /// The version that it offers.
    pub fn offer(self, index: &Index, product: &str) -> Patch {
        Patch {
            name: self.name,
            arch: self.arch,
            version: self.version,
            product: product.to_owned(),
            classification: if index.is_security { "Security".to_owned() } else { String::new() },
            priority: self.priority,
            section: self.section,
            repository: index.name.clone(),
            is_security: index.is_security,
            ..Patch::default()
        }
    }
}

/// What apt would do, from what `apt-get -s` printed.
///
/// # Errors
/// For a line of an installation that cannot be read.
pub fn simulated(output: &str) -> Result<Simulated, String> {
    let mut simulated = Simulated::default();
    for line in output.lines() {
        if let Some(rest) = line.strip_prefix("Inst ") {
            let read = || {
                let (name, rest) = rest.split_once(' ')?;
                let (before, rest) = match rest.strip_prefix('[') {
                    Some(rest) => {
                        rest.split_once("] ").map(|(before, rest)| (Some(before.to_owned()), rest))?
                    }
                    None => (None, rest),
                };
                let version = rest.strip_prefix('(')?.split([' ', ')']).next()?;
                let (bare, arch) = name.split_once(':').unwrap_or((name, ""));
                Some(Planned {
                    name: bare.to_owned(),
                    arch: arch.to_owned(),
                    shown: name.to_owned(),
                    before,
                    version: version.to_owned(),
                })
            };
            simulated
                .installed
                .push(read().ok_or_else(|| format!("apt-get said {line:?}, which cannot be read."))?);
        } else if let Some(rest) = line.strip_prefix("Remv ") {
            simulated.removed.push(rest.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    Ok(simulated)
}

/// The versions that apt would choose by itself, from what `apt-cache policy` printed: by name, with the architecture where
/// it says it; none where it would choose none.
pub fn candidates(output: &str) -> Vec<(String, Option<String>)> {
    let (mut candidates, mut name) = (Vec::new(), "");
    for line in output.lines() {
        if !line.starts_with(' ') {
            name = line.trim_end_matches(':');
        } else if let Some(version) = line.trim().strip_prefix("Candidate: ") {
            let version = Some(version.to_owned()).filter(|version| version != "(none)");
            candidates.push((name.to_owned(), version));
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_what_dpkg_means_by_their_states() {
        let record = |status: &str, name: &str| format!("{status}\u{1f}{name}\u{1f}1\u{1f}amd64\u{1e}");
        let listed: String = ["ii ", "hi ", "iU ", "iF ", "rc ", "un ", "iHR"]
            .iter()
            .zip(["a", "b", "c", "d", "e", "f", "g"])
            .map(|(status, name)| record(status, name))
            .collect();
        let found = installed(listed.as_bytes()).unwrap();
        let told: Vec<_> = found.iter().map(|p| (p.name.as_str(), !p.hold.is_empty(), p.is_broken)).collect();
        let expected = [
            ("a", false, false),
            ("b", true, false),
            ("c", false, true),
            ("d", false, true),
            ("g", false, true),
        ];
        assert_eq!(told, expected);
        assert!(installed(b"ii \x1fa\x1e").is_err());
        assert!(installed(b"ii \x1fa\x1f1.2").is_err(), "cut off");
        assert_eq!(installed(b"").unwrap(), []);
    }

    #[test]
    fn security_is_what_release_files_say() {
        let line = |fields: [&str; 5]| fields.join("\u{1f}");
        let listed = [
            line(["f1", "Debian", "Debian", "stable", "bookworm"]),
            line(["f2", "Debian", "Debian-Security", "stable-security", "bookworm-security"]),
            line(["f3", "Ubuntu", "Ubuntu", "noble-security", "noble"]),
            line(["f4", "Ubuntu", "Ubuntu", "noble-updates", "noble"]),
            line(["f5", "Example", "Example", "stable-security", "x"]),
            line(["f6", "debian", "debian-security", "trixie-security", "trixie-security"]),
        ];
        let found = indexes(&listed.join("\n"));
        let security: Vec<_> = found.iter().map(|index| index.is_security).collect();
        assert_eq!(security, [false, true, true, false, false, true]);
    }

    #[test]
    fn what_a_part_of_the_machines_gets_first_is_phased_unless_it_is_a_security_fix() {
        let mut stanza = Stanza::default();
        let text =
            "Package: a\nVersion: 2\nArchitecture: amd64\nPhased-Update-Percentage: 50\nDepends: b:any\n";
        let read = |stanza: &mut Stanza| {
            text.lines().for_each(|line| assert!(stanza.take(line).is_none()));
            stanza.take("").unwrap()
        };
        let index = |is_security| Index { file: String::new(), name: "n".into(), is_security };
        let stanzas = [read(&mut stanza), read(&mut stanza)];
        assert!(stanzas[0].is_phased(&index(false)) && !stanzas[1].is_phased(&index(true)));
        let [_, fix] = stanzas;
        let offer = fix.offer(&index(true), "Ubuntu24.04");
        assert_eq!((offer.version.as_str(), offer.is_security), ("2", true));
        assert!(stanza.take("").is_none(), "a blank line alone is no package");
    }

    #[test]
    fn simulated_lines_are_read_as_they_are_written() {
        let said = "Reading package lists...\n\
            Inst libc6 [2.36-9] (2.36-10 Debian:12/stable, Debian-Security:12/stable-security [amd64]) []\n\
            Inst linux-image-6.8.0-100-generic (6.8.0-100.100 Ubuntu:24.04/noble-security [amd64])\n\
            Remv old [1.0]\nConf libc6 (2.36-10 Debian:12/stable [amd64])\n";
        let found = simulated(said).unwrap();
        let told: Vec<_> =
            found.installed.into_iter().map(|one| (one.shown, one.before, one.version)).collect();
        assert_eq!(
            told,
            [
                ("libc6".into(), Some("2.36-9".into()), "2.36-10".into()),
                ("linux-image-6.8.0-100-generic".into(), None, "6.8.0-100.100".into()),
            ]
        );
        assert_eq!(found.removed, ["old"]);
        assert!(simulated("Inst what is this\n").is_err());
    }

    #[test]
    fn candidates_are_by_name() {
        let said = "libc6:\n  Installed: 1\n  Candidate: 2\n  Version table:\n *** 1 100\ntool:i386:\n  Candidate: (none)\n";
        assert_eq!(candidates(said), [("libc6".into(), Some("2".into())), ("tool:i386".into(), None)]);
    }
}
