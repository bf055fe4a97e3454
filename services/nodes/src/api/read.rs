//! Reading nodes: one row with everything that filters and answers need.

use crate::{
    Shared,
    projections::{NODE_TAGS, NODES, NodeRow},
};
use reeve_runtime::{ApiError, Handle, Operator, Page, words_of};
use reeve_types::Timestamp;
use std::collections::BTreeMap;

/// A node with its tags and the last sign of life.
pub struct NodeRead {
    pub row: NodeRow,
    pub tags: BTreeMap<String, String>,
    pub last_ping: Timestamp,
}

impl NodeRead {
    pub fn online(&self) -> bool {
        !self.row.session.is_empty()
    }

    pub fn ping_status(&self) -> &'static str {
        if self.online() { "Online" } else { "ConnectionLost" }
    }

    /// The value that a filter of AWS's names; `None` for a key that nodes do not have.
    pub fn value(&self, key: &str) -> Option<&str> {
        Some(match key {
            "InstanceIds" | "InstanceId" => &self.row.id,
            "AgentVersion" => &self.row.agent_version,
            "PingStatus" => self.ping_status(),
            "InstanceStatus" => self.instance_status(),
            "PlatformTypes" | "PlatformType" => &self.row.platform_type,
            "PlatformName" => &self.row.platform_name,
            "PlatformVersion" => &self.row.platform_version,
            "ActivationIds" => &self.row.activation_id,
            "IamRole" => &self.row.iam_role,
            "ResourceType" => "ManagedInstance",
            "SourceType" => "AWS::SSM::ManagedInstance",
            "SourceId" => &self.row.id,
            "ComputerName" => &self.row.hostname,
            "IpAddress" => &self.row.ip_address,
            "AgentType" => "reeve-agent",
            "ManagedStatus" => "Managed",
            "AssociationStatus"
            | "DocumentName"
            | "AvailabilityZone"
            | "AvailabilityZoneId"
            | "SourceLocation"
            | "OrganizationalUnitId"
            | "OrganizationalUnitPath" => "",
            _ => return key.strip_prefix("tag:").map(|tag| self.tags.get(tag).map_or("", String::as_str)),
        })
    }

    pub fn instance_status(&self) -> &'static str {
        if self.online() { "Active" } else { "Inactive" }
    }
}

/// The model knows no others.
const OPERATORS: [Operator; 5] =
    [Operator::Equal, Operator::NotEqual, Operator::BeginWith, Operator::LessThan, Operator::GreaterThan];

/// The keys of filters, without those of tags.
const KEYS: [&str; 28] = [
    "InstanceIds",
    "InstanceId",
    "AgentVersion",
    "PingStatus",
    "InstanceStatus",
    "PlatformTypes",
    "PlatformType",
    "PlatformName",
    "PlatformVersion",
    "ActivationIds",
    "IamRole",
    "ResourceType",
    "SourceType",
    "SourceId",
    "ComputerName",
    "IpAddress",
    "AgentType",
    "ManagedStatus",
    "AssociationStatus",
    "DocumentName",
    "AvailabilityZone",
    "AvailabilityZoneId",
    "SourceLocation",
    "OrganizationalUnitId",
    "OrganizationalUnitPath",
    "Region",
    "AccountId",
    "tag-key",
];

/// The words that a key may have, where AWS's are an enumeration.
fn words(key: &str) -> Option<&'static [&'static str]> {
    Some(match key {
        "PingStatus" => &["Online", "ConnectionLost", "Inactive"],
        "PlatformTypes" | "PlatformType" => &["Windows", "Linux", "MacOS"],
        "ResourceType" => &["EC2Instance", "ManagedInstance", "AWS::EC2::Instance", "AWS::IoT::Thing"],
        "SourceType" => &["AWS::EC2::Instance", "AWS::IoT::Thing", "AWS::SSM::ManagedInstance"],
        "InstanceStatus" => &["Active", "Inactive", "Terminated"],
        "ManagedStatus" => &["All", "Managed", "Unmanaged"],
        "AssociationStatus" => &["Pending", "Success", "Failed"],
        _ => return None,
    })
}

/// One condition on a node: the key's value compared with any of the values.
pub struct Condition {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

impl Condition {
    /// A condition from a filter's members. Names of keys are taken in any case, and words of enumerations.
    ///
    /// # Errors
    /// `InvalidFilterKey` for a key that nodes do not have; `wrong_value`, which belongs to the operation, for a word
    /// outside of an enumeration.
    pub fn new(
        key: Option<&String>,
        operator: Option<&String>,
        values: Option<&Vec<String>>,
        wrong_value: &str,
    ) -> Result<Self, ApiError> {
        let given = key.map(String::as_str).unwrap_or_default();
        let is_of_tag = given.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("tag:"));
        let key = match KEYS.iter().find(|key| key.eq_ignore_ascii_case(given)) {
            Some(key) => (*key).to_owned(),
            None if is_of_tag => format!("tag:{}", &given[4..]),
            None => {
                let message = format!(
                    "The filter key {given:?} is not valid: it is not one of {} and tag:<key>.",
                    KEYS.join(", ")
                );
                return Err(ApiError::new("InvalidFilterKey", message));
            }
        };
        let operator = operator.and_then(|name| Operator::named(name, &OPERATORS)).unwrap_or(Operator::Equal);
        let values = values.cloned().unwrap_or_default();
        let values = match words(&key).filter(|_| matches!(operator, Operator::Equal | Operator::NotEqual)) {
            None => values,
            Some(words) => {
                let wrong = |message| ApiError::new(wrong_value, message);
                words_of(words, &values, &key).map_err(wrong)?
            }
        };
        Ok(Self { key, operator, values })
    }

    fn holds(&self, node: &NodeRead, shared: &Shared) -> bool {
        if self.key == "tag-key" {
            return self.values.iter().any(|key| node.tags.contains_key(key));
        }
        let value = match self.key.as_str() {
            "Region" => &shared.config.region,
            "AccountId" => &shared.config.account,
            key => node.value(key).unwrap_or_default(),
        };
        self.operator.holds_for_text(value, &self.values)
    }
}

/// A page of the nodes that meet all conditions, in the order of their ids.
pub fn page(
    shared: &Shared,
    handle: &Handle,
    now: Timestamp,
    conditions: &[Condition],
    after: Option<&str>,
    limit: usize,
) -> Page<NodeRead> {
    let whole = |row: NodeRow| NodeRead {
        tags: handle.views().get(NODE_TAGS, &row.id).unwrap_or_default(),
        last_ping: shared.presence.last_seen(&row, now),
        row,
    };
    let keep = |row: &NodeRow| {
        let node = whole(row.clone());
        conditions.iter().all(|condition| condition.holds(&node, shared))
    };
    let page = handle.views().filter::<NodeRow>(NODES, "", after, limit, |_, row| keep(row));
    Page { rows: page.rows.into_iter().map(|(id, row)| (id, whole(row))).collect(), next: page.next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, value: &str) -> Result<(String, Vec<String>), ApiError> {
        let (key, values) = (key.to_owned(), vec![value.to_owned()]);
        Condition::new(Some(&key), None, Some(&values), "WrongValue").map(|read| (read.key, read.values))
    }

    #[test]
    fn keys_and_words_are_taken_in_any_case() {
        assert_eq!(read("instanceids", "mi-1").unwrap().0, "InstanceIds");
        let status = read("PINGSTATUS", "online").unwrap();
        assert_eq!(status, ("PingStatus".to_owned(), vec!["Online".to_owned()]));
        assert_eq!(read("Tag:Role", "web").unwrap(), ("tag:Role".to_owned(), vec!["web".to_owned()]));
    }

    #[test]
    fn what_would_match_nothing_ever_is_refused_by_name() {
        let error = read("PingStatus", "Onlin").unwrap_err();
        assert_eq!(error.code, "WrongValue");
        assert!(
            error.message.contains("\"Onlin\"") && error.message.contains("Online, ConnectionLost"),
            "{error}"
        );
        let error = read("Ping", "Online").unwrap_err();
        assert!(error.code == "InvalidFilterKey" && error.message.contains("PingStatus"), "{error}");
    }
}
