//! What is kept outside an installation, under a passphrase: the copy of its keys.

use super::{Error, KEY_LEN, Zeroizing, decrypt, encrypt};
use ring::{
    pbkdf2,
    rand::{SecureRandom, SystemRandom},
};
use std::num::NonZeroU32;

const SALT_LEN: usize = 16;
/// What guessing one passphrase costs, as OWASP asks for with this function.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("it is not 0");

fn key_of(passphrase: &str, salt: &[u8]) -> Zeroizing<[u8; KEY_LEN]> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, passphrase.as_bytes(), &mut *key);
    key
}

/// Seals something under a passphrase (PBKDF2-HMAC-SHA256, then ChaCha20-Poly1305) and a name that it is for.
///
/// # Errors
/// When the system gives no random bytes.
pub fn seal(passphrase: &str, name: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut salt = [0; SALT_LEN];
    SystemRandom::new().fill(&mut salt).map_err(|_| Error::Random)?;
    let sealed = encrypt(&key_of(passphrase, &salt), "passphrase", name, plain)?;
    Ok([&salt[..], &sealed].concat())
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`Error::Unreadable`] when the passphrase is another one, or what was sealed was changed.
pub fn open(passphrase: &str, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (salt, sealed) =
        sealed.split_at_checked(SALT_LEN).ok_or_else(|| Error::Unreadable(name.to_owned()))?;
    decrypt(&key_of(passphrase, salt), "passphrase", name, sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passphrase_and_nothing_else_opens_what_was_sealed() {
        let sealed = seal("correct horse", "keys", b"the keys").unwrap();
        assert_eq!(&**open("correct horse", "keys", &sealed).unwrap(), b"the keys");
        assert!(open("correct horsf", "keys", &sealed).is_err());
        assert!(open("correct horse", "other", &sealed).is_err());
        assert!(open("correct horse", "keys", &sealed[..9]).is_err());
        assert_ne!(seal("correct horse", "keys", b"the keys").unwrap(), sealed);
        let mut altered = sealed;
        altered[20] ^= 1;
        assert!(open("correct horse", "keys", &altered).is_err());
    }
}
