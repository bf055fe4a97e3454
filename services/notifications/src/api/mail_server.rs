//! PutMailServer, GetMailServer, DeleteMailServer.

use super::{check_authority, instant, no_such};
use crate::{
    domain::{
        limits::{self, Window},
        mail_server::{Command, DEFAULT, MailServer, MailServerEvent},
    },
    projections::{MAIL_SERVERS, MailServerRow},
    secrets,
    sending::{Security, check_sender},
};
use reeve_contracts::notifications::{Limit, MailServerPut};
use reeve_runtime::{ApiError, Call, Done};
use reeve_secrets::{Sealed, Vault, Zeroizing};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Put {
    host: String,
    port: Option<i32>,
    security: Option<String>,
    sender: String,
    user_name: Option<String>,
    password: Option<String>,
    certificate_authority: Option<String>,
    limits: Option<Vec<Window>>,
}

/// The port that is usual for a security.
fn usual_port(security: Security) -> u16 {
    match security {
        Security::StartTls => 587,
        Security::Tls => 465,
        Security::None => 25,
    }
}

pub(crate) async fn put(vault: Vault, call: Call<Put>) -> Result<Done, ApiError> {
    let input = &call.input;
    let text = input.security.clone().unwrap_or_else(|| "STARTTLS".to_owned());
    let security = Security::parse(&text).map_err(|error| ApiError::invalid(format!("security: {error}")))?;
    check_sender(&input.sender).map_err(|error| ApiError::invalid(format!("sender: {error}")))?;
    let port = input.port.map_or(Ok(usual_port(security)), u16::try_from);
    let port = port.map_err(|_| ApiError::invalid("port is not between 1 and 65535."))?;
    check_authority(input.certificate_authority.as_deref())?;
    limits::check(input.limits.as_deref().unwrap_or_default()).map_err(ApiError::invalid)?;
    let user_name = input.user_name.clone().unwrap_or_default();
    let password = Zeroizing::new(input.password.clone().unwrap_or_default());
    if user_name.is_empty() != password.is_empty() {
        return Err(ApiError::invalid("userName and password are given together, or neither of them is."));
    }
    let sealed = match password.is_empty() {
        true => Sealed::default(),
        false => {
            let sealed = vault.seal_anew(secrets::KIND, password.as_bytes()).await;
            sealed.map_err(ApiError::internal)?
        }
    };
    let made = sealed.secret_id.clone();
    let put = MailServerPut {
        name: DEFAULT.to_owned(),
        host: input.host.clone(),
        port: u32::from(port),
        security: text,
        sender: input.sender.clone(),
        user_name,
        secret_id: sealed.secret_id,
        sealed_secret: sealed.value,
        certificate_authority: input.certificate_authority.clone().unwrap_or_default(),
        dropped_secret_id: String::new(),
        limits: input.limits.iter().flatten().map(Limit::from).collect(),
    };
    let executed = call.execute::<MailServer>(DEFAULT, Command::Put(Box::new(put))).await;
    let settled = secrets::settle(&vault, &made, executed, |event| match event {
        MailServerEvent::MailServerPut(put) => &put.secret_id,
        MailServerEvent::MailServerDeleted(_) => "",
    });
    settled.await?;
    Ok(Done {})
}

#[derive(Deserialize)]
pub struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    host: String,
    port: u16,
    security: String,
    sender: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    user_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    certificate_authority: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<f64>,
}

pub(crate) async fn get(call: Call<Nothing>) -> Result<Server, ApiError> {
    let row = call.handle.views().get::<MailServerRow>(MAIL_SERVERS, DEFAULT);
    let row = row.ok_or_else(|| no_such("There is no mail server."))?;
    Ok(Server {
        host: row.host,
        port: row.port,
        security: row.security,
        sender: row.sender,
        user_name: row.user_name,
        certificate_authority: row.certificate_authority,
        limits: row.limits,
        changed: instant(row.changed),
    })
}

pub(crate) async fn delete(call: Call<Nothing>) -> Result<Done, ApiError> {
    call.execute::<MailServer>(DEFAULT, Command::Delete).await?;
    Ok(Done {})
}
