//! Secrets that pass through an immutable log and can still be destroyed.
//!
//! A secret is sealed with a data key of its own (ChaCha20-Poly1305, RFC 8439), and that key is wrapped with the
//! installation's key encryption key, which lies outside the bus. The sealed secret goes into an event; the wrapped
//! data key into the stream SECRET_KEYS, where it can be erased. Both are bound to the secret's name by associated
//! data: neither can be put in the place of another one's.
//!
//! **Invariants**
//! - Reading a secret takes three things: the event, the data key and the key encryption key.
//! - A name is sealed once. What is destroyed is never readable again.
//! - No `Debug` here shows a key or a secret; plaintext is wiped when it is dropped.

pub mod passphrase;

use bytes::Bytes;
use reeve_jetstream::{Bus, Error as BusError, keys, streams};
use reeve_types::ids::random_hex;
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use std::{fmt, sync::Arc};
pub use zeroize::Zeroizing;

/// The length of a random id, in bytes.
const ID_BYTES: usize = 16;
/// The length of the key encryption key, in bytes.
pub const KEY_LEN: usize = 32;

/// Why a secret was not sealed, read or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the system gave no random bytes")]
    Random,
    #[error("the secret {0} was destroyed")]
    Destroyed(String),
    #[error("the secret {0} cannot be opened: it was altered, or sealed under another key")]
    Unreadable(String),
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Where data keys are kept.
#[async_trait::async_trait]
pub trait KeyStore: Send + Sync {
    async fn put(&self, name: &str, wrapped: Bytes) -> Result<(), BusError>;
    async fn get(&self, name: &str) -> Result<Option<Bytes>, BusError>;
    async fn destroy(&self, name: &str) -> Result<(), BusError>;
}

#[async_trait::async_trait]
impl KeyStore for Bus {
    async fn put(&self, name: &str, wrapped: Bytes) -> Result<(), BusError> {
        keys::put(self, name, wrapped).await
    }
    async fn get(&self, name: &str) -> Result<Option<Bytes>, BusError> {
        keys::get(self, name).await
    }
    async fn destroy(&self, name: &str) -> Result<(), BusError> {
        keys::destroy(self, name).await
    }
}

/// Seals and opens secrets. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    store: Arc<dyn KeyStore>,
    key_encryption_key: Arc<[u8; KEY_LEN]>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// On the bus; makes its stream.
    ///
    /// # Errors
    /// When the bus refuses.
    pub async fn open(bus: &Bus, key_encryption_key: [u8; KEY_LEN]) -> Result<Self, Error> {
        streams::ensure(bus, streams::SECRET_KEYS).await?;
        Ok(Self::over(Arc::new(bus.clone()), key_encryption_key))
    }

    /// Over any store of data keys.
    pub fn over(store: Arc<dyn KeyStore>, key_encryption_key: [u8; KEY_LEN]) -> Self {
        Self { store, key_encryption_key: Arc::new(key_encryption_key) }
    }

    /// Seals a secret under a name that was never used before: what is answered may go into the log.
    ///
    /// # Errors
    /// When the name was used, or the bus does not answer: then nothing was sealed.
    pub async fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let mut data_key = Zeroizing::new([0; KEY_LEN]);
        SystemRandom::new().fill(&mut *data_key).map_err(|_| Error::Random)?;
        let wrapped = encrypt(&self.key_encryption_key, "key", name, &*data_key)?;
        self.store.put(name, wrapped.into()).await?;
        encrypt(&data_key, "secret", name, secret)
    }

    /// Reads a secret back.
    ///
    /// # Errors
    /// [`Error::Destroyed`] when its key is gone, [`Error::Unreadable`] when it is not what was sealed.
    pub async fn read(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let wrapped = self.store.get(name).await?.ok_or_else(|| Error::Destroyed(name.to_owned()))?;
        let data_key = decrypt(&self.key_encryption_key, "key", name, &wrapped)?;
        let data_key = data_key.as_slice().try_into().map_err(|_| Error::Unreadable(name.to_owned()))?;
        decrypt(&Zeroizing::new(data_key), "secret", name, sealed)
    }

    /// Seals a secret of a kind under a random id, which is in no other name: [`secret_name`] tells the name.
    ///
    /// # Errors
    /// When there are no random bytes, or the bus does not answer: then nothing was sealed.
    pub async fn seal_anew(&self, kind: &str, secret: &[u8]) -> Result<Sealed, Error> {
        let secret_id = random_hex::<ID_BYTES>().map_err(|_| Error::Random)?;
        let value = self.seal(&secret_name(kind, &secret_id), secret).await?;
        Ok(Sealed { secret_id, value })
    }

    /// Destroys a secret, whoever holds its ciphertext. One that is gone already is no error.
    ///
    /// # Errors
    /// When the bus does not answer.
    pub async fn destroy(&self, name: &str) -> Result<(), BusError> {
        self.store.destroy(name).await
    }

    /// Destroys a secret that no event has, because the call that sealed it was refused, or an earlier delivery of it led to the
    /// event. Where that fails, a data key stays that opens nothing.
    pub async fn forget(&self, name: &str) {
        if let Err(error) = self.destroy(name).await {
            tracing::warn!(%error, name, "the data key of a secret that is in no event stays");
        }
    }
}

/// A secret as an event has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    pub secret_id: String,
    pub value: Vec<u8>,
}

/// The name under which the data key of a secret lies.
pub fn secret_name(kind: &str, secret_id: &str) -> String {
    format!("{kind}/{secret_id}")
}

fn cipher(key: &[u8; KEY_LEN], name: &str) -> Result<LessSafeKey, Error> {
    let unbound = UnboundKey::new(&CHACHA20_POLY1305, key);
    unbound.map(LessSafeKey::new).map_err(|_| Error::Unreadable(name.to_owned()))
}

fn bound_to(role: &str, name: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("reeve/1/{role}/{name}").into_bytes())
}

/// A fresh nonce, then the ciphertext with its tag.
fn encrypt(key: &[u8; KEY_LEN], role: &str, name: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(|_| Error::Random)?;
    let mut sealed = plain.to_vec();
    let nonce_value = Nonce::assume_unique_for_key(nonce);
    cipher(key, name)?
        .seal_in_place_append_tag(nonce_value, bound_to(role, name), &mut sealed)
        .map_err(|_| Error::Unreadable(name.to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &[u8; KEY_LEN], role: &str, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unreadable = || Error::Unreadable(name.to_owned());
    let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or_else(unreadable)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unreadable())?;
    let mut plain = Zeroizing::new(rest.to_vec());
    let opened = cipher(key, name)?.open_in_place(nonce, bound_to(role, name), &mut plain);
    let length = opened.map_err(|_| unreadable())?.len();
    plain.truncate(length);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashMap, sync::Mutex};

    #[derive(Default)]
    struct InMemory(Mutex<HashMap<String, Bytes>>);

    #[async_trait::async_trait]
    impl KeyStore for InMemory {
        async fn put(&self, name: &str, wrapped: Bytes) -> Result<(), BusError> {
            match self.0.lock().unwrap().insert(name.to_owned(), wrapped) {
                None => Ok(()),
                Some(_) => Err(BusError::Conflict(name.to_owned())),
            }
        }
        async fn get(&self, name: &str) -> Result<Option<Bytes>, BusError> {
            Ok(self.0.lock().unwrap().get(name).cloned())
        }
        async fn destroy(&self, name: &str) -> Result<(), BusError> {
            self.0.lock().unwrap().remove(name);
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_sealed_secret_is_read_by_its_name_and_key_alone() {
        let store = Arc::new(InMemory::default());
        let vault = Vault::over(store.clone(), [7; KEY_LEN]);
        let sealed = vault.seal("a/1", b"hunter2 hunter2").await.unwrap();
        assert_eq!(&**vault.read("a/1", &sealed).await.unwrap(), b"hunter2 hunter2");
        let holds = |bytes: &[u8]| bytes.windows(7).any(|window| window == b"hunter2");
        assert!(!holds(&sealed) && !store.0.lock().unwrap().values().any(|wrapped| holds(wrapped)));

        let another = vault.seal("a/2", b"hunter3").await.unwrap();
        assert!(matches!(vault.read("a/2", &sealed).await, Err(Error::Unreadable(_))));
        assert!(matches!(vault.read("a/1", &another).await, Err(Error::Unreadable(_))));
        let stranger = Vault::over(store, [8; KEY_LEN]);
        assert!(matches!(stranger.read("a/1", &sealed).await, Err(Error::Unreadable(_))));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(vault.read("a/1", &altered).await.is_err(), "byte {at}");
        }
        assert!(matches!(vault.read("a/1", &sealed[..5]).await, Err(Error::Unreadable(_))));
    }

    #[tokio::test]
    async fn a_destroyed_secret_is_gone_and_a_name_is_used_once() {
        let vault = Vault::over(Arc::new(InMemory::default()), [7; KEY_LEN]);
        let sealed = vault.seal("a", b"s").await.unwrap();
        assert!(matches!(vault.seal("a", b"t").await, Err(Error::Bus(BusError::Conflict(_)))));
        vault.destroy("a").await.unwrap();
        vault.destroy("a").await.unwrap();
        assert!(matches!(vault.read("a", &sealed).await, Err(Error::Destroyed(_))));
    }
}
