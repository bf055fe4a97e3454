//! The types of data that there are, and their rows: what the summary counts and the syncs write.

use crate::projections::{
    ASSOCIATION, ASSOCIATIONS_SAID, ASSOCIATIONS_SAID_ALL, COLLECTIONS, COMPLIANCE_PUT, COMPLIANCE_SCANNED,
    CollectionRow, DAYS, DayRow, ENTRY_GROUPS, EntryGroupRow, GROUPED, GroupRow, INCIDENTS, IncidentRow,
    OPS_ITEMS, OpsItemRow, SaidAt, SaidRow,
};
use reeve_contracts::ssm::AssociationDescription;
use reeve_fleet::{
    NODES, NodeRow,
    associations::{ASSOCIATIONS, OUTCOMES, OutcomeRow},
    targets,
};
use reeve_runtime::{Handle, Store};
use reeve_types::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// The installation, as rows name it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub account: String,
    pub region: String,
}

/// A row: of an item, of a node, or of what is counted together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    /// Of what it is about: rows of several types with one id are one entity.
    pub id: String,
    /// How many things it stands for.
    pub count: u64,
    /// Since when it is so.
    pub captured: Timestamp,
    pub attributes: BTreeMap<&'static str, String>,
}

/// A type of data.
pub(crate) struct DataType {
    pub name: &'static str,
    pub attributes: &'static [&'static str],
    rows: fn(&Handle, &Place) -> Vec<Row>,
}

impl DataType {
    /// The type with a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.name == name)
    }

    pub fn rows(&self, handle: &Handle, place: &Place) -> Vec<Row> {
        (self.rows)(handle, place)
    }
}

/// What is meant where nothing names a type.
pub(crate) const OPS_ITEM: &str = "AWS:OpsItem";

/// Every type. Those that AWS has no name for are custom ones.
pub(crate) static TYPES: [DataType; 8] = [
    DataType {
        name: OPS_ITEM,
        attributes: &[
            "AccountId",
            "Category",
            "CreatedBy",
            "CreatedTime",
            "Description",
            "LastModifiedBy",
            "LastModifiedTime",
            "Notifications",
            "OperationalData",
            "OpsItemId",
            "OpsItemType",
            "Priority",
            "RelatedItems",
            "Severity",
            "Source",
            "SourceRegion",
            "Status",
            "Title",
        ],
        rows: ops_items,
    },
    DataType {
        name: "AWS:OpsItemTrendline",
        attributes: &["AccountId", "Date", "Opened", "Resolved", "SourceRegion"],
        rows: days,
    },
    DataType {
        name: "AWS:EC2InstanceInformation",
        attributes: &[
            "AccountId",
            "AgentVersion",
            "ComputerName",
            "InstanceId",
            "IpAddress",
            "PingStatus",
            "PlatformName",
            "PlatformType",
            "PlatformVersion",
            "SourceRegion",
        ],
        rows: nodes,
    },
    DataType {
        name: "AWS:ComplianceSummary",
        attributes: &[
            "AccountId",
            "ComplianceType",
            "CompliantCount",
            "ExecutionTime",
            "InstanceId",
            "NonCompliantCount",
            "OverallSeverity",
            "PatchBaselineId",
            "PatchGroup",
            "SourceRegion",
            "Status",
        ],
        rows: compliance,
    },
    DataType {
        name: GROUPED[0].0,
        attributes: &["AccountId", "Architecture", "Name", "Publisher", "SourceRegion", "Version"],
        rows: |handle, place| entries(handle, place, GROUPED[0].0),
    },
    DataType {
        name: GROUPED[1].0,
        attributes: &["AccountId", "Name", "SourceRegion", "StartType", "Status"],
        rows: |handle, place| entries(handle, place, GROUPED[1].0),
    },
    DataType {
        name: "Custom:Inventory",
        attributes: &[
            "AccountId",
            "CaptureTime",
            "Entries",
            "Failure",
            "InstanceId",
            "SchemaVersion",
            "SourceRegion",
            "TypeName",
        ],
        rows: collections,
    },
    DataType {
        name: "Custom:Incident",
        attributes: &[
            "AccountId",
            "CreatedTime",
            "Impact",
            "IncidentArn",
            "ResolvedTime",
            "ResponsePlan",
            "Source",
            "SourceRegion",
            "Status",
            "Title",
        ],
        rows: incidents,
    },
];

/// A row with these attributes, and where it is.
fn row<const N: usize>(
    place: &Place,
    id: &str,
    captured: Timestamp,
    attributes: [(&'static str, String); N],
) -> Row {
    let mut attributes = BTreeMap::from(attributes);
    attributes.insert("AccountId", place.account.clone());
    attributes.insert("SourceRegion", place.region.clone());
    Row { id: id.to_owned(), count: 1, captured, attributes }
}

/// An instant; empty where there is none.
fn instant(milliseconds: i64) -> String {
    if milliseconds > 0 { Timestamp(milliseconds).rfc3339() } else { String::new() }
}

fn all<T: serde::de::DeserializeOwned + Clone + 'static>(views: &Store, table: &str) -> Vec<(String, T)> {
    views.scan::<T>(table, "", None, usize::MAX).rows
}

fn ops_items(handle: &Handle, place: &Place) -> Vec<Row> {
    let list = |texts: &[String]| if texts.is_empty() { String::new() } else { json!(texts).to_string() };
    let row = |(id, item): (String, OpsItemRow)| {
        let data = item.data.iter();
        let data: BTreeMap<_, _> =
            data.map(|(key, value)| (key, json!({"type": "SearchableString", "value": value}))).collect();
        let attributes = [
            ("Category", item.category),
            ("CreatedBy", item.created_by),
            ("CreatedTime", item.created.rfc3339()),
            ("Description", item.description),
            ("LastModifiedBy", item.modified_by),
            ("LastModifiedTime", item.modified.rfc3339()),
            ("Notifications", list(&item.notifications)),
            ("OperationalData", if data.is_empty() { String::new() } else { json!(data).to_string() }),
            ("OpsItemId", id.clone()),
            ("OpsItemType", item.kind),
            ("Priority", if item.priority > 0 { item.priority.to_string() } else { String::new() }),
            ("RelatedItems", list(&item.related)),
            ("Severity", item.severity),
            ("Source", item.source),
            ("Status", item.status),
            ("Title", item.title),
        ];
        row(place, &id, item.modified, attributes)
    };
    all(handle.views(), OPS_ITEMS).into_iter().map(row).collect()
}

fn days(handle: &Handle, place: &Place) -> Vec<Row> {
    let row = |(date, day): (String, DayRow)| {
        let captured = Timestamp::parse_rfc3339(&format!("{date}T00:00:00Z")).unwrap_or_default();
        let (opened, resolved) = (day.opened.to_string(), day.resolved.to_string());
        let attributes = [("Date", date.clone()), ("Opened", opened), ("Resolved", resolved)];
        row(place, &date, captured, attributes)
    };
    all(handle.views(), DAYS).into_iter().map(row).collect()
}

fn nodes(handle: &Handle, place: &Place) -> Vec<Row> {
    let row = |(id, node): (String, NodeRow)| {
        // Before its first connection it is not known what it is.
        let ping = match (node.session.is_empty(), node.platform_type.is_empty()) {
            (false, _) => "Online",
            (true, true) => "Inactive",
            (true, false) => "ConnectionLost",
        };
        let attributes = [
            ("AgentVersion", node.agent_version),
            ("ComputerName", node.name),
            ("InstanceId", id.clone()),
            ("IpAddress", node.ip_address),
            ("PingStatus", ping.to_owned()),
            ("PlatformName", node.platform_name),
            ("PlatformType", node.platform_type),
            ("PlatformVersion", node.platform_version),
        ];
        row(place, &id, Timestamp(0), attributes)
    };
    all(handle.views(), NODES).into_iter().map(row).collect()
}

const PATCH: &str = "Patch";

/// As the compliance service answers it: of patches the later execution of two counts, and of associations what they did.
fn compliance(handle: &Handle, place: &Place) -> Vec<Row> {
    let views = handle.views();
    let put: Vec<(String, GroupRow)> = all(views, COMPLIANCE_PUT);
    let mut rows: BTreeMap<(String, String), GroupRow> = put
        .into_iter()
        .filter_map(|(key, group)| {
            let (kind, node) = key.split_once('/')?;
            Some(((kind.to_owned(), node.to_owned()), group))
        })
        .collect();
    for (node, scanned) in all::<GroupRow>(views, COMPLIANCE_SCANNED) {
        let held = rows.entry((PATCH.to_owned(), node)).or_default();
        if scanned.executed_ms >= held.executed_ms {
            *held = scanned;
        }
    }
    rows.extend(associations(handle));
    let row = |((kind, node), group): ((String, String), GroupRow)| {
        let attributes = [
            ("ComplianceType", kind),
            ("CompliantCount", group.compliant.to_string()),
            ("ExecutionTime", instant(group.executed_ms)),
            ("InstanceId", node.clone()),
            ("NonCompliantCount", group.non_compliant().to_string()),
            ("OverallSeverity", group.overall_severity().to_owned()),
            ("PatchBaselineId", group.baseline_id.clone()),
            ("PatchGroup", group.patch_group.clone()),
            ("Status", group.status().to_owned()),
        ];
        row(place, &node, Timestamp(group.executed_ms), attributes)
    };
    rows.into_iter().map(row).collect()
}

/// What associations did last on the nodes that they are for, and, of those whose compliance is somebody's to say
/// (SyncCompliance MANUAL), what was said.
fn associations(handle: &Handle) -> BTreeMap<(String, String), GroupRow> {
    let views = handle.views();
    let mut rows: BTreeMap<(String, String), GroupRow> = BTreeMap::new();
    let is_said_by_others = |of: &AssociationDescription| of.sync_compliance.as_deref() == Some("MANUAL");
    for (key, outcome) in all::<OutcomeRow>(views, OUTCOMES) {
        let Some((node, association)) = key.split_once('/') else { continue };
        let Some(of) = views.look::<AssociationDescription>(ASSOCIATIONS, association) else { continue };
        let Some(known) = views.look::<NodeRow>(NODES, node) else { continue };
        if is_said_by_others(&of) || !targets::meets(handle, &targets::of_association(&of), node, &known) {
            continue;
        }
        let group = rows.entry((ASSOCIATION.to_owned(), node.to_owned())).or_default();
        group.count(outcome.is_success, of.compliance_severity.as_deref().unwrap_or_default());
        group.executed_ms = group.executed_ms.max(outcome.finished_ms);
    }
    for (key, said) in all::<SaidRow>(views, ASSOCIATIONS_SAID) {
        let Some((node, association)) = key.split_once('/') else { continue };
        let of = views.look::<AssociationDescription>(ASSOCIATIONS, association);
        if views.look::<NodeRow>(NODES, node).is_none() || !of.is_some_and(|of| is_said_by_others(&of)) {
            continue;
        }
        let of_all: SaidAt = views.get(ASSOCIATIONS_SAID_ALL, node).unwrap_or_default();
        let group = rows.entry((ASSOCIATION.to_owned(), node.to_owned())).or_default();
        group.count(said.complies, &said.severity);
        group.executed_ms = group.executed_ms.max(said.at.max(of_all).executed_ms);
    }
    rows
}

/// What nodes have of a type, each row for as many entries as are alike.
fn entries(handle: &Handle, place: &Place, type_name: &'static str) -> Vec<Row> {
    let prefix = format!("{type_name}/");
    let groups = handle.views().scan::<EntryGroupRow>(ENTRY_GROUPS, &prefix, None, usize::MAX).rows;
    let names = GROUPED.iter().find(|(name, _)| *name == type_name).map_or(&[][..], |(_, names)| names);
    let row = |(key, mut group): (String, EntryGroupRow)| {
        let mut row = row(place, &key, Timestamp(0), []);
        row.count = group.count;
        row.attributes
            .extend(names.iter().map(|name| (*name, group.values.remove(*name).unwrap_or_default())));
        row
    };
    groups.into_iter().map(row).collect()
}

fn collections(handle: &Handle, place: &Place) -> Vec<Row> {
    let row = |(key, row_of): (String, CollectionRow)| {
        let (node, type_name) = key.split_once('/').unwrap_or_default();
        let attributes = [
            ("CaptureTime", instant(row_of.captured_ms)),
            // Before anything was collected it is not known.
            ("Entries", if row_of.captured_ms > 0 { row_of.entries.to_string() } else { String::new() }),
            ("Failure", row_of.failure),
            ("InstanceId", node.to_owned()),
            ("SchemaVersion", row_of.schema_version),
            ("TypeName", type_name.to_owned()),
        ];
        row(place, node, Timestamp(row_of.captured_ms), attributes)
    };
    all(handle.views(), COLLECTIONS).into_iter().map(row).collect()
}

fn incidents(handle: &Handle, place: &Place) -> Vec<Row> {
    let row = |(id, incident): (String, IncidentRow)| {
        let status = if incident.resolved.is_some() { "RESOLVED" } else { "OPEN" };
        let attributes = [
            ("CreatedTime", incident.created.rfc3339()),
            ("Impact", incident.impact.to_string()),
            ("IncidentArn", incident.arn),
            ("ResolvedTime", incident.resolved.map(Timestamp::rfc3339).unwrap_or_default()),
            ("ResponsePlan", incident.plan),
            ("Source", incident.source),
            ("Status", status.to_owned()),
            ("Title", incident.title),
        ];
        row(place, &id, incident.modified, attributes)
    };
    all(handle.views(), INCIDENTS).into_iter().map(row).collect()
}
