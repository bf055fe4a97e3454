//! What DescribeOpsItems keeps: several filters all, several values any. Values have any length, unlike AWS's.

use crate::{
    domain::rules::{CHANGE_REQUEST, TYPES},
    projections::items::ItemRow,
    reactors::changes::{APPROVERS, REQUESTER, TEMPLATE},
    reading::operational_data,
};
use reeve_contracts::ssm::{OpsItemDataValue, OpsItemFilter};
use reeve_runtime::{ApiError, Handle, Operator, words_of};
use reeve_types::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

const OPERATORS: [Operator; 4] =
    [Operator::Equal, Operator::Contains, Operator::GreaterThan, Operator::LessThan];

/// The keys that are compared with each operator, as AWS documents them.
const EQUAL: [&str; 19] = [
    "Status",
    "Priority",
    "Source",
    "Title",
    "OperationalData",
    "OperationalDataKey",
    "OperationalDataValue",
    "OpsItemId",
    "AutomationId",
    "AccountId",
    "CreatedBy",
    "Category",
    "Severity",
    "OpsItemType",
    "ChangeRequestByRequesterArn",
    "ChangeRequestByRequesterName",
    "ChangeRequestByApproverArn",
    "ChangeRequestByApproverName",
    "ChangeRequestByTemplate",
];
const CONTAINS: [&str; 5] = ["Source", "Title", "OperationalDataValue", "ResourceId", "CreatedBy"];
const INSTANTS: [&str; 6] = [
    "CreatedTime",
    "LastModifiedTime",
    "PlannedStartTime",
    "PlannedEndTime",
    "ActualStartTime",
    "ActualEndTime",
];

/// Those of change requests, too.
const STATUSES: [&str; 20] = [
    "Open",
    "InProgress",
    "Resolved",
    "Pending",
    "TimedOut",
    "Cancelling",
    "Cancelled",
    "Failed",
    "CompletedWithSuccess",
    "CompletedWithFailure",
    "Scheduled",
    "RunbookInProgress",
    "PendingChangeCalendarOverride",
    "ChangeCalendarOverrideApproved",
    "ChangeCalendarOverrideRejected",
    "PendingApproval",
    "Approved",
    "Revoked",
    "Rejected",
    "Closed",
];

/// The words that stand under a key, where there are no others.
fn words(key: &str) -> Option<&'static [&'static str]> {
    match key {
        "Status" => Some(&STATUSES),
        "Priority" => Some(&["1", "2", "3", "4", "5"]),
        "OpsItemType" => Some(&TYPES),
        _ => None,
    }
}

/// A filter that can be met.
pub(super) struct Filter {
    key: String,
    operator: Operator,
    values: Vec<String>,
    /// The values of a filter on instants, in milliseconds.
    instants: Vec<i64>,
}

/// An item with what filters look at.
pub(super) struct Candidate<'a> {
    row: &'a ItemRow,
    account: &'a str,
    data: BTreeMap<String, OpsItemDataValue>,
}

impl<'a> Candidate<'a> {
    pub fn new(handle: &Handle, row: &'a ItemRow, account: &'a str) -> Self {
        Self { row, account, data: operational_data(handle, row, true) }
    }

    /// The texts that a key stands for.
    fn texts(&self, key: &str) -> Vec<String> {
        let item = &self.row.item;
        let one = |text: &str| vec![text.to_owned()];
        match key {
            "Status" => one(&item.status),
            "Priority" => one(&item.priority.to_string()),
            "Source" => one(&item.source),
            "Title" => one(&item.title),
            "OpsItemId" => one(&item.id),
            "AccountId" => one(self.account),
            "CreatedBy" => one(&self.row.created_by),
            "Category" => one(&item.category),
            "Severity" => one(&item.severity),
            "OpsItemType" => one(&item.kind),
            "OperationalDataKey" => self.data.keys().cloned().collect(),
            "OperationalDataValue" => self.data.values().filter_map(|datum| datum.value.clone()).collect(),
            "ResourceId" => self.listed("/aws/resources", "arn"),
            "AutomationId" => self.listed("/aws/automations", "automationId"),
            "ChangeRequestByRequesterName" => self.lines(REQUESTER),
            "ChangeRequestByApproverName" => self.lines(APPROVERS),
            "ChangeRequestByRequesterArn" => self.arns(REQUESTER),
            "ChangeRequestByApproverArn" => self.arns(APPROVERS),
            "ChangeRequestByTemplate" => self.lines(TEMPLATE),
            _ => Vec::new(),
        }
    }

    /// What a change request says under a key, by name.
    fn lines(&self, key: &str) -> Vec<String> {
        let data = self.row.item.data.get(key).filter(|_| self.row.item.kind == CHANGE_REQUEST);
        data.map(|datum| datum.value.lines().map(str::to_owned).collect()).unwrap_or_default()
    }

    fn arns(&self, key: &str) -> Vec<String> {
        let arn = |name: String| match name.strip_prefix("group:") {
            _ if name.starts_with("arn:") => name,
            Some(group) => format!("arn:aws:iam::{}:group/{group}", self.account),
            None => format!("arn:aws:iam::{}:user/{name}", self.account),
        };
        self.lines(key).into_iter().map(arn).collect()
    }

    fn listed(&self, key: &str, member: &str) -> Vec<String> {
        let value = self.row.item.data.get(key).map(|datum| datum.value.as_str()).unwrap_or_default();
        let listed: Vec<Value> = serde_json::from_str(value).unwrap_or_default();
        listed.iter().filter_map(|entry| entry[member].as_str().map(str::to_owned)).collect()
    }

    fn instant(&self, key: &str) -> Option<i64> {
        let times = self.row.item.times;
        match key {
            "CreatedTime" => Some(self.row.created.0),
            "LastModifiedTime" => Some(self.row.modified.0),
            "PlannedStartTime" => times.planned_start,
            "PlannedEndTime" => times.planned_end,
            "ActualStartTime" => times.actual_start,
            _ => times.actual_end,
        }
    }
}

impl Filter {
    /// Reads a filter of a request.
    ///
    /// # Errors
    /// `ValidationException` naming the filter's key and value.
    pub fn read(filter: &OpsItemFilter) -> Result<Self, ApiError> {
        let key = filter.key.clone().unwrap_or_default();
        let refused = |problem: String| {
            Err(ApiError::invalid(format!("The filter {key} of OpsItemFilters {problem}.")))
        };
        let name = filter.operator.as_deref().unwrap_or_default();
        let Some(operator) = Operator::named(name, &OPERATORS) else {
            return refused(format!("has the operator {name:?}, which there is not"));
        };
        let known: &[&str] = match operator {
            Operator::Equal => &EQUAL,
            Operator::Contains => &CONTAINS,
            _ => &INSTANTS,
        };
        if !known.contains(&key.as_str()) {
            let all = EQUAL.iter().chain(&CONTAINS).chain(&INSTANTS);
            return refused(match all.into_iter().any(|other| *other == key) {
                true => {
                    format!("cannot be used with the operator {name}: that goes with {}", known.join(", "))
                }
                false => "is one that no OpsItem here can meet: nothing makes such requests".to_owned(),
            });
        }
        let values = filter.values.clone().unwrap_or_default();
        if values.is_empty() {
            return refused("has no Values".to_owned());
        }
        let values = match words(&key).filter(|_| operator == Operator::Equal) {
            Some(words) => words_of(words, &values, &key).map_err(ApiError::invalid)?,
            None => values,
        };
        let mut instants = Vec::new();
        if INSTANTS.contains(&key.as_str()) {
            for value in &values {
                match instant(value) {
                    Some(instant) => instants.push(instant),
                    None => {
                        return refused(format!(
                            "has the value {value:?}: it must be ISO 8601 or seconds since 1970"
                        ));
                    }
                }
            }
        }
        let unread = values.iter().find(|value| pair(value).is_none());
        if let Some(value) = unread.filter(|_| key == "OperationalData") {
            return refused(format!(
                r#"has the value {value:?}: it must be {{"key":"KEY","value":"VALUE"}}"#
            ));
        }
        Ok(Self { key, operator, values, instants })
    }

    /// Whether it asks for change requests, which are not among ordinary items.
    pub fn is_about_changes(&self) -> bool {
        self.key.starts_with("ChangeRequestBy")
            || self.key == "OpsItemId"
            || self.key == "OpsItemType" && self.values.iter().any(|value| value == CHANGE_REQUEST)
    }

    /// Whether nothing Resolved meets it: then the items that are not are enough to look at.
    pub fn excludes_resolved(&self) -> bool {
        self.key == "Status" && !self.values.iter().any(|value| value == crate::domain::item::RESOLVED)
    }

    pub fn holds(&self, candidate: &Candidate) -> bool {
        if self.key == "OperationalData" {
            return self.values.iter().filter_map(|v| pair(v)).any(|(key, value)| {
                candidate.data.get(&key).is_some_and(|datum| datum.value.as_ref() == Some(&value))
            });
        }
        if self.operator.is_ordering() {
            let instant = candidate.instant(&self.key);
            return instant.is_some_and(|instant| self.operator.holds(&instant, &self.instants));
        }
        let texts = candidate.texts(&self.key);
        texts.iter().any(|text| self.operator.holds_for_text(text, &self.values))
    }
}

/// The key and the value of a filter on both.
fn pair(value: &str) -> Option<(String, String)> {
    let parsed: Value = serde_json::from_str(value).ok()?;
    Some((parsed["key"].as_str()?.to_owned(), parsed["value"].as_str()?.to_owned()))
}

/// An instant in milliseconds: ISO 8601, in UTC if it does not say otherwise, a day alone too; or seconds since 1970.
fn instant(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Timestamp::from_epoch_seconds(seconds).map(|instant| instant.0);
    }
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    forms.iter().find_map(|form| Timestamp::parse_rfc3339(form)).map(|instant| instant.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_in_each_form() {
        for text in
            ["2020-01-02T00:00:00Z", "2020-01-02", "2020-01-02T00:00:00", "1577923200", "1577923200.0"]
        {
            assert_eq!(instant(text), Some(1_577_923_200_000), "{text}");
        }
        for text in ["", "noon", "NaN", "2020-13-01"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn a_filter_that_cannot_be_is_refused_with_its_key_and_value() {
        for (key, operator, value, words) in [
            (
                "Priority",
                "Contains",
                "1",
                "Priority of OpsItemFilters cannot be used with the operator Contains",
            ),
            ("CreatedTime", "GreaterThan", "noon", "\"noon\""),
            ("OperationalData", "Equal", "x", "\"x\""),
            ("InsightByType", "Equal", "x", "InsightByType"),
            ("Status", "NotEqual", "Open", "\"NotEqual\""),
            ("Status", "Equal", "Opne", "not one of Open, InProgress, Resolved"),
            ("Priority", "Equal", "6", "not one of 1, 2"),
            ("OpsItemType", "Equal", "issue", "/aws/issue"),
        ] {
            let filter = OpsItemFilter {
                key: Some(key.into()),
                operator: Some(operator.into()),
                values: Some(vec![value.into()]),
            };
            let said = Filter::read(&filter).err().unwrap().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
