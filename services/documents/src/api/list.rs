//! Lists of documents and of their versions.

use super::{continuation, filters::Filters, name_in, requires, tag_list, tags};
use crate::{
    domain::{Document, Error},
    projections::{DOCUMENTS, DocumentRow, VERSIONS, VersionRow, version_key},
};
use reeve_contracts::ssm::{
    DocumentIdentifier, DocumentVersionInfo, ListDocumentVersionsRequest, ListDocumentVersionsResult,
    ListDocumentsRequest, ListDocumentsResult,
};
use reeve_runtime::{ApiError, Call, Handle, page_size, text, to_answers};

/// As many as one page of these lists has, from the model.
const MAX_DOCUMENTS_PER_PAGE: usize = 50;

pub(crate) async fn list_documents(
    call: Call<ListDocumentsRequest>,
) -> Result<ListDocumentsResult, ApiError> {
    let limit = page_size(call.input.max_results, MAX_DOCUMENTS_PER_PAGE)?;
    let filters = Filters::read(&call.input, &call.caller.account)?;
    let prefix = filters.name_prefix();
    let after = continuation(call.input.next_token.as_ref(), prefix)?;
    let handle = &call.handle;
    let page =
        handle.views().filter::<DocumentRow>(DOCUMENTS, prefix, after.as_deref(), limit, |_, document| {
            filters.keep(handle, document)
        });
    let (identifiers, next_token) = to_answers(page, |document| identifier(handle, document))?;
    Ok(ListDocumentsResult { document_identifiers: Some(identifiers), next_token })
}

/// A document as lists show it: by its default version.
fn identifier(handle: &Handle, document: DocumentRow) -> DocumentIdentifier {
    let key = version_key(&document.name, document.default);
    let version: VersionRow = handle.views().get(VERSIONS, &key).unwrap_or_default();
    DocumentIdentifier {
        tags: tag_list(tags(handle, &document.name)),
        name: Some(document.name),
        owner: Some(document.owner),
        document_type: Some(document.document_type),
        document_version: Some(document.default.to_string()),
        created_date: Some(document.created.epoch_seconds()),
        requires: requires(&version),
        author: text(&version.author),
        display_name: text(&version.display_name),
        document_format: text(&version.format),
        platform_types: Some(version.platform_types),
        review_status: Some(version.review.name().to_owned()),
        schema_version: text(&version.schema_version),
        target_type: text(&version.target_type),
        version_name: text(&version.name),
    }
}

pub(crate) async fn list_versions(
    call: Call<ListDocumentVersionsRequest>,
) -> Result<ListDocumentVersionsResult, ApiError> {
    let limit = page_size(call.input.max_results, MAX_DOCUMENTS_PER_PAGE)?;
    let name = name_in(call.input.name.as_ref());
    let state = call.handle.state::<Document>(&name);
    if !state.exists() {
        return Err(Error::NotFound(name).into());
    }
    let prefix = format!("{name}/");
    let after = continuation(call.input.next_token.as_ref(), &prefix)?;
    let page = call.handle.views().scan::<VersionRow>(VERSIONS, &prefix, after.as_deref(), limit);
    let (infos, next_token) = to_answers(page, |version| DocumentVersionInfo {
        name: Some(name.clone()),
        document_version: Some(version.number.to_string()),
        version_name: text(&version.name),
        display_name: text(&version.display_name),
        document_format: Some(version.format),
        created_date: Some(version.created.epoch_seconds()),
        is_default_version: Some(version.number == state.default),
        review_status: Some(version.review.name().to_owned()),
        status: Some("Active".to_owned()),
        status_information: None,
    })?;
    Ok(ListDocumentVersionsResult { document_versions: Some(infos), next_token })
}
