//! The ten operations on parameters, and those on service settings.

pub mod filters;
pub mod lists;
pub mod node;
pub mod read;
pub mod settings;
pub mod write;

use crate::{
    domain::{names, parameter::Error, policies, values},
    projections::{PARAMETERS, ParameterRow, VERSIONS, VersionRow, version_key},
};
use reeve_runtime::{ApiError, Caller, Handle};
use reeve_types::{
    arn::Arn,
    parameters::{Named, named, version_of},
};

impl From<names::Error> for ApiError {
    fn from(error: names::Error) -> Self {
        let code = match &error {
            names::Error::Shape | names::Error::Prefix | names::Error::TooLong(_) => "ValidationException",
            names::Error::Reserved(_) => "AccessDeniedException",
            names::Error::TooManyLevels(..) => "HierarchyLevelLimitExceededException",
        };
        Self::new(code, error.to_string())
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Exists => "ParameterAlreadyExists",
            Error::Unknown(_) => "ParameterNotFound",
            Error::UnknownVersion { .. } => "ParameterVersionNotFound",
            Error::Type { .. } => "HierarchyTypeMismatchException",
            Error::OldestLabeled { .. } => "ParameterMaxVersionLimitExceeded",
            Error::TooManyLabels => "ParameterVersionLabelLimitExceeded",
            Error::Changed => "TooManyUpdates",
            Error::NoType | Error::Downgrade | Error::KeyId | Error::PoliciesOfStandard => {
                "ValidationException"
            }
            Error::Expired(_) | Error::Policy(policies::Error::Attribute { .. }) => {
                "InvalidPolicyAttributeException"
            }
            Error::Policy(policies::Error::Json(_)) => "ValidationException",
            Error::Policy(policies::Error::Type(_)) => "InvalidPolicyTypeException",
            Error::Policy(policies::Error::Incompatible(_)) => "IncompatiblePolicyException",
            Error::Policy(policies::Error::TooMany(_)) => "PoliciesLimitExceededException",
            Error::Value(values::Error::Pattern(_)) => "InvalidAllowedPatternException",
            Error::Value(values::Error::Mismatch(_)) => "ParameterPatternMismatchException",
            Error::Value(_) => "ValidationException",
        };
        Self::new(code, error.to_string())
    }
}

/// A parameter's ARN, with one slash before its name.
fn arn(path: &str, caller: &Caller) -> String {
    let resource = &format!("parameter/{}", path.trim_start_matches('/'));
    let (region, account) = (caller.region.as_str(), caller.account.as_str());
    Arn { partition: "aws", service: "ssm", region, account, resource }.to_string()
}

/// Who has changed a parameter, as AWS writes it.
fn user(name: &str, caller: &Caller) -> String {
    let resource = &format!("user/{name}");
    Arn { partition: "aws", service: "iam", region: "", account: &caller.account, resource }.to_string()
}

fn number(version: u64) -> Option<i64> {
    i64::try_from(version).ok()
}

/// The version that a caller names: the latest, that of a number, or that of a label.
fn find(handle: &Handle, text: &str) -> Result<VersionRow, Error> {
    let unknown = || Error::Unknown(text.to_owned());
    let Named { path, selector } = named(text);
    let row = handle.views().look::<ParameterRow>(PARAMETERS, &path).ok_or_else(unknown)?;
    let Some(selector) = selector else { return Ok(row.latest.clone()) };
    if selector.contains(':') || selector.is_empty() {
        return Err(unknown());
    }
    let missing = || Error::UnknownVersion { name: row.latest.name.clone(), version: selector.to_owned() };
    let version = version_of(selector, &row.labels).ok_or_else(missing)?;
    handle.views().get::<VersionRow>(VERSIONS, &version_key(&path, version)).ok_or_else(missing)
}
