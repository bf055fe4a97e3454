//! Calls of a service's operations past the gateway, as it forwards them.

use reeve_jetstream::{Bus, Headers, serve};
use serde_json::Value;
use std::{fmt, time::Duration};

/// As long a test waits for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// On whose behalf a test calls.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub actor: &'static str,
    pub account: &'static str,
    pub region: &'static str,
}

impl Default for Caller {
    fn default() -> Self {
        Self { actor: "tester", account: "123456789012", region: "us-east-1" }
    }
}

/// What a service answered instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: String,
    /// The message is one of its members.
    pub said: Value,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.said["message"].as_str().unwrap_or_default())
    }
}

impl Caller {
    /// Asks on a subject and reads the answer.
    ///
    /// # Errors
    /// What the service refused.
    ///
    /// # Panics
    /// When nobody answers in time, or not in JSON.
    pub async fn call(&self, bus: &Bus, subject: &str, input: &Value) -> Result<Value, Refusal> {
        let headers = Headers::default()
            .with("reeve-actor", self.actor)
            .with("reeve-account", self.account)
            .with("reeve-region", self.region);
        let answer = serve::call(bus, subject, headers, input.to_string().into(), ANSWER_TIMEOUT).await;
        let answer = answer.unwrap_or_else(|error| panic!("{subject}: {error}"));
        let said: Value = serde_json::from_slice(&answer.data).unwrap();
        match answer.headers.get("reeve-error") {
            None => Ok(said),
            Some(code) => Err(Refusal { code: code.to_owned(), said }),
        }
    }
}
