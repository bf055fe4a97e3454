//! The keys of webhooks and the mail server's password: sealed before they are decided on, opened when something is sent.

use crate::projections::SecretRow;
use data_encoding::BASE64;
use reeve_runtime::{ApiError, Executed, HandlerError};
use reeve_secrets::{Error, Vault, Zeroizing, secret_name};

/// What the names of these secrets begin with.
pub(crate) const KIND: &str = "notifications";

/// Whether the event that a call led to has the secret that was sealed for it. One that no event has can be read by nobody any
/// more.
///
/// # Errors
/// What the call was refused with.
pub(crate) async fn settle<Ev, Er: Into<ApiError>>(
    vault: &Vault,
    made: &str,
    executed: Result<Executed<Ev>, Er>,
    secret_of: impl Fn(&Ev) -> &str,
) -> Result<bool, ApiError> {
    let event = executed.as_ref().ok().and_then(|executed| executed.event.as_ref());
    let is_kept = event.is_some_and(|event| secret_of(event) == made);
    if !is_kept && !made.is_empty() {
        vault.forget(&secret_name(KIND, made)).await;
    }
    executed.map(|_| is_kept).map_err(Into::into)
}

/// Opens a secret.
///
/// # Errors
/// A sentence for one that nobody can read any more; `Unavailable` when the bus does not answer.
pub(crate) async fn open(
    vault: &Vault,
    row: &SecretRow,
) -> Result<Result<Zeroizing<Vec<u8>>, String>, HandlerError> {
    let Ok(sealed) = BASE64.decode(row.sealed.as_bytes()) else {
        return Ok(Err("its secret is damaged".to_owned()));
    };
    match vault.read(&secret_name(KIND, &row.secret_id), &sealed).await {
        Ok(secret) => Ok(Ok(secret)),
        Err(Error::Bus(error)) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// Destroys secrets that nothing is sent with any more.
pub(crate) async fn destroy<'a>(
    vault: &Vault,
    secret_ids: impl IntoIterator<Item = &'a String>,
) -> Result<(), HandlerError> {
    for secret_id in secret_ids.into_iter().filter(|id| !id.is_empty()) {
        vault.destroy(&secret_name(KIND, secret_id)).await?;
    }
    Ok(())
}
