//! Which operating system a machine has.

use crate::inventory::Machine;

/// An operating system as baselines name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// AWS's word: `DEBIAN`.
    pub operating_system: &'static str,
    /// `Debian12`.
    pub product: String,
}

/// The id in os-release, AWS's word, and what its products begin with.
const SYSTEMS: [(&str, &str, &str); 11] = [
    ("debian", "DEBIAN", "Debian"),
    ("ubuntu", "UBUNTU", "Ubuntu"),
    ("raspbian", "RASPBIAN", "Raspbian"),
    ("rhel", "REDHAT_ENTERPRISE_LINUX", "RedhatEnterpriseLinux"),
    ("rocky", "ROCKY_LINUX", "Rocky"),
    ("almalinux", "ALMA_LINUX", "AlmaLinux"),
    ("centos", "CENTOS", "CentOS"),
    ("ol", "ORACLE_LINUX", "OracleLinux"),
    ("sles", "SUSE", "Suse"),
    ("opensuse-leap", "SUSE", "OpensuseLeap"),
    ("amzn", "AMAZON_LINUX_2023", "AmazonLinux"),
];

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
    let found = SYSTEMS.iter().find(|(known, ..)| *known == id);
    let (_, system, product) =
        found.ok_or_else(|| format!("The operating system {id:?} {version} cannot be patched here."))?;
    let operating_system = match (*system, version.as_str()) {
        ("AMAZON_LINUX_2023", "2") => "AMAZON_LINUX_2",
        (system, _) => system,
    };
    Ok(System { operating_system, product: format!("{product}{version}") })
}
