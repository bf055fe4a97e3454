//! Is a request's input what its model says? One walk over the JSON, before anything parses it further.
//!
//! A value of the wrong type ends the walk. Everything else that is wrong is reported together, in AWS's
//! words: clients and their tests compare them.

mod render;
#[cfg(test)]
mod tests;

use crate::models::Model;
use crate::shapes::{Kind, Shape, ShapeId};
use data_encoding::BASE64;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// More violations than this are counted and not told.
const MAX_REPORTED_PROBLEMS: usize = 100;

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{found} can not be converted to {wanted} at '{path}'")]
    Type { path: String, found: &'static str, wanted: &'static str },
    #[error("{count} validation error{} detected: {}", if *count == 1 { "" } else { "s" }, told.join("; "))]
    Constraints { count: usize, told: Vec<String> },
}

impl Error {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Type { .. } => "SerializationException",
            Self::Constraints { .. } => "ValidationException",
        }
    }
}

/// Checks an input against its shape.
///
/// # Errors
/// When a value has the wrong type, or when constraints are not kept: then with all of them.
pub fn validate(model: &Model, input: ShapeId, value: &Map<String, Value>) -> Result<(), Error> {
    let mut walk = Walk { model, count: 0, told: Vec::new() };
    walk.structure(input, value, None, false)?;
    if walk.count == 0 { Ok(()) } else { Err(Error::Constraints { count: walk.count, told: walk.told }) }
}

/// Where the walk is; written out only when there is something to say.
#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Member(&'a str),
    Index(usize),
    Key(&'a str),
}

impl Path<'_> {
    fn text(&self) -> String {
        let mut text = self.parent.map(|parent| parent.text() + ".").unwrap_or_default();
        match self.part {
            Part::Member(name) => text.push_str(&camel(name)),
            Part::Index(index) => text.push_str(&format!("{index}.member")),
            Part::Key(key) => text.push_str(&format!("{key}.member")),
        }
        text
    }
}

/// A member's name as messages spell it.
fn camel(name: &str) -> Cow<'_, str> {
    match name.as_bytes().first() {
        Some(first) if first.is_ascii_uppercase() => {
            let mut name = name.to_owned();
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            Cow::Owned(name)
        }
        _ => Cow::Borrowed(name),
    }
}

struct Walk<'m> {
    model: &'m Model,
    count: usize,
    told: Vec<String>,
}

impl Walk<'_> {
    /// `shown`: the value as it may be seen, quoted; empty when it may not.
    fn tell(&mut self, path: &Path<'_>, shown: &str, constraint: &str) {
        self.count += 1;
        if self.told.len() < MAX_REPORTED_PROBLEMS {
            let blank = if shown.is_empty() { "" } else { " " };
            let path = path.text();
            self.told
                .push(format!("Value{blank}{shown} at '{path}' failed to satisfy constraint: {constraint}"));
        }
    }

    fn shown(&self, id: ShapeId, value: &Value, hidden: bool) -> String {
        let shown = if hidden { None } else { render::shown(self.model, id, value) };
        shown.map(|shown| format!("'{shown}'")).unwrap_or_default()
    }

    fn structure(
        &mut self,
        id: ShapeId,
        value: &Map<String, Value>,
        parent: Option<&Path<'_>>,
        hidden: bool,
    ) -> Result<(), Error> {
        let Kind::Structure(members) = &self.model.shape(id).kind else { return Ok(()) };
        for member in members {
            let path = Path { parent, part: Part::Member(&member.name) };
            match value.get(&member.name) {
                None | Some(Value::Null) if member.required => {
                    self.tell(&path, "null", "Member must not be null");
                }
                None | Some(Value::Null) => {}
                Some(value) => self.value(member.shape, value, &path, hidden)?,
            }
        }
        Ok(())
    }

    /// `hidden`: an outer shape is sensitive, so nothing in it may be shown.
    fn value(&mut self, id: ShapeId, value: &Value, path: &Path<'_>, hidden: bool) -> Result<(), Error> {
        let model = self.model;
        let shape = model.shape(id);
        let hidden = hidden || shape.sensitive;
        check_type(shape, value, path)?;
        self.own(id, value, path, hidden);
        match (&shape.kind, value) {
            (Kind::Structure(_), Value::Object(members)) => self.structure(id, members, Some(path), hidden),
            (Kind::List(element), Value::Array(elements)) => {
                if flat(model, *element) {
                    return self.flat_list(id, *element, value, path, hidden);
                }
                for (at, value) in elements.iter().enumerate() {
                    self.value(
                        *element,
                        value,
                        &Path { parent: Some(path), part: Part::Index(at + 1) },
                        hidden,
                    )?;
                }
                Ok(())
            }
            (Kind::Map { key, value: element }, Value::Object(entries)) => {
                if !entries.keys().all(|name| holds_string(model.shape(*key), name)) {
                    let constraints = constraints(model, *key).join(", ");
                    let shown = self.shown(id, value, hidden);
                    self.tell(path, &shown, &format!("Map keys must satisfy constraint: [{constraints}]"));
                }
                if flat(model, *element) {
                    return self.flat_map(id, *element, value, path, hidden);
                }
                for (name, value) in entries {
                    self.value(*element, value, &Path { parent: Some(path), part: Part::Key(name) }, hidden)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The constraints that a value itself breaks, each told on its own.
    fn own(&mut self, id: ShapeId, value: &Value, path: &Path<'_>, hidden: bool) {
        for broken in Broken::of(self.model.shape(id), value) {
            let shown = self.shown(id, value, hidden);
            let constraint = broken.text(self.model.shape(id));
            self.tell(path, &shown, &constraint);
        }
    }

    /// A list without structures is told once, whatever is wrong in it.
    fn flat_list(
        &mut self,
        id: ShapeId,
        element: ShapeId,
        list: &Value,
        path: &Path<'_>,
        hidden: bool,
    ) -> Result<(), Error> {
        let mut kept = true;
        for (at, value) in list.as_array().into_iter().flatten().enumerate() {
            let path = Path { parent: Some(path), part: Part::Index(at + 1) };
            kept &= holds(self.model, element, value, &path)?;
        }
        if !kept {
            let constraints = constraints(self.model, element).join(", ");
            let shown = self.shown(id, list, hidden);
            self.tell(path, &shown, &format!("Member must satisfy constraint: [{constraints}]"));
        }
        Ok(())
    }

    fn flat_map(
        &mut self,
        id: ShapeId,
        element: ShapeId,
        map: &Value,
        path: &Path<'_>,
        hidden: bool,
    ) -> Result<(), Error> {
        let mut kept = true;
        for (key, value) in map.as_object().into_iter().flatten() {
            let path = Path { parent: Some(path), part: Part::Key(key) };
            kept &= holds(self.model, element, value, &path)?;
        }
        if !kept {
            let constraints = constraints(self.model, element).join(", ");
            let shown = self.shown(id, map, hidden);
            self.tell(path, &shown, &format!("Map value must satisfy constraint: [{constraints}]"));
        }
        Ok(())
    }
}

/// Whether no structure is in a shape.
fn flat(model: &Model, id: ShapeId) -> bool {
    match model.shape(id).kind {
        Kind::Structure(_) => false,
        Kind::List(element) | Kind::Map { value: element, .. } => flat(model, element),
        _ => true,
    }
}

/// Whether a value without structures keeps all its constraints, however deep.
fn holds(model: &Model, id: ShapeId, value: &Value, path: &Path<'_>) -> Result<bool, Error> {
    let shape = model.shape(id);
    check_type(shape, value, path)?;
    let mut kept = Broken::of(shape, value).next().is_none();
    match (&shape.kind, value) {
        (Kind::List(element), Value::Array(elements)) => {
            for (at, value) in elements.iter().enumerate() {
                kept &=
                    holds(model, *element, value, &Path { parent: Some(path), part: Part::Index(at + 1) })?;
            }
        }
        (Kind::Map { key, value: element }, Value::Object(entries)) => {
            for (name, value) in entries {
                kept &= holds_string(model.shape(*key), name);
                kept &= holds(model, *element, value, &Path { parent: Some(path), part: Part::Key(name) })?;
            }
        }
        _ => {}
    }
    Ok(kept)
}

/// All the constraints of a shape and of what is in it, in the order in which AWS lists them.
fn constraints(model: &Model, id: ShapeId) -> Vec<String> {
    let shape = model.shape(id);
    let mut list: Vec<_> =
        Broken::ALL.iter().filter(|one| one.exists(shape)).map(|one| one.text(shape)).collect();
    match shape.kind {
        Kind::List(element) => {
            let inner = constraints(model, element);
            if !inner.is_empty() {
                list.push(format!("Member must satisfy constraint: [{}]", inner.join(", ")));
            }
        }
        Kind::Map { key, value } => {
            for (what, id) in [("Map keys", key), ("Map value", value)] {
                let inner = constraints(model, id);
                if !inner.is_empty() {
                    list.push(format!("{what} must satisfy constraint: [{}]", inner.join(", ")));
                }
            }
        }
        _ => {}
    }
    list
}

/// A kind of constraint.
#[derive(Clone, Copy)]
enum Broken {
    Max,
    Min,
    Pattern,
    Values,
}

impl Broken {
    const ALL: [Self; 4] = [Self::Max, Self::Min, Self::Pattern, Self::Values];

    /// The constraints of a shape that a value of the right type does not keep.
    fn of<'a>(shape: &'a Shape, value: &'a Value) -> impl Iterator<Item = Self> + 'a {
        let size = size(shape, value);
        let text = value.as_str();
        Self::ALL.into_iter().filter(move |one| match one {
            Self::Max => shape.max.is_some_and(|max| size.is_some_and(|size| size > f64_of(max))),
            Self::Min => shape.min.is_some_and(|min| size.is_some_and(|size| size < f64_of(min))),
            Self::Pattern => {
                shape.pattern.as_ref().is_some_and(|pattern| text.is_some_and(|text| !pattern.is_match(text)))
            }
            Self::Values => {
                !shape.values.is_empty()
                    && text.is_some_and(|text| shape.values.iter().all(|value| value != text))
            }
        })
    }

    fn exists(self, shape: &Shape) -> bool {
        match self {
            Self::Max => shape.max.is_some(),
            Self::Min => shape.min.is_some(),
            Self::Pattern => shape.pattern.is_some(),
            Self::Values => !shape.values.is_empty(),
        }
    }

    fn text(self, shape: &Shape) -> String {
        let measure = match shape.kind {
            Kind::Integer | Kind::Long | Kind::Float => "value",
            _ => "length",
        };
        match self {
            Self::Max => {
                format!("Member must have {measure} less than or equal to {}", shape.max.unwrap_or_default())
            }
            Self::Min => {
                format!(
                    "Member must have {measure} greater than or equal to {}",
                    shape.min.unwrap_or_default()
                )
            }
            Self::Pattern => {
                let source =
                    shape.pattern.as_ref().map(|pattern| pattern.source.as_str()).unwrap_or_default();
                format!("Member must satisfy regular expression pattern: {source}")
            }
            Self::Values => format!("Member must satisfy enum value set: [{}]", shape.values.join(", ")),
        }
    }
}

fn holds_string(shape: &Shape, text: &str) -> bool {
    let constrained = Broken::ALL.iter().any(|one| one.exists(shape));
    !constrained || Broken::of(shape, &Value::String(text.to_owned())).next().is_none()
}

#[allow(clippy::cast_precision_loss)] // Limits are far below 2^53.
fn f64_of(limit: i64) -> f64 {
    limit as f64
}

/// What min and max are about: a length or the number itself.
fn size(shape: &Shape, value: &Value) -> Option<f64> {
    if shape.min.is_none() && shape.max.is_none() {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // A request is far shorter than 2^53.
    let length = |length: usize| length as f64;
    match value {
        Value::String(text) if matches!(shape.kind, Kind::Blob) => {
            Some(length(BASE64.decode(text.as_bytes()).map_or(0, |bytes| bytes.len())))
        }
        Value::String(text) => Some(length(text.chars().count())),
        Value::Array(elements) => Some(length(elements.len())),
        Value::Object(entries) => Some(length(entries.len())),
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}

fn check_type(shape: &Shape, value: &Value, path: &Path<'_>) -> Result<(), Error> {
    let (fits, wanted) = match &shape.kind {
        Kind::Structure(_) => (value.is_object(), "a structure"),
        Kind::Map { .. } => (value.is_object(), "a map"),
        Kind::List(_) => (value.is_array(), "a list"),
        Kind::String => (value.is_string(), "a String"),
        Kind::Blob => (value.as_str().is_some_and(|text| BASE64.decode(text.as_bytes()).is_ok()), "a Blob"),
        Kind::Boolean => (value.is_boolean(), "a Boolean"),
        Kind::Integer => (value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()), "an Integer"),
        Kind::Long => (value.as_i64().is_some(), "a Long"),
        Kind::Float => (value.is_number(), "a Double"),
        Kind::Timestamp => (value.is_number(), "a Timestamp"),
    };
    if fits {
        return Ok(());
    }
    let found = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    Err(Error::Type { path: path.text(), found, wanted })
}
