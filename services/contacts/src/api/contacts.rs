//! Contacts and their policies.

use super::{after, conflict, home, not_found, rows, tags_of, token, written};
use crate::{
    domain::{
        contact::{Command, Contact},
        tags::told,
    },
    names::{CONTACT, id_of},
    projections::{CONTACTS, ContactRow},
    reactors::rotations_with,
    shape::check_plan,
};
use reeve_contracts::{
    contacts::ContactCreated,
    ssm_contacts::{Contact as Listed, *},
};
use reeve_runtime::{ApiError, Call, Store, page_of, text, to_answers};
use serde_json::json;
use std::sync::Arc;

/// The contact that a member names.
///
/// # Errors
/// `ValidationException` for what is no ARN of a contact, `ResourceNotFoundException` when there is none.
pub fn contact(views: &Store, member: &str, arn: Option<&String>) -> Result<Arc<ContactRow>, ApiError> {
    let alias = id_of(member, arn, CONTACT)?;
    views.look::<ContactRow>(CONTACTS, alias).ok_or_else(|| not_found("CONTACT", alias))
}

pub async fn create(call: Call<CreateContactRequest>) -> Result<CreateContactResult, ApiError> {
    let input = &call.input;
    let (alias, kind) = (input.alias.clone().unwrap_or_default(), input.r#type.clone().unwrap_or_default());
    let plan = input.plan.clone().unwrap_or_default();
    check_plan(call.handle.views(), &alias, &kind, &plan)?;
    let context = call.context_of_token("CreateContact", input.idempotency_token.as_ref())?;
    let created = ContactCreated {
        alias: alias.clone(),
        r#type: kind,
        display_name: input.display_name.clone().unwrap_or_default(),
        plan_json: written(&plan)?,
        tags: told(tags_of(input.tags.as_ref())?),
        created_by: context.command_id.to_string(),
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
    };
    let executed =
        call.handle.execute::<Contact>(&alias, Command::Create(Box::new(created)), &context).await?;
    call.reached(executed.position);
    Ok(CreateContactResult { contact_arn: Some(home(&call).contact(&alias)) })
}

pub async fn get(call: Call<GetContactRequest>) -> Result<GetContactResult, ApiError> {
    let row = contact(call.handle.views(), "ContactId", call.input.contact_id.as_ref())?;
    Ok(GetContactResult {
        alias: Some(row.alias.clone()),
        contact_arn: Some(home(&call).contact(&row.alias)),
        display_name: text(&row.display_name),
        plan: Some(serde_json::from_str(&row.plan_json).map_err(ApiError::internal)?),
        r#type: Some(row.kind.clone()),
    })
}

pub async fn update(call: Call<UpdateContactRequest>) -> Result<UpdateContactResult, ApiError> {
    let row = contact(call.handle.views(), "ContactId", call.input.contact_id.as_ref())?;
    if let Some(plan) = &call.input.plan {
        check_plan(call.handle.views(), &row.alias, &row.kind, plan)?;
    }
    let plan_json = call.input.plan.as_ref().map(written).transpose()?;
    let command = Command::Update { display_name: call.input.display_name.clone(), plan_json };
    call.execute::<Contact>(&row.alias, command).await?;
    Ok(UpdateContactResult {})
}

/// Plans that name it skip it from now on; a rotation that has it has to be changed first.
pub async fn delete(call: Call<DeleteContactRequest>) -> Result<DeleteContactResult, ApiError> {
    let row = contact(call.handle.views(), "ContactId", call.input.contact_id.as_ref())?;
    let rotations = rotations_with(call.handle.views(), &row.alias);
    if !rotations.is_empty() {
        let message =
            format!("The contact {} is a member of rotations: {}.", row.alias, rotations.join(", "));
        let entities = json!([{"RelationType": "ROTATION_MEMBER", "DependentResourceIds": rotations}]);
        return Err(conflict(message, "CONTACT", &row.alias).with("DependentEntities", entities));
    }
    call.execute::<Contact>(&row.alias, Command::Delete).await?;
    Ok(DeleteContactResult {})
}

pub async fn list(call: Call<ListContactsRequest>) -> Result<ListContactsResult, ApiError> {
    let input = &call.input;
    let (limit, after) = (rows(input.max_results)?, after(input.next_token.as_ref())?);
    let prefix = input.alias_prefix.as_deref().unwrap_or_default();
    let views = call.handle.views();
    let page = match &input.r#type {
        None => views.scan::<ContactRow>(CONTACTS, prefix, after.as_deref(), limit),
        Some(kind) => {
            let all = views.scan::<ContactRow>(CONTACTS, prefix, None, usize::MAX);
            let of_kind = all.rows.into_iter().filter(|(_, row)| row.kind == *kind).collect();
            page_of(of_kind, after.as_deref(), limit)
        }
    };
    let (contacts, next) = to_answers(page, |row| Listed {
        contact_arn: Some(home(&call).contact(&row.alias)),
        alias: Some(row.alias),
        display_name: text(&row.display_name),
        r#type: Some(row.kind),
    })?;
    Ok(ListContactsResult { contacts: Some(contacts), next_token: token(next) })
}

pub async fn put_policy(call: Call<PutContactPolicyRequest>) -> Result<PutContactPolicyResult, ApiError> {
    let row = contact(call.handle.views(), "ContactArn", call.input.contact_arn.as_ref())?;
    let policy = call.input.policy.clone().unwrap_or_default();
    if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&policy).is_err() {
        return Err(ApiError::invalid("Policy is no JSON object."));
    }
    call.execute::<Contact>(&row.alias, Command::PutPolicy(policy)).await?;
    Ok(PutContactPolicyResult {})
}

pub async fn get_policy(call: Call<GetContactPolicyRequest>) -> Result<GetContactPolicyResult, ApiError> {
    let row = contact(call.handle.views(), "ContactArn", call.input.contact_arn.as_ref())?;
    Ok(GetContactPolicyResult {
        contact_arn: Some(home(&call).contact(&row.alias)),
        policy: text(&row.policy),
    })
}
