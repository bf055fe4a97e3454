//! Who else may see a document.

use super::{continuation, invalid, name_in};
use crate::domain::{Command, Document, Error};
use reeve_contracts::ssm::{
    AccountSharingInfo, DescribeDocumentPermissionRequest, DescribeDocumentPermissionResponse,
    ModifyDocumentPermissionRequest, ModifyDocumentPermissionResponse,
};
use reeve_runtime::{ApiError, Call, Page, page_of, page_size};

fn share_only(permission_type: Option<&String>) -> Result<(), ApiError> {
    match permission_type.map(String::as_str) {
        Some("Share") => Ok(()),
        other => {
            let message = format!("PermissionType is {:?}, not Share.", other.unwrap_or_default());
            Err(ApiError::new("InvalidPermissionType", message))
        }
    }
}

fn accounts(field: &str, given: Option<&Vec<String>>) -> Result<Vec<String>, ApiError> {
    let given = given.cloned().unwrap_or_default();
    let is_account = |text: &&String| {
        text.eq_ignore_ascii_case("all") || (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()))
    };
    match given.iter().find(|account| !is_account(account)) {
        Some(other) => Err(invalid(field, format!("holds {other:?}, which is no account id and not All"))),
        None => Ok(given),
    }
}

pub(crate) async fn modify(
    call: Call<ModifyDocumentPermissionRequest>,
) -> Result<ModifyDocumentPermissionResponse, ApiError> {
    share_only(call.input.permission_type.as_ref())?;
    let name = name_in(call.input.name.as_ref());
    let shared_version = call.input.shared_document_version.clone();
    let command = Command::Share {
        name: name.clone(),
        add: accounts("AccountIdsToAdd", call.input.account_ids_to_add.as_ref())?,
        remove: accounts("AccountIdsToRemove", call.input.account_ids_to_remove.as_ref())?,
        shared_version: shared_version.unwrap_or_else(|| "$DEFAULT".to_owned()),
    };
    call.execute::<Document>(&name, command).await?;
    Ok(ModifyDocumentPermissionResponse {})
}

pub(crate) async fn describe(
    call: Call<DescribeDocumentPermissionRequest>,
) -> Result<DescribeDocumentPermissionResponse, ApiError> {
    share_only(call.input.permission_type.as_ref())?;
    let limit = page_size(call.input.max_results, 200)?;
    let name = name_in(call.input.name.as_ref());
    let state = call.handle.state::<Document>(&name);
    if !state.exists() {
        return Err(Error::NotFound(name).into());
    }
    let after = continuation(call.input.next_token.as_ref(), "")?;
    let Page { rows, next: next_token } =
        page_of(state.shared.into_iter().collect(), after.as_deref(), limit);
    let account_ids = rows.iter().map(|(account, _)| account.clone()).collect();
    let infos = rows.into_iter().map(|(account, version)| AccountSharingInfo {
        account_id: Some(account),
        shared_document_version: Some(version),
    });
    Ok(DescribeDocumentPermissionResponse {
        account_ids: Some(account_ids),
        account_sharing_info_list: Some(infos.collect()),
        next_token,
    })
}
