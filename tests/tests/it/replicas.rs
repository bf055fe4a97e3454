//! Two of a service share its work, and each knows what it has to know of the other's part.

use futures::StreamExt;
use reeve_e2e::{Agent, Apart, wait_for};
use reeve_jetstream::serve::MIN_POSITION;
use reeve_types::Timestamp;
use serde_json::json;
use std::time::Duration;

/// More than an agent's heartbeats are apart.
const HEARTBEAT: f64 = 20.0;

/// One of them answers a heartbeat, and each looks for silent nodes.
#[test]
fn each_of_two_hears_all_nodes() {
    let mut apart = Apart::start();
    apart.second("nodes");
    let names = ["one", "two", "three", "four", "five", "six"];
    let agents = names.map(|name| Agent::enrol(apart.instance(), name));
    // So long that each node has said again that it is there, to whichever answered.
    std::thread::sleep(Duration::from_secs_f64(2.0 * HEARTBEAT));
    apart.end("nodes");
    let (raw, input) = (apart.instance().raw(), json!({"MaxResults": 50}));
    let pings = wait_for("the other one answers", || {
        let (status, answer) = raw.call("DescribeInstanceInformation", &input);
        let list = answer["InstanceInformationList"].as_array().filter(|_| status == 200)?;
        Some(list.iter().map(|node| node["LastPingDateTime"].as_f64().unwrap()).collect::<Vec<_>>())
    });
    let now = Duration::from_millis(Timestamp::now().0.unsigned_abs()).as_secs_f64();
    let ago: Vec<f64> = pings.iter().map(|ping| now - ping).collect();
    assert_eq!(ago.len(), agents.len());
    assert!(ago.iter().all(|seconds| *seconds < HEARTBEAT), "last heard {ago:?} s ago");
    println!("last heard {ago:.1?} s ago by the one that is left");
}

/// Calls go to either of two gateways and are answered by either of two of the service: what was written through one gateway, whoever
/// answers a question to the other one waits for.
#[test]
fn a_caller_reads_what_it_wrote_whichever_gateway_and_replica_answer() {
    let mut apart = Apart::start();
    apart.second("documents");
    let (one, other) = (apart.instance().raw(), apart.second_gateway());
    let content = json!({"schemaVersion": "2.2", "mainSteps":
        [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}]});
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let bus = runtime.block_on(apart.instance().bus());
    let mut asked = runtime.block_on(bus.subscribe("reeve.api.documents.DescribeDocument")).unwrap();
    runtime.block_on(bus.round_trip()).unwrap();
    let mut waited_for = Vec::new();
    for n in 0..20 {
        let name = format!("written-{n}");
        let create = json!({"Name": name, "Content": content.to_string(), "DocumentType": "Command"});
        let (status, created) = one.call("CreateDocument", &create);
        assert_eq!(status, 200, "{created}");
        // What the gateways say to each other takes a moment, and nobody waits for it.
        std::thread::sleep(Duration::from_millis(50));
        let (status, read) = other.call("DescribeDocument", &json!({"Name": name}));
        assert_eq!(status, 200, "document {n}: {read}");
        let question = runtime.block_on(asked.next()).unwrap();
        let positions = question.headers.get(MIN_POSITION).unwrap_or_default().split(',');
        let of_documents = positions.filter_map(|position| position.strip_prefix("DOCUMENTS:")).next();
        waited_for.push(of_documents.and_then(|sequence| sequence.parse::<u64>().ok()));
    }
    assert!(waited_for.iter().all(Option::is_some) && waited_for.is_sorted(), "{waited_for:?}");
    assert!(waited_for.first() < waited_for.last(), "{waited_for:?}");
}
