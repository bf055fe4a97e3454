//! Calls of a service's operations past the gateway, as it forwards them.

use reeve_jetstream::{Bus, Headers, serve};
use serde_json::Value;
use std::{collections::BTreeMap, fmt, sync::Mutex, time::Duration};
use tokio::sync::watch;

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
    /// Asks on a subject and reads the answer. Of two replicas the one that answers has seen what earlier calls over this
    /// connection wrote, as it has for the gateway's callers.
    ///
    /// # Errors
    /// What the service refused.
    ///
    /// # Panics
    /// When nobody answers in time, or not in JSON.
    pub async fn call(&self, bus: &Bus, subject: &str, input: &Value) -> Result<Value, Refusal> {
        let mut headers = Headers::default()
            .with("reeve-actor", self.actor)
            .with("reeve-account", self.account)
            .with("reeve-region", self.region);
        if let Some(positions) = written(bus) {
            headers = headers.with(serve::MIN_POSITION, positions);
        }
        let answer = serve::call(bus, subject, headers, input.to_string().into(), ANSWER_TIMEOUT).await;
        let answer = answer.unwrap_or_else(|error| panic!("{subject}: {error}"));
        remember(bus, answer.headers.get("reeve-position"));
        let said: Value = serde_json::from_slice(&answer.data).unwrap();
        match answer.headers.get("reeve-error") {
            None => Ok(said),
            Some(code) => Err(Refusal { code: code.to_owned(), said }),
        }
    }
}

/// By stream, the newest sequence.
type Newest = BTreeMap<String, u64>;

/// What calls wrote so far, for each connection: the counter of its connects is its identity.
static WRITTEN: Mutex<Vec<(watch::Receiver<u64>, Newest)>> = Mutex::new(Vec::new());

/// What the calls over a connection wrote, as the header says it.
fn written(bus: &Bus) -> Option<String> {
    let written = WRITTEN.lock().unwrap();
    let (_, newest) = written.iter().find(|(connection, _)| connection.same_channel(&bus.connections()))?;
    let positions: Vec<_> = newest.iter().map(|(stream, sequence)| format!("{stream}:{sequence}")).collect();
    (!positions.is_empty()).then(|| positions.join(","))
}

fn remember(bus: &Bus, positions: Option<&str>) {
    let mut written = WRITTEN.lock().unwrap();
    let connection = bus.connections();
    let of_it = written.iter().position(|(known, _)| known.same_channel(&connection));
    let of_it = of_it.unwrap_or_else(|| {
        written.push((connection, Newest::new()));
        written.len() - 1
    });
    for position in positions.into_iter().flat_map(|all| all.split(',')) {
        let (stream, sequence) = position.rsplit_once(':').unwrap();
        let newest = written[of_it].1.entry(stream.to_owned()).or_default();
        *newest = sequence.parse::<u64>().unwrap().max(*newest);
    }
}
