//! The plugins a Command or Policy document may name.

use crate::{keys::Keys, platform::Platform};

/// One plugin: where it exists, what it cannot do without, and what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plugin {
    /// The name in `action`.
    pub name: &'static str,
    /// The platforms on which it exists.
    pub platforms: &'static [Platform],
    /// The inputs it needs.
    pub required: &'static [&'static str],
    /// The inputs it takes.
    pub(crate) keys: Keys,
}

use Platform::{Linux, MacOs, Windows};

const EVERYWHERE: &[Platform] = &[Windows, Linux, MacOs];
const NO_MAC: &[Platform] = &[Windows, Linux];
const UNIX: &[Platform] = &[Linux, MacOs];
const WINDOWS: &[Platform] = &[Windows];

/// What an author may write beside the inputs, without an effect: attributes of steps, and the `id` of schema 1.2.
const ANNOTATIONS: &[&str] = &["id", "name", "description", "maxAttempts", "isCritical", "isEnd", "nextStep"];

/// What each input says a node does: an unknown one is refused.
const fn closed(effective: &'static [&'static str]) -> Keys {
    Keys { effective, ignored: ANNOTATIONS, closed: true }
}

/// What may have inputs that are not known here.
const fn open(effective: &'static [&'static str]) -> Keys {
    Keys::open(effective, ANNOTATIONS)
}

const SHELL_INPUTS: Keys = closed(&[
    "runCommand",
    "workingDirectory",
    "timeoutSeconds",
    "environment",
    "onFailure",
    "onSuccess",
    "finallyStep",
]);

/// Every plugin that documents may name.
pub const PLUGINS: &[Plugin] = &[
    plugin("aws:runShellScript", UNIX, &["runCommand"], SHELL_INPUTS),
    plugin("aws:runPowerShellScript", EVERYWHERE, &["runCommand"], SHELL_INPUTS),
    // Without documentPath AWS stores it as well; the step fails on the node and says so.
    plugin(
        "aws:runDocument",
        NO_MAC,
        &["documentType"],
        closed(&[
            "documentType",
            "documentPath",
            "documentParameters",
            "timeoutSeconds",
            "onFailure",
            "onSuccess",
            "finallyStep",
        ]),
    ),
    plugin(
        "aws:downloadContent",
        NO_MAC,
        &["sourceType", "sourceInfo"],
        closed(&[
            "sourceType",
            "sourceInfo",
            "destinationPath",
            "timeoutSeconds",
            "onFailure",
            "onSuccess",
            "finallyStep",
        ]),
    ),
    plugin(
        "aws:softwareInventory",
        EVERYWHERE,
        &[],
        open(&[
            "applications",
            "awsComponents",
            "networkConfig",
            "billingInfo",
            "files",
            "services",
            "windowsRoles",
            "windowsRegistry",
            "windowsUpdates",
            "instanceDetailedInformation",
            "customInventory",
            "customInventoryDirectory",
        ]),
    ),
    // Ours: AWS's documents bring a program for it along.
    plugin(
        "aws:runPatchBaseline",
        UNIX,
        &["operation"],
        closed(&[
            "operation",
            "snapshotId",
            "rebootOption",
            "installOverrideList",
            "baselineOverride",
            "baselineTags",
            "associationId",
            "nextOperation",
            "onlyForRestart",
            "commandId",
            "timeoutSeconds",
            "onFailure",
            "onSuccess",
            "finallyStep",
        ]),
    ),
    plugin(
        "aws:configurePackage",
        EVERYWHERE,
        &["name", "action"],
        open(&[
            "name",
            "action",
            "version",
            "installationType",
            "additionalArguments",
            "source",
            "repository",
            "timeoutSeconds",
        ]),
    ),
    plugin("aws:refreshAssociation", EVERYWHERE, &[], open(&["associationIds"])),
    plugin("aws:configureDocker", NO_MAC, &["action"], open(&["action", "timeoutSeconds"])),
    plugin(
        "aws:runDockerAction",
        NO_MAC,
        &["action"],
        open(&[
            "action",
            "container",
            "image",
            "memory",
            "cpuShares",
            "volume",
            "cmd",
            "env",
            "user",
            "publish",
            "workingDirectory",
            "timeoutSeconds",
        ]),
    ),
    plugin(
        "aws:updateSsmAgent",
        EVERYWHERE,
        &[],
        // `programs` is ours: SHA-256 by architecture, which says what the agent is to be.
        open(&["agentName", "targetVersion", "allowDowngrade", "source", "programs", "timeoutSeconds"]),
    ),
    plugin(
        "aws:updateAgent",
        WINDOWS,
        &[],
        open(&["agentName", "source", "allowDowngrade", "targetVersion"]),
    ),
    plugin(
        "aws:applications",
        WINDOWS,
        &["action", "source"],
        open(&["action", "source", "sourceHash", "parameters", "timeoutSeconds"]),
    ),
    plugin(
        "aws:psModule",
        WINDOWS,
        &[],
        open(&["source", "sourceHash", "runCommand", "workingDirectory", "timeoutSeconds"]),
    ),
    plugin(
        "aws:domainJoin",
        NO_MAC,
        &["directoryId", "directoryName"],
        open(&[
            "directoryId",
            "directoryName",
            "dnsIpAddresses",
            "directoryOU",
            "hostName",
            "hostNameNumAppendDigits",
            "keepHostName",
        ]),
    ),
    plugin("aws:cloudWatch", WINDOWS, &[], open(&["status", "properties"])),
];

const fn plugin(
    name: &'static str,
    platforms: &'static [Platform],
    required: &'static [&'static str],
    keys: Keys,
) -> Plugin {
    Plugin { name, platforms, required, keys }
}

/// The plugin of that name.
pub fn find(name: &str) -> Option<&'static Plugin> {
    PLUGINS.iter().find(|plugin| plugin.name == name)
}

/// Whether the plugin runs the text of its `runCommand` in a shell, so that environment variables reach it.
pub fn is_script(name: &str) -> bool {
    matches!(name, "aws:runShellScript" | "aws:runPowerShellScript" | "aws:psModule")
}
