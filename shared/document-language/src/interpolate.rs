//! Placeholders and what takes their place.

use serde_json::{Map, Value};

/// What the placeholders of one document stand for.
#[derive(Debug, Clone, Default)]
pub struct Values {
    values: Map<String, Value>,
}

impl Values {
    /// Values by name. A null says "declared without a value" and renders as `null`.
    pub fn new(values: Map<String, Value>) -> Self {
        Values { values }
    }

    /// The value of one name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The same values with some replaced, for places where a reference stands instead of the text.
    pub fn with(&self, replaced: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut values = self.values.clone();
        values.extend(replaced);
        Values { values }
    }

    /// Replaces every placeholder in the texts of a value, at any depth; keys stay as they are. One pass:
    /// what was put in is not looked at again, so that no value can smuggle in a placeholder.
    pub fn interpolate(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => Value::Array(items.iter().map(|v| self.interpolate(v)).collect()),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(k, v)| (k.clone(), self.interpolate(v))).collect())
            }
            other => other.clone(),
        }
    }

    /// Replaces in one text. A text that is exactly one placeholder becomes the typed value.
    pub fn text(&self, text: &str) -> Value {
        if let Some((0, end, name)) = next_placeholder(text, 0)
            && end == text.len()
            && let Some(value) = self.values.get(name)
        {
            return value.clone();
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        let mut from = 0;
        while let Some((start, end, name)) = next_placeholder(text, from) {
            from = match self.values.get(name) {
                Some(value) => {
                    out.push_str(&text[done..start]);
                    out.push_str(&embedded(value));
                    done = end;
                    end
                }
                // Undeclared names belong to somebody else's template language.
                None => start + 1,
            };
        }
        out.push_str(&text[done..]);
        Value::String(out)
    }

    /// Whether the text refers to at least one of the names.
    pub fn refers(&self, text: &str) -> bool {
        let mut from = 0;
        while let Some((start, _, name)) = next_placeholder(text, from) {
            if self.values.contains_key(name) {
                return true;
            }
            from = start + 1;
        }
        false
    }
}

/// The text a value has inside a longer text. A doubled dollar becomes a single one there: a quirk of the
/// original agent that documents in the wild have learned to write for.
fn embedded(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.replace("$$", "$")
}

/// The next `{{ name }}` at or after a byte position: its start, its end and the name. The name is anything
/// between the braces without braces and inner blanks, so dotted and colon names are found as well.
pub fn next_placeholder(text: &str, from: usize) -> Option<(usize, usize, &str)> {
    let mut at = from;
    while let Some(found) = text.get(at..)?.find("{{") {
        let start = at + found;
        let rest = &text[start + 2..];
        if let Some(close) = rest.find("}}") {
            let name = rest[..close].trim_matches([' ', '\t', '\n', '\r']);
            if !name.is_empty() && !name.contains(['{', '}', ' ', '\t', '\n', '\r']) {
                return Some((start, start + 2 + close + 2, name));
            }
        }
        at = start + 1;
    }
    None
}

/// All names between double braces in the texts of a value, at any depth.
pub(crate) fn names_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let mut from = 0;
            while let Some((start, _, name)) = next_placeholder(text, from) {
                found.push(name.to_owned());
                from = start + 1;
            }
        }
        Value::Array(items) => items.iter().for_each(|v| names_in(v, found)),
        Value::Object(map) => map.values().for_each(|v| names_in(v, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn values() -> Values {
        let Value::Object(map) = json!({
            "s": "x y", "l": ["x", "y z"], "m": {"k": [1]}, "n": null, "d": "a$$b$1", "r": "{{ s }}"
        }) else {
            unreachable!()
        };
        Values::new(map)
    }

    #[test]
    fn given_one_placeholder_alone_when_interpolated_then_the_type_is_kept() {
        for (text, wanted) in [
            ("{{s}}", json!("x y")),
            ("{{   l }}", json!(["x", "y z"])),
            ("{{ m }}", json!({"k": [1]})),
            ("{{ n }}", json!(null)),
            ("{{ d }}", json!("a$$b$1")),
            ("{{ r }}", json!("{{ s }}")),
        ] {
            assert_eq!(values().text(text), wanted, "{text}");
        }
    }

    #[test]
    fn given_an_embedded_placeholder_when_interpolated_then_it_is_text() {
        for (text, wanted) in [
            ("a {{ s }}.{{s}}", "a x y.x y"),
            ("-{{ l }}", "-[\"x\",\"y z\"]"),
            ("-{{ m }}", "-{\"k\":[1]}"),
            ("-{{ n }}", "-null"),
            ("-{{ d }}", "-a$b$1"),
            ("-{{ r }}", "-{{ s }}"),
            (" {{ s }}", " x y"),
            ("{{{ s }}}", "{x y}"),
            ("{{ unknown }} {{ s }}", "{{ unknown }} x y"),
            ("{{ s", "{{ s"),
            ("{{ a b }}{{ ssm:x }}", "{{ a b }}{{ ssm:x }}"),
        ] {
            assert_eq!(values().text(text), json!(wanted), "{text}");
        }
    }

    #[test]
    fn given_nested_values_when_interpolated_then_keys_stay() {
        let before = json!({"{{ s }}": [{"a": "{{ s }}"}, 1, true]});
        assert_eq!(values().interpolate(&before), json!({"{{ s }}": [{"a": "x y"}, 1, true]}));
    }

    proptest! {
        #[test]
        fn text_without_known_names_is_untouched(text in "[{} a-zäö$]{0,40}") {
            prop_assert_eq!(Values::default().text(&text), Value::String(text));
        }

        #[test]
        fn nothing_panics(text in any::<String>(), braces in "[{} slnmé]{0,40}") {
            let _ = values().text(&text);
            let _ = values().text(&braces);
        }
    }
}
