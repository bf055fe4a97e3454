//! Which operating system a machine has.

use crate::inventory::Machine;
use reeve_patch_baseline::{System, system};

/// Reads it from the machine's os-release(5).
///
/// # Errors
/// A sentence, for a system that baselines have no word for.
pub fn read(machine: &Machine) -> Result<System, String> {
    let release = machine.text("/etc/os-release");
    let field = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.trim_matches(['"', '\'']).to_owned()).unwrap_or_default()
    };
    let (id, version) = (field("ID"), field("VERSION_ID"));
    system(&id, &version)
        .ok_or_else(|| format!("The operating system {id:?} {version} cannot be patched here."))
}
