//! What a parameter may be called.

use reeve_types::parameters::path_of;

/// The levels of a name, the name itself included.
const MAX_LEVELS: usize = 15;
/// The name with the ARN before it.
const MAX_ARN_CHARACTERS: usize = 1011;

const SHAPE: &str = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist \
    of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 \
    symbols .-_";
const PREFIX: &str = "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).";

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{}", SHAPE)]
    Shape,
    #[error("{}", PREFIX)]
    Prefix,
    #[error("No access to reserved parameter name: {0}.")]
    Reserved(String),
    #[error(
        "A hierarchy can have a maximum of {MAX_LEVELS} levels. For more information, see \"Requirements and constraints for \
         parameter names\": {0} has {1}."
    )]
    TooManyLevels(String, usize),
    #[error("Parameter name: {0} characters, with the ARN before it, are more than {MAX_ARN_CHARACTERS}.")]
    TooLong(usize),
}

/// A name that a parameter may be created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As its caller writes it, without blanks at its ends.
    pub written: String,
    /// What every spelling of it has in common.
    pub path: String,
}

/// Checks the name of a parameter that is to be created.
///
/// # Errors
/// The first rule that it breaks. `arn_characters`: how long the ARN is before the name.
pub fn check(text: &str, arn_characters: usize) -> Result<Name, Error> {
    let written = text.trim();
    let path = path_of(written);
    let levels: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let starts = |level: &str, prefix: &str| {
        level.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let first = levels.first().copied().unwrap_or_default();
    let is_path = written.contains('/');
    if is_path && starts(first, "aws") {
        return Err(Error::Reserved(written.to_owned()));
    }
    if !is_path && (starts(first, "aws") || starts(first, "ssm")) {
        return Err(Error::Prefix);
    }
    let needs_slash = levels.len() > 1 && !written.starts_with('/');
    if needs_slash || written.starts_with("//") || starts(first, "ssm") || !levels.iter().all(|l| is_level(l))
    {
        return Err(Error::Shape);
    }
    if levels.len() > MAX_LEVELS {
        return Err(Error::TooManyLevels(written.to_owned(), levels.len()));
    }
    let characters = arn_characters + written.len();
    if characters > MAX_ARN_CHARACTERS {
        return Err(Error::TooLong(characters));
    }
    Ok(Name { written: written.to_owned(), path })
}

/// Whether a text may be one level of a name.
pub fn is_level(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_aws_takes() {
        let path = |text| check(text, 46).map(|name| name.path);
        for (text, expected) in [
            ("x", "x"),
            ("/x", "x"),
            (" x ", "x"),
            ("/a/B-1_.c", "/a/B-1_.c"),
            ("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/name", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/name"),
            ("/a/aws", "/a/aws"),
            ("/a/ssm", "/a/ssm"),
        ] {
            assert_eq!(path(text), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn each_rule_has_its_own_answer() {
        for text in ["a/b", "/ssm/x", "/SSMx", "a b", "a:b", "/a/", "//a", "/a//b", "/", "", "/\u{e4}"] {
            assert_eq!(check(text, 46), Err(Error::Shape), "{text}");
        }
        for text in ["aws", "AWS-x", "ssm", "sSmx"] {
            assert_eq!(check(text, 46), Err(Error::Prefix), "{text}");
        }
        assert_eq!(check("/aws/x", 46), Err(Error::Reserved("/aws/x".into())));
        let deep = "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16";
        assert_eq!(check(deep, 46), Err(Error::TooManyLevels(deep.into(), 16)));
        assert!(check(&"x".repeat(965), 46).is_ok());
        assert_eq!(check(&"x".repeat(966), 46), Err(Error::TooLong(1012)));
    }
}
