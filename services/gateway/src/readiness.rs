//! What a process says of itself on an address of its own: `GET /readyz`, whether its parts are ready, and `GET /metrics`.

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use reeve_telemetry::metrics;
use tokio::net::TcpListener;

/// Serves it for as long as the listener lets it: 200, or 503 with the problem that there is.
pub async fn serve_readiness(
    listener: TcpListener,
    problem: impl Fn() -> Option<String> + Clone + Send + Sync + 'static,
) -> std::io::Result<()> {
    let ready = async move || match problem() {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(problem) => (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")),
    };
    // As Prometheus asks for it.
    let metrics = async || ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::text());
    axum::serve(listener, Router::new().route("/readyz", get(ready)).route("/metrics", get(metrics))).await
}
