//! ReadEvents: the model is `schemas/reeve/feed.json`.

use crate::{
    Config,
    position::Positions,
    reading::{self, Selection},
};
use futures::future::try_join_all;
use reeve_event_pattern::Pattern;
use reeve_jetstream::{Bus, Error, streams};
use reeve_runtime::{ApiError, Call};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const MAX_EVENTS: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    services: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
    subject: Option<String>,
    actor: Option<String>,
    event_pattern: Option<String>,
    from: Option<f64>,
    after: Option<String>,
    max_events: Option<usize>,
    wait_seconds: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    events: Vec<Value>,
    /// The position behind each of the events.
    positions: Vec<String>,
    /// Where the next call goes on.
    after: String,
    /// Whether there was more when this was read.
    more: bool,
}

pub(crate) async fn read(config: Arc<Config>, call: Call<Input>) -> Result<Output, ApiError> {
    let (input, bus) = (&call.input, call.handle.bus());
    known_services(&config, &input.services)?;
    let pattern = input.event_pattern.as_deref().map(Pattern::parse).transpose();
    let pattern =
        pattern.map_err(|refused| ApiError::new("InvalidEventPatternException", refused.to_string()))?;
    let from = input.from.map(|seconds| {
        let invalid = || ApiError::invalid(format!("from is {seconds}, which is no instant."));
        Timestamp::from_epoch_seconds(seconds).ok_or_else(invalid)
    });
    let from = from.transpose()?;
    let ends = ends(bus, &input.services).await.map_err(away)?;
    let positions = match (&input.after, from) {
        (Some(after), _) => kept(after, &ends)?,
        (None, Some(_)) => Positions(ends.keys().map(|service| (service.clone(), 0)).collect()),
        (None, None) => Positions(ends.clone()),
    };
    let selection = Selection {
        types: input.types.clone(),
        subject: input.subject.clone(),
        actor: input.actor.clone(),
        from,
        pattern,
    };
    let most = input.max_events.unwrap_or(MAX_EVENTS).min(MAX_EVENTS);
    let wait = Duration::from_secs(input.wait_seconds.unwrap_or_default());
    let read =
        reading::read(bus, &config.place, (positions, &ends), &selection, most, wait).await.map_err(away)?;
    let more = read
        .positions
        .0
        .iter()
        .any(|(service, position)| ends.get(service).is_some_and(|end| end > position));
    let (events, positions) = read.events.into_iter().unzip();
    Ok(Output { events, positions, after: read.positions.to_string(), more })
}

/// Refuses services that there are not.
pub(crate) fn known_services(config: &Config, named: &[String]) -> Result<(), ApiError> {
    match named.iter().find(|service| !config.services.contains(&service.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let known = config.services.join(", ");
            Err(ApiError::invalid(format!("services: there is no service {unknown:?}: there are {known}.")))
        }
    }
}

pub(crate) fn away(error: Error) -> ApiError {
    ApiError::new("ServiceUnavailable", error.to_string())
}

/// Where the events of each service end, all asked at once.
async fn ends(bus: &Bus, services: &[String]) -> Result<BTreeMap<String, u64>, Error> {
    let each = services.iter().map(|service| async move {
        Ok((service.clone(), streams::last_sequence(bus, &streams::of_service(service)).await?))
    });
    try_join_all(each).await.map(|ends| ends.into_iter().collect())
}

/// The positions that a reader has kept. One of an event that the log does not have is from another log, or from before
/// it went back to a copy: going on there would miss events without a word.
fn kept(after: &str, ends: &BTreeMap<String, u64>) -> Result<Positions, ApiError> {
    let invalid = |problem: String| {
        ApiError::new("InvalidPositionException", format!("after is {after:?}: {problem}."))
    };
    let positions = Positions::parse(after);
    let mut positions = positions.ok_or_else(|| invalid("it is not what a call has answered".to_owned()))?;
    for (service, position) in &positions.0 {
        match ends.get(service) {
            None => {
                return Err(invalid(format!("the service {service} is not among those that are asked for")));
            }
            Some(end) if position > end => {
                return Err(invalid(format!("the events of {service} end at {end} in this log")));
            }
            Some(_) => {}
        }
    }
    for (service, end) in ends {
        // One that is asked for from now on.
        positions.0.entry(service.clone()).or_insert(*end);
    }
    Ok(positions)
}
