//! The default rules: those that an instance has without anybody having put them. The opscenter service carries them out;
//! they are listed and switched here like any other.

/// A default rule.
#[derive(Clone, Copy, Debug)]
pub struct DefaultRule {
    pub name: &'static str,
    pub description: &'static str,
    pub event_pattern: &'static str,
}

/// What their ManagedBy says.
pub const MANAGED_BY: &str = "opscenter.reeve";

/// All of them. Their names begin as no other rule's may.
pub const DEFAULT_RULES: [DefaultRule; 7] = [
    DefaultRule {
        name: "reeve.alerts",
        description: "Firing alerts of Alertmanager open OpsItems, which are Resolved with the last of their causes.",
        event_pattern: r#"{"source":[{"prefix":"alertmanager."}],"detail-type":["Alert"]}"#,
    },
    DefaultRule {
        name: "reeve.approvals",
        description: "An approval whose time is nearly over opens an OpsItem, until it is decided.",
        event_pattern: r#"{"source":["reeve.automation"],"detail-type":["ApprovalExpiring"]}"#,
    },
    DefaultRule {
        name: "reeve.dead-letters",
        description: "A handler that gives up on messages opens an OpsItem.",
        event_pattern: r#"{"source":["reeve.dead-letters"],"detail-type":["DeadLetterRecorded"]}"#,
    },
    DefaultRule {
        name: "reeve.incidents",
        description: "Each incident has an OpsItem.",
        event_pattern: r#"{"source":["reeve.incidents"],"detail-type":["IncidentStarted"]}"#,
    },
    DefaultRule {
        name: "reeve.lost-nodes",
        description: "A node that is lost for five minutes opens an OpsItem.",
        event_pattern: r#"{"source":["reeve.nodes"],"detail-type":["NodeLost"]}"#,
    },
    DefaultRule {
        name: "reeve.notifications",
        description: "A destination that messages could not be sent to opens an OpsItem, until something is sent there.",
        event_pattern: r#"{"source":["reeve.notifications"],"detail-type":["NotificationFailed","NotificationRefused"]}"#,
    },
    DefaultRule {
        name: "reeve.refusals",
        description: "A command or a runbook that a rule's target asked for, and that was refused, opens an OpsItem.",
        event_pattern: r#"{"source":["reeve.run-command","reeve.automation"],"detail-type":["CommandRefused","ExecutionRefused"],"detail":{"originKind":["rule"]}}"#,
    },
];

/// What the names of default rules begin with.
pub const RESERVED_PREFIX: &str = "reeve.";

/// The default rule of a name.
pub fn default_rule(name: &str) -> Option<&'static DefaultRule> {
    DEFAULT_RULES.iter().find(|rule| rule.name == name)
}
