//! Where the members of an operation lie in HTTP, as its model says.

use crate::shapes::{Error, ShapeId};
use serde_json::Value;

/// How one operation lies in HTTP.
#[derive(Clone, Debug)]
pub struct Binding {
    pub method: String,
    pub path: Vec<Segment>,
    /// The status of a success.
    pub status: u16,
    pub input: Bound,
    pub output: Bound,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    /// A member's value; a greedy one takes whatever is left.
    Label {
        member: String,
        greedy: bool,
    },
}

/// Where the members of a structure lie that are not in a JSON body.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    pub members: Vec<(String, ShapeId, Location)>,
    /// The member that is the whole body.
    pub payload: Option<(String, ShapeId)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    Path,
    Query(String),
    Header(String),
    Status,
}

impl Binding {
    /// `http`: the model's member of that name; `sides`: the raw shapes of input and output, and how to find a member's.
    pub fn parse(
        operation: &str,
        http: &Value,
        sides: [Option<&Value>; 2],
        shape: impl Fn(&str) -> Result<ShapeId, Error>,
    ) -> Result<Self, Error> {
        let uri = http["requestUri"].as_str().unwrap_or("/");
        let unbound = |what: &str| Error::Binding { operation: operation.to_owned(), what: what.to_owned() };
        if uri.contains('?') {
            return Err(unbound(uri));
        }
        let [input, output] = sides.map(|side| bound(side, &shape, &unbound));
        let status = http["responseCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let path: Vec<Segment> = segments(uri).map(Segment::parse).collect();
        let input = input?;
        for segment in &path {
            if let Segment::Label { member, .. } = segment
                && !input.members.iter().any(|(name, _, at)| name == member && *at == Location::Path)
            {
                return Err(unbound(member));
            }
        }
        Ok(Self {
            method: http["method"].as_str().unwrap_or("POST").to_owned(),
            path,
            status: status.unwrap_or(200),
            input,
            output: output?,
        })
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        let label = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match label {
            Some(label) => {
                let member = label.trim_end_matches('+').to_owned();
                Self::Label { greedy: member.len() < label.len(), member }
            }
            None => Self::Text(text.to_owned()),
        }
    }
}

/// The parts of a path, as they are on the wire.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn bound(
    raw: Option<&Value>,
    shape: &impl Fn(&str) -> Result<ShapeId, Error>,
    unbound: &impl Fn(&str) -> Error,
) -> Result<Bound, Error> {
    let Some(raw) = raw else { return Ok(Bound::default()) };
    let payload = raw["payload"].as_str().unwrap_or_default();
    let mut bound = Bound::default();
    for (name, member) in raw["members"].as_object().into_iter().flatten() {
        let id = shape(member["shape"].as_str().unwrap_or_default())?;
        let wire = || member["locationName"].as_str().unwrap_or(name).to_owned();
        let location = match member["location"].as_str() {
            None if name == payload => {
                bound.payload = Some((name.clone(), id));
                continue;
            }
            None if member["locationName"].is_string() && wire() != *name => return Err(unbound(name)),
            None => continue,
            // With this label's name the path calls it.
            Some("uri") if wire() == *name => Location::Path,
            Some("querystring") => Location::Query(wire()),
            Some("header") => Location::Header(wire().to_ascii_lowercase()),
            Some("statusCode") => Location::Status,
            Some(_) => return Err(unbound(name)),
        };
        bound.members.push((name.clone(), id, location));
    }
    Ok(bound)
}
