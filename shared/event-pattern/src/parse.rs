//! Reads patterns, and says what is wrong with them in AWS's words.

use crate::{Cidr, Field, Number, Refused, Test};
use serde_json::{Map, Value};
use std::{cmp::Ordering, net::IpAddr};

/// AWS's limit of what the alternatives of all `$or`s multiply to.
const MAX_ALTERNATIVES: usize = 1_000;
const OR: &str = "$or";
/// What `$or` must not be taken for when it stands in it.
const RESERVED: [&str; 8] =
    ["exists", "equals-ignore-case", "prefix", "suffix", "anything-but", "numeric", "cidr", "wildcard"];
const NO_STRING: &str = "match pattern must be a string";
const AFFIX_NO_STRING: &str = "prefix/suffix match pattern must be a string";
const NULL_AFFIX: &str = "Null prefix/suffix not allowed";

type Parsed<T> = Result<T, Refused>;

fn refuse<T>(reason: impl Into<String>) -> Parsed<T> {
    Err(Refused(reason.into()))
}

/// The alternatives of a pattern.
pub(crate) fn pattern(text: &str) -> Parsed<Vec<Vec<Field>>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => object("", &members),
        Ok(_) => refuse("Filter is not an object"),
        Err(error) => refuse(format!("It is not JSON: {error}")),
    }
}

/// What an object wants: all of its members.
fn object(path: &str, members: &Map<String, Value>) -> Parsed<Vec<Vec<Field>>> {
    if members.is_empty() {
        return refuse("Empty objects are not allowed");
    }
    let mut alternatives = vec![Vec::new()];
    for (name, member) in members {
        let wanted = match (name.as_str(), member) {
            (OR, Value::Array(branches)) if is_or(branches) => or(path, branches)?,
            _ => {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match member {
                    Value::Object(members) => object(&path, members)?,
                    Value::Array(values) => {
                        let tests = tests(values)?;
                        vec![vec![Field { path, tests }]]
                    }
                    _ => return refuse(format!("\"{name}\" must be an object or an array")),
                }
            }
        };
        alternatives = both(&alternatives, &wanted)?;
    }
    Ok(alternatives)
}

/// Whether a member `$or` is the operator: at least two objects, none of them empty or of matchers.
fn is_or(branches: &[Value]) -> bool {
    let is_branch = |branch: &Value| {
        branch.as_object().is_some_and(|members| {
            !members.is_empty() && !members.keys().any(|name| RESERVED.contains(&name.as_str()))
        })
    };
    branches.len() > 1 && branches.iter().all(is_branch)
}

fn or(path: &str, branches: &[Value]) -> Parsed<Vec<Vec<Field>>> {
    let mut alternatives = Vec::new();
    for members in branches.iter().filter_map(Value::as_object) {
        alternatives.extend(object(path, members)?);
        if alternatives.len() > MAX_ALTERNATIVES {
            return too_many();
        }
    }
    Ok(alternatives)
}

fn too_many<T>() -> Parsed<T> {
    refuse(format!("Rule is too complex - its $or have more than {MAX_ALTERNATIVES} combinations"))
}

/// Each of the one with each of the other. A path that both name must pass both: the same leaf, as in `{"a.b":…,"a":{"b":…}}`.
fn both(ours: &[Vec<Field>], others: &[Vec<Field>]) -> Parsed<Vec<Vec<Field>>> {
    if ours.len().saturating_mul(others.len()) > MAX_ALTERNATIVES {
        return too_many();
    }
    let each = ours.iter().flat_map(|a| others.iter().map(move |b| a.iter().chain(b).cloned().collect()));
    Ok(each.collect())
}

fn tests(values: &[Value]) -> Parsed<Vec<Test>> {
    if values.is_empty() {
        return refuse("Empty arrays are not allowed");
    }
    values.iter().map(test).collect()
}

fn test(value: &Value) -> Parsed<Test> {
    match value {
        Value::Null => Ok(Test::Null),
        Value::Bool(value) => Ok(Test::Bool(*value)),
        Value::String(text) => Ok(Test::Text(text.clone())),
        Value::Number(number) => Ok(Test::Number(Number(number.clone()))),
        Value::Object(members) => matcher(members),
        Value::Array(_) => refuse("Match value must be String, number, true, false, or null"),
    }
}

/// The one member of an object of matchers.
fn single(members: &Map<String, Value>) -> Parsed<(&str, &Value)> {
    let mut members = members.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        _ => refuse("Only one key allowed in match expression"),
    }
}

fn matcher(members: &Map<String, Value>) -> Parsed<Test> {
    let (name, value) = single(members)?;
    match (name, value) {
        ("exists", Value::Bool(true)) => Ok(Test::Present),
        ("exists", Value::Bool(false)) => Ok(Test::Absent),
        ("exists", _) => refuse("exists match pattern must be either true or false."),
        ("equals-ignore-case", Value::String(text)) => Ok(Test::EqualIgnoringCase(text.to_uppercase())),
        ("prefix", Value::String(text)) => Ok(Test::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Ok(Test::Suffix(text.clone())),
        ("prefix", Value::Object(members)) => ignoring_case(members, "prefix").map(Test::PrefixIgnoringCase),
        ("suffix", Value::Object(members)) => ignoring_case(members, "suffix").map(Test::SuffixIgnoringCase),
        ("wildcard", Value::String(text)) => wildcard(text),
        ("equals-ignore-case" | "prefix" | "suffix" | "wildcard", _) => refuse(format!("{name} {NO_STRING}")),
        ("cidr", Value::String(text)) => cidr(text).map(Test::Cidr),
        ("cidr", _) => refuse(format!("prefix {NO_STRING}")),
        ("numeric", Value::Array(words)) => range(words),
        ("numeric", _) => refuse("Value of numeric must be an array."),
        ("anything-but", value) => anything_but(value),
        _ => refuse(format!("Unrecognized match type {name}")),
    }
}

fn ignoring_case(members: &Map<String, Value>, affix: &str) -> Parsed<String> {
    match single(members)? {
        ("equals-ignore-case", Value::String(text)) => Ok(text.to_uppercase()),
        ("equals-ignore-case", _) => refuse(format!("equals-ignore-case {NO_STRING}")),
        (other, _) => refuse(format!("Unsupported {affix} pattern: {other}")),
    }
}

/// The parts of a wildcard: `\*` is a star and `\\` a backslash.
fn wildcard(text: &str) -> Parsed<Test> {
    let (mut parts, mut part, mut after_star) = (Vec::new(), String::new(), false);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '*' if after_star => return refuse(format!("Consecutive wildcard characters at pos {at}")),
            '*' => parts.push(std::mem::take(&mut part)),
            '\\' => match letters.next() {
                Some((_, escaped @ ('*' | '\\'))) => part.push(escaped),
                _ => return refuse(format!("Invalid escape character at pos {at}")),
            },
            letter => part.push(letter),
        }
        after_star = letter == '*';
    }
    parts.push(part);
    Ok(Test::Wildcard(parts))
}

fn cidr(text: &str) -> Parsed<Cidr> {
    let mut halves = text.split('/');
    let (Some(address), Some(bits), None) = (halves.next(), halves.next(), halves.next()) else {
        return refuse("Malformed CIDR, one '/' required");
    };
    let Ok(bits) = bits.parse::<u32>() else {
        return refuse("Malformed CIDR, mask bits must be an integer");
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return refuse(format!("Nonstandard IP address: {address}"));
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    if bits >= most {
        return refuse(format!("Malformed CIDR, mask bits must be < {most}"));
    }
    Ok(Cidr::new(address, bits))
}

/// `=` and a number, one bound, or a lower and then an upper one.
fn range(words: &[Value]) -> Parsed<Test> {
    let (mut lower, mut upper) = (None, None);
    if words.is_empty() {
        return refuse("Invalid member in numeric match: an operator is wanted");
    }
    for pair in words.chunks(2) {
        let Value::String(operator) = &pair[0] else {
            return refuse(format!("Invalid member in numeric match: {}", pair[0]));
        };
        let bound = match pair.get(1) {
            Some(Value::Number(number)) => Number(number.clone()),
            _ => return refuse(format!("Value of {operator} must be numeric")),
        };
        match operator.as_str() {
            "=" if words.len() == 2 => (lower, upper) = (Some((bound.clone(), true)), Some((bound, true))),
            ">" | ">=" if lower.is_none() && upper.is_none() => lower = Some((bound, operator == ">=")),
            "<" | "<=" if upper.is_none() => upper = Some((bound, operator == "<=")),
            "=" | ">" | ">=" | "<" | "<=" => {
                return refuse(format!("Bad numeric range operator: {operator}"));
            }
            _ => return refuse(format!("Unrecognized numeric range operator: {operator}")),
        }
    }
    match (&lower, &upper) {
        (Some((bottom, _)), Some((top, _)))
            if words.len() > 2 && bottom.order(top) != Some(Ordering::Less) =>
        {
            refuse("Bottom must be less than top")
        }
        _ => Ok(Test::Range { lower, upper }),
    }
}

fn anything_but(value: &Value) -> Parsed<Test> {
    match value {
        Value::String(_) | Value::Number(_) => Ok(Test::AnythingBut(vec![test(value)?])),
        Value::Array(values) => {
            let all = |is: fn(&Value) -> bool| !values.is_empty() && values.iter().all(is);
            if !all(Value::is_string) && !all(Value::is_number) {
                return refuse("Inside anything but list, start|null|boolean is not supported.");
            }
            tests(values).map(Test::AnythingBut)
        }
        Value::Object(members) => {
            let (name, value) = single(members)?;
            let values = match value {
                Value::Array(values) => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            if values.is_empty() {
                return refuse("Empty arrays are not allowed");
            }
            values.iter().map(|value| but(name, value)).collect::<Parsed<_>>().map(Test::AnythingBut)
        }
        _ => refuse("Value of anything-but must be an array or single string/number value."),
    }
}

/// What a text must not be, by a matcher.
fn but(name: &str, value: &Value) -> Parsed<Test> {
    match (name, value) {
        ("prefix" | "suffix", Value::String(text)) if text.is_empty() => refuse(NULL_AFFIX),
        ("prefix", Value::String(text)) => Ok(Test::Prefix(text.clone())),
        ("suffix", Value::String(text)) => Ok(Test::Suffix(text.clone())),
        ("prefix" | "suffix", _) => refuse(AFFIX_NO_STRING),
        ("equals-ignore-case", Value::String(text)) => Ok(Test::EqualIgnoringCase(text.to_uppercase())),
        ("wildcard", Value::String(text)) => wildcard(text),
        ("equals-ignore-case" | "wildcard", _) => {
            refuse(format!("Inside anything-but/{name} list, number|start|null|boolean is not supported."))
        }
        _ => refuse(format!("Unsupported anything-but pattern: {name}")),
    }
}
