//! Codes that are sent to people: they follow from a key that is sealed in the log, and lie nowhere themselves but in the
//! message that brings them.

use reeve_runtime::ApiError;
use reeve_secrets::{Error, Sealed, Vault, secret_name};
use reeve_types::ids::random_hex;
use ring::hmac;

/// A code has as many digits.
const DIGITS: usize = 8;
const CODES: u64 = 100_000_000;

/// What the names of these secrets begin with.
const KIND: &str = "contact-codes";

/// Makes a key and seals it under an id of its own.
pub(crate) async fn seal(vault: &Vault) -> Result<Sealed, ApiError> {
    let key = random_hex::<32>().map_err(|e| ApiError::internal(format!("no random bytes: {e}")))?;
    vault.seal_anew(KIND, key.as_bytes()).await.map_err(unavailable)
}

/// The code of a name.
pub(crate) async fn code(vault: &Vault, secret_id: &str, key: &[u8], name: &str) -> Result<String, ApiError> {
    let key = vault.read(&secret_name(KIND, secret_id), key).await.map_err(unavailable)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, name.as_bytes());
    let number = tag.as_ref().iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    Ok(format!("{:0DIGITS$}", number % CODES))
}

/// Whether a code is the right one; it takes as long whatever is wrong.
pub(crate) fn is_right(given: &str, right: &str) -> bool {
    let differences = given.bytes().zip(right.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == right.len() && differences == 0
}

fn unavailable(error: Error) -> ApiError {
    match error {
        Error::Bus(_) => ApiError::new("ServiceUnavailable", error.to_string()),
        error => ApiError::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::is_right;

    #[test]
    fn a_code_is_right_as_a_whole() {
        assert!(is_right("12345678", "12345678"));
        for wrong in ["12345679", "1234567", "123456789", ""] {
            assert!(!is_right(wrong, "12345678"), "{wrong}");
        }
    }
}
