//! The names of documents.

use crate::Error;
use reeve_types::text::cut;

const RESERVED: [&str; 3] = ["aws", "amazon", "amzn"];

/// Checks a document name. Only the installer of the shipped documents may use reserved prefixes.
pub fn check_name(name: &str, reserved_allowed: bool) -> Result<(), Error> {
    let fits = (3..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !fits {
        return Err(Error::Name(cut(name, 128)));
    }
    let lower = name.to_ascii_lowercase();
    if !reserved_allowed && RESERVED.iter().any(|prefix| lower.starts_with(prefix)) {
        return Err(Error::ReservedName(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_when_checked_then_only_plain_ones_pass() {
        assert!(check_name("My-Doc_1.2", false).is_ok());
        assert!(matches!(check_name("ab", false), Err(Error::Name(_))));
        assert!(matches!(check_name("a b c", false), Err(Error::Name(_))));
        assert!(matches!(check_name(&"x".repeat(129), false), Err(Error::Name(_))));
        assert!(matches!(check_name("AmaZon-x", false), Err(Error::ReservedName(_))));
        assert!(matches!(check_name("AWSEC2-x", false), Err(Error::ReservedName(_))));
        assert!(check_name("AWS-RunShellScript", true).is_ok());
    }
}
