//! PutWebhook, RotateWebhookSecret, ResumeWebhook, DeleteWebhook, ListWebhooks.

use super::{check_authority, instant, no_such};
use crate::{
    domain::{
        limits::{self, Window},
        webhook::{Command, Webhook, WebhookEvent, is_name},
    },
    projections::{WEBHOOKS, WebhookRow},
    secrets,
    sending::{Format, signature::KEY_PREFIX},
};
use data_encoding::{BASE64, HEXLOWER};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::notifications::{Limit, WebhookPut};
use reeve_runtime::{ApiError, Call, Done, page_size, to_answers, with_keys};
use reeve_secrets::{Vault, Zeroizing};
use reeve_types::ids::random_hex;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use ureq::http::Uri;

const MAX_WEBHOOKS_PER_PAGE: usize = 100;
const KEY_BYTES: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Put {
    name: String,
    url: String,
    format: Option<String>,
    allow_private_addresses: Option<bool>,
    certificate_authority: Option<String>,
    limits: Option<Vec<Window>>,
}

#[derive(Serialize)]
pub struct Named {
    name: String,
    /// The key that messages are signed with, when it is new; it is answered once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A new key, as bytes and as people see it.
fn new_key() -> Result<(Zeroizing<Vec<u8>>, String), ApiError> {
    let random = |e| ApiError::internal(format!("no random bytes: {e}"));
    let hex = Zeroizing::new(random_hex::<KEY_BYTES>().map_err(random)?);
    let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).map_err(ApiError::internal)?);
    let shown = format!("{KEY_PREFIX}{}", BASE64.encode(&bytes));
    Ok((bytes, shown))
}

fn check(input: &Put, format: &str) -> Result<(), ApiError> {
    if !is_name(&input.name) {
        let message = format!("name is {:?}: it has 1 to 64 letters, digits, _ and -.", input.name);
        return Err(ApiError::invalid(message));
    }
    let wrong = |why: &str| ApiError::invalid(format!("url is {:?}, {why}.", input.url));
    let uri: Uri = input.url.parse().map_err(|error| wrong(&format!("which is no address: {error}")))?;
    if !matches!(uri.scheme_str(), Some("https" | "http")) || uri.host().is_none_or(str::is_empty) {
        return Err(wrong("which does not begin with https://HOST or http://HOST"));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("which has a name or a password: events would show it"));
    }
    let format =
        Format::parse(format).map_err(|sentence| ApiError::invalid(format!("format: {sentence}")))?;
    let limits = input.limits.as_deref().unwrap_or_default();
    limits::check(limits).map_err(ApiError::invalid)?;
    if format == Format::Details && !limits.is_empty() {
        return Err(ApiError::invalid(
            "limits: a webhook of the format DETAILS has none, because what was held back has no place in its messages.",
        ));
    }
    check_authority(input.certificate_authority.as_deref())
}

/// What is within one's own network is reached by a webhook only where somebody who is permitted to has said so.
fn check_private_addresses(authorizer: &dyn Authorizer, call: &Call<Put>) -> Result<(), ApiError> {
    if call.input.allow_private_addresses != Some(true) {
        return Ok(());
    }
    let webhook = Resource::new("Webhook", &call.input.name);
    let place = Place { region: &call.caller.region, account: &call.caller.account };
    permit(authorizer, &call.caller.actor.name, "notifications:AllowPrivateAddresses", [webhook], place)
        .map_err(|denied| ApiError::new("AccessDeniedException", denied))
}

pub(crate) async fn put(
    vault: Vault,
    authorizer: Arc<dyn Authorizer>,
    call: Call<Put>,
) -> Result<Named, ApiError> {
    let input = &call.input;
    let format = input.format.clone().unwrap_or_else(|| "STANDARD".to_owned());
    check(input, &format)?;
    check_private_addresses(&*authorizer, &call)?;
    let name = input.name.clone();
    let (key, shown) = new_key()?;
    let sealed = vault.seal_anew(secrets::KIND, &key).await.map_err(ApiError::internal)?;
    let made = sealed.secret_id.clone();
    let put = WebhookPut {
        name: name.clone(),
        url: input.url.clone(),
        format,
        allow_private_addresses: input.allow_private_addresses.unwrap_or_default(),
        certificate_authority: input.certificate_authority.clone().unwrap_or_default(),
        secret_id: sealed.secret_id,
        sealed_secret: sealed.value,
        principal: String::new(),
        limits: input.limits.iter().flatten().map(Limit::from).collect(),
    };
    let executed = call.execute::<Webhook>(&name, Command::Put(Box::new(put))).await;
    let is_kept = secrets::settle(&vault, &made, executed, |event| match event {
        WebhookEvent::WebhookPut(put) => &put.secret_id,
        _ => "",
    });
    let is_kept = is_kept.await?;
    Ok(Named { name, secret: is_kept.then_some(shown) })
}

#[derive(Deserialize)]
pub struct Name {
    name: String,
}

/// The name of a webhook that is there.
fn existing(call: &Call<Name>) -> Result<String, ApiError> {
    let name = &call.input.name;
    match call.handle.views().get::<WebhookRow>(WEBHOOKS, name) {
        Some(_) => Ok(name.clone()),
        None => Err(no_such(format!("name is {name:?}: there is no such webhook."))),
    }
}

pub(crate) async fn rotate(vault: Vault, call: Call<Name>) -> Result<Named, ApiError> {
    let name = existing(&call)?;
    let (key, shown) = new_key()?;
    let sealed = vault.seal_anew(secrets::KIND, &key).await.map_err(ApiError::internal)?;
    let made = sealed.secret_id.clone();
    let rotate = Command::RotateSecret { secret_id: sealed.secret_id, sealed_secret: sealed.value };
    let executed = call.execute::<Webhook>(&name, rotate).await;
    let is_kept = secrets::settle(&vault, &made, executed, |event| match event {
        WebhookEvent::WebhookSecretRotated(rotated) => &rotated.secret_id,
        _ => "",
    });
    let is_kept = is_kept.await?;
    Ok(Named { name, secret: is_kept.then_some(shown) })
}

pub(crate) async fn resume(call: Call<Name>) -> Result<Done, ApiError> {
    let name = existing(&call)?;
    call.execute::<Webhook>(&name, Command::Resume).await?;
    Ok(Done {})
}

pub(crate) async fn delete(call: Call<Name>) -> Result<Done, ApiError> {
    let name = existing(&call)?;
    call.execute::<Webhook>(&name, Command::Delete).await?;
    Ok(Done {})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    name: String,
    url: String,
    format: String,
    allow_private_addresses: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate_authority: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    paused: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhooksPage {
    webhooks: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) async fn list(call: Call<List>) -> Result<WebhooksPage, ApiError> {
    let limit = page_size(call.input.max_results, MAX_WEBHOOKS_PER_PAGE)?;
    let page = call.handle.views().scan::<WebhookRow>(WEBHOOKS, "", call.input.next_token.as_deref(), limit);
    let (webhooks, next_token) = to_answers(with_keys(page), |(name, row)| Listed {
        name,
        url: row.url,
        format: row.format,
        allow_private_addresses: row.allow_private_addresses,
        certificate_authority: row.certificate_authority,
        paused: row.paused,
        limits: row.limits,
        created: instant(row.created),
        changed: instant(row.changed),
    })?;
    Ok(WebhooksPage { webhooks, next_token })
}
