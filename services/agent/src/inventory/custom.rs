//! Custom types: what somebody describes in the files of a folder.

use super::Collected;
use reeve_inventory_model::{Entry, check, types};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, path::Path};

/// A larger file is not what it is said to be.
const MAX_FILE_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    schema_version: String,
    type_name: String,
    content: Value,
}

/// The types of a folder, and why files were refused: one that is wrong costs only itself.
pub fn collect(folder: &Path) -> (Vec<Collected>, Vec<String>) {
    let Ok(listed) = std::fs::read_dir(folder) else { return (Vec::new(), Vec::new()) };
    let mut paths: Vec<_> = listed.flatten().map(|one| one.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let (mut found, mut refused, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for path in paths {
        let read = read(&path).and_then(|one| match names.insert(one.type_name.clone()) {
            true => Ok(one),
            false => Err(format!("{} is described by another file already", one.type_name)),
        });
        match read {
            Ok(one) => found.push(one),
            Err(reason) => refused.push(format!("{}: {}.", path.display(), reason.trim_end_matches('.'))),
        }
    }
    (found, refused)
}

fn read(path: &Path) -> Result<Collected, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("it has {size} bytes: {MAX_FILE_BYTES} are allowed"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let of: Described = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if !types::is_custom(&of.type_name) {
        let rule = "it must be Custom: and a name without blanks and without /";
        return Err(format!("TypeName is {:?}; {rule}", of.type_name));
    }
    let entries = match &of.content {
        Value::Object(one) => vec![entry(one)?],
        Value::Array(many) => many.iter().map(one_of_many).collect::<Result<_, _>>()?,
        _ => return Err("Content is neither an object nor a list of objects".to_owned()),
    };
    for entry in &entries {
        check(&of.type_name, entry)?;
    }
    let version = of.schema_version.split('.').collect::<Vec<_>>();
    let is_number = |part: &&str| (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if version.len() != 2 || !version.iter().all(is_number) {
        return Err(format!("SchemaVersion is {:?}; it must be such as 1.0", of.schema_version));
    }
    Ok(Collected {
        type_name: of.type_name,
        version: of.schema_version,
        entries: Ok(entries),
        note: String::new(),
    })
}

fn one_of_many(value: &Value) -> Result<Entry, String> {
    value.as_object().ok_or("Content has something else than objects".to_owned()).and_then(entry)
}

fn entry(of: &Map<String, Value>) -> Result<Entry, String> {
    let attribute = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        _ => Err(format!("the value of {name} is {value}, which is no text")),
    };
    of.iter().map(attribute).collect()
}
