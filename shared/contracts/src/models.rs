//! Generated from schemas: do not edit.

/// The models of all APIs, by the name that credentials are scoped to: AWS's, and ours in the same form.
pub const MODELS: &[(&str, &str)] = &[
    ("events", include_str!("../../../schemas/aws/events.json")),
    ("ssm", include_str!("../../../schemas/aws/ssm.json")),
    ("ssm-contacts", include_str!("../../../schemas/aws/ssm-contacts.json")),
    ("ssm-incidents", include_str!("../../../schemas/aws/ssm-incidents.json")),
    ("access", include_str!("../../../schemas/reeve/access.json")),
    ("automation", include_str!("../../../schemas/reeve/automation.json")),
    ("changes", include_str!("../../../schemas/reeve/changes.json")),
    ("contacts", include_str!("../../../schemas/reeve/contacts.json")),
    ("dead-letters", include_str!("../../../schemas/reeve/dead-letters.json")),
    ("feed", include_str!("../../../schemas/reeve/feed.json")),
    ("ingest", include_str!("../../../schemas/reeve/ingest.json")),
    ("inventory", include_str!("../../../schemas/reeve/inventory.json")),
    ("maintenance-windows", include_str!("../../../schemas/reeve/maintenance-windows.json")),
    ("nodes", include_str!("../../../schemas/reeve/nodes.json")),
    ("notifications", include_str!("../../../schemas/reeve/notifications.json")),
    ("opscenter", include_str!("../../../schemas/reeve/opscenter.json")),
    ("patching", include_str!("../../../schemas/reeve/patching.json")),
    ("rules", include_str!("../../../schemas/reeve/rules.json")),
    ("run-command", include_str!("../../../schemas/reeve/run-command.json")),
    ("state-manager", include_str!("../../../schemas/reeve/state-manager.json")),
];
