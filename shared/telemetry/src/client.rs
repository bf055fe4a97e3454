//! The exporter's way to the collector.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// As long as a collector may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// It is complained of a collector no more often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(60);

/// The exporter has a thread of its own, so that a blocking client does.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    complained: Mutex<Option<Instant>>,
}

impl Client {
    pub fn new() -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(REQUEST_TIMEOUT));
        Self { agent: config.build().into(), complained: Mutex::default() }
    }

    /// The exporter itself says nothing of what it loses.
    fn complain(&self, url: &str, reason: &str) {
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|at| at.elapsed() > COMPLAINT_INTERVAL) {
            *complained = Some(Instant::now());
            tracing::warn!(url, reason, "the collector takes nothing, and what it was to be sent is lost");
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let answer = self.agent.run(Request::from_parts(parts, body.to_vec()));
        let answer = answer.inspect_err(|error| self.complain(&url, &error.to_string()))?;
        if !answer.status().is_success() {
            self.complain(&url, &format!("it answers {}", answer.status()));
        }
        let (parts, mut body) = answer.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}
