//! A program that is no part of Reeve, and calls over the bus.

use crate::{Instance, Raw};
use reeve_jetstream::{Bus, Credentials, Error, Headers, Options, operator::EDGE};
use serde_json::Value;
use std::time::Duration;

/// How a program connects with a credentials file.
///
/// # Panics
/// When it is none.
pub fn options(instance: &Instance, credentials: &str, inbox_prefix: &str) -> Options {
    let lines: Vec<&str> = credentials.lines().collect();
    let after = |marker: &str| {
        let at = lines.iter().position(|line| line.contains(marker)).expect("no credentials");
        lines[at + 1].to_owned()
    };
    let credentials =
        Credentials::Jwt { jwt: after("BEGIN NATS USER JWT"), seed: after("BEGIN USER NKEY SEED") };
    Options { credentials, inbox_prefix: inbox_prefix.to_owned(), ..instance.core_options() }
}

/// Its connection.
pub struct Program {
    pub bus: Bus,
}

impl Program {
    /// Connects with what `reeve bus-user` prints.
    ///
    /// # Panics
    /// When it prints nothing usable, or the bus does not let the program in.
    pub async fn connect(instance: &Instance, name: &str) -> Self {
        let printed = instance.reeve(&["bus-user", name]);
        let options = options(instance, printed.text(), &format!("_INBOX_{name}"));
        Self { bus: Bus::connect(&options).await.expect("the bus refuses the program") }
    }

    /// Sends headers and bytes as they are; answers the status and the body.
    ///
    /// # Errors
    /// When nobody answers.
    ///
    /// # Panics
    /// When the answer is none.
    pub async fn send(
        &self,
        caller: &Raw,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Result<(u16, Value), Error> {
        let host = ("host", caller.host().to_owned());
        let headers: Headers = headers.iter().cloned().chain([host]).collect();
        let body = body.to_vec().into();
        let answer = self.bus.request(EDGE, &headers, body, Duration::from_secs(30)).await?;
        let status = answer.headers.get("status").and_then(|status| status.parse().ok());
        assert!(answer.headers.get("x-amzn-requestid").is_some(), "an answer without an id");
        Ok((status.expect("no status"), serde_json::from_slice(&answer.data).expect("no JSON")))
    }

    /// Calls an operation of the API `ssm`.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn call(&self, caller: &Raw, operation: &str, input: &Value) -> (u16, Value) {
        let body = input.to_string();
        let headers = caller.signed("ssm", &format!("AmazonSSM.{operation}"), body.as_bytes());
        self.send(caller, &headers, body.as_bytes()).await.expect("no answer")
    }
}
