//! The reviews of versions.

use super::{continuation, find, invalid, name_in};
use crate::{
    domain::{Command, Document, Selector},
    projections::{REVIEWS, ReviewRow, version_key},
};
use reeve_contracts::ssm::{
    DocumentMetadataResponseInfo, DocumentReviewerResponseSource, ListDocumentMetadataHistoryRequest,
    ListDocumentMetadataHistoryResponse, UpdateDocumentMetadataRequest, UpdateDocumentMetadataResponse,
};
use reeve_runtime::{ApiError, Call, page_size, text, to_answers};

pub(crate) async fn update_metadata(
    call: Call<UpdateDocumentMetadataRequest>,
) -> Result<UpdateDocumentMetadataResponse, ApiError> {
    let name = name_in(call.input.name.as_ref());
    let Some(reviews) = call.input.document_reviews.clone() else {
        return Err(invalid("DocumentReviews", "is missing"));
    };
    let comment_json = match reviews.comment.filter(|list| !list.is_empty()) {
        None => String::new(),
        Some(list) => serde_json::to_string(&list).map_err(ApiError::internal)?,
    };
    let mut version = call.input.document_version.clone();
    if reviews.action.as_deref() == Some("Approve") {
        // The version that was looked at is approved, and not one that has come since.
        version = Some(of_another(&call, &name)?.to_string());
    }
    let command = Command::Review {
        name: name.clone(),
        selector: Selector { version, version_name: None },
        action: reviews.action.unwrap_or_default(),
        comment_json,
    };
    call.execute::<Document>(&name, command).await?;
    Ok(UpdateDocumentMetadataResponse {})
}

/// Who wrote a version of a change template does not approve it. Answers the version's number.
fn of_another(call: &Call<UpdateDocumentMetadataRequest>, name: &str) -> Result<u32, ApiError> {
    let version = call.input.document_version.clone().or_else(|| Some("$LATEST".to_owned()));
    let found = find(&call.handle, name, &Selector { version, version_name: None })?;
    let number = found.version.number;
    let (kind, author) = (&found.document.document_type, &found.version.author);
    if kind == "Automation.ChangeTemplate" && *author == call.caller.actor.name {
        let message = format!(
            "Version {number} of {name} was written by {author}: a change template is approved by somebody else."
        );
        return Err(ApiError::new("InvalidDocumentOperation", message));
    }
    Ok(number)
}

pub(crate) async fn list_history(
    call: Call<ListDocumentMetadataHistoryRequest>,
) -> Result<ListDocumentMetadataHistoryResponse, ApiError> {
    let limit = page_size(call.input.max_results, 50)?;
    if call.input.metadata.as_deref() != Some("DocumentReviews") {
        return Err(invalid("Metadata", "is not DocumentReviews"));
    }
    let name = name_in(call.input.name.as_ref());
    let selector = Selector { version: call.input.document_version.clone(), version_name: None };
    let version = find(&call.handle, &name, &selector)?.version;
    let prefix = format!("{}/", version_key(&name, version.number));
    let after = continuation(call.input.next_token.as_ref(), &prefix)?;
    let page = call.handle.views().scan::<ReviewRow>(REVIEWS, &prefix, after.as_deref(), limit);
    let (responses, next_token) = to_answers(page, |step| DocumentReviewerResponseSource {
        comment: serde_json::from_str(&step.comment_json).ok(),
        create_time: Some(step.at.epoch_seconds()),
        updated_time: Some(step.at.epoch_seconds()),
        review_status: Some(step.review.name().to_owned()),
        reviewer: text(&step.reviewer),
    })?;
    Ok(ListDocumentMetadataHistoryResponse {
        author: text(&version.author),
        document_version: Some(version.number.to_string()),
        metadata: Some(DocumentMetadataResponseInfo { reviewer_response: Some(responses) }),
        name: Some(name),
        next_token,
    })
}
