//! AWS's service models to Rust: a struct for each structure that the operations reach.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Keywords that a member of a model could be named.
const KEYWORDS: &[&str] =
    &["type", "ref", "match", "enum", "move", "use", "where", "static", "in", "for", "loop"];

/// The members that are always sent, by the names of their structures.
pub type AlwaysSent = BTreeMap<String, Vec<String>>;

pub fn generate(model: &str, file: &str, operations: &[String], always_sent: &AlwaysSent) -> String {
    let model: Value = serde_json::from_str(model).unwrap();
    let shapes = model["shapes"].as_object().unwrap();
    for (structure, sent) in always_sent {
        let known = members(&shapes[structure]);
        let odd: Vec<_> = sent.iter().filter(|member| !known.contains_key(*member)).collect();
        assert!(odd.is_empty(), "{file}: {structure} has no {odd:?}");
    }
    let model = Model { shapes, operations: &model["operations"], always_sent };
    let mut structures = BTreeSet::new();
    for operation in operations {
        let operation_model = &model.operations[operation];
        assert!(operation_model.is_object(), "{file} has no operation {operation}");
        for side in ["input", "output"] {
            if let Some(shape) = operation_model[side]["shape"].as_str() {
                model.reach(shape, &mut structures);
            }
        }
    }
    let mut source = format!("//! Generated from schemas/aws/{file}: do not edit.\n\n");
    source.push_str("use serde::{Deserialize, Serialize};\nuse std::collections::BTreeMap;\n\n");
    source.push_str("/// The operations whose types are here.\npub const OPERATIONS: &[&str] = &[\n");
    for operation in operations {
        writeln!(source, "{operation:?},").unwrap();
    }
    source.push_str("];\n");
    for structure in structures {
        model.structure(structure, operations, &mut source);
    }
    source
}

struct Model<'a> {
    shapes: &'a Map<String, Value>,
    operations: &'a Value,
    always_sent: &'a AlwaysSent,
}

impl<'a> Model<'a> {
    fn reach(&self, shape: &'a str, structures: &mut BTreeSet<&'a str>) {
        let definition = &self.shapes[shape];
        match definition["type"].as_str().unwrap() {
            "structure" if structures.insert(shape) => {
                for member in members(definition).values() {
                    self.reach(member["shape"].as_str().unwrap(), structures);
                }
            }
            "list" => self.reach(definition["member"]["shape"].as_str().unwrap(), structures),
            "map" => self.reach(definition["value"]["shape"].as_str().unwrap(), structures),
            _ => {}
        }
    }

    /// Whether a structure holds another by value, however deep: a list or a map between them is a box already.
    fn holds(&self, outer: &'a str, inner: &str, seen: &mut BTreeSet<&'a str>) -> bool {
        if outer == inner {
            return true;
        }
        let definition = &self.shapes[outer];
        definition["type"] == "structure"
            && seen.insert(outer)
            && members(definition)
                .values()
                .any(|member| self.holds(member["shape"].as_str().unwrap(), inner, seen))
    }

    fn structure(&self, name: &str, operations: &[String], source: &mut String) {
        let definition = &self.shapes[name];
        let role = operations.iter().find_map(|operation| {
            let is = |side: &str| self.operations[operation][side]["shape"] == *name;
            if is("input") {
                Some(format!("What {operation} is asked."))
            } else {
                is("output").then(|| format!("What {operation} answers."))
            }
        });
        writeln!(source, "\n/// {}", role.unwrap_or_else(|| format!("AWS's `{name}`."))).unwrap();
        source.push_str(
            "#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\n#[serde(default)]\n",
        );
        writeln!(source, "pub struct {name} {{").unwrap();
        for (member, reference) in members(definition) {
            let shape = reference["shape"].as_str().unwrap();
            if let Some(values) = self.shapes[shape]["enum"].as_array() {
                let values: Vec<_> =
                    values.iter().map(|value| format!("`{}`", value.as_str().unwrap())).collect();
                writeln!(source, "/// One of {}.", values.join(", ")).unwrap();
            }
            let mut rust = self.rust_type(shape);
            if self.holds(shape, name, &mut BTreeSet::new()) {
                rust = format!("Box<{rust}>");
            }
            let field = field(member);
            let empty = match self.always_sent.get(name).is_some_and(|sent| sent.contains(member)) {
                true => "serialize_with = \"crate::always_sent::or_empty\"",
                false => "skip_serializing_if = \"Option::is_none\"",
            };
            writeln!(source, "#[serde(rename = {member:?}, {empty})]").unwrap();
            writeln!(source, "pub {field}: Option<{rust}>,").unwrap();
        }
        source.push_str("}\n");
    }

    fn rust_type(&self, shape: &str) -> String {
        let definition = &self.shapes[shape];
        let inner = |side: &str| self.rust_type(definition[side]["shape"].as_str().unwrap());
        match definition["type"].as_str().unwrap() {
            "structure" => shape.to_owned(),
            "list" => format!("Vec<{}>", inner("member")),
            "map" => format!("BTreeMap<{}, {}>", inner("key"), inner("value")),
            "string" | "blob" => "String".to_owned(),
            "integer" => "i32".to_owned(),
            "long" => "i64".to_owned(),
            "timestamp" | "float" | "double" => "f64".to_owned(),
            "boolean" => "bool".to_owned(),
            other => panic!("{shape} has the type {other}, which the generator does not know"),
        }
    }
}

fn members(structure: &Value) -> &Map<String, Value> {
    structure["members"].as_object().unwrap()
}

/// `OutputS3BucketName` is `output_s3_bucket_name`, `IPAddress` is `ip_address`.
fn field(member: &str) -> String {
    let characters: Vec<char> = member.chars().collect();
    let mut name = String::new();
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after_starts = characters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let word = before.is_some_and(|before| !before.is_ascii_uppercase() || after_starts);
        if character.is_ascii_uppercase() && word {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
}
