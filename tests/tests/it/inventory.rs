//! What nodes have: by the aws CLI, by the agent's collections, and by `reeve inventory`.

use reeve_e2e::{Instance, wait_for};
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    process::Command,
    time::{Duration, Instant},
};

#[test]
fn what_the_aws_cli_puts_it_reads_again() {
    let instance = Instance::start(1);
    let node = instance.node();
    let rack = json!([{"TypeName": "Custom:Rack", "SchemaVersion": "1.0",
        "CaptureTime": "2026-01-31T12:00:00Z", "Content": [{"Row": "7", "Room": "B"}]}]);
    let put = ["put-inventory", "--instance-id", &node, "--items", &rack.to_string()];
    assert_eq!(instance.aws(&put).json()["Message"], "The inventory has changed: Custom:Rack.");
    let list = ["list-inventory-entries", "--instance-id", &node, "--type-name", "Custom:Rack"];
    let listed = instance.aws(&list).json();
    assert_eq!(listed["Entries"], json!([{"Room": "B", "Row": "7"}]));
    assert_eq!(listed["CaptureTime"], "2026-01-31T12:00:00Z");

    let got = instance.aws(&[
        "get-inventory",
        "--filters",
        "Key=Custom:Rack.Row,Values=7",
        "--result-attributes",
        "TypeName=Custom:Rack",
    ]);
    let entity = &got.json()["Entities"][0];
    assert_eq!(entity["Id"], json!(node));
    assert_eq!(entity["Data"]["Custom:Rack"]["Content"], json!([{"Room": "B", "Row": "7"}]));
    let none = instance.aws(&["get-inventory", "--filters", "Key=Custom:Rack.Row,Values=8"]);
    assert_eq!(none.json()["Entities"], json!([]));
    let schema = instance.aws(&["get-inventory-schema", "--type-name", "Custom:Rack"]).json();
    assert_eq!(schema["Schemas"][0]["Attributes"][0], json!({"Name": "Room", "DataType": "string"}));

    let bad = json!([{"TypeName": "AWS:Application", "SchemaVersion": "1.1",
        "CaptureTime": "2026-01-31T12:00:00Z", "Content": [{"Name": "bash", "Colour": "red"}]}]);
    let put = ["put-inventory", "--instance-id", &node, "--items", &bad.to_string()];
    let refused = instance.aws(&put).complaint().to_owned();
    assert!(refused.contains("InvalidItemContentException") && refused.contains("Colour"), "{refused}");
    // AWS's own limit, in AWS's words: forty values.
    let values = (0..41).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let filter = format!("Key=Custom:Rack.Row,Values={values}");
    let refused = instance.aws(&["get-inventory", "--filters", &filter]).complaint().to_owned();
    assert!(refused.contains("ValidationException"), "{refused}");
}

/// Collects what the first node has, with these parameters; answers the invocation.
fn collect(instance: &Instance, parameters: &Value) -> Value {
    let input = json!({"DocumentName": "AWS-GatherSoftwareInventory", "InstanceIds": [instance.node()],
        "Parameters": parameters});
    let sent = instance.call("SendCommand", &input);
    let command = sent["Command"]["CommandId"].as_str().unwrap().to_owned();
    instance.ended(&command);
    instance.call("GetCommandInvocation", &json!({"CommandId": command, "InstanceId": instance.node()}))
}

/// Everything that the first node has of a type.
fn entries(instance: &Instance, type_name: &str) -> Vec<Value> {
    let (mut entries, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({"InstanceId": instance.node(), "TypeName": type_name});
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let page = instance.call("ListInventoryEntries", &input);
        entries.extend(page["Entries"].as_array().unwrap().clone());
        token = page["NextToken"].clone();
        if token.is_null() {
            return entries;
        }
    }
}

/// The events of the inventory service.
fn inventory_events(instance: &Instance) -> Vec<Value> {
    let events = instance.events().into_iter();
    events.filter(|event| event["type"].as_str().unwrap().starts_with("reeve.inventory.")).collect()
}

/// The packages whose files are on this machine's disk, as dpkg says it: name, version, architecture.
fn installed() -> BTreeSet<(String, String, String)> {
    let format = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n";
    let listed = Command::new("dpkg-query").args(["-W", "-f", format]).output().expect("dpkg-query");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let package = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let on_disk = !matches!(fields[0].as_bytes()[1], b'n' | b'c');
        let architecture = match fields[3] {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            other => other,
        };
        on_disk.then(|| (fields[1].to_owned(), fields[2].to_owned(), architecture.to_owned()))
    };
    listed.lines().filter_map(package).collect()
}

#[test]
fn a_collection_is_what_the_machine_has_and_an_unchanged_one_is_no_event() {
    let instance = Instance::start(1);
    let begun = Instant::now();
    let invocation = collect(&instance, &json!({}));
    let took = begun.elapsed();
    let said = invocation["StandardOutputContent"].as_str().unwrap().to_owned();
    assert_eq!(invocation["StatusDetails"], "Success", "{invocation}");
    assert!(said.contains("AWS:Application: ") && said.contains("sent whole"), "{said}");
    wait_for("the packages are taken in", || {
        (!entries(&instance, "AWS:Application").is_empty()).then_some(())
    });
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let found = entries(&instance, "AWS:Application");
    let found: BTreeSet<_> =
        found.iter().map(|e| (text(e, "Name"), text(e, "Version"), text(e, "Architecture"))).collect();
    assert_eq!(found, installed());
    wait_for("the other types are taken in", || {
        let of = ["AWS:Network", "AWS:InstanceDetailedInformation"];
        of.iter().all(|name| !entries(&instance, name).is_empty()).then_some(())
    });
    let kernel = entries(&instance, "AWS:InstanceDetailedInformation")[0]["KernelVersion"].clone();
    let running = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!(kernel, json!(running.trim()));
    println!("{} packages, a whole collection in {took:?}", found.len());
    assert!(took < Duration::from_secs(5), "{took:?}");

    let before = inventory_events(&instance).len();
    let invocation = collect(&instance, &json!({}));
    let said = invocation["StandardOutputContent"].as_str().unwrap().to_owned();
    assert!(said.lines().all(|line| line.contains("unchanged")), "{said}");
    assert_eq!(inventory_events(&instance).len(), before);
}

#[test]
fn custom_types_come_and_go_with_their_files_and_the_event_is_the_difference() {
    let instance = Instance::start(1);
    let folder = instance.data().join("nodes/1/inventory/custom");
    std::fs::create_dir_all(&folder).unwrap();
    let describe = |name: &str, content: Value| {
        let of = json!({"SchemaVersion": "1.0", "TypeName": name, "Content": content});
        std::fs::write(folder.join(format!("{}.json", &name[7..])), of.to_string()).unwrap();
    };
    let only_custom = json!({"applications": ["Disabled"], "networkConfig": ["Disabled"], "services": ["Disabled"],
        "instanceDetailedInformation": ["Disabled"]});
    describe("Custom:Rack", json!([{"Row": "7"}, {"Row": "8"}]));
    describe("Custom:Nested", json!({"Row": {"a": "b"}}));
    let invocation = collect(&instance, &only_custom);
    let refused = invocation["StandardErrorContent"].as_str().unwrap();
    assert!(refused.contains("Nested.json") && refused.contains("no text"), "{refused}");
    let until = |expected: Value| {
        wait_for("the custom type is taken in", || {
            (Value::from(entries(&instance, "Custom:Rack")).as_array().map(Vec::len)
                == expected.as_array().map(Vec::len))
            .then_some(())
        });
    };
    until(json!([{"Row": "7"}, {"Row": "8"}]));

    describe("Custom:Rack", json!([{"Row": "7"}, {"Row": "8"}, {"Row": "9"}]));
    let invocation = collect(&instance, &only_custom);
    let said = invocation["StandardOutputContent"].as_str().unwrap();
    assert!(said.contains("Custom:Rack: 3 entries, 1 new, 0 changed and 0 gone"), "{said}");
    until(json!([{}, {}, {}]));
    let event = inventory_events(&instance).pop().unwrap();
    assert_eq!(event["data"]["added"].as_array().unwrap().len(), 1, "{event}");
    assert_eq!(event["data"]["added"][0]["attributes"][0], json!({"name": "Row", "value": "9"}));

    std::fs::remove_file(folder.join("Rack.json")).unwrap();
    collect(&instance, &only_custom);
    until(json!([]));
}

#[test]
fn reeve_inventory_shows_what_a_node_has_and_had_and_what_changed_by_whom() {
    let instance = Instance::start(1);
    let (node, begun) = (instance.node(), Timestamp::now().rfc3339());
    let folder = instance.data().join("nodes/1/inventory/custom");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("rack.json");
    let describe = |row: &str| {
        json!({"SchemaVersion": "1.0", "TypeName": "Custom:Rack", "Content": {"Name": "rack", "Row": row}})
            .to_string()
    };
    let row = |expected: &str| {
        wait_for("the custom type is taken in", || {
            (entries(&instance, "Custom:Rack").first()?["Row"] == expected).then_some(())
        });
    };
    std::fs::write(&file, describe("7")).unwrap();
    let collected = instance.reeve(&["inventory", "collect", "--nodes", &node]);
    assert!(collected.text().contains("Custom:Rack: 1 entries, sent whole."), "{}", collected.stdout);
    row("7");
    let before = Timestamp::now().rfc3339();

    // A command changes it; then somebody at the machine does.
    let command = instance.send(&format!("echo '{}' > {}", describe("8"), file.display()));
    instance.ended(&command);
    instance.reeve(&["inventory", "collect"]).text();
    row("8");
    std::fs::write(&file, describe("9")).unwrap();
    instance.reeve(&["inventory", "collect"]).text();
    row("9");

    let shown = instance.reeve(&["inventory", &node]);
    assert!(
        shown.text().lines().any(|line| line.starts_with("Custom:Rack") && line.contains(" 1 ")),
        "{}",
        shown.stdout
    );
    let shown = |at: &[&str]| {
        let of = ["inventory", &node, "--type", "Custom:Rack", "--output", "json"];
        let answer = instance.reeve(&[at, &of[..]].concat());
        serde_json::from_str::<Value>(answer.text()).unwrap()[0]["Row"].clone()
    };
    assert_eq!((shown(&[]), shown(&["--as-of", &before])), (json!("9"), json!("7")));

    let diff = |more: &[&str]| {
        let diff = ["inventory", "diff", begun.as_str(), "now", "--type", "Custom:Rack"];
        instance.reeve(&[&diff[..], more].concat()).text().to_owned()
    };
    let listed = diff(&[]);
    let lines: Vec<&str> = listed.lines().skip(1).collect();
    assert!(lines[0].contains("+ 1 entries") && lines[0].ends_with("first collection"), "{listed}");
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(lines[1].contains("~ rack Row 7 -> 8"), "{listed}");
    assert!(lines[1].ends_with(&format!("command {command}")), "{listed}");
    assert!(lines[2].contains("~ rack Row 8 -> 9") && lines[2].ends_with("outside Reeve"), "{listed}");
    assert_eq!(diff(&["--targets", "Key=tag:role,Values=db"]).lines().count(), 1);
    let refused = instance.reeve(&["inventory", "diff", "noon"]);
    assert!(!refused.success && refused.stderr.contains("\"noon\""), "{}", refused.stderr);
    let refused = instance.reeve(&["inventory", "mi-00000000000000000"]);
    assert!(!refused.success && refused.stderr.contains("mi-00000000000000000"), "{}", refused.stderr);
    println!("{listed}");
}

#[test]
fn the_aws_cli_deletes_a_custom_type_and_a_deregistered_node_keeps_none() {
    let instance = Instance::start(1);
    let node = instance.node();
    let put = || {
        let item = json!({"TypeName": "Custom:Rack", "SchemaVersion": "1.0",
            "CaptureTime": "2026-01-31T12:00:00Z", "Content": [{"Row": "7"}]});
        instance.call("PutInventory", &json!({"InstanceId": node, "Items": [item]}));
    };
    put();
    let deleted = instance.aws(&["delete-inventory", "--type-name", "Custom:Rack"]).json();
    assert_eq!(deleted["DeletionSummary"]["TotalCount"], 1, "{deleted}");
    let id = deleted["DeletionId"].as_str().unwrap().to_owned();
    wait_for("the deletion is complete", || {
        let of = instance.aws(&["describe-inventory-deletions", "--deletion-id", &id]).json();
        (of["InventoryDeletions"][0]["LastStatus"] == "Complete").then_some(())
    });
    assert_eq!(entries(&instance, "Custom:Rack"), Vec::<Value>::new());
    put();
    instance.call("DeregisterManagedInstance", &json!({"InstanceId": node}));
    wait_for("the inventory goes with the node", || {
        let last = inventory_events(&instance).pop()?;
        (last["data"]["note"] == "The node was deregistered.").then_some(())
    });
}
