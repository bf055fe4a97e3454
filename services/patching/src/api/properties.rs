//! What filters of rules can be about.

use reeve_contracts::ssm::{DescribePatchPropertiesRequest, DescribePatchPropertiesResult};
use reeve_runtime::{ApiError, Call};
use std::collections::BTreeMap;

const PRIORITIES: &[&str] = &["Required", "Important", "Standard", "Optional", "Extra"];
const RPM_CLASSIFICATIONS: &[&str] = &["Security", "Bugfix", "Enhancement", "Recommended", "Newpackage"];
const RPM_SEVERITIES: &[&str] = &["Critical", "Important", "Medium", "Low", "None"];
const SUSE_CLASSIFICATIONS: &[&str] =
    &["Security", "Recommended", "Optional", "Features", "Document", "Yast"];
const SUSE_SEVERITIES: &[&str] = &["Critical", "Important", "Moderate", "Low"];

/// The products of a system; a minor version that is not listed is its major one's.
fn products(system: &str) -> &'static [&'static str] {
    match system {
        "DEBIAN" => &["Debian10", "Debian11", "Debian12", "Debian13"],
        "RASPBIAN" => &["Raspbian10", "Raspbian11", "Raspbian12"],
        "UBUNTU" => &["Ubuntu16.04", "Ubuntu18.04", "Ubuntu20.04", "Ubuntu22.04", "Ubuntu24.04"],
        "ROCKY_LINUX" => &["Rocky8", "Rocky9", "Rocky10"],
        "ALMA_LINUX" => &["AlmaLinux8", "AlmaLinux9", "AlmaLinux10"],
        "REDHAT_ENTERPRISE_LINUX" => &[
            "RedhatEnterpriseLinux7",
            "RedhatEnterpriseLinux8",
            "RedhatEnterpriseLinux9",
            "RedhatEnterpriseLinux10",
        ],
        "CENTOS" => &["CentOS7", "CentOS8", "CentOS9", "CentOS10"],
        "ORACLE_LINUX" => &["OracleLinux7", "OracleLinux8", "OracleLinux9"],
        "AMAZON_LINUX" => &["AmazonLinux2018.03"],
        "AMAZON_LINUX_2" => &["AmazonLinux2"],
        "AMAZON_LINUX_2022" => &["AmazonLinux2022"],
        "AMAZON_LINUX_2023" => &["AmazonLinux2023"],
        "SUSE" => &["Suse12", "Suse15", "OpensuseLeap15"],
        _ => &[],
    }
}

pub async fn describe(
    call: Call<DescribePatchPropertiesRequest>,
) -> Result<DescribePatchPropertiesResult, ApiError> {
    let system = call.input.operating_system.as_deref().unwrap_or_default();
    let property = call.input.property.as_deref().unwrap_or_default();
    let is_deb = matches!(system, "DEBIAN" | "UBUNTU" | "RASPBIAN");
    let is_known = !products(system).is_empty();
    let values = match property {
        "PRODUCT" => products(system),
        "PRIORITY" if is_deb => PRIORITIES,
        "CLASSIFICATION" if system == "SUSE" => SUSE_CLASSIFICATIONS,
        "SEVERITY" if system == "SUSE" => SUSE_SEVERITIES,
        "CLASSIFICATION" if is_known && !is_deb => RPM_CLASSIFICATIONS,
        "SEVERITY" if is_known && !is_deb => RPM_SEVERITIES,
        _ => &[],
    };
    let properties = values.iter().map(|name| BTreeMap::from([("Name".to_owned(), (*name).to_owned())]));
    Ok(DescribePatchPropertiesResult { next_token: None, properties: Some(properties.collect()) })
}
