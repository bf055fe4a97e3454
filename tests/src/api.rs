//! The signed API without a client in between, so that requests can be wrong in every way.

use reeve_contracts::models::MODELS;
use reeve_gateway::sigv4;
use reeve_types::{Timestamp, ids::new_uuid};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

fn target_prefix(api: &str) -> String {
    let (_, model) = MODELS.iter().find(|(name, _)| *name == api).expect("an API");
    let model: Value = serde_json::from_str(model).expect("JSON");
    // Those that have none are named by their API.
    model["metadata"]["targetPrefix"].as_str().unwrap_or(api).to_owned()
}

/// Signs and posts requests.
pub struct Raw {
    endpoint: String,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// When the requests say that they are made.
    pub now: Timestamp,
    agent: ureq::Agent,
}

impl Raw {
    pub(crate) fn new(announced: &Value) -> Self {
        let text = |name: &str| announced[name].as_str().unwrap_or_default().to_owned();
        let mut config = ureq::Agent::config_builder().http_status_as_error(false);
        if let Some(ca) = announced["ca"].as_str() {
            let ca = Certificate::from_pem(&std::fs::read(ca).expect("a file")).expect("a certificate");
            let roots = RootCerts::new_with_certs(&[ca]);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Self {
            endpoint: text("endpoint"),
            region: text("region"),
            access_key_id: text("access_key_id"),
            secret_access_key: text("secret_access_key"),
            now: Timestamp::now(),
            agent: config.timeout_global(Some(Duration::from_secs(60))).build().into(),
        }
    }

    /// Calls an operation; answers the status and the body. A server that is away answers status 0.
    pub fn call(&self, operation: &str, input: &Value) -> (u16, Value) {
        self.post(operation, input.to_string().as_bytes())
    }

    /// Calls an operation of an API, as of an earlier instant if one is given.
    pub fn call_of(&self, api: &str, operation: &str, input: &Value, at: Option<&str>) -> (u16, Value) {
        let body = input.to_string();
        let target = format!("{}.{operation}", target_prefix(api));
        let more = at.map(|at| ("x-reeve-as-of", at.to_owned()));
        let headers = self.signed_with(api, &target, body.as_bytes(), more.into_iter().collect());
        self.send(&headers, body.as_bytes())
    }

    /// Calls an operation with a header that is not signed.
    pub fn call_unsigned(
        &self,
        operation: &str,
        input: &Value,
        (name, value): (&'static str, &str),
    ) -> (u16, Value) {
        let body = input.to_string();
        let mut headers = self.signed("ssm", &format!("AmazonSSM.{operation}"), body.as_bytes());
        headers.push((name, value.to_owned()));
        self.send(&headers, body.as_bytes())
    }

    /// Posts any bytes.
    pub fn post(&self, operation: &str, body: &[u8]) -> (u16, Value) {
        self.send(&self.signed("ssm", &format!("AmazonSSM.{operation}"), body), body)
    }

    /// What a call's `host` says.
    pub fn host(&self) -> &str {
        self.endpoint.split("://").nth(1).unwrap_or_default()
    }

    /// The headers of a signed call: of a service, as credential scopes name it, and of a target.
    pub fn signed(&self, service: &str, target: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        self.signed_with(service, target, body, Vec::new())
    }

    fn signed_with(
        &self,
        service: &str,
        target: &str,
        body: &[u8],
        more: Vec<(&'static str, String)>,
    ) -> Vec<(&'static str, String)> {
        let host = self.host();
        // What is signed twice alike is carried out once.
        let mut added = vec![
            ("amz-sdk-invocation-id", new_uuid().to_string()),
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", target.to_owned()),
        ];
        added.extend(more);
        let mut headers = vec![("host", host.as_bytes())];
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers, body };
        let signature = sigv4::sign(&request, &self.credentials(service), self.now);
        added.into_iter().chain(signature).collect()
    }

    /// Calls what has a method and a path, without a header that names an operation.
    ///
    /// # Panics
    /// When that is no request at all.
    pub fn call_at(&self, api: &str, method: &str, (path, query): (&str, &str), body: &[u8]) -> (u16, Value) {
        let mut added = vec![
            ("amz-sdk-invocation-id", new_uuid().to_string()),
            ("content-type", "application/json".to_owned()),
        ];
        let mut headers = vec![("host", self.host().as_bytes())];
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method, path, query, headers: &headers, body };
        added.extend(sigv4::sign(&request, &self.credentials(api), self.now));
        let mark = if query.is_empty() { "" } else { "?" };
        let mut call = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}{mark}{query}", self.endpoint));
        for (name, value) in added {
            call = call.header(name, value);
        }
        let call = call.body(body).expect("a request");
        let call = self.agent.configure_request(call).allow_non_standard_methods(true).build();
        answer(self.agent.run(call))
    }

    fn credentials<'a>(&'a self, service: &'a str) -> sigv4::Credentials<'a> {
        sigv4::Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            region: &self.region,
            service,
        }
    }

    /// Opens a stream of events, behind the last one that the reader has seen; answers the status, and what comes as it
    /// comes.
    ///
    /// # Panics
    /// When the gateway cannot be reached.
    pub fn events(&self, query: &str, last: Option<&str>) -> (u16, impl BufRead + use<>) {
        let (host, path) = (self.host(), "/events/stream");
        let mut added: Vec<(&str, String)> =
            last.map(|last| ("last-event-id", last.to_owned())).into_iter().collect();
        let mut headers = vec![("host", host.as_bytes())];
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = sigv4::Request { method: "GET", path, query, headers: &headers, body: b"" };
        added.extend(sigv4::sign(&request, &self.credentials("feed"), Timestamp::now()));
        let mut get = self.agent.get(format!("{}{path}?{query}", self.endpoint));
        for (name, value) in added {
            get = get.header(name, value);
        }
        let answer = get.call().expect("the gateway answers");
        (answer.status().as_u16(), BufReader::new(answer.into_body().into_reader()))
    }

    /// Posts headers and bytes as they are.
    pub fn send(&self, headers: &[(&'static str, String)], body: &[u8]) -> (u16, Value) {
        let mut post = self.agent.post(format!("{}/", self.endpoint));
        for (name, value) in headers {
            post = post.header(*name, value);
        }
        answer(post.send(body))
    }
}

/// The status and the body.
fn answer(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, Value) {
    match sent {
        Ok(mut answer) => {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
        }
        Err(error) => (0, Value::String(error.to_string())),
    }
}
