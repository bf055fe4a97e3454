//! What follows when something happens: the rules that match are said to have matched, and then what they want is asked of
//! the services that can do it.

use crate::{
    book::{Books, Compiled},
    domain::{
        input::{About, given},
        matching::{Match, MatchEvent, match_id},
        rule::State,
        target::{Destination, TargetSettings},
        wish::{self, Wish, rule_arn},
    },
    projections::DEPTHS,
};
use reeve_contracts::rules::{Invocation, RuleMatched};
use reeve_event_json::{Place, for_rules};
use reeve_event_pattern::{Leaves, MAX_LEAVES};
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Delivery, HandlerError, Undecoded};
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// The service whose events may be of any source.
const INGEST: &str = "ingest";

/// Looks which rules an event matches. Whichever cannot be decided on is a dead letter; the others are.
pub(crate) async fn look(
    books: Arc<Books>,
    place: Arc<Place>,
    delivery: Delivery<Undecoded>,
) -> Result<(), HandlerError> {
    let envelope = &delivery.event.envelope;
    let (book, service) = (books.of(delivery.handle.views()), envelope.aggregate.service.as_str());
    if book.is_empty() || (service != INGEST && book.ignores(&format!("reeve.{service}"))) {
        return Ok(());
    }
    let events = for_rules(envelope, &place).map_err(|error| HandlerError::Permanent(error.to_string()))?;
    let mut problems = Vec::new();
    for event in events {
        let source = event["source"].as_str().unwrap_or_default();
        if book.ignores(source) {
            continue;
        }
        let Some(leaves) = Leaves::of(&event) else {
            problems.push(format!("the event has more than {MAX_LEAVES} values"));
            continue;
        };
        let (matching, undecided) = book.matching(source, &leaves);
        problems.extend(undecided.iter().map(|rule| {
            format!(
                "whether it matches the rule {} takes too long to say: it has too many elements of arrays",
                rule.name
            )
        }));
        for rule in matching {
            let matched = matched(&delivery, rule, &event);
            let id = match_id(&matched.rule, &matched.event_id);
            delivery.execute::<Match>(&format!("match/{id}"), &id, Box::new(matched)).await?;
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HandlerError::Permanent(problems.join("; "))),
    }
}

fn matched(delivery: &Delivery<Undecoded>, rule: &Compiled, event: &Value) -> RuleMatched {
    let (envelope, text) =
        (&delivery.event.envelope, |name: &str| event[name].as_str().unwrap_or_default().to_owned());
    let before = delivery.handle.views().get::<u32>(DEPTHS, &envelope.correlation_id.to_string());
    let definition = rule.state.definition.clone().unwrap_or_default();
    let event_id = text("id");
    let invocations = rule.state.targets.iter().map(|(id, target)| {
        let n = format!("ask/{}/{event_id}/{id}", rule.name);
        Invocation {
            request_id: delivery.context(&n).command_id.to_string(),
            ..invocation(&rule.name, &rule.state, id, target, event)
        }
    });
    let resources = event["resources"].as_array().into_iter().flatten();
    RuleMatched {
        rule: rule.name.clone(),
        event_source: text("source"),
        event_type: text("detail-type"),
        service: envelope.aggregate.service.clone(),
        position: delivery.event.position.0,
        event_ms: envelope.time.0,
        depth: before.unwrap_or_default() + 1,
        invocations: invocations.collect(),
        account: definition.account,
        region: definition.region,
        resources: resources.filter_map(Value::as_str).map(str::to_owned).collect(),
        event_id,
    }
}

/// What a target is asked, without the id of the request.
pub(crate) fn invocation(
    rule: &str,
    state: &State,
    id: &str,
    target: &TargetSettings,
    event: &Value,
) -> Invocation {
    let arn = rule_arn(rule, &state.definition.clone().unwrap_or_default());
    let about = About { rule, rule_arn: &arn };
    let input = Destination::of(&target.arn)
        .and_then(|destination| wish::input(destination, &given(target, event, &about)?, event, rule));
    let (input_json, problem) = match input {
        Ok(input) => (input.to_string(), String::new()),
        Err(problem) => (String::new(), problem),
    };
    Invocation {
        target_id: id.to_owned(),
        arn: target.arn.clone(),
        request_id: String::new(),
        principal: target.principal.clone(),
        input_json,
        run_command_targets_json: target.run_command_targets_json.clone(),
        problem,
    }
}

/// Asks for what a match wants, on behalf of whoever has put each target. What comes of it has the request's id as its
/// correlation id: by that a rule that it sets off is known to be in a chain.
pub(crate) async fn ask(delivery: Delivery<MatchEvent>) -> Result<(), HandlerError> {
    let MatchEvent::RuleMatched(matched) = &delivery.event.event else { return Ok(()) };
    let mut problems = Vec::new();
    for invocation in &matched.invocations {
        let request = wish::wish(matched, invocation).zip(Uuid::try_parse(&invocation.request_id).ok());
        let Some((wish, id)) = request else {
            problems.push(format!("the target {}: {}", invocation.target_id, invocation.problem));
            continue;
        };
        let context = Context {
            actor: Actor { name: invocation.principal.clone(), source: String::new() },
            command_id: id,
            correlation_id: id,
            ..delivery.context("ask")
        };
        match wish {
            Wish::OpsItem(request) => delivery.handle.request(&request, &context).await?,
            Wish::Incident(request) => delivery.handle.request(&request, &context).await?,
            Wish::Command(request) => delivery.handle.request(&request, &context).await?,
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HandlerError::Permanent(format!("the rule {}: {}", matched.rule, problems.join("; ")))),
    }
}
