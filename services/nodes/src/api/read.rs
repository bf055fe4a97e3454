//! Reading nodes: one row with everything that filters and answers need.

use crate::{
    Shared,
    projections::{NODE_TAGS, NODES, NodeRow},
};
use reeve_runtime::{ApiError, Handle, Operator, Page};
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

/// One condition on a node: the key's value compared with any of the values.
pub struct Condition {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

impl Condition {
    /// A condition from a filter's members.
    ///
    /// # Errors
    /// `InvalidInstanceInformationFilterValue`-like codes belong to the caller; here an unknown key or operator is
    /// `InvalidFilterKey`.
    pub fn new(
        key: Option<&String>,
        operator: Option<&String>,
        values: Option<&Vec<String>>,
    ) -> Result<Self, ApiError> {
        let key = key.cloned().unwrap_or_default();
        let known = NodeRead { row: NodeRow::default(), tags: BTreeMap::new(), last_ping: Timestamp(0) };
        let own = ["tag-key", "Region", "AccountId"].contains(&key.as_str());
        if !own && known.value(&key).is_none() {
            return Err(ApiError::new("InvalidFilterKey", format!("The filter key {key:?} is not valid.")));
        }
        let operator = operator.and_then(|name| Operator::named(name, &OPERATORS)).unwrap_or(Operator::Equal);
        Ok(Self { key, operator, values: values.cloned().unwrap_or_default() })
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
