//! PutParameter, DeleteParameter, DeleteParameters, LabelParameterVersion, UnlabelParameterVersion.

use super::{arn, number};
use crate::{
    domain::{
        labels, names,
        parameter::{Command, Error, Parameter, ParameterEvent, Put},
        policies,
        setting::{DEFAULT_TIER, ServiceSetting},
        values::SECURE_STRING,
    },
    secrets,
};
use reeve_contracts::{
    parameters::Tag,
    ssm::{
        DeleteParameterRequest, DeleteParameterResult, DeleteParametersRequest, DeleteParametersResult,
        LabelParameterVersionRequest, LabelParameterVersionResult, PutParameterRequest, PutParameterResult,
        UnlabelParameterVersionRequest, UnlabelParameterVersionResult,
    },
};
use reeve_runtime::{ApiError, Call, Handle};
use reeve_secrets::{Vault, Zeroizing};
use reeve_types::{
    parameters::{Named, named},
    tags,
};
use std::collections::BTreeSet;

const TAGS_AND_OVERWRITE: &str = "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, \
    please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
    RemoveTagsFromResource.";

pub async fn put(vault: Vault, call: Call<PutParameterRequest>) -> Result<PutParameterResult, ApiError> {
    let input = &call.input;
    let before_name = arn("", &call.caller).len();
    let name = names::check(input.name.as_deref().unwrap_or_default(), before_name)?;
    let overwrite = input.overwrite.unwrap_or_default();
    let pairs = input.tags.iter().flatten();
    let pairs = pairs.map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default()));
    let tags = tags::check(pairs).map_err(|error| ApiError::invalid(format!("{error}.")))?;
    if overwrite && !tags.is_empty() {
        return Err(ApiError::invalid(TAGS_AND_OVERWRITE));
    }
    let policies = input.policies.as_deref().filter(|policies| !policies.is_empty());
    let policies = policies.map(policies::read).transpose().map_err(Error::from)?;
    let text = Zeroizing::new(input.value.clone().unwrap_or_default());
    let path = name.path.clone();
    let known = call.handle.state::<Parameter>(&path).current.map(|current| current.kind);
    let sealed = match input.r#type.as_ref().or(known.as_ref()).map(String::as_str) {
        Some(SECURE_STRING) => {
            let sealed = vault.seal_anew(secrets::KIND, text.as_bytes()).await;
            Some(sealed.map_err(ApiError::internal)?)
        }
        _ => None,
    };
    let is_new = known.is_none();
    let put = Put {
        name,
        overwrite,
        text,
        sealed: sealed.clone(),
        kind: input.r#type.clone(),
        data_type: input.data_type.clone(),
        tier: input.tier.clone().or_else(|| if is_new { default_tier(&call.handle) } else { None }),
        description: input.description.clone(),
        allowed_pattern: input.allowed_pattern.clone(),
        key_id: input.key_id.clone(),
        policies,
        tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
    };
    let executed = call.execute::<Parameter>(&path, Command::Put(Box::new(put))).await;
    let put = executed.map_err(ApiError::from).and_then(|executed| match executed.event {
        Some(ParameterEvent::ParameterPut(put)) => Ok(put),
        _ => Err(ApiError::internal("the call led to something else")),
    });
    let kept = put.as_ref().map(|put| put.secret_id.as_str()).unwrap_or_default();
    if let Some(sealed) = sealed.filter(|sealed| sealed.secret_id != kept) {
        vault.forget(&secrets::secret_name(&sealed.secret_id)).await;
    }
    let put = put?;
    if !put.tags.is_empty() {
        call.tags_follow(crate::KIND, &path).await;
    }
    Ok(PutParameterResult { tier: Some(put.tier), version: number(put.version) })
}

/// The tier of new parameters whose callers name none, if somebody has chosen one.
fn default_tier(handle: &Handle) -> Option<String> {
    let value = handle.state::<ServiceSetting>(DEFAULT_TIER).value;
    (!value.is_empty()).then_some(value)
}

/// The path of a parameter that is named without a selector.
fn whole(name: &str) -> Result<String, Error> {
    match named(name) {
        Named { path, selector: None } => Ok(path),
        _ => Err(Error::Unknown(name.to_owned())),
    }
}

pub async fn delete(call: Call<DeleteParameterRequest>) -> Result<DeleteParameterResult, ApiError> {
    let name = call.input.name.clone().unwrap_or_default();
    let path = whole(&name)?;
    call.execute::<Parameter>(&path, Command::Delete { name }).await?;
    call.tags_end(crate::KIND, &path).await;
    Ok(DeleteParameterResult {})
}

pub async fn delete_many(call: Call<DeleteParametersRequest>) -> Result<DeleteParametersResult, ApiError> {
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    // One that is named twice is deleted once.
    let mut seen = BTreeSet::new();
    for name in call.input.names.iter().flatten().filter(|name| seen.insert(name.as_str())) {
        let Ok(path) = whole(name) else {
            invalid.push(name.clone());
            continue;
        };
        match call.execute::<Parameter>(&path, Command::Delete { name: name.clone() }).await {
            Ok(_) => {
                call.tags_end(crate::KIND, &path).await;
                deleted.push(name.clone());
            }
            Err(reeve_runtime::ExecuteError::Refused(Error::Unknown(_))) => invalid.push(name.clone()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(DeleteParametersResult { deleted_parameters: Some(deleted), invalid_parameters: Some(invalid) })
}

fn version(asked: Option<i64>) -> Result<Option<u64>, ApiError> {
    let Some(asked) = asked else { return Ok(None) };
    let version = u64::try_from(asked).ok().filter(|version| *version > 0);
    let message = || ApiError::invalid(format!("ParameterVersion is {asked}: versions count from 1."));
    version.map(Some).ok_or_else(message)
}

pub async fn label(
    call: Call<LabelParameterVersionRequest>,
) -> Result<LabelParameterVersionResult, ApiError> {
    let input = &call.input;
    let name = input.name.clone().unwrap_or_default();
    let path = whole(&name)?;
    let asked = version(input.parameter_version)?;
    let wanted = input.labels.clone().unwrap_or_default();
    let invalid = wanted.iter().filter(|label| !labels::is_valid(label)).cloned().collect();
    let command = Command::Label { name, version: asked, labels: wanted };
    let executed = call.execute::<Parameter>(&path, command).await?;
    let latest = || call.handle.state::<Parameter>(&path).current.map(|current| current.version);
    let labeled = match executed.event {
        Some(ParameterEvent::ParameterVersionLabeled(labeled)) => Some(labeled.version),
        _ => asked.or_else(latest),
    };
    Ok(LabelParameterVersionResult {
        invalid_labels: Some(invalid),
        parameter_version: labeled.and_then(number),
    })
}

pub async fn unlabel(
    call: Call<UnlabelParameterVersionRequest>,
) -> Result<UnlabelParameterVersionResult, ApiError> {
    let input = &call.input;
    let name = input.name.clone().unwrap_or_default();
    let path = whole(&name)?;
    let Some(asked) = version(input.parameter_version)? else {
        return Err(ApiError::invalid("ParameterVersion is missing."));
    };
    let labels = input.labels.clone().unwrap_or_default();
    let command = Command::Unlabel { name, version: asked, labels: labels.clone() };
    let removed = match call.execute::<Parameter>(&path, command).await?.event {
        Some(ParameterEvent::ParameterVersionUnlabeled(unlabeled)) => unlabeled.labels,
        _ => Vec::new(),
    };
    let invalid = labels.into_iter().filter(|label| !removed.contains(label)).collect();
    Ok(UnlabelParameterVersionResult { removed_labels: Some(removed), invalid_labels: Some(invalid) })
}
