//! Creating, changing and deleting documents.

use super::{invalid, name_in, row, tags};
use crate::domain::{Command, Document, DocumentEvent, Draft, Selector};
use reeve_contracts::ssm::{
    CreateDocumentRequest, CreateDocumentResult, DeleteDocumentRequest, DeleteDocumentResult,
    DocumentDefaultVersionDescription, UpdateDocumentDefaultVersionRequest,
    UpdateDocumentDefaultVersionResult, UpdateDocumentRequest, UpdateDocumentResult,
};
use reeve_document_language::Format;
use reeve_runtime::{ApiError, Call};

fn format(given: Option<&String>) -> Result<Format, ApiError> {
    match given {
        None => Ok(Format::Json),
        Some(text) => text
            .parse()
            .map_err(|_| invalid("DocumentFormat", format!("is {text:?}, not one of YAML, JSON, TEXT"))),
    }
}

/// Attachments cannot be fetched yet; a document that promises them would break where it is run.
fn no_attachments<T>(attachments: Option<&Vec<T>>) -> Result<(), ApiError> {
    if attachments.is_some_and(|list| !list.is_empty()) {
        return Err(invalid("Attachments", "cannot be stored by this service yet"));
    }
    Ok(())
}

pub(crate) async fn create_document(
    call: Call<CreateDocumentRequest>,
) -> Result<CreateDocumentResult, ApiError> {
    let input = call.input.clone();
    no_attachments(input.attachments.as_ref())?;
    let name = input.name.unwrap_or_default();
    let draft = Draft {
        content: input.content.unwrap_or_default(),
        format: format(input.document_format.as_ref())?,
        version_name: input.version_name.unwrap_or_default(),
        display_name: input.display_name.unwrap_or_default(),
        target_type: input.target_type.unwrap_or_default(),
    };
    let requires = input.requires.filter(|list| !list.is_empty());
    let requires_json = match requires {
        None => String::new(),
        Some(list) => serde_json::to_string(&list).map_err(ApiError::internal)?,
    };
    let given = input.tags.unwrap_or_default().into_iter();
    let given = given.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()));
    let command = Command::Create {
        name: name.clone(),
        document_type: input.document_type.unwrap_or_else(|| "Command".to_owned()),
        owner: call.caller.account.clone(),
        draft,
        requires_json,
        tags: given.clone().collect(),
    };
    let executed = call.execute::<Document>(&name, command).await?;
    if executed.event.is_some() && given.len() > 0 {
        call.tags_follow("Document", &name).await;
    }
    let description = row(&call.handle, &name, 1)?.describe(given.collect());
    Ok(CreateDocumentResult { document_description: Some(description) })
}

pub(crate) async fn update_document(
    call: Call<UpdateDocumentRequest>,
) -> Result<UpdateDocumentResult, ApiError> {
    let input = call.input.clone();
    no_attachments(input.attachments.as_ref())?;
    let name = name_in(input.name.as_ref());
    let draft = Draft {
        content: input.content.unwrap_or_default(),
        format: format(input.document_format.as_ref())?,
        version_name: input.version_name.unwrap_or_default(),
        display_name: input.display_name.unwrap_or_default(),
        target_type: input.target_type.unwrap_or_default(),
    };
    let selector = Selector { version: input.document_version, version_name: None };
    let command = Command::Update { name: name.clone(), selector, draft };
    let executed = call.execute::<Document>(&name, command).await?;
    let number = match executed.event {
        Some(DocumentEvent::DocumentUpdated(updated)) => updated.version.map_or(0, |version| version.number),
        _ => 0,
    };
    let description = row(&call.handle, &name, number)?.describe(tags(&call.handle, &name));
    Ok(UpdateDocumentResult { document_description: Some(description) })
}

pub(crate) async fn update_default_version(
    call: Call<UpdateDocumentDefaultVersionRequest>,
) -> Result<UpdateDocumentDefaultVersionResult, ApiError> {
    let name = name_in(call.input.name.as_ref());
    let version = call.input.document_version.clone().unwrap_or_default();
    let command = Command::SetDefault { name: name.clone(), version };
    call.execute::<Document>(&name, command).await?;
    let state = call.handle.state::<Document>(&name);
    let version_name = state.versions.get(&state.default).map(|mark| mark.name.clone());
    let description = DocumentDefaultVersionDescription {
        name: Some(name),
        default_version: Some(state.default.to_string()),
        default_version_name: version_name.filter(|name| !name.is_empty()),
    };
    Ok(UpdateDocumentDefaultVersionResult { description: Some(description) })
}

pub(crate) async fn delete_document(
    call: Call<DeleteDocumentRequest>,
) -> Result<DeleteDocumentResult, ApiError> {
    let name = name_in(call.input.name.as_ref());
    let selector = Selector {
        version: call.input.document_version.clone().filter(|text| !text.is_empty()),
        version_name: call.input.version_name.clone().filter(|text| !text.is_empty()),
    };
    let is_whole = selector.version.is_none() && selector.version_name.is_none();
    // Without its calendar what a rule is about would wait for ever.
    let rules = if is_whole { reeve_fleet::rules_of_calendar(&call.handle, &name) } else { Vec::new() };
    if !rules.is_empty() {
        let rules = rules.join(", ");
        let message =
            format!("The change rules {rules} wait for the calendar {name}: put or delete them first.");
        return Err(ApiError::new("InvalidDocumentOperation", message));
    }
    let command = if is_whole {
        Command::Delete { name: name.clone(), force: call.input.force.unwrap_or_default() }
    } else {
        Command::DeleteVersion { name: name.clone(), selector }
    };
    let executed = call.execute::<Document>(&name, command).await;
    executed.map_err(|error| match ApiError::from(error) {
        // DeleteDocument has no error for a version that does not exist.
        error if error.code == "InvalidDocumentVersion" => ApiError::new("InvalidDocument", error.message),
        error => error,
    })?;
    if is_whole {
        call.tags_end("Document", &name).await;
    }
    Ok(DeleteDocumentResult {})
}
