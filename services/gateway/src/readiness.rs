//! `GET /readyz` of a process that is no gateway: whether its parts are ready, for health checks.

use axum::{Router, http::StatusCode, routing::get};
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
    axum::serve(listener, Router::new().route("/readyz", get(ready))).await
}
