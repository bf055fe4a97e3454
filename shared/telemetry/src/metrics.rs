//! Figures of what a process does: kept here, read as Prometheus's text ([`text`]) and, if a collector is named, sent to it.
//!
//! Names are OpenTelemetry's with dots here, and Prometheus's in its text: `reeve.operation.duration` is
//! `reeve_operation_duration_seconds` there. No label has a value that callers choose, so there are as many series as there are operations,
//! handlers and streams, and no more.

use opentelemetry::{
    KeyValue, global,
    metrics::{Gauge, Histogram, MeterProvider},
};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Encoder, Registry, TextEncoder};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, OnceLock, PoisonError},
    time::Duration,
};

/// What is measured here is called so.
const SCOPE: &str = "reeve";
/// The bounds of times, in seconds: from what a read from memory takes to what nobody waits for.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0];

static REGISTRY: OnceLock<Registry> = OnceLock::new();
static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(Instruments::default);

struct Instruments {
    operations: Histogram<f64>,
    calls: Histogram<f64>,
    handlings: Histogram<f64>,
    gauges: Mutex<HashMap<&'static str, Gauge<f64>>>,
}

impl Default for Instruments {
    fn default() -> Self {
        let meter = global::meter(SCOPE);
        let seconds = |name: &'static str, description: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(SECONDS.to_vec()).build()
        };
        Self {
            operations: seconds("reeve.operation.duration", "How long services take for operations."),
            calls: seconds(
                "reeve.call.duration",
                "How long the gateway takes for calls, from their first byte to the answer.",
            ),
            handlings: seconds(
                "reeve.handling.duration",
                "How long handlers take for events, requests, messages and timers.",
            ),
            gauges: Mutex::default(),
        }
    }
}

/// An operation of a service was carried out; the outcome is `ok` or the error's code.
pub fn operation(service: &'static str, operation: &'static str, outcome: &str, took: Duration) {
    let labels = [
        KeyValue::new("service", service),
        KeyValue::new("operation", operation),
        KeyValue::new("outcome", outcome.to_owned()),
    ];
    INSTRUMENTS.operations.record(took.as_secs_f64(), &labels);
}

/// A signed call was answered; the outcome is `ok` or the error's code.
pub fn call(api: &str, operation: &str, outcome: &str, took: Duration) {
    let labels = [
        KeyValue::new("api", api.to_owned()),
        KeyValue::new("operation", operation.to_owned()),
        KeyValue::new("outcome", outcome.to_owned()),
    ];
    INSTRUMENTS.calls.record(took.as_secs_f64(), &labels);
}

/// A handler has had a delivery; the outcome is `ok`, or what kind of error it was.
pub fn handling(service: &'static str, handler: &'static str, outcome: &'static str, took: Duration) {
    let labels = [
        KeyValue::new("service", service),
        KeyValue::new("handler", handler),
        KeyValue::new("outcome", outcome),
    ];
    INSTRUMENTS.handlings.record(took.as_secs_f64(), &labels);
}

/// Something has a value now.
pub fn gauge(name: &'static str, description: &'static str, labels: &[(&'static str, &str)], value: f64) {
    let mut gauges = INSTRUMENTS.gauges.lock().unwrap_or_else(PoisonError::into_inner);
    let gauge = gauges
        .entry(name)
        .or_insert_with(|| global::meter(SCOPE).f64_gauge(name).with_description(description).build());
    let labels: Vec<_> = labels.iter().map(|(key, value)| KeyValue::new(*key, (*value).to_owned())).collect();
    gauge.record(value, &labels);
}

/// All of them as Prometheus reads them; empty where telemetry was not started.
pub fn text() -> String {
    let Some(registry) = REGISTRY.get() else { return String::new() };
    let mut text = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&registry.gather(), &mut text) {
        tracing::warn!(%error, "the metrics could not be written out");
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Makes what measures; a second start changes nothing.
pub(crate) fn start(
    resource: Resource,
    exporter: Option<opentelemetry_otlp::MetricExporter>,
) -> Option<SdkMeterProvider> {
    let registry = Registry::new();
    let text = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build();
    let text = text.inspect_err(|error| tracing::warn!(%error, "there are no metrics")).ok()?;
    let mut provider = SdkMeterProvider::builder().with_resource(resource).with_reader(text);
    if let Some(exporter) = exporter {
        provider = provider.with_periodic_exporter(exporter);
    }
    let provider = provider.build();
    // Somebody started before: that one's counts.
    REGISTRY.set(registry).ok()?;
    global::set_meter_provider(provider.clone());
    // It is the global one that instruments are made by.
    let _ = provider.meter(SCOPE);
    Some(provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_in_the_text_once_under_prometheus_names() {
        let provider = start(Resource::builder().with_service_name("test").build(), None);
        operation("documents", "GetDocument", "ok", Duration::from_millis(3));
        operation("documents", "GetDocument", "InvalidDocument", Duration::from_millis(3));
        handling("opscenter", "alerts", "retried", Duration::from_secs(2));
        call("ssm", "GetDocument", "ok", Duration::from_millis(4));
        for value in [3.0, 5.0] {
            gauge("reeve.nodes", "Nodes by their state.", &[("state", "connected")], value);
        }
        let text = text();
        for line in [
            "# TYPE reeve_operation_duration_seconds histogram",
            r#"reeve_operation_duration_seconds_bucket{operation="GetDocument",outcome="ok",service="documents",le="0.005"} 1"#,
            r#"reeve_operation_duration_seconds_count{operation="GetDocument",outcome="InvalidDocument",service="documents"} 1"#,
            r#"reeve_handling_duration_seconds_sum{handler="alerts",outcome="retried",service="opscenter"} 2"#,
            r#"reeve_call_duration_seconds_count{api="ssm",operation="GetDocument",outcome="ok"} 1"#,
            r#"reeve_nodes{state="connected"} 5"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
        }
        assert!(start(Resource::builder().build(), None).is_none());
        drop(provider);
    }
}
