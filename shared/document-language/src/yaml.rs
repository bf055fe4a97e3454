//! YAML into JSON values, with a budget that aliases cannot break.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Unexpected};
use serde::de::{Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{
    error::Error,
    format::{Format, MAX_DEPTH, MAX_DOCUMENT_BYTES},
};

/// One per node and one per byte of text. Content within the size limit needs far less without aliases.
const BUDGET: usize = 4 * MAX_DOCUMENT_BYTES;

/// Reads one YAML document. CloudFormation tags become their long form (`!Ref x` is `{"Ref": x}`).
pub(crate) fn parse(content: &str) -> Result<Value, Error> {
    let state = State { left: Cell::new(BUDGET), too_deep: Cell::new(false), spent: Cell::new(false) };
    let node = Node { state: &state, depth: 0 };
    node.deserialize(serde_yaml_ng::Deserializer::from_str(content)).map_err(|e| {
        if state.too_deep.get() {
            Error::TooDeep
        } else if state.spent.get() || e.to_string().contains("repetition limit") {
            Error::TooManyAliases
        } else {
            Error::Syntax { format: Format::Yaml, reason: e.to_string() }
        }
    })
}

struct State {
    left: Cell<usize>,
    too_deep: Cell<bool>,
    spent: Cell<bool>,
}

#[derive(Clone, Copy)]
struct Node<'a> {
    state: &'a State,
    depth: usize,
}

impl Node<'_> {
    fn spend<E: serde::de::Error>(self, cost: usize) -> Result<(), E> {
        match self.state.left.get().checked_sub(cost + 1) {
            Some(left) => {
                self.state.left.set(left);
                Ok(())
            }
            None => {
                self.state.spent.set(true);
                Err(E::custom("the expanded document is too large"))
            }
        }
    }

    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            self.state.too_deep.set(true);
            return Err(E::custom("the document is nested too deeply"));
        }
        Ok(Node { state: self.state, depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can express")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.spend(0).map(|()| Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.spend(0).map(|()| Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.spend(0).map(|()| Value::from(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.spend(0).map(|()| Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.spend(0)?;
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &"a finite number"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.spend(text.len()).map(|()| Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let inner = self.inner()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(inner)? {
            let key = match key {
                Value::String(key) => key,
                Value::Bool(_) | Value::Number(_) => key.to_string(),
                _ => {
                    return Err(A::Error::custom(
                        "a key is neither text nor a number; a placeholder such as {{ name }} needs quotes around it",
                    ));
                }
            };
            let value = entries.next_value_seed(inner)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} occurs twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (tag, content) = tagged.variant::<String>()?;
        let inner = self.inner()?;
        let value = content.newtype_variant_seed(inner)?;
        let name = tag.trim_start_matches('!');
        self.spend(name.len())?;
        let key = match name {
            "Ref" | "Condition" => name.to_owned(),
            _ => format!("Fn::{name}"),
        };
        Ok(Value::Object(Map::from_iter([(key, value)])))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn given_an_alias_bomb_when_parsed_then_it_is_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..8 {
            let before = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", ")));
        }
        assert_eq!(parse(&bomb), Err(Error::TooManyAliases));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(30_000), ["*a"; 200].join(", "));
        assert_eq!(parse(&long), Err(Error::TooManyAliases));
    }

    #[test]
    fn given_a_plain_alias_and_tags_when_parsed_then_they_expand() {
        assert_eq!(parse("a: &x {b: 1}\nc: *x\n").unwrap(), json!({"a": {"b": 1}, "c": {"b": 1}}));
        assert_eq!(
            parse("a: !Ref x\nb: !Sub '${x}'\n").unwrap(),
            json!({"a": {"Ref": "x"}, "b": {"Fn::Sub": "${x}"}})
        );
    }

    #[test]
    fn given_duplicate_keys_or_odd_keys_when_parsed_then_they_are_refused() {
        assert!(parse("a: 1\na: 2\n").is_err());
        assert!(parse("[1]: 2\n").is_err());
        assert_eq!(parse("1: a\ntrue: b\n").unwrap(), json!({"1": "a", "true": "b"}));
        assert!(parse("a: .inf\n").is_err());
        assert!(parse("a: 1\n---\nb: 2\n").is_err());
    }
}
