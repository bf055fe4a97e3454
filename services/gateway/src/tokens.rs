//! Pagination tokens, sealed. A service's own token stays its affair; what a client holds is opaque, and is
//! refused when it was altered, made up, or given to another operation, principal or question (the input but for its
//! page).

use data_encoding::BASE64URL_NOPAD;
use hmac::Mac;
use reeve_sigv4::mac::{self, HmacSha256};

/// Changes when the envelope does, so that an old token is refused instead of misread.
const VERSION: u8 = 2;
const TAG_BYTES: usize = 32;

/// Seals and opens tokens. Gateways that share a key understand each other's.
#[derive(Clone)]
pub struct Sealer {
    mac: HmacSha256,
}

impl Sealer {
    pub fn new(key: &[u8; 32]) -> Self {
        Self { mac: mac::keyed(key) }
    }

    fn keyed(&self, of: [&str; 3], token: &[u8]) -> HmacSha256 {
        let mut mac = self.mac.clone();
        mac.update(&[VERSION]);
        for part in of {
            mac.update(&part.len().to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(token);
        mac
    }

    /// The token that a client gets for a service's own, of an action, a principal and a question.
    pub fn seal(&self, of: [&str; 3], token: &str) -> String {
        let tag = self.keyed(of, token.as_bytes()).finalize().into_bytes();
        let mut envelope = Vec::with_capacity(1 + TAG_BYTES + token.len());
        envelope.push(VERSION);
        envelope.extend_from_slice(&tag);
        envelope.extend_from_slice(token.as_bytes());
        BASE64URL_NOPAD.encode(&envelope)
    }

    /// The service's own token, or `None` when this is not what [`Sealer::seal`] made for the same three.
    pub fn open(&self, of: [&str; 3], sealed: &str) -> Option<String> {
        let envelope = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (version, rest) = envelope.split_first()?;
        let (tag, token) = rest.split_at_checked(TAG_BYTES)?;
        if *version != VERSION || self.keyed(of, token).verify_slice(tag).is_err() {
            return None;
        }
        String::from_utf8(token.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Sealer;
    use proptest::prelude::*;

    const OF: [&str; 3] = ["ssm:ListDocuments", "reader", "{}"];

    proptest! {
        #[test]
        fn a_token_comes_back_to_whom_it_was_given(token in any::<String>(), key in any::<[u8; 32]>()) {
            let sealer = Sealer::new(&key);
            let sealed = sealer.seal(OF, &token);
            prop_assert_eq!(sealer.open(OF, &sealed), Some(token));
            prop_assert_eq!(sealer.open(["ssm:ListCommands", "reader", "{}"], &sealed), None);
            prop_assert_eq!(sealer.open(["ssm:ListDocuments", "other", "{}"], &sealed), None);
            prop_assert_eq!(sealer.open(["ssm:ListDocuments", "reader", "{\"Filters\":[]}"], &sealed), None);
        }

        #[test]
        fn an_altered_token_is_refused(token in any::<String>(), at in any::<prop::sample::Index>(), to in 0u8..128) {
            let sealer = Sealer::new(&[7; 32]);
            let mut sealed = sealer.seal(OF, &token).into_bytes();
            let at = at.index(sealed.len());
            prop_assume!(sealed[at] != to);
            sealed[at] = to;
            let sealed = String::from_utf8(sealed).unwrap();
            prop_assert_eq!(sealer.open(OF, &sealed), None);
        }
    }

    #[test]
    fn what_was_never_sealed_is_refused() {
        let sealer = Sealer::new(&[7; 32]);
        for token in ["", "AQ", "!", "eyJhIjoxfQ"] {
            assert_eq!(sealer.open(OF, token), None);
        }
        let other = Sealer::new(&[8; 32]).seal(OF, "next");
        assert_eq!(sealer.open(OF, &other), None);
    }
}
