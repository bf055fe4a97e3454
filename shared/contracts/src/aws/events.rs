//! Generated from schemas/aws/events.json: do not edit.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The operations whose types are here.
pub const OPERATIONS: &[&str] = &[
    "PutRule",
    "DescribeRule",
    "ListRules",
    "DeleteRule",
    "EnableRule",
    "DisableRule",
    "PutTargets",
    "RemoveTargets",
    "ListTargetsByRule",
    "ListRuleNamesByTarget",
    "TestEventPattern",
    "PutEvents",
    "ListTagsForResource",
];

/// AWS's `AppSyncParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppSyncParameters {
    #[serde(rename = "GraphQLOperation", skip_serializing_if = "Option::is_none")]
    pub graph_ql_operation: Option<String>,
}

/// AWS's `AwsVpcConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AwsVpcConfiguration {
    /// One of `ENABLED`, `DISABLED`.
    #[serde(rename = "AssignPublicIp", skip_serializing_if = "Option::is_none")]
    pub assign_public_ip: Option<String>,
    #[serde(rename = "SecurityGroups", skip_serializing_if = "Option::is_none")]
    pub security_groups: Option<Vec<String>>,
    #[serde(rename = "Subnets", skip_serializing_if = "Option::is_none")]
    pub subnets: Option<Vec<String>>,
}

/// AWS's `BatchArrayProperties`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchArrayProperties {
    #[serde(rename = "Size", skip_serializing_if = "Option::is_none")]
    pub size: Option<i32>,
}

/// AWS's `BatchParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchParameters {
    #[serde(rename = "ArrayProperties", skip_serializing_if = "Option::is_none")]
    pub array_properties: Option<BatchArrayProperties>,
    #[serde(rename = "JobDefinition", skip_serializing_if = "Option::is_none")]
    pub job_definition: Option<String>,
    #[serde(rename = "JobName", skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    #[serde(rename = "RetryStrategy", skip_serializing_if = "Option::is_none")]
    pub retry_strategy: Option<BatchRetryStrategy>,
}

/// AWS's `BatchRetryStrategy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchRetryStrategy {
    #[serde(rename = "Attempts", skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i32>,
}

/// AWS's `CapacityProviderStrategyItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CapacityProviderStrategyItem {
    #[serde(rename = "base", skip_serializing_if = "Option::is_none")]
    pub base: Option<i32>,
    #[serde(rename = "capacityProvider", skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<String>,
    #[serde(rename = "weight", skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
}

/// AWS's `DeadLetterConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeadLetterConfig {
    #[serde(rename = "Arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What DeleteRule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRuleRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Force", skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What DescribeRule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeRuleRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What DescribeRule answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeRuleResponse {
    #[serde(rename = "Arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "CreatedBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "EventPattern", skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<String>,
    #[serde(rename = "ManagedBy", skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "RoleArn", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    /// One of `ENABLED`, `DISABLED`, `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What DisableRule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DisableRuleRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `EcsParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EcsParameters {
    #[serde(rename = "CapacityProviderStrategy", skip_serializing_if = "Option::is_none")]
    pub capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
    #[serde(rename = "EnableECSManagedTags", skip_serializing_if = "Option::is_none")]
    pub enable_ecs_managed_tags: Option<bool>,
    #[serde(rename = "EnableExecuteCommand", skip_serializing_if = "Option::is_none")]
    pub enable_execute_command: Option<bool>,
    #[serde(rename = "Group", skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// One of `EC2`, `FARGATE`, `EXTERNAL`.
    #[serde(rename = "LaunchType", skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<String>,
    #[serde(rename = "NetworkConfiguration", skip_serializing_if = "Option::is_none")]
    pub network_configuration: Option<NetworkConfiguration>,
    #[serde(rename = "PlacementConstraints", skip_serializing_if = "Option::is_none")]
    pub placement_constraints: Option<Vec<PlacementConstraint>>,
    #[serde(rename = "PlacementStrategy", skip_serializing_if = "Option::is_none")]
    pub placement_strategy: Option<Vec<PlacementStrategy>>,
    #[serde(rename = "PlatformVersion", skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    /// One of `TASK_DEFINITION`.
    #[serde(rename = "PropagateTags", skip_serializing_if = "Option::is_none")]
    pub propagate_tags: Option<String>,
    #[serde(rename = "ReferenceId", skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TaskCount", skip_serializing_if = "Option::is_none")]
    pub task_count: Option<i32>,
    #[serde(rename = "TaskDefinitionArn", skip_serializing_if = "Option::is_none")]
    pub task_definition_arn: Option<String>,
}

/// What EnableRule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EnableRuleRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `HttpParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpParameters {
    #[serde(rename = "HeaderParameters", skip_serializing_if = "Option::is_none")]
    pub header_parameters: Option<BTreeMap<String, String>>,
    #[serde(rename = "PathParameterValues", skip_serializing_if = "Option::is_none")]
    pub path_parameter_values: Option<Vec<String>>,
    #[serde(rename = "QueryStringParameters", skip_serializing_if = "Option::is_none")]
    pub query_string_parameters: Option<BTreeMap<String, String>>,
}

/// AWS's `InputTransformer`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputTransformer {
    #[serde(rename = "InputPathsMap", skip_serializing_if = "Option::is_none")]
    pub input_paths_map: Option<BTreeMap<String, String>>,
    #[serde(rename = "InputTemplate", skip_serializing_if = "Option::is_none")]
    pub input_template: Option<String>,
}

/// AWS's `KinesisParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KinesisParameters {
    #[serde(rename = "PartitionKeyPath", skip_serializing_if = "Option::is_none")]
    pub partition_key_path: Option<String>,
}

/// What ListRuleNamesByTarget is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRuleNamesByTargetRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Limit", skip_serializing_if = "Option::is_none")]
    pub limit: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "TargetArn", skip_serializing_if = "Option::is_none")]
    pub target_arn: Option<String>,
}

/// What ListRuleNamesByTarget answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRuleNamesByTargetResponse {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RuleNames", skip_serializing_if = "Option::is_none")]
    pub rule_names: Option<Vec<String>>,
}

/// What ListRules is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRulesRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Limit", skip_serializing_if = "Option::is_none")]
    pub limit: Option<i32>,
    #[serde(rename = "NamePrefix", skip_serializing_if = "Option::is_none")]
    pub name_prefix: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListRules answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRulesResponse {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Rules", skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<Rule>>,
}

/// What ListTagsForResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTagsForResourceRequest {
    #[serde(rename = "ResourceARN", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// What ListTagsForResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTagsForResourceResponse {
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What ListTargetsByRule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTargetsByRuleRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Limit", skip_serializing_if = "Option::is_none")]
    pub limit: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Rule", skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What ListTargetsByRule answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTargetsByRuleResponse {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// AWS's `NetworkConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkConfiguration {
    #[serde(rename = "awsvpcConfiguration", skip_serializing_if = "Option::is_none")]
    pub awsvpc_configuration: Option<AwsVpcConfiguration>,
}

/// AWS's `PlacementConstraint`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlacementConstraint {
    #[serde(rename = "expression", skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// One of `distinctInstance`, `memberOf`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// AWS's `PlacementStrategy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlacementStrategy {
    #[serde(rename = "field", skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// One of `random`, `spread`, `binpack`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What PutEvents is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutEventsRequest {
    #[serde(rename = "EndpointId", skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    #[serde(rename = "Entries", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<PutEventsRequestEntry>>,
}

/// AWS's `PutEventsRequestEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutEventsRequestEntry {
    #[serde(rename = "Detail", skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(rename = "DetailType", skip_serializing_if = "Option::is_none")]
    pub detail_type: Option<String>,
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Resources", skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
    #[serde(rename = "Source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(rename = "Time", skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
    #[serde(rename = "TraceHeader", skip_serializing_if = "Option::is_none")]
    pub trace_header: Option<String>,
}

/// What PutEvents answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutEventsResponse {
    #[serde(rename = "Entries", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<PutEventsResultEntry>>,
    #[serde(rename = "FailedEntryCount", skip_serializing_if = "Option::is_none")]
    pub failed_entry_count: Option<i32>,
}

/// AWS's `PutEventsResultEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutEventsResultEntry {
    #[serde(rename = "ErrorCode", skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(rename = "ErrorMessage", skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(rename = "EventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// What PutRule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutRuleRequest {
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "EventPattern", skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "RoleArn", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    /// One of `ENABLED`, `DISABLED`, `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What PutRule answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutRuleResponse {
    #[serde(rename = "RuleArn", skip_serializing_if = "Option::is_none")]
    pub rule_arn: Option<String>,
}

/// What PutTargets is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutTargetsRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Rule", skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What PutTargets answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutTargetsResponse {
    #[serde(rename = "FailedEntries", serialize_with = "crate::always_sent::or_empty")]
    pub failed_entries: Option<Vec<PutTargetsResultEntry>>,
    #[serde(rename = "FailedEntryCount", serialize_with = "crate::always_sent::or_empty")]
    pub failed_entry_count: Option<i32>,
}

/// AWS's `PutTargetsResultEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutTargetsResultEntry {
    #[serde(rename = "ErrorCode", skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(rename = "ErrorMessage", skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(rename = "TargetId", skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
}

/// AWS's `RedshiftDataParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RedshiftDataParameters {
    #[serde(rename = "Database", skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    #[serde(rename = "DbUser", skip_serializing_if = "Option::is_none")]
    pub db_user: Option<String>,
    #[serde(rename = "SecretManagerArn", skip_serializing_if = "Option::is_none")]
    pub secret_manager_arn: Option<String>,
    #[serde(rename = "Sql", skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    #[serde(rename = "Sqls", skip_serializing_if = "Option::is_none")]
    pub sqls: Option<Vec<String>>,
    #[serde(rename = "StatementName", skip_serializing_if = "Option::is_none")]
    pub statement_name: Option<String>,
    #[serde(rename = "WithEvent", skip_serializing_if = "Option::is_none")]
    pub with_event: Option<bool>,
}

/// What RemoveTargets is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoveTargetsRequest {
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "Force", skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    #[serde(rename = "Ids", skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    #[serde(rename = "Rule", skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What RemoveTargets answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoveTargetsResponse {
    #[serde(rename = "FailedEntries", serialize_with = "crate::always_sent::or_empty")]
    pub failed_entries: Option<Vec<RemoveTargetsResultEntry>>,
    #[serde(rename = "FailedEntryCount", serialize_with = "crate::always_sent::or_empty")]
    pub failed_entry_count: Option<i32>,
}

/// AWS's `RemoveTargetsResultEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoveTargetsResultEntry {
    #[serde(rename = "ErrorCode", skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(rename = "ErrorMessage", skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(rename = "TargetId", skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
}

/// AWS's `RetryPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryPolicy {
    #[serde(rename = "MaximumEventAgeInSeconds", skip_serializing_if = "Option::is_none")]
    pub maximum_event_age_in_seconds: Option<i32>,
    #[serde(rename = "MaximumRetryAttempts", skip_serializing_if = "Option::is_none")]
    pub maximum_retry_attempts: Option<i32>,
}

/// AWS's `Rule`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    #[serde(rename = "Arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "EventBusName", skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    #[serde(rename = "EventPattern", skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<String>,
    #[serde(rename = "ManagedBy", skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "RoleArn", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    /// One of `ENABLED`, `DISABLED`, `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// AWS's `RunCommandParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCommandParameters {
    #[serde(rename = "RunCommandTargets", skip_serializing_if = "Option::is_none")]
    pub run_command_targets: Option<Vec<RunCommandTarget>>,
}

/// AWS's `RunCommandTarget`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCommandTarget {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `SageMakerPipelineParameter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SageMakerPipelineParameter {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `SageMakerPipelineParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SageMakerPipelineParameters {
    #[serde(rename = "PipelineParameterList", skip_serializing_if = "Option::is_none")]
    pub pipeline_parameter_list: Option<Vec<SageMakerPipelineParameter>>,
}

/// AWS's `SqsParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SqsParameters {
    #[serde(rename = "MessageGroupId", skip_serializing_if = "Option::is_none")]
    pub message_group_id: Option<String>,
}

/// AWS's `Tag`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tag {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `Target`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    #[serde(rename = "AppSyncParameters", skip_serializing_if = "Option::is_none")]
    pub app_sync_parameters: Option<AppSyncParameters>,
    #[serde(rename = "Arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "BatchParameters", skip_serializing_if = "Option::is_none")]
    pub batch_parameters: Option<BatchParameters>,
    #[serde(rename = "DeadLetterConfig", skip_serializing_if = "Option::is_none")]
    pub dead_letter_config: Option<DeadLetterConfig>,
    #[serde(rename = "EcsParameters", skip_serializing_if = "Option::is_none")]
    pub ecs_parameters: Option<EcsParameters>,
    #[serde(rename = "HttpParameters", skip_serializing_if = "Option::is_none")]
    pub http_parameters: Option<HttpParameters>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "Input", skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(rename = "InputPath", skip_serializing_if = "Option::is_none")]
    pub input_path: Option<String>,
    #[serde(rename = "InputTransformer", skip_serializing_if = "Option::is_none")]
    pub input_transformer: Option<InputTransformer>,
    #[serde(rename = "KinesisParameters", skip_serializing_if = "Option::is_none")]
    pub kinesis_parameters: Option<KinesisParameters>,
    #[serde(rename = "RedshiftDataParameters", skip_serializing_if = "Option::is_none")]
    pub redshift_data_parameters: Option<RedshiftDataParameters>,
    #[serde(rename = "RetryPolicy", skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
    #[serde(rename = "RoleArn", skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(rename = "RunCommandParameters", skip_serializing_if = "Option::is_none")]
    pub run_command_parameters: Option<RunCommandParameters>,
    #[serde(rename = "SageMakerPipelineParameters", skip_serializing_if = "Option::is_none")]
    pub sage_maker_pipeline_parameters: Option<SageMakerPipelineParameters>,
    #[serde(rename = "SqsParameters", skip_serializing_if = "Option::is_none")]
    pub sqs_parameters: Option<SqsParameters>,
}

/// What TestEventPattern is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestEventPatternRequest {
    #[serde(rename = "Event", skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(rename = "EventPattern", skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<String>,
}

/// What TestEventPattern answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestEventPatternResponse {
    #[serde(rename = "Result", skip_serializing_if = "Option::is_none")]
    pub result: Option<bool>,
}
