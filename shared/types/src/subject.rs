//! Ids as NATS subject tokens.
//!
//! A token may hold any id: what would be read as structure (`.`, `*`, `>`, blanks, control
//! characters), what we use as structure (`~`, between the parts of a compound id) and the escape
//! itself are written as `%` and two hexadecimal digits, as are all bytes beyond ASCII.

/// Escapes an id for use as one subject token. The empty id becomes `%`.
pub fn escape(id: &str) -> String {
    if id.is_empty() {
        return "%".to_owned();
    }
    let mut token = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'.' | b'*' | b'>' | b'%' | b'~' | b'$') {
            token.push(char::from(byte));
        } else {
            token.push_str(&format!("%{byte:02x}"));
        }
    }
    token
}

/// The id of an escaped token, or `None` when the token was not made by [`escape`].
pub fn unescape(token: &str) -> Option<String> {
    if token == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
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
            prop_assert!(token.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'.' | b'*' | b'>' | b'~')));
        }
    }
}
