//! Every operation, as the services on the bus say what they serve, by callers who may not call it.

use bytes::Bytes;
use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};
use reeve_contracts::models::MODELS;
use reeve_e2e::{Instance, Program, Raw};
use reeve_jetstream::{Headers, serve};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The models of the APIs, by name.
pub(crate) fn models() -> BTreeMap<&'static str, Value> {
    MODELS.iter().map(|(name, text)| (*name, serde_json::from_str(text).unwrap())).collect()
}

/// The smallest value that a shape allows.
fn sample(model: &Value, shape: &str) -> Value {
    let definition = &model["shapes"][shape];
    let named = |member: &Value| sample(model, member["shape"].as_str().unwrap());
    match definition["type"].as_str().unwrap() {
        "structure" => {
            let required = definition["required"].as_array().cloned().unwrap_or_default();
            let member = |name: &Value| {
                let name = name.as_str().unwrap();
                (name.to_owned(), named(&definition["members"][name]))
            };
            Value::Object(required.iter().map(member).collect::<Map<_, _>>())
        }
        "list" => Value::Array(vec![named(&definition["member"])]),
        "map" => {
            Value::Object(Map::from_iter([(text(&model["shapes"]["String"]), named(&definition["value"]))]))
        }
        "boolean" => json!(true),
        "integer" | "long" => json!(definition["min"].as_i64().unwrap_or(1)),
        "timestamp" => json!(1_700_000_000),
        "string" => json!(text(definition)),
        other => panic!("{shape} is a {other}"),
    }
}

fn text(definition: &Value) -> String {
    if let Some(value) = definition["enum"].as_array().and_then(|values| values.first()) {
        return value.as_str().unwrap().to_owned();
    }
    let least = usize::try_from(definition["min"].as_u64().unwrap_or(1)).unwrap();
    let Some(pattern) = definition["pattern"].as_str() else { return "x".repeat(least.max(1)) };
    // The generator cannot look ahead. What patterns of AWS forbid by it, blanks and a beginning, no text here has.
    let pattern = pattern.replace(r"(?!\s*$)", "").replace("(?!aws:)", "");
    // Anchors say nothing of a text that is made from the whole pattern.
    let mut plain = String::new();
    for character in pattern.chars() {
        match character {
            '^' if !plain.ends_with('[') => {}
            '$' if !plain.ends_with('\\') => {}
            other => plain.push(other),
        }
    }
    let strategy = string_regex(&plain);
    let strategy = strategy.unwrap_or_else(|e| panic!("{pattern}: {e}"));
    let mut runner = TestRunner::deterministic();
    let mut made = std::iter::repeat_with(|| strategy.new_tree(&mut runner).unwrap().current());
    made.find(|text| text.len() >= least && text.len() < 200 && text.is_ascii() && !text.contains(' '))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_denied_to_everybody_who_was_not_permitted() {
    let instance = Instance::start(0);
    let bus = instance.bus().await;
    let served = serve::discover(&bus, Duration::from_secs(1)).await.unwrap();
    let served: Vec<_> = served.into_iter().filter(|operation| !operation.api.is_empty()).collect();
    let program = Program::connect(&instance, "program").await;
    let runtime = tokio::runtime::Handle::current();
    let past_the_gateway = {
        let runtime = runtime.clone();
        move |subject: &str, body: Bytes| {
            let headers = Headers::default().with("reeve-actor", "administrator");
            let answer = runtime.block_on(bus.request(subject, &headers, body, Duration::from_secs(10)));
            answer.unwrap().headers.get("reeve-error").map(str::to_owned)
        }
    };
    let over_bus = move |caller: &Raw, headers: &[(&'static str, String)], body: &[u8]| {
        runtime.block_on(program.send(caller, headers, body)).unwrap()
    };
    tokio::task::spawn_blocking(move || deny_all(&instance, &served, over_bus, past_the_gateway))
        .await
        .unwrap();
}

fn deny_all(
    instance: &Instance,
    served: &[serve::Served],
    over_bus: impl Fn(&Raw, &[(&'static str, String)], &[u8]) -> (u16, Value),
    past_the_gateway: impl Fn(&str, Bytes) -> Option<String>,
) {
    // Somebody else may do all of it; this one may list what is of no interest here.
    let other = instance.principal("other", &["others"]);
    instance.principal("permitted", &["all"]);
    let policy = r#"permit(principal in Group::"all", action, resource);
        permit(principal in Group::"others", action == Action::"ssm:DescribeSessions", resource);"#;
    std::fs::write(instance.scratch().join("all.cedar"), policy).unwrap();
    instance.reeve(&["access", "put-policy", "all", "all.cedar"]).text();
    let known = instance.raw();
    let stranger =
        instance.raw_as(&json!({"accessKeyId": "AKIASTRANGER00000", "secretAccessKey": "s".repeat(40)}));
    let forger =
        instance.raw_as(&json!({"accessKeyId": known.access_key_id, "secretAccessKey": "s".repeat(40)}));
    let other = instance.raw_as(&other);
    let before = instance.events().len();
    let models = models();
    let mut counts = BTreeMap::<String, usize>::new();
    for operation in served {
        let model = &models[operation.api.as_str()];
        let shape = model["operations"][&operation.operation]["input"]["shape"].as_str().unwrap();
        let body = sample(model, shape).to_string();
        // An API whose operations have paths is called by its name.
        let prefix = model["metadata"]["targetPrefix"].as_str().unwrap_or(&operation.api);
        let target = format!("{prefix}.{}", operation.operation);
        let signed = |caller: &Raw| caller.signed(&operation.api, &target, body.as_bytes());
        let unsigned: Vec<_> =
            signed(&known).into_iter().filter(|(name, _)| *name != "authorization").collect();
        let cases = [
            ("no key", &known, unsigned, "MissingAuthenticationTokenException"),
            ("unknown key", &stranger, signed(&stranger), "UnrecognizedClientException"),
            ("wrong secret", &forger, signed(&forger), "InvalidSignatureException"),
            ("no permission", &other, signed(&other), "AccessDeniedException"),
        ];
        for (case, caller, headers, expected) in cases {
            let body = body.as_bytes();
            let answers =
                [("HTTP", caller.send(&headers, body)), ("the bus", over_bus(caller, &headers, body))];
            for (way, (status, answer)) in answers {
                assert!(
                    (400..500).contains(&status) && answer["__type"] == expected,
                    "{} with {case} over {way}: {status} {answer}, not {expected}",
                    operation.operation
                );
                *counts.entry(format!("{case} over {way}")).or_default() += 1;
            }
        }
        let refusal = past_the_gateway(&operation.subject, body.into());
        assert_eq!(refusal.as_deref(), Some("AccessDeniedException"), "{}", operation.subject);
        *counts.entry("past the gateway".to_owned()).or_default() += 1;
    }
    println!("{} operations denied: {counts:?}", served.len());
    assert!(served.len() >= 40, "only {} operations are served", served.len());
    assert_eq!(instance.events().len(), before, "what was denied left an event");
}
