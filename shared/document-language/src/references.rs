//! References to the Parameter Store: `{{ ssm:name }}`, `{{ ssm:name:version }}` and `{{ ssm-secure:name }}`.
//!
//! The service that sends a command resolves those of its parameters ([`parameters_in`], [`replace`]). Secrets stay references until
//! a node takes them, where [`crate::secrets`] says that it does ([`secrets_in`], [`replace_secrets`]). What is left, in the
//! steps of a document or of a form that nothing resolves, may be stored, because AWS stores such documents, and not be
//! sent: a script would get the text of the reference instead of what it stands for. Other braces, such as `{{.Names}}`,
//! are somebody else's templates and pass.

use serde_json::Value;

use crate::interpolate::{names_in, next_placeholder};

fn is_reference(name: &str) -> bool {
    name.starts_with("ssm:") || name.starts_with("ssm-secure:")
}

const PLAIN: &str = "ssm:";
const SECRET: &str = "ssm-secure:";

/// The parameters that a text refers to by `{{ ssm:name }}`, each with its selector.
pub fn parameters_in(text: &str) -> Vec<&str> {
    named_in(text, PLAIN)
}

/// The secrets that a text refers to by `{{ ssm-secure:name }}`, each with its selector.
pub fn secrets_in(text: &str) -> Vec<&str> {
    named_in(text, SECRET)
}

fn named_in<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let (mut from, mut found) = (0, Vec::new());
    while let Some((start, end, name)) = next_placeholder(text, from) {
        match name.strip_prefix(prefix) {
            Some(parameter) => {
                found.push(parameter);
                from = end;
            }
            None => from = start + 1,
        }
    }
    found
}

/// The text with each `{{ ssm:name }}` replaced by what `value` says of the name and its selector.
///
/// # Errors
/// What `value` answers.
pub fn replace<E>(text: &str, value: impl FnMut(&str) -> Result<String, E>) -> Result<String, E> {
    replace_named(text, PLAIN, value)
}

/// The text with each `{{ ssm-secure:name }}` replaced. What is put in is not looked at again.
///
/// # Errors
/// What `value` answers.
pub fn replace_secrets<E>(text: &str, value: impl FnMut(&str) -> Result<String, E>) -> Result<String, E> {
    replace_named(text, SECRET, value)
}

fn replace_named<E>(
    text: &str,
    prefix: &str,
    mut value: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let (mut replaced, mut kept_from, mut from) = (String::new(), 0, 0);
    while let Some((start, end, name)) = next_placeholder(text, from) {
        let Some(parameter) = name.strip_prefix(prefix) else {
            from = start + 1;
            continue;
        };
        replaced.push_str(text.get(kept_from..start).unwrap_or_default());
        replaced.push_str(&value(parameter)?);
        (kept_from, from) = (end, end);
    }
    replaced.push_str(text.get(kept_from..).unwrap_or_default());
    Ok(replaced)
}

/// The first reference of a text, as it is written there.
pub(crate) fn in_text(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some((start, end, name)) = next_placeholder(text, from) {
        if is_reference(name) {
            return text.get(start..end);
        }
        from = start + 1;
    }
    None
}

/// The first reference in the texts of a value, at any depth, in one way of writing.
pub fn in_value(value: &Value) -> Option<String> {
    let mut names = Vec::new();
    names_in(value, &mut names);
    names.into_iter().find(|name| is_reference(name)).map(|name| format!("{{{{ {name} }}}}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn given_a_text_when_replaced_then_only_plain_references_are() {
        let text = "a {{ssm:x}} {{ y }} {{ ssm:/a/b:3 }}{{ssm-secure:z}} {{ssm:x} {{";
        assert_eq!(parameters_in(text), ["x", "/a/b:3"]);
        let replaced = replace(text, |name| Ok::<_, ()>(format!("<{name}>")));
        assert_eq!(replaced.unwrap(), "a <x> {{ y }} </a/b:3>{{ssm-secure:z}} {{ssm:x} {{");
        assert_eq!(replace("{{ssm:x}}", |_| Err("no")), Err("no"));
        assert_eq!(secrets_in(text), ["z"]);
        let replaced = replace_secrets("<{{ ssm-secure:/a:2 }}>{{ssm:a}}", |name| {
            Ok::<_, ()>(format!("{{{{ssm-secure:{name}}}}}"))
        });
        assert_eq!(
            replaced.unwrap(),
            "<{{ssm-secure:/a:2}}>{{ssm:a}}",
            "what is put in is not looked at again"
        );
    }

    #[test]
    fn given_texts_when_searched_then_references_are_found_and_other_braces_are_not() {
        for (text, found) in [
            ("{{ssm:a}}", Some("{{ssm:a}}")),
            ("x {{  ssm:/a/b:3  }} y", Some("{{  ssm:/a/b:3  }}")),
            ("{{ ssm-secure:a }}", Some("{{ ssm-secure:a }}")),
            ("{{.Names}} {{ssm:a}}", Some("{{ssm:a}}")),
            ("{{ .Names }}", None),
            ("{{ ssmx:a }} {{ a }} {{ssm:a}", None),
            ("ssm:a", None),
        ] {
            assert_eq!(in_text(text), found, "{text}");
            let nested = json!({"k": [1, null, {"x": text}]});
            assert_eq!(in_value(&nested).is_some(), found.is_some(), "{text}");
        }
    }
}
