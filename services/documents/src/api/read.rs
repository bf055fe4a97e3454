//! One document: its content and its description.

use super::{find, name_in, requires, tags};
use crate::{
    domain::{Error, Selector},
    projections::{CONTENT, Content, version_key},
};
use reeve_contracts::ssm::{
    DescribeDocumentRequest, DescribeDocumentResult, GetDocumentRequest, GetDocumentResult,
};
use reeve_document_language::{Format, convert};
use reeve_runtime::{ApiError, Call, Handle, text};

/// A version's content in a format; text stays text.
pub(super) fn content(
    handle: &Handle,
    name: &str,
    number: u32,
    stored: &str,
    wanted: Option<Format>,
) -> Result<(String, Format), ApiError> {
    let stored: Format = stored.parse().map_err(ApiError::internal)?;
    let row: Option<Content> = handle.views().get(CONTENT, &version_key(name, number));
    let row = row.ok_or_else(|| ApiError::from(Error::NotFound(name.to_owned())))?;
    // JSON is what callers get who do not say what they want.
    let default = if stored == Format::Text { Format::Text } else { Format::Json };
    let wanted = wanted.unwrap_or(default);
    if let (Format::Json, Some(json)) = (wanted, row.json) {
        return Ok((json, wanted));
    }
    let converted = convert(&row.content, stored, wanted);
    let converted = converted
        .map_err(|e| ApiError::new("InvalidDocument", format!("DocumentFormat is {wanted}: {e}")))?;
    Ok((converted, wanted))
}

pub(crate) async fn get_document(call: Call<GetDocumentRequest>) -> Result<GetDocumentResult, ApiError> {
    let name = name_in(call.input.name.as_ref());
    let selector = Selector {
        version: call.input.document_version.clone(),
        version_name: call.input.version_name.clone(),
    };
    let wanted = match &call.input.document_format {
        None => None,
        Some(text) => Some(text.parse::<Format>().map_err(|_| {
            super::invalid("DocumentFormat", format!("is {text:?}, not one of YAML, JSON, TEXT"))
        })?),
    };
    let found = find(&call.handle, &name, &selector)?;
    let version = &found.version;
    let (content, format) = content(&call.handle, &name, version.number, &version.format, wanted)?;
    Ok(GetDocumentResult {
        content: Some(content),
        document_format: Some(format.to_string()),
        document_type: Some(found.document.document_type.clone()),
        document_version: Some(version.number.to_string()),
        version_name: text(&version.name),
        display_name: text(&version.display_name),
        created_date: Some(version.created.epoch_seconds()),
        status: Some("Active".to_owned()),
        review_status: Some(version.review.name().to_owned()),
        requires: requires(version),
        name: Some(name),
        ..GetDocumentResult::default()
    })
}

pub(crate) async fn describe_document(
    call: Call<DescribeDocumentRequest>,
) -> Result<DescribeDocumentResult, ApiError> {
    let name = name_in(call.input.name.as_ref());
    let selector = Selector {
        version: call.input.document_version.clone(),
        version_name: call.input.version_name.clone(),
    };
    let found = find(&call.handle, &name, &selector)?;
    Ok(DescribeDocumentResult { document: Some(found.describe(tags(&call.handle, &name))) })
}
