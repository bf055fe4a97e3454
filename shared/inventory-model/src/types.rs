//! AWS's types of inventory, as GetInventorySchema lists them.

/// One of AWS's types.
#[derive(Debug)]
pub struct Type {
    /// As in `AWS:Application`.
    pub name: &'static str,
    pub version: &'static str,
    /// Each name, and whether its values are numbers. They travel as texts all the same.
    pub attributes: &'static [Attribute],
    /// The attributes whose values tell one thing from another, in this order. None: there is one entry at most.
    pub identity: &'static [&'static str],
    /// The attributes that change without anything having happened.
    pub volatile: &'static [&'static str],
    /// The attributes that aggregators may count by in AWS.
    pub aggregated: &'static [&'static str],
    pub source: Source,
}

/// An attribute's name, and whether its values are numbers.
pub type Attribute = (&'static str, bool);

/// Where the entries of a type come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A node's collection, or a call of PutInventory.
    Reported,
    /// The control plane itself: nobody can put them.
    ControlPlane,
}

const fn text(name: &'static str) -> Attribute {
    (name, false)
}

const fn number(name: &'static str) -> Attribute {
    (name, true)
}

const PACKAGE: &[Attribute] = &[
    text("Name"),
    text("ApplicationType"),
    text("Publisher"),
    text("Version"),
    text("Release"),
    text("Epoch"),
    text("InstalledTime"),
    text("Architecture"),
    text("URL"),
    text("Summary"),
    text("PackageId"),
];

const PATCH_SUMMARY: &[Attribute] = &[
    text("PatchGroup"),
    text("BaselineId"),
    text("SnapshotId"),
    text("OwnerInformation"),
    number("InstalledCount"),
    number("InstalledPendingRebootCount"),
    number("InstalledOtherCount"),
    number("InstalledRejectedCount"),
    number("NotApplicableCount"),
    number("UnreportedNotApplicableCount"),
    number("MissingCount"),
    number("FailedCount"),
    text("OperationType"),
    text("OperationStartTime"),
    text("OperationEndTime"),
    text("InstallOverrideList"),
    text("RebootOption"),
    text("LastNoRebootInstallOperationTime"),
    text("ExecutionId"),
    number("NonCompliantSeverity"),
    number("SecurityNonCompliantCount"),
    number("CriticalNonCompliantCount"),
    number("OtherNonCompliantCount"),
];

const COMPLIANCE_ITEM: &[Attribute] = &[
    text("Id"),
    text("Title"),
    text("Status"),
    text("Severity"),
    text("DocumentName"),
    text("DocumentVersion"),
    text("Classification"),
    text("PatchBaselineId"),
    text("PatchSeverity"),
    text("PatchState"),
    text("PatchGroup"),
    text("InstalledTime"),
    text("InstallOverrideList"),
    text("DetailedText"),
    text("DetailedLink"),
    text("CVEIds"),
    text("ComplianceType"),
    text("ExecutionId"),
    text("ExecutionType"),
    text("ExecutionTime"),
];

const fn reported(
    name: &'static str,
    version: &'static str,
    attributes: &'static [Attribute],
    identity: &'static [&'static str],
) -> Type {
    Type { name, version, attributes, identity, volatile: &[], aggregated: &[], source: Source::Reported }
}

/// Every type of AWS's that there is something to know of here, by name.
pub static TYPES: &[Type] = &[
    reported(
        "AWS:AWSComponent",
        "1.0",
        &[
            text("Name"),
            text("ApplicationType"),
            text("Publisher"),
            text("Version"),
            text("InstalledTime"),
            text("Architecture"),
            text("URL"),
        ],
        &["Name", "Architecture", "Version"],
    ),
    Type {
        aggregated: &["Name", "Version"],
        ..reported(
            "AWS:Application",
            "1.1",
            PACKAGE,
            &["Name", "Architecture", "Epoch", "Version", "Release"],
        )
    },
    reported("AWS:BillingInfo", "1.0", &[text("BillingProductId")], &["BillingProductId"]),
    reported("AWS:ComplianceItem", "1.0", COMPLIANCE_ITEM, &["ComplianceType", "Id"]),
    Type {
        volatile: &["LastAccessTime"],
        ..reported(
            "AWS:File",
            "1.0",
            &[
                text("Name"),
                text("Size"),
                text("Description"),
                text("FileVersion"),
                text("InstalledDate"),
                text("ModificationTime"),
                text("LastAccessTime"),
                text("ProductName"),
                text("InstalledDir"),
                text("ProductLanguage"),
                text("CompanyName"),
                text("ProductVersion"),
            ],
            &["InstalledDir", "Name"],
        )
    },
    Type {
        // The clock of a core follows its load.
        volatile: &["CPUSpeedMHz"],
        ..reported(
            "AWS:InstanceDetailedInformation",
            "1.0",
            &[
                text("CPUModel"),
                number("CPUSpeedMHz"),
                number("CPUs"),
                number("CPUSockets"),
                number("CPUCores"),
                text("CPUHyperThreadEnabled"),
                text("OSServicePack"),
                text("KernelVersion"),
            ],
            &[],
        )
    },
    Type {
        aggregated: &["AgentVersion", "PlatformName", "PlatformType", "PlatformVersion"],
        source: Source::ControlPlane,
        ..reported(
            "AWS:InstanceInformation",
            "1.0",
            &[
                text("AgentType"),
                text("AgentVersion"),
                text("ComputerName"),
                text("InstanceId"),
                text("InstanceStatus"),
                text("IpAddress"),
                text("PlatformName"),
                text("PlatformType"),
                text("PlatformVersion"),
                text("ResourceType"),
            ],
            &[],
        )
    },
    reported(
        "AWS:Network",
        "1.0",
        &[
            text("Name"),
            text("SubnetMask"),
            text("Gateway"),
            text("DHCPServer"),
            text("DNSServer"),
            text("MacAddress"),
            text("IPV4"),
            text("IPV6"),
        ],
        &["Name"],
    ),
    reported(
        "AWS:PatchCompliance",
        "1.0",
        &[
            text("Title"),
            text("KBId"),
            text("Classification"),
            text("Severity"),
            text("State"),
            text("InstalledTime"),
            // Ours, beside AWS's.
            text("CVEIds"),
            text("Advisories"),
            text("ComplianceLevel"),
            text("Reason"),
            text("Product"),
            text("AvailableVersion"),
            text("AvailableClassification"),
            text("AvailableSeverity"),
            text("AvailableAdvisories"),
            text("AvailableCVEIds"),
            text("AvailableBugzillaIds"),
            text("AvailableReleaseTime"),
            text("AvailablePriority"),
            text("AvailableSection"),
            text("AvailableRepository"),
        ],
        &["KBId", "Title"],
    ),
    reported("AWS:PatchSummary", "1.0", PATCH_SUMMARY, &[]),
    Type {
        aggregated: &["Name"],
        ..reported(
            "AWS:Service",
            "1.0",
            &[
                text("Name"),
                text("DisplayName"),
                text("ServiceType"),
                text("Status"),
                text("DependentServices"),
                text("ServicesDependedOn"),
                text("StartType"),
            ],
            &["Name"],
        )
    },
    Type {
        source: Source::ControlPlane,
        ..reported("AWS:Tag", "1.0", &[text("Key"), text("Value")], &["Key"])
    },
];

impl Type {
    /// The attribute that the keys of the entries begin with, where nodes are looked for by it: a name that many have.
    pub fn indexed(&self) -> Option<&'static str> {
        self.identity.first().copied().filter(|name| self.aggregated.contains(name))
    }
}

/// One of AWS's types by its name.
pub fn find(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|one| one.name == name)
}

/// Whether a name can be that of a custom type: `Custom:` and up to 93 characters without control characters and without
/// `/`, which subjects and keys are divided by.
pub fn is_custom(name: &str) -> bool {
    let rest = name.strip_prefix("Custom:").unwrap_or_default();
    !rest.is_empty()
        && name.chars().count() <= 100
        && rest.chars().all(|c| !c.is_control() && c != '/' && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_types_say_of_attributes_they_have() {
        for kind in TYPES {
            let has = |name: &&str| kind.attributes.iter().any(|(known, _)| known == name);
            for named in [kind.identity, kind.volatile, kind.aggregated] {
                assert!(named.iter().all(has), "{}", kind.name);
            }
            assert!(kind.attributes.len() <= 50);
        }
        assert!(TYPES.is_sorted_by_key(|kind| kind.name));
        assert_eq!(find("AWS:Application").map(|kind| kind.version), Some("1.1"));
    }

    #[test]
    fn custom_types_have_a_name_of_their_own() {
        assert!(is_custom("Custom:RackInfo") && is_custom("Custom:a:b-c.d"));
        for name in ["RackInfo", "Custom:", "AWS:Application", "Custom:a/b", "Custom:a b", "Custom:\u{7}"] {
            assert!(!is_custom(name), "{name}");
        }
        assert!(!is_custom(&format!("Custom:{}", "x".repeat(94))));
    }
}
