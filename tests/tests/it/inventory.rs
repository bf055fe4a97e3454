//! What nodes have: by the aws CLI, by the agent's collections, and by `reeve inventory`.

use reeve_e2e::Instance;
use serde_json::json;

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
