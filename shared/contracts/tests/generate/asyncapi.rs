//! `asyncapi.yaml`: every event, with where it lies on the bus, what it holds, and an example, which is its golden sample.

use crate::{events, golden};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, SerializeOptions};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The id that examples have wherever one is drawn.
const EXAMPLE_ID: &str = "0198c7a0-0000-7000-8000-000000000000";

pub fn describe(schemas: &Path) -> String {
    let pool = events::pool_of(schemas);
    let (mut channels, mut operations) = (Map::new(), Map::new());
    let (mut messages, mut data, mut nested) = (Map::new(), Map::new(), BTreeSet::new());
    for event in pool.all_messages() {
        let Some(subject) = events::subject_of(&event) else { continue };
        let name = events::event_type(&event);
        let service = event.package_name().strip_prefix("reeve.").unwrap().replace('_', "-");
        let key = format!("{service}.{}", subject.split('.').next().unwrap());
        let channel = channels.entry(key.clone()).or_insert_with(|| channel(&service, &subject));
        channel["messages"][&name] = json!({"$ref": format!("#/components/messages/{name}")});
        operations
            .entry(key.clone())
            .or_insert_with(|| json!({"action": "send", "channel": {"$ref": format!("#/channels/{key}")}}));
        messages.insert(name.clone(), message(&event, &name, &service, &subject));
        reach(&event, &mut nested);
    }
    for name in nested {
        let message = pool.get_message_by_name(&name).unwrap();
        data.insert(name, object(&message));
    }
    data.insert("CloudEvent".to_owned(), envelope());
    sorted(&mut channels);
    sorted(&mut operations);
    channels.insert("ingest".to_owned(), ingest());
    operations
        .insert("ingest".to_owned(), json!({"action": "receive", "channel": {"$ref": "#/channels/ingest"}}));
    messages.insert("CloudEvent".to_owned(), json!({
        "summary": "A CloudEvent of another system, in structured mode; binary mode is taken as well.",
        "contentType": "application/cloudevents+json",
        "payload": {"type": "object", "required": ["specversion", "id", "source", "type"]},
        "examples": [{"payload": {
            "specversion": "1.0", "id": "build-1", "source": "/ci", "type": "build.failed", "data": {"branch": "main"},
        }}],
    }));
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Reeve",
            "version": "1",
            "description": "What happens in Reeve, as subscribers read it over NATS and HTTP, and where other systems send \
                events. Generated from schemas/: do not edit.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": data},
    });
    format!("# Generated from schemas/: do not edit.\n{}", serde_yaml_ng::to_string(&document).unwrap())
}

fn sorted(map: &mut Map<String, Value>) {
    map.sort_keys();
}

/// Where the events of an aggregate lie: `node.{node_id}` on `reeve.json.nodes.node.{node_id}`.
fn channel(service: &str, subject: &str) -> Value {
    let fields = subject.split('.').filter_map(|token| token.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Map<String, Value> = fields
        .map(|field| {
            (field.to_owned(), json!({"description": "Escaped where it is no plain token of NATS."}))
        })
        .collect();
    json!({
        "address": format!("reeve.json.{service}.{subject}"),
        "description": format!(
            "JSON for subscribers, in the stream {0}_JSON; the event itself, with a protobuf body, lies on \
             reeve.evt.{service}.{subject} in the stream {0}.",
            service.to_uppercase().replace('-', "_")
        ),
        "parameters": parameters,
        "messages": {},
    })
}

fn ingest() -> Value {
    json!({
        "address": "reeve.ingest.{source}",
        "description": "CloudEvents of other systems. The reply has the header status, and the id or what is wrong.",
        "parameters": {"source": {"description": "The name of a source with credentials for the bus."}},
        "messages": {"CloudEvent": {"$ref": "#/components/messages/CloudEvent"}},
    })
}

fn message(event: &MessageDescriptor, name: &str, service: &str, subject: &str) -> Value {
    let schema = event.full_name();
    json!({
        "name": name,
        "summary": comment(event).unwrap_or_else(|| event.name().to_owned()),
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {"properties": {
                    "type": {"const": name},
                    "dataschema": {"const": format!("urn:reeve:schemas:{schema}")},
                    "data": {"$ref": format!("#/components/schemas/{schema}")},
                }},
            ],
        },
        "examples": [{"payload": example(event, name, service, subject)}],
    })
}

/// The golden sample, as events are given out as JSON.
fn example(event: &MessageDescriptor, name: &str, service: &str, subject: &str) -> Value {
    let bytes = golden::bytes(event);
    let body = DynamicMessage::decode(event.clone(), bytes.as_slice()).unwrap();
    let options = SerializeOptions::new().stringify_64_bit_integers(false).skip_default_fields(false);
    let data = body.serialize_with_options(serde_json::value::Serializer, &options).unwrap();
    let mut tokens = subject.split('.');
    let aggregate = tokens.next().unwrap();
    // Samples of texts are the names of their fields.
    let id: Vec<&str> = tokens.map(|token| token.trim_matches(['{', '}'])).collect();
    json!({
        "specversion": "1.0",
        "id": EXAMPLE_ID,
        "source": format!("/reeve/{service}"),
        "type": name,
        "subject": format!("{aggregate}/{}", id.join("/")),
        "dataschema": format!("urn:reeve:schemas:{}", event.full_name()),
        "time": "2026-01-31T12:00:00.000Z",
        "actor": "administrator",
        "actorsource": "127.0.0.1",
        "correlationid": EXAMPLE_ID,
        "causationid": EXAMPLE_ID,
        "causeid": null,
        "traceparent": null,
        "position": 1,
        "datacontenttype": "application/json",
        "data": data,
    })
}

fn envelope() -> Value {
    let text = |what: &str| json!({"type": "string", "description": what});
    json!({
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "position"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text("Of the event: the same wherever it is read."),
            "source": text("/reeve/ and the service."),
            "type": text("What happened, with the version of its message."),
            "subject": text("What it happened to: the aggregate and its id."),
            "dataschema": text("The protobuf message."),
            "time": {"type": "string", "format": "date-time"},
            "actor": text("Who did it."),
            "actorsource": text("Where from; empty when it was no person."),
            "correlationid": text("Of all that belongs together."),
            "causationid": text("Of the decision that led to it."),
            "causeid": {"type": ["string", "null"], "description": "Of the event that led to it; null when a call, a report or an instant did."},
            "traceparent": {"type": ["string", "null"]},
            "position": {"type": "integer", "description": "Its place among the service's events, counted one by one."},
            "datacontenttype": {"const": "application/json"},
            "data": {"type": ["object", "null"], "description": "null when it is too large: then dataref says where it is."},
            "dataref": text("Where data lies that is too large."),
        },
    })
}

/// A message, and those that its fields hold.
fn reach(message: &MessageDescriptor, names: &mut BTreeSet<String>) {
    if names.insert(message.full_name().to_owned()) {
        for field in message.fields() {
            if let Kind::Message(inner) = field.kind() {
                reach(&inner, names);
            }
        }
    }
}

fn object(message: &MessageDescriptor) -> Value {
    let properties: Map<String, Value> =
        message.fields().map(|field| (field.json_name().to_owned(), property(&field))).collect();
    json!({"type": "object", "properties": properties})
}

fn property(field: &FieldDescriptor) -> Value {
    let single = match field.kind() {
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int32 | Kind::Int64 => json!({"type": "integer"}),
        Kind::Uint32 | Kind::Uint64 => json!({"type": "integer", "minimum": 0}),
        Kind::Enum(kind) => {
            json!({"type": "string", "enum": kind.values().map(|value| value.name().to_owned()).collect::<Vec<_>>()})
        }
        Kind::Message(message) => json!({"$ref": format!("#/components/schemas/{}", message.full_name())}),
        other => panic!("{}: the description knows no {other:?} yet", field.full_name()),
    };
    if field.is_list() { json!({"type": "array", "items": single}) } else { single }
}

/// What the schema says of a message.
fn comment(message: &MessageDescriptor) -> Option<String> {
    let file = message.parent_file();
    let info = file.file_descriptor_proto().source_code_info.as_ref()?;
    let location = info.location.iter().find(|location| location.path == message.path())?;
    let lines: Vec<&str> = location.leading_comments().lines().map(str::trim).collect();
    Some(lines.join(" ")).filter(|comment| !comment.is_empty())
}

/// Whether a value is one that a schema describes: of what is written here, no more.
fn conforms(value: &Value, schema: &Value, schemas: &Value) -> Result<(), String> {
    let wrong = || Err(format!("{value} is not {schema}"));
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/components/schemas/").unwrap();
        return conforms(value, schemas.get(name).ok_or(format!("there is no schema {name}"))?, schemas);
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().try_for_each(|one| conforms(value, one, schemas));
    }
    if let Some(constant) = schema.get("const") {
        return if value == constant { Ok(()) } else { wrong() };
    }
    let is_of = |kind: &str| match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    let is_right = match &schema["type"] {
        Value::String(kind) => is_of(kind),
        Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind.as_str().unwrap())),
        _ => true,
    };
    let is_named = schema["enum"].as_array().is_none_or(|names| names.contains(value));
    if !is_right || !is_named {
        return wrong();
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(item, &schema["items"], schemas)?;
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            object.get(name.as_str().unwrap()).ok_or(format!("{name} is missing"))?;
        }
        for (name, inner) in object.iter().filter_map(|(name, value)| Some((properties.get(name)?, value))) {
            conforms(inner, name, schemas)?;
        }
    }
    Ok(())
}

#[test]
fn every_event_is_described_and_its_example_is_what_the_description_says() {
    let schemas = golden::schemas();
    let described: Value = serde_yaml_ng::from_str(&describe(&schemas)).unwrap();
    let (messages, data) = (&described["components"]["messages"], &described["components"]["schemas"]);
    let mut count = 0;
    for event in events::pool_of(&schemas).all_messages() {
        let Some(subject) = events::subject_of(&event) else { continue };
        let name = events::event_type(&event);
        let message = &messages[&name];
        let payload = &message["examples"][0]["payload"];
        conforms(payload, &message["payload"], data).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!message["summary"].as_str().unwrap().is_empty(), "{name}");
        // Every field is described, by the name that JSON has, and stands in the example; a message that is not set does not.
        for field in event.fields() {
            let (name, full) = (field.json_name(), event.full_name());
            assert!(data[full]["properties"].get(name).is_some(), "{full}.{name} is not described");
            assert!(
                payload["data"].get(name).is_some() || field.supports_presence(),
                "{full}.{name} has no example"
            );
        }
        let shown = payload["data"].as_object().unwrap().len();
        assert!(shown <= event.fields().len(), "{name}: the example has what there is not");
        let channel = described["channels"].as_object().unwrap().values().find(|channel| {
            channel["messages"].get(&name).is_some()
                && channel["address"].as_str().unwrap().ends_with(&format!(".{subject}"))
        });
        assert!(channel.is_some(), "{name} lies nowhere");
        count += 1;
    }
    assert_eq!(messages.as_object().unwrap().len(), count + 1, "and what other systems send");
    // A description that says something else is noticed.
    let odd = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    assert!(conforms(&json!({"n": "x"}), &odd, data).is_err() && conforms(&json!({}), &odd, data).is_err());
    println!("{count} events are described");
}
