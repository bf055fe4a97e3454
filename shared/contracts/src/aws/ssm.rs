//! Generated from schemas/aws/ssm.json: do not edit.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The operations whose types are here.
pub const OPERATIONS: &[&str] = &[
    "CreateDocument",
    "UpdateDocument",
    "UpdateDocumentDefaultVersion",
    "UpdateDocumentMetadata",
    "GetDocument",
    "DescribeDocument",
    "ListDocuments",
    "ListDocumentVersions",
    "ListDocumentMetadataHistory",
    "DeleteDocument",
    "DescribeDocumentPermission",
    "ModifyDocumentPermission",
    "CreateActivation",
    "DescribeActivations",
    "DeleteActivation",
    "DescribeInstanceInformation",
    "DescribeInstanceProperties",
    "ListNodes",
    "ListNodesSummary",
    "GetConnectionStatus",
    "DeregisterManagedInstance",
    "UpdateManagedInstanceRole",
    "PutParameter",
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "GetParameterHistory",
    "DescribeParameters",
    "DeleteParameter",
    "DeleteParameters",
    "LabelParameterVersion",
    "UnlabelParameterVersion",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
    "StartAutomationExecution",
    "GetAutomationExecution",
    "DescribeAutomationExecutions",
    "DescribeAutomationStepExecutions",
    "StopAutomationExecution",
    "StartChangeRequestExecution",
    "StartExecutionPreview",
    "GetExecutionPreview",
    "SendAutomationSignal",
    "SendCommand",
    "CancelCommand",
    "ListCommands",
    "ListCommandInvocations",
    "GetCommandInvocation",
    "PutInventory",
    "GetInventory",
    "GetInventorySchema",
    "ListInventoryEntries",
    "CreatePatchBaseline",
    "UpdatePatchBaseline",
    "DeletePatchBaseline",
    "GetPatchBaseline",
    "DescribePatchBaselines",
    "RegisterDefaultPatchBaseline",
    "GetDefaultPatchBaseline",
    "RegisterPatchBaselineForPatchGroup",
    "DeregisterPatchBaselineForPatchGroup",
    "GetPatchBaselineForPatchGroup",
    "DescribePatchGroups",
    "DescribePatchGroupState",
    "DescribeInstancePatchStates",
    "DescribeInstancePatchStatesForPatchGroup",
    "DescribeInstancePatches",
    "DescribePatchProperties",
    "DescribeAvailablePatches",
    "DescribeEffectivePatchesForPatchBaseline",
    "GetDeployablePatchSnapshotForInstance",
    "DeleteInventory",
    "DescribeInventoryDeletions",
    "CreateOpsItem",
    "GetOpsItem",
    "DescribeOpsItems",
    "UpdateOpsItem",
    "DeleteOpsItem",
    "AssociateOpsItemRelatedItem",
    "DisassociateOpsItemRelatedItem",
    "ListOpsItemRelatedItems",
    "ListOpsItemEvents",
    "CreateOpsMetadata",
    "GetOpsMetadata",
    "UpdateOpsMetadata",
    "DeleteOpsMetadata",
    "ListOpsMetadata",
    "CreateAssociation",
    "CreateAssociationBatch",
    "UpdateAssociation",
    "UpdateAssociationStatus",
    "DeleteAssociation",
    "DescribeAssociation",
    "ListAssociations",
    "ListAssociationVersions",
    "DescribeAssociationExecutions",
    "DescribeAssociationExecutionTargets",
    "StartAssociationsOnce",
    "DescribeEffectiveInstanceAssociations",
    "DescribeInstanceAssociationsStatus",
    "GetCalendarState",
    "CreateMaintenanceWindow",
    "UpdateMaintenanceWindow",
    "DeleteMaintenanceWindow",
    "GetMaintenanceWindow",
    "DescribeMaintenanceWindows",
    "DescribeMaintenanceWindowSchedule",
    "DescribeMaintenanceWindowsForTarget",
    "RegisterTargetWithMaintenanceWindow",
    "UpdateMaintenanceWindowTarget",
    "DeregisterTargetFromMaintenanceWindow",
    "DescribeMaintenanceWindowTargets",
    "RegisterTaskWithMaintenanceWindow",
    "UpdateMaintenanceWindowTask",
    "DeregisterTaskFromMaintenanceWindow",
    "GetMaintenanceWindowTask",
    "DescribeMaintenanceWindowTasks",
    "DescribeMaintenanceWindowExecutions",
    "GetMaintenanceWindowExecution",
    "DescribeMaintenanceWindowExecutionTasks",
    "GetMaintenanceWindowExecutionTask",
    "DescribeMaintenanceWindowExecutionTaskInvocations",
    "GetMaintenanceWindowExecutionTaskInvocation",
    "CancelMaintenanceWindowExecution",
    "PutComplianceItems",
    "ListComplianceItems",
    "ListComplianceSummaries",
    "ListResourceComplianceSummaries",
    "GetServiceSetting",
    "UpdateServiceSetting",
    "ResetServiceSetting",
    "GetOpsSummary",
    "CreateResourceDataSync",
    "ListResourceDataSync",
    "UpdateResourceDataSync",
    "DeleteResourceDataSync",
];

/// AWS's `AccountSharingInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSharingInfo {
    #[serde(rename = "AccountId", skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(rename = "SharedDocumentVersion", skip_serializing_if = "Option::is_none")]
    pub shared_document_version: Option<String>,
}

/// AWS's `Activation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Activation {
    #[serde(rename = "ActivationId", skip_serializing_if = "Option::is_none")]
    pub activation_id: Option<String>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "DefaultInstanceName", skip_serializing_if = "Option::is_none")]
    pub default_instance_name: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "ExpirationDate", skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<f64>,
    #[serde(rename = "Expired", skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    #[serde(rename = "IamRole", skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<String>,
    #[serde(rename = "RegistrationLimit", skip_serializing_if = "Option::is_none")]
    pub registration_limit: Option<i32>,
    #[serde(rename = "RegistrationsCount", skip_serializing_if = "Option::is_none")]
    pub registrations_count: Option<i32>,
    #[serde(rename = "Tags", serialize_with = "crate::always_sent::or_empty")]
    pub tags: Option<Vec<Tag>>,
}

/// What AddTagsToResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddTagsToResourceRequest {
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// One of `Document`, `ManagedInstance`, `MaintenanceWindow`, `Parameter`, `PatchBaseline`, `OpsItem`, `OpsMetadata`, `Automation`, `Association`, `CloudConnector`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What AddTagsToResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddTagsToResourceResult {}

/// AWS's `Alarm`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alarm {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `AlarmConfiguration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlarmConfiguration {
    #[serde(rename = "Alarms", skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Vec<Alarm>>,
    #[serde(rename = "IgnorePollAlarmFailure", skip_serializing_if = "Option::is_none")]
    pub ignore_poll_alarm_failure: Option<bool>,
}

/// AWS's `AlarmStateInformation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlarmStateInformation {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `UNKNOWN`, `ALARM`.
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What AssociateOpsItemRelatedItem is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociateOpsItemRelatedItemRequest {
    #[serde(rename = "AssociationType", skip_serializing_if = "Option::is_none")]
    pub association_type: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "ResourceUri", skip_serializing_if = "Option::is_none")]
    pub resource_uri: Option<String>,
}

/// What AssociateOpsItemRelatedItem answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociateOpsItemRelatedItemResponse {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
}

/// AWS's `Association`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Association {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "LastExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_execution_date: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Overview", skip_serializing_if = "Option::is_none")]
    pub overview: Option<AssociationOverview>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// AWS's `AssociationDescription`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationDescription {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "ApplyOnlyAtCronInterval", skip_serializing_if = "Option::is_none")]
    pub apply_only_at_cron_interval: Option<bool>,
    #[serde(rename = "AssociationDispatchAssumeRole", skip_serializing_if = "Option::is_none")]
    pub association_dispatch_assume_role: Option<String>,
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "AutomationTargetParameterName", skip_serializing_if = "Option::is_none")]
    pub automation_target_parameter_name: Option<String>,
    #[serde(rename = "CalendarNames", skip_serializing_if = "Option::is_none")]
    pub calendar_names: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceSeverity", skip_serializing_if = "Option::is_none")]
    pub compliance_severity: Option<String>,
    #[serde(rename = "Date", skip_serializing_if = "Option::is_none")]
    pub date: Option<f64>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "LastExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_execution_date: Option<f64>,
    #[serde(rename = "LastSuccessfulExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_successful_execution_date: Option<f64>,
    #[serde(rename = "LastUpdateAssociationDate", skip_serializing_if = "Option::is_none")]
    pub last_update_association_date: Option<f64>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OutputLocation", skip_serializing_if = "Option::is_none")]
    pub output_location: Option<InstanceAssociationOutputLocation>,
    #[serde(rename = "Overview", skip_serializing_if = "Option::is_none")]
    pub overview: Option<AssociationOverview>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<AssociationStatus>,
    /// One of `AUTO`, `MANUAL`.
    #[serde(rename = "SyncCompliance", skip_serializing_if = "Option::is_none")]
    pub sync_compliance: Option<String>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
}

/// AWS's `AssociationExecution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationExecution {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "CreatedTime", skip_serializing_if = "Option::is_none")]
    pub created_time: Option<f64>,
    #[serde(rename = "DetailedStatus", skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    #[serde(rename = "ExecutionId", skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    #[serde(rename = "LastExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_execution_date: Option<f64>,
    #[serde(rename = "ResourceCountByStatus", skip_serializing_if = "Option::is_none")]
    pub resource_count_by_status: Option<String>,
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
}

/// AWS's `AssociationExecutionFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationExecutionFilter {
    /// One of `ExecutionId`, `Status`, `CreatedTime`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `EQUAL`, `LESS_THAN`, `GREATER_THAN`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `AssociationExecutionTarget`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationExecutionTarget {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "DetailedStatus", skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    #[serde(rename = "ExecutionId", skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    #[serde(rename = "LastExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_execution_date: Option<f64>,
    #[serde(rename = "OutputSource", skip_serializing_if = "Option::is_none")]
    pub output_source: Option<OutputSource>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `AssociationExecutionTargetsFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationExecutionTargetsFilter {
    /// One of `Status`, `ResourceId`, `ResourceType`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `AssociationFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationFilter {
    /// One of `InstanceId`, `Name`, `AssociationId`, `AssociationStatusName`, `LastExecutedBefore`, `LastExecutedAfter`, `AssociationName`, `ResourceGroupName`, `CloudConnectorId`.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `AssociationOverview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationOverview {
    #[serde(rename = "AssociationStatusAggregatedCount", skip_serializing_if = "Option::is_none")]
    pub association_status_aggregated_count: Option<BTreeMap<String, i32>>,
    #[serde(rename = "DetailedStatus", skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `AssociationStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationStatus {
    #[serde(rename = "AdditionalInfo", skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<String>,
    #[serde(rename = "Date", skip_serializing_if = "Option::is_none")]
    pub date: Option<f64>,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// One of `Pending`, `Success`, `Failed`.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `AssociationVersionInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssociationVersionInfo {
    #[serde(rename = "ApplyOnlyAtCronInterval", skip_serializing_if = "Option::is_none")]
    pub apply_only_at_cron_interval: Option<bool>,
    #[serde(rename = "AssociationDispatchAssumeRole", skip_serializing_if = "Option::is_none")]
    pub association_dispatch_assume_role: Option<String>,
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "CalendarNames", skip_serializing_if = "Option::is_none")]
    pub calendar_names: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceSeverity", skip_serializing_if = "Option::is_none")]
    pub compliance_severity: Option<String>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OutputLocation", skip_serializing_if = "Option::is_none")]
    pub output_location: Option<InstanceAssociationOutputLocation>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    /// One of `AUTO`, `MANUAL`.
    #[serde(rename = "SyncCompliance", skip_serializing_if = "Option::is_none")]
    pub sync_compliance: Option<String>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// AWS's `AttachmentContent`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttachmentContent {
    #[serde(rename = "Hash", skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// One of `Sha256`.
    #[serde(rename = "HashType", skip_serializing_if = "Option::is_none")]
    pub hash_type: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Size", skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    #[serde(rename = "Url", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// AWS's `AttachmentInformation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttachmentInformation {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `AttachmentsSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttachmentsSource {
    /// One of `SourceUrl`, `S3FileUrl`, `AttachmentReference`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `AutomationExecution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationExecution {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
    /// One of `Pending`, `InProgress`, `Waiting`, `Success`, `TimedOut`, `Cancelling`, `Cancelled`, `Failed`, `PendingApproval`, `Approved`, `Rejected`, `Scheduled`, `RunbookInProgress`, `PendingChangeCalendarOverride`, `ChangeCalendarOverrideApproved`, `ChangeCalendarOverrideRejected`, `CompletedWithSuccess`, `CompletedWithFailure`, `Exited`.
    #[serde(rename = "AutomationExecutionStatus", skip_serializing_if = "Option::is_none")]
    pub automation_execution_status: Option<String>,
    /// One of `ChangeRequest`, `AccessRequest`.
    #[serde(rename = "AutomationSubtype", skip_serializing_if = "Option::is_none")]
    pub automation_subtype: Option<String>,
    #[serde(rename = "ChangeRequestName", skip_serializing_if = "Option::is_none")]
    pub change_request_name: Option<String>,
    #[serde(rename = "CurrentAction", skip_serializing_if = "Option::is_none")]
    pub current_action: Option<String>,
    #[serde(rename = "CurrentStepName", skip_serializing_if = "Option::is_none")]
    pub current_step_name: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "ExecutedBy", skip_serializing_if = "Option::is_none")]
    pub executed_by: Option<String>,
    #[serde(rename = "ExecutionEndTime", skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<f64>,
    #[serde(rename = "ExecutionStartTime", skip_serializing_if = "Option::is_none")]
    pub execution_start_time: Option<f64>,
    #[serde(rename = "FailureMessage", skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// One of `Auto`, `Interactive`.
    #[serde(rename = "Mode", skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "Outputs", skip_serializing_if = "Option::is_none")]
    pub outputs: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ParentAutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub parent_automation_execution_id: Option<String>,
    #[serde(rename = "ProgressCounters", skip_serializing_if = "Option::is_none")]
    pub progress_counters: Option<ProgressCounters>,
    #[serde(rename = "ResolvedTargets", skip_serializing_if = "Option::is_none")]
    pub resolved_targets: Option<ResolvedTargets>,
    #[serde(rename = "Runbooks", skip_serializing_if = "Option::is_none")]
    pub runbooks: Option<Vec<Runbook>>,
    #[serde(rename = "ScheduledTime", skip_serializing_if = "Option::is_none")]
    pub scheduled_time: Option<f64>,
    #[serde(rename = "StepExecutions", skip_serializing_if = "Option::is_none")]
    pub step_executions: Option<Vec<StepExecution>>,
    #[serde(rename = "StepExecutionsTruncated", skip_serializing_if = "Option::is_none")]
    pub step_executions_truncated: Option<bool>,
    #[serde(rename = "Target", skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetLocationsURL", skip_serializing_if = "Option::is_none")]
    pub target_locations_url: Option<String>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "TargetParameterName", skip_serializing_if = "Option::is_none")]
    pub target_parameter_name: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TargetsSummary", skip_serializing_if = "Option::is_none")]
    pub targets_summary: Option<TargetsSummary>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
    #[serde(rename = "Variables", skip_serializing_if = "Option::is_none")]
    pub variables: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "WarningMessage", skip_serializing_if = "Option::is_none")]
    pub warning_message: Option<String>,
}

/// AWS's `AutomationExecutionFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationExecutionFilter {
    /// One of `DocumentNamePrefix`, `ExecutionStatus`, `ExecutionId`, `ParentExecutionId`, `CurrentAction`, `StartTimeBefore`, `StartTimeAfter`, `AutomationType`, `TagKey`, `TargetResourceGroup`, `AutomationSubtype`, `OpsItemId`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `AutomationExecutionInputs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationExecutionInputs {
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetLocationsURL", skip_serializing_if = "Option::is_none")]
    pub target_locations_url: Option<String>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "TargetParameterName", skip_serializing_if = "Option::is_none")]
    pub target_parameter_name: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// AWS's `AutomationExecutionMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationExecutionMetadata {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
    /// One of `Pending`, `InProgress`, `Waiting`, `Success`, `TimedOut`, `Cancelling`, `Cancelled`, `Failed`, `PendingApproval`, `Approved`, `Rejected`, `Scheduled`, `RunbookInProgress`, `PendingChangeCalendarOverride`, `ChangeCalendarOverrideApproved`, `ChangeCalendarOverrideRejected`, `CompletedWithSuccess`, `CompletedWithFailure`, `Exited`.
    #[serde(rename = "AutomationExecutionStatus", skip_serializing_if = "Option::is_none")]
    pub automation_execution_status: Option<String>,
    /// One of `ChangeRequest`, `AccessRequest`.
    #[serde(rename = "AutomationSubtype", skip_serializing_if = "Option::is_none")]
    pub automation_subtype: Option<String>,
    /// One of `CrossAccount`, `Local`.
    #[serde(rename = "AutomationType", skip_serializing_if = "Option::is_none")]
    pub automation_type: Option<String>,
    #[serde(rename = "ChangeRequestName", skip_serializing_if = "Option::is_none")]
    pub change_request_name: Option<String>,
    #[serde(rename = "CurrentAction", skip_serializing_if = "Option::is_none")]
    pub current_action: Option<String>,
    #[serde(rename = "CurrentStepName", skip_serializing_if = "Option::is_none")]
    pub current_step_name: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "ExecutedBy", skip_serializing_if = "Option::is_none")]
    pub executed_by: Option<String>,
    #[serde(rename = "ExecutionEndTime", skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<f64>,
    #[serde(rename = "ExecutionStartTime", skip_serializing_if = "Option::is_none")]
    pub execution_start_time: Option<f64>,
    #[serde(rename = "FailureMessage", skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    #[serde(rename = "LogFile", skip_serializing_if = "Option::is_none")]
    pub log_file: Option<String>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// One of `Auto`, `Interactive`.
    #[serde(rename = "Mode", skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "Outputs", skip_serializing_if = "Option::is_none")]
    pub outputs: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ParentAutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub parent_automation_execution_id: Option<String>,
    #[serde(rename = "ResolvedTargets", skip_serializing_if = "Option::is_none")]
    pub resolved_targets: Option<ResolvedTargets>,
    #[serde(rename = "Runbooks", skip_serializing_if = "Option::is_none")]
    pub runbooks: Option<Vec<Runbook>>,
    #[serde(rename = "ScheduledTime", skip_serializing_if = "Option::is_none")]
    pub scheduled_time: Option<f64>,
    #[serde(rename = "Target", skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(rename = "TargetLocationsURL", skip_serializing_if = "Option::is_none")]
    pub target_locations_url: Option<String>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "TargetParameterName", skip_serializing_if = "Option::is_none")]
    pub target_parameter_name: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
    #[serde(rename = "WarningMessage", skip_serializing_if = "Option::is_none")]
    pub warning_message: Option<String>,
}

/// AWS's `AutomationExecutionPreview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutomationExecutionPreview {
    #[serde(rename = "Regions", skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    #[serde(rename = "StepPreviews", skip_serializing_if = "Option::is_none")]
    pub step_previews: Option<BTreeMap<String, i32>>,
    #[serde(rename = "TargetPreviews", skip_serializing_if = "Option::is_none")]
    pub target_previews: Option<Vec<TargetPreview>>,
    #[serde(rename = "TotalAccounts", skip_serializing_if = "Option::is_none")]
    pub total_accounts: Option<i32>,
}

/// AWS's `BaselineOverride`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BaselineOverride {
    #[serde(rename = "ApprovalRules", skip_serializing_if = "Option::is_none")]
    pub approval_rules: Option<PatchRuleGroup>,
    #[serde(rename = "ApprovedPatches", skip_serializing_if = "Option::is_none")]
    pub approved_patches: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ApprovedPatchesComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub approved_patches_compliance_level: Option<String>,
    #[serde(rename = "ApprovedPatchesEnableNonSecurity", skip_serializing_if = "Option::is_none")]
    pub approved_patches_enable_non_security: Option<bool>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "AvailableSecurityUpdatesComplianceStatus", skip_serializing_if = "Option::is_none")]
    pub available_security_updates_compliance_status: Option<String>,
    #[serde(rename = "GlobalFilters", skip_serializing_if = "Option::is_none")]
    pub global_filters: Option<PatchFilterGroup>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    #[serde(rename = "RejectedPatches", skip_serializing_if = "Option::is_none")]
    pub rejected_patches: Option<Vec<String>>,
    /// One of `ALLOW_AS_DEPENDENCY`, `BLOCK`.
    #[serde(rename = "RejectedPatchesAction", skip_serializing_if = "Option::is_none")]
    pub rejected_patches_action: Option<String>,
    #[serde(rename = "Sources", skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PatchSource>>,
}

/// What CancelCommand is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelCommandRequest {
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "InstanceIds", skip_serializing_if = "Option::is_none")]
    pub instance_ids: Option<Vec<String>>,
}

/// What CancelCommand answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelCommandResult {}

/// What CancelMaintenanceWindowExecution is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelMaintenanceWindowExecutionRequest {
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What CancelMaintenanceWindowExecution answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CancelMaintenanceWindowExecutionResult {
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// AWS's `CloudWatchOutputConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloudWatchOutputConfig {
    #[serde(rename = "CloudWatchLogGroupName", serialize_with = "crate::always_sent::or_empty")]
    pub cloud_watch_log_group_name: Option<String>,
    #[serde(rename = "CloudWatchOutputEnabled", serialize_with = "crate::always_sent::or_empty")]
    pub cloud_watch_output_enabled: Option<bool>,
}

/// AWS's `Command`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Command {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "CloudWatchOutputConfig", serialize_with = "crate::always_sent::or_empty")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "Comment", serialize_with = "crate::always_sent::or_empty")]
    pub comment: Option<String>,
    #[serde(rename = "CompletedCount", skip_serializing_if = "Option::is_none")]
    pub completed_count: Option<i32>,
    #[serde(rename = "DeliveryTimedOutCount", skip_serializing_if = "Option::is_none")]
    pub delivery_timed_out_count: Option<i32>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "ErrorCount", skip_serializing_if = "Option::is_none")]
    pub error_count: Option<i32>,
    #[serde(rename = "ExpiresAfter", skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<f64>,
    #[serde(rename = "InstanceIds", serialize_with = "crate::always_sent::or_empty")]
    pub instance_ids: Option<Vec<String>>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "NotificationConfig", serialize_with = "crate::always_sent::or_empty")]
    pub notification_config: Option<NotificationConfig>,
    #[serde(rename = "OutputS3BucketName", serialize_with = "crate::always_sent::or_empty")]
    pub output_s3_bucket_name: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", serialize_with = "crate::always_sent::or_empty")]
    pub output_s3_key_prefix: Option<String>,
    #[serde(rename = "OutputS3Region", serialize_with = "crate::always_sent::or_empty")]
    pub output_s3_region: Option<String>,
    #[serde(rename = "Parameters", serialize_with = "crate::always_sent::or_empty")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "RequestedDateTime", skip_serializing_if = "Option::is_none")]
    pub requested_date_time: Option<f64>,
    #[serde(rename = "ServiceRole", serialize_with = "crate::always_sent::or_empty")]
    pub service_role: Option<String>,
    /// One of `Pending`, `InProgress`, `Success`, `Cancelled`, `Failed`, `TimedOut`, `Cancelling`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TargetCount", skip_serializing_if = "Option::is_none")]
    pub target_count: Option<i32>,
    #[serde(rename = "Targets", serialize_with = "crate::always_sent::or_empty")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TimeoutSeconds", skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i32>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
}

/// AWS's `CommandFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandFilter {
    /// One of `InvokedAfter`, `InvokedBefore`, `Status`, `ExecutionStage`, `DocumentName`.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `CommandInvocation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandInvocation {
    #[serde(rename = "CloudWatchOutputConfig", serialize_with = "crate::always_sent::or_empty")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "CommandPlugins", serialize_with = "crate::always_sent::or_empty")]
    pub command_plugins: Option<Vec<CommandPlugin>>,
    #[serde(rename = "Comment", serialize_with = "crate::always_sent::or_empty")]
    pub comment: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "InstanceName", serialize_with = "crate::always_sent::or_empty")]
    pub instance_name: Option<String>,
    #[serde(rename = "NotificationConfig", serialize_with = "crate::always_sent::or_empty")]
    pub notification_config: Option<NotificationConfig>,
    #[serde(rename = "RequestedDateTime", skip_serializing_if = "Option::is_none")]
    pub requested_date_time: Option<f64>,
    #[serde(rename = "ServiceRole", serialize_with = "crate::always_sent::or_empty")]
    pub service_role: Option<String>,
    #[serde(rename = "StandardErrorUrl", serialize_with = "crate::always_sent::or_empty")]
    pub standard_error_url: Option<String>,
    #[serde(rename = "StandardOutputUrl", serialize_with = "crate::always_sent::or_empty")]
    pub standard_output_url: Option<String>,
    /// One of `Pending`, `InProgress`, `Delayed`, `Success`, `Cancelled`, `TimedOut`, `Failed`, `Cancelling`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TraceOutput", skip_serializing_if = "Option::is_none")]
    pub trace_output: Option<String>,
}

/// AWS's `CommandPlugin`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandPlugin {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Output", serialize_with = "crate::always_sent::or_empty")]
    pub output: Option<String>,
    #[serde(rename = "OutputS3BucketName", serialize_with = "crate::always_sent::or_empty")]
    pub output_s3_bucket_name: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", serialize_with = "crate::always_sent::or_empty")]
    pub output_s3_key_prefix: Option<String>,
    #[serde(rename = "OutputS3Region", serialize_with = "crate::always_sent::or_empty")]
    pub output_s3_region: Option<String>,
    #[serde(rename = "ResponseCode", skip_serializing_if = "Option::is_none")]
    pub response_code: Option<i32>,
    #[serde(rename = "ResponseFinishDateTime", skip_serializing_if = "Option::is_none")]
    pub response_finish_date_time: Option<f64>,
    #[serde(rename = "ResponseStartDateTime", skip_serializing_if = "Option::is_none")]
    pub response_start_date_time: Option<f64>,
    #[serde(rename = "StandardErrorUrl", serialize_with = "crate::always_sent::or_empty")]
    pub standard_error_url: Option<String>,
    #[serde(rename = "StandardOutputUrl", serialize_with = "crate::always_sent::or_empty")]
    pub standard_output_url: Option<String>,
    /// One of `Pending`, `InProgress`, `Success`, `TimedOut`, `Cancelled`, `Failed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
}

/// AWS's `ComplianceExecutionSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComplianceExecutionSummary {
    #[serde(rename = "ExecutionId", skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    #[serde(rename = "ExecutionTime", skip_serializing_if = "Option::is_none")]
    pub execution_time: Option<f64>,
    #[serde(rename = "ExecutionType", skip_serializing_if = "Option::is_none")]
    pub execution_type: Option<String>,
}

/// AWS's `ComplianceItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComplianceItem {
    #[serde(rename = "ComplianceType", skip_serializing_if = "Option::is_none")]
    pub compliance_type: Option<String>,
    #[serde(rename = "Details", skip_serializing_if = "Option::is_none")]
    pub details: Option<BTreeMap<String, String>>,
    #[serde(rename = "ExecutionSummary", skip_serializing_if = "Option::is_none")]
    pub execution_summary: Option<ComplianceExecutionSummary>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `ComplianceItemEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComplianceItemEntry {
    #[serde(rename = "Details", skip_serializing_if = "Option::is_none")]
    pub details: Option<BTreeMap<String, String>>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `ComplianceStringFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComplianceStringFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `EQUAL`, `NOT_EQUAL`, `BEGIN_WITH`, `LESS_THAN`, `GREATER_THAN`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `ComplianceSummaryItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComplianceSummaryItem {
    #[serde(rename = "ComplianceType", skip_serializing_if = "Option::is_none")]
    pub compliance_type: Option<String>,
    #[serde(rename = "CompliantSummary", skip_serializing_if = "Option::is_none")]
    pub compliant_summary: Option<CompliantSummary>,
    #[serde(rename = "NonCompliantSummary", skip_serializing_if = "Option::is_none")]
    pub non_compliant_summary: Option<NonCompliantSummary>,
}

/// AWS's `CompliantSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompliantSummary {
    #[serde(rename = "CompliantCount", skip_serializing_if = "Option::is_none")]
    pub compliant_count: Option<i32>,
    #[serde(rename = "SeveritySummary", skip_serializing_if = "Option::is_none")]
    pub severity_summary: Option<SeveritySummary>,
}

/// What CreateActivation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateActivationRequest {
    #[serde(rename = "DefaultInstanceName", skip_serializing_if = "Option::is_none")]
    pub default_instance_name: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "ExpirationDate", skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<f64>,
    #[serde(rename = "IamRole", skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<String>,
    #[serde(rename = "RegistrationLimit", skip_serializing_if = "Option::is_none")]
    pub registration_limit: Option<i32>,
    #[serde(rename = "RegistrationMetadata", skip_serializing_if = "Option::is_none")]
    pub registration_metadata: Option<Vec<RegistrationMetadataItem>>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What CreateActivation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateActivationResult {
    #[serde(rename = "ActivationCode", skip_serializing_if = "Option::is_none")]
    pub activation_code: Option<String>,
    #[serde(rename = "ActivationId", skip_serializing_if = "Option::is_none")]
    pub activation_id: Option<String>,
}

/// What CreateAssociationBatch is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateAssociationBatchRequest {
    #[serde(rename = "AssociationDispatchAssumeRole", skip_serializing_if = "Option::is_none")]
    pub association_dispatch_assume_role: Option<String>,
    #[serde(rename = "Entries", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<CreateAssociationBatchRequestEntry>>,
}

/// AWS's `CreateAssociationBatchRequestEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateAssociationBatchRequestEntry {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "ApplyOnlyAtCronInterval", skip_serializing_if = "Option::is_none")]
    pub apply_only_at_cron_interval: Option<bool>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AutomationTargetParameterName", skip_serializing_if = "Option::is_none")]
    pub automation_target_parameter_name: Option<String>,
    #[serde(rename = "CalendarNames", skip_serializing_if = "Option::is_none")]
    pub calendar_names: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceSeverity", skip_serializing_if = "Option::is_none")]
    pub compliance_severity: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OutputLocation", skip_serializing_if = "Option::is_none")]
    pub output_location: Option<InstanceAssociationOutputLocation>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    /// One of `AUTO`, `MANUAL`.
    #[serde(rename = "SyncCompliance", skip_serializing_if = "Option::is_none")]
    pub sync_compliance: Option<String>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What CreateAssociationBatch answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateAssociationBatchResult {
    #[serde(rename = "Failed", skip_serializing_if = "Option::is_none")]
    pub failed: Option<Vec<FailedCreateAssociation>>,
    #[serde(rename = "Successful", skip_serializing_if = "Option::is_none")]
    pub successful: Option<Vec<AssociationDescription>>,
}

/// What CreateAssociation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateAssociationRequest {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "ApplyOnlyAtCronInterval", skip_serializing_if = "Option::is_none")]
    pub apply_only_at_cron_interval: Option<bool>,
    #[serde(rename = "AssociationDispatchAssumeRole", skip_serializing_if = "Option::is_none")]
    pub association_dispatch_assume_role: Option<String>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AutomationTargetParameterName", skip_serializing_if = "Option::is_none")]
    pub automation_target_parameter_name: Option<String>,
    #[serde(rename = "CalendarNames", skip_serializing_if = "Option::is_none")]
    pub calendar_names: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceSeverity", skip_serializing_if = "Option::is_none")]
    pub compliance_severity: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OutputLocation", skip_serializing_if = "Option::is_none")]
    pub output_location: Option<InstanceAssociationOutputLocation>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    /// One of `AUTO`, `MANUAL`.
    #[serde(rename = "SyncCompliance", skip_serializing_if = "Option::is_none")]
    pub sync_compliance: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What CreateAssociation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateAssociationResult {
    #[serde(rename = "AssociationDescription", skip_serializing_if = "Option::is_none")]
    pub association_description: Option<AssociationDescription>,
}

/// What CreateDocument is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateDocumentRequest {
    #[serde(rename = "Attachments", skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentsSource>>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// One of `Command`, `Policy`, `Automation`, `Session`, `Package`, `ApplicationConfiguration`, `ApplicationConfigurationSchema`, `DeploymentStrategy`, `ChangeCalendar`, `Automation.ChangeTemplate`, `ProblemAnalysis`, `ProblemAnalysisTemplate`, `CloudFormation`, `ConformancePackTemplate`, `QuickSetup`, `ManualApprovalPolicy`, `AutoApprovalPolicy`.
    #[serde(rename = "DocumentType", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Requires", skip_serializing_if = "Option::is_none")]
    pub requires: Option<Vec<DocumentRequires>>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TargetType", skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// What CreateDocument answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateDocumentResult {
    #[serde(rename = "DocumentDescription", skip_serializing_if = "Option::is_none")]
    pub document_description: Option<DocumentDescription>,
}

/// What CreateMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateMaintenanceWindowRequest {
    #[serde(rename = "AllowUnassociatedTargets", skip_serializing_if = "Option::is_none")]
    pub allow_unassociated_targets: Option<bool>,
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "Cutoff", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<i32>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "EndDate", skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Schedule", skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "ScheduleTimezone", skip_serializing_if = "Option::is_none")]
    pub schedule_timezone: Option<String>,
    #[serde(rename = "StartDate", skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What CreateMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateMaintenanceWindowResult {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What CreateOpsItem is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateOpsItemRequest {
    #[serde(rename = "AccountId", skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(rename = "ActualEndTime", skip_serializing_if = "Option::is_none")]
    pub actual_end_time: Option<f64>,
    #[serde(rename = "ActualStartTime", skip_serializing_if = "Option::is_none")]
    pub actual_start_time: Option<f64>,
    #[serde(rename = "Category", skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Notifications", skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Vec<OpsItemNotification>>,
    #[serde(rename = "OperationalData", skip_serializing_if = "Option::is_none")]
    pub operational_data: Option<BTreeMap<String, OpsItemDataValue>>,
    #[serde(rename = "OpsItemType", skip_serializing_if = "Option::is_none")]
    pub ops_item_type: Option<String>,
    #[serde(rename = "PlannedEndTime", skip_serializing_if = "Option::is_none")]
    pub planned_end_time: Option<f64>,
    #[serde(rename = "PlannedStartTime", skip_serializing_if = "Option::is_none")]
    pub planned_start_time: Option<f64>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "RelatedOpsItems", skip_serializing_if = "Option::is_none")]
    pub related_ops_items: Option<Vec<RelatedOpsItem>>,
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(rename = "Source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// What CreateOpsItem answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateOpsItemResponse {
    #[serde(rename = "OpsItemArn", skip_serializing_if = "Option::is_none")]
    pub ops_item_arn: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
}

/// What CreateOpsMetadata is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateOpsMetadataRequest {
    #[serde(rename = "Metadata", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, MetadataValue>>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What CreateOpsMetadata answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateOpsMetadataResult {
    #[serde(rename = "OpsMetadataArn", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_arn: Option<String>,
}

/// What CreatePatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreatePatchBaselineRequest {
    #[serde(rename = "ApprovalRules", skip_serializing_if = "Option::is_none")]
    pub approval_rules: Option<PatchRuleGroup>,
    #[serde(rename = "ApprovedPatches", skip_serializing_if = "Option::is_none")]
    pub approved_patches: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ApprovedPatchesComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub approved_patches_compliance_level: Option<String>,
    #[serde(rename = "ApprovedPatchesEnableNonSecurity", skip_serializing_if = "Option::is_none")]
    pub approved_patches_enable_non_security: Option<bool>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "AvailableSecurityUpdatesComplianceStatus", skip_serializing_if = "Option::is_none")]
    pub available_security_updates_compliance_status: Option<String>,
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "GlobalFilters", skip_serializing_if = "Option::is_none")]
    pub global_filters: Option<PatchFilterGroup>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    #[serde(rename = "RejectedPatches", skip_serializing_if = "Option::is_none")]
    pub rejected_patches: Option<Vec<String>>,
    /// One of `ALLOW_AS_DEPENDENCY`, `BLOCK`.
    #[serde(rename = "RejectedPatchesAction", skip_serializing_if = "Option::is_none")]
    pub rejected_patches_action: Option<String>,
    #[serde(rename = "Sources", skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PatchSource>>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What CreatePatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreatePatchBaselineResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
}

/// What CreateResourceDataSync is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateResourceDataSyncRequest {
    #[serde(rename = "S3Destination", skip_serializing_if = "Option::is_none")]
    pub s3_destination: Option<ResourceDataSyncS3Destination>,
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
    #[serde(rename = "SyncSource", skip_serializing_if = "Option::is_none")]
    pub sync_source: Option<ResourceDataSyncSource>,
    #[serde(rename = "SyncType", skip_serializing_if = "Option::is_none")]
    pub sync_type: Option<String>,
}

/// What CreateResourceDataSync answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateResourceDataSyncResult {}

/// What DeleteActivation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteActivationRequest {
    #[serde(rename = "ActivationId", skip_serializing_if = "Option::is_none")]
    pub activation_id: Option<String>,
}

/// What DeleteActivation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteActivationResult {}

/// What DeleteAssociation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteAssociationRequest {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What DeleteAssociation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteAssociationResult {}

/// What DeleteDocument is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteDocumentRequest {
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Force", skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// What DeleteDocument answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteDocumentResult {}

/// What DeleteInventory is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteInventoryRequest {
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "DryRun", skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// One of `DisableSchema`, `DeleteSchema`.
    #[serde(rename = "SchemaDeleteOption", skip_serializing_if = "Option::is_none")]
    pub schema_delete_option: Option<String>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// What DeleteInventory answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteInventoryResult {
    #[serde(rename = "DeletionId", skip_serializing_if = "Option::is_none")]
    pub deletion_id: Option<String>,
    #[serde(rename = "DeletionSummary", skip_serializing_if = "Option::is_none")]
    pub deletion_summary: Option<InventoryDeletionSummary>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// What DeleteMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteMaintenanceWindowRequest {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What DeleteMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteMaintenanceWindowResult {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What DeleteOpsItem is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteOpsItemRequest {
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
}

/// What DeleteOpsItem answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteOpsItemResponse {}

/// What DeleteOpsMetadata is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteOpsMetadataRequest {
    #[serde(rename = "OpsMetadataArn", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_arn: Option<String>,
}

/// What DeleteOpsMetadata answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteOpsMetadataResult {}

/// What DeleteParameter is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteParameterRequest {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What DeleteParameter answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteParameterResult {}

/// What DeleteParameters is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteParametersRequest {
    #[serde(rename = "Names", skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

/// What DeleteParameters answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteParametersResult {
    #[serde(rename = "DeletedParameters", skip_serializing_if = "Option::is_none")]
    pub deleted_parameters: Option<Vec<String>>,
    #[serde(rename = "InvalidParameters", skip_serializing_if = "Option::is_none")]
    pub invalid_parameters: Option<Vec<String>>,
}

/// What DeletePatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeletePatchBaselineRequest {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
}

/// What DeletePatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeletePatchBaselineResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
}

/// What DeleteResourceDataSync is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResourceDataSyncRequest {
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
    #[serde(rename = "SyncType", skip_serializing_if = "Option::is_none")]
    pub sync_type: Option<String>,
}

/// What DeleteResourceDataSync answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteResourceDataSyncResult {}

/// What DeregisterManagedInstance is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterManagedInstanceRequest {
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// What DeregisterManagedInstance answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterManagedInstanceResult {}

/// What DeregisterPatchBaselineForPatchGroup is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterPatchBaselineForPatchGroupRequest {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What DeregisterPatchBaselineForPatchGroup answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterPatchBaselineForPatchGroupResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What DeregisterTargetFromMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterTargetFromMaintenanceWindowRequest {
    #[serde(rename = "Safe", skip_serializing_if = "Option::is_none")]
    pub safe: Option<bool>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// What DeregisterTargetFromMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterTargetFromMaintenanceWindowResult {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// What DeregisterTaskFromMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterTaskFromMaintenanceWindowRequest {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// What DeregisterTaskFromMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeregisterTaskFromMaintenanceWindowResult {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// AWS's `DescribeActivationsFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeActivationsFilter {
    /// One of `ActivationIds`, `DefaultInstanceName`, `IamRole`.
    #[serde(rename = "FilterKey", skip_serializing_if = "Option::is_none")]
    pub filter_key: Option<String>,
    #[serde(rename = "FilterValues", skip_serializing_if = "Option::is_none")]
    pub filter_values: Option<Vec<String>>,
}

/// What DescribeActivations is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeActivationsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<DescribeActivationsFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeActivations answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeActivationsResult {
    #[serde(rename = "ActivationList", skip_serializing_if = "Option::is_none")]
    pub activation_list: Option<Vec<Activation>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAssociationExecutionTargets is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAssociationExecutionTargetsRequest {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "ExecutionId", skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<AssociationExecutionTargetsFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAssociationExecutionTargets answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAssociationExecutionTargetsResult {
    #[serde(rename = "AssociationExecutionTargets", skip_serializing_if = "Option::is_none")]
    pub association_execution_targets: Option<Vec<AssociationExecutionTarget>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAssociationExecutions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAssociationExecutionsRequest {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<AssociationExecutionFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAssociationExecutions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAssociationExecutionsResult {
    #[serde(rename = "AssociationExecutions", skip_serializing_if = "Option::is_none")]
    pub association_executions: Option<Vec<AssociationExecution>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAssociation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAssociationRequest {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What DescribeAssociation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAssociationResult {
    #[serde(rename = "AssociationDescription", skip_serializing_if = "Option::is_none")]
    pub association_description: Option<AssociationDescription>,
}

/// What DescribeAutomationExecutions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAutomationExecutionsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<AutomationExecutionFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAutomationExecutions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAutomationExecutionsResult {
    #[serde(rename = "AutomationExecutionMetadataList", skip_serializing_if = "Option::is_none")]
    pub automation_execution_metadata_list: Option<Vec<AutomationExecutionMetadata>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAutomationStepExecutions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAutomationStepExecutionsRequest {
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<StepExecutionFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ReverseOrder", skip_serializing_if = "Option::is_none")]
    pub reverse_order: Option<bool>,
}

/// What DescribeAutomationStepExecutions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAutomationStepExecutionsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "StepExecutions", skip_serializing_if = "Option::is_none")]
    pub step_executions: Option<Vec<StepExecution>>,
}

/// What DescribeAvailablePatches is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAvailablePatchesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<PatchOrchestratorFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeAvailablePatches answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeAvailablePatchesResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Patches", skip_serializing_if = "Option::is_none")]
    pub patches: Option<Vec<Patch>>,
}

/// What DescribeDocumentPermission is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeDocumentPermissionRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// One of `Share`.
    #[serde(rename = "PermissionType", skip_serializing_if = "Option::is_none")]
    pub permission_type: Option<String>,
}

/// What DescribeDocumentPermission answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeDocumentPermissionResponse {
    #[serde(rename = "AccountIds", skip_serializing_if = "Option::is_none")]
    pub account_ids: Option<Vec<String>>,
    #[serde(rename = "AccountSharingInfoList", skip_serializing_if = "Option::is_none")]
    pub account_sharing_info_list: Option<Vec<AccountSharingInfo>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeDocument is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeDocumentRequest {
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// What DescribeDocument answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeDocumentResult {
    #[serde(rename = "Document", skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentDescription>,
}

/// What DescribeEffectiveInstanceAssociations is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeEffectiveInstanceAssociationsRequest {
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeEffectiveInstanceAssociations answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeEffectiveInstanceAssociationsResult {
    #[serde(rename = "Associations", skip_serializing_if = "Option::is_none")]
    pub associations: Option<Vec<InstanceAssociation>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeEffectivePatchesForPatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeEffectivePatchesForPatchBaselineRequest {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeEffectivePatchesForPatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeEffectivePatchesForPatchBaselineResult {
    #[serde(rename = "EffectivePatches", skip_serializing_if = "Option::is_none")]
    pub effective_patches: Option<Vec<EffectivePatch>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstanceAssociationsStatus is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstanceAssociationsStatusRequest {
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstanceAssociationsStatus answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstanceAssociationsStatusResult {
    #[serde(rename = "InstanceAssociationStatusInfos", skip_serializing_if = "Option::is_none")]
    pub instance_association_status_infos: Option<Vec<InstanceAssociationStatusInfo>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstanceInformation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstanceInformationRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<InstanceInformationStringFilter>>,
    #[serde(rename = "InstanceInformationFilterList", skip_serializing_if = "Option::is_none")]
    pub instance_information_filter_list: Option<Vec<InstanceInformationFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstanceInformation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstanceInformationResult {
    #[serde(rename = "InstanceInformationList", skip_serializing_if = "Option::is_none")]
    pub instance_information_list: Option<Vec<InstanceInformation>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstancePatchStatesForPatchGroup is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePatchStatesForPatchGroupRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<InstancePatchStateFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What DescribeInstancePatchStatesForPatchGroup answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePatchStatesForPatchGroupResult {
    #[serde(rename = "InstancePatchStates", skip_serializing_if = "Option::is_none")]
    pub instance_patch_states: Option<Vec<InstancePatchState>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstancePatchStates is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePatchStatesRequest {
    #[serde(rename = "InstanceIds", skip_serializing_if = "Option::is_none")]
    pub instance_ids: Option<Vec<String>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstancePatchStates answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePatchStatesResult {
    #[serde(rename = "InstancePatchStates", skip_serializing_if = "Option::is_none")]
    pub instance_patch_states: Option<Vec<InstancePatchState>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstancePatches is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePatchesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<PatchOrchestratorFilter>>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstancePatches answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePatchesResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Patches", skip_serializing_if = "Option::is_none")]
    pub patches: Option<Vec<PatchComplianceData>>,
}

/// What DescribeInstanceProperties is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePropertiesRequest {
    #[serde(rename = "FiltersWithOperator", skip_serializing_if = "Option::is_none")]
    pub filters_with_operator: Option<Vec<InstancePropertyStringFilter>>,
    #[serde(rename = "InstancePropertyFilterList", skip_serializing_if = "Option::is_none")]
    pub instance_property_filter_list: Option<Vec<InstancePropertyFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInstanceProperties answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInstancePropertiesResult {
    #[serde(rename = "InstanceProperties", skip_serializing_if = "Option::is_none")]
    pub instance_properties: Option<Vec<InstanceProperty>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInventoryDeletions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInventoryDeletionsRequest {
    #[serde(rename = "DeletionId", skip_serializing_if = "Option::is_none")]
    pub deletion_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeInventoryDeletions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeInventoryDeletionsResult {
    #[serde(rename = "InventoryDeletions", skip_serializing_if = "Option::is_none")]
    pub inventory_deletions: Option<Vec<InventoryDeletionStatusItem>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeMaintenanceWindowExecutionTaskInvocations is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowExecutionTaskInvocationsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<MaintenanceWindowFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "TaskId", skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What DescribeMaintenanceWindowExecutionTaskInvocations answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowExecutionTaskInvocationsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowExecutionTaskInvocationIdentities", skip_serializing_if = "Option::is_none")]
    pub window_execution_task_invocation_identities:
        Option<Vec<MaintenanceWindowExecutionTaskInvocationIdentity>>,
}

/// What DescribeMaintenanceWindowExecutionTasks is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowExecutionTasksRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<MaintenanceWindowFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What DescribeMaintenanceWindowExecutionTasks answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowExecutionTasksResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowExecutionTaskIdentities", skip_serializing_if = "Option::is_none")]
    pub window_execution_task_identities: Option<Vec<MaintenanceWindowExecutionTaskIdentity>>,
}

/// What DescribeMaintenanceWindowExecutions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowExecutionsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<MaintenanceWindowFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What DescribeMaintenanceWindowExecutions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowExecutionsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowExecutions", skip_serializing_if = "Option::is_none")]
    pub window_executions: Option<Vec<MaintenanceWindowExecution>>,
}

/// What DescribeMaintenanceWindowSchedule is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowScheduleRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<PatchOrchestratorFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// One of `INSTANCE`, `RESOURCE_GROUP`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What DescribeMaintenanceWindowSchedule answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowScheduleResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ScheduledWindowExecutions", skip_serializing_if = "Option::is_none")]
    pub scheduled_window_executions: Option<Vec<ScheduledWindowExecution>>,
}

/// What DescribeMaintenanceWindowTargets is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowTargetsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<MaintenanceWindowFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What DescribeMaintenanceWindowTargets answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowTargetsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<MaintenanceWindowTarget>>,
}

/// What DescribeMaintenanceWindowTasks is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowTasksRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<MaintenanceWindowFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What DescribeMaintenanceWindowTasks answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowTasksResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Tasks", skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<MaintenanceWindowTask>>,
}

/// What DescribeMaintenanceWindowsForTarget is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowsForTargetRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// One of `INSTANCE`, `RESOURCE_GROUP`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What DescribeMaintenanceWindowsForTarget answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowsForTargetResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowIdentities", skip_serializing_if = "Option::is_none")]
    pub window_identities: Option<Vec<MaintenanceWindowIdentityForTarget>>,
}

/// What DescribeMaintenanceWindows is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<MaintenanceWindowFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribeMaintenanceWindows answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeMaintenanceWindowsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WindowIdentities", skip_serializing_if = "Option::is_none")]
    pub window_identities: Option<Vec<MaintenanceWindowIdentity>>,
}

/// What DescribeOpsItems is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeOpsItemsRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "OpsItemFilters", skip_serializing_if = "Option::is_none")]
    pub ops_item_filters: Option<Vec<OpsItemFilter>>,
}

/// What DescribeOpsItems answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeOpsItemsResponse {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "OpsItemSummaries", skip_serializing_if = "Option::is_none")]
    pub ops_item_summaries: Option<Vec<OpsItemSummary>>,
}

/// What DescribeParameters is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeParametersRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<ParametersFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ParameterFilters", skip_serializing_if = "Option::is_none")]
    pub parameter_filters: Option<Vec<ParameterStringFilter>>,
    #[serde(rename = "Shared", skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
}

/// What DescribeParameters answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeParametersResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<ParameterMetadata>>,
}

/// What DescribePatchBaselines is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchBaselinesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<PatchOrchestratorFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribePatchBaselines answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchBaselinesResult {
    #[serde(rename = "BaselineIdentities", skip_serializing_if = "Option::is_none")]
    pub baseline_identities: Option<Vec<PatchBaselineIdentity>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribePatchGroupState is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchGroupStateRequest {
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What DescribePatchGroupState answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchGroupStateResult {
    #[serde(rename = "Instances", skip_serializing_if = "Option::is_none")]
    pub instances: Option<i32>,
    #[serde(rename = "InstancesWithAvailableSecurityUpdates", skip_serializing_if = "Option::is_none")]
    pub instances_with_available_security_updates: Option<i32>,
    #[serde(rename = "InstancesWithCriticalNonCompliantPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_critical_non_compliant_patches: Option<i32>,
    #[serde(rename = "InstancesWithFailedPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_failed_patches: Option<i32>,
    #[serde(rename = "InstancesWithInstalledOtherPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_installed_other_patches: Option<i32>,
    #[serde(rename = "InstancesWithInstalledPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_installed_patches: Option<i32>,
    #[serde(rename = "InstancesWithInstalledPendingRebootPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_installed_pending_reboot_patches: Option<i32>,
    #[serde(rename = "InstancesWithInstalledRejectedPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_installed_rejected_patches: Option<i32>,
    #[serde(rename = "InstancesWithMissingPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_missing_patches: Option<i32>,
    #[serde(rename = "InstancesWithNotApplicablePatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_not_applicable_patches: Option<i32>,
    #[serde(rename = "InstancesWithOtherNonCompliantPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_other_non_compliant_patches: Option<i32>,
    #[serde(rename = "InstancesWithSecurityNonCompliantPatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_security_non_compliant_patches: Option<i32>,
    #[serde(rename = "InstancesWithUnreportedNotApplicablePatches", skip_serializing_if = "Option::is_none")]
    pub instances_with_unreported_not_applicable_patches: Option<i32>,
}

/// What DescribePatchGroups is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchGroupsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<PatchOrchestratorFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribePatchGroups answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchGroupsResult {
    #[serde(rename = "Mappings", skip_serializing_if = "Option::is_none")]
    pub mappings: Option<Vec<PatchGroupPatchBaselineMapping>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What DescribePatchProperties is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchPropertiesRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    /// One of `OS`, `APPLICATION`.
    #[serde(rename = "PatchSet", skip_serializing_if = "Option::is_none")]
    pub patch_set: Option<String>,
    /// One of `PRODUCT`, `PRODUCT_FAMILY`, `CLASSIFICATION`, `MSRC_SEVERITY`, `PRIORITY`, `SEVERITY`.
    #[serde(rename = "Property", skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
}

/// What DescribePatchProperties answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePatchPropertiesResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Properties", skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<BTreeMap<String, String>>>,
}

/// What DisassociateOpsItemRelatedItem is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DisassociateOpsItemRelatedItemRequest {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
}

/// What DisassociateOpsItemRelatedItem answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DisassociateOpsItemRelatedItemResponse {}

/// AWS's `DocumentDefaultVersionDescription`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentDefaultVersionDescription {
    #[serde(rename = "DefaultVersion", skip_serializing_if = "Option::is_none")]
    pub default_version: Option<String>,
    #[serde(rename = "DefaultVersionName", skip_serializing_if = "Option::is_none")]
    pub default_version_name: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `DocumentDescription`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentDescription {
    #[serde(rename = "ApprovedVersion", skip_serializing_if = "Option::is_none")]
    pub approved_version: Option<String>,
    #[serde(rename = "AttachmentsInformation", skip_serializing_if = "Option::is_none")]
    pub attachments_information: Option<Vec<AttachmentInformation>>,
    #[serde(rename = "Author", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(rename = "Category", skip_serializing_if = "Option::is_none")]
    pub category: Option<Vec<String>>,
    #[serde(rename = "CategoryEnum", skip_serializing_if = "Option::is_none")]
    pub category_enum: Option<Vec<String>>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "DefaultVersion", skip_serializing_if = "Option::is_none")]
    pub default_version: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// One of `Command`, `Policy`, `Automation`, `Session`, `Package`, `ApplicationConfiguration`, `ApplicationConfigurationSchema`, `DeploymentStrategy`, `ChangeCalendar`, `Automation.ChangeTemplate`, `ProblemAnalysis`, `ProblemAnalysisTemplate`, `CloudFormation`, `ConformancePackTemplate`, `QuickSetup`, `ManualApprovalPolicy`, `AutoApprovalPolicy`.
    #[serde(rename = "DocumentType", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Hash", skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// One of `Sha256`, `Sha1`.
    #[serde(rename = "HashType", skip_serializing_if = "Option::is_none")]
    pub hash_type: Option<String>,
    #[serde(rename = "LatestVersion", skip_serializing_if = "Option::is_none")]
    pub latest_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Owner", skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<DocumentParameter>>,
    #[serde(rename = "PendingReviewVersion", skip_serializing_if = "Option::is_none")]
    pub pending_review_version: Option<String>,
    #[serde(rename = "PlatformTypes", serialize_with = "crate::always_sent::or_empty")]
    pub platform_types: Option<Vec<String>>,
    #[serde(rename = "Requires", skip_serializing_if = "Option::is_none")]
    pub requires: Option<Vec<DocumentRequires>>,
    #[serde(rename = "ReviewInformation", skip_serializing_if = "Option::is_none")]
    pub review_information: Option<Vec<ReviewInformation>>,
    /// One of `APPROVED`, `NOT_REVIEWED`, `PENDING`, `REJECTED`.
    #[serde(rename = "ReviewStatus", skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
    #[serde(rename = "SchemaVersion", skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    #[serde(rename = "Sha1", skip_serializing_if = "Option::is_none")]
    pub sha1: Option<String>,
    /// One of `Creating`, `Active`, `Updating`, `Deleting`, `Failed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusInformation", skip_serializing_if = "Option::is_none")]
    pub status_information: Option<String>,
    #[serde(rename = "Tags", serialize_with = "crate::always_sent::or_empty")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TargetType", skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// AWS's `DocumentFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentFilter {
    /// One of `Name`, `Owner`, `PlatformTypes`, `DocumentType`.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `DocumentIdentifier`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentIdentifier {
    #[serde(rename = "Author", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// One of `Command`, `Policy`, `Automation`, `Session`, `Package`, `ApplicationConfiguration`, `ApplicationConfigurationSchema`, `DeploymentStrategy`, `ChangeCalendar`, `Automation.ChangeTemplate`, `ProblemAnalysis`, `ProblemAnalysisTemplate`, `CloudFormation`, `ConformancePackTemplate`, `QuickSetup`, `ManualApprovalPolicy`, `AutoApprovalPolicy`.
    #[serde(rename = "DocumentType", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Owner", skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(rename = "PlatformTypes", serialize_with = "crate::always_sent::or_empty")]
    pub platform_types: Option<Vec<String>>,
    #[serde(rename = "Requires", skip_serializing_if = "Option::is_none")]
    pub requires: Option<Vec<DocumentRequires>>,
    /// One of `APPROVED`, `NOT_REVIEWED`, `PENDING`, `REJECTED`.
    #[serde(rename = "ReviewStatus", skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
    #[serde(rename = "SchemaVersion", skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    #[serde(rename = "Tags", serialize_with = "crate::always_sent::or_empty")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TargetType", skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// AWS's `DocumentKeyValuesFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentKeyValuesFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `DocumentMetadataResponseInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentMetadataResponseInfo {
    #[serde(rename = "ReviewerResponse", skip_serializing_if = "Option::is_none")]
    pub reviewer_response: Option<Vec<DocumentReviewerResponseSource>>,
}

/// AWS's `DocumentParameter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentParameter {
    #[serde(rename = "DefaultValue", skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `String`, `StringList`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// AWS's `DocumentRequires`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentRequires {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "RequireType", skip_serializing_if = "Option::is_none")]
    pub require_type: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// AWS's `DocumentReviewCommentSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentReviewCommentSource {
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// One of `Comment`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// AWS's `DocumentReviewerResponseSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentReviewerResponseSource {
    #[serde(rename = "Comment", skip_serializing_if = "Option::is_none")]
    pub comment: Option<Vec<DocumentReviewCommentSource>>,
    #[serde(rename = "CreateTime", skip_serializing_if = "Option::is_none")]
    pub create_time: Option<f64>,
    /// One of `APPROVED`, `NOT_REVIEWED`, `PENDING`, `REJECTED`.
    #[serde(rename = "ReviewStatus", skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
    #[serde(rename = "Reviewer", skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    #[serde(rename = "UpdatedTime", skip_serializing_if = "Option::is_none")]
    pub updated_time: Option<f64>,
}

/// AWS's `DocumentReviews`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentReviews {
    /// One of `SendForReview`, `UpdateReview`, `Approve`, `Reject`.
    #[serde(rename = "Action", skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    #[serde(rename = "Comment", skip_serializing_if = "Option::is_none")]
    pub comment: Option<Vec<DocumentReviewCommentSource>>,
}

/// AWS's `DocumentVersionInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentVersionInfo {
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "IsDefaultVersion", skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `APPROVED`, `NOT_REVIEWED`, `PENDING`, `REJECTED`.
    #[serde(rename = "ReviewStatus", skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
    /// One of `Creating`, `Active`, `Updating`, `Deleting`, `Failed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusInformation", skip_serializing_if = "Option::is_none")]
    pub status_information: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// AWS's `EffectivePatch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EffectivePatch {
    #[serde(rename = "Patch", skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
    #[serde(rename = "PatchStatus", skip_serializing_if = "Option::is_none")]
    pub patch_status: Option<PatchStatus>,
}

/// AWS's `ExecutionInputs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecutionInputs {
    #[serde(rename = "Automation", skip_serializing_if = "Option::is_none")]
    pub automation: Option<AutomationExecutionInputs>,
}

/// AWS's `ExecutionPreview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecutionPreview {
    #[serde(rename = "Automation", skip_serializing_if = "Option::is_none")]
    pub automation: Option<AutomationExecutionPreview>,
}

/// AWS's `FailedCreateAssociation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedCreateAssociation {
    #[serde(rename = "Entry", skip_serializing_if = "Option::is_none")]
    pub entry: Option<CreateAssociationBatchRequestEntry>,
    /// One of `Client`, `Server`, `Unknown`.
    #[serde(rename = "Fault", skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// AWS's `FailureDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailureDetails {
    #[serde(rename = "Details", skip_serializing_if = "Option::is_none")]
    pub details: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "FailureStage", skip_serializing_if = "Option::is_none")]
    pub failure_stage: Option<String>,
    #[serde(rename = "FailureType", skip_serializing_if = "Option::is_none")]
    pub failure_type: Option<String>,
}

/// What GetAutomationExecution is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetAutomationExecutionRequest {
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
}

/// What GetAutomationExecution answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetAutomationExecutionResult {
    #[serde(rename = "AutomationExecution", skip_serializing_if = "Option::is_none")]
    pub automation_execution: Option<AutomationExecution>,
}

/// What GetCalendarState is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetCalendarStateRequest {
    #[serde(rename = "AtTime", skip_serializing_if = "Option::is_none")]
    pub at_time: Option<String>,
    #[serde(rename = "CalendarNames", skip_serializing_if = "Option::is_none")]
    pub calendar_names: Option<Vec<String>>,
}

/// What GetCalendarState answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetCalendarStateResponse {
    #[serde(rename = "AtTime", skip_serializing_if = "Option::is_none")]
    pub at_time: Option<String>,
    #[serde(rename = "NextTransitionTime", skip_serializing_if = "Option::is_none")]
    pub next_transition_time: Option<String>,
    /// One of `OPEN`, `CLOSED`.
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What GetCommandInvocation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetCommandInvocationRequest {
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "PluginName", skip_serializing_if = "Option::is_none")]
    pub plugin_name: Option<String>,
}

/// What GetCommandInvocation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetCommandInvocationResult {
    #[serde(rename = "CloudWatchOutputConfig", serialize_with = "crate::always_sent::or_empty")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "Comment", serialize_with = "crate::always_sent::or_empty")]
    pub comment: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "ExecutionElapsedTime", serialize_with = "crate::always_sent::or_empty")]
    pub execution_elapsed_time: Option<String>,
    #[serde(rename = "ExecutionEndDateTime", serialize_with = "crate::always_sent::or_empty")]
    pub execution_end_date_time: Option<String>,
    #[serde(rename = "ExecutionStartDateTime", serialize_with = "crate::always_sent::or_empty")]
    pub execution_start_date_time: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "PluginName", serialize_with = "crate::always_sent::or_empty")]
    pub plugin_name: Option<String>,
    #[serde(rename = "ResponseCode", skip_serializing_if = "Option::is_none")]
    pub response_code: Option<i32>,
    #[serde(rename = "StandardErrorContent", serialize_with = "crate::always_sent::or_empty")]
    pub standard_error_content: Option<String>,
    #[serde(rename = "StandardErrorUrl", serialize_with = "crate::always_sent::or_empty")]
    pub standard_error_url: Option<String>,
    #[serde(rename = "StandardOutputContent", serialize_with = "crate::always_sent::or_empty")]
    pub standard_output_content: Option<String>,
    #[serde(rename = "StandardOutputUrl", serialize_with = "crate::always_sent::or_empty")]
    pub standard_output_url: Option<String>,
    /// One of `Pending`, `InProgress`, `Delayed`, `Success`, `Cancelled`, `TimedOut`, `Failed`, `Cancelling`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
}

/// What GetConnectionStatus is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetConnectionStatusRequest {
    #[serde(rename = "Target", skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What GetConnectionStatus answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetConnectionStatusResponse {
    /// One of `connected`, `notconnected`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "Target", skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What GetDefaultPatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDefaultPatchBaselineRequest {
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
}

/// What GetDefaultPatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDefaultPatchBaselineResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
}

/// What GetDeployablePatchSnapshotForInstance is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDeployablePatchSnapshotForInstanceRequest {
    #[serde(rename = "BaselineOverride", skip_serializing_if = "Option::is_none")]
    pub baseline_override: Option<BaselineOverride>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "SnapshotId", skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    #[serde(rename = "UseS3DualStackEndpoint", skip_serializing_if = "Option::is_none")]
    pub use_s3_dual_stack_endpoint: Option<bool>,
}

/// What GetDeployablePatchSnapshotForInstance answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDeployablePatchSnapshotForInstanceResult {
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "Product", skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    #[serde(rename = "SnapshotDownloadUrl", skip_serializing_if = "Option::is_none")]
    pub snapshot_download_url: Option<String>,
    #[serde(rename = "SnapshotId", skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
}

/// What GetDocument is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDocumentRequest {
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// What GetDocument answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDocumentResult {
    #[serde(rename = "AttachmentsContent", skip_serializing_if = "Option::is_none")]
    pub attachments_content: Option<Vec<AttachmentContent>>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    /// One of `Command`, `Policy`, `Automation`, `Session`, `Package`, `ApplicationConfiguration`, `ApplicationConfigurationSchema`, `DeploymentStrategy`, `ChangeCalendar`, `Automation.ChangeTemplate`, `ProblemAnalysis`, `ProblemAnalysisTemplate`, `CloudFormation`, `ConformancePackTemplate`, `QuickSetup`, `ManualApprovalPolicy`, `AutoApprovalPolicy`.
    #[serde(rename = "DocumentType", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Requires", skip_serializing_if = "Option::is_none")]
    pub requires: Option<Vec<DocumentRequires>>,
    /// One of `APPROVED`, `NOT_REVIEWED`, `PENDING`, `REJECTED`.
    #[serde(rename = "ReviewStatus", skip_serializing_if = "Option::is_none")]
    pub review_status: Option<String>,
    /// One of `Creating`, `Active`, `Updating`, `Deleting`, `Failed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusInformation", skip_serializing_if = "Option::is_none")]
    pub status_information: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// What GetExecutionPreview is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetExecutionPreviewRequest {
    #[serde(rename = "ExecutionPreviewId", skip_serializing_if = "Option::is_none")]
    pub execution_preview_id: Option<String>,
}

/// What GetExecutionPreview answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetExecutionPreviewResponse {
    #[serde(rename = "EndedAt", skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<f64>,
    #[serde(rename = "ExecutionPreview", skip_serializing_if = "Option::is_none")]
    pub execution_preview: Option<ExecutionPreview>,
    #[serde(rename = "ExecutionPreviewId", skip_serializing_if = "Option::is_none")]
    pub execution_preview_id: Option<String>,
    /// One of `Pending`, `InProgress`, `Success`, `Failed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusMessage", skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
}

/// What GetInventory is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetInventoryRequest {
    #[serde(rename = "Aggregators", skip_serializing_if = "Option::is_none")]
    pub aggregators: Option<Vec<InventoryAggregator>>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<InventoryFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ResultAttributes", skip_serializing_if = "Option::is_none")]
    pub result_attributes: Option<Vec<ResultAttribute>>,
}

/// What GetInventory answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetInventoryResult {
    #[serde(rename = "Entities", skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<InventoryResultEntity>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What GetInventorySchema is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetInventorySchemaRequest {
    #[serde(rename = "Aggregator", skip_serializing_if = "Option::is_none")]
    pub aggregator: Option<bool>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "SubType", skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<bool>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// What GetInventorySchema answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetInventorySchemaResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Schemas", skip_serializing_if = "Option::is_none")]
    pub schemas: Option<Vec<InventoryItemSchema>>,
}

/// What GetMaintenanceWindowExecution is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowExecutionRequest {
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What GetMaintenanceWindowExecution answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowExecutionResult {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TaskIds", skip_serializing_if = "Option::is_none")]
    pub task_ids: Option<Vec<String>>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What GetMaintenanceWindowExecutionTaskInvocation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowExecutionTaskInvocationRequest {
    #[serde(rename = "InvocationId", skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    #[serde(rename = "TaskId", skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What GetMaintenanceWindowExecutionTaskInvocation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowExecutionTaskInvocationResult {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "ExecutionId", skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    #[serde(rename = "InvocationId", skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TaskExecutionId", skip_serializing_if = "Option::is_none")]
    pub task_execution_id: Option<String>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "TaskType", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// What GetMaintenanceWindowExecutionTask is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowExecutionTaskRequest {
    #[serde(rename = "TaskId", skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What GetMaintenanceWindowExecutionTask answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowExecutionTaskResult {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "ServiceRole", skip_serializing_if = "Option::is_none")]
    pub service_role: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskExecutionId", skip_serializing_if = "Option::is_none")]
    pub task_execution_id: Option<String>,
    #[serde(rename = "TaskParameters", skip_serializing_if = "Option::is_none")]
    pub task_parameters: Option<Vec<BTreeMap<String, MaintenanceWindowTaskParameterValueExpression>>>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// What GetMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowRequest {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What GetMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowResult {
    #[serde(rename = "AllowUnassociatedTargets", skip_serializing_if = "Option::is_none")]
    pub allow_unassociated_targets: Option<bool>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "Cutoff", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<i32>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "Enabled", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(rename = "EndDate", skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(rename = "ModifiedDate", skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextExecutionTime", skip_serializing_if = "Option::is_none")]
    pub next_execution_time: Option<String>,
    #[serde(rename = "Schedule", skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "ScheduleTimezone", skip_serializing_if = "Option::is_none")]
    pub schedule_timezone: Option<String>,
    #[serde(rename = "StartDate", skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What GetMaintenanceWindowTask is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowTaskRequest {
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// What GetMaintenanceWindowTask answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMaintenanceWindowTaskResult {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    /// One of `CONTINUE_TASK`, `CANCEL_TASK`.
    #[serde(rename = "CutoffBehavior", skip_serializing_if = "Option::is_none")]
    pub cutoff_behavior: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "LoggingInfo", skip_serializing_if = "Option::is_none")]
    pub logging_info: Option<LoggingInfo>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskInvocationParameters", skip_serializing_if = "Option::is_none")]
    pub task_invocation_parameters: Option<MaintenanceWindowTaskInvocationParameters>,
    #[serde(rename = "TaskParameters", skip_serializing_if = "Option::is_none")]
    pub task_parameters: Option<BTreeMap<String, MaintenanceWindowTaskParameterValueExpression>>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "TaskType", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// What GetOpsItem is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetOpsItemRequest {
    #[serde(rename = "OpsItemArn", skip_serializing_if = "Option::is_none")]
    pub ops_item_arn: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
}

/// What GetOpsItem answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetOpsItemResponse {
    #[serde(rename = "OpsItem", skip_serializing_if = "Option::is_none")]
    pub ops_item: Option<OpsItem>,
}

/// What GetOpsMetadata is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetOpsMetadataRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "OpsMetadataArn", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_arn: Option<String>,
}

/// What GetOpsMetadata answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetOpsMetadataResult {
    #[serde(rename = "Metadata", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, MetadataValue>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

/// What GetOpsSummary is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetOpsSummaryRequest {
    #[serde(rename = "Aggregators", skip_serializing_if = "Option::is_none")]
    pub aggregators: Option<Vec<OpsAggregator>>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<OpsFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ResultAttributes", skip_serializing_if = "Option::is_none")]
    pub result_attributes: Option<Vec<OpsResultAttribute>>,
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
}

/// What GetOpsSummary answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetOpsSummaryResult {
    #[serde(rename = "Entities", skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<OpsEntity>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What GetParameterHistory is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParameterHistoryRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "WithDecryption", skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
}

/// What GetParameterHistory answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParameterHistoryResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<ParameterHistory>>,
}

/// What GetParameter is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParameterRequest {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "WithDecryption", skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
}

/// What GetParameter answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParameterResult {
    #[serde(rename = "Parameter", skip_serializing_if = "Option::is_none")]
    pub parameter: Option<Parameter>,
}

/// What GetParametersByPath is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParametersByPathRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ParameterFilters", skip_serializing_if = "Option::is_none")]
    pub parameter_filters: Option<Vec<ParameterStringFilter>>,
    #[serde(rename = "Path", skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(rename = "Recursive", skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    #[serde(rename = "WithDecryption", skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
}

/// What GetParametersByPath answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParametersByPathResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Parameter>>,
}

/// What GetParameters is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParametersRequest {
    #[serde(rename = "Names", skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    #[serde(rename = "WithDecryption", skip_serializing_if = "Option::is_none")]
    pub with_decryption: Option<bool>,
}

/// What GetParameters answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetParametersResult {
    #[serde(rename = "InvalidParameters", skip_serializing_if = "Option::is_none")]
    pub invalid_parameters: Option<Vec<String>>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Parameter>>,
}

/// What GetPatchBaselineForPatchGroup is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetPatchBaselineForPatchGroupRequest {
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What GetPatchBaselineForPatchGroup answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetPatchBaselineForPatchGroupResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What GetPatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetPatchBaselineRequest {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
}

/// What GetPatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetPatchBaselineResult {
    #[serde(rename = "ApprovalRules", skip_serializing_if = "Option::is_none")]
    pub approval_rules: Option<PatchRuleGroup>,
    #[serde(rename = "ApprovedPatches", skip_serializing_if = "Option::is_none")]
    pub approved_patches: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ApprovedPatchesComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub approved_patches_compliance_level: Option<String>,
    #[serde(rename = "ApprovedPatchesEnableNonSecurity", skip_serializing_if = "Option::is_none")]
    pub approved_patches_enable_non_security: Option<bool>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "AvailableSecurityUpdatesComplianceStatus", skip_serializing_if = "Option::is_none")]
    pub available_security_updates_compliance_status: Option<String>,
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "GlobalFilters", skip_serializing_if = "Option::is_none")]
    pub global_filters: Option<PatchFilterGroup>,
    #[serde(rename = "ModifiedDate", skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    #[serde(rename = "PatchGroups", skip_serializing_if = "Option::is_none")]
    pub patch_groups: Option<Vec<String>>,
    #[serde(rename = "RejectedPatches", skip_serializing_if = "Option::is_none")]
    pub rejected_patches: Option<Vec<String>>,
    /// One of `ALLOW_AS_DEPENDENCY`, `BLOCK`.
    #[serde(rename = "RejectedPatchesAction", skip_serializing_if = "Option::is_none")]
    pub rejected_patches_action: Option<String>,
    #[serde(rename = "Sources", skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PatchSource>>,
}

/// What GetServiceSetting is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetServiceSettingRequest {
    #[serde(rename = "SettingId", skip_serializing_if = "Option::is_none")]
    pub setting_id: Option<String>,
}

/// What GetServiceSetting answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetServiceSettingResult {
    #[serde(rename = "ServiceSetting", skip_serializing_if = "Option::is_none")]
    pub service_setting: Option<ServiceSetting>,
}

/// AWS's `InstanceAggregatedAssociationOverview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceAggregatedAssociationOverview {
    #[serde(rename = "DetailedStatus", skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    #[serde(rename = "InstanceAssociationStatusAggregatedCount", skip_serializing_if = "Option::is_none")]
    pub instance_association_status_aggregated_count: Option<BTreeMap<String, i32>>,
}

/// AWS's `InstanceAssociation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceAssociation {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// AWS's `InstanceAssociationOutputLocation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceAssociationOutputLocation {
    #[serde(rename = "S3Location", skip_serializing_if = "Option::is_none")]
    pub s3_location: Option<S3OutputLocation>,
}

/// AWS's `InstanceAssociationOutputUrl`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceAssociationOutputUrl {
    #[serde(rename = "S3OutputUrl", skip_serializing_if = "Option::is_none")]
    pub s3_output_url: Option<S3OutputUrl>,
}

/// AWS's `InstanceAssociationStatusInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceAssociationStatusInfo {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "DetailedStatus", skip_serializing_if = "Option::is_none")]
    pub detailed_status: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "ErrorCode", skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(rename = "ExecutionDate", skip_serializing_if = "Option::is_none")]
    pub execution_date: Option<f64>,
    #[serde(rename = "ExecutionSummary", skip_serializing_if = "Option::is_none")]
    pub execution_summary: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OutputUrl", skip_serializing_if = "Option::is_none")]
    pub output_url: Option<InstanceAssociationOutputUrl>,
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `InstanceInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceInfo {
    #[serde(rename = "AgentType", skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    #[serde(rename = "AgentVersion", skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    #[serde(rename = "AvailabilityZone", skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    #[serde(rename = "AvailabilityZoneId", skip_serializing_if = "Option::is_none")]
    pub availability_zone_id: Option<String>,
    #[serde(rename = "ComputerName", skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    #[serde(rename = "InstanceStatus", skip_serializing_if = "Option::is_none")]
    pub instance_status: Option<String>,
    #[serde(rename = "IpAddress", skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// One of `All`, `Managed`, `Unmanaged`.
    #[serde(rename = "ManagedStatus", skip_serializing_if = "Option::is_none")]
    pub managed_status: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "PlatformName", skip_serializing_if = "Option::is_none")]
    pub platform_name: Option<String>,
    /// One of `Windows`, `Linux`, `MacOS`.
    #[serde(rename = "PlatformType", skip_serializing_if = "Option::is_none")]
    pub platform_type: Option<String>,
    #[serde(rename = "PlatformVersion", skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    /// One of `ManagedInstance`, `EC2Instance`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "SourceId", skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(rename = "SourceLocation", skip_serializing_if = "Option::is_none")]
    pub source_location: Option<String>,
    /// One of `AWS::EC2::Instance`, `AWS::IoT::Thing`, `AWS::SSM::ManagedInstance`, `Microsoft.Compute/virtualMachines`, `compute.googleapis.com/Instance`.
    #[serde(rename = "SourceType", skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
}

/// AWS's `InstanceInformation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceInformation {
    #[serde(rename = "ActivationId", skip_serializing_if = "Option::is_none")]
    pub activation_id: Option<String>,
    #[serde(rename = "AgentVersion", skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    #[serde(rename = "AssociationOverview", skip_serializing_if = "Option::is_none")]
    pub association_overview: Option<InstanceAggregatedAssociationOverview>,
    #[serde(rename = "AssociationStatus", skip_serializing_if = "Option::is_none")]
    pub association_status: Option<String>,
    #[serde(rename = "ComputerName", skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    #[serde(rename = "IPAddress", skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    #[serde(rename = "IamRole", skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "IsLatestVersion", skip_serializing_if = "Option::is_none")]
    pub is_latest_version: Option<bool>,
    #[serde(rename = "LastAssociationExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_association_execution_date: Option<f64>,
    #[serde(rename = "LastPingDateTime", skip_serializing_if = "Option::is_none")]
    pub last_ping_date_time: Option<f64>,
    #[serde(rename = "LastSuccessfulAssociationExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_successful_association_execution_date: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `Online`, `ConnectionLost`, `Inactive`.
    #[serde(rename = "PingStatus", skip_serializing_if = "Option::is_none")]
    pub ping_status: Option<String>,
    #[serde(rename = "PlatformName", skip_serializing_if = "Option::is_none")]
    pub platform_name: Option<String>,
    /// One of `Windows`, `Linux`, `MacOS`.
    #[serde(rename = "PlatformType", skip_serializing_if = "Option::is_none")]
    pub platform_type: Option<String>,
    #[serde(rename = "PlatformVersion", skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    #[serde(rename = "RegistrationDate", skip_serializing_if = "Option::is_none")]
    pub registration_date: Option<f64>,
    /// One of `ManagedInstance`, `EC2Instance`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "SourceId", skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(rename = "SourceLocation", skip_serializing_if = "Option::is_none")]
    pub source_location: Option<String>,
    /// One of `AWS::EC2::Instance`, `AWS::IoT::Thing`, `AWS::SSM::ManagedInstance`, `Microsoft.Compute/virtualMachines`, `compute.googleapis.com/Instance`.
    #[serde(rename = "SourceType", skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
}

/// AWS's `InstanceInformationFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceInformationFilter {
    /// One of `InstanceIds`, `AgentVersion`, `PingStatus`, `PlatformTypes`, `ActivationIds`, `IamRole`, `ResourceType`, `AssociationStatus`.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "valueSet", skip_serializing_if = "Option::is_none")]
    pub value_set: Option<Vec<String>>,
}

/// AWS's `InstanceInformationStringFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceInformationStringFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `InstancePatchState`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstancePatchState {
    #[serde(rename = "AvailableSecurityUpdateCount", skip_serializing_if = "Option::is_none")]
    pub available_security_update_count: Option<i32>,
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "CriticalNonCompliantCount", skip_serializing_if = "Option::is_none")]
    pub critical_non_compliant_count: Option<i32>,
    #[serde(rename = "FailedCount", skip_serializing_if = "Option::is_none")]
    pub failed_count: Option<i32>,
    #[serde(rename = "InstallOverrideList", skip_serializing_if = "Option::is_none")]
    pub install_override_list: Option<String>,
    #[serde(rename = "InstalledCount", skip_serializing_if = "Option::is_none")]
    pub installed_count: Option<i32>,
    #[serde(rename = "InstalledOtherCount", skip_serializing_if = "Option::is_none")]
    pub installed_other_count: Option<i32>,
    #[serde(rename = "InstalledPendingRebootCount", skip_serializing_if = "Option::is_none")]
    pub installed_pending_reboot_count: Option<i32>,
    #[serde(rename = "InstalledRejectedCount", skip_serializing_if = "Option::is_none")]
    pub installed_rejected_count: Option<i32>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "LastNoRebootInstallOperationTime", skip_serializing_if = "Option::is_none")]
    pub last_no_reboot_install_operation_time: Option<f64>,
    #[serde(rename = "MissingCount", skip_serializing_if = "Option::is_none")]
    pub missing_count: Option<i32>,
    #[serde(rename = "NotApplicableCount", skip_serializing_if = "Option::is_none")]
    pub not_applicable_count: Option<i32>,
    /// One of `Scan`, `Install`.
    #[serde(rename = "Operation", skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    #[serde(rename = "OperationEndTime", skip_serializing_if = "Option::is_none")]
    pub operation_end_time: Option<f64>,
    #[serde(rename = "OperationStartTime", skip_serializing_if = "Option::is_none")]
    pub operation_start_time: Option<f64>,
    #[serde(rename = "OtherNonCompliantCount", skip_serializing_if = "Option::is_none")]
    pub other_non_compliant_count: Option<i32>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
    /// One of `RebootIfNeeded`, `NoReboot`.
    #[serde(rename = "RebootOption", skip_serializing_if = "Option::is_none")]
    pub reboot_option: Option<String>,
    #[serde(rename = "SecurityNonCompliantCount", skip_serializing_if = "Option::is_none")]
    pub security_non_compliant_count: Option<i32>,
    #[serde(rename = "SnapshotId", skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    #[serde(rename = "UnreportedNotApplicableCount", skip_serializing_if = "Option::is_none")]
    pub unreported_not_applicable_count: Option<i32>,
}

/// AWS's `InstancePatchStateFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstancePatchStateFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`, `NotEqual`, `LessThan`, `GreaterThan`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `InstanceProperty`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceProperty {
    #[serde(rename = "ActivationId", skip_serializing_if = "Option::is_none")]
    pub activation_id: Option<String>,
    #[serde(rename = "AgentVersion", skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    #[serde(rename = "Architecture", skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    #[serde(rename = "AssociationOverview", skip_serializing_if = "Option::is_none")]
    pub association_overview: Option<InstanceAggregatedAssociationOverview>,
    #[serde(rename = "AssociationStatus", skip_serializing_if = "Option::is_none")]
    pub association_status: Option<String>,
    #[serde(rename = "AvailabilityZone", skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    #[serde(rename = "ComputerName", skip_serializing_if = "Option::is_none")]
    pub computer_name: Option<String>,
    #[serde(rename = "IPAddress", skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    #[serde(rename = "IamRole", skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "InstanceRole", skip_serializing_if = "Option::is_none")]
    pub instance_role: Option<String>,
    #[serde(rename = "InstanceState", skip_serializing_if = "Option::is_none")]
    pub instance_state: Option<String>,
    #[serde(rename = "InstanceType", skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    #[serde(rename = "KeyName", skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    #[serde(rename = "LastAssociationExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_association_execution_date: Option<f64>,
    #[serde(rename = "LastPingDateTime", skip_serializing_if = "Option::is_none")]
    pub last_ping_date_time: Option<f64>,
    #[serde(rename = "LastSuccessfulAssociationExecutionDate", skip_serializing_if = "Option::is_none")]
    pub last_successful_association_execution_date: Option<f64>,
    #[serde(rename = "LaunchTime", skip_serializing_if = "Option::is_none")]
    pub launch_time: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `Online`, `ConnectionLost`, `Inactive`.
    #[serde(rename = "PingStatus", skip_serializing_if = "Option::is_none")]
    pub ping_status: Option<String>,
    #[serde(rename = "PlatformName", skip_serializing_if = "Option::is_none")]
    pub platform_name: Option<String>,
    /// One of `Windows`, `Linux`, `MacOS`.
    #[serde(rename = "PlatformType", skip_serializing_if = "Option::is_none")]
    pub platform_type: Option<String>,
    #[serde(rename = "PlatformVersion", skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    #[serde(rename = "RegistrationDate", skip_serializing_if = "Option::is_none")]
    pub registration_date: Option<f64>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "SourceId", skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(rename = "SourceLocation", skip_serializing_if = "Option::is_none")]
    pub source_location: Option<String>,
    /// One of `AWS::EC2::Instance`, `AWS::IoT::Thing`, `AWS::SSM::ManagedInstance`, `Microsoft.Compute/virtualMachines`, `compute.googleapis.com/Instance`.
    #[serde(rename = "SourceType", skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
}

/// AWS's `InstancePropertyFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstancePropertyFilter {
    /// One of `InstanceIds`, `AgentVersion`, `PingStatus`, `PlatformTypes`, `DocumentName`, `ActivationIds`, `IamRole`, `ResourceType`, `AssociationStatus`.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "valueSet", skip_serializing_if = "Option::is_none")]
    pub value_set: Option<Vec<String>>,
}

/// AWS's `InstancePropertyStringFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstancePropertyStringFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`, `NotEqual`, `BeginWith`, `LessThan`, `GreaterThan`.
    #[serde(rename = "Operator", skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `InventoryAggregator`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryAggregator {
    #[serde(rename = "Aggregators", skip_serializing_if = "Option::is_none")]
    pub aggregators: Option<Vec<InventoryAggregator>>,
    #[serde(rename = "Expression", skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    #[serde(rename = "Groups", skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<InventoryGroup>>,
}

/// AWS's `InventoryDeletionStatusItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryDeletionStatusItem {
    #[serde(rename = "DeletionId", skip_serializing_if = "Option::is_none")]
    pub deletion_id: Option<String>,
    #[serde(rename = "DeletionStartTime", skip_serializing_if = "Option::is_none")]
    pub deletion_start_time: Option<f64>,
    #[serde(rename = "DeletionSummary", skip_serializing_if = "Option::is_none")]
    pub deletion_summary: Option<InventoryDeletionSummary>,
    /// One of `InProgress`, `Complete`.
    #[serde(rename = "LastStatus", skip_serializing_if = "Option::is_none")]
    pub last_status: Option<String>,
    #[serde(rename = "LastStatusMessage", skip_serializing_if = "Option::is_none")]
    pub last_status_message: Option<String>,
    #[serde(rename = "LastStatusUpdateTime", skip_serializing_if = "Option::is_none")]
    pub last_status_update_time: Option<f64>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// AWS's `InventoryDeletionSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryDeletionSummary {
    #[serde(rename = "RemainingCount", skip_serializing_if = "Option::is_none")]
    pub remaining_count: Option<i32>,
    #[serde(rename = "SummaryItems", skip_serializing_if = "Option::is_none")]
    pub summary_items: Option<Vec<InventoryDeletionSummaryItem>>,
    #[serde(rename = "TotalCount", skip_serializing_if = "Option::is_none")]
    pub total_count: Option<i32>,
}

/// AWS's `InventoryDeletionSummaryItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryDeletionSummaryItem {
    #[serde(rename = "Count", skip_serializing_if = "Option::is_none")]
    pub count: Option<i32>,
    #[serde(rename = "RemainingCount", skip_serializing_if = "Option::is_none")]
    pub remaining_count: Option<i32>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// AWS's `InventoryFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`, `NotEqual`, `BeginWith`, `LessThan`, `GreaterThan`, `Exists`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `InventoryGroup`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryGroup {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<InventoryFilter>>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `InventoryItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryItem {
    #[serde(rename = "CaptureTime", skip_serializing_if = "Option::is_none")]
    pub capture_time: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<BTreeMap<String, String>>>,
    #[serde(rename = "ContentHash", skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    #[serde(rename = "Context", skip_serializing_if = "Option::is_none")]
    pub context: Option<BTreeMap<String, String>>,
    #[serde(rename = "SchemaVersion", skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// AWS's `InventoryItemAttribute`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryItemAttribute {
    /// One of `string`, `number`.
    #[serde(rename = "DataType", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `InventoryItemSchema`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryItemSchema {
    #[serde(rename = "Attributes", skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<InventoryItemAttribute>>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// AWS's `InventoryResultEntity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryResultEntity {
    #[serde(rename = "Data", skip_serializing_if = "Option::is_none")]
    pub data: Option<BTreeMap<String, InventoryResultItem>>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// AWS's `InventoryResultItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryResultItem {
    #[serde(rename = "CaptureTime", skip_serializing_if = "Option::is_none")]
    pub capture_time: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<BTreeMap<String, String>>>,
    #[serde(rename = "ContentHash", skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    #[serde(rename = "SchemaVersion", skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// What LabelParameterVersion is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelParameterVersionRequest {
    #[serde(rename = "Labels", skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "ParameterVersion", skip_serializing_if = "Option::is_none")]
    pub parameter_version: Option<i64>,
}

/// What LabelParameterVersion answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelParameterVersionResult {
    #[serde(rename = "InvalidLabels", skip_serializing_if = "Option::is_none")]
    pub invalid_labels: Option<Vec<String>>,
    #[serde(rename = "ParameterVersion", skip_serializing_if = "Option::is_none")]
    pub parameter_version: Option<i64>,
}

/// What ListAssociationVersions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListAssociationVersionsRequest {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListAssociationVersions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListAssociationVersionsResult {
    #[serde(rename = "AssociationVersions", skip_serializing_if = "Option::is_none")]
    pub association_versions: Option<Vec<AssociationVersionInfo>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListAssociations is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListAssociationsRequest {
    #[serde(rename = "AssociationFilterList", skip_serializing_if = "Option::is_none")]
    pub association_filter_list: Option<Vec<AssociationFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListAssociations answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListAssociationsResult {
    #[serde(rename = "Associations", skip_serializing_if = "Option::is_none")]
    pub associations: Option<Vec<Association>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListCommandInvocations is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListCommandInvocationsRequest {
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "Details", skip_serializing_if = "Option::is_none")]
    pub details: Option<bool>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<CommandFilter>>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListCommandInvocations answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListCommandInvocationsResult {
    #[serde(rename = "CommandInvocations", skip_serializing_if = "Option::is_none")]
    pub command_invocations: Option<Vec<CommandInvocation>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListCommands is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListCommandsRequest {
    #[serde(rename = "CommandId", skip_serializing_if = "Option::is_none")]
    pub command_id: Option<String>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<CommandFilter>>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListCommands answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListCommandsResult {
    #[serde(rename = "Commands", skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<Command>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListComplianceItems is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListComplianceItemsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<ComplianceStringFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ResourceIds", skip_serializing_if = "Option::is_none")]
    pub resource_ids: Option<Vec<String>>,
    #[serde(rename = "ResourceTypes", skip_serializing_if = "Option::is_none")]
    pub resource_types: Option<Vec<String>>,
}

/// What ListComplianceItems answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListComplianceItemsResult {
    #[serde(rename = "ComplianceItems", skip_serializing_if = "Option::is_none")]
    pub compliance_items: Option<Vec<ComplianceItem>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListComplianceSummaries is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListComplianceSummariesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<ComplianceStringFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListComplianceSummaries answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListComplianceSummariesResult {
    #[serde(rename = "ComplianceSummaryItems", skip_serializing_if = "Option::is_none")]
    pub compliance_summary_items: Option<Vec<ComplianceSummaryItem>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListDocumentMetadataHistory is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListDocumentMetadataHistoryRequest {
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    /// One of `DocumentReviews`.
    #[serde(rename = "Metadata", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListDocumentMetadataHistory answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListDocumentMetadataHistoryResponse {
    #[serde(rename = "Author", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Metadata", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<DocumentMetadataResponseInfo>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListDocumentVersions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListDocumentVersionsRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListDocumentVersions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListDocumentVersionsResult {
    #[serde(rename = "DocumentVersions", skip_serializing_if = "Option::is_none")]
    pub document_versions: Option<Vec<DocumentVersionInfo>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListDocuments is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListDocumentsRequest {
    #[serde(rename = "DocumentFilterList", skip_serializing_if = "Option::is_none")]
    pub document_filter_list: Option<Vec<DocumentFilter>>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<DocumentKeyValuesFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListDocuments answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListDocumentsResult {
    #[serde(rename = "DocumentIdentifiers", skip_serializing_if = "Option::is_none")]
    pub document_identifiers: Option<Vec<DocumentIdentifier>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListInventoryEntries is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListInventoryEntriesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<InventoryFilter>>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// What ListInventoryEntries answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListInventoryEntriesResult {
    #[serde(rename = "CaptureTime", skip_serializing_if = "Option::is_none")]
    pub capture_time: Option<String>,
    #[serde(rename = "Entries", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<BTreeMap<String, String>>>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "SchemaVersion", skip_serializing_if = "Option::is_none")]
    pub schema_version: Option<String>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// What ListNodes is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListNodesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<NodeFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
}

/// What ListNodes answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListNodesResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Nodes", skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<Node>>,
}

/// What ListNodesSummary is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListNodesSummaryRequest {
    #[serde(rename = "Aggregators", skip_serializing_if = "Option::is_none")]
    pub aggregators: Option<Vec<NodeAggregator>>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<NodeFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
}

/// What ListNodesSummary answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListNodesSummaryResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Summary", skip_serializing_if = "Option::is_none")]
    pub summary: Option<Vec<BTreeMap<String, String>>>,
}

/// What ListOpsItemEvents is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListOpsItemEventsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<OpsItemEventFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListOpsItemEvents answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListOpsItemEventsResponse {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Summaries", skip_serializing_if = "Option::is_none")]
    pub summaries: Option<Vec<OpsItemEventSummary>>,
}

/// What ListOpsItemRelatedItems is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListOpsItemRelatedItemsRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<OpsItemRelatedItemsFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
}

/// What ListOpsItemRelatedItems answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListOpsItemRelatedItemsResponse {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Summaries", skip_serializing_if = "Option::is_none")]
    pub summaries: Option<Vec<OpsItemRelatedItemSummary>>,
}

/// What ListOpsMetadata is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListOpsMetadataRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<OpsMetadataFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListOpsMetadata answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListOpsMetadataResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "OpsMetadataList", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_list: Option<Vec<OpsMetadata>>,
}

/// What ListResourceComplianceSummaries is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListResourceComplianceSummariesRequest {
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<ComplianceStringFilter>>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListResourceComplianceSummaries answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListResourceComplianceSummariesResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ResourceComplianceSummaryItems", skip_serializing_if = "Option::is_none")]
    pub resource_compliance_summary_items: Option<Vec<ResourceComplianceSummaryItem>>,
}

/// What ListResourceDataSync is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListResourceDataSyncRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "SyncType", skip_serializing_if = "Option::is_none")]
    pub sync_type: Option<String>,
}

/// What ListResourceDataSync answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListResourceDataSyncResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "ResourceDataSyncItems", skip_serializing_if = "Option::is_none")]
    pub resource_data_sync_items: Option<Vec<ResourceDataSyncItem>>,
}

/// What ListTagsForResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTagsForResourceRequest {
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// One of `Document`, `ManagedInstance`, `MaintenanceWindow`, `Parameter`, `PatchBaseline`, `OpsItem`, `OpsMetadata`, `Automation`, `Association`, `CloudConnector`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
}

/// What ListTagsForResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListTagsForResourceResult {
    #[serde(rename = "TagList", skip_serializing_if = "Option::is_none")]
    pub tag_list: Option<Vec<Tag>>,
}

/// AWS's `LoggingInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggingInfo {
    #[serde(rename = "S3BucketName", skip_serializing_if = "Option::is_none")]
    pub s3_bucket_name: Option<String>,
    #[serde(rename = "S3KeyPrefix", skip_serializing_if = "Option::is_none")]
    pub s3_key_prefix: Option<String>,
    #[serde(rename = "S3Region", skip_serializing_if = "Option::is_none")]
    pub s3_region: Option<String>,
}

/// AWS's `MaintenanceWindowAutomationParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowAutomationParameters {
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
}

/// AWS's `MaintenanceWindowExecution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowExecution {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// AWS's `MaintenanceWindowExecutionTaskIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowExecutionTaskIdentity {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskExecutionId", skip_serializing_if = "Option::is_none")]
    pub task_execution_id: Option<String>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "TaskType", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
}

/// AWS's `MaintenanceWindowExecutionTaskInvocationIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowExecutionTaskInvocationIdentity {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "ExecutionId", skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
    #[serde(rename = "InvocationId", skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `PENDING`, `IN_PROGRESS`, `SUCCESS`, `FAILED`, `TIMED_OUT`, `CANCELLING`, `CANCELLED`, `SKIPPED_OVERLAPPING`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "StatusDetails", skip_serializing_if = "Option::is_none")]
    pub status_details: Option<String>,
    #[serde(rename = "TaskExecutionId", skip_serializing_if = "Option::is_none")]
    pub task_execution_id: Option<String>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "TaskType", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    #[serde(rename = "WindowExecutionId", skip_serializing_if = "Option::is_none")]
    pub window_execution_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// AWS's `MaintenanceWindowFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `MaintenanceWindowIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowIdentity {
    #[serde(rename = "Cutoff", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<i32>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "Enabled", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(rename = "EndDate", skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "NextExecutionTime", skip_serializing_if = "Option::is_none")]
    pub next_execution_time: Option<String>,
    #[serde(rename = "Schedule", skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "ScheduleTimezone", skip_serializing_if = "Option::is_none")]
    pub schedule_timezone: Option<String>,
    #[serde(rename = "StartDate", skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// AWS's `MaintenanceWindowIdentityForTarget`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowIdentityForTarget {
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// AWS's `MaintenanceWindowLambdaParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowLambdaParameters {
    #[serde(rename = "ClientContext", skip_serializing_if = "Option::is_none")]
    pub client_context: Option<String>,
    #[serde(rename = "Payload", skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    #[serde(rename = "Qualifier", skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
}

/// AWS's `MaintenanceWindowRunCommandParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowRunCommandParameters {
    #[serde(rename = "CloudWatchOutputConfig", skip_serializing_if = "Option::is_none")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    #[serde(rename = "Comment", skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(rename = "DocumentHash", skip_serializing_if = "Option::is_none")]
    pub document_hash: Option<String>,
    /// One of `Sha256`, `Sha1`.
    #[serde(rename = "DocumentHashType", skip_serializing_if = "Option::is_none")]
    pub document_hash_type: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "NotificationConfig", skip_serializing_if = "Option::is_none")]
    pub notification_config: Option<NotificationConfig>,
    #[serde(rename = "OutputS3BucketName", skip_serializing_if = "Option::is_none")]
    pub output_s3_bucket_name: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", skip_serializing_if = "Option::is_none")]
    pub output_s3_key_prefix: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "TimeoutSeconds", skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i32>,
}

/// AWS's `MaintenanceWindowStepFunctionsParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowStepFunctionsParameters {
    #[serde(rename = "Input", skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// AWS's `MaintenanceWindowTarget`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowTarget {
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    /// One of `INSTANCE`, `RESOURCE_GROUP`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// AWS's `MaintenanceWindowTask`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowTask {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    /// One of `CONTINUE_TASK`, `CANCEL_TASK`.
    #[serde(rename = "CutoffBehavior", skip_serializing_if = "Option::is_none")]
    pub cutoff_behavior: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "LoggingInfo", skip_serializing_if = "Option::is_none")]
    pub logging_info: Option<LoggingInfo>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskParameters", skip_serializing_if = "Option::is_none")]
    pub task_parameters: Option<BTreeMap<String, MaintenanceWindowTaskParameterValueExpression>>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// AWS's `MaintenanceWindowTaskInvocationParameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowTaskInvocationParameters {
    #[serde(rename = "Automation", skip_serializing_if = "Option::is_none")]
    pub automation: Option<MaintenanceWindowAutomationParameters>,
    #[serde(rename = "Lambda", skip_serializing_if = "Option::is_none")]
    pub lambda: Option<MaintenanceWindowLambdaParameters>,
    #[serde(rename = "RunCommand", skip_serializing_if = "Option::is_none")]
    pub run_command: Option<MaintenanceWindowRunCommandParameters>,
    #[serde(rename = "StepFunctions", skip_serializing_if = "Option::is_none")]
    pub step_functions: Option<MaintenanceWindowStepFunctionsParameters>,
}

/// AWS's `MaintenanceWindowTaskParameterValueExpression`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceWindowTaskParameterValueExpression {
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `MetadataValue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetadataValue {
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What ModifyDocumentPermission is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModifyDocumentPermissionRequest {
    #[serde(rename = "AccountIdsToAdd", skip_serializing_if = "Option::is_none")]
    pub account_ids_to_add: Option<Vec<String>>,
    #[serde(rename = "AccountIdsToRemove", skip_serializing_if = "Option::is_none")]
    pub account_ids_to_remove: Option<Vec<String>>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `Share`.
    #[serde(rename = "PermissionType", skip_serializing_if = "Option::is_none")]
    pub permission_type: Option<String>,
    #[serde(rename = "SharedDocumentVersion", skip_serializing_if = "Option::is_none")]
    pub shared_document_version: Option<String>,
}

/// What ModifyDocumentPermission answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModifyDocumentPermissionResponse {}

/// AWS's `Node`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    #[serde(rename = "CaptureTime", skip_serializing_if = "Option::is_none")]
    pub capture_time: Option<f64>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "NodeType", skip_serializing_if = "Option::is_none")]
    pub node_type: Option<NodeType>,
    #[serde(rename = "Owner", skip_serializing_if = "Option::is_none")]
    pub owner: Option<NodeOwnerInfo>,
    #[serde(rename = "Region", skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// AWS's `NodeAggregator`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeAggregator {
    /// One of `Count`.
    #[serde(rename = "AggregatorType", skip_serializing_if = "Option::is_none")]
    pub aggregator_type: Option<String>,
    #[serde(rename = "Aggregators", skip_serializing_if = "Option::is_none")]
    pub aggregators: Option<Vec<NodeAggregator>>,
    /// One of `AgentVersion`, `PlatformName`, `PlatformType`, `PlatformVersion`, `Region`, `ResourceType`, `SourceType`, `AvailabilityZone`.
    #[serde(rename = "AttributeName", skip_serializing_if = "Option::is_none")]
    pub attribute_name: Option<String>,
    /// One of `Instance`.
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// AWS's `NodeFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeFilter {
    /// One of `AgentType`, `AgentVersion`, `ComputerName`, `InstanceId`, `InstanceStatus`, `IpAddress`, `ManagedStatus`, `PlatformName`, `PlatformType`, `PlatformVersion`, `ResourceType`, `OrganizationalUnitId`, `OrganizationalUnitPath`, `Region`, `AccountId`, `SourceType`, `SourceId`, `SourceLocation`, `AvailabilityZone`, `AvailabilityZoneId`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`, `NotEqual`, `BeginWith`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `NodeOwnerInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeOwnerInfo {
    #[serde(rename = "AccountId", skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(rename = "OrganizationalUnitId", skip_serializing_if = "Option::is_none")]
    pub organizational_unit_id: Option<String>,
    #[serde(rename = "OrganizationalUnitPath", skip_serializing_if = "Option::is_none")]
    pub organizational_unit_path: Option<String>,
}

/// AWS's `NodeType`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeType {
    #[serde(rename = "Instance", skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceInfo>,
}

/// AWS's `NonCompliantSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NonCompliantSummary {
    #[serde(rename = "NonCompliantCount", skip_serializing_if = "Option::is_none")]
    pub non_compliant_count: Option<i32>,
    #[serde(rename = "SeveritySummary", skip_serializing_if = "Option::is_none")]
    pub severity_summary: Option<SeveritySummary>,
}

/// AWS's `NotificationConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationConfig {
    #[serde(rename = "NotificationArn", serialize_with = "crate::always_sent::or_empty")]
    pub notification_arn: Option<String>,
    #[serde(rename = "NotificationEvents", serialize_with = "crate::always_sent::or_empty")]
    pub notification_events: Option<Vec<String>>,
    /// One of `Command`, `Invocation`.
    #[serde(rename = "NotificationType", serialize_with = "crate::always_sent::or_empty")]
    pub notification_type: Option<String>,
}

/// AWS's `OpsAggregator`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsAggregator {
    #[serde(rename = "AggregatorType", skip_serializing_if = "Option::is_none")]
    pub aggregator_type: Option<String>,
    #[serde(rename = "Aggregators", skip_serializing_if = "Option::is_none")]
    pub aggregators: Option<Vec<OpsAggregator>>,
    #[serde(rename = "AttributeName", skip_serializing_if = "Option::is_none")]
    pub attribute_name: Option<String>,
    #[serde(rename = "Filters", skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<OpsFilter>>,
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<BTreeMap<String, String>>,
}

/// AWS's `OpsEntity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsEntity {
    #[serde(rename = "Data", skip_serializing_if = "Option::is_none")]
    pub data: Option<BTreeMap<String, OpsEntityItem>>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// AWS's `OpsEntityItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsEntityItem {
    #[serde(rename = "CaptureTime", skip_serializing_if = "Option::is_none")]
    pub capture_time: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<BTreeMap<String, String>>>,
}

/// AWS's `OpsFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`, `NotEqual`, `BeginWith`, `LessThan`, `GreaterThan`, `Exists`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `OpsItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItem {
    #[serde(rename = "ActualEndTime", skip_serializing_if = "Option::is_none")]
    pub actual_end_time: Option<f64>,
    #[serde(rename = "ActualStartTime", skip_serializing_if = "Option::is_none")]
    pub actual_start_time: Option<f64>,
    #[serde(rename = "Category", skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(rename = "CreatedBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    #[serde(rename = "CreatedTime", skip_serializing_if = "Option::is_none")]
    pub created_time: Option<f64>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "LastModifiedBy", skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    #[serde(rename = "LastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
    #[serde(rename = "Notifications", serialize_with = "crate::always_sent::or_empty")]
    pub notifications: Option<Vec<OpsItemNotification>>,
    #[serde(rename = "OperationalData", serialize_with = "crate::always_sent::or_empty")]
    pub operational_data: Option<BTreeMap<String, OpsItemDataValue>>,
    #[serde(rename = "OpsItemArn", skip_serializing_if = "Option::is_none")]
    pub ops_item_arn: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "OpsItemType", skip_serializing_if = "Option::is_none")]
    pub ops_item_type: Option<String>,
    #[serde(rename = "PlannedEndTime", skip_serializing_if = "Option::is_none")]
    pub planned_end_time: Option<f64>,
    #[serde(rename = "PlannedStartTime", skip_serializing_if = "Option::is_none")]
    pub planned_start_time: Option<f64>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "RelatedOpsItems", serialize_with = "crate::always_sent::or_empty")]
    pub related_ops_items: Option<Vec<RelatedOpsItem>>,
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(rename = "Source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// One of `Open`, `InProgress`, `Resolved`, `Pending`, `TimedOut`, `Cancelling`, `Cancelled`, `Failed`, `CompletedWithSuccess`, `CompletedWithFailure`, `Scheduled`, `RunbookInProgress`, `PendingChangeCalendarOverride`, `ChangeCalendarOverrideApproved`, `ChangeCalendarOverrideRejected`, `PendingApproval`, `Approved`, `Revoked`, `Rejected`, `Closed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// AWS's `OpsItemDataValue`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemDataValue {
    /// One of `SearchableString`, `String`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `OpsItemEventFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemEventFilter {
    /// One of `OpsItemId`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`.
    #[serde(rename = "Operator", skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `OpsItemEventSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemEventSummary {
    #[serde(rename = "CreatedBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<OpsItemIdentity>,
    #[serde(rename = "CreatedTime", skip_serializing_if = "Option::is_none")]
    pub created_time: Option<f64>,
    #[serde(rename = "Detail", skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(rename = "DetailType", skip_serializing_if = "Option::is_none")]
    pub detail_type: Option<String>,
    #[serde(rename = "EventId", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "Source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// AWS's `OpsItemFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemFilter {
    /// One of `Status`, `CreatedBy`, `Source`, `Priority`, `Title`, `OpsItemId`, `CreatedTime`, `LastModifiedTime`, `ActualStartTime`, `ActualEndTime`, `PlannedStartTime`, `PlannedEndTime`, `OperationalData`, `OperationalDataKey`, `OperationalDataValue`, `ResourceId`, `AutomationId`, `Category`, `Severity`, `OpsItemType`, `AccessRequestByRequesterArn`, `AccessRequestByRequesterId`, `AccessRequestByApproverArn`, `AccessRequestByApproverId`, `AccessRequestBySourceAccountId`, `AccessRequestBySourceOpsItemId`, `AccessRequestBySourceRegion`, `AccessRequestByIsReplica`, `AccessRequestByTargetResourceId`, `ChangeRequestByRequesterArn`, `ChangeRequestByRequesterName`, `ChangeRequestByApproverArn`, `ChangeRequestByApproverName`, `ChangeRequestByTemplate`, `ChangeRequestByTargetsResourceGroup`, `InsightByType`, `AccountId`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`, `Contains`, `GreaterThan`, `LessThan`.
    #[serde(rename = "Operator", skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `OpsItemIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemIdentity {
    #[serde(rename = "Arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// AWS's `OpsItemNotification`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemNotification {
    #[serde(rename = "Arn", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// AWS's `OpsItemRelatedItemSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemRelatedItemSummary {
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationType", skip_serializing_if = "Option::is_none")]
    pub association_type: Option<String>,
    #[serde(rename = "CreatedBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<OpsItemIdentity>,
    #[serde(rename = "CreatedTime", skip_serializing_if = "Option::is_none")]
    pub created_time: Option<f64>,
    #[serde(rename = "LastModifiedBy", skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<OpsItemIdentity>,
    #[serde(rename = "LastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "ResourceUri", skip_serializing_if = "Option::is_none")]
    pub resource_uri: Option<String>,
}

/// AWS's `OpsItemRelatedItemsFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemRelatedItemsFilter {
    /// One of `ResourceType`, `AssociationId`, `ResourceUri`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of `Equal`.
    #[serde(rename = "Operator", skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `OpsItemSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsItemSummary {
    #[serde(rename = "ActualEndTime", skip_serializing_if = "Option::is_none")]
    pub actual_end_time: Option<f64>,
    #[serde(rename = "ActualStartTime", skip_serializing_if = "Option::is_none")]
    pub actual_start_time: Option<f64>,
    #[serde(rename = "Category", skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(rename = "CreatedBy", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    #[serde(rename = "CreatedTime", skip_serializing_if = "Option::is_none")]
    pub created_time: Option<f64>,
    #[serde(rename = "LastModifiedBy", skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    #[serde(rename = "LastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub last_modified_time: Option<f64>,
    #[serde(rename = "OperationalData", skip_serializing_if = "Option::is_none")]
    pub operational_data: Option<BTreeMap<String, OpsItemDataValue>>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "OpsItemType", skip_serializing_if = "Option::is_none")]
    pub ops_item_type: Option<String>,
    #[serde(rename = "PlannedEndTime", skip_serializing_if = "Option::is_none")]
    pub planned_end_time: Option<f64>,
    #[serde(rename = "PlannedStartTime", skip_serializing_if = "Option::is_none")]
    pub planned_start_time: Option<f64>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(rename = "Source", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// One of `Open`, `InProgress`, `Resolved`, `Pending`, `TimedOut`, `Cancelling`, `Cancelled`, `Failed`, `CompletedWithSuccess`, `CompletedWithFailure`, `Scheduled`, `RunbookInProgress`, `PendingChangeCalendarOverride`, `ChangeCalendarOverrideApproved`, `ChangeCalendarOverrideRejected`, `PendingApproval`, `Approved`, `Revoked`, `Rejected`, `Closed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `OpsMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsMetadata {
    #[serde(rename = "CreationDate", skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<f64>,
    #[serde(rename = "LastModifiedDate", skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<f64>,
    #[serde(rename = "LastModifiedUser", skip_serializing_if = "Option::is_none")]
    pub last_modified_user: Option<String>,
    #[serde(rename = "OpsMetadataArn", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_arn: Option<String>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

/// AWS's `OpsMetadataFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsMetadataFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `OpsResultAttribute`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsResultAttribute {
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// AWS's `OutputSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputSource {
    #[serde(rename = "OutputSourceId", skip_serializing_if = "Option::is_none")]
    pub output_source_id: Option<String>,
    #[serde(rename = "OutputSourceType", skip_serializing_if = "Option::is_none")]
    pub output_source_type: Option<String>,
}

/// AWS's `Parameter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    #[serde(rename = "ARN", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "DataType", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    #[serde(rename = "LastModifiedDate", skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Selector", skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    #[serde(rename = "SourceResult", skip_serializing_if = "Option::is_none")]
    pub source_result: Option<String>,
    /// One of `String`, `StringList`, `SecureString`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// AWS's `ParameterHistory`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterHistory {
    #[serde(rename = "AllowedPattern", skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    #[serde(rename = "DataType", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "KeyId", skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(rename = "Labels", skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    #[serde(rename = "LastModifiedDate", skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<f64>,
    #[serde(rename = "LastModifiedUser", skip_serializing_if = "Option::is_none")]
    pub last_modified_user: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Policies", skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<ParameterInlinePolicy>>,
    /// One of `Standard`, `Advanced`, `Intelligent-Tiering`.
    #[serde(rename = "Tier", skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// One of `String`, `StringList`, `SecureString`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// AWS's `ParameterInlinePolicy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterInlinePolicy {
    #[serde(rename = "PolicyStatus", skip_serializing_if = "Option::is_none")]
    pub policy_status: Option<String>,
    #[serde(rename = "PolicyText", skip_serializing_if = "Option::is_none")]
    pub policy_text: Option<String>,
    #[serde(rename = "PolicyType", skip_serializing_if = "Option::is_none")]
    pub policy_type: Option<String>,
}

/// AWS's `ParameterMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterMetadata {
    #[serde(rename = "ARN", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "AllowedPattern", skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    #[serde(rename = "DataType", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "KeyId", skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(rename = "LastModifiedDate", skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<f64>,
    #[serde(rename = "LastModifiedUser", skip_serializing_if = "Option::is_none")]
    pub last_modified_user: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Policies", skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<ParameterInlinePolicy>>,
    /// One of `Standard`, `Advanced`, `Intelligent-Tiering`.
    #[serde(rename = "Tier", skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// One of `String`, `StringList`, `SecureString`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// AWS's `ParameterStringFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterStringFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Option", skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `ParametersFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParametersFilter {
    /// One of `Name`, `Type`, `KeyId`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `ParentStepDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParentStepDetails {
    #[serde(rename = "Action", skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    #[serde(rename = "Iteration", skip_serializing_if = "Option::is_none")]
    pub iteration: Option<i32>,
    #[serde(rename = "IteratorValue", skip_serializing_if = "Option::is_none")]
    pub iterator_value: Option<String>,
    #[serde(rename = "StepExecutionId", skip_serializing_if = "Option::is_none")]
    pub step_execution_id: Option<String>,
    #[serde(rename = "StepName", skip_serializing_if = "Option::is_none")]
    pub step_name: Option<String>,
}

/// AWS's `Patch`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patch {
    #[serde(rename = "AdvisoryIds", skip_serializing_if = "Option::is_none")]
    pub advisory_ids: Option<Vec<String>>,
    #[serde(rename = "Arch", skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    #[serde(rename = "BugzillaIds", skip_serializing_if = "Option::is_none")]
    pub bugzilla_ids: Option<Vec<String>>,
    #[serde(rename = "CVEIds", skip_serializing_if = "Option::is_none")]
    pub cve_ids: Option<Vec<String>>,
    #[serde(rename = "Classification", skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    #[serde(rename = "ContentUrl", skip_serializing_if = "Option::is_none")]
    pub content_url: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Epoch", skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i32>,
    #[serde(rename = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "KbNumber", skip_serializing_if = "Option::is_none")]
    pub kb_number: Option<String>,
    #[serde(rename = "Language", skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(rename = "MsrcNumber", skip_serializing_if = "Option::is_none")]
    pub msrc_number: Option<String>,
    #[serde(rename = "MsrcSeverity", skip_serializing_if = "Option::is_none")]
    pub msrc_severity: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Product", skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    #[serde(rename = "ProductFamily", skip_serializing_if = "Option::is_none")]
    pub product_family: Option<String>,
    #[serde(rename = "Release", skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    #[serde(rename = "ReleaseDate", skip_serializing_if = "Option::is_none")]
    pub release_date: Option<f64>,
    #[serde(rename = "Repository", skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(rename = "Vendor", skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// AWS's `PatchBaselineIdentity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchBaselineIdentity {
    #[serde(rename = "BaselineDescription", skip_serializing_if = "Option::is_none")]
    pub baseline_description: Option<String>,
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "BaselineName", skip_serializing_if = "Option::is_none")]
    pub baseline_name: Option<String>,
    #[serde(rename = "DefaultBaseline", skip_serializing_if = "Option::is_none")]
    pub default_baseline: Option<bool>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
}

/// AWS's `PatchComplianceData`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchComplianceData {
    #[serde(rename = "CVEIds", skip_serializing_if = "Option::is_none")]
    pub cve_ids: Option<String>,
    #[serde(rename = "Classification", skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    #[serde(rename = "InstalledTime", skip_serializing_if = "Option::is_none")]
    pub installed_time: Option<f64>,
    #[serde(rename = "KBId", skip_serializing_if = "Option::is_none")]
    pub kb_id: Option<String>,
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// One of `INSTALLED`, `INSTALLED_OTHER`, `INSTALLED_PENDING_REBOOT`, `INSTALLED_REJECTED`, `MISSING`, `NOT_APPLICABLE`, `FAILED`, `AVAILABLE_SECURITY_UPDATE`.
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// AWS's `PatchFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchFilter {
    /// One of `ARCH`, `ADVISORY_ID`, `BUGZILLA_ID`, `PATCH_SET`, `PRODUCT`, `PRODUCT_FAMILY`, `CLASSIFICATION`, `CVE_ID`, `EPOCH`, `MSRC_SEVERITY`, `NAME`, `PATCH_ID`, `SECTION`, `PRIORITY`, `REPOSITORY`, `RELEASE`, `SEVERITY`, `SECURITY`, `VERSION`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `PatchFilterGroup`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchFilterGroup {
    #[serde(rename = "PatchFilters", skip_serializing_if = "Option::is_none")]
    pub patch_filters: Option<Vec<PatchFilter>>,
}

/// AWS's `PatchGroupPatchBaselineMapping`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchGroupPatchBaselineMapping {
    #[serde(rename = "BaselineIdentity", skip_serializing_if = "Option::is_none")]
    pub baseline_identity: Option<PatchBaselineIdentity>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// AWS's `PatchOrchestratorFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchOrchestratorFilter {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `PatchRule`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchRule {
    #[serde(rename = "ApproveAfterDays", skip_serializing_if = "Option::is_none")]
    pub approve_after_days: Option<i32>,
    #[serde(rename = "ApproveUntilDate", skip_serializing_if = "Option::is_none")]
    pub approve_until_date: Option<String>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub compliance_level: Option<String>,
    #[serde(rename = "EnableNonSecurity", skip_serializing_if = "Option::is_none")]
    pub enable_non_security: Option<bool>,
    #[serde(rename = "PatchFilterGroup", skip_serializing_if = "Option::is_none")]
    pub patch_filter_group: Option<PatchFilterGroup>,
}

/// AWS's `PatchRuleGroup`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchRuleGroup {
    #[serde(rename = "PatchRules", skip_serializing_if = "Option::is_none")]
    pub patch_rules: Option<Vec<PatchRule>>,
}

/// AWS's `PatchSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchSource {
    #[serde(rename = "Configuration", skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Products", skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<String>>,
}

/// AWS's `PatchStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatchStatus {
    #[serde(rename = "ApprovalDate", skip_serializing_if = "Option::is_none")]
    pub approval_date: Option<f64>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub compliance_level: Option<String>,
    /// One of `APPROVED`, `PENDING_APPROVAL`, `EXPLICIT_APPROVED`, `EXPLICIT_REJECTED`.
    #[serde(rename = "DeploymentStatus", skip_serializing_if = "Option::is_none")]
    pub deployment_status: Option<String>,
}

/// AWS's `ProgressCounters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressCounters {
    #[serde(rename = "CancelledSteps", skip_serializing_if = "Option::is_none")]
    pub cancelled_steps: Option<i32>,
    #[serde(rename = "FailedSteps", skip_serializing_if = "Option::is_none")]
    pub failed_steps: Option<i32>,
    #[serde(rename = "SuccessSteps", skip_serializing_if = "Option::is_none")]
    pub success_steps: Option<i32>,
    #[serde(rename = "TimedOutSteps", skip_serializing_if = "Option::is_none")]
    pub timed_out_steps: Option<i32>,
    #[serde(rename = "TotalSteps", skip_serializing_if = "Option::is_none")]
    pub total_steps: Option<i32>,
}

/// What PutComplianceItems is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutComplianceItemsRequest {
    #[serde(rename = "ComplianceType", skip_serializing_if = "Option::is_none")]
    pub compliance_type: Option<String>,
    #[serde(rename = "ExecutionSummary", skip_serializing_if = "Option::is_none")]
    pub execution_summary: Option<ComplianceExecutionSummary>,
    #[serde(rename = "ItemContentHash", skip_serializing_if = "Option::is_none")]
    pub item_content_hash: Option<String>,
    #[serde(rename = "Items", skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ComplianceItemEntry>>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// One of `COMPLETE`, `PARTIAL`.
    #[serde(rename = "UploadType", skip_serializing_if = "Option::is_none")]
    pub upload_type: Option<String>,
}

/// What PutComplianceItems answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutComplianceItemsResult {}

/// What PutInventory is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutInventoryRequest {
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "Items", skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<InventoryItem>>,
}

/// What PutInventory answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutInventoryResult {
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What PutParameter is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutParameterRequest {
    #[serde(rename = "AllowedPattern", skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    #[serde(rename = "DataType", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "KeyId", skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Overwrite", skip_serializing_if = "Option::is_none")]
    pub overwrite: Option<bool>,
    #[serde(rename = "Policies", skip_serializing_if = "Option::is_none")]
    pub policies: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// One of `Standard`, `Advanced`, `Intelligent-Tiering`.
    #[serde(rename = "Tier", skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// One of `String`, `StringList`, `SecureString`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What PutParameter answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutParameterResult {
    /// One of `Standard`, `Advanced`, `Intelligent-Tiering`.
    #[serde(rename = "Tier", skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// What RegisterDefaultPatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterDefaultPatchBaselineRequest {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
}

/// What RegisterDefaultPatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterDefaultPatchBaselineResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
}

/// What RegisterPatchBaselineForPatchGroup is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterPatchBaselineForPatchGroupRequest {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What RegisterPatchBaselineForPatchGroup answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterPatchBaselineForPatchGroupResult {
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "PatchGroup", skip_serializing_if = "Option::is_none")]
    pub patch_group: Option<String>,
}

/// What RegisterTargetWithMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterTargetWithMaintenanceWindowRequest {
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    /// One of `INSTANCE`, `RESOURCE_GROUP`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What RegisterTargetWithMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterTargetWithMaintenanceWindowResult {
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// What RegisterTaskWithMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterTaskWithMaintenanceWindowRequest {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// One of `CONTINUE_TASK`, `CANCEL_TASK`.
    #[serde(rename = "CutoffBehavior", skip_serializing_if = "Option::is_none")]
    pub cutoff_behavior: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "LoggingInfo", skip_serializing_if = "Option::is_none")]
    pub logging_info: Option<LoggingInfo>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskInvocationParameters", skip_serializing_if = "Option::is_none")]
    pub task_invocation_parameters: Option<MaintenanceWindowTaskInvocationParameters>,
    #[serde(rename = "TaskParameters", skip_serializing_if = "Option::is_none")]
    pub task_parameters: Option<BTreeMap<String, MaintenanceWindowTaskParameterValueExpression>>,
    /// One of `RUN_COMMAND`, `AUTOMATION`, `STEP_FUNCTIONS`, `LAMBDA`.
    #[serde(rename = "TaskType", skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What RegisterTaskWithMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterTaskWithMaintenanceWindowResult {
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// AWS's `RegistrationMetadataItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationMetadataItem {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// AWS's `RelatedOpsItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelatedOpsItem {
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
}

/// What RemoveTagsFromResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoveTagsFromResourceRequest {
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// One of `Document`, `ManagedInstance`, `MaintenanceWindow`, `Parameter`, `PatchBaseline`, `OpsItem`, `OpsMetadata`, `Automation`, `Association`, `CloudConnector`.
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    #[serde(rename = "TagKeys", skip_serializing_if = "Option::is_none")]
    pub tag_keys: Option<Vec<String>>,
}

/// What RemoveTagsFromResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemoveTagsFromResourceResult {}

/// What ResetServiceSetting is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResetServiceSettingRequest {
    #[serde(rename = "SettingId", skip_serializing_if = "Option::is_none")]
    pub setting_id: Option<String>,
}

/// What ResetServiceSetting answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResetServiceSettingResult {
    #[serde(rename = "ServiceSetting", skip_serializing_if = "Option::is_none")]
    pub service_setting: Option<ServiceSetting>,
}

/// AWS's `ResolvedTargets`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolvedTargets {
    #[serde(rename = "ParameterValues", skip_serializing_if = "Option::is_none")]
    pub parameter_values: Option<Vec<String>>,
    #[serde(rename = "Truncated", skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
}

/// AWS's `ResourceComplianceSummaryItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceComplianceSummaryItem {
    #[serde(rename = "ComplianceType", skip_serializing_if = "Option::is_none")]
    pub compliance_type: Option<String>,
    #[serde(rename = "CompliantSummary", skip_serializing_if = "Option::is_none")]
    pub compliant_summary: Option<CompliantSummary>,
    #[serde(rename = "ExecutionSummary", skip_serializing_if = "Option::is_none")]
    pub execution_summary: Option<ComplianceExecutionSummary>,
    #[serde(rename = "NonCompliantSummary", skip_serializing_if = "Option::is_none")]
    pub non_compliant_summary: Option<NonCompliantSummary>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "OverallSeverity", skip_serializing_if = "Option::is_none")]
    pub overall_severity: Option<String>,
    #[serde(rename = "ResourceId", skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    #[serde(rename = "ResourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `ResourceDataSyncAwsOrganizationsSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncAwsOrganizationsSource {
    #[serde(rename = "OrganizationSourceType", skip_serializing_if = "Option::is_none")]
    pub organization_source_type: Option<String>,
    #[serde(rename = "OrganizationalUnits", skip_serializing_if = "Option::is_none")]
    pub organizational_units: Option<Vec<ResourceDataSyncOrganizationalUnit>>,
}

/// AWS's `ResourceDataSyncDestinationDataSharing`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncDestinationDataSharing {
    #[serde(rename = "DestinationDataSharingType", skip_serializing_if = "Option::is_none")]
    pub destination_data_sharing_type: Option<String>,
}

/// AWS's `ResourceDataSyncItem`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncItem {
    /// One of `Successful`, `Failed`, `InProgress`.
    #[serde(rename = "LastStatus", skip_serializing_if = "Option::is_none")]
    pub last_status: Option<String>,
    #[serde(rename = "LastSuccessfulSyncTime", skip_serializing_if = "Option::is_none")]
    pub last_successful_sync_time: Option<f64>,
    #[serde(rename = "LastSyncStatusMessage", skip_serializing_if = "Option::is_none")]
    pub last_sync_status_message: Option<String>,
    #[serde(rename = "LastSyncTime", skip_serializing_if = "Option::is_none")]
    pub last_sync_time: Option<f64>,
    #[serde(rename = "S3Destination", skip_serializing_if = "Option::is_none")]
    pub s3_destination: Option<ResourceDataSyncS3Destination>,
    #[serde(rename = "SyncCreatedTime", skip_serializing_if = "Option::is_none")]
    pub sync_created_time: Option<f64>,
    #[serde(rename = "SyncLastModifiedTime", skip_serializing_if = "Option::is_none")]
    pub sync_last_modified_time: Option<f64>,
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
    #[serde(rename = "SyncSource", skip_serializing_if = "Option::is_none")]
    pub sync_source: Option<ResourceDataSyncSourceWithState>,
    #[serde(rename = "SyncType", skip_serializing_if = "Option::is_none")]
    pub sync_type: Option<String>,
}

/// AWS's `ResourceDataSyncOrganizationalUnit`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncOrganizationalUnit {
    #[serde(rename = "OrganizationalUnitId", skip_serializing_if = "Option::is_none")]
    pub organizational_unit_id: Option<String>,
}

/// AWS's `ResourceDataSyncS3Destination`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncS3Destination {
    #[serde(rename = "AWSKMSKeyARN", skip_serializing_if = "Option::is_none")]
    pub awskms_key_arn: Option<String>,
    #[serde(rename = "BucketName", skip_serializing_if = "Option::is_none")]
    pub bucket_name: Option<String>,
    #[serde(rename = "DestinationDataSharing", skip_serializing_if = "Option::is_none")]
    pub destination_data_sharing: Option<ResourceDataSyncDestinationDataSharing>,
    #[serde(rename = "Prefix", skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(rename = "Region", skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// One of `JsonSerDe`.
    #[serde(rename = "SyncFormat", skip_serializing_if = "Option::is_none")]
    pub sync_format: Option<String>,
}

/// AWS's `ResourceDataSyncSource`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncSource {
    #[serde(rename = "AwsOrganizationsSource", skip_serializing_if = "Option::is_none")]
    pub aws_organizations_source: Option<ResourceDataSyncAwsOrganizationsSource>,
    #[serde(rename = "EnableAllOpsDataSources", skip_serializing_if = "Option::is_none")]
    pub enable_all_ops_data_sources: Option<bool>,
    #[serde(rename = "IncludeFutureRegions", skip_serializing_if = "Option::is_none")]
    pub include_future_regions: Option<bool>,
    #[serde(rename = "SourceRegions", skip_serializing_if = "Option::is_none")]
    pub source_regions: Option<Vec<String>>,
    #[serde(rename = "SourceType", skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
}

/// AWS's `ResourceDataSyncSourceWithState`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDataSyncSourceWithState {
    #[serde(rename = "AwsOrganizationsSource", skip_serializing_if = "Option::is_none")]
    pub aws_organizations_source: Option<ResourceDataSyncAwsOrganizationsSource>,
    #[serde(rename = "EnableAllOpsDataSources", skip_serializing_if = "Option::is_none")]
    pub enable_all_ops_data_sources: Option<bool>,
    #[serde(rename = "IncludeFutureRegions", skip_serializing_if = "Option::is_none")]
    pub include_future_regions: Option<bool>,
    #[serde(rename = "SourceRegions", skip_serializing_if = "Option::is_none")]
    pub source_regions: Option<Vec<String>>,
    #[serde(rename = "SourceType", skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    #[serde(rename = "State", skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// AWS's `ResultAttribute`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultAttribute {
    #[serde(rename = "TypeName", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

/// AWS's `ReviewInformation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewInformation {
    #[serde(rename = "ReviewedTime", skip_serializing_if = "Option::is_none")]
    pub reviewed_time: Option<f64>,
    #[serde(rename = "Reviewer", skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// One of `APPROVED`, `NOT_REVIEWED`, `PENDING`, `REJECTED`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `Runbook`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Runbook {
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "TargetParameterName", skip_serializing_if = "Option::is_none")]
    pub target_parameter_name: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// AWS's `S3OutputLocation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct S3OutputLocation {
    #[serde(rename = "OutputS3BucketName", skip_serializing_if = "Option::is_none")]
    pub output_s3_bucket_name: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", skip_serializing_if = "Option::is_none")]
    pub output_s3_key_prefix: Option<String>,
    #[serde(rename = "OutputS3Region", skip_serializing_if = "Option::is_none")]
    pub output_s3_region: Option<String>,
}

/// AWS's `S3OutputUrl`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct S3OutputUrl {
    #[serde(rename = "OutputUrl", skip_serializing_if = "Option::is_none")]
    pub output_url: Option<String>,
}

/// AWS's `ScheduledWindowExecution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduledWindowExecution {
    #[serde(rename = "ExecutionTime", skip_serializing_if = "Option::is_none")]
    pub execution_time: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What SendAutomationSignal is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendAutomationSignalRequest {
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
    #[serde(rename = "Payload", skip_serializing_if = "Option::is_none")]
    pub payload: Option<BTreeMap<String, Vec<String>>>,
    /// One of `Approve`, `Reject`, `StartStep`, `StopStep`, `Resume`, `Revoke`.
    #[serde(rename = "SignalType", skip_serializing_if = "Option::is_none")]
    pub signal_type: Option<String>,
}

/// What SendAutomationSignal answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendAutomationSignalResult {}

/// What SendCommand is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendCommandRequest {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "CloudWatchOutputConfig", skip_serializing_if = "Option::is_none")]
    pub cloud_watch_output_config: Option<CloudWatchOutputConfig>,
    #[serde(rename = "Comment", skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(rename = "DocumentHash", skip_serializing_if = "Option::is_none")]
    pub document_hash: Option<String>,
    /// One of `Sha256`, `Sha1`.
    #[serde(rename = "DocumentHashType", skip_serializing_if = "Option::is_none")]
    pub document_hash_type: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "InstanceIds", skip_serializing_if = "Option::is_none")]
    pub instance_ids: Option<Vec<String>>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "NotificationConfig", skip_serializing_if = "Option::is_none")]
    pub notification_config: Option<NotificationConfig>,
    #[serde(rename = "OutputS3BucketName", skip_serializing_if = "Option::is_none")]
    pub output_s3_bucket_name: Option<String>,
    #[serde(rename = "OutputS3KeyPrefix", skip_serializing_if = "Option::is_none")]
    pub output_s3_key_prefix: Option<String>,
    #[serde(rename = "OutputS3Region", skip_serializing_if = "Option::is_none")]
    pub output_s3_region: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TimeoutSeconds", skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i32>,
}

/// What SendCommand answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendCommandResult {
    #[serde(rename = "Command", skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// AWS's `ServiceSetting`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceSetting {
    #[serde(rename = "ARN", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(rename = "LastModifiedDate", skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<f64>,
    #[serde(rename = "LastModifiedUser", skip_serializing_if = "Option::is_none")]
    pub last_modified_user: Option<String>,
    #[serde(rename = "SettingId", skip_serializing_if = "Option::is_none")]
    pub setting_id: Option<String>,
    #[serde(rename = "SettingValue", skip_serializing_if = "Option::is_none")]
    pub setting_value: Option<String>,
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// AWS's `SeveritySummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeveritySummary {
    #[serde(rename = "CriticalCount", skip_serializing_if = "Option::is_none")]
    pub critical_count: Option<i32>,
    #[serde(rename = "HighCount", skip_serializing_if = "Option::is_none")]
    pub high_count: Option<i32>,
    #[serde(rename = "InformationalCount", skip_serializing_if = "Option::is_none")]
    pub informational_count: Option<i32>,
    #[serde(rename = "LowCount", skip_serializing_if = "Option::is_none")]
    pub low_count: Option<i32>,
    #[serde(rename = "MediumCount", skip_serializing_if = "Option::is_none")]
    pub medium_count: Option<i32>,
    #[serde(rename = "UnspecifiedCount", skip_serializing_if = "Option::is_none")]
    pub unspecified_count: Option<i32>,
}

/// What StartAssociationsOnce is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartAssociationsOnceRequest {
    #[serde(rename = "AssociationIds", skip_serializing_if = "Option::is_none")]
    pub association_ids: Option<Vec<String>>,
}

/// What StartAssociationsOnce answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartAssociationsOnceResult {}

/// What StartAutomationExecution is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartAutomationExecutionRequest {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// One of `Auto`, `Interactive`.
    #[serde(rename = "Mode", skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetLocationsURL", skip_serializing_if = "Option::is_none")]
    pub target_locations_url: Option<String>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "TargetParameterName", skip_serializing_if = "Option::is_none")]
    pub target_parameter_name: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What StartAutomationExecution answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartAutomationExecutionResult {
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
}

/// What StartChangeRequestExecution is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartChangeRequestExecutionRequest {
    #[serde(rename = "AutoApprove", skip_serializing_if = "Option::is_none")]
    pub auto_approve: Option<bool>,
    #[serde(rename = "ChangeDetails", skip_serializing_if = "Option::is_none")]
    pub change_details: Option<String>,
    #[serde(rename = "ChangeRequestName", skip_serializing_if = "Option::is_none")]
    pub change_request_name: Option<String>,
    #[serde(rename = "ClientToken", skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "Runbooks", skip_serializing_if = "Option::is_none")]
    pub runbooks: Option<Vec<Runbook>>,
    #[serde(rename = "ScheduledEndTime", skip_serializing_if = "Option::is_none")]
    pub scheduled_end_time: Option<f64>,
    #[serde(rename = "ScheduledTime", skip_serializing_if = "Option::is_none")]
    pub scheduled_time: Option<f64>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What StartChangeRequestExecution answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartChangeRequestExecutionResult {
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
}

/// What StartExecutionPreview is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartExecutionPreviewRequest {
    #[serde(rename = "DocumentName", skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "ExecutionInputs", skip_serializing_if = "Option::is_none")]
    pub execution_inputs: Option<ExecutionInputs>,
}

/// What StartExecutionPreview answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartExecutionPreviewResponse {
    #[serde(rename = "ExecutionPreviewId", skip_serializing_if = "Option::is_none")]
    pub execution_preview_id: Option<String>,
}

/// AWS's `StepExecution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepExecution {
    #[serde(rename = "Action", skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    #[serde(rename = "ExecutionEndTime", skip_serializing_if = "Option::is_none")]
    pub execution_end_time: Option<f64>,
    #[serde(rename = "ExecutionStartTime", skip_serializing_if = "Option::is_none")]
    pub execution_start_time: Option<f64>,
    #[serde(rename = "FailureDetails", skip_serializing_if = "Option::is_none")]
    pub failure_details: Option<FailureDetails>,
    #[serde(rename = "FailureMessage", skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    #[serde(rename = "Inputs", skip_serializing_if = "Option::is_none")]
    pub inputs: Option<BTreeMap<String, String>>,
    #[serde(rename = "IsCritical", skip_serializing_if = "Option::is_none")]
    pub is_critical: Option<bool>,
    #[serde(rename = "IsEnd", skip_serializing_if = "Option::is_none")]
    pub is_end: Option<bool>,
    #[serde(rename = "MaxAttempts", skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<i32>,
    #[serde(rename = "NextStep", skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    #[serde(rename = "OnFailure", skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
    #[serde(rename = "Outputs", skip_serializing_if = "Option::is_none")]
    pub outputs: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "OverriddenParameters", skip_serializing_if = "Option::is_none")]
    pub overridden_parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ParentStepDetails", skip_serializing_if = "Option::is_none")]
    pub parent_step_details: Option<ParentStepDetails>,
    #[serde(rename = "Response", skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    #[serde(rename = "ResponseCode", skip_serializing_if = "Option::is_none")]
    pub response_code: Option<String>,
    #[serde(rename = "StepExecutionId", skip_serializing_if = "Option::is_none")]
    pub step_execution_id: Option<String>,
    #[serde(rename = "StepName", skip_serializing_if = "Option::is_none")]
    pub step_name: Option<String>,
    /// One of `Pending`, `InProgress`, `Waiting`, `Success`, `TimedOut`, `Cancelling`, `Cancelled`, `Failed`, `PendingApproval`, `Approved`, `Rejected`, `Scheduled`, `RunbookInProgress`, `PendingChangeCalendarOverride`, `ChangeCalendarOverrideApproved`, `ChangeCalendarOverrideRejected`, `CompletedWithSuccess`, `CompletedWithFailure`, `Exited`.
    #[serde(rename = "StepStatus", skip_serializing_if = "Option::is_none")]
    pub step_status: Option<String>,
    #[serde(rename = "TargetLocation", skip_serializing_if = "Option::is_none")]
    pub target_location: Option<TargetLocation>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TimeoutSeconds", skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    #[serde(rename = "TriggeredAlarms", skip_serializing_if = "Option::is_none")]
    pub triggered_alarms: Option<Vec<AlarmStateInformation>>,
    #[serde(rename = "ValidNextSteps", skip_serializing_if = "Option::is_none")]
    pub valid_next_steps: Option<Vec<String>>,
    #[serde(rename = "WarningMessage", skip_serializing_if = "Option::is_none")]
    pub warning_message: Option<String>,
}

/// AWS's `StepExecutionFilter`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepExecutionFilter {
    /// One of `StartTimeBefore`, `StartTimeAfter`, `StepExecutionStatus`, `StepExecutionId`, `StepName`, `Action`, `ParentStepExecutionId`, `ParentStepIteration`, `ParentStepIteratorValue`.
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// What StopAutomationExecution is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StopAutomationExecutionRequest {
    #[serde(rename = "AutomationExecutionId", skip_serializing_if = "Option::is_none")]
    pub automation_execution_id: Option<String>,
    /// One of `Complete`, `Cancel`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What StopAutomationExecution answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StopAutomationExecutionResult {}

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
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// AWS's `TargetLocation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetLocation {
    #[serde(rename = "Accounts", skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    #[serde(rename = "ExcludeAccounts", skip_serializing_if = "Option::is_none")]
    pub exclude_accounts: Option<Vec<String>>,
    #[serde(rename = "ExecutionRoleName", skip_serializing_if = "Option::is_none")]
    pub execution_role_name: Option<String>,
    #[serde(rename = "IncludeChildOrganizationUnits", skip_serializing_if = "Option::is_none")]
    pub include_child_organization_units: Option<bool>,
    #[serde(rename = "Regions", skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    #[serde(rename = "TargetLocationAlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub target_location_alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "TargetLocationMaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub target_location_max_concurrency: Option<String>,
    #[serde(rename = "TargetLocationMaxErrors", skip_serializing_if = "Option::is_none")]
    pub target_location_max_errors: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TargetsMaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub targets_max_concurrency: Option<String>,
    #[serde(rename = "TargetsMaxErrors", skip_serializing_if = "Option::is_none")]
    pub targets_max_errors: Option<String>,
}

/// AWS's `TargetPreview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetPreview {
    #[serde(rename = "Count", skip_serializing_if = "Option::is_none")]
    pub count: Option<i32>,
    #[serde(rename = "TargetType", skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
}

/// AWS's `TargetsSummary`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetsSummary {
    #[serde(rename = "CompletedCount", skip_serializing_if = "Option::is_none")]
    pub completed_count: Option<i32>,
    #[serde(rename = "FailedCount", skip_serializing_if = "Option::is_none")]
    pub failed_count: Option<i32>,
    #[serde(rename = "StartedCount", skip_serializing_if = "Option::is_none")]
    pub started_count: Option<i32>,
    #[serde(rename = "SuccessfulCount", skip_serializing_if = "Option::is_none")]
    pub successful_count: Option<i32>,
    #[serde(rename = "TotalCount", skip_serializing_if = "Option::is_none")]
    pub total_count: Option<i32>,
}

/// What UnlabelParameterVersion is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnlabelParameterVersionRequest {
    #[serde(rename = "Labels", skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "ParameterVersion", skip_serializing_if = "Option::is_none")]
    pub parameter_version: Option<i64>,
}

/// What UnlabelParameterVersion answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnlabelParameterVersionResult {
    #[serde(rename = "InvalidLabels", skip_serializing_if = "Option::is_none")]
    pub invalid_labels: Option<Vec<String>>,
    #[serde(rename = "RemovedLabels", skip_serializing_if = "Option::is_none")]
    pub removed_labels: Option<Vec<String>>,
}

/// What UpdateAssociation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateAssociationRequest {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    #[serde(rename = "ApplyOnlyAtCronInterval", skip_serializing_if = "Option::is_none")]
    pub apply_only_at_cron_interval: Option<bool>,
    #[serde(rename = "AssociationDispatchAssumeRole", skip_serializing_if = "Option::is_none")]
    pub association_dispatch_assume_role: Option<String>,
    #[serde(rename = "AssociationId", skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    #[serde(rename = "AssociationName", skip_serializing_if = "Option::is_none")]
    pub association_name: Option<String>,
    #[serde(rename = "AssociationVersion", skip_serializing_if = "Option::is_none")]
    pub association_version: Option<String>,
    #[serde(rename = "AutomationTargetParameterName", skip_serializing_if = "Option::is_none")]
    pub automation_target_parameter_name: Option<String>,
    #[serde(rename = "CalendarNames", skip_serializing_if = "Option::is_none")]
    pub calendar_names: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `UNSPECIFIED`.
    #[serde(rename = "ComplianceSeverity", skip_serializing_if = "Option::is_none")]
    pub compliance_severity: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OutputLocation", skip_serializing_if = "Option::is_none")]
    pub output_location: Option<InstanceAssociationOutputLocation>,
    #[serde(rename = "Parameters", skip_serializing_if = "Option::is_none")]
    pub parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(rename = "ScheduleExpression", skip_serializing_if = "Option::is_none")]
    pub schedule_expression: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    /// One of `AUTO`, `MANUAL`.
    #[serde(rename = "SyncCompliance", skip_serializing_if = "Option::is_none")]
    pub sync_compliance: Option<String>,
    #[serde(rename = "TargetLocations", skip_serializing_if = "Option::is_none")]
    pub target_locations: Option<Vec<TargetLocation>>,
    #[serde(rename = "TargetMaps", skip_serializing_if = "Option::is_none")]
    pub target_maps: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What UpdateAssociation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateAssociationResult {
    #[serde(rename = "AssociationDescription", skip_serializing_if = "Option::is_none")]
    pub association_description: Option<AssociationDescription>,
}

/// What UpdateAssociationStatus is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateAssociationStatusRequest {
    #[serde(rename = "AssociationStatus", skip_serializing_if = "Option::is_none")]
    pub association_status: Option<AssociationStatus>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What UpdateAssociationStatus answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateAssociationStatusResult {
    #[serde(rename = "AssociationDescription", skip_serializing_if = "Option::is_none")]
    pub association_description: Option<AssociationDescription>,
}

/// What UpdateDocumentDefaultVersion is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDocumentDefaultVersionRequest {
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What UpdateDocumentDefaultVersion answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDocumentDefaultVersionResult {
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<DocumentDefaultVersionDescription>,
}

/// What UpdateDocumentMetadata is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDocumentMetadataRequest {
    #[serde(rename = "DocumentReviews", skip_serializing_if = "Option::is_none")]
    pub document_reviews: Option<DocumentReviews>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What UpdateDocumentMetadata answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDocumentMetadataResponse {}

/// What UpdateDocument is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDocumentRequest {
    #[serde(rename = "Attachments", skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<AttachmentsSource>>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `YAML`, `JSON`, `TEXT`.
    #[serde(rename = "DocumentFormat", skip_serializing_if = "Option::is_none")]
    pub document_format: Option<String>,
    #[serde(rename = "DocumentVersion", skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "TargetType", skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    #[serde(rename = "VersionName", skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
}

/// What UpdateDocument answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateDocumentResult {
    #[serde(rename = "DocumentDescription", skip_serializing_if = "Option::is_none")]
    pub document_description: Option<DocumentDescription>,
}

/// What UpdateMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateMaintenanceWindowRequest {
    #[serde(rename = "AllowUnassociatedTargets", skip_serializing_if = "Option::is_none")]
    pub allow_unassociated_targets: Option<bool>,
    #[serde(rename = "Cutoff", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<i32>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "Enabled", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(rename = "EndDate", skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Replace", skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
    #[serde(rename = "Schedule", skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "ScheduleTimezone", skip_serializing_if = "Option::is_none")]
    pub schedule_timezone: Option<String>,
    #[serde(rename = "StartDate", skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What UpdateMaintenanceWindow answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateMaintenanceWindowResult {
    #[serde(rename = "AllowUnassociatedTargets", skip_serializing_if = "Option::is_none")]
    pub allow_unassociated_targets: Option<bool>,
    #[serde(rename = "Cutoff", skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<i32>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(rename = "Enabled", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(rename = "EndDate", skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Schedule", skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    #[serde(rename = "ScheduleOffset", skip_serializing_if = "Option::is_none")]
    pub schedule_offset: Option<i32>,
    #[serde(rename = "ScheduleTimezone", skip_serializing_if = "Option::is_none")]
    pub schedule_timezone: Option<String>,
    #[serde(rename = "StartDate", skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
}

/// What UpdateMaintenanceWindowTarget is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateMaintenanceWindowTargetRequest {
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    #[serde(rename = "Replace", skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// What UpdateMaintenanceWindowTarget answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateMaintenanceWindowTargetResult {
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "OwnerInformation", skip_serializing_if = "Option::is_none")]
    pub owner_information: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTargetId", skip_serializing_if = "Option::is_none")]
    pub window_target_id: Option<String>,
}

/// What UpdateMaintenanceWindowTask is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateMaintenanceWindowTaskRequest {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    /// One of `CONTINUE_TASK`, `CANCEL_TASK`.
    #[serde(rename = "CutoffBehavior", skip_serializing_if = "Option::is_none")]
    pub cutoff_behavior: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "LoggingInfo", skip_serializing_if = "Option::is_none")]
    pub logging_info: Option<LoggingInfo>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "Replace", skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskInvocationParameters", skip_serializing_if = "Option::is_none")]
    pub task_invocation_parameters: Option<MaintenanceWindowTaskInvocationParameters>,
    #[serde(rename = "TaskParameters", skip_serializing_if = "Option::is_none")]
    pub task_parameters: Option<BTreeMap<String, MaintenanceWindowTaskParameterValueExpression>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// What UpdateMaintenanceWindowTask answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateMaintenanceWindowTaskResult {
    #[serde(rename = "AlarmConfiguration", skip_serializing_if = "Option::is_none")]
    pub alarm_configuration: Option<AlarmConfiguration>,
    /// One of `CONTINUE_TASK`, `CANCEL_TASK`.
    #[serde(rename = "CutoffBehavior", skip_serializing_if = "Option::is_none")]
    pub cutoff_behavior: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "LoggingInfo", skip_serializing_if = "Option::is_none")]
    pub logging_info: Option<LoggingInfo>,
    #[serde(rename = "MaxConcurrency", skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    #[serde(rename = "MaxErrors", skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "ServiceRoleArn", skip_serializing_if = "Option::is_none")]
    pub service_role_arn: Option<String>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    #[serde(rename = "TaskArn", skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    #[serde(rename = "TaskInvocationParameters", skip_serializing_if = "Option::is_none")]
    pub task_invocation_parameters: Option<MaintenanceWindowTaskInvocationParameters>,
    #[serde(rename = "TaskParameters", skip_serializing_if = "Option::is_none")]
    pub task_parameters: Option<BTreeMap<String, MaintenanceWindowTaskParameterValueExpression>>,
    #[serde(rename = "WindowId", skip_serializing_if = "Option::is_none")]
    pub window_id: Option<String>,
    #[serde(rename = "WindowTaskId", skip_serializing_if = "Option::is_none")]
    pub window_task_id: Option<String>,
}

/// What UpdateManagedInstanceRole is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateManagedInstanceRoleRequest {
    #[serde(rename = "IamRole", skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<String>,
    #[serde(rename = "InstanceId", skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// What UpdateManagedInstanceRole answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateManagedInstanceRoleResult {}

/// What UpdateOpsItem is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateOpsItemRequest {
    #[serde(rename = "ActualEndTime", skip_serializing_if = "Option::is_none")]
    pub actual_end_time: Option<f64>,
    #[serde(rename = "ActualStartTime", skip_serializing_if = "Option::is_none")]
    pub actual_start_time: Option<f64>,
    #[serde(rename = "Category", skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "Notifications", skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Vec<OpsItemNotification>>,
    #[serde(rename = "OperationalData", skip_serializing_if = "Option::is_none")]
    pub operational_data: Option<BTreeMap<String, OpsItemDataValue>>,
    #[serde(rename = "OperationalDataToDelete", skip_serializing_if = "Option::is_none")]
    pub operational_data_to_delete: Option<Vec<String>>,
    #[serde(rename = "OpsItemArn", skip_serializing_if = "Option::is_none")]
    pub ops_item_arn: Option<String>,
    #[serde(rename = "OpsItemId", skip_serializing_if = "Option::is_none")]
    pub ops_item_id: Option<String>,
    #[serde(rename = "PlannedEndTime", skip_serializing_if = "Option::is_none")]
    pub planned_end_time: Option<f64>,
    #[serde(rename = "PlannedStartTime", skip_serializing_if = "Option::is_none")]
    pub planned_start_time: Option<f64>,
    #[serde(rename = "Priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(rename = "RelatedOpsItems", skip_serializing_if = "Option::is_none")]
    pub related_ops_items: Option<Vec<RelatedOpsItem>>,
    #[serde(rename = "Severity", skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// One of `Open`, `InProgress`, `Resolved`, `Pending`, `TimedOut`, `Cancelling`, `Cancelled`, `Failed`, `CompletedWithSuccess`, `CompletedWithFailure`, `Scheduled`, `RunbookInProgress`, `PendingChangeCalendarOverride`, `ChangeCalendarOverrideApproved`, `ChangeCalendarOverrideRejected`, `PendingApproval`, `Approved`, `Revoked`, `Rejected`, `Closed`.
    #[serde(rename = "Status", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "Title", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// What UpdateOpsItem answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateOpsItemResponse {}

/// What UpdateOpsMetadata is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateOpsMetadataRequest {
    #[serde(rename = "KeysToDelete", skip_serializing_if = "Option::is_none")]
    pub keys_to_delete: Option<Vec<String>>,
    #[serde(rename = "MetadataToUpdate", skip_serializing_if = "Option::is_none")]
    pub metadata_to_update: Option<BTreeMap<String, MetadataValue>>,
    #[serde(rename = "OpsMetadataArn", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_arn: Option<String>,
}

/// What UpdateOpsMetadata answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateOpsMetadataResult {
    #[serde(rename = "OpsMetadataArn", skip_serializing_if = "Option::is_none")]
    pub ops_metadata_arn: Option<String>,
}

/// What UpdatePatchBaseline is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdatePatchBaselineRequest {
    #[serde(rename = "ApprovalRules", skip_serializing_if = "Option::is_none")]
    pub approval_rules: Option<PatchRuleGroup>,
    #[serde(rename = "ApprovedPatches", skip_serializing_if = "Option::is_none")]
    pub approved_patches: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ApprovedPatchesComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub approved_patches_compliance_level: Option<String>,
    #[serde(rename = "ApprovedPatchesEnableNonSecurity", skip_serializing_if = "Option::is_none")]
    pub approved_patches_enable_non_security: Option<bool>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "AvailableSecurityUpdatesComplianceStatus", skip_serializing_if = "Option::is_none")]
    pub available_security_updates_compliance_status: Option<String>,
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "GlobalFilters", skip_serializing_if = "Option::is_none")]
    pub global_filters: Option<PatchFilterGroup>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "RejectedPatches", skip_serializing_if = "Option::is_none")]
    pub rejected_patches: Option<Vec<String>>,
    /// One of `ALLOW_AS_DEPENDENCY`, `BLOCK`.
    #[serde(rename = "RejectedPatchesAction", skip_serializing_if = "Option::is_none")]
    pub rejected_patches_action: Option<String>,
    #[serde(rename = "Replace", skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
    #[serde(rename = "Sources", skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PatchSource>>,
}

/// What UpdatePatchBaseline answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdatePatchBaselineResult {
    #[serde(rename = "ApprovalRules", skip_serializing_if = "Option::is_none")]
    pub approval_rules: Option<PatchRuleGroup>,
    #[serde(rename = "ApprovedPatches", skip_serializing_if = "Option::is_none")]
    pub approved_patches: Option<Vec<String>>,
    /// One of `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL`, `UNSPECIFIED`.
    #[serde(rename = "ApprovedPatchesComplianceLevel", skip_serializing_if = "Option::is_none")]
    pub approved_patches_compliance_level: Option<String>,
    #[serde(rename = "ApprovedPatchesEnableNonSecurity", skip_serializing_if = "Option::is_none")]
    pub approved_patches_enable_non_security: Option<bool>,
    /// One of `COMPLIANT`, `NON_COMPLIANT`.
    #[serde(rename = "AvailableSecurityUpdatesComplianceStatus", skip_serializing_if = "Option::is_none")]
    pub available_security_updates_compliance_status: Option<String>,
    #[serde(rename = "BaselineId", skip_serializing_if = "Option::is_none")]
    pub baseline_id: Option<String>,
    #[serde(rename = "CreatedDate", skip_serializing_if = "Option::is_none")]
    pub created_date: Option<f64>,
    #[serde(rename = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "GlobalFilters", skip_serializing_if = "Option::is_none")]
    pub global_filters: Option<PatchFilterGroup>,
    #[serde(rename = "ModifiedDate", skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<f64>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `WINDOWS`, `AMAZON_LINUX`, `AMAZON_LINUX_2`, `AMAZON_LINUX_2022`, `UBUNTU`, `REDHAT_ENTERPRISE_LINUX`, `SUSE`, `CENTOS`, `ORACLE_LINUX`, `DEBIAN`, `MACOS`, `RASPBIAN`, `ROCKY_LINUX`, `ALMA_LINUX`, `AMAZON_LINUX_2023`.
    #[serde(rename = "OperatingSystem", skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<String>,
    #[serde(rename = "RejectedPatches", skip_serializing_if = "Option::is_none")]
    pub rejected_patches: Option<Vec<String>>,
    /// One of `ALLOW_AS_DEPENDENCY`, `BLOCK`.
    #[serde(rename = "RejectedPatchesAction", skip_serializing_if = "Option::is_none")]
    pub rejected_patches_action: Option<String>,
    #[serde(rename = "Sources", skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PatchSource>>,
}

/// What UpdateResourceDataSync is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateResourceDataSyncRequest {
    #[serde(rename = "SyncName", skip_serializing_if = "Option::is_none")]
    pub sync_name: Option<String>,
    #[serde(rename = "SyncSource", skip_serializing_if = "Option::is_none")]
    pub sync_source: Option<ResourceDataSyncSource>,
    #[serde(rename = "SyncType", skip_serializing_if = "Option::is_none")]
    pub sync_type: Option<String>,
}

/// What UpdateResourceDataSync answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateResourceDataSyncResult {}

/// What UpdateServiceSetting is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateServiceSettingRequest {
    #[serde(rename = "SettingId", skip_serializing_if = "Option::is_none")]
    pub setting_id: Option<String>,
    #[serde(rename = "SettingValue", skip_serializing_if = "Option::is_none")]
    pub setting_value: Option<String>,
}

/// What UpdateServiceSetting answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateServiceSettingResult {}
