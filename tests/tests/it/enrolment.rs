//! Attempts to enrol more nodes than an activation allows, and without a valid one.

use nkeys::KeyPair;
use reeve_e2e::{Agent, Instance, wait_for};
use reeve_node_protocol::enrol::Request;
use reeve_types::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Barrier},
    time::Duration,
};

const TRIES: usize = 1_000;
const LIMIT: usize = 5;

/// Posts a request of a new key; tries again while the gateway has too many.
fn enrol(endpoint: &str, id: &str, code: &str) -> (u16, Value) {
    let request = Request::sign(&KeyPair::new_user(), id, code, "attacker").unwrap();
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
    wait_for("an answer", || {
        let body = serde_json::to_vec(&request).unwrap();
        let mut answer = agent.post(format!("{endpoint}/enroll")).send(body).ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        let (status, value) = (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or_default());
        let again = status >= 500 || text.contains("ThrottlingException");
        (!again).then_some((status, value))
    })
}

fn activation(instance: &Instance, input: &Value) -> (String, String) {
    let mut input = input.clone();
    input["IamRole"] = json!("test");
    let made = instance.call("CreateActivation", &input);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("ActivationId"), text("ActivationCode"))
}

#[test]
fn a_thousand_at_once_register_as_many_nodes_as_the_limit_says() {
    let instance = Instance::start(0);
    let (id, code) = activation(&instance, &json!({"RegistrationLimit": LIMIT}));
    let endpoint = instance.announced()["endpoint"].as_str().unwrap().to_owned();
    let gate = Arc::new(Barrier::new(TRIES));
    let tries: Vec<_> = (0..TRIES)
        .map(|_| {
            let (endpoint, id, code, gate) = (endpoint.clone(), id.clone(), code.clone(), gate.clone());
            std::thread::spawn(move || {
                gate.wait();
                enrol(&endpoint, &id, &code)
            })
        })
        .collect();
    let mut answers: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for answer in tries {
        let (status, value) = answer.join().unwrap();
        *answers.entry((status, value["__type"].as_str().unwrap_or_default().to_owned())).or_default() += 1;
    }
    println!("{TRIES} tries at an activation for {LIMIT}: {answers:?}");
    assert_eq!(answers.get(&(200, String::new())), Some(&LIMIT));
    assert_eq!(answers.len(), 2, "{answers:?}");
    let events = instance.events();
    let registered = events.iter().filter(|e| e["type"] == "reeve.nodes.NodeRegistered.v1").count();
    let described = instance.call("DescribeActivations", &json!({}));
    println!("registered: {registered}; {}", described["ActivationList"][0]["RegistrationsCount"]);
    assert_eq!(registered, LIMIT);
    assert_eq!(described["ActivationList"][0]["RegistrationsCount"], LIMIT);
}

#[test]
fn whatever_is_wrong_with_an_activation_the_answer_is_the_same() {
    let instance = Instance::start(0);
    let endpoint = instance.announced()["endpoint"].as_str().unwrap().to_owned();
    let soon = (Timestamp::now().0 + 2_000) as f64 / 1000.0;
    let (expired, expired_code) = activation(&instance, &json!({"ExpirationDate": soon}));
    let (deleted, deleted_code) = activation(&instance, &json!({}));
    instance.call("DeleteActivation", &json!({"ActivationId": deleted}));
    let (full, full_code) = activation(&instance, &json!({"RegistrationLimit": 1}));
    assert_eq!(enrol(&endpoint, &full, &full_code).0, 200);
    let (valid, _) = activation(&instance, &json!({"RegistrationLimit": 10}));
    while (Timestamp::now().0 as f64) < soon * 1000.0 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let cases = [
        ("a wrong code", valid.as_str(), full_code.as_str()),
        ("an empty code", &valid, ""),
        ("an expired activation", &expired, &expired_code),
        ("a deleted activation", &deleted, &deleted_code),
        ("a used activation", &full, &full_code),
        ("no such activation", "00000000-0000-0000-0000-000000000000", &full_code),
        ("no activation", "", ""),
        ("a wildcard", "*", ""),
        ("a path", "../activation/x.y >", &full_code),
    ];
    let answers = cases.map(|(name, id, code)| (name, enrol(&endpoint, id, code)));
    for (name, answer) in &answers {
        println!("{name}: {} {}", answer.0, answer.1);
    }
    for (name, answer) in &answers {
        assert_eq!(answer, &answers[0].1, "{name}");
    }
    assert_eq!(answers[0].1.0, 400);
    let events = instance.events();
    assert_eq!(events.iter().filter(|e| e["type"] == "reeve.nodes.NodeRegistered.v1").count(), 1);
}

/// What the agent was started with, the code of its activation among it, is not what scripts are started with.
#[test]
fn scripts_see_nothing_of_the_agents_own_options() {
    let instance = Instance::start(0);
    let mut agent = Agent::enrol(&instance, "options");
    for without_cgroups in ["false", "true"] {
        agent.end(Signal::TERM);
        agent.set("REEVE_AGENT_NO_CGROUPS", without_cgroups);
        agent.set("MIMALLOC_PURGE_DELAY", "0");
        agent.start();
        agent.wait_until(&instance, "Online");
        let command = instance.send_to(&agent.node(), "env");
        instance.ended(&command);
        let printed = String::from_utf8(instance.printed(&command)).unwrap();
        assert!(printed.contains("AWS_SSM_INSTANCE_ID="), "{printed}");
        // The mark by which a step's processes are found.
        let others = printed.lines().filter(|line| !line.starts_with("REEVE_STEP="));
        let own: Vec<&str> =
            others.filter(|l| l.starts_with("REEVE_") || l.starts_with("MIMALLOC_")).collect();
        assert!(own.is_empty(), "{own:?}");
    }
}
