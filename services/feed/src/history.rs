//! ReadHistory: who changed one aggregate, when and why. The model is `schemas/reeve/feed.json`.

use crate::{
    Config,
    causes::{Cause, Link, causes},
    reading::{self, Selection},
};
use futures::{StreamExt, future::try_join_all};
use reeve_eventsourcing::Position;
use reeve_jetstream::{Bus, Error, follow, store, streams};
use reeve_runtime::{ApiError, Call};
use reeve_types::subject;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// As many changes one answer has: for each it is looked for why.
const MAX_CHANGES: usize = 25;
/// A call reads no further when its answer has as many bytes: the bus carries 1 MB.
const MAX_ANSWER_BYTES: usize = 512 * 1024;
/// As many ways an id may be divided into tokens of a subject.
const MAX_ID_PARTS: usize = 4;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    services: Vec<String>,
    aggregate: String,
    id: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// An event, and why it came.
#[derive(Serialize)]
pub struct Change {
    event: Value,
    cause: Cause,
}

/// An event of the aggregate.
struct Found {
    service: String,
    link: Link,
    event: Value,
}

pub(crate) async fn read(config: Arc<Config>, call: Call<Input>) -> Result<Output, ApiError> {
    let (input, bus) = (&call.input, call.handle.bus());
    crate::api::known_services(&config, &input.services)?;
    if input.aggregate.contains(['.', '*', '>', ' ']) {
        let message = format!("aggregate is {:?}, which is no name of one.", input.aggregate);
        return Err(ApiError::invalid(message));
    }
    let after = position(input.next_token.as_deref())?;
    let each = input.services.iter().map(|service| of_service(bus, &config, service, input, &after));
    let found = try_join_all(each).await.map_err(crate::api::away)?;
    // Two services may have an aggregate of one name: each has its own order, and they follow each other.
    let (mut kept, mut next_token, mut bytes) = (Vec::new(), None, 0);
    for found in found.into_iter().flatten() {
        bytes += found.event.to_string().len();
        if kept.len() == MAX_CHANGES || (bytes > MAX_ANSWER_BYTES && !kept.is_empty()) {
            next_token = kept.last().map(|last: &Found| format!("{}:{}", last.service, last.link.position));
            break;
        }
        kept.push(found);
    }
    let links: Vec<Link> = kept.iter().map(|found| found.link.clone()).collect();
    let causes = causes(bus, &input.services, &links).await.map_err(crate::api::away)?;
    let changes = kept.into_iter().zip(causes).map(|(found, cause)| Change { event: found.event, cause });
    Ok(Output { changes: changes.collect(), next_token })
}

/// Where an earlier answer ended: a service, and a position in it.
fn position(token: Option<&str>) -> Result<Option<(String, u64)>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let read = token.split_once(':').and_then(|(service, at)| Some((service.to_owned(), at.parse().ok()?)));
    read.map(Some).ok_or_else(|| ApiError::unknown_token(token))
}

/// The subjects that an aggregate with this id may have: the last part of an id may hold what separates the parts.
fn subjects(service: &str, aggregate: &str, id: &str) -> Vec<String> {
    let parts = (id.matches('/').count() + 1).min(MAX_ID_PARTS);
    let tokens = |parts: usize| id.splitn(parts, '/').map(subject::escape).collect::<Vec<_>>().join(".");
    (1..=parts).map(|parts| format!("reeve.evt.{service}.{aggregate}.{}", tokens(parts))).collect()
}

/// The events of one service, behind where the answer before ended.
async fn of_service(
    bus: &Bus,
    config: &Config,
    service: &str,
    input: &Input,
    after: &Option<(String, u64)>,
) -> Result<Vec<Found>, Error> {
    let after = match after {
        // The services come in the order in which they were named.
        Some((reached, at)) if reached == service => *at,
        Some((reached, _)) => {
            let place = |name: &str| input.services.iter().position(|one| one == name);
            if place(service) < place(reached) {
                return Ok(Vec::new());
            }
            0
        }
        None => 0,
    };
    let (stream, subjects) = (streams::of_service(service), subjects(service, &input.aggregate, &input.id));
    let lasts = subjects.iter().map(|subject| follow::last_matching(bus, &stream, subject));
    let last = try_join_all(lasts).await?.into_iter().max().unwrap_or_default();
    let mut found = Vec::new();
    if last <= after {
        return Ok(found);
    }
    let mut events = follow::follow(bus, &stream, &subjects, after).await?;
    while let Some(stored) = events.next().await {
        let stored = stored?;
        let sequence = stored.sequence;
        let event = reading::event(bus, &config.place, &stored, &Selection::default());
        let link = match store::envelope(bus, &stored.message) {
            Ok(envelope) => Link::of(&envelope, Position(sequence)),
            Err(_) => Link::unreadable(&stored, service),
        };
        found.extend(event.map(|event| Found { service: service.to_owned(), link, event }));
        // One more than an answer has says that there are more.
        if sequence >= last || found.len() > MAX_CHANGES {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::aggregate_of;

    #[test]
    fn an_id_is_looked_for_under_each_subject_that_it_may_have() {
        let found = |id: &str| subjects("nodes", "node", id);
        assert_eq!(found("mi-1"), ["reeve.evt.nodes.node.mi-1"]);
        let of_two = found("c-1/mi-2");
        assert_eq!(of_two.len(), 2);
        assert_eq!(of_two[1], "reeve.evt.nodes.node.c-1.mi-2");
        for subject in of_two {
            assert_eq!(aggregate_of(&subject), "node/c-1/mi-2");
        }
    }
}
