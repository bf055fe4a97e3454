//! What a baseline says.

use crate::{NamePattern, name::InvalidName};
use serde::{Deserialize, Serialize};

/// A baseline, as the control plane gives it to nodes and as both evaluate it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Baseline {
    pub id: String,
    pub name: String,
    /// AWS's word: `DEBIAN`, `ROCKY_LINUX`.
    pub operating_system: String,
    pub global_filters: Vec<Filter>,
    pub rules: Vec<Rule>,
    pub approved: Vec<String>,
    pub approved_level: Level,
    /// Whether what is approved by name may be no security update.
    pub approved_non_security: bool,
    pub rejected: Vec<String>,
    pub rejected_action: RejectedAction,
}

/// A rule that approves by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    pub filters: Vec<Filter>,
    pub level: Level,
    pub wait: Wait,
    /// Whether it approves what is no security update.
    pub non_security: bool,
}

/// From when on a rule approves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    #[default]
    None,
    /// So many days after the release, to the second.
    Days(u32),
    /// Only what was released before this instant, in milliseconds since 1970: the end of ApproveUntilDate's day.
    ReleasedBefore(i64),
}

/// All of a patch's filters must match, each by any of its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub key: FilterKey,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilterKey {
    Product,
    Classification,
    Severity,
    Priority,
    Section,
    Name,
    Arch,
    AdvisoryId,
    CveId,
    BugzillaId,
    Repository,
    Security,
}

/// How bad it is when an approved patch is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    Critical,
    High,
    Medium,
    Low,
    Informational,
    #[default]
    Unspecified,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RejectedAction {
    /// It comes along where an approved patch needs it.
    #[default]
    AllowAsDependency,
    /// It is never installed.
    Block,
}

/// Why a baseline is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("{list} holds {name:?}: {reason}")]
    Name { list: &'static str, name: String, reason: InvalidName },
    #[error("the filter key {key} is none of {system}'s: those are {known}")]
    Key { key: String, system: String, known: String },
    #[error(
        "a rule waits for days or until a date, which does not work with {0}: its packages carry no date"
    )]
    Wait(String),
    #[error("patches of {0} cannot be decided on here")]
    System(String),
}

impl Baseline {
    /// Whether it means something here.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), Invalid> {
        for (list, names) in [("ApprovedPatches", &self.approved), ("RejectedPatches", &self.rejected)] {
            for name in names {
                NamePattern::parse(name).map_err(|reason| Invalid::Name {
                    list,
                    name: name.clone(),
                    reason,
                })?;
            }
        }
        let system = self.operating_system.clone();
        let known = keys(&system).ok_or_else(|| Invalid::System(system.clone()))?;
        let filters = self.rules.iter().flat_map(|rule| &rule.filters).chain(&self.global_filters);
        for filter in filters {
            if !known.contains(&filter.key) {
                let names = known.iter().map(|key| format!("{key:?}").to_uppercase()).collect::<Vec<_>>();
                return Err(Invalid::Key {
                    key: format!("{:?}", filter.key).to_uppercase(),
                    system,
                    known: names.join(", "),
                });
            }
        }
        let waits = self.rules.iter().any(|rule| !matches!(rule.wait, Wait::None | Wait::Days(0)));
        if waits && is_deb(&system) { Err(Invalid::Wait(system)) } else { Ok(()) }
    }
}

/// Whether a system has apt.
pub fn is_deb(system: &str) -> bool {
    matches!(system, "DEBIAN" | "UBUNTU" | "RASPBIAN")
}

/// The keys by which rules of a system filter; none for systems that nothing here patches.
fn keys(system: &str) -> Option<&'static [FilterKey]> {
    const DEB: &[FilterKey] = &[FilterKey::Product, FilterKey::Priority, FilterKey::Section];
    const RPM: &[FilterKey] = &[FilterKey::Product, FilterKey::Classification, FilterKey::Severity];
    match system {
        system if is_deb(system) => Some(DEB),
        "WINDOWS" | "MACOS" => None,
        _ => Some(RPM),
    }
}
