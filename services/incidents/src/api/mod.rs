//! The operations.

pub mod filters;
pub mod findings;
pub mod incidents;
pub mod plans;
pub mod policies;
pub mod related;
pub mod replication;
pub mod tags;
pub mod timeline;

use crate::{
    domain::{incident, plan, replication as set, timeline as events},
    projections::{INCIDENTS, IncidentRow},
    starting,
};
use reeve_runtime::{ApiError, Call, Handle, milliseconds};
use reeve_types::{Timestamp, arn::Arn, text::sentence};
use std::sync::Arc;

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new("ResourceNotFoundException", message)
}

/// # Errors
/// `ValidationException` unless exactly one of a union's members is there.
fn exactly_one(member: &str, present: &[bool]) -> Result<(), ApiError> {
    match present.iter().filter(|present| **present).count() {
        1 => Ok(()),
        count => Err(ApiError::invalid(format!("{member} must have exactly one member; it has {count}."))),
    }
}

impl From<plan::Error> for ApiError {
    fn from(error: plan::Error) -> Self {
        let message = sentence(&error);
        match error {
            plan::Error::Exists(_) => Self::new("ConflictException", message),
            plan::Error::Unknown | plan::Error::UnknownPolicy(_) => not_found(message),
            plan::Error::Tags | plan::Error::Policies => Self::new("ServiceQuotaExceededException", message),
        }
    }
}

impl From<incident::Error> for ApiError {
    fn from(error: incident::Error) -> Self {
        let message = sentence(&error);
        match error {
            incident::Error::Unknown => not_found(message),
            incident::Error::Over => Self::new("ConflictException", message),
            incident::Error::RelatedItems | incident::Error::Tags => {
                Self::new("ServiceQuotaExceededException", message)
            }
        }
    }
}

impl From<events::Error> for ApiError {
    fn from(error: events::Error) -> Self {
        let message = sentence(&error);
        match error {
            events::Error::Unknown => not_found(message),
            events::Error::Type(_) => ApiError::invalid(message),
        }
    }
}

impl From<set::Error> for ApiError {
    fn from(error: set::Error) -> Self {
        let message = sentence(&error);
        match error {
            set::Error::Exists(_) => Self::new("ConflictException", message),
            set::Error::Unknown => not_found(message),
            set::Error::Protected => ApiError::invalid(message),
            set::Error::Tags => ApiError::invalid(format!("tags: {message}")),
        }
    }
}

/// An ARN of this installation. AWS leaves the region empty.
fn arn<I>(call: &Call<I>, kind: &str, id: &str) -> String {
    let resource = &format!("{kind}/{id}");
    let account = &call.caller.account;
    Arn { partition: "aws", service: "ssm-incidents", region: "", account, resource }.to_string()
}

/// As AWS names a principal.
fn user_arn(account: &str, name: &str) -> String {
    Arn { partition: "aws", service: "iam", region: "", account, resource: &format!("user/{name}") }
        .to_string()
}

fn incident_arn<I>(call: &Call<I>, plan: &str, id: &str) -> String {
    starting::arn(&call.caller.account, plan, id)
}

/// The id in an ARN of a kind.
///
/// # Errors
/// `ValidationException` naming the member for an ARN of something else.
fn id_of<'a>(member: &str, arn: Option<&'a String>, kind: &str) -> Result<&'a str, ApiError> {
    let given = arn.map(String::as_str).unwrap_or_default();
    let parsed = Arn::parse(given).filter(|arn| arn.service == "ssm-incidents");
    parsed
        .and_then(|arn| arn.id_of(kind))
        .ok_or_else(|| ApiError::invalid(format!("{member} is {given:?}, which is no ARN of a {kind}.")))
}

/// The incident that an ARN names.
///
/// # Errors
/// As [`id_of`]; `ResourceNotFoundException` when there is none.
fn incident_of(handle: &Handle, member: &str, arn: Option<&String>) -> Result<Arc<IncidentRow>, ApiError> {
    let id = id_of(member, arn, "incident-record")?;
    let row = id.rsplit_once('/').and_then(|(plan, id)| {
        handle.views().look::<IncidentRow>(INCIDENTS, id).filter(|row| row.plan == plan)
    });
    row.ok_or_else(|| {
        not_found(format!("{member} is {:?}, and there is no such incident.", arn.map_or("", |a| a)))
    })
}

fn seconds(milliseconds: i64) -> Option<f64> {
    Some(Timestamp(milliseconds).epoch_seconds())
}
