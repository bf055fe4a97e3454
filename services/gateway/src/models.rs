//! AWS's service models: which operations there are, what they take, which errors they answer.
//!
//! A model is parsed when its service is first asked for, and its patterns when they are first matched.

use crate::binding::Binding;
use crate::pattern::Pattern;
use crate::shapes::{Error, Kind, Member, Shape, ShapeId};
use reeve_contracts::models::MODELS;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The models that come with the program, each parsed when it is first asked for. Nothing when one could not be parsed,
/// which a test rules out.
static PARSED: [OnceLock<Option<Model>>; MODELS.len()] = [const { OnceLock::new() }; MODELS.len()];

/// The model of the service that a credential scope names.
pub fn model(service: &str) -> Option<&'static Model> {
    let at = MODELS.iter().position(|(name, _)| *name == service)?;
    let (name, text) = MODELS[at];
    let parse = || {
        let parsed = Model::parse(name, text);
        parsed.inspect_err(|error| tracing::error!(%error, service, "the model of a service is broken")).ok()
    };
    PARSED[at].get_or_init(parse).as_ref()
}

/// The services that there are models of.
pub fn services() -> impl Iterator<Item = &'static str> {
    MODELS.iter().map(|(name, _)| *name)
}

/// One service.
#[derive(Debug)]
pub struct Model {
    /// The name in credential scopes and in actions.
    pub service: &'static str,
    /// What names an operation at the path `/`: that is another way to call those that have a method and a path.
    pub target_prefix: String,
    /// The content type that answers have.
    pub content_type: String,
    /// Whether operations have a method and a path.
    pub is_rest: bool,
    /// Whether errors carry the code of the service's older protocol in a header.
    pub query_compatible: bool,
    operations: HashMap<String, Operation>,
    shapes: Vec<Shape>,
    /// Whether the message of an error is a `Message`; the rest have `message`.
    capital_messages: HashMap<String, bool>,
    /// The statuses of errors, where the model gives them one.
    statuses: HashMap<String, u16>,
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub name: String,
    /// `ssm:GetDocument`, as authorizers see it.
    pub action: String,
    pub input: Option<ShapeId>,
    pub pages: Option<Pages>,
    /// How it lies in HTTP, when its service is called by method and path.
    pub rest: Option<Binding>,
    /// The errors that clients know of it.
    errors: Vec<String>,
}

/// What a token that no page gave is refused with.
pub const INVALID_TOKEN: &str = "InvalidNextToken";

impl Operation {
    /// The code with which it refuses a token: not all have a word of their own for it.
    pub fn code_of_token(&self) -> &'static str {
        if self.errors.iter().any(|error| error == INVALID_TOKEN) {
            INVALID_TOKEN
        } else {
            "ValidationException"
        }
    }
}

/// The members that carry pagination tokens.
#[derive(Clone, Debug)]
pub struct Pages {
    pub input: String,
    pub output: String,
}

impl Model {
    pub(crate) fn parse(service: &'static str, text: &str) -> Result<Self, Error> {
        let raw: Raw = serde_json::from_str(text)?;
        let ids: HashMap<&str, ShapeId> =
            raw.shapes.keys().enumerate().map(|(id, name)| (name.as_str(), id)).collect();
        let mut shapes = Vec::with_capacity(raw.shapes.len());
        let (mut capital_messages, mut statuses) = (HashMap::new(), HashMap::new());
        for (name, definition) in &raw.shapes {
            let definition = RawShape::deserialize(definition)?;
            if definition.exception {
                capital_messages.insert(name.clone(), definition.members.contains_key("Message"));
                statuses.extend(definition.error.http_status_code.map(|status| (name.clone(), status)));
            }
            shapes.push(shape(name, definition, &ids)?);
        }
        let is_rest = raw.metadata.protocol == "rest-json";
        let mut operations = HashMap::new();
        for (name, operation) in &raw.operations {
            let input = operation.input.as_ref().map(|input| id(&ids, &input.shape)).transpose()?;
            let pages = raw.pages(name);
            let action = format!("{service}:{name}");
            let rest = is_rest.then(|| raw.binding(name, operation, &ids)).transpose()?;
            let errors = operation.errors.iter().map(|error| error.shape.clone()).collect();
            let operation = Operation { name: name.clone(), action, input, pages, rest, errors };
            operations.insert(name.clone(), operation);
        }
        let version = raw.metadata.json_version.as_deref().unwrap_or("1.1");
        Ok(Self {
            service,
            target_prefix: raw.metadata.target_prefix.unwrap_or_else(|| service.to_owned()),
            content_type: match is_rest {
                true => "application/json".to_owned(),
                false => format!("application/x-amz-json-{version}"),
            },
            is_rest,
            query_compatible: raw.metadata.aws_query_compatible.is_some(),
            operations,
            shapes,
            capital_messages,
            statuses,
        })
    }

    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id]
    }

    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The status that the model gives an error.
    pub fn status(&self, code: &str) -> Option<u16> {
        self.statuses.get(code).copied()
    }

    /// How the message of an error is spelt.
    pub fn message_member(&self, code: &str) -> &'static str {
        if self.capital_messages.get(code) == Some(&true) { "Message" } else { "message" }
    }
}

fn id(ids: &HashMap<&str, ShapeId>, shape: &str) -> Result<ShapeId, Error> {
    ids.get(shape).copied().ok_or_else(|| Error::NoSuchShape { shape: shape.to_owned() })
}

fn shape(name: &str, raw: RawShape, ids: &HashMap<&str, ShapeId>) -> Result<Shape, Error> {
    let reference = |reference: &Option<RawReference>| {
        id(ids, reference.as_ref().map(|reference| reference.shape.as_str()).unwrap_or_default())
    };
    let kind = match raw.kind.as_str() {
        "structure" => {
            let mut members = Vec::with_capacity(raw.members.len());
            for (member, definition) in &raw.members {
                let shape = id(ids, &RawReference::deserialize(definition)?.shape)?;
                members.push(Member { name: member.clone(), shape, required: raw.required.contains(member) });
            }
            Kind::Structure(members)
        }
        "list" => Kind::List(reference(&raw.member)?),
        "map" => Kind::Map { key: reference(&raw.key)?, value: reference(&raw.value)? },
        "string" => Kind::String,
        "blob" => Kind::Blob,
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "long" => Kind::Long,
        "float" | "double" => Kind::Float,
        "timestamp" => Kind::Timestamp,
        _ => return Err(Error::UnknownType { shape: name.to_owned(), kind: raw.kind }),
    };
    Ok(Shape {
        name: name.to_owned(),
        kind,
        min: raw.min,
        max: raw.max,
        pattern: raw.pattern.map(Pattern::new),
        values: raw.values,
        sensitive: raw.sensitive,
    })
}

#[derive(Deserialize)]
struct Raw {
    metadata: RawMetadata,
    operations: HashMap<String, RawOperation>,
    shapes: Map<String, Value>,
    #[serde(default)]
    pagination: HashMap<String, RawPages>,
}

impl Raw {
    fn binding(
        &self,
        name: &str,
        operation: &RawOperation,
        ids: &HashMap<&str, ShapeId>,
    ) -> Result<Binding, Error> {
        let side = |side: &Option<RawReference>| side.as_ref().and_then(|side| self.shapes.get(&side.shape));
        let sides = [side(&operation.input), side(&operation.output)];
        Binding::parse(name, &operation.http, sides, |shape| id(ids, shape))
    }

    /// As the model's paginators say, else by name: some operations page and have no paginator.
    fn pages(&self, operation: &str) -> Option<Pages> {
        let modelled = self.pagination.get(operation);
        if let Some(RawPages { input_token: Value::String(input), output_token: Value::String(output) }) =
            modelled
        {
            return Some(Pages { input: input.clone(), output: output.clone() });
        }
        let operation = self.operations.get(operation)?;
        let has = |side: &Option<RawReference>, token: &str| {
            side.as_ref().is_some_and(|side| self.shapes[&side.shape]["members"].get(token).is_some())
        };
        let token = ["NextToken", "nextToken"]
            .into_iter()
            .find(|token| has(&operation.input, token) && has(&operation.output, token))?;
        Some(Pages { input: token.to_owned(), output: token.to_owned() })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    #[serde(default)]
    protocol: String,
    target_prefix: Option<String>,
    json_version: Option<String>,
    aws_query_compatible: Option<Value>,
}

#[derive(Deserialize)]
struct RawOperation {
    #[serde(default)]
    errors: Vec<RawReference>,
    #[serde(default)]
    http: Value,
    input: Option<RawReference>,
    output: Option<RawReference>,
}

#[derive(Deserialize)]
struct RawReference {
    shape: String,
}

#[derive(Deserialize)]
struct RawPages {
    #[serde(default)]
    input_token: Value,
    #[serde(default)]
    output_token: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawShape {
    #[serde(rename = "type")]
    kind: String,
    members: Map<String, Value>,
    required: Vec<String>,
    member: Option<RawReference>,
    key: Option<RawReference>,
    value: Option<RawReference>,
    min: Option<i64>,
    max: Option<i64>,
    pattern: Option<String>,
    #[serde(rename = "enum")]
    values: Vec<String>,
    sensitive: bool,
    exception: bool,
    error: RawError,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawError {
    http_status_code: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_loads_and_every_pattern_compiles() {
        for service in services() {
            let model = model(service).unwrap();
            assert_eq!(model.service, service);
            for shape in model.shapes() {
                assert!(shape.pattern.as_ref().is_none_or(Pattern::compiles), "{}", shape.name);
            }
        }
        assert!(model("s3").is_none());
    }

    #[test]
    fn the_ssm_model_says_what_clients_rely_on() {
        let ssm = model("ssm").unwrap();
        assert_eq!(
            (ssm.target_prefix.as_str(), ssm.content_type.as_str()),
            ("AmazonSSM", "application/x-amz-json-1.1")
        );
        assert_eq!(ssm.operation("SendCommand").unwrap().action, "ssm:SendCommand");
        assert_eq!(ssm.operation("ListDocuments").unwrap().pages.as_ref().unwrap().input, "NextToken");
        assert_eq!(ssm.operations().filter(|operation| operation.pages.is_some()).count(), 56);
        assert_eq!(ssm.message_member("InvalidDocument"), "Message");
        assert_eq!(ssm.message_member("ParameterNotFound"), "message");
        assert_eq!(ssm.message_member("ValidationException"), "Message");
        assert_eq!(ssm.message_member("NoSuchCode"), "message");
    }
}
