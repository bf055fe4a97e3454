//! Sending a command: what SendCommand and requests of other services lead to alike.

use crate::{
    contents::{Content, Contents},
    domain::command::{Command, SentCommand},
};
use reeve_authz::{Authorizer, Place, Resource, permit};
use reeve_contracts::{
    run_command::{Approval, CommandHeld, CommandSent, TargetsListed},
    ssm,
};
use reeve_document_language as language;
use reeve_eventsourcing::{Context, Position};
use reeve_fleet::{
    DOCUMENTS, DocumentRow, NODES, NodeRow, SEND_COMMAND, Verdict, references, rules_on, targets,
};
use reeve_runtime::{ApiError, Handle};
use reeve_types::{Timestamp, arn::id_or_arn, ids::new_uuid};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// AWS's defaults.
const DEFAULT_DELIVERY_TIMEOUT_SECONDS: u32 = 3600;
const DEFAULT_MAX_CONCURRENCY: &str = "50";
const DEFAULT_MAX_ERRORS: &str = "0";

/// As many bytes as the values of a command's parameters may have: with its document they must fit into one
/// event and one dispatch.
const MAX_PARAMETER_BYTES: usize = 256 * 1024;
/// As many nodes are told of in one event: an event must fit into a message of the bus.
const MAX_TARGETS_PER_EVENT: usize = 5_000;

/// What asked for a command.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Such as association.
    pub kind: String,
    pub id: String,
    /// Whose request it was.
    pub service: String,
}

/// What is to be run where, whoever asks for it.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// A name or an ARN.
    pub document_name: String,
    /// A number, `$DEFAULT` or `$LATEST`; the default when it is left out.
    pub document_version: Option<String>,
    /// The SHA-256 that the document's content must have, if that matters.
    pub document_hash: Option<String>,
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Either these nodes,
    pub node_ids: Vec<String>,
    /// of which one that is no node any more ends by itself, and does not keep the others from theirs,
    pub passes_over_deregistered: bool,
    /// or those that meet every target.
    pub targets: Vec<ssm::Target>,
    pub max_concurrency: Option<String>,
    pub max_errors: Option<String>,
    pub delivery_timeout_seconds: Option<u32>,
    pub comment: String,
    /// What is only kept and answered, as SendCommand's input.
    pub request_json: String,
    pub account: String,
    pub region: String,
    /// What asked for it, if it was no operator: its kind and id.
    pub origin: Option<Origin>,
    /// The approved change request that it is a part of; empty: of none.
    pub change_id: String,
    /// The change rules whose calendars were put aside for what it is a part of.
    pub overridden_rules: Vec<String>,
}

/// What decides on a command, beside the views.
#[derive(Clone)]
pub struct Sender {
    pub authorizer: Arc<dyn Authorizer>,
    pub contents: Contents,
}

/// The version of a document that is to be sent.
struct Resolved {
    name: String,
    version: u32,
    content: Arc<Content>,
}

impl Sender {
    /// Sends a command on behalf of the context's actor. Its id is the context's command id: what is sent twice is sent
    /// once. Answers where its event stands.
    ///
    /// # Errors
    /// SendCommand's.
    pub async fn send(&self, handle: &Handle, order: Order, context: &Context) -> Result<Position, ApiError> {
        let resolved = resolve(&self.contents, handle, &order)?;
        let may_read = |names: &BTreeSet<String>| {
            let parameters = names.iter().map(|name| Resource::new("Parameter", name));
            let place = Place { region: &order.region, account: &order.account };
            permit(&*self.authorizer, &context.actor.name, "ssm:GetParameters", parameters, place)
                .map_err(|denied| ApiError::new("AccessDeniedException", denied))
        };
        let referred = references::resolve(handle, &resolved.content.inputs, &order.parameters, may_read)?;
        let bytes = json(&referred.parameters)?.len();
        if bytes > MAX_PARAMETER_BYTES {
            let message = format!("Parameters has {bytes} bytes; it may have at most {MAX_PARAMETER_BYTES}.");
            return Err(ApiError::new("InvalidParameters", message));
        }
        let parameters = language::bind(&resolved.content.inputs, &referred.parameters)
            .map_err(|e| ApiError::new("InvalidParameters", e.to_string()))?;
        let execution_timeout = language::execution_timeout(&resolved.content.document, &parameters)
            .map_err(|e| ApiError::new("InvalidParameters", e.to_string()))?;
        let plan = language::parse_executable(&resolved.content.document, &parameters);
        let names = plan.map(|plan| plan.secrets()).unwrap_or_default();
        let secrets = references::secrets(handle, names, may_read)?;
        let node_ids = node_ids(handle, &order, &resolved)?;
        self.authorize(handle, &order, &context.actor.name, &node_ids)?;
        let mut sent = command_sent(&order, &resolved, &parameters, execution_timeout, context)?;
        (sent.references, sent.secrets) = (referred.references, secrets);
        let verdict = self.ruled(handle, &order.overridden_rules, &resolved.name, context, &node_ids)?;
        sent.overridden_rules.clone_from(&verdict.overridden);
        if verdict.is_held() && !node_ids.is_empty() {
            let asked_parameters_json = json(&referred.pinned)?;
            let sent = CommandSent { node_ids, ..sent };
            return hold(handle, (sent, asked_parameters_json), &order, verdict, context).await;
        }
        let id = sent.command_id.clone();
        (sent.first_index, sent.node_ids) = list_targets(handle, &id, node_ids, context).await?;
        let executed = handle.execute::<SentCommand>(&id, Command::Send(Box::new(sent)), context).await?;
        Ok(executed.position)
    }

    /// What the change rules say, also of what an approved change request sends: who approved that are whom its template names, and
    /// not whom a rule names.
    fn ruled(
        &self,
        handle: &Handle,
        overridden: &[String],
        document: &str,
        context: &Context,
        node_ids: &[String],
    ) -> Result<Verdict, ApiError> {
        let principal = context.actor.name.as_str();
        let is_in = |group: &str| self.authorizer.is_in(principal, group);
        rules_on(handle, (SEND_COMMAND, principal, document), node_ids, &is_in, overridden, context.now.0)
    }

    /// Whoever sends must be allowed to send to each of the nodes; the document was decided on at the edge, or is here.
    fn authorize(
        &self,
        handle: &Handle,
        order: &Order,
        actor: &str,
        node_ids: &[String],
    ) -> Result<(), ApiError> {
        let nodes = registered(handle, node_ids).map(|node| Resource::new("ManagedInstance", node));
        // What another service asks for did not pass the edge.
        let document = order.origin.as_ref().map(|_| Resource::new("Document", &order.document_name));
        let place = Place { region: &order.region, account: &order.account };
        permit(&*self.authorizer, actor, "ssm:SendCommand", document.into_iter().chain(nodes), place)
            .map_err(|denied| ApiError::new("AccessDeniedException", denied))
    }
}

/// Those that are nodes: of one that was deregistered nothing is left that a policy could tell it by, and nothing is done to it.
pub fn registered<'a>(handle: &Handle, node_ids: &'a [String]) -> impl Iterator<Item = &'a String> {
    node_ids.iter().filter(|node| handle.views().look::<NodeRow>(NODES, node).is_some())
}

/// The command is kept as it would be sent.
async fn hold(
    handle: &Handle,
    (sent, asked_parameters_json): (CommandSent, String),
    order: &Order,
    verdict: Verdict,
    context: &Context,
) -> Result<Position, ApiError> {
    if sent.node_ids.len() > MAX_TARGETS_PER_EVENT {
        let message = format!(
            "The change rules {} hold the command, and one to {} nodes cannot wait: at most {MAX_TARGETS_PER_EVENT} may.",
            verdict.rules.join(", "),
            sent.node_ids.len()
        );
        return Err(ApiError::invalid(message));
    }
    let approvals = verdict.approvals.into_iter().map(|rule| Approval {
        rule: rule.name,
        approvers: rule.approvers,
        min_approvals: rule.min_approvals,
        requester_may_approve: rule.requester_may_approve,
    });
    let id = sent.command_id.clone();
    let held = CommandHeld {
        asked_parameters_json,
        command_id: id.clone(),
        principal: context.actor.name.clone(),
        account: order.account.clone(),
        region: order.region.clone(),
        rules: verdict.rules,
        calendar_names: verdict.calendar_names,
        approvals: approvals.collect(),
        command: Some(sent),
    };
    let executed = handle.execute::<SentCommand>(&id, Command::Hold(Box::new(held)), context).await?;
    Ok(executed.position)
}

/// Tells of those nodes that the command's own event has no room for: answers how many they are, and the others.
async fn list_targets(
    handle: &Handle,
    command: &str,
    mut node_ids: Vec<String>,
    context: &Context,
) -> Result<(u32, Vec<String>), ApiError> {
    let list = async |first_index: u32, node_ids: Vec<String>| {
        let requested_ms = context.now.0;
        let listed = TargetsListed { command_id: command.to_owned(), requested_ms, first_index, node_ids };
        // A repeated call lists anew: what its nodes are may have changed.
        let context = Context { command_id: new_uuid(), ..context.clone() };
        handle.execute::<SentCommand>(command, Command::ListTargets(listed), &context).await
    };
    if handle.state::<SentCommand>(command).is_listing() && node_ids.len() <= MAX_TARGETS_PER_EVENT {
        list(0, Vec::new()).await?;
    }
    let mut first_index = 0;
    while node_ids.len() > MAX_TARGETS_PER_EVENT {
        let rest = node_ids.split_off(MAX_TARGETS_PER_EVENT);
        list(first_index, std::mem::replace(&mut node_ids, rest)).await?;
        first_index += u32::try_from(MAX_TARGETS_PER_EVENT).unwrap_or(u32::MAX);
    }
    Ok((first_index, node_ids))
}

fn invalid_document(message: String) -> ApiError {
    ApiError::new("InvalidDocument", message)
}

fn resolve(contents: &Contents, handle: &Handle, order: &Order) -> Result<Resolved, ApiError> {
    let name = id_or_arn("document", &order.document_name).to_owned();
    let row: Option<DocumentRow> = handle.views().get(DOCUMENTS, &name);
    let row = row.ok_or_else(|| invalid_document(format!("Document with name {name} does not exist.")))?;
    // AWS takes Command documents alone here; what a Policy document says, an agent carries out as well.
    if !matches!(row.document_type.as_str(), "Command" | "Policy") {
        let message = format!("Document {name} is of type {}, not Command or Policy.", row.document_type);
        return Err(invalid_document(message));
    }
    let no_version = || {
        let version = order.document_version.clone().unwrap_or_default();
        ApiError::new("InvalidDocumentVersion", format!("Document {name} has no version {version}."))
    };
    let named = order.document_version.as_deref().unwrap_or_default();
    let (version, hash) = row.version(named).ok_or_else(no_version)?;
    if let Some(expected) = order.document_hash.as_deref()
        && !expected.eq_ignore_ascii_case(hash)
    {
        return Err(invalid_document(format!(
            "DocumentHash does not match: version {version} of {name} has {hash}."
        )));
    }
    let content = contents.get(handle, &name, version, hash).ok_or_else(no_version)?;
    if let Some(problem) = &content.problem {
        return Err(invalid_document(format!("Document {name} is not valid any more: {problem}")));
    }
    Ok(Resolved { name, version, content })
}

fn node_ids(handle: &Handle, order: &Order, resolved: &Resolved) -> Result<Vec<String>, ApiError> {
    match (order.node_ids.is_empty(), order.targets.is_empty()) {
        (true, true) => Err(ApiError::invalid("InstanceIds or Targets must name at least one node.")),
        (false, false) => Err(ApiError::invalid("InstanceIds and Targets cannot be used together.")),
        // At its turn each is looked at.
        (false, true) if order.passes_over_deregistered => {
            Ok(order.node_ids.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect())
        }
        (false, true) => {
            targets::named(handle, &order.node_ids, &resolved.content.platform_types, &order.account)
        }
        (true, false) => targets::selected(handle, &order.targets),
    }
}

/// The event, but for its nodes.
fn command_sent(
    order: &Order,
    resolved: &Resolved,
    parameters: &Map<String, Value>,
    execution: u32,
    context: &Context,
) -> Result<CommandSent, ApiError> {
    let content = &resolved.content;
    let delivery = order.delivery_timeout_seconds.unwrap_or(DEFAULT_DELIVERY_TIMEOUT_SECONDS);
    let expires: Timestamp = context.now.plus_seconds(i64::from(delivery) + i64::from(execution));
    let Origin { kind: origin_kind, id: origin_id, service: origin_service } =
        order.origin.clone().unwrap_or_default();
    Ok(CommandSent {
        command_id: context.command_id.to_string(),
        document_name: resolved.name.clone(),
        document_version: resolved.version.to_string(),
        document_hash: content.hash.clone(),
        document_content: content.text.clone(),
        parameters_json: json(parameters)?,
        targets_json: if order.targets.is_empty() { String::new() } else { json(&order.targets)? },
        instance_ids: order.node_ids.clone(),
        comment: order.comment.clone(),
        max_concurrency: order.max_concurrency.clone().unwrap_or_else(|| DEFAULT_MAX_CONCURRENCY.to_owned()),
        max_errors: order.max_errors.clone().unwrap_or_else(|| DEFAULT_MAX_ERRORS.to_owned()),
        delivery_timeout_seconds: delivery,
        execution_timeout_seconds: execution,
        requested_ms: context.now.0,
        expires_ms: expires.0,
        request_json: order.request_json.clone(),
        request_id: order.origin.as_ref().map(|_| context.command_id.to_string()).unwrap_or_default(),
        origin_kind,
        origin_id,
        origin_service,
        change_id: order.change_id.clone(),
        ..CommandSent::default()
    })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(ApiError::internal)
}
