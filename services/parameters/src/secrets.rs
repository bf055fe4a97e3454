//! The secrets of SecureStrings: sealed before they are decided on, opened when a caller asks for them.

use crate::projections::VersionRow;
use data_encoding::BASE64;
use reeve_runtime::ApiError;
use reeve_secrets::{Error, Vault};

/// What the names of these secrets begin with.
pub(crate) const KIND: &str = "parameter";

/// Under which a secret's data key lies.
pub(crate) fn secret_name(secret_id: &str) -> String {
    reeve_secrets::secret_name(KIND, secret_id)
}

/// The value of a version as its caller is answered: of a SecureString the ciphertext, unless it is to be decrypted.
pub(crate) async fn value(vault: &Vault, row: &VersionRow, decrypt: bool) -> Result<String, ApiError> {
    if row.secret_id.is_empty() || !decrypt {
        return Ok(row.value.clone());
    }
    let sealed = BASE64.decode(row.value.as_bytes()).map_err(ApiError::internal)?;
    match vault.read(&secret_name(&row.secret_id), &sealed).await {
        Ok(plain) => Ok(String::from_utf8_lossy(&plain).into_owned()),
        Err(Error::Destroyed(_)) => {
            let message = format!(
                "The value of {} version {} can be read by nobody any more: its key was destroyed.",
                row.name, row.version
            );
            Err(ApiError::new("InvalidKeyId", message))
        }
        Err(error @ Error::Bus(_)) => Err(ApiError::new("ServiceUnavailable", error.to_string())),
        Err(error) => Err(ApiError::internal(error)),
    }
}
