//! Generated from schemas/aws/ssm-incidents.json: do not edit.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The operations whose types are here.
pub const OPERATIONS: &[&str] = &[
    "CreateReplicationSet",
    "CreateResponsePlan",
    "CreateTimelineEvent",
    "DeleteIncidentRecord",
    "DeleteReplicationSet",
    "DeleteResponsePlan",
    "DeleteTimelineEvent",
    "GetIncidentRecord",
    "GetReplicationSet",
    "GetResponsePlan",
    "GetTimelineEvent",
    "ListIncidentRecords",
    "ListRelatedItems",
    "ListReplicationSets",
    "ListResponsePlans",
    "ListTimelineEvents",
    "StartIncident",
    "UpdateDeletionProtection",
    "UpdateIncidentRecord",
    "UpdateRelatedItems",
    "UpdateReplicationSet",
    "UpdateResponsePlan",
    "UpdateTimelineEvent",
    "ListTagsForResource",
    "ListIncidentFindings",
    "BatchGetIncidentFindings",
    "PutResourcePolicy",
    "GetResourcePolicies",
    "DeleteResourcePolicy",
    "TagResource",
    "UntagResource",
];

/// AWS's `Action`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Action {
    #[serde(rename = "ssmAutomation", skip_serializing_if = "Option::is_none")]
    pub ssm_automation: Option<SsmAutomation>,
}

/// AWS's `AddRegionAction`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddRegionAction {
    #[serde(rename = "regionName", skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
    #[serde(rename = "sseKmsKeyId", skip_serializing_if = "Option::is_none")]
    pub sse_kms_key_id: Option<String>,
}

/// AWS's `AttributeValueList`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttributeValueList {
    #[serde(rename = "integerValues", skip_serializing_if = "Option::is_none")]
    pub integer_values: Option<Vec<i32>>,
    #[serde(rename = "stringValues", skip_serializing_if = "Option::is_none")]
    pub string_values: Option<Vec<String>>,
}

/// AWS's `AutomationExecution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationExecution {
    #[serde(rename = "ssmExecutionArn", skip_serializing_if = "Option::is_none")]
    pub ssm_execution_arn: Option<String>,
}

/// AWS's `BatchGetIncidentFindingsError`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchGetIncidentFindingsError {
    #[serde(rename = "code", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(rename = "findingId", skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<String>,
    #[serde(rename = "message", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What BatchGetIncidentFindings is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchGetIncidentFindingsInput {
    #[serde(rename = "findingIds", skip_serializing_if = "Option::is_none")]
    pub finding_ids: Option<Vec<String>>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What BatchGetIncidentFindings answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchGetIncidentFindingsOutput {
    #[serde(rename = "errors", skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<BatchGetIncidentFindingsError>>,
    #[serde(rename = "findings", skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Finding>>,
}

/// AWS's `ChatChannel`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatChannel {
    #[serde(rename = "chatbotSns", skip_serializing_if = "Option::is_none")]
    pub chatbot_sns: Option<Vec<String>>,
    #[serde(rename = "empty", skip_serializing_if = "Option::is_none")]
    pub empty: Option<EmptyChatChannel>,
}

/// AWS's `CloudFormationStackUpdate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloudFormationStackUpdate {
    #[serde(rename = "endTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "stackArn", skip_serializing_if = "Option::is_none")]
    pub stack_arn: Option<String>,
    #[serde(rename = "startTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// AWS's `CodeDeployDeployment`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeDeployDeployment {
    #[serde(rename = "deploymentGroupArn", skip_serializing_if = "Option::is_none")]
    pub deployment_group_arn: Option<String>,
    #[serde(rename = "deploymentId", skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    #[serde(rename = "endTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "startTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// AWS's `Condition`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    #[serde(rename = "after", skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    #[serde(rename = "before", skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    #[serde(rename = "equals", skip_serializing_if = "Option::is_none")]
    pub equals: Option<AttributeValueList>,
}

/// What CreateReplicationSet is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateReplicationSetInput {
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "regions", skip_serializing_if = "Option::is_none")]
    pub regions: Option<BTreeMap<String, RegionMapInputValue>>,
    #[serde(rename = "tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What CreateReplicationSet answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateReplicationSetOutput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What CreateResponsePlan is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateResponsePlanInput {
    #[serde(rename = "actions", skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
    #[serde(rename = "chatChannel", skip_serializing_if = "Option::is_none")]
    pub chat_channel: Option<ChatChannel>,
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "engagements", skip_serializing_if = "Option::is_none")]
    pub engagements: Option<Vec<String>>,
    #[serde(rename = "incidentTemplate", skip_serializing_if = "Option::is_none")]
    pub incident_template: Option<IncidentTemplate>,
    #[serde(rename = "integrations", skip_serializing_if = "Option::is_none")]
    pub integrations: Option<Vec<Integration>>,
    #[serde(rename = "name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What CreateResponsePlan answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateResponsePlanOutput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What CreateTimelineEvent is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateTimelineEventInput {
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "eventData", skip_serializing_if = "Option::is_none")]
    pub event_data: Option<String>,
    #[serde(rename = "eventReferences", skip_serializing_if = "Option::is_none")]
    pub event_references: Option<Vec<EventReference>>,
    #[serde(rename = "eventTime", skip_serializing_if = "Option::is_none")]
    pub event_time: Option<f64>,
    #[serde(rename = "eventType", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What CreateTimelineEvent answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateTimelineEventOutput {
    #[serde(rename = "eventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What DeleteIncidentRecord is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteIncidentRecordInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What DeleteIncidentRecord answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteIncidentRecordOutput {}

/// AWS's `DeleteRegionAction`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRegionAction {
    #[serde(rename = "regionName", skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
}

/// What DeleteReplicationSet is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteReplicationSetInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What DeleteReplicationSet answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteReplicationSetOutput {}

/// What DeleteResourcePolicy is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResourcePolicyInput {
    #[serde(rename = "policyId", skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// What DeleteResourcePolicy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResourcePolicyOutput {}

/// What DeleteResponsePlan is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResponsePlanInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What DeleteResponsePlan answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResponsePlanOutput {}

/// What DeleteTimelineEvent is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteTimelineEventInput {
    #[serde(rename = "eventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What DeleteTimelineEvent answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteTimelineEventOutput {}

/// AWS's `DynamicSsmParameterValue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DynamicSsmParameterValue {
    /// One of `INCIDENT_RECORD_ARN`, `INVOLVED_RESOURCES`.
    #[serde(rename = "variable", skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

/// AWS's `EmptyChatChannel`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmptyChatChannel {}

/// AWS's `EventReference`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventReference {
    #[serde(rename = "relatedItemId", skip_serializing_if = "Option::is_none")]
    pub related_item_id: Option<String>,
    #[serde(rename = "resource", skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

/// AWS's `EventSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventSummary {
    #[serde(rename = "eventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "eventReferences", skip_serializing_if = "Option::is_none")]
    pub event_references: Option<Vec<EventReference>>,
    #[serde(rename = "eventTime", skip_serializing_if = "Option::is_none")]
    pub event_time: Option<f64>,
    #[serde(rename = "eventType", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(rename = "eventUpdatedTime", skip_serializing_if = "Option::is_none")]
    pub event_updated_time: Option<f64>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// AWS's `Filter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    #[serde(rename = "condition", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// AWS's `Finding`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Finding {
    #[serde(rename = "creationTime", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<f64>,
    #[serde(rename = "details", skip_serializing_if = "Option::is_none")]
    pub details: Option<FindingDetails>,
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "lastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
}

/// AWS's `FindingDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingDetails {
    #[serde(rename = "cloudFormationStackUpdate", skip_serializing_if = "Option::is_none")]
    pub cloud_formation_stack_update: Option<CloudFormationStackUpdate>,
    #[serde(rename = "codeDeployDeployment", skip_serializing_if = "Option::is_none")]
    pub code_deploy_deployment: Option<CodeDeployDeployment>,
}

/// AWS's `FindingSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingSummary {
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "lastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
}

/// What GetIncidentRecord is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetIncidentRecordInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What GetIncidentRecord answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetIncidentRecordOutput {
    #[serde(rename = "incidentRecord", skip_serializing_if = "Option::is_none")]
    pub incident_record: Option<IncidentRecord>,
}

/// What GetReplicationSet is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetReplicationSetInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What GetReplicationSet answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetReplicationSetOutput {
    #[serde(rename = "replicationSet", skip_serializing_if = "Option::is_none")]
    pub replication_set: Option<ReplicationSet>,
}

/// What GetResourcePolicies is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetResourcePoliciesInput {
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// What GetResourcePolicies answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetResourcePoliciesOutput {
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "resourcePolicies", skip_serializing_if = "Option::is_none")]
    pub resource_policies: Option<Vec<ResourcePolicy>>,
}

/// What GetResponsePlan is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetResponsePlanInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What GetResponsePlan answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetResponsePlanOutput {
    #[serde(rename = "actions", skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "chatChannel", skip_serializing_if = "Option::is_none")]
    pub chat_channel: Option<ChatChannel>,
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "engagements", skip_serializing_if = "Option::is_none")]
    pub engagements: Option<Vec<String>>,
    #[serde(rename = "incidentTemplate", skip_serializing_if = "Option::is_none")]
    pub incident_template: Option<IncidentTemplate>,
    #[serde(rename = "integrations", skip_serializing_if = "Option::is_none")]
    pub integrations: Option<Vec<Integration>>,
    #[serde(rename = "name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What GetTimelineEvent is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetTimelineEventInput {
    #[serde(rename = "eventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What GetTimelineEvent answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetTimelineEventOutput {
    #[serde(rename = "event", skip_serializing_if = "Option::is_none")]
    pub event: Option<TimelineEvent>,
}

/// AWS's `IncidentRecord`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncidentRecord {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "automationExecutions", skip_serializing_if = "Option::is_none")]
    pub automation_executions: Option<Vec<AutomationExecution>>,
    #[serde(rename = "chatChannel", skip_serializing_if = "Option::is_none")]
    pub chat_channel: Option<ChatChannel>,
    #[serde(rename = "creationTime", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<f64>,
    #[serde(rename = "dedupeString", skip_serializing_if = "Option::is_none")]
    pub dedupe_string: Option<String>,
    #[serde(rename = "impact", skip_serializing_if = "Option::is_none")]
    pub impact: Option<i32>,
    #[serde(rename = "incidentRecordSource", skip_serializing_if = "Option::is_none")]
    pub incident_record_source: Option<IncidentRecordSource>,
    #[serde(rename = "lastModifiedBy", skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    #[serde(rename = "lastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
    #[serde(rename = "notificationTargets", skip_serializing_if = "Option::is_none")]
    pub notification_targets: Option<Vec<NotificationTargetItem>>,
    #[serde(rename = "resolvedTime", skip_serializing_if = "Option::is_none")]
    pub resolved_time: Option<f64>,
    /// One of `OPEN`, `RESOLVED`.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "summary", skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(rename = "title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `IncidentRecordSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncidentRecordSource {
    #[serde(rename = "createdBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    #[serde(rename = "invokedBy", skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    #[serde(rename = "source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// AWS's `IncidentRecordSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncidentRecordSummary {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "creationTime", skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<f64>,
    #[serde(rename = "impact", skip_serializing_if = "Option::is_none")]
    pub impact: Option<i32>,
    #[serde(rename = "incidentRecordSource", skip_serializing_if = "Option::is_none")]
    pub incident_record_source: Option<IncidentRecordSource>,
    #[serde(rename = "resolvedTime", skip_serializing_if = "Option::is_none")]
    pub resolved_time: Option<f64>,
    /// One of `OPEN`, `RESOLVED`.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `IncidentTemplate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncidentTemplate {
    #[serde(rename = "dedupeString", skip_serializing_if = "Option::is_none")]
    pub dedupe_string: Option<String>,
    #[serde(rename = "impact", skip_serializing_if = "Option::is_none")]
    pub impact: Option<i32>,
    #[serde(rename = "incidentTags", skip_serializing_if = "Option::is_none")]
    pub incident_tags: Option<BTreeMap<String, String>>,
    #[serde(rename = "notificationTargets", skip_serializing_if = "Option::is_none")]
    pub notification_targets: Option<Vec<NotificationTargetItem>>,
    #[serde(rename = "summary", skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(rename = "title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `Integration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Integration {
    #[serde(rename = "pagerDutyConfiguration", skip_serializing_if = "Option::is_none")]
    pub pager_duty_configuration: Option<PagerDutyConfiguration>,
}

/// AWS's `ItemIdentifier`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemIdentifier {
    /// One of `ANALYSIS`, `INCIDENT`, `METRIC`, `PARENT`, `ATTACHMENT`, `OTHER`, `AUTOMATION`, `INVOLVED_RESOURCE`, `TASK`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "value", skip_serializing_if = "Option::is_none")]
    pub value: Option<ItemValue>,
}

/// AWS's `ItemValue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemValue {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "metricDefinition", skip_serializing_if = "Option::is_none")]
    pub metric_definition: Option<String>,
    #[serde(rename = "pagerDutyIncidentDetail", skip_serializing_if = "Option::is_none")]
    pub pager_duty_incident_detail: Option<PagerDutyIncidentDetail>,
    #[serde(rename = "url", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What ListIncidentFindings is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListIncidentFindingsInput {
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListIncidentFindings answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListIncidentFindingsOutput {
    #[serde(rename = "findings", skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<FindingSummary>>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListIncidentRecords is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListIncidentRecordsInput {
    #[serde(rename = "filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<Filter>>,
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListIncidentRecords answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListIncidentRecordsOutput {
    #[serde(rename = "incidentRecordSummaries", skip_serializing_if = "Option::is_none")]
    pub incident_record_summaries: Option<Vec<IncidentRecordSummary>>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListRelatedItems is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRelatedItemsInput {
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListRelatedItems answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRelatedItemsOutput {
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "relatedItems", skip_serializing_if = "Option::is_none")]
    pub related_items: Option<Vec<RelatedItem>>,
}

/// What ListReplicationSets is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListReplicationSetsInput {
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListReplicationSets answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListReplicationSetsOutput {
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "replicationSetArns", skip_serializing_if = "Option::is_none")]
    pub replication_set_arns: Option<Vec<String>>,
}

/// What ListResponsePlans is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListResponsePlansInput {
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListResponsePlans answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListResponsePlansOutput {
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "responsePlanSummaries", skip_serializing_if = "Option::is_none")]
    pub response_plan_summaries: Option<Vec<ResponsePlanSummary>>,
}

/// What ListTagsForResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTagsForResourceRequest {
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// What ListTagsForResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTagsForResourceResponse {
    #[serde(rename = "tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What ListTimelineEvents is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTimelineEventsInput {
    #[serde(rename = "filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<Filter>>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
    #[serde(rename = "maxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// One of `EVENT_TIME`.
    #[serde(rename = "sortBy", skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<String>,
    /// One of `ASCENDING`, `DESCENDING`.
    #[serde(rename = "sortOrder", skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<String>,
}

/// What ListTimelineEvents answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTimelineEventsOutput {
    #[serde(rename = "eventSummaries", skip_serializing_if = "Option::is_none")]
    pub event_summaries: Option<Vec<EventSummary>>,
    #[serde(rename = "nextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// AWS's `NotificationTargetItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationTargetItem {
    #[serde(rename = "snsTopicArn", skip_serializing_if = "Option::is_none")]
    pub sns_topic_arn: Option<String>,
}

/// AWS's `PagerDutyConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PagerDutyConfiguration {
    #[serde(rename = "name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "pagerDutyIncidentConfiguration", skip_serializing_if = "Option::is_none")]
    pub pager_duty_incident_configuration: Option<PagerDutyIncidentConfiguration>,
    #[serde(rename = "secretId", skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
}

/// AWS's `PagerDutyIncidentConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PagerDutyIncidentConfiguration {
    #[serde(rename = "serviceId", skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
}

/// AWS's `PagerDutyIncidentDetail`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PagerDutyIncidentDetail {
    #[serde(rename = "autoResolve", skip_serializing_if = "Option::is_none")]
    pub auto_resolve: Option<bool>,
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "secretId", skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
}

/// What PutResourcePolicy is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutResourcePolicyInput {
    #[serde(rename = "policy", skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// What PutResourcePolicy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutResourcePolicyOutput {
    #[serde(rename = "policyId", skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
}

/// AWS's `RegionInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionInfo {
    #[serde(rename = "sseKmsKeyId", skip_serializing_if = "Option::is_none")]
    pub sse_kms_key_id: Option<String>,
    /// One of `ACTIVE`, `CREATING`, `DELETING`, `FAILED`.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "statusMessage", skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    #[serde(rename = "statusUpdateDateTime", skip_serializing_if = "Option::is_none")]
    pub status_update_date_time: Option<f64>,
}

/// AWS's `RegionMapInputValue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionMapInputValue {
    #[serde(rename = "sseKmsKeyId", skip_serializing_if = "Option::is_none")]
    pub sse_kms_key_id: Option<String>,
}

/// AWS's `RelatedItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelatedItem {
    #[serde(rename = "generatedId", skip_serializing_if = "Option::is_none")]
    pub generated_id: Option<String>,
    #[serde(rename = "identifier", skip_serializing_if = "Option::is_none")]
    pub identifier: Option<ItemIdentifier>,
    #[serde(rename = "title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `RelatedItemsUpdate`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelatedItemsUpdate {
    #[serde(rename = "itemToAdd", skip_serializing_if = "Option::is_none")]
    pub item_to_add: Option<RelatedItem>,
    #[serde(rename = "itemToRemove", skip_serializing_if = "Option::is_none")]
    pub item_to_remove: Option<ItemIdentifier>,
}

/// AWS's `ReplicationSet`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplicationSet {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "createdBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    #[serde(rename = "createdTime", skip_serializing_if = "Option::is_none")]
    pub created_time: Option<f64>,
    #[serde(rename = "deletionProtected", skip_serializing_if = "Option::is_none")]
    pub deletion_protected: Option<bool>,
    #[serde(rename = "lastModifiedBy", skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    #[serde(rename = "lastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
    #[serde(rename = "regionMap", skip_serializing_if = "Option::is_none")]
    pub region_map: Option<BTreeMap<String, RegionInfo>>,
    /// One of `ACTIVE`, `CREATING`, `UPDATING`, `DELETING`, `FAILED`.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `ResourcePolicy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourcePolicy {
    #[serde(rename = "policyDocument", skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    #[serde(rename = "policyId", skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
    #[serde(rename = "ramResourceShareRegion", skip_serializing_if = "Option::is_none")]
    pub ram_resource_share_region: Option<String>,
}

/// AWS's `ResponsePlanSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResponsePlanSummary {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `SsmAutomation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SsmAutomation {
    #[serde(rename = "documentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "documentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "dynamicParameters", skip_serializing_if = "Option::is_none")]
    pub dynamic_parameters: Option<BTreeMap<String, DynamicSsmParameterValue>>,
    #[serde(rename = "parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "roleArn", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// One of `RESPONSE_PLAN_OWNER_ACCOUNT`, `IMPACTED_ACCOUNT`.
    #[serde(rename = "targetAccount", skip_serializing_if = "Option::is_none")]
    pub target_account: Option<String>,
}

/// What StartIncident is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartIncidentInput {
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "impact", skip_serializing_if = "Option::is_none")]
    pub impact: Option<i32>,
    #[serde(rename = "relatedItems", skip_serializing_if = "Option::is_none")]
    pub related_items: Option<Vec<RelatedItem>>,
    #[serde(rename = "responsePlanArn", skip_serializing_if = "Option::is_none")]
    pub response_plan_arn: Option<String>,
    #[serde(rename = "title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(rename = "triggerDetails", skip_serializing_if = "Option::is_none")]
    pub trigger_details: Option<TriggerDetails>,
}

/// What StartIncident answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartIncidentOutput {
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What TagResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagResourceRequest {
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    #[serde(rename = "tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// What TagResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagResourceResponse {}

/// AWS's `TimelineEvent`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimelineEvent {
    #[serde(rename = "eventData", skip_serializing_if = "Option::is_none")]
    pub event_data: Option<String>,
    #[serde(rename = "eventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "eventReferences", skip_serializing_if = "Option::is_none")]
    pub event_references: Option<Vec<EventReference>>,
    #[serde(rename = "eventTime", skip_serializing_if = "Option::is_none")]
    pub event_time: Option<f64>,
    #[serde(rename = "eventType", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(rename = "eventUpdatedTime", skip_serializing_if = "Option::is_none")]
    pub event_updated_time: Option<f64>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// AWS's `TriggerDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TriggerDetails {
    #[serde(rename = "rawData", skip_serializing_if = "Option::is_none")]
    pub raw_data: Option<String>,
    #[serde(rename = "source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(rename = "timestamp", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<f64>,
    #[serde(rename = "triggerArn", skip_serializing_if = "Option::is_none")]
    pub trigger_arn: Option<String>,
}

/// What UntagResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UntagResourceRequest {
    #[serde(rename = "resourceArn", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    #[serde(rename = "tagKeys", skip_serializing_if = "Option::is_none")]
    pub tag_keys: Option<Vec<String>>,
}

/// What UntagResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UntagResourceResponse {}

/// What UpdateDeletionProtection is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDeletionProtectionInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "deletionProtected", skip_serializing_if = "Option::is_none")]
    pub deletion_protected: Option<bool>,
}

/// What UpdateDeletionProtection answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDeletionProtectionOutput {}

/// What UpdateIncidentRecord is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateIncidentRecordInput {
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "chatChannel", skip_serializing_if = "Option::is_none")]
    pub chat_channel: Option<ChatChannel>,
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "impact", skip_serializing_if = "Option::is_none")]
    pub impact: Option<i32>,
    #[serde(rename = "notificationTargets", skip_serializing_if = "Option::is_none")]
    pub notification_targets: Option<Vec<NotificationTargetItem>>,
    /// One of `OPEN`, `RESOLVED`.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "summary", skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(rename = "title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// What UpdateIncidentRecord answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateIncidentRecordOutput {}

/// What UpdateRelatedItems is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRelatedItemsInput {
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
    #[serde(rename = "relatedItemsUpdate", skip_serializing_if = "Option::is_none")]
    pub related_items_update: Option<RelatedItemsUpdate>,
}

/// What UpdateRelatedItems answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRelatedItemsOutput {}

/// AWS's `UpdateReplicationSetAction`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateReplicationSetAction {
    #[serde(rename = "addRegionAction", skip_serializing_if = "Option::is_none")]
    pub add_region_action: Option<AddRegionAction>,
    #[serde(rename = "deleteRegionAction", skip_serializing_if = "Option::is_none")]
    pub delete_region_action: Option<DeleteRegionAction>,
}

/// What UpdateReplicationSet is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateReplicationSetInput {
    #[serde(rename = "actions", skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<UpdateReplicationSetAction>>,
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// What UpdateReplicationSet answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateReplicationSetOutput {}

/// What UpdateResponsePlan is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateResponsePlanInput {
    #[serde(rename = "actions", skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
    #[serde(rename = "arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "chatChannel", skip_serializing_if = "Option::is_none")]
    pub chat_channel: Option<ChatChannel>,
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "displayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "engagements", skip_serializing_if = "Option::is_none")]
    pub engagements: Option<Vec<String>>,
    #[serde(rename = "incidentTemplateDedupeString", skip_serializing_if = "Option::is_none")]
    pub incident_template_dedupe_string: Option<String>,
    #[serde(rename = "incidentTemplateImpact", skip_serializing_if = "Option::is_none")]
    pub incident_template_impact: Option<i32>,
    #[serde(rename = "incidentTemplateNotificationTargets", skip_serializing_if = "Option::is_none")]
    pub incident_template_notification_targets: Option<Vec<NotificationTargetItem>>,
    #[serde(rename = "incidentTemplateSummary", skip_serializing_if = "Option::is_none")]
    pub incident_template_summary: Option<String>,
    #[serde(rename = "incidentTemplateTags", skip_serializing_if = "Option::is_none")]
    pub incident_template_tags: Option<BTreeMap<String, String>>,
    #[serde(rename = "incidentTemplateTitle", skip_serializing_if = "Option::is_none")]
    pub incident_template_title: Option<String>,
    #[serde(rename = "integrations", skip_serializing_if = "Option::is_none")]
    pub integrations: Option<Vec<Integration>>,
}

/// What UpdateResponsePlan answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateResponsePlanOutput {}

/// What UpdateTimelineEvent is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateTimelineEventInput {
    #[serde(rename = "clientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "eventData", skip_serializing_if = "Option::is_none")]
    pub event_data: Option<String>,
    #[serde(rename = "eventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "eventReferences", skip_serializing_if = "Option::is_none")]
    pub event_references: Option<Vec<EventReference>>,
    #[serde(rename = "eventTime", skip_serializing_if = "Option::is_none")]
    pub event_time: Option<f64>,
    #[serde(rename = "eventType", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(rename = "incidentRecordArn", skip_serializing_if = "Option::is_none")]
    pub incident_record_arn: Option<String>,
}

/// What UpdateTimelineEvent answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateTimelineEventOutput {}
