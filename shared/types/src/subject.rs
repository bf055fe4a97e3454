//! Ids as NATS subject tokens.
//!
//! A token may hold any id: what would be read as structure (`.`, `*`, `>`, `$`, blanks, control
//! characters) and the escape itself are written as `%` and two hexadecimal digits, as are all bytes
//! beyond ASCII.

/// Whether a byte of an id stands for itself.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'.' | b'*' | b'>' | b'%' | b'$')
}

/// Escapes an id for use as one subject token. The empty id becomes `%`.
pub fn escape(id: &str) -> String {
    if id.is_empty() {
        return "%".to_owned();
    }
    let mut token = String::with_capacity(id.len());
    for byte in id.bytes() {
        if is_plain(byte) {
            token.push(char::from(byte));
        } else {
            token.push_str(&format!("%{byte:02x}"));
        }
    }
    token
}

/// The id of an escaped token, or `None` when the token was not made by [`escape`]: no two tokens are one id.
pub fn unescape(token: &str) -> Option<String> {
    if matches!(token, "" | "%") {
        return (token == "%").then(String::new);
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        if is_plain(byte) {
            bytes.push(byte);
            continue;
        }
        if byte != b'%' {
            return None;
        }
        let escaped = digit(rest.next()?)? << 4 | digit(rest.next()?)?;
        if is_plain(escaped) {
            return None;
        }
        bytes.push(escaped);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{escape, unescape};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_id_survives_and_is_one_token(id in any::<String>()) {
            let token = escape(&id);
            prop_assert_eq!(unescape(&token), Some(id));
            prop_assert!(!token.is_empty());
            prop_assert!(token.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'.' | b'*' | b'>')));
        }
    }

    #[test]
    fn what_escape_did_not_make_is_nobodys() {
        for token in ["", "a.b", "a b", "%2E", "%+1", "%41", "%4", "a%", "%ff", "%7e", "\u{e9}"] {
            assert_eq!(unescape(token), None, "{token}");
        }
    }
}
