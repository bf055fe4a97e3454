//! Generated from schemas/aws/ssm-contacts.json: do not edit.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The operations whose types are here.
pub const OPERATIONS: &[&str] = &[
    "AcceptPage",
    "ActivateContactChannel",
    "CreateContact",
    "CreateContactChannel",
    "CreateRotation",
    "CreateRotationOverride",
    "DeactivateContactChannel",
    "DeleteContact",
    "DeleteContactChannel",
    "DeleteRotation",
    "DeleteRotationOverride",
    "DescribeEngagement",
    "DescribePage",
    "GetContact",
    "GetContactChannel",
    "GetContactPolicy",
    "GetRotation",
    "GetRotationOverride",
    "ListContactChannels",
    "ListContacts",
    "ListEngagements",
    "ListPageReceipts",
    "ListPageResolutions",
    "ListPagesByContact",
    "ListPagesByEngagement",
    "ListPreviewRotationShifts",
    "ListRotationOverrides",
    "ListRotationShifts",
    "ListRotations",
    "ListTagsForResource",
    "PutContactPolicy",
    "SendActivationCode",
    "StartEngagement",
    "StopEngagement",
    "TagResource",
    "UntagResource",
    "UpdateContact",
    "UpdateContactChannel",
    "UpdateRotation",
];

/// What AcceptPage is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptPageRequest {
    #[serde(rename = "AcceptCode", skip_serializing_if = "Option::is_none")]
    pub accept_code: Option<String>,
    /// One of `IGNORE`, `ENFORCE`.
    #[serde(rename = "AcceptCodeValidation", skip_serializing_if = "Option::is_none")]
    pub accept_code_validation: Option<String>,
    /// One of `DELIVERED`, `READ`.
    #[serde(rename = "AcceptType", skip_serializing_if = "Option::is_none")]
    pub accept_type: Option<String>,
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
    #[serde(rename = "Note", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(rename = "PageId", skip_serializing_if = "Option::is_none")]
    pub page_id: Option<String>,
}

/// What AcceptPage answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptPageResult {}

/// What ActivateContactChannel is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivateContactChannelRequest {
    #[serde(rename = "ActivationCode", skip_serializing_if = "Option::is_none")]
    pub activation_code: Option<String>,
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
}

/// What ActivateContactChannel answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivateContactChannelResult {}

/// AWS's `ChannelTargetInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelTargetInfo {
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
    #[serde(rename = "RetryIntervalInMinutes", skip_serializing_if = "Option::is_none")]
    pub retry_interval_in_minutes: Option<i32>,
}

/// AWS's `Contact`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    #[serde(rename = "Alias", skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// One of `PERSONAL`, `ESCALATION`, `ONCALL_SCHEDULE`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// AWS's `ContactChannel`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactChannel {
    /// One of `ACTIVATED`, `NOT_ACTIVATED`.
    #[serde(rename = "ActivationStatus", skip_serializing_if = "Option::is_none")]
    pub activation_status: Option<String>,
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "ContactChannelArn", skip_serializing_if = "Option::is_none")]
    pub contact_channel_arn: Option<String>,
    #[serde(rename = "DeliveryAddress", skip_serializing_if = "Option::is_none")]
    pub delivery_address: Option<ContactChannelAddress>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `SMS`, `VOICE`, `EMAIL`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// AWS's `ContactChannelAddress`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactChannelAddress {
    #[serde(rename = "SimpleAddress", skip_serializing_if = "Option::is_none")]
    pub simple_address: Option<String>,
}

/// AWS's `ContactTargetInfo`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactTargetInfo {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    #[serde(rename = "IsEssential", skip_serializing_if = "Option::is_none")]
    pub is_essential: Option<bool>,
}

/// AWS's `CoverageTime`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoverageTime {
    #[serde(rename = "End", skip_serializing_if = "Option::is_none")]
    pub end: Option<HandOffTime>,
    #[serde(rename = "Start", skip_serializing_if = "Option::is_none")]
    pub start: Option<HandOffTime>,
}

/// What CreateContactChannel is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateContactChannelRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    #[serde(rename = "DeferActivation", skip_serializing_if = "Option::is_none")]
    pub defer_activation: Option<bool>,
    #[serde(rename = "DeliveryAddress", skip_serializing_if = "Option::is_none")]
    pub delivery_address: Option<ContactChannelAddress>,
    #[serde(rename = "IdempotencyToken", skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `SMS`, `VOICE`, `EMAIL`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What CreateContactChannel answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateContactChannelResult {
    #[serde(rename = "ContactChannelArn", skip_serializing_if = "Option::is_none")]
    pub contact_channel_arn: Option<String>,
}

/// What CreateContact is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateContactRequest {
    #[serde(rename = "Alias", skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "IdempotencyToken", skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    #[serde(rename = "Plan", skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// One of `PERSONAL`, `ESCALATION`, `ONCALL_SCHEDULE`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What CreateContact answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateContactResult {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
}

/// What CreateRotationOverride is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRotationOverrideRequest {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "IdempotencyToken", skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    #[serde(rename = "NewContactIds", skip_serializing_if = "Option::is_none")]
    pub new_contact_ids: Option<Vec<String>>,
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// What CreateRotationOverride answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRotationOverrideResult {
    #[serde(rename = "RotationOverrideId", skip_serializing_if = "Option::is_none")]
    pub rotation_override_id: Option<String>,
}

/// What CreateRotation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRotationRequest {
    #[serde(rename = "ContactIds", skip_serializing_if = "Option::is_none")]
    pub contact_ids: Option<Vec<String>>,
    #[serde(rename = "IdempotencyToken", skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<RecurrenceSettings>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    #[serde(rename = "TimeZoneId", skip_serializing_if = "Option::is_none")]
    pub time_zone_id: Option<String>,
}

/// What CreateRotation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRotationResult {
    #[serde(rename = "RotationArn", skip_serializing_if = "Option::is_none")]
    pub rotation_arn: Option<String>,
}

/// What DeactivateContactChannel is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeactivateContactChannelRequest {
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
}

/// What DeactivateContactChannel answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeactivateContactChannelResult {}

/// What DeleteContactChannel is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteContactChannelRequest {
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
}

/// What DeleteContactChannel answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteContactChannelResult {}

/// What DeleteContact is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteContactRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
}

/// What DeleteContact answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteContactResult {}

/// What DeleteRotationOverride is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRotationOverrideRequest {
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
    #[serde(rename = "RotationOverrideId", skip_serializing_if = "Option::is_none")]
    pub rotation_override_id: Option<String>,
}

/// What DeleteRotationOverride answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRotationOverrideResult {}

/// What DeleteRotation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRotationRequest {
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
}

/// What DeleteRotation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRotationResult {}

/// What DescribeEngagement is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeEngagementRequest {
    #[serde(rename = "EngagementId", skip_serializing_if = "Option::is_none")]
    pub engagement_id: Option<String>,
}

/// What DescribeEngagement answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeEngagementResult {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "EngagementArn", skip_serializing_if = "Option::is_none")]
    pub engagement_arn: Option<String>,
    #[serde(rename = "IncidentId", skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    #[serde(rename = "PublicContent", skip_serializing_if = "Option::is_none")]
    pub public_content: Option<String>,
    #[serde(rename = "PublicSubject", skip_serializing_if = "Option::is_none")]
    pub public_subject: Option<String>,
    #[serde(rename = "Sender", skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "StopTime", skip_serializing_if = "Option::is_none")]
    pub stop_time: Option<f64>,
    #[serde(rename = "Subject", skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// What DescribePage is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePageRequest {
    #[serde(rename = "PageId", skip_serializing_if = "Option::is_none")]
    pub page_id: Option<String>,
}

/// What DescribePage answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribePageResult {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "DeliveryTime", skip_serializing_if = "Option::is_none")]
    pub delivery_time: Option<f64>,
    #[serde(rename = "EngagementArn", skip_serializing_if = "Option::is_none")]
    pub engagement_arn: Option<String>,
    #[serde(rename = "IncidentId", skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    #[serde(rename = "PageArn", skip_serializing_if = "Option::is_none")]
    pub page_arn: Option<String>,
    #[serde(rename = "PublicContent", skip_serializing_if = "Option::is_none")]
    pub public_content: Option<String>,
    #[serde(rename = "PublicSubject", skip_serializing_if = "Option::is_none")]
    pub public_subject: Option<String>,
    #[serde(rename = "ReadTime", skip_serializing_if = "Option::is_none")]
    pub read_time: Option<f64>,
    #[serde(rename = "Sender", skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(rename = "SentTime", skip_serializing_if = "Option::is_none")]
    pub sent_time: Option<f64>,
    #[serde(rename = "Subject", skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// AWS's `Engagement`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Engagement {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "EngagementArn", skip_serializing_if = "Option::is_none")]
    pub engagement_arn: Option<String>,
    #[serde(rename = "IncidentId", skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    #[serde(rename = "Sender", skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "StopTime", skip_serializing_if = "Option::is_none")]
    pub stop_time: Option<f64>,
}

/// What GetContactChannel is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetContactChannelRequest {
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
}

/// What GetContactChannel answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetContactChannelResult {
    /// One of `ACTIVATED`, `NOT_ACTIVATED`.
    #[serde(rename = "ActivationStatus", skip_serializing_if = "Option::is_none")]
    pub activation_status: Option<String>,
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "ContactChannelArn", skip_serializing_if = "Option::is_none")]
    pub contact_channel_arn: Option<String>,
    #[serde(rename = "DeliveryAddress", skip_serializing_if = "Option::is_none")]
    pub delivery_address: Option<ContactChannelAddress>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One of `SMS`, `VOICE`, `EMAIL`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What GetContactPolicy is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetContactPolicyRequest {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
}

/// What GetContactPolicy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetContactPolicyResult {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "Policy", skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// What GetContact is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetContactRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
}

/// What GetContact answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetContactResult {
    #[serde(rename = "Alias", skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "Plan", skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// One of `PERSONAL`, `ESCALATION`, `ONCALL_SCHEDULE`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What GetRotationOverride is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetRotationOverrideRequest {
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
    #[serde(rename = "RotationOverrideId", skip_serializing_if = "Option::is_none")]
    pub rotation_override_id: Option<String>,
}

/// What GetRotationOverride answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetRotationOverrideResult {
    #[serde(rename = "CreateTime", skip_serializing_if = "Option::is_none")]
    pub create_time: Option<f64>,
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "NewContactIds", skip_serializing_if = "Option::is_none")]
    pub new_contact_ids: Option<Vec<String>>,
    #[serde(rename = "RotationArn", skip_serializing_if = "Option::is_none")]
    pub rotation_arn: Option<String>,
    #[serde(rename = "RotationOverrideId", skip_serializing_if = "Option::is_none")]
    pub rotation_override_id: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// What GetRotation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetRotationRequest {
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
}

/// What GetRotation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GetRotationResult {
    #[serde(rename = "ContactIds", skip_serializing_if = "Option::is_none")]
    pub contact_ids: Option<Vec<String>>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<RecurrenceSettings>,
    #[serde(rename = "RotationArn", skip_serializing_if = "Option::is_none")]
    pub rotation_arn: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "TimeZoneId", skip_serializing_if = "Option::is_none")]
    pub time_zone_id: Option<String>,
}

/// AWS's `HandOffTime`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HandOffTime {
    #[serde(rename = "HourOfDay", skip_serializing_if = "Option::is_none")]
    pub hour_of_day: Option<i32>,
    #[serde(rename = "MinuteOfHour", skip_serializing_if = "Option::is_none")]
    pub minute_of_hour: Option<i32>,
}

/// What ListContactChannels is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListContactChannelsRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListContactChannels answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListContactChannelsResult {
    #[serde(rename = "ContactChannels", skip_serializing_if = "Option::is_none")]
    pub contact_channels: Option<Vec<ContactChannel>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListContacts is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListContactsRequest {
    #[serde(rename = "AliasPrefix", skip_serializing_if = "Option::is_none")]
    pub alias_prefix: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// One of `PERSONAL`, `ESCALATION`, `ONCALL_SCHEDULE`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What ListContacts answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListContactsResult {
    #[serde(rename = "Contacts", skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<Contact>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListEngagements is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListEngagementsRequest {
    #[serde(rename = "IncidentId", skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "TimeRangeValue", skip_serializing_if = "Option::is_none")]
    pub time_range_value: Option<TimeRange>,
}

/// What ListEngagements answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListEngagementsResult {
    #[serde(rename = "Engagements", skip_serializing_if = "Option::is_none")]
    pub engagements: Option<Vec<Engagement>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListPageReceipts is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPageReceiptsRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "PageId", skip_serializing_if = "Option::is_none")]
    pub page_id: Option<String>,
}

/// What ListPageReceipts answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPageReceiptsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Receipts", skip_serializing_if = "Option::is_none")]
    pub receipts: Option<Vec<Receipt>>,
}

/// What ListPageResolutions is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPageResolutionsRequest {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "PageId", skip_serializing_if = "Option::is_none")]
    pub page_id: Option<String>,
}

/// What ListPageResolutions answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPageResolutionsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "PageResolutions", skip_serializing_if = "Option::is_none")]
    pub page_resolutions: Option<Vec<ResolutionContact>>,
}

/// What ListPagesByContact is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPagesByContactRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListPagesByContact answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPagesByContactResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Pages", skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<Page>>,
}

/// What ListPagesByEngagement is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPagesByEngagementRequest {
    #[serde(rename = "EngagementId", skip_serializing_if = "Option::is_none")]
    pub engagement_id: Option<String>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// What ListPagesByEngagement answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPagesByEngagementResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Pages", skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<Page>>,
}

/// What ListPreviewRotationShifts is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPreviewRotationShiftsRequest {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "Members", skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Overrides", skip_serializing_if = "Option::is_none")]
    pub overrides: Option<Vec<PreviewOverride>>,
    #[serde(rename = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<RecurrenceSettings>,
    #[serde(rename = "RotationStartTime", skip_serializing_if = "Option::is_none")]
    pub rotation_start_time: Option<f64>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "TimeZoneId", skip_serializing_if = "Option::is_none")]
    pub time_zone_id: Option<String>,
}

/// What ListPreviewRotationShifts answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListPreviewRotationShiftsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RotationShifts", skip_serializing_if = "Option::is_none")]
    pub rotation_shifts: Option<Vec<RotationShift>>,
}

/// What ListRotationOverrides is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRotationOverridesRequest {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// What ListRotationOverrides answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRotationOverridesResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RotationOverrides", skip_serializing_if = "Option::is_none")]
    pub rotation_overrides: Option<Vec<RotationOverride>>,
}

/// What ListRotationShifts is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRotationShiftsRequest {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// What ListRotationShifts answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRotationShiftsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RotationShifts", skip_serializing_if = "Option::is_none")]
    pub rotation_shifts: Option<Vec<RotationShift>>,
}

/// What ListRotations is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRotationsRequest {
    #[serde(rename = "MaxResults", skip_serializing_if = "Option::is_none")]
    pub max_results: Option<i32>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "RotationNamePrefix", skip_serializing_if = "Option::is_none")]
    pub rotation_name_prefix: Option<String>,
}

/// What ListRotations answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListRotationsResult {
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    #[serde(rename = "Rotations", skip_serializing_if = "Option::is_none")]
    pub rotations: Option<Vec<Rotation>>,
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
pub struct ListTagsForResourceResult {
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// AWS's `MonthlySetting`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MonthlySetting {
    #[serde(rename = "DayOfMonth", skip_serializing_if = "Option::is_none")]
    pub day_of_month: Option<i32>,
    #[serde(rename = "HandOffTime", skip_serializing_if = "Option::is_none")]
    pub hand_off_time: Option<HandOffTime>,
}

/// AWS's `Page`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "DeliveryTime", skip_serializing_if = "Option::is_none")]
    pub delivery_time: Option<f64>,
    #[serde(rename = "EngagementArn", skip_serializing_if = "Option::is_none")]
    pub engagement_arn: Option<String>,
    #[serde(rename = "IncidentId", skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    #[serde(rename = "PageArn", skip_serializing_if = "Option::is_none")]
    pub page_arn: Option<String>,
    #[serde(rename = "ReadTime", skip_serializing_if = "Option::is_none")]
    pub read_time: Option<f64>,
    #[serde(rename = "Sender", skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(rename = "SentTime", skip_serializing_if = "Option::is_none")]
    pub sent_time: Option<f64>,
}

/// AWS's `Plan`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    #[serde(rename = "RotationIds", skip_serializing_if = "Option::is_none")]
    pub rotation_ids: Option<Vec<String>>,
    #[serde(rename = "Stages", skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
}

/// AWS's `PreviewOverride`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PreviewOverride {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "NewMembers", skip_serializing_if = "Option::is_none")]
    pub new_members: Option<Vec<String>>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// What PutContactPolicy is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutContactPolicyRequest {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "Policy", skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// What PutContactPolicy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PutContactPolicyResult {}

/// AWS's `Receipt`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receipt {
    #[serde(rename = "ContactChannelArn", skip_serializing_if = "Option::is_none")]
    pub contact_channel_arn: Option<String>,
    #[serde(rename = "ReceiptInfo", skip_serializing_if = "Option::is_none")]
    pub receipt_info: Option<String>,
    #[serde(rename = "ReceiptTime", skip_serializing_if = "Option::is_none")]
    pub receipt_time: Option<f64>,
    /// One of `DELIVERED`, `ERROR`, `READ`, `SENT`, `STOP`.
    #[serde(rename = "ReceiptType", skip_serializing_if = "Option::is_none")]
    pub receipt_type: Option<String>,
}

/// AWS's `RecurrenceSettings`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecurrenceSettings {
    #[serde(rename = "DailySettings", skip_serializing_if = "Option::is_none")]
    pub daily_settings: Option<Vec<HandOffTime>>,
    #[serde(rename = "MonthlySettings", skip_serializing_if = "Option::is_none")]
    pub monthly_settings: Option<Vec<MonthlySetting>>,
    #[serde(rename = "NumberOfOnCalls", skip_serializing_if = "Option::is_none")]
    pub number_of_on_calls: Option<i32>,
    #[serde(rename = "RecurrenceMultiplier", skip_serializing_if = "Option::is_none")]
    pub recurrence_multiplier: Option<i32>,
    #[serde(rename = "ShiftCoverages", skip_serializing_if = "Option::is_none")]
    pub shift_coverages: Option<BTreeMap<String, Vec<CoverageTime>>>,
    #[serde(rename = "WeeklySettings", skip_serializing_if = "Option::is_none")]
    pub weekly_settings: Option<Vec<WeeklySetting>>,
}

/// AWS's `ResolutionContact`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolutionContact {
    #[serde(rename = "ContactArn", skip_serializing_if = "Option::is_none")]
    pub contact_arn: Option<String>,
    #[serde(rename = "StageIndex", skip_serializing_if = "Option::is_none")]
    pub stage_index: Option<i32>,
    /// One of `PERSONAL`, `ESCALATION`, `ONCALL_SCHEDULE`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// AWS's `Rotation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rotation {
    #[serde(rename = "ContactIds", skip_serializing_if = "Option::is_none")]
    pub contact_ids: Option<Vec<String>>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<RecurrenceSettings>,
    #[serde(rename = "RotationArn", skip_serializing_if = "Option::is_none")]
    pub rotation_arn: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "TimeZoneId", skip_serializing_if = "Option::is_none")]
    pub time_zone_id: Option<String>,
}

/// AWS's `RotationOverride`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RotationOverride {
    #[serde(rename = "CreateTime", skip_serializing_if = "Option::is_none")]
    pub create_time: Option<f64>,
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "NewContactIds", skip_serializing_if = "Option::is_none")]
    pub new_contact_ids: Option<Vec<String>>,
    #[serde(rename = "RotationOverrideId", skip_serializing_if = "Option::is_none")]
    pub rotation_override_id: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// AWS's `RotationShift`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RotationShift {
    #[serde(rename = "ContactIds", skip_serializing_if = "Option::is_none")]
    pub contact_ids: Option<Vec<String>>,
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "ShiftDetails", skip_serializing_if = "Option::is_none")]
    pub shift_details: Option<ShiftDetails>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    /// One of `REGULAR`, `OVERRIDDEN`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
}

/// What SendActivationCode is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendActivationCodeRequest {
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
}

/// What SendActivationCode answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendActivationCodeResult {}

/// AWS's `ShiftDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShiftDetails {
    #[serde(rename = "OverriddenContactIds", skip_serializing_if = "Option::is_none")]
    pub overridden_contact_ids: Option<Vec<String>>,
}

/// AWS's `Stage`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    #[serde(rename = "DurationInMinutes", skip_serializing_if = "Option::is_none")]
    pub duration_in_minutes: Option<i32>,
    #[serde(rename = "Targets", skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
}

/// What StartEngagement is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartEngagementRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    #[serde(rename = "Content", skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(rename = "IdempotencyToken", skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    #[serde(rename = "IncidentId", skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    #[serde(rename = "PublicContent", skip_serializing_if = "Option::is_none")]
    pub public_content: Option<String>,
    #[serde(rename = "PublicSubject", skip_serializing_if = "Option::is_none")]
    pub public_subject: Option<String>,
    #[serde(rename = "Sender", skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    #[serde(rename = "Subject", skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// What StartEngagement answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartEngagementResult {
    #[serde(rename = "EngagementArn", skip_serializing_if = "Option::is_none")]
    pub engagement_arn: Option<String>,
}

/// What StopEngagement is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StopEngagementRequest {
    #[serde(rename = "EngagementId", skip_serializing_if = "Option::is_none")]
    pub engagement_id: Option<String>,
    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What StopEngagement answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StopEngagementResult {}

/// AWS's `Tag`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tag {
    #[serde(rename = "Key", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What TagResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagResourceRequest {
    #[serde(rename = "ResourceARN", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    #[serde(rename = "Tags", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
}

/// What TagResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagResourceResult {}

/// AWS's `Target`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    #[serde(rename = "ChannelTargetInfo", skip_serializing_if = "Option::is_none")]
    pub channel_target_info: Option<ChannelTargetInfo>,
    #[serde(rename = "ContactTargetInfo", skip_serializing_if = "Option::is_none")]
    pub contact_target_info: Option<ContactTargetInfo>,
}

/// AWS's `TimeRange`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeRange {
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<f64>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
}

/// What UntagResource is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UntagResourceRequest {
    #[serde(rename = "ResourceARN", skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
    #[serde(rename = "TagKeys", skip_serializing_if = "Option::is_none")]
    pub tag_keys: Option<Vec<String>>,
}

/// What UntagResource answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UntagResourceResult {}

/// What UpdateContactChannel is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateContactChannelRequest {
    #[serde(rename = "ContactChannelId", skip_serializing_if = "Option::is_none")]
    pub contact_channel_id: Option<String>,
    #[serde(rename = "DeliveryAddress", skip_serializing_if = "Option::is_none")]
    pub delivery_address: Option<ContactChannelAddress>,
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What UpdateContactChannel answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateContactChannelResult {}

/// What UpdateContact is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateContactRequest {
    #[serde(rename = "ContactId", skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    #[serde(rename = "DisplayName", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(rename = "Plan", skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// What UpdateContact answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateContactResult {}

/// What UpdateRotation is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRotationRequest {
    #[serde(rename = "ContactIds", skip_serializing_if = "Option::is_none")]
    pub contact_ids: Option<Vec<String>>,
    #[serde(rename = "Recurrence", skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<RecurrenceSettings>,
    #[serde(rename = "RotationId", skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<String>,
    #[serde(rename = "StartTime", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<f64>,
    #[serde(rename = "TimeZoneId", skip_serializing_if = "Option::is_none")]
    pub time_zone_id: Option<String>,
}

/// What UpdateRotation answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRotationResult {}

/// AWS's `WeeklySetting`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeeklySetting {
    /// One of `MON`, `TUE`, `WED`, `THU`, `FRI`, `SAT`, `SUN`.
    #[serde(rename = "DayOfWeek", skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<String>,
    #[serde(rename = "HandOffTime", skip_serializing_if = "Option::is_none")]
    pub hand_off_time: Option<HandOffTime>,
}
