//! What follows when something happens: the rules that match are said to have matched, and then what they want is asked of
//! the services that can do it.

use crate::{
    book::{Books, Compiled},
    domain::{
        matching::{self, Match, MatchEvent, match_id},
        rule::{Command, Rule, RuleEvent},
        schedule,
        wish::{self, Wish},
    },
    projections::DEPTHS,
};
use reeve_contracts::rules::RuleMatched;
use reeve_event_json::{Place, for_rules};
use reeve_event_pattern::{Leaves, MAX_LEAVES};
use reeve_eventsourcing::{Actor, Context};
use reeve_runtime::{Delivery, DueTimer, HandlerError, Undecoded};
use reeve_types::Timestamp;
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
        if !matching.is_empty() {
            // How deep the chain is that the event is in, another replica may have said a moment ago.
            delivery.handle.catch_up_with::<MatchEvent>().await?;
        }
        for rule in matching {
            decide(&delivery, matched(&delivery, rule, &leaves, &event)).await?;
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HandlerError::Permanent(problems.join("; "))),
    }
}

fn matched(delivery: &Delivery<Undecoded>, rule: &Compiled, leaves: &Leaves, event: &Value) -> RuleMatched {
    let envelope = &delivery.event.envelope;
    let mut matched = matching::matched(&rule.name, &rule.state, event);
    matched.missing.extend(rule.pattern.missing(leaves).into_iter().map(str::to_owned));
    matched.event_ms = envelope.time.0;
    let before = delivery.handle.views().get::<u32>(DEPTHS, &envelope.correlation_id.to_string());
    matched.depth = before.unwrap_or_default() + 1;
    matched
}

/// Says that a rule has matched what was delivered.
async fn decide<E>(delivery: &Delivery<E>, mut matched: RuleMatched) -> Result<(), HandlerError> {
    let event = &delivery.event;
    (matched.service, matched.position) = (event.envelope.aggregate.service.clone(), event.position.0);
    for invocation in &mut matched.invocations {
        let n = format!("ask/{}/{}/{}", matched.rule, matched.event_id, invocation.target_id);
        invocation.request_id = delivery.context(&n).command_id.to_string();
    }
    let id = match_id(&matched.rule, &matched.event_id);
    delivery.execute::<Match>(&format!("match/{id}"), &id, Box::new(matched)).await?;
    Ok(())
}

/// An instant of a rule's schedule has come. It begins a chain of its own, whoever has put the rule.
pub(crate) async fn fire(due: DueTimer) -> Result<(), HandlerError> {
    let command = Command::Fire { name: due.key.clone(), due_ms: due.due_at.0 };
    due.handle.execute::<Rule>(&due.key, command, &due.context("fire")).await?;
    Ok(())
}

/// What has fired is a match: its targets, as they are now, are given the event of that instant.
pub(crate) async fn match_firing(delivery: Delivery<RuleEvent>) -> Result<(), HandlerError> {
    let RuleEvent::RuleFired(fired) = &delivery.event.event else { return Ok(()) };
    let state = delivery.handle.state::<Rule>(&fired.name);
    // It was deleted since.
    let Some(definition) = &state.definition else { return Ok(()) };
    let place = (definition.account.as_str(), definition.region.as_str());
    let event = schedule::event(&fired.name, place, Timestamp(fired.due_ms));
    let matched = matching::matched(&fired.name, &state, &event);
    decide(&delivery, RuleMatched { event_ms: fired.due_ms, depth: 1, ..matched }).await
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
            Wish::Runbook(request) => delivery.handle.request(&request, &context).await?,
            Wish::Notification(request) => delivery.handle.request(&request, &context).await?,
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HandlerError::Permanent(format!("the rule {}: {}", matched.rule, problems.join("; ")))),
    }
}
