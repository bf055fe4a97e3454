//! References to the Parameter Store: `{{ ssm:name }}`, `{{ ssm:name:version }}` and `{{ ssm-secure:name }}`.
//!
//! Nothing resolves them yet. A document may hold them, because AWS stores such documents; a command may not, because its
//! script would get the text of the reference instead of what it stands for. Other braces, such as `{{.Names}}`, are
//! somebody else's templates and pass.

use serde_json::Value;

use crate::interpolate::{names_in, next_placeholder};

fn is_reference(name: &str) -> bool {
    name.starts_with("ssm:") || name.starts_with("ssm-secure:")
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
pub(crate) fn in_value(value: &Value) -> Option<String> {
    let mut names = Vec::new();
    names_in(value, &mut names);
    names.into_iter().find(|name| is_reference(name)).map(|name| format!("{{{{ {name} }}}}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
