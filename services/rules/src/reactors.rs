//! What follows when something happens: the rules that match are said to have matched, and then what they want is asked of
//! the services that can do it.

use crate::{
    book::{Books, Compiled},
    domain::{
        matching::{self, Match, MatchEvent, match_id},
        wish::{self, Wish},
    },
    projections::DEPTHS,
};
use reeve_contracts::rules::RuleMatched;
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
    let envelope = &delivery.event.envelope;
    let mut matched = matching::matched(&rule.name, &rule.state, event);
    (matched.service, matched.position) = (envelope.aggregate.service.clone(), delivery.event.position.0);
    matched.event_ms = envelope.time.0;
    let before = delivery.handle.views().get::<u32>(DEPTHS, &envelope.correlation_id.to_string());
    matched.depth = before.unwrap_or_default() + 1;
    for invocation in &mut matched.invocations {
        let n = format!("ask/{}/{}/{}", matched.rule, matched.event_id, invocation.target_id);
        invocation.request_id = delivery.context(&n).command_id.to_string();
    }
    matched
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
            Wish::Notification(request) => delivery.handle.request(&request, &context).await?,
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HandlerError::Permanent(format!("the rule {}: {}", matched.rule, problems.join("; ")))),
    }
}
