//! How a running service stands, measured now and then: how far its views are behind the streams, what waits for its handlers,
//! whether timers are late, and what the service itself counts ([`crate::Service::gauges`]).

use crate::{Handle, HandlerError};
use reeve_eventsourcing::timers;
use reeve_jetstream::{
    consume::{self, Options},
    streams,
};
use reeve_telemetry::metrics::gauge;
use reeve_types::Timestamp;
use std::{sync::Arc, time::Duration};

/// Between two samples.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(15);

/// What a service counts: a name, what it is, and its values by their labels.
pub struct Gauges {
    /// With dots: `reeve.nodes` is read as `reeve_nodes`.
    pub name: &'static str,
    pub description: &'static str,
    pub values: Vec<(Vec<(&'static str, String)>, u64)>,
}

pub(crate) type Counting = Arc<dyn Fn(&Handle) -> Gauges + Send + Sync>;

/// What is sampled.
pub(crate) struct Sampled {
    pub consumers: Vec<(&'static str, Options)>,
    pub timers: Vec<&'static str>,
    pub counting: Vec<Counting>,
}

/// Samples for ever.
pub(crate) async fn run(handle: Handle, sampled: Arc<Sampled>) -> Result<(), HandlerError> {
    loop {
        views(&handle).await;
        consumers(&handle, &sampled.consumers).await;
        late(&handle, &sampled.timers);
        for count in &sampled.counting {
            let counted = count(&handle);
            for (labels, value) in counted.values {
                let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
                gauge(counted.name, counted.description, &labels, figure(value));
            }
        }
        tokio::time::sleep(SAMPLE_INTERVAL).await;
    }
}

async fn views(handle: &Handle) {
    for stream in &handle.inner.followed {
        let labels = [("service", handle.service()), ("stream", stream.as_str())];
        let checkpoint = handle.views().checkpoint(stream);
        gauge(
            "reeve.view.checkpoint",
            "The position in a stream that views have taken in.",
            &labels,
            figure(checkpoint),
        );
        // A bus that is away has no figures: the last ones stay.
        if let Ok(last) = streams::last_sequence(handle.bus(), stream).await {
            let lag = last.saturating_sub(checkpoint);
            gauge("reeve.view.lag", "Events of a stream that views have not taken in.", &labels, figure(lag));
        }
    }
}

async fn consumers(handle: &Handle, consumers: &[(&'static str, Options)]) {
    for (name, options) in consumers {
        let Ok(waiting) = consume::waiting(handle.bus(), options).await else { continue };
        let labels = [("service", handle.service()), ("handler", *name), ("stream", options.stream.as_str())];
        let what = "Messages that a handler has not been given, or has not settled.";
        gauge("reeve.consumer.waiting", what, &labels, figure(waiting));
    }
}

/// How late the first timer of each name is.
fn late(handle: &Handle, names: &[&'static str]) {
    let now = Timestamp::now();
    for name in names {
        let first = handle.views().scan::<()>(&timers::table(name), "", None, 1).rows.pop();
        let due = first.as_ref().and_then(|(key, ())| timers::read_due_key(key)).map(|(at, _)| at.0);
        let late = due.map_or(0, |due| (now.0 - due).max(0));
        let labels = [("service", handle.service()), ("timer", *name)];
        let seconds = figure(u64::try_from(late).unwrap_or_default()) / 1_000.0;
        gauge(
            "reeve.timer.lateness.seconds",
            "How long the first timer is due that was not handled.",
            &labels,
            seconds,
        );
    }
}

/// A count as a figure: beyond 2^53 it is rounded.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
fn figure(count: u64) -> f64 {
    count as f64
}
