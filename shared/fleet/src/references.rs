//! References of parameters to the Parameter Store: `{{ssm:name}}`, `{{ssm:name:3}}`, `{{ssm:name:label}}`. They are resolved
//! once, when a command is sent or an execution starts.

use crate::parameters::{PARAMETER_VERSIONS, PARAMETERS, ParameterRow, version_key};
use reeve_contracts::run_command::{ParameterReference, SecretReference};
use reeve_document_language::{
    DocumentInput,
    inputs::Shape,
    references::{parameters_in, replace},
};
use reeve_runtime::{ApiError, Handle};
use reeve_types::parameters::{Named, named, version_of};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The values of parameters, without references.
pub struct Referred {
    pub parameters: BTreeMap<String, Vec<String>>,
    /// The same, as they were given: with references, each of which names its version.
    pub pinned: BTreeMap<String, Vec<String>>,
    /// What they were taken from.
    pub references: Vec<ParameterReference>,
}

/// What a reference stands for.
struct Found {
    path: String,
    version: u64,
    is_list: bool,
    value: String,
}

/// Replaces the references in the values that were given, and in the defaults of those that were not. Whether the caller may
/// read the parameters, by their names, is asked of `permitted` before any is looked at.
///
/// # Errors
/// What `permitted` answers; `InvalidParameters` for what there is not, and for what is no plain value.
pub fn resolve(
    handle: &Handle,
    inputs: &[DocumentInput],
    given: &BTreeMap<String, Vec<String>>,
    permitted: impl FnOnce(&BTreeSet<String>) -> Result<(), ApiError>,
) -> Result<Referred, ApiError> {
    let mut parameters = given.clone();
    // In the JSON of a map a value could end the text that it stands in: there a reference stays, and is refused.
    let shape = |name: &String| inputs.iter().find(|input| input.name == *name).map(DocumentInput::shape);
    let is_plain = |name: &String| !matches!(shape(name), Some(Shape::Map | Shape::MapList));
    for input in inputs.iter().filter(|input| !given.contains_key(&input.name) && is_plain(&input.name)) {
        let default = texts(input.default.as_ref());
        if default.iter().any(|text| !parameters_in(text).is_empty()) {
            parameters.insert(input.name.clone(), default);
        }
    }
    let plain = parameters.iter().filter(|(name, _)| is_plain(name));
    let names: BTreeSet<String> =
        plain.flat_map(|(_, texts)| texts).flat_map(|text| parameters_in(text)).map(str::to_owned).collect();
    if names.is_empty() {
        return Ok(Referred { pinned: parameters.clone(), parameters, references: Vec::new() });
    }
    permitted(&names)?;
    let found = names.into_iter().map(|name| Ok((name.clone(), look(handle, &name)?)));
    let found = found.collect::<Result<BTreeMap<String, Found>, ApiError>>()?;
    let mut pinned = parameters.clone();
    for (_, values) in pinned.iter_mut().filter(|(name, _)| is_plain(name)) {
        for text in values {
            *text = replace(text, |name| match found.get(name) {
                Some(found) => Ok(format!("{{{{ssm:{}:{}}}}}", found.path, found.version)),
                None => Err(refused(name, "was not looked at")),
            })?;
        }
    }
    for (name, values) in parameters.iter_mut().filter(|(name, _)| is_plain(name)) {
        *values = replaced(values, shape(name) == Some(Shape::List), &found)?;
    }
    let references =
        found.into_values().map(|found| ParameterReference { path: found.path, version: found.version });
    Ok(Referred { references: references.collect(), parameters, pinned })
}

/// The texts of a default; none for one of another shape, whose references are refused later.
fn texts(default: Option<&Value>) -> Vec<String> {
    match default {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn replaced(
    values: &[String],
    is_list: bool,
    found: &BTreeMap<String, Found>,
) -> Result<Vec<String>, ApiError> {
    let mut replaced = Vec::with_capacity(values.len());
    for text in values {
        let is_alone = text.trim().starts_with("{{")
            && text.trim().ends_with("}}")
            && replace(text.trim(), |_| Ok::<_, ApiError>(String::new()))?.is_empty()
            && parameters_in(text).len() == 1;
        let value = |name: &str| match found.get(name) {
            Some(found) if found.is_list && !is_alone => Err(refused(
                name,
                "is a StringList, which cannot be a part of a longer text: the reference must stand alone",
            )),
            Some(found) => Ok(found.value.clone()),
            None => Err(refused(name, "was not looked at")),
        };
        let whole = replace(text, value)?;
        let of_list = parameters_in(text).first().and_then(|name| found.get(*name));
        match of_list.is_some_and(|found| found.is_list) && is_list {
            true => replaced.extend(whole.trim().split(',').map(str::to_owned)),
            false => replaced.push(whole),
        }
    }
    Ok(replaced)
}

fn refused(name: &str, problem: &str) -> ApiError {
    ApiError::new(
        "InvalidParameters",
        format!("Parameters refers to {{{{ ssm:{name} }}}}: the parameter {problem}."),
    )
}

/// The versions that secrets have now, by the names that refer to them. Whether the caller may read them is asked of `permitted` before
/// any is looked at.
///
/// # Errors
/// What `permitted` answers; `InvalidParameters` for what there is not, and for what is no SecureString.
pub fn secrets(
    handle: &Handle,
    names: BTreeSet<String>,
    permitted: impl FnOnce(&BTreeSet<String>) -> Result<(), ApiError>,
) -> Result<Vec<SecretReference>, ApiError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    permitted(&names)?;
    let refused = |name: &str, problem: &str| {
        let message = format!("The command refers to {{{{ ssm-secure:{name} }}}}: the parameter {problem}.");
        ApiError::new("InvalidParameters", message)
    };
    let views = handle.views();
    let each = names.into_iter().map(|name| {
        let Named { path, selector } = named(&name);
        let row = views.look::<ParameterRow>(PARAMETERS, &path);
        let row = row.ok_or_else(|| refused(&name, "does not exist"))?;
        if row.kind != "SecureString" {
            return Err(refused(&name, "is no SecureString, and is referred to by ssm"));
        }
        let version = selector.map_or(Some(row.latest), |selector| version_of(selector, &row.labels));
        let version = version.filter(|version| (row.oldest..=row.latest).contains(version));
        let version = version.ok_or_else(|| refused(&name, "has no such version or label"))?;
        Ok(SecretReference { name, path, version })
    });
    each.collect()
}

fn look(handle: &Handle, name: &str) -> Result<Found, ApiError> {
    let views = handle.views();
    let Named { path, selector } = named(name);
    let row = views.look::<ParameterRow>(PARAMETERS, &path);
    let row = row.ok_or_else(|| refused(name, "does not exist"))?;
    if row.kind == "SecureString" {
        let problem = "is a SecureString, whose value would stand in the log in plain; only a String or a StringList can \
            be referred to so, and a SecureString by ssm-secure, where a step takes it";
        return Err(refused(name, problem));
    }
    let version = selector.map_or(Some(row.latest), |selector| version_of(selector, &row.labels));
    let value = version.and_then(|version| {
        let value = views.get::<String>(PARAMETER_VERSIONS, &version_key(&path, version))?;
        Some((version, value))
    });
    let (version, value) = value.ok_or_else(|| refused(name, "has no such version or label"))?;
    Ok(Found { path, version, is_list: row.kind == "StringList", value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> BTreeMap<String, Found> {
        let one = |name: &str, value: &str, is_list| {
            let found = Found { path: name.to_owned(), version: 1, is_list, value: value.to_owned() };
            (name.to_owned(), found)
        };
        [one("text", "a, b", false), one("list", "c,d", true)].into()
    }

    fn of(text: &str, is_list: bool) -> Result<Vec<String>, ApiError> {
        replaced(&[text.to_owned(), "x".to_owned()], is_list, &found())
    }

    #[test]
    fn a_list_is_spread_into_a_list_and_a_text_stays_whole() {
        assert_eq!(of("{{ssm:list}}", true).unwrap(), ["c", "d", "x"]);
        assert_eq!(of(" {{ ssm:list }} ", true).unwrap(), ["c", "d", "x"]);
        assert_eq!(of("{{ssm:list}}", false).unwrap(), ["c,d", "x"]);
        assert_eq!(of("{{ssm:text}}", true).unwrap(), ["a, b", "x"]);
        assert_eq!(of("<{{ssm:text}}> {{ssm:text}}", true).unwrap(), ["<a, b> a, b", "x"]);
        assert_eq!(
            of("{{ .Names }} {{ssm-secure:list}}", true).unwrap(),
            ["{{ .Names }} {{ssm-secure:list}}", "x"]
        );
    }

    #[test]
    fn a_list_is_no_part_of_a_text() {
        for text in ["<{{ssm:list}}>", "{{ssm:list}}{{ssm:text}}", "{{ssm:list}} {{ssm:list}}"] {
            let refused = of(text, true).unwrap_err();
            assert!(refused.message.contains("must stand alone"), "{text}: {refused}");
        }
    }
}
