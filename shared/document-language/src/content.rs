//! Content as it is stored: its format, its limits, its hash and its conversion.

use serde_json::Value;
use sha2::{Digest, Sha256};

pub use crate::format::{Format, MAX_DEPTH, MAX_DOCUMENT_BYTES, UnknownFormat};
use crate::{error::Error, normalize, yaml};

/// Reads content within the limits. Plain text becomes null, because it has no structure.
pub fn parse(content: &str, format: Format) -> Result<Value, Error> {
    if content.len() > MAX_DOCUMENT_BYTES {
        return Err(Error::TooLarge(content.len()));
    }
    let value = match format {
        Format::Text => return Ok(Value::Null),
        Format::Yaml => return yaml::parse(content),
        Format::Json => {
            serde_json::from_str(content).map_err(|e| Error::Syntax { format, reason: e.to_string() })?
        }
    };
    if deeper_than(&value, MAX_DEPTH) {
        return Err(Error::TooDeep);
    }
    Ok(value)
}

/// The hex SHA-256 of the content exactly as it is stored.
pub fn hash(content: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(content.as_bytes()))
}

/// Rewrites content in another format with the order of the keys kept. The same format gives the same text.
pub fn convert(content: &str, from: Format, to: Format) -> Result<String, Error> {
    if from == to {
        return Ok(content.to_owned());
    }
    if from == Format::Text || to == Format::Text {
        return Err(Error::Format { found: from, wanted: to.to_string() });
    }
    let mut value = parse(content, from)?;
    normalize::schema_version(&mut value);
    match to {
        Format::Yaml => {
            serde_yaml_ng::to_string(&value).map_err(|e| Error::Syntax { format: to, reason: e.to_string() })
        }
        _ => serde_json::to_string_pretty(&value)
            .map_err(|e| Error::Syntax { format: to, reason: e.to_string() }),
    }
}

/// Removes the looseness that YAML authors leave in a document, so that strict readers can take it: a number as
/// schemaVersion, bare words of other types among the texts of the parameters, types in lower case, empty
/// elements among the lines of a script, and inputs of aws:downloadContent with a capital.
pub fn normalize(document: &mut Value) {
    normalize::schema_version(document);
    normalize::parameters(document);
    normalize::inputs(document);
}

fn deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|v| deeper_than(v, levels - 1)),
        Value::Object(map) => levels == 0 || map.values().any(|v| deeper_than(v, levels - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn given_a_format_name_when_parsed_then_it_round_trips() {
        for name in ["JSON", "YAML", "TEXT"] {
            assert_eq!(name.parse::<Format>().unwrap().to_string(), name);
        }
        assert!("json".parse::<Format>().is_err());
    }

    #[test]
    fn given_yaml_declared_as_json_when_parsed_then_it_is_refused() {
        assert!(matches!(parse("a: 1", Format::Json), Err(Error::Syntax { .. })));
        assert!(matches!(parse("{\"a\": 1", Format::Json), Err(Error::Syntax { .. })));
    }

    #[test]
    fn given_too_large_or_too_deep_content_when_parsed_then_it_is_refused() {
        let large = format!("\"{}\"", "x".repeat(MAX_DOCUMENT_BYTES));
        assert!(matches!(parse(&large, Format::Json), Err(Error::TooLarge(_))));
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(parse(&deep, Format::Json), Err(Error::TooDeep));
        assert_eq!(parse(&deep, Format::Yaml), Err(Error::TooDeep));
    }

    #[test]
    fn given_a_number_as_schema_version_when_converted_then_it_is_text_and_order_is_kept() {
        let json = convert("zeta: 1\nschemaVersion: 2.0\nalpha: x\n", Format::Yaml, Format::Json).unwrap();
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["schemaVersion"], "2.0");
        assert_eq!(value.as_object().unwrap().keys().collect::<Vec<_>>(), ["zeta", "schemaVersion", "alpha"]);
    }

    #[test]
    fn given_text_when_hashed_then_the_known_digest_results() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn given_text_format_when_converted_then_it_is_refused() {
        assert!(matches!(convert("x", Format::Text, Format::Json), Err(Error::Format { .. })));
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[ -~\n\t]{0,30}",
            prop::sample::select(vec![
                "yes", "null", "~", "1e3", "0x1F", "010", "2.2", "- a", "a: b", "<<", "#"
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1000i32..1000).prop_map(|n| json!(f64::from(n) / 8.0)),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(("[a-zA-Z0-9 :]{1,8}", inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>(), flow in "[\\[\\]{}:,&*a \n-]{0,80}") {
            for format in [Format::Json, Format::Yaml, Format::Text] {
                let _ = parse(&text, format);
                let _ = parse(&flow, format);
            }
        }

        #[test]
        fn json_to_yaml_to_json_is_identity(value in values()) {
            let json = serde_json::to_string(&value).unwrap();
            let yaml = convert(&json, Format::Json, Format::Yaml).unwrap();
            let back = convert(&yaml, Format::Yaml, Format::Json).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&back).unwrap(), value);
        }
    }
}
