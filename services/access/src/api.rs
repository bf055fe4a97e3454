//! The operations of the API `access`: its model is `schemas/reeve/access.json`.

use crate::{
    policy::{self, Policy},
    principal::{self, Principal, PrincipalEvent},
    projections::{POLICIES, PRINCIPALS, PolicyRow, PrincipalRow},
};
use reeve_authz::{Access, Decision, Question, Resource, check_action, check_kind, secret_name};
use reeve_contracts::access::AccessKey;
use reeve_runtime::{ApiError, Call, Done, page_size, to_answers};
use reeve_secrets::{Vault, Zeroizing};
use reeve_types::ids::random_hex;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

pub(crate) const MAX_PAGE_SIZE: usize = 100;

impl From<principal::Error> for ApiError {
    fn from(error: principal::Error) -> Self {
        use principal::Error;
        let code = match &error {
            Error::Exists(_) | Error::Reserved(_) => "EntityAlreadyExistsException",
            Error::Unknown(_) | Error::UnknownKey { .. } => "NoSuchEntityException",
            Error::TooManyKeys(_) => "LimitExceededException",
        };
        Self::new(code, error.to_string())
    }
}

impl From<policy::Error> for ApiError {
    fn from(error: policy::Error) -> Self {
        let code = match &error {
            policy::Error::Malformed(_) => "MalformedPolicyException",
            policy::Error::Unknown(_) => "NoSuchEntityException",
        };
        Self::new(code, error.to_string())
    }
}

#[derive(Clone, Deserialize)]
pub struct ToPrincipal {
    name: String,
    #[serde(default)]
    groups: BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewKey {
    name: String,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    groups: BTreeSet<String>,
    access_key_id: String,
    /// Answered here and never again.
    secret_access_key: String,
}

/// A key with a secret of 160 bits, and the sealed form of it that goes into the log.
async fn new_key(vault: &Vault) -> Result<(AccessKey, Zeroizing<String>), ApiError> {
    let random = |e| ApiError::internal(format!("no random bytes: {e}"));
    let access_key_id = format!("AKIA{}", random_hex::<8>().map_err(random)?.to_uppercase());
    let secret = Zeroizing::new(random_hex::<20>().map_err(random)?);
    let sealed = vault.seal(&secret_name(&access_key_id), secret.as_bytes()).await;
    let sealed_secret = sealed.map_err(ApiError::internal)?;
    Ok((AccessKey { access_key_id, sealed_secret }, secret))
}

pub(crate) async fn create_principal(vault: Vault, call: Call<ToPrincipal>) -> Result<NewKey, ApiError> {
    let ToPrincipal { name, groups } = call.input.clone();
    let (key, secret) = new_key(&vault).await?;
    let command = principal::Command::Create { name: name.clone(), groups: groups.clone(), key: key.clone() };
    let executed = call.execute::<Principal>(&name, command).await.map(|executed| executed.event);
    let (access_key_id, secret_access_key) = settled(&vault, key, &secret, executed).await?;
    Ok(NewKey { name, groups, access_key_id, secret_access_key })
}

pub(crate) async fn create_access_key(vault: Vault, call: Call<ToPrincipal>) -> Result<NewKey, ApiError> {
    let name = call.input.name.clone();
    let (key, secret) = new_key(&vault).await?;
    let command = principal::Command::AddKey { name: name.clone(), key: key.clone() };
    let executed = call.execute::<Principal>(&name, command).await.map(|executed| executed.event);
    let (access_key_id, secret_access_key) = settled(&vault, key, &secret, executed).await?;
    Ok(NewKey { name, groups: BTreeSet::new(), access_key_id, secret_access_key })
}

/// The key that the event has, and its secret. It is another one than was made just now when an earlier delivery of
/// the same call led to the event; the data key of one that no event has is of no use, and is destroyed.
async fn settled<E: Into<ApiError>>(
    vault: &Vault,
    made: AccessKey,
    secret: &str,
    executed: Result<Option<PrincipalEvent>, E>,
) -> Result<(String, String), ApiError> {
    let kept = match executed {
        Ok(Some(PrincipalEvent::PrincipalCreated(created))) => Ok(created.key),
        Ok(Some(PrincipalEvent::AccessKeyCreated(created))) => Ok(created.key),
        Ok(_) => Err(ApiError::internal("the call led to something else")),
        Err(error) => Err(error.into()),
    };
    if let Ok(Some(kept)) = &kept
        && kept.access_key_id == made.access_key_id
    {
        return Ok((made.access_key_id, secret.to_owned()));
    }
    vault.forget(&secret_name(&made.access_key_id)).await;
    let kept = kept?.ok_or_else(|| ApiError::internal("the event has no key"))?;
    let secret = vault.read(&secret_name(&kept.access_key_id), &kept.sealed_secret).await;
    let secret = secret.map_err(ApiError::internal)?;
    Ok((kept.access_key_id, String::from_utf8_lossy(&secret).into_owned()))
}

pub(crate) async fn delete_principal(call: Call<ToPrincipal>) -> Result<Done, ApiError> {
    let name = call.input.name.clone();
    call.execute::<Principal>(&name, principal::Command::Delete { name: name.clone() }).await?;
    Ok(Done {})
}

pub(crate) async fn set_groups(call: Call<ToPrincipal>) -> Result<Done, ApiError> {
    let ToPrincipal { name, groups } = call.input.clone();
    call.execute::<Principal>(&name, principal::Command::SetGroups { name: name.clone(), groups }).await?;
    Ok(Done {})
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToKey {
    name: String,
    access_key_id: String,
}

pub(crate) async fn delete_access_key(call: Call<ToKey>) -> Result<Done, ApiError> {
    let ToKey { name, access_key_id } = call.input.clone();
    let command = principal::Command::DeleteKey { name: name.clone(), access_key_id };
    call.execute::<Principal>(&name, command).await?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    pub(crate) max_results: Option<i32>,
    pub(crate) next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    access_key_id: String,
    created: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    name: String,
    groups: Vec<String>,
    access_keys: Vec<Key>,
    created: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalsPage {
    principals: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) async fn list_principals(call: Call<List>) -> Result<PrincipalsPage, ApiError> {
    let size = page_size(call.input.max_results, MAX_PAGE_SIZE)?;
    let after = call.input.next_token.as_deref();
    let page = call.handle.views().scan::<PrincipalRow>(PRINCIPALS, "", after, size);
    let (principals, next_token) = to_answers(page, |row| Listed {
        name: row.name,
        groups: row.groups,
        access_keys: row
            .keys
            .into_iter()
            .map(|key| Key { access_key_id: key.id, created: key.created.epoch_seconds() })
            .collect(),
        created: row.created.epoch_seconds(),
    })?;
    Ok(PrincipalsPage { principals, next_token })
}

#[derive(Clone, Deserialize)]
pub struct ToPolicy {
    name: String,
    #[serde(default)]
    text: String,
}

pub(crate) async fn put_policy(call: Call<ToPolicy>) -> Result<Done, ApiError> {
    let ToPolicy { name, text } = call.input.clone();
    call.execute::<Policy>(&name, policy::Command::Put { name: name.clone(), text }).await?;
    Ok(Done {})
}

pub(crate) async fn delete_policy(call: Call<ToPolicy>) -> Result<Done, ApiError> {
    let name = call.input.name.clone();
    call.execute::<Policy>(&name, policy::Command::Delete { name: name.clone() }).await?;
    Ok(Done {})
}

#[derive(Serialize)]
pub struct ListedPolicy {
    name: String,
    text: String,
    updated: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PoliciesPage {
    policies: Vec<ListedPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) async fn list_policies(call: Call<List>) -> Result<PoliciesPage, ApiError> {
    let size = page_size(call.input.max_results, MAX_PAGE_SIZE)?;
    let after = call.input.next_token.as_deref();
    let page = call.handle.views().scan::<PolicyRow>(POLICIES, "", after, size);
    let (policies, next_token) = to_answers(page, |row| ListedPolicy {
        name: row.name,
        text: row.text,
        updated: row.updated.epoch_seconds(),
    })?;
    Ok(PoliciesPage { policies, next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    principal: String,
    action: String,
    resource_type: Option<String>,
    resource_id: Option<String>,
}

#[derive(Serialize)]
pub struct Checked {
    /// `Allow` or `Deny`.
    decision: &'static str,
    /// What it is on, as policies name it.
    resource: String,
    /// The names of the policies that determined it.
    policies: Vec<String>,
}

/// What would be decided, and by which policies: for those who write them. A slip is an error, and not a `Deny` that
/// looks like a decision.
pub(crate) async fn check_access(access: Arc<Access>, call: Call<Check>) -> Result<Checked, ApiError> {
    let input = &call.input;
    let resource = match (&input.resource_type, &input.resource_id) {
        (Some(kind), Some(id)) => Resource::new(kind, id),
        (None, None) => Resource::none(),
        _ => {
            let message = "resourceType and resourceId are given together, or neither is.";
            return Err(ApiError::invalid(message));
        }
    };
    let invalid = |message| ApiError::invalid(message);
    check_action(&input.action).map_err(invalid)?;
    let kind = check_kind(&resource.kind).map_err(invalid)?;
    if !access.has_principal(&input.principal) {
        return Err(principal::Error::Unknown(input.principal.clone()).into());
    }
    let question = Question { principal: &input.principal, action: &input.action, resource: &resource };
    let (decision, policies) = access.explain(question);
    let decision = if decision == Decision::Allow { "Allow" } else { "Deny" };
    Ok(Checked { decision, resource: format!("{kind}::{:?}", resource.id), policies })
}
