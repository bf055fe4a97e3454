//! Logs: to stderr, filtered by `REEVE_LOG` (default `warn`).

/// Starts logging. A second call changes nothing.
pub fn start() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("REEVE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error means that a logger stands already, which is what was asked for.
    let _started = logger.try_init().is_ok();
}
