//! What policies can be about: the actions of all models, the kinds of resources, and their tags, as a Cedar schema.

use crate::verb;
use cedar_policy::{PolicySet, Schema, ValidationMode, ValidationWarning, Validator};
use miette::Diagnostic;
use reeve_contracts::models::MODELS;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// AWS's word for a kind that policies call by another name.
const AWS_NODE: &str = "ManagedInstance";
const NODE: &str = "Node";
/// The kinds that no model names, because they cannot be tagged.
const UNTAGGED_KINDS: [&str; 21] = [
    "Activation",
    "ChangeRule",
    "Contact",
    "ContactChannel",
    "DeadLetter",
    "Destination",
    "DispatchKeys",
    "Engagement",
    "EventStream",
    "IncidentRecord",
    "MaintenanceWindowExecution",
    "Page",
    "Policy",
    "ReplicationSet",
    "Resource",
    "ResourceDataSync",
    "ResponsePlan",
    "Rotation",
    "Rule",
    "Source",
    "Subscriber",
];
/// What an operation does only for whom it is permitted by itself.
const ACTIONS_WITHIN_OPERATIONS: [(&str, &str); 2] =
    [("notifications", "AllowPrivateAddresses"), ("ssm", "AutoApprove")];
const PRINCIPAL: &str = "Principal";

const NO_ATTRIBUTES: &str =
    " (nothing has attributes; a tag is resource.hasTag(\"x\") && resource.getTag(\"x\"))";
/// As many as an answer names.
const MAX_REPORTED_PROBLEMS: usize = 3;

struct Known {
    /// Each action with what it belongs to.
    actions: BTreeMap<String, [String; 2]>,
    tagged_kinds: BTreeSet<String>,
    /// Why there is none: then no policy is valid.
    validator: Result<Validator, String>,
}

/// Every operation of every model, what is permitted within them, and the kinds that AddTagsToResource names.
fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let (mut actions, mut tagged_kinds) = (BTreeMap::new(), BTreeSet::<String>::new());
        let mut add = |service: &str, action: &str| {
            let families = [format!("{service}:{}*", verb(action)), format!("{service}:*")];
            actions.insert(format!("{service}:{action}"), families);
        };
        ACTIONS_WITHIN_OPERATIONS.iter().for_each(|(service, action)| add(service, action));
        for (service, text) in MODELS {
            // They are a part of the program, and tests read them.
            let model: Value = serde_json::from_str(text).unwrap_or_default();
            for operation in model["operations"].as_object().into_iter().flat_map(Map::keys) {
                add(service, operation);
            }
            let kinds = model["shapes"]["ResourceTypeForTagging"]["enum"].as_array();
            tagged_kinds.extend(
                kinds.into_iter().flatten().filter_map(Value::as_str).map(in_policies).map(str::to_owned),
            );
        }
        let validator = schema(&actions, &tagged_kinds).map(Validator::new);
        Known { actions, tagged_kinds, validator }
    })
}

fn schema(
    actions: &BTreeMap<String, [String; 2]>,
    tagged_kinds: &BTreeSet<String>,
) -> Result<Schema, String> {
    let mut entities = Map::new();
    entities.insert("Group".to_owned(), json!({}));
    entities.insert(PRINCIPAL.to_owned(), json!({"memberOfTypes": ["Group"]}));
    entities.extend(UNTAGGED_KINDS.map(|kind| (kind.to_owned(), json!({}))));
    entities.extend(tagged_kinds.iter().map(|kind| (kind.clone(), json!({"tags": {"type": "String"}}))));
    let resources: Vec<&String> = entities.keys().filter(|kind| *kind != "Group").collect();
    let applies = json!({"principalTypes": [PRINCIPAL], "resourceTypes": resources});
    let mut all = Map::new();
    for (action, families) in actions {
        let member_of: Vec<_> = families.iter().map(|family| json!({"id": family})).collect();
        all.insert(action.clone(), json!({"appliesTo": applies, "memberOf": member_of}));
        all.extend(families.clone().map(|family| (family, json!({}))));
    }
    let schema = json!({"": {"entityTypes": entities, "actions": all}});
    Schema::from_json_value(schema).map_err(|error| format!("The schema of policies is broken: {error}."))
}

/// The name that policies have for a kind.
pub fn in_policies(kind: &str) -> &str {
    if kind == AWS_NODE { NODE } else { kind }
}

/// Whether policies can be about these policies' actions, kinds and tags.
pub(crate) fn validate(policies: &PolicySet) -> Result<(), String> {
    let validator = known().validator.as_ref().map_err(Clone::clone)?;
    let result = validator.validate(policies, ValidationMode::Strict);
    let mut problems: Vec<String> = result.validation_errors().map(|error| problem(error)).collect();
    // A slip often makes a policy one that never applies, too.
    if problems.is_empty() {
        let warnings = result.validation_warnings();
        let impossible = warnings.filter(|warning| matches!(warning, ValidationWarning::ImpossiblePolicy(_)));
        problems.extend(impossible.map(|warning| problem(warning)));
    }
    if problems.is_empty() {
        return Ok(());
    }
    // There is one for each kind that a policy may be about, in no order.
    problems.sort();
    let more = problems.split_off(problems.len().min(MAX_REPORTED_PROBLEMS)).len();
    let more = if more > 0 { format!(" (And {more} more like these.)") } else { String::new() };
    Err(format!("The policies name what there is not, or never apply: {}{more}", problems.join(" ")))
}

/// A sentence on what is wrong, with what Cedar's help says, or AWS's word for a kind.
fn problem(error: &dyn Diagnostic) -> String {
    let text = error.to_string();
    let help = match error.help() {
        _ if text.contains(AWS_NODE) => format!(" (policies call a {AWS_NODE} {NODE})"),
        _ if text.contains("attribute `") => NO_ATTRIBUTES.to_owned(),
        Some(help) => format!(" ({help})"),
        None => String::new(),
    };
    format!("{text}{help}.")
}

/// Checks that there is such an action, as policies and IAM write it: `ssm:SendCommand`.
///
/// # Errors
/// A sentence that names it, and the action that it resembles.
pub fn check_action(action: &str) -> Result<(), String> {
    let actions = &known().actions;
    let known = actions.contains_key(action);
    let unknown = || format!("There is no action {action}{}", resembling(action, actions.keys()));
    if known { Ok(()) } else { Err(unknown()) }
}

/// The policies' name of a kind of resource; AWS's word is taken too.
///
/// # Errors
/// A sentence that names it, and the kind that it resembles.
pub fn check_kind(kind: &str) -> Result<&str, String> {
    let tagged = &known().tagged_kinds;
    let name = in_policies(kind);
    if tagged.contains(name) || UNTAGGED_KINDS.contains(&name) || name == PRINCIPAL {
        return Ok(name);
    }
    let others = UNTAGGED_KINDS.into_iter().chain([PRINCIPAL]);
    let all = tagged.iter().map(String::as_str).chain(others);
    Err(format!("There is no kind of resource {kind}{}", resembling(kind, all)))
}

/// The end of a sentence: `; did you mean …?` when one is near.
fn resembling<T: AsRef<str>>(written: &str, known: impl Iterator<Item = T>) -> String {
    let lower = written.to_lowercase();
    let distance = |name: &T| strsim::osa_distance(&lower, &name.as_ref().to_lowercase());
    let nearest = known.map(|name| (distance(&name), name)).min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, name)) if distance <= 2.max(written.len() / 4) => {
            format!("; did you mean {}?", name.as_ref())
        }
        _ => ".".to_owned(),
    }
}
