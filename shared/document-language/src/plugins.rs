//! The plugins a Command or Policy document may name.

use crate::precondition::Platform;

/// One plugin: where it exists and what it cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plugin {
    /// The name in `action`.
    pub name: &'static str,
    /// The platforms on which it exists.
    pub platforms: &'static [Platform],
    /// The inputs it needs.
    pub required: &'static [&'static str],
}

use Platform::{Linux, MacOs, Windows};

const EVERYWHERE: &[Platform] = &[Windows, Linux, MacOs];
const NO_MAC: &[Platform] = &[Windows, Linux];
const UNIX: &[Platform] = &[Linux, MacOs];
const WINDOWS: &[Platform] = &[Windows];

/// Every plugin that documents may name.
pub const PLUGINS: &[Plugin] = &[
    plugin("aws:runShellScript", UNIX, &["runCommand"]),
    plugin("aws:runPowerShellScript", EVERYWHERE, &["runCommand"]),
    plugin("aws:runDocument", NO_MAC, &["documentType", "documentPath"]),
    plugin("aws:downloadContent", NO_MAC, &["sourceType", "sourceInfo"]),
    plugin("aws:softwareInventory", EVERYWHERE, &[]),
    plugin("aws:configurePackage", EVERYWHERE, &["name", "action"]),
    plugin("aws:refreshAssociation", EVERYWHERE, &[]),
    plugin("aws:configureDocker", NO_MAC, &["action"]),
    plugin("aws:runDockerAction", NO_MAC, &["action"]),
    plugin("aws:updateSsmAgent", EVERYWHERE, &[]),
    plugin("aws:updateAgent", WINDOWS, &[]),
    plugin("aws:applications", WINDOWS, &["action", "source"]),
    plugin("aws:psModule", WINDOWS, &[]),
    plugin("aws:domainJoin", NO_MAC, &["directoryId", "directoryName"]),
    plugin("aws:cloudWatch", WINDOWS, &[]),
];

const fn plugin(
    name: &'static str,
    platforms: &'static [Platform],
    required: &'static [&'static str],
) -> Plugin {
    Plugin { name, platforms, required }
}

/// The plugin of that name.
pub fn find(name: &str) -> Option<&'static Plugin> {
    PLUGINS.iter().find(|plugin| plugin.name == name)
}

/// Whether the plugin runs the text of its `runCommand` in a shell, so that environment variables reach it.
pub fn is_script(name: &str) -> bool {
    matches!(name, "aws:runShellScript" | "aws:runPowerShellScript" | "aws:psModule")
}
