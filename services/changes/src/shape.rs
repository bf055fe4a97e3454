//! What the operations take and answer, as `schemas/reeve/changes.json` has it.

use serde::{Deserialize, Serialize};

/// A rule, as it is put and listed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Rule {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub actions: Vec<String>,
    pub principals: Vec<String>,
    pub document_names: Vec<String>,
    pub node_tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_nodes: Option<u32>,
    pub calendar_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub while_closed: Option<String>,
    pub approvers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_approvals: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_may_approve: Option<bool>,
    /// Those that are in force; not taken by PutChangeRule.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<Vec<Override>>,
    /// Those of its calendars that there are no more: what it is about waits until somebody overrides, puts or deletes it.
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub missing_calendar_names: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Override {
    pub principal: String,
    pub reason: String,
    pub until: f64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub waiting_id: String,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Nothing {}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OverrideRequest {
    pub name: String,
    pub reason: String,
    pub minutes: u32,
    #[serde(default)]
    pub waiting_id: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Overridden {
    pub until: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ListRequest {
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rules {
    pub rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}
