//! Consumers that subscribers ask for: looked at here, and made by the server.
//!
//! A consumer's own words decide where its messages go. So a subscriber reaches the server's API for making one through this
//! alone: it makes durable pull consumers with its own names, in the streams of its services, and nothing is pushed anywhere.

use crate::{
    admission::streams_of,
    filter,
    subscriber::{State, Subscriber},
};
use bytes::Bytes;
use reeve_jetstream::{Headers, clients, streams};
use reeve_runtime::{ClientAnswer, ClientMessage, Handle};
use serde_json::{Map, Value, json};

/// What a consumer may say of itself. Whatever else is set is refused by name.
const ALLOWED: [&str; 19] = [
    "ack_policy",
    "ack_wait",
    "backoff",
    "deliver_policy",
    "description",
    "durable_name",
    "filter_subject",
    "filter_subjects",
    "headers_only",
    "inactive_threshold",
    "max_ack_pending",
    "max_batch",
    "max_bytes",
    "max_deliver",
    "max_expires",
    "max_waiting",
    "name",
    "opt_start_seq",
    "opt_start_time",
];
/// As the server has it when nothing else is said, and the only way in which events are replayed to subscribers.
const REPLAY_POLICY: &str = "replay_policy";
const INSTANT_REPLAY: &str = "instant";
/// The server's code for a consumer that could not be made.
const CREATE_FAILED: u64 = 10012;

/// Why no consumer is made.
#[derive(Debug, PartialEq)]
struct Refusal {
    status: u16,
    reason: String,
}

fn forbidden(reason: String) -> Refusal {
    Refusal { status: 403, reason }
}

fn invalid(reason: String) -> Refusal {
    Refusal { status: 400, reason }
}

/// Answers as the server's API does.
pub(crate) async fn create(asked: ClientMessage) -> ClientAnswer {
    let (subject, body) = (&asked.message.subject, &asked.message.data);
    let place = subject.strip_prefix(clients::CREATE_SUBJECT).and_then(|rest| rest.strip_prefix('.'));
    let data = match checked(&asked.handle, place.unwrap_or_default(), body) {
        Ok(request) => {
            match clients::create_consumer(asked.handle.bus(), place.unwrap_or_default(), request).await {
                Ok(answer) => answer,
                Err(error) => refused(&Refusal { status: 503, reason: error.to_string() }),
            }
        }
        Err(refusal) => refused(&refusal),
    };
    ClientAnswer { headers: Headers::default(), data }
}

fn refused(refusal: &Refusal) -> Bytes {
    let answer = json!({
        "type": "io.nats.jetstream.api.v1.consumer_create_response",
        "error": {"code": refusal.status, "err_code": CREATE_FAILED, "description": refusal.reason},
    });
    answer.to_string().into()
}

/// The request that the server is sent, if the subscriber may have the consumer.
fn checked(handle: &Handle, place: &str, body: &[u8]) -> Result<Bytes, Refusal> {
    let mut tokens = place.splitn(3, '.');
    let (stream, consumer) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
    let of = clients::subscriber_of(consumer);
    let name = of.ok_or_else(|| forbidden(format!("the consumer {consumer:?} is no subscriber's")))?;
    let state = handle.state::<Subscriber>(name);
    if state.public_key.is_empty() {
        return Err(forbidden(format!("there is no subscriber {name}")));
    }
    let granted = streams_of(&state.services);
    if !granted.iter().any(|granted| granted == stream) {
        let granted = granted.join(", ");
        return Err(forbidden(format!("{name} may not read the stream {stream}, but these: {granted}")));
    }
    let request: Value =
        serde_json::from_slice(body).map_err(|e| invalid(format!("the body is no JSON: {e}")))?;
    let config = request["config"].as_object();
    let config = config.ok_or_else(|| invalid("config is missing, or no object".to_owned()))?;
    let mut config = durable_pull(consumer, config)?;
    narrow(&state, stream, &mut config)?;
    let mut checked = json!({"stream_name": stream, "config": config});
    if let Some(action) = request.get("action").filter(|action| !action.is_null()) {
        checked["action"] = action.clone();
    }
    Ok(checked.to_string().into())
}

/// A consumer's configuration with what is set, when that makes it a durable one that is pulled from.
fn durable_pull(consumer: &str, config: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    // Clients write out what is not set.
    let is_set = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(true) => true,
    };
    let mut kept = Map::new();
    for (member, value) in config.iter().filter(|(_, value)| is_set(value)) {
        match member.as_str() {
            REPLAY_POLICY if value == INSTANT_REPLAY => {}
            "durable_name" | "name" if value != consumer => {
                return Err(invalid(format!("{member} is {value}: the subject says {consumer:?}")));
            }
            _ if ALLOWED.contains(&member.as_str()) => {
                kept.insert(member.clone(), value.clone());
            }
            _ => {
                let reason =
                    format!("{member} is {value}: a subscriber's consumers are durable, and pulled from");
                return Err(invalid(reason));
            }
        }
    }
    match kept.contains_key("durable_name") {
        true => Ok(kept),
        false => Err(invalid("durable_name is missing: a subscriber's consumers are durable".to_owned())),
    }
}

/// A consumer of a service of which a subscriber may read a part alone reads no more than that: what it asks for, if all of it
/// is in that part, and otherwise, where it asks for nothing, all of the part.
fn narrow(state: &State, stream: &str, config: &mut Map<String, Value>) -> Result<(), Refusal> {
    let prefix = |service: &String| match stream {
        of if of == streams::of_service(service) => Some("reeve.evt."),
        of if of == streams::of_json(service) => Some("reeve.json."),
        _ => None,
    };
    let found = state.services.iter().find_map(|service| Some((service, prefix(service)?)));
    let Some((service, prefix)) = found else { return Ok(()) };
    let granted = state.filters.iter().filter(|one| filter::service(one) == service);
    let granted: Vec<String> = granted.map(|one| format!("{prefix}{one}")).collect();
    if granted.is_empty() {
        return Ok(());
    }
    let listed = config.get("filter_subjects").and_then(Value::as_array).cloned().unwrap_or_default();
    let asked: Vec<Value> = listed.into_iter().chain(config.get("filter_subject").cloned()).collect();
    if asked.is_empty() {
        config.insert("filter_subjects".to_owned(), granted.into());
        return Ok(());
    }
    let may_read = |asked: &Value| {
        asked.as_str().is_some_and(|asked| granted.iter().any(|granted| filter::covers(granted, asked)))
    };
    match asked.iter().find(|asked| !may_read(asked)) {
        None => Ok(()),
        Some(other) => {
            let granted = granted.join(", ");
            Err(forbidden(format!("the filter {other} is not within what may be read: {granted}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: Value) -> Result<Map<String, Value>, Refusal> {
        durable_pull("siem_1", config.as_object().unwrap())
    }

    #[test]
    fn what_a_client_writes_by_default_makes_a_durable_pull_consumer() {
        let config = of(json!({
            "name": "siem_1", "durable_name": "siem_1", "deliver_policy": "all", "ack_policy": "explicit",
            "filter_subject": "", "replay_policy": "instant", "ack_wait": 0, "deliver_subject": null,
            "flow_control": false, "num_replicas": 0, "mem_storage": false,
        }));
        let expected = json!({"name": "siem_1", "durable_name": "siem_1", "deliver_policy": "all", "ack_policy": "explicit"});
        assert_eq!(Value::Object(config.unwrap()), expected);
    }

    #[test]
    fn what_would_send_messages_elsewhere_is_refused_by_name() {
        for (member, value) in [
            ("deliver_subject", json!("reeve.evt.nodes.node.forged")),
            ("deliver_group", json!("g")),
            ("flow_control", json!(true)),
            ("idle_heartbeat", json!(1)),
            ("sample_freq", json!("100")),
            ("direct", json!(true)),
            ("mem_storage", json!(true)),
            ("num_replicas", json!(3)),
            ("replay_policy", json!("original")),
            ("priority_groups", json!(["g"])),
            ("anything", json!("else")),
        ] {
            let mut config = json!({"durable_name": "siem_1"});
            config[member] = value;
            let refusal = of(config).unwrap_err();
            assert!(refusal.status == 400 && refusal.reason.starts_with(member), "{refusal:?}");
        }
        assert!(of(json!({"durable_name": "other_1"})).unwrap_err().reason.contains("siem_1"));
        assert!(of(json!({"name": "siem_1"})).unwrap_err().reason.starts_with("durable_name is missing"));
    }

    #[test]
    fn a_consumer_reads_no_more_than_the_subscribers_filters() {
        let state = State {
            services: ["nodes", "tags"].map(str::to_owned).into(),
            filters: ["nodes.node.>".to_owned()].into(),
            public_key: "U1".to_owned(),
        };
        let narrowed = |stream: &str, config: Value| {
            let mut config = config.as_object().cloned().unwrap();
            narrow(&state, stream, &mut config).map(|()| Value::Object(config))
        };
        assert_eq!(narrowed("TAGS", json!({})), Ok(json!({})));
        let all = json!({"filter_subjects": ["reeve.json.nodes.node.>"]});
        assert_eq!(narrowed("NODES_JSON", json!({})), Ok(all));
        let one = json!({"filter_subject": "reeve.evt.nodes.node.mi-1"});
        assert_eq!(narrowed("NODES", one.clone()), Ok(one));
        for odd in ["reeve.evt.nodes.>", "reeve.evt.nodes.activation.a", "reeve.json.nodes.node.>", ">"] {
            let refused = narrowed("NODES", json!({"filter_subjects": ["reeve.evt.nodes.node.a", odd]}));
            let refused = refused.unwrap_err();
            assert!(refused.status == 403 && refused.reason.contains(odd), "{refused:?}");
        }
    }
}
