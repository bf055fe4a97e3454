//! A request becomes an operation and its input.

use super::wanted;
use crate::binding::{Binding, Location, Segment, segments};
use crate::errors::Failure;
use crate::incoming::{Incoming, parsed};
use crate::models::{Model, Operation};
use crate::shapes::{Kind, ShapeId};
use data_encoding::BASE64;
use reeve_sigv4::canonical::decoded;
use reeve_types::Timestamp;
use serde_json::{Map, Value};

/// The operation that a method and a path name, and the values of the path's labels; the one with the most literal path,
/// when several fit.
pub fn find<'m>(model: &'m Model, method: &str, path: &str) -> Option<&'m Operation> {
    // A signature does not tell these from paths without them.
    if segments(path).any(|segment| matches!(segment, "" | "." | "..")) {
        return None;
    }
    let fitting = model.operations().filter(|operation| {
        operation.rest.as_ref().is_some_and(|rest| rest.method == method && rest.labels(path).is_some())
    });
    fitting.max_by_key(|operation| {
        let path = operation.rest.as_ref().map(|rest| rest.path.as_slice()).unwrap_or_default();
        path.iter().filter(|segment| matches!(segment, Segment::Text(_))).count()
    })
}

impl Binding {
    /// The labels of a path that fits, still encoded.
    fn labels<'p>(&self, path: &'p str) -> Option<Vec<(&str, &'p str)>> {
        let (mut labels, mut rest) = (Vec::new(), path.strip_prefix('/')?);
        for (at, segment) in self.path.iter().enumerate() {
            let is_last = at + 1 == self.path.len();
            let (first, others) = match segment {
                Segment::Label { greedy: true, .. } if is_last => (rest, None),
                _ => rest.split_once('/').map_or((rest, None), |(first, others)| (first, Some(others))),
            };
            match segment {
                Segment::Text(text) if text == first => {}
                Segment::Label { member, .. } if !first.is_empty() => labels.push((member.as_str(), first)),
                Segment::Text(_) | Segment::Label { .. } => return None,
            }
            match others {
                Some(others) if !is_last => rest = others,
                None if is_last => {}
                Some(_) | None => return None,
            }
        }
        Some(labels)
    }
}

/// The input of a request as one object.
///
/// # Errors
/// `SerializationException` for what cannot be read, with the member's name; `InvalidSignatureException` for a member in a
/// header that was not signed.
pub fn input(
    model: &Model,
    rest: &Binding,
    request: &Incoming<'_>,
    is_signed: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, Failure> {
    let mut input = body(model, rest, &request.body)?;
    let labels = rest.labels(request.path).unwrap_or_default();
    let query = query(request.query)?;
    for (member, shape, location) in &rest.input.members {
        let texts: Vec<String> = match location {
            Location::Path => {
                let label = labels.iter().find(|(name, _)| name == member);
                label.map(|(_, label)| text(label, member)).transpose()?.into_iter().collect()
            }
            Location::Query(name) => {
                query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
            }
            Location::Header(name) if request.headers.contains_key(name) && !is_signed(name) => {
                let message = format!("The header {name} means '{member}' here: it must be signed.");
                return Err(Failure::new("InvalidSignatureException", message));
            }
            Location::Header(name) => request.header(name).map(str::to_owned).into_iter().collect(),
            Location::Status => continue,
        };
        // A member that lies elsewhere is not taken from the body.
        input.shift_remove(member);
        if let Some(value) = value(model, *shape, member, texts)? {
            input.insert(member.clone(), value);
        }
    }
    Ok(input)
}

fn body(model: &Model, rest: &Binding, body: &[u8]) -> Result<Map<String, Value>, Failure> {
    let Some((member, shape)) = &rest.input.payload else { return parsed(body) };
    let value = match model.shape(*shape).kind {
        Kind::Blob => Value::String(BASE64.encode(body)),
        Kind::Structure(_) => Value::Object(parsed(body)?),
        _ => Value::String(String::from_utf8(body.to_vec()).map_err(|_| unreadable(member, "UTF-8"))?),
    };
    Ok(Map::from_iter([(member.clone(), value)]))
}

fn query(query: &str) -> Result<Vec<(String, String)>, Failure> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.map(|(name, value)| Ok((text(name, "query")?, text(value, name)?))).collect()
}

fn text(encoded: &str, member: &str) -> Result<String, Failure> {
    decoded(encoded)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| unreadable(member, "percent-encoded UTF-8"))
}

fn unreadable(member: &str, what: &str) -> Failure {
    Failure::new("SerializationException", format!("The value at '{member}' is not {what}."))
}

/// What a member's text means; a list has several.
fn value(
    model: &Model,
    shape: ShapeId,
    member: &str,
    mut texts: Vec<String>,
) -> Result<Option<Value>, Failure> {
    if let Kind::List(element) = model.shape(shape).kind {
        let values = texts.into_iter().map(|text| scalar(model, element, member, text));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        return Ok((!values.is_empty()).then_some(Value::Array(values)));
    }
    if texts.len() > 1 {
        let message = format!("The member '{member}' is there {} times; it has one value.", texts.len());
        return Err(Failure::new("SerializationException", message));
    }
    texts.pop().map(|text| scalar(model, shape, member, text)).transpose()
}

fn scalar(model: &Model, id: ShapeId, member: &str, text: String) -> Result<Value, Failure> {
    let shape = model.shape(id);
    let value = match shape.kind {
        Kind::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        Kind::Integer | Kind::Long => text.parse::<i64>().ok().map(Value::from),
        Kind::Float => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        Kind::Timestamp => Timestamp::parse_rfc3339(&text).map(|at| Value::from(at.epoch_seconds())),
        _ => return Ok(Value::String(text)),
    };
    value.ok_or_else(|| {
        let message = format!("{text:?} can not be converted to {} at '{member}'", wanted(shape));
        Failure::new("SerializationException", message)
    })
}
