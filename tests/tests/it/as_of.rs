//! Every read operation of every service, as of an earlier instant.

use reeve_contracts::models::MODELS;
use reeve_e2e::Instance;
use reeve_jetstream::serve;
use reeve_testkit::Dice;
use reeve_types::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// What has a name that only its service gives: of an incident, of an association, of an automation, of a window, and of a
/// notification.
struct Incident {
    oncall: OnCall,
    notification: String,
    association: String,
    execution: String,
    automation: String,
    preview: String,
    window: Window,
    plan: String,
    arn: String,
    note: String,
    set: String,
}

const OPS_ITEM: &str = "arn:aws:ssm:us-east-1:123456789012:opsitem";

fn incident(instance: &Instance, operation: &str, input: &Value) -> Value {
    let (status, answer) = instance.raw().call_of("ssm-incidents", operation, input, None);
    assert_eq!(status, 200, "{operation} {input}: {answer}");
    answer
}

/// A runbook that runs: the id of its execution.
fn automate(instance: &Instance) -> String {
    let content = json!({"schemaVersion": "0.3", "mainSteps": [
        {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}},
        {"name": "hold", "action": "aws:pause", "inputs": {}}]});
    let document = json!({"Name": "hold", "DocumentType": "Automation", "Content": content.to_string()});
    instance.call("CreateDocument", &document);
    let started = instance.call("StartAutomationExecution", &json!({"DocumentName": "hold"}));
    started["AutomationExecutionId"].as_str().unwrap().to_owned()
}

/// A window, and what it did: the task of its execution and the invocation of that.
struct Window {
    id: String,
    task: String,
    execution: String,
    execution_task: String,
    invocation: String,
}

impl Window {
    fn of(instance: &Instance) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let at = Timestamp(Timestamp::now().0 + 2_000).rfc3339();
        let window = json!({"Name": "once", "Schedule": format!("at({})", &at[..19]), "Duration": 2, "Cutoff": 1,
            "AllowUnassociatedTargets": false});
        let id = text(&instance.call("CreateMaintenanceWindow", &window)["WindowId"]);
        let daily = json!({"Name": "daily", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1,
            "AllowUnassociatedTargets": false});
        instance.call("CreateMaintenanceWindow", &daily);
        let target = json!({"WindowId": id, "ResourceType": "INSTANCE",
            "Targets": [{"Key": "InstanceIds", "Values": [instance.node()]}]});
        let target = instance.call("RegisterTargetWithMaintenanceWindow", &target)["WindowTargetId"].clone();
        let task = json!({"WindowId": id, "TaskType": "RUN_COMMAND", "TaskArn": "AWS-RunShellScript",
            "Targets": [{"Key": "WindowTargetIds", "Values": [target]}], "MaxConcurrency": "1", "MaxErrors": "1",
            "TaskInvocationParameters": {"RunCommand": {"Parameters": {"commands": ["true"]}}}});
        let task = text(&instance.call("RegisterTaskWithMaintenanceWindow", &task)["WindowTaskId"]);
        let of = |operation: &str, input: &Value, list: &str, member: &str| {
            reeve_e2e::wait_for("the window fired", || {
                let found = instance.call(operation, input)[list][0][member].clone();
                found.is_string().then(|| text(&found))
            })
        };
        let input = json!({"WindowId": id});
        let operation = "DescribeMaintenanceWindowExecutions";
        let execution = of(operation, &input, "WindowExecutions", "WindowExecutionId");
        let input = json!({"WindowExecutionId": execution});
        let operation = "DescribeMaintenanceWindowExecutionTasks";
        let execution_task = of(operation, &input, "WindowExecutionTaskIdentities", "TaskExecutionId");
        let input = json!({"WindowExecutionId": execution, "TaskId": execution_task});
        let operation = "DescribeMaintenanceWindowExecutionTaskInvocations";
        let invocation = of(operation, &input, "WindowExecutionTaskInvocationIdentities", "InvocationId");
        Self { id, task, execution, execution_task, invocation }
    }

    /// The input of a read operation that is about it, if one is.
    fn input(&self, operation: &str) -> Option<Value> {
        let Self { id, task, execution, execution_task, invocation } = self;
        Some(match operation {
            "GetMaintenanceWindow"
            | "DescribeMaintenanceWindowTargets"
            | "DescribeMaintenanceWindowTasks"
            | "DescribeMaintenanceWindowExecutions" => json!({"WindowId": id}),
            "GetMaintenanceWindowTask" => json!({"WindowId": id, "WindowTaskId": task}),
            "GetMaintenanceWindowExecution" | "DescribeMaintenanceWindowExecutionTasks" => {
                json!({"WindowExecutionId": execution})
            }
            "GetMaintenanceWindowExecutionTask" | "DescribeMaintenanceWindowExecutionTaskInvocations" => {
                json!({"WindowExecutionId": execution, "TaskId": execution_task})
            }
            "GetMaintenanceWindowExecutionTaskInvocation" => {
                json!({"WindowExecutionId": execution, "TaskId": execution_task, "InvocationId": invocation})
            }
            "DescribeMaintenanceWindowsForTarget" => json!({"ResourceType": "INSTANCE",
                "Targets": [{"Key": "InstanceIds", "Values": ["mi-00000000000000000"]}]}),
            "GetCalendarState" => json!({"CalendarNames": ["freeze"], "AtTime": "2026-11-28T00:00:00Z"}),
            "PreviewMaintenanceWindow" => json!({"windowId": id}),
            _ => return None,
        })
    }
}

fn put_webhook(instance: &Instance, n: usize) {
    let put = json!({"name": format!("hook-{}", n % 3), "url": format!("http://127.0.0.1:9/{n}")});
    let (status, answer) = instance.raw().call_of("notifications", "PutWebhook", &put, None);
    assert_eq!(status, 200, "{answer}");
}

/// A message that is never taken: its id.
fn notify(instance: &Instance) -> String {
    put_webhook(instance, 0);
    let send = json!({"destination": "webhook:hook-0", "subject": "s"});
    let (status, answer) = instance.raw().call_of("notifications", "Send", &send, None);
    assert_eq!(status, 200, "{answer}");
    let id = answer["notificationId"].as_str().unwrap().to_owned();
    // Its address is one of the own network.
    reeve_e2e::wait_for("it failed", || {
        let get = json!({"notificationId": id});
        let (_, shown) = instance.raw().call_of("notifications", "GetNotification", &get, None);
        (shown["status"] == "Failed").then_some(())
    });
    id
}

/// A person with a channel, a rotation, a schedule, and an engagement with its page.
struct OnCall {
    contact: String,
    channel: String,
    rotation: String,
    over: String,
    engagement: String,
    page: String,
}

fn contacts(instance: &Instance, operation: &str, input: &Value) -> Value {
    let (status, answer) = instance.raw().call_of("ssm-contacts", operation, input, None);
    assert_eq!(status, 200, "{operation} {input}: {answer}");
    answer
}

impl OnCall {
    fn of(instance: &Instance) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let ask = |operation: &str, input: Value| contacts(instance, operation, &input);
        let new = json!({"Alias": "ann", "Type": "PERSONAL", "Plan": {"Stages": []}});
        let contact = text(&ask("CreateContact", new)["ContactArn"]);
        let new = json!({"ContactId": contact, "Type": "EMAIL", "Name": "hook",
            "DeliveryAddress": {"SimpleAddress": "webhook:hook-0"}});
        let channel = text(&ask("CreateContactChannel", new)["ContactChannelArn"]);
        let code = reeve_e2e::wait_for("its code is asked for", || {
            let (_, listed) = instance.raw().call_of("notifications", "ListNotifications", &json!({}), None);
            let listed = listed["notifications"].as_array().unwrap().clone();
            let asked = listed.into_iter().find(|one| one["originKind"] == "activation-code")?;
            let get = json!({"notificationId": asked["notificationId"]});
            let (_, shown) = instance.raw().call_of("notifications", "GetNotification", &get, None);
            // It fails for good, since its address is one of the own network.
            let details: Value = serde_json::from_str(shown["details"].as_str()?).ok()?;
            (shown["status"] == "Failed").then(|| details["activationCode"].clone())
        });
        ask("ActivateContactChannel", json!({"ContactChannelId": channel, "ActivationCode": code}));
        let target = json!({"ChannelTargetInfo": {"ContactChannelId": channel}});
        let plan = json!({"Stages": [{"DurationInMinutes": 0, "Targets": [target]}]});
        ask("UpdateContact", json!({"ContactId": contact, "Plan": plan}));
        let new = json!({"Name": "days", "ContactIds": [contact], "TimeZoneId": "UTC", "StartTime": 1_700_000_000,
            "Recurrence": {"NumberOfOnCalls": 1, "RecurrenceMultiplier": 1,
                "DailySettings": [{"HourOfDay": 9, "MinuteOfHour": 0}]}});
        let rotation = text(&ask("CreateRotation", new)["RotationArn"]);
        let now = Timestamp::now().epoch_seconds();
        let new =
            json!({"RotationId": rotation, "NewContactIds": [], "StartTime": now, "EndTime": now + 86_400.0});
        let over = text(&ask("CreateRotationOverride", new)["RotationOverrideId"]);
        ask(
            "CreateContact",
            json!({"Alias": "on-call", "Type": "ONCALL_SCHEDULE", "Plan": {"RotationIds": [rotation]}}),
        );
        let start = json!({"ContactId": contact, "Sender": "s", "Subject": "s", "Content": "c"});
        let engagement = text(&ask("StartEngagement", start)["EngagementArn"]);
        let page = reeve_e2e::wait_for("its page failed", || {
            let listed = ask("ListPagesByEngagement", json!({"EngagementId": engagement}));
            let page = listed["Pages"][0]["PageArn"].as_str()?.to_owned();
            let receipts = ask("ListPageReceipts", json!({"PageId": page}));
            (receipts["Receipts"][0]["ReceiptType"] == "ERROR").then_some(page)
        });
        Self { contact, channel, rotation, over, engagement, page }
    }

    fn change(&self, instance: &Instance, n: usize) {
        contacts(
            instance,
            "UpdateContact",
            &json!({"ContactId": self.contact, "DisplayName": n.to_string()}),
        );
    }

    fn input(&self, operation: &str) -> Option<Value> {
        let range = |mut input: Value| {
            (input["StartTime"], input["EndTime"]) = (json!(1_700_000_000), json!(1_700_500_000));
            input
        };
        let recurrence = json!({"NumberOfOnCalls": 1, "RecurrenceMultiplier": 1,
            "DailySettings": [{"HourOfDay": 9, "MinuteOfHour": 0}]});
        Some(match operation {
            "GetContact" | "ListContactChannels" | "ListPagesByContact" => json!({"ContactId": self.contact}),
            "GetContactPolicy" => json!({"ContactArn": self.contact}),
            "GetContactChannel" => json!({"ContactChannelId": self.channel}),
            "GetRotation" => json!({"RotationId": self.rotation}),
            "GetRotationOverride" => json!({"RotationId": self.rotation, "RotationOverrideId": self.over}),
            "ListRotationShifts" | "ListRotationOverrides" => range(json!({"RotationId": self.rotation})),
            "ListPreviewRotationShifts" => {
                range(json!({"Members": ["a"], "TimeZoneId": "UTC", "Recurrence": recurrence}))
            }
            "DescribeEngagement" | "ListPagesByEngagement" => json!({"EngagementId": self.engagement}),
            "GetEngagementProgress" => json!({"engagementId": self.engagement}),
            "DescribePage" | "ListPageReceipts" | "ListPageResolutions" => json!({"PageId": self.page}),
            _ => return None,
        })
    }
}

/// An association and its first execution.
fn associate(instance: &Instance) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let made = json!({"Name": "AWS-RunShellScript", "Parameters": {"commands": ["true"]},
        "Targets": [{"Key": "InstanceIds", "Values": ["*"]}]});
    let made = instance.call("CreateAssociation", &made);
    let of = json!({"AssociationId": made["AssociationDescription"]["AssociationId"]});
    let execution = reeve_e2e::wait_for("it ran", || {
        let listed = instance.call("DescribeAssociationExecutions", &of);
        let ran = listed["AssociationExecutions"][0]["ExecutionId"].clone();
        ran.is_string().then_some(ran)
    });
    (text(&of["AssociationId"]), text(&execution))
}

impl Incident {
    fn start(instance: &Instance) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let plan = json!({"name": "p", "incidentTemplate": {"title": "t", "impact": 2}});
        let plan = text(&incident(instance, "CreateResponsePlan", &plan)["arn"]);
        let started = incident(instance, "StartIncident", &json!({"responsePlanArn": plan}));
        let arn = text(&started["incidentRecordArn"]);
        let note = json!({"incidentRecordArn": arn, "eventType": "Note", "eventTime": 1, "eventData": "x"});
        let note = text(&incident(instance, "CreateTimelineEvent", &note)["eventId"]);
        let regions = json!({"regions": {instance.raw().region: {}}});
        let set = text(&incident(instance, "CreateReplicationSet", &regions)["arn"]);
        let (association, execution) = associate(instance);
        let (automation, window) = (automate(instance), Window::of(instance));
        let preview = instance.call("StartExecutionPreview", &json!({"DocumentName": "hold"}));
        let preview = text(&preview["ExecutionPreviewId"]);
        let content = "BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n";
        let calendar = json!({"Name": "freeze", "DocumentType": "ChangeCalendar", "DocumentFormat": "TEXT", "Content": content});
        instance.call("CreateDocument", &calendar);
        let notification = notify(instance);
        let oncall = OnCall::of(instance);
        Self {
            oncall,
            notification,
            association,
            execution,
            automation,
            preview,
            window,
            plan,
            arn,
            note,
            set,
        }
    }

    /// Something that people do about it.
    fn change(&self, instance: &Instance, n: usize) {
        let url = json!({"type": "METRIC", "value": {"url": format!("http://x/{n}")}});
        put_webhook(instance, n);
        self.oncall.change(instance, n);
        let (operation, input) = match n % 5 {
            0 => {
                ("UpdateIncidentRecord", json!({"arn": self.arn, "impact": n % 3 + 1, "status": "RESOLVED"}))
            }
            1 => {
                ("UpdateIncidentRecord", json!({"arn": self.arn, "summary": n.to_string(), "status": "OPEN"}))
            }
            2 => (
                "UpdateTimelineEvent",
                json!({"incidentRecordArn": self.arn, "eventId": self.note, "eventData": n.to_string()}),
            ),
            3 => (
                "UpdateRelatedItems",
                json!({"incidentRecordArn": self.arn, "relatedItemsUpdate": {"itemToAdd": {"identifier": url}}}),
            ),
            _ => ("UpdateResponsePlan", json!({"arn": self.plan, "displayName": n.to_string()})),
        };
        incident(instance, operation, &input);
    }
}

/// The inputs with which a read operation is asked here.
fn inputs(operation: &str, node: &str, created: &Created, incident: &Incident) -> Vec<Value> {
    let Created { commands, ops_items, ops_metadata } = created;
    let input = incident.window.input(operation).or_else(|| incident.oncall.input(operation));
    if let Some(input) = input {
        return vec![input];
    }
    let documents = ["AWS-RunShellScript", "doc-0", "doc-1", "doc-2"];
    let each_document = || documents.iter().map(|name| json!({"Name": name}));
    match operation {
        "GetDocument" | "DescribeDocument" | "ListDocumentVersions" => each_document().collect(),
        "DescribeDocumentPermission" => {
            documents.iter().map(|name| json!({"Name": name, "PermissionType": "Share"})).collect()
        }
        "ListDocumentMetadataHistory" => {
            documents.iter().map(|name| json!({"Name": name, "Metadata": "DocumentReviews"})).collect()
        }
        "ListTagsForResource" => documents
            .iter()
            .map(|name| json!({"ResourceType": "Document", "ResourceId": name}))
            .chain([json!({"ResourceType": "ManagedInstance", "ResourceId": node})])
            .chain(ops_items.iter().map(|id| json!({"ResourceType": "OpsItem", "ResourceId": id})))
            .chain([json!({"ResourceARN": incident.oncall.contact})])
            .collect(),
        "GetOpsItem" | "ListOpsItemRelatedItems" => {
            ops_items.iter().map(|id| json!({"OpsItemId": id})).collect()
        }
        "ListCauses" => ops_items.iter().map(|id| json!({"opsItemId": id})).collect(),
        "GetOpsMetadata" => ops_metadata.iter().map(|arn| json!({"OpsMetadataArn": arn})).collect(),
        "GetConnectionStatus" => vec![json!({"Target": node})],
        "ListNodesSummary" => vec![json!({"Aggregators": [
            {"AggregatorType": "Count", "TypeName": "Instance", "AttributeName": "PlatformType"}]})],
        "GetCommandInvocation" => {
            commands.iter().map(|id| json!({"CommandId": id, "InstanceId": node})).collect()
        }
        "DescribeRule" => {
            ["rule", "timed", "reeve.alerts"].iter().map(|name| json!({"Name": name})).collect()
        }
        "ListTargetsByRule" => vec![json!({"Rule": "rule"})],
        "ListMatches" => vec![json!({"rule": "rule"})],
        "ListRuleNamesByTarget" => vec![json!({"TargetArn": OPS_ITEM})],
        "GetResponsePlan" => vec![json!({"arn": incident.plan})],
        "GetResourcePolicies" => vec![json!({"resourceArn": incident.plan})],
        "BatchGetIncidentFindings" => {
            vec![json!({"incidentRecordArn": incident.arn, "findingIds": ["none"]})]
        }
        "GetIncidentRecord" => vec![json!({"arn": incident.arn})],
        "GetReplicationSet" => vec![json!({"arn": incident.set})],
        "GetTimelineEvent" => {
            vec![json!({"incidentRecordArn": incident.arn, "eventId": incident.note})]
        }
        "ListTimelineEvents" | "ListRelatedItems" | "ListIncidentFindings" => {
            vec![json!({"incidentRecordArn": incident.arn})]
        }
        "DescribeAssociation" | "ListAssociationVersions" | "DescribeAssociationExecutions" => {
            vec![json!({"AssociationId": incident.association})]
        }
        "DescribeAssociationExecutionTargets" => {
            vec![json!({"AssociationId": incident.association, "ExecutionId": incident.execution})]
        }
        "DescribeEffectiveInstanceAssociations" | "DescribeInstanceAssociationsStatus" => {
            vec![json!({"InstanceId": node})]
        }
        "GetAutomationExecution" | "DescribeAutomationStepExecutions" => {
            vec![json!({"AutomationExecutionId": incident.automation})]
        }
        "GetExecutionPreview" => vec![json!({"ExecutionPreviewId": incident.preview})],
        "PreviewAssociation" => vec![json!({"associationId": incident.association})],
        "ListInventoryEntries" => ["AWS:Tag", "Custom:Rack"]
            .iter()
            .map(|name| json!({"InstanceId": node, "TypeName": name}))
            .collect(),
        "GetInventory" => ["AWS:InstanceInformation", "Custom:Rack"]
            .iter()
            .map(|name| json!({"ResultAttributes": [{"TypeName": name}]}))
            .collect(),
        "ListComplianceItems" => vec![json!({"ResourceIds": [node]})],
        "GetNodeInventory" => vec![json!({"nodeId": node})],
        "ListInventoryChanges" => vec![json!({"from": 0, "to": 4_000_000_000u64})],
        "GetParameter" => ["/p/0", "/p/1:1", "/p/1:label"]
            .iter()
            .map(|name| json!({"Name": name, "WithDecryption": true}))
            .collect(),
        "GetParameters" => vec![json!({"Names": ["/p/0", "/p/1", "/p/2"]})],
        "GetParametersByPath" => vec![json!({"Path": "/p"}), json!({"Path": "/", "Recursive": true})],
        "GetServiceSetting" => vec![json!({"SettingId": "/ssm/parameter-store/default-parameter-tier"})],
        "GetParameterHistory" => ["/p/0", "/p/1", "/p/2"].iter().map(|name| json!({"Name": name})).collect(),
        "GetNotification" => vec![json!({"notificationId": incident.notification})],
        "GetDeadLetter" => vec![json!({"number": 1})],
        _ => vec![json!({})],
    }
}

/// What was created so far, and can be asked for by its name.
#[derive(Clone, Default)]
struct Created {
    commands: Vec<String>,
    ops_items: Vec<String>,
    ops_metadata: Vec<String>,
}

/// Leaves out what is no event: heartbeats, and the instant of the call itself.
fn without_heartbeats(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.remove("LastPingDateTime");
            members.remove("CaptureTime");
            members.remove("lastSeen");
            for member in members.values_mut() {
                *member = without_heartbeats(member.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_heartbeats(item.take())),
        _ => {}
    }
    value
}

type Answers = BTreeMap<String, (u16, Value)>;

/// The answers of all read operations.
fn export(
    instance: &Instance,
    reads: &[(String, String)],
    created: &Created,
    incident: &Incident,
    at: Option<&str>,
) -> Answers {
    let (raw, node) = (instance.raw(), instance.node());
    let mut answers = Answers::new();
    for (api, operation) in reads {
        for input in inputs(operation, &node, created, incident) {
            let answer = raw.call_of(api, operation, &input, at);
            answers.insert(format!("{api}:{operation} {input}"), (answer.0, without_heartbeats(answer.1)));
        }
    }
    answers
}

/// Something that people do with rules.
fn change_rule(instance: &Instance, n: usize) {
    let target = json!({"Id": (n % 3).to_string(), "Arn": OPS_ITEM});
    let pattern = json!({"source": ["shop"], "detail": {"n": [{"numeric": ["<", n]}]}}).to_string();
    let entry = json!({"Source": "shop", "DetailType": "t", "Detail": json!({"n": n / 2}).to_string()});
    let schedule = format!("rate({} hours)", n + 2);
    let (operation, input) = match n % 6 {
        5 => ("PutRule", json!({"Name": "timed", "ScheduleExpression": schedule})),
        0 => ("PutTargets", json!({"Rule": "rule", "Targets": [target]})),
        1 => ("DisableRule", json!({"Name": if n.is_multiple_of(2) { "rule" } else { "reeve.alerts" }})),
        2 => ("PutEvents", json!({"Entries": [entry]})),
        _ => ("PutRule", json!({"Name": "rule", "EventPattern": pattern})),
    };
    instance.raw().call_of("events", operation, &input, None);
}

/// One of the things that people do.
fn write(instance: &Instance, dice: &mut Dice, created: &mut Created, incident: &Incident) {
    let name = format!("doc-{}", dice.below(3));
    let content = |n: usize| {
        json!({"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "s",
            "inputs": {"runCommand": [format!("echo {n}")]}}]})
        .to_string()
    };
    let n = dice.below(1000);
    let parameter = format!("/p/{}", n % 3);
    let (operation, input) = match dice.below(22) {
        0 => ("CreateDocument", json!({"Name": name, "Content": content(n), "DocumentType": "Command"})),
        1 => ("UpdateDocument", json!({"Name": name, "Content": content(n), "DocumentVersion": "$LATEST"})),
        2 => ("DeleteDocument", json!({"Name": name})),
        3 => {
            let tags = json!([{"Key": format!("k{}", n % 4), "Value": n.to_string()}]);
            let (kind, id) = ("ManagedInstance", instance.node());
            ("AddTagsToResource", json!({"ResourceType": kind, "ResourceId": id, "Tags": tags}))
        }
        4 => ("CreateActivation", json!({"IamRole": "none", "Description": n.to_string()})),
        5 => {
            let dedup = json!({"dedupString": (n % 3).to_string()}).to_string();
            let data = json!({"/aws/dedup": {"Value": dedup}});
            let item = json!({"Title": name, "Description": "d", "Source": "s", "OperationalData": data});
            ("CreateOpsItem", item)
        }
        6 | 7 if !created.ops_items.is_empty() => {
            let id = &created.ops_items[n % created.ops_items.len()];
            let status = ["Open", "InProgress", "Resolved"][n % 3];
            ("UpdateOpsItem", json!({"OpsItemId": id, "Status": status, "Title": n.to_string()}))
        }
        8 => {
            let metadata = json!({"k": {"Value": n.to_string()}});
            ("CreateOpsMetadata", json!({"ResourceId": (n % 3).to_string(), "Metadata": metadata}))
        }
        9 => {
            let item = json!({"TypeName": "Custom:Rack", "SchemaVersion": "1.0",
                "CaptureTime": "2026-01-31T12:00:00Z", "Content": [{"Row": (n % 4).to_string()}]});
            ("PutInventory", json!({"InstanceId": instance.node(), "Items": [item]}))
        }
        10 | 11 => return incident.change(instance, n),
        15 => return change_rule(instance, n),
        12 => ("StartAssociationsOnce", json!({"AssociationIds": [incident.association]})),
        13 => (
            "UpdateAssociation",
            json!({"AssociationId": incident.association, "AssociationName": format!("name-{n}"),
                "Parameters": {"commands": ["true"]}}),
        ),
        14 => {
            let status = ["COMPLIANT", "NON_COMPLIANT"][n % 2];
            let items: Vec<Value> = (0..n % 4)
                .map(|id| json!({"Id": id.to_string(), "Severity": "LOW", "Status": status}))
                .collect();
            (
                "PutComplianceItems",
                json!({"ResourceId": instance.node(), "ResourceType": "ManagedInstance",
                "ComplianceType": "Custom:Benchmark", "ExecutionSummary": {"ExecutionTime": n}, "Items": items}),
            )
        }
        16 | 17 => (
            "PutParameter",
            json!({"Name": parameter, "Value": n.to_string(), "Type": "String", "Overwrite": true}),
        ),
        18 => ("LabelParameterVersion", json!({"Name": parameter, "Labels": ["label"]})),
        20 => (
            "UpdateMaintenanceWindow",
            json!({"WindowId": incident.window.id, "Enabled": n.is_multiple_of(2), "Description": n.to_string()}),
        ),
        19 => ("DeleteParameter", json!({"Name": parameter})),
        _ => {
            let command = instance.send("echo x");
            instance.ended(&command);
            return created.commands.push(command);
        }
    };
    // Some are refused, as by chance: nothing happens then.
    let (_, answer) = instance.raw().call(operation, &input);
    let named = |member: &str| answer[member].as_str().map(str::to_owned);
    created.ops_items.extend(named("OpsItemId").filter(|id| !created.ops_items.contains(id)));
    created.ops_metadata.extend(named("OpsMetadataArn").filter(|arn| !created.ops_metadata.contains(arn)));
}

#[test]
fn reads_as_of_an_instant_answer_as_they_did_then() {
    let instance = Instance::start(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reads: Vec<(String, String)> = runtime.block_on(async {
        let bus = instance.service_bus().await;
        let served = serve::discover(&bus, Duration::from_secs(1)).await.unwrap();
        let reads = served.into_iter().filter(|one| !one.writes && !one.api.is_empty());
        // They answer from the policies that are in force, and from the log itself, and say so.
        let reads = reads.filter(|one| !["CheckAccess", "BacktestRule"].contains(&one.operation.as_str()));
        reads.map(|one| (one.api, one.operation)).collect()
    });
    assert!(reads.len() >= 20, "{reads:?}");
    let incident = Incident::start(&instance);
    let (mut dice, mut created, mut exports) = (Dice(20), Created::default(), Vec::new());
    for _ in 0..4 {
        for _ in 0..dice.below(10) + 4 {
            write(&instance, &mut dice, &mut created, &incident);
        }
        // What services make of each other's events has come to its end.
        std::thread::sleep(Duration::from_millis(500));
        let known = created.clone();
        let answers = export(&instance, &reads, &known, &incident, None);
        exports.push((Timestamp::now().rfc3339(), known, answers));
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut compared = 0;
    for (at, known, expected) in exports.iter().rev() {
        let answers = export(&instance, &reads, known, &incident, Some(at));
        for (question, answer) in &answers {
            assert_eq!(answer, &expected[question], "{question} as of {at}");
            compared += 1;
        }
    }
    println!("{} reads of {} services compared: {compared} answers", reads.len(), MODELS.len());
}

#[test]
fn a_deleted_document_is_read_from_before_it_was_deleted() {
    let instance = Instance::start(1);
    let command = crate::story::greet(&instance);
    instance.ended(&command);
    std::thread::sleep(Duration::from_millis(5));
    let before = Timestamp::now().rfc3339();
    std::thread::sleep(Duration::from_millis(5));
    instance.call("DeleteDocument", &json!({"Name": "Greet"}));
    let get = ["api", "GetDocument", "--json", r#"{"Name": "Greet"}"#];
    let now = instance.reeve(&get);
    assert!(!now.success && now.stderr.contains("InvalidDocument"), "{}", now.stderr);
    let then = instance.reeve(&[&["--as-of", before.as_str()], &get[..]].concat());
    assert!(then.success && then.stdout.contains("\"Name\": \"Greet\""), "{}{}", then.stdout, then.stderr);
    for list in ["nodes", "documents", "commands"] {
        let listed = instance.reeve(&["--as-of", &before, list]);
        assert!(listed.success && listed.stdout.lines().count() > 1, "{}", listed.stderr);
    }
    let listed = instance.reeve(&["--as-of", &before, "documents", "--owner", "Self"]);
    assert!(listed.stdout.contains("Greet"), "{}", listed.stdout);
    // Nothing is written in the past, and nothing asked of the future, or of what is no instant.
    let refused = |arguments: &[&str], words: &str| {
        let answer = instance.reeve(arguments);
        assert!(!answer.success && answer.stderr.contains(words), "{arguments:?}: {}", answer.stderr);
    };
    let delete = ["api", "DeleteDocument", "--json", r#"{"Name": "Greet"}"#];
    refused(&[&["--as-of", before.as_str()], &delete[..]].concat(), "cannot be called as of an instant");
    refused(&["--as-of", "2999-01-01T00:00:00Z", "nodes"], "in the future");
    refused(&["--as-of", "2001-01-01T00:00:00Z", "nodes"], "before the log begins");
    refused(&["--as-of", "noon", "nodes"], "\"noon\"");
    refused(&["--as-of", &before, "events"], "--as-of goes with");
    let check = r#"{"principal": "administrator", "action": "ssm:GetDocument"}"#;
    refused(&["--as-of", &before, "api", "access:CheckAccess", "--json", check], "about now alone");
    // A header that was not signed is refused.
    let raw = instance.raw();
    let (status, answer) = raw.call_unsigned("ListDocuments", &json!({}), ("x-reeve-as-of", &before));
    assert_eq!((status, &answer["__type"]), (400, &json!("InvalidSignatureException")), "{answer}");
    // Nor one that no header of the bus should carry.
    for long in [65, 4_200, 70_000] {
        let (status, answer) = raw.call_of("ssm", "ListDocuments", &json!({}), Some(&"1".repeat(long)));
        assert_eq!((status, &answer["__type"]), (400, &json!("ValidationException")), "{answer}");
    }
}
