//! The keys of webhooks and the mail server's password: sealed before they are decided on, opened when something is sent.

use crate::projections::SecretRow;
use data_encoding::BASE64;
use reeve_runtime::{ApiError, HandlerError};
use reeve_secrets::{Error, Vault, Zeroizing};
use reeve_types::ids::random_hex;

/// Under which a secret's data key lies.
fn secret_name(secret_id: &str) -> String {
    format!("notifications/{secret_id}")
}

/// Seals a secret under an id of its own: the id, and what may go into the log.
pub(crate) async fn seal(vault: &Vault, secret: &[u8]) -> Result<(String, Vec<u8>), ApiError> {
    let random = |e| ApiError::internal(format!("no random bytes: {e}"));
    let secret_id = random_hex::<16>().map_err(random)?;
    let sealed = vault.seal(&secret_name(&secret_id), secret).await.map_err(ApiError::internal)?;
    Ok((secret_id, sealed))
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
    match vault.read(&secret_name(&row.secret_id), &sealed).await {
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
        match vault.destroy(&secret_name(secret_id)).await {
            Ok(()) => {}
            Err(Error::Bus(error)) => return Err(error.into()),
            Err(error) => return Err(HandlerError::Retry(error.to_string())),
        }
    }
    Ok(())
}
