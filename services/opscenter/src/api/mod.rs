//! The operations.

pub mod causes;
pub mod describe;
pub mod events;
mod filters;
pub mod items;
pub mod metadata;
pub mod related;

use crate::domain::{item::Error, metadata as ops_metadata};
use reeve_contracts::ssm::{OpsItemIdentity, Tag};
use reeve_runtime::{ApiError, Caller};
use reeve_types::{arn::Arn, tags};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let message = format!("{error}.");
        match error {
            Error::NotFound(_) => Self::new("OpsItemNotFoundException", message),
            Error::AlreadyExists(id) => {
                Self::new("OpsItemAlreadyExistsException", message).with("OpsItemId", id)
            }
            Error::Used(_) => Self::new("OpsItemConflictException", message),
            Error::Parameter { name, .. } => {
                Self::new("OpsItemInvalidParameterException", message).with("ParameterNames", vec![name])
            }
            Error::Limit { what, limit, .. } => Self::new("OpsItemLimitExceededException", message)
                .with("ResourceTypes", vec!["OpsItem"])
                .with("Limit", limit)
                .with("LimitType", what),
            Error::AlreadyRelated { id, uri } => {
                Self::new("OpsItemRelatedItemAlreadyExistsException", message)
                    .with("OpsItemId", id)
                    .with("ResourceUri", uri)
            }
            Error::NotRelated { .. } => Self::new("OpsItemRelatedItemAssociationNotFoundException", message),
        }
    }
}

impl From<ops_metadata::Error> for ApiError {
    fn from(error: ops_metadata::Error) -> Self {
        let code = match error {
            ops_metadata::Error::NotFound => "OpsMetadataNotFoundException",
            ops_metadata::Error::AlreadyExists(_) => "OpsMetadataAlreadyExistsException",
            ops_metadata::Error::TooManyKeys(_) => "OpsMetadataKeyLimitExceededException",
            ops_metadata::Error::Both(_) => "OpsMetadataInvalidArgumentException",
        };
        Self::new(code, format!("{error}."))
    }
}

/// A refusal that names the parameter.
fn invalid(name: &str, problem: &str) -> ApiError {
    Error::Parameter { name: name.to_owned(), problem: problem.to_owned() }.into()
}

/// The ARN of a resource of the caller's account and region.
fn arn(caller: &Caller, kind: &str, id: &str) -> String {
    let (region, account) = (caller.region.as_str(), caller.account.as_str());
    Arn { partition: "aws", service: "ssm", region, account, resource: &format!("{kind}/{id}") }.to_string()
}

/// Who did something, as AWS names him: by an ARN.
fn identity(caller: &Caller, actor: &str) -> OpsItemIdentity {
    let (account, resource) = (caller.account.as_str(), format!("user/{actor}"));
    let arn = Arn { partition: "aws", service: "iam", region: "", account, resource: &resource };
    OpsItemIdentity { arn: Some(arn.to_string()) }
}

/// The tags that something is to be created with.
fn new_tags(tags: Option<&Vec<Tag>>) -> Result<Vec<(String, String)>, tags::Error> {
    let tags = tags.into_iter().flatten();
    let pairs = tags.map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default()));
    Ok(tags::check(pairs)?.into_iter().collect())
}
