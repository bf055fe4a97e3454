//! The feed: the events of all services as JSON, for readers that have a key and no bus, and for subscribers on the bus.
//!
//! It has no aggregate of its own. What it answers is read from the log each time, behind the positions
//! that the reader has kept. So a reader that was away for however long misses no event and sees none twice.
//!
//! Reads: the events of the services that a call names; each of them is authorized by name. Those of the service access say
//! what subscribers may read: of such a service it keeps a copy as JSON on the bus (`copies`).
//!
//! Invariants: the events of one service are in the log's order; a position that the log does not have is an error; what
//! cannot be read is an event of its own that says so, never left out; a copy has each event once, in the log's order.

mod api;
mod causes;
mod copies;
mod history;
mod position;
mod reading;

pub use reeve_event_json::Place;

use reeve_jetstream::{rights::Rights, streams};
use reeve_runtime::{Operation, Service};
use std::sync::Arc;

/// What the service needs to know of its installation.
pub struct Config {
    /// The services whose events there are.
    pub services: Vec<&'static str>,
    pub place: Place,
}

/// It reads the events of all, and keeps copies of them.
fn rights(services: &[&'static str]) -> Rights {
    services.iter().fold(Rights::default().publishing("reeve.json.>"), |rights, service| {
        let copies = streams::of_json(service);
        rights.reading(streams::of_service(service)).finding(&copies).getting(&copies)
    })
}

/// The service, for a host to run.
pub fn service(config: Config) -> Service {
    let config = Arc::new(config);
    let operation = Operation::read("feed", "ReadEvents").on("EventStream", "services").live();
    let history = Operation::read("feed", "ReadHistory").on("EventStream", "services").live();
    let (of_startup, of_copies, of_history) = (config.clone(), config.clone(), config.clone());
    Service::new("feed")
        .may(rights(&config.services))
        .startup(move |handle| {
            let config = of_startup.clone();
            // Of a service that has not run yet there are no events, and not even a stream to say so.
            async move {
                for service in &config.services {
                    streams::ensure_events(handle.bus(), service).await?;
                }
                Ok(())
            }
        })
        .projection(copies::Subscribers)
        .background(move |handle| copies::keep(of_copies.clone(), handle))
        .operation(history, move |call| history::read(of_history.clone(), call))
        .operation(operation, move |call| api::read(config.clone(), call))
}
