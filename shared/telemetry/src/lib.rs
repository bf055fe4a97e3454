//! Logs to stderr; metrics, to be read as Prometheus's text ([`metrics`]); and, if a collector is named, traces and metrics to it, as
//! OTLP over HTTP.
//!
//! Spans are those of the crate `tracing`. A trace goes from the gateway's call over the events that it led to, their
//! reactions, the nodes' dispatches and their reports: each carries the W3C `traceparent` of the span that caused it.
//! Without a collector spans cost nothing, and `traceparent` is passed on as it came.
//!
//! Invariant: telemetry never fails what it watches; a collector that is away loses spans and nothing else.

mod client;
pub mod metrics;

use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource, metrics::SdkMeterProvider, propagation::TraceContextPropagator, trace::SdkTracerProvider,
};
use std::io::IsTerminal;
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{EnvFilter, Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log filter {filter:?} cannot be used: {reason}")]
    Filter { filter: String, reason: String },
    #[error("the collector {endpoint:?} cannot be used: {reason}")]
    Collector { endpoint: String, reason: String },
}

/// Keeps telemetry going; dropping it sends what is still to be sent.
#[must_use]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    meters: Option<SdkMeterProvider>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object on each line.
    Json,
}

/// Starts measuring, logging what passes `filter` (directives of `tracing_subscriber`'s EnvFilter), and sending spans and metrics to the
/// collector at `otlp` (a base URL, to which `/v1/traces` and `/v1/metrics` are added). A second start changes nothing.
///
/// # Errors
/// When the filter or the collector's address is not valid.
pub fn start(
    name: &'static str,
    filter: &str,
    format: LogFormat,
    otlp: Option<&str>,
) -> Result<Telemetry, Error> {
    let logged = EnvFilter::try_new(filter)
        .map_err(|e| Error::Filter { filter: filter.to_owned(), reason: e.to_string() })?;
    let provider = otlp.map(|endpoint| provider(name, endpoint)).transpose()?;
    let traced = provider.as_ref().map(|provider| {
        let ours = Targets::new().with_target("reeve", LevelFilter::INFO);
        tracing_opentelemetry::layer().with_tracer(provider.tracer("reeve")).with_filter(ours)
    });
    let meters = metrics::start(resource(name), otlp.map(meter_exporter).transpose()?);
    let logs = tracing_subscriber::fmt::layer().with_ansi(std::io::stderr().is_terminal());
    let logs = logs.with_writer(std::io::stderr);
    let logs = match format {
        LogFormat::Text => logs.boxed(),
        LogFormat::Json => logs.json().flatten_event(true).boxed(),
    };
    // An error means that a subscriber stands already.
    let _started =
        tracing_subscriber::registry().with(traced).with(logs.with_filter(logged)).try_init().is_ok();
    Ok(Telemetry { provider, meters })
}

fn resource(name: &'static str) -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder().with_service_name(name).with_attribute(version).build()
}

/// The address of a signal at a collector.
fn url(endpoint: &str, signal: &str) -> Result<String, Error> {
    let refused = |reason: String| Error::Collector { endpoint: endpoint.to_owned(), reason };
    let base: http::Uri = endpoint.parse().map_err(|e: http::uri::InvalidUri| refused(e.to_string()))?;
    if !matches!(base.scheme_str(), Some("http" | "https")) {
        return Err(refused("it does not begin with http:// or https://".to_owned()));
    }
    if base.query().is_some()
        || ["/v1/traces", "/v1/metrics"].iter().any(|path| base.path().trim_end_matches('/').ends_with(path))
    {
        return Err(refused(
            "it is to be the address of the collector alone: /v1/traces and /v1/metrics are added".to_owned(),
        ));
    }
    Ok(format!("{}/v1/{signal}", endpoint.trim_end_matches('/')))
}

fn meter_exporter(endpoint: &str) -> Result<MetricExporter, Error> {
    let exporter = MetricExporter::builder().with_http().with_http_client(client::Client::new());
    let exporter =
        exporter.with_protocol(Protocol::HttpBinary).with_endpoint(url(endpoint, "metrics")?).build();
    exporter.map_err(|e| Error::Collector { endpoint: endpoint.to_owned(), reason: e.to_string() })
}

fn provider(name: &'static str, endpoint: &str) -> Result<SdkTracerProvider, Error> {
    let refused = |reason: String| Error::Collector { endpoint: endpoint.to_owned(), reason };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client::Client::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url(endpoint, "traces")?)
        .build()
        .map_err(|e| refused(e.to_string()))?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource(name)).build())
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // Both at once: a collector that hangs is waited for once.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Some(Err(error)) = self.provider.as_ref().map(SdkTracerProvider::shutdown) {
                    tracing::warn!(%error, "the last spans did not reach the collector");
                }
            });
            if let Some(Err(error)) = self.meters.as_ref().map(SdkMeterProvider::shutdown) {
                tracing::warn!(%error, "the last metrics did not reach the collector");
            }
        });
    }
}

/// A `traceparent`, given to the propagator.
struct Carrier<'a>(&'a str);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// Makes a span, before it is entered, the child of what a `traceparent` names.
pub fn child_of(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent.filter(|_| !span.is_disabled()) else { return };
    let parent = TraceContextPropagator::new().extract(&Carrier(traceparent));
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "a span has no parent");
    }
}

/// The `traceparent` to pass on from within a span: its own or, when nobody records it, the one that came.
pub fn passed_on(came: Option<&str>) -> Option<String> {
    let span = Span::current();
    let own = if span.is_disabled() { None } else { named(&span.context()) };
    own.or_else(|| came.map(str::to_owned))
}

fn named(context: &Context) -> Option<String> {
    let span = context.span().span_context().clone();
    let flags = u8::from(span.is_sampled());
    span.is_valid().then(|| format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()))
}
