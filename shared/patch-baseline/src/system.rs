//! Operating systems, as baselines name them.

/// What baselines call a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// AWS's word: `DEBIAN`.
    pub operating_system: &'static str,
    /// `Debian12`.
    pub product: String,
}

/// The id in os-release(5), the beginning of the name there, AWS's word, and what its products begin with.
const SYSTEMS: [(&str, &str, &str, &str); 11] = [
    ("debian", "Debian", "DEBIAN", "Debian"),
    ("ubuntu", "Ubuntu", "UBUNTU", "Ubuntu"),
    ("raspbian", "Raspbian", "RASPBIAN", "Raspbian"),
    ("rhel", "Red Hat", "REDHAT_ENTERPRISE_LINUX", "RedhatEnterpriseLinux"),
    ("rocky", "Rocky", "ROCKY_LINUX", "Rocky"),
    ("almalinux", "AlmaLinux", "ALMA_LINUX", "AlmaLinux"),
    ("centos", "CentOS", "CENTOS", "CentOS"),
    ("ol", "Oracle", "ORACLE_LINUX", "OracleLinux"),
    ("sles", "SLES", "SUSE", "Suse"),
    ("opensuse-leap", "openSUSE", "SUSE", "OpensuseLeap"),
    ("amzn", "Amazon", "AMAZON_LINUX_2023", "AmazonLinux"),
];

/// A system by the id or the name that its os-release(5) has, and its version. `None`: baselines have no word for it.
pub fn system(id_or_name: &str, version: &str) -> Option<System> {
    let is_it =
        |(id, name, ..): &&(&str, &str, &str, &str)| id_or_name == *id || id_or_name.starts_with(name);
    let (_, _, word, product) = SYSTEMS.iter().find(is_it)?;
    Some(System { operating_system: word_of(word, version), product: format!("{product}{version}") })
}

/// AWS's word for the system that a product is of: `DEBIAN` for `Debian12`.
pub fn system_of_product(product: &str) -> Option<&'static str> {
    let (word, version) = SYSTEMS
        .iter()
        .find_map(|(_, _, word, begins)| product.strip_prefix(begins).map(|version| (*word, version)))?;
    Some(word_of(word, version))
}

/// Amazon Linux 2 is another system than its successors.
fn word_of(word: &'static str, version: &str) -> &'static str {
    if (word, version) == ("AMAZON_LINUX_2023", "2") { "AMAZON_LINUX_2" } else { word }
}

#[cfg(test)]
mod tests {
    use super::{system, system_of_product};

    #[test]
    fn systems_are_known_by_id_and_by_name() {
        for (of, version, word, product) in [
            ("debian", "12", "DEBIAN", "Debian12"),
            ("Debian GNU/Linux", "12", "DEBIAN", "Debian12"),
            ("Ubuntu", "24.10", "UBUNTU", "Ubuntu24.10"),
            ("rocky", "8.11", "ROCKY_LINUX", "Rocky8.11"),
            ("Rocky Linux", "9.4", "ROCKY_LINUX", "Rocky9.4"),
            ("amzn", "2", "AMAZON_LINUX_2", "AmazonLinux2"),
            ("Amazon Linux", "2023", "AMAZON_LINUX_2023", "AmazonLinux2023"),
            ("openSUSE Leap", "15.6", "SUSE", "OpensuseLeap15.6"),
        ] {
            let found = system(of, version).unwrap();
            assert_eq!((found.operating_system, found.product.as_str()), (word, product), "{of}");
            assert_eq!(system_of_product(product), Some(word));
        }
        assert_eq!(system("plan9", "4"), None);
        assert_eq!(system("", ""), None);
    }
}
