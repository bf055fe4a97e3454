//! A list of patches that are installed instead of those that a baseline approves: AWS's InstallOverrideList.

use crate::{Patch, Scheme, is_deb, name::matches};
use serde::Deserialize;

/// The list, as its YAML has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideList {
    pub patches: Vec<OverridePatch>,
}

/// One entry. `*` stands for any characters in both of its patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverridePatch {
    /// `name.arch`, or the name alone.
    pub id: String,
    /// The version; without it any.
    #[serde(default)]
    pub title: Option<String>,
}

/// Why a list is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidList {
    #[error("the list names no patch, and nothing is installed for it")]
    Empty,
    #[error("entry {number} has an empty {member}")]
    Text { number: usize, member: &'static str },
    #[error("entry {number} is {id:?}, which is a patch of {family}, and this is a node with {system}")]
    Family { number: usize, id: String, family: &'static str, system: String },
}

/// Architectures as rpm calls them and as dpkg does not.
const RPM_ARCHITECTURES: [&str; 4] = ["x86_64", "aarch64", "noarch", "i686"];
/// Architectures as dpkg calls them and as rpm does not.
const DEB_ARCHITECTURES: [&str; 4] = ["amd64", "arm64", "all", "armhf"];

impl OverrideList {
    /// Whether it means something on a node with this operating system.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self, system: &str) -> Result<(), InvalidList> {
        if self.patches.is_empty() {
            return Err(InvalidList::Empty);
        }
        for (number, patch) in (1..).zip(&self.patches) {
            if patch.id.trim().is_empty() {
                return Err(InvalidList::Text { number, member: "id" });
            }
            if patch.title.as_ref().is_some_and(|title| title.trim().is_empty()) {
                return Err(InvalidList::Text { number, member: "title" });
            }
            if let Some(family) = other_family(&patch.id, system) {
                let (id, system) = (patch.id.clone(), system.to_owned());
                return Err(InvalidList::Family { number, id, family, system });
            }
        }
        Ok(())
    }

    /// The entry that names a version of a package.
    pub fn names(&self, patch: &Patch) -> Option<&str> {
        let found = self.patches.iter().find(|entry| entry.names_version(patch));
        found.map(|entry| entry.id.as_str())
    }

    /// Whether an entry names a package, in whatever version.
    pub fn names_package(&self, name: &str, arch: &str) -> bool {
        self.patches.iter().any(|entry| entry.names_package(name, arch))
    }
}

impl OverridePatch {
    pub fn names_package(&self, name: &str, arch: &str) -> bool {
        matches(&self.id, name) || matches(&self.id, &format!("{name}.{arch}"))
    }

    fn names_version(&self, patch: &Patch) -> bool {
        let Some(title) = &self.title else { return self.names_package(&patch.name, &patch.arch) };
        let without_epoch = patch.version.split_once(':').map(|(_, rest)| rest);
        let is_version = matches(title, &patch.version)
            || patch.scheme == Scheme::Rpm && without_epoch.is_some_and(|version| matches(title, version));
        is_version && self.names_package(&patch.name, &patch.arch)
    }
}

/// What kind of system a patch is of that a system knows none of.
fn other_family(id: &str, system: &str) -> Option<&'static str> {
    let number = id.strip_prefix("KB").unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("Windows");
    }
    let arch = id.rsplit_once('.').map_or("", |(_, arch)| arch);
    match is_deb(system) {
        true if RPM_ARCHITECTURES.contains(&arch) => Some("a system with rpm"),
        false if DEB_ARCHITECTURES.contains(&arch) => Some("a system with dpkg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(&str, Option<&str>)]) -> OverrideList {
        let entry = |(id, title): &(&str, Option<&str>)| OverridePatch {
            id: (*id).to_owned(),
            title: title.map(str::to_owned),
        };
        OverrideList { patches: entries.iter().map(entry).collect() }
    }

    fn kernel(version: &str) -> Patch {
        Patch {
            scheme: Scheme::Rpm,
            name: "kernel-core".into(),
            arch: "x86_64".into(),
            version: version.into(),
            ..Patch::default()
        }
    }

    #[test]
    fn an_entry_names_by_package_and_version() {
        let of = list(&[("kernel*.x86_64", Some("5.14.0-427*"))]);
        assert_eq!(of.names(&kernel("5.14.0-427.13.1.el9")), Some("kernel*.x86_64"));
        assert_eq!(
            of.names(&kernel("0:5.14.0-427.13.1.el9")),
            Some("kernel*.x86_64"),
            "an epoch need not be said"
        );
        assert_eq!(of.names(&kernel("5.14.0-503.el9")), None);
        let other = Patch { arch: "aarch64".into(), ..kernel("5.14.0-427.13.1.el9") };
        assert_eq!(of.names(&other), None);
        let any = list(&[("kernel-core", None)]);
        assert!(any.names(&kernel("1-1")).is_some() && any.names(&other).is_some());
        assert!(of.names_package("kernel", "x86_64") && !of.names_package("bash", "x86_64"));
    }

    #[test]
    fn what_means_nothing_here_is_refused() {
        assert_eq!(list(&[]).check("DEBIAN"), Err(InvalidList::Empty));
        assert!(
            list(&[("a", None), (" ", None)]).check("DEBIAN").unwrap_err().to_string().contains("entry 2")
        );
        assert!(list(&[("a", Some(""))]).check("DEBIAN").unwrap_err().to_string().contains("title"));
        for (id, system, is_fine) in [
            ("bash.amd64", "DEBIAN", true),
            ("bash.x86_64", "ROCKY_LINUX", true),
            ("bash.x86_64", "UBUNTU", false),
            ("bash.amd64", "SUSE", false),
            ("KB4487044", "DEBIAN", false),
            ("KB", "DEBIAN", true),
        ] {
            assert_eq!(list(&[(id, None)]).check(system).is_ok(), is_fine, "{id} {system}");
        }
        assert!(serde_json::from_str::<OverrideList>(r#"{"patches": [{"id": "a", "titel": "1"}]}"#).is_err());
    }
}
