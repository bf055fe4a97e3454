//! Posting to a webhook.

use super::{
    Content, Failure, Format, Outcome,
    own_network::{PublicOnly, REFUSED},
    retry_after, signature,
};
use reeve_types::{Timestamp, text::cut};
use serde_json::{Value, json};
use std::{io::Read, time::Duration};
use ureq::{
    Agent, Body, Error, Proxy,
    config::Config,
    http::{Response, StatusCode, Uri},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::transport::DefaultConnector,
};

/// As long an attempt may take: it ends before its lease.
const ATTEMPT_TIME: Duration = Duration::from_secs(20);
/// As much of an answer is read; what follows is left.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;
const MAX_SHOWN_CHARACTERS: usize = 200;
/// The longest text that Slack takes as one block.
const MAX_SLACK_CHARACTERS: usize = 3_000;

/// A message for a webhook.
pub(crate) struct Post {
    pub url: String,
    pub format: Format,
    pub allow_private_addresses: bool,
    /// PEM; empty: the authorities that everybody trusts.
    pub certificate_authority: String,
    /// The keys that it is signed with.
    pub keys: Vec<Vec<u8>>,
    pub content: Content,
}

/// Certificates in PEM.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, String> {
    let items: Result<Vec<_>, _> = parse_pem(pem.as_bytes()).collect();
    let items = items.map_err(|error| format!("it is no PEM: {error}"))?;
    let certificates: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => Err("it has no certificate".to_owned()),
        false => Ok(certificates),
    }
}

impl Post {
    /// Sends it. It blocks.
    pub fn send(&self, now: Timestamp) -> Outcome {
        let agent = match self.agent() {
            Ok(agent) => agent,
            Err(reason) => return Outcome::Never(reason),
        };
        let (body, timestamp) = (self.body(), now.0 / 1_000);
        let request = agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("user-agent", concat!("reeve/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &self.content.id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature::header(&self.keys, &self.content.id, timestamp, &body));
        match request.send(body.as_str()) {
            Ok(response) => outcome(response, timestamp),
            Err(Error::Other(reason)) if reason.to_string() == REFUSED => Outcome::Never(REFUSED.to_owned()),
            Err(error @ (Error::BadUri(_) | Error::Http(_))) => Outcome::Never(error.to_string()),
            Err(error) => Outcome::away(format!("{} is not reached: {error}", self.host())),
        }
    }

    fn host(&self) -> String {
        self.url.parse::<Uri>().ok().and_then(|uri| Some(uri.authority()?.to_string())).unwrap_or_default()
    }

    fn agent(&self) -> Result<Agent, String> {
        let proxy = Proxy::try_from_env();
        // Whom a proxy reaches is the proxy's affair.
        let is_direct = match (&proxy, self.url.parse::<Uri>()) {
            (Some(proxy), Ok(uri)) => proxy.is_no_proxy(&uri),
            _ => true,
        };
        let roots = match self.certificate_authority.as_str() {
            "" => RootCerts::WebPki,
            pem => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let config = Config::builder()
            .timeout_global(Some(ATTEMPT_TIME))
            .http_status_as_error(false)
            // A message that follows a redirect goes where nobody has sent it.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .proxy(proxy)
            .build();
        Ok(match is_direct && !self.allow_private_addresses {
            true => Agent::with_parts(config, DefaultConnector::default(), PublicOnly::default()),
            false => Agent::new_with_config(config),
        })
    }

    fn body(&self) -> String {
        let Content { id, origin_kind, origin_id, subject, account, region, held, .. } = &self.content;
        let text = self.content.whole_text();
        let details: Value = serde_json::from_str(&self.content.details_json).unwrap_or(Value::Null);
        match self.format {
            Format::Details if !details.is_null() => self.content.details_json.clone(),
            Format::Slack => {
                let whole =
                    if text.is_empty() { format!("*{subject}*") } else { format!("*{subject}*\n{text}") };
                json!({"text": cut(&whole, MAX_SLACK_CHARACTERS)}).to_string()
            }
            Format::Standard | Format::Details => json!({
                "type": "reeve.notification",
                "timestamp": self.content.accepted,
                "data": {
                    "id": id,
                    "origin": {"kind": origin_kind, "id": origin_id},
                    "subject": subject,
                    "text": text,
                    "details": details,
                    "held": held,
                    "account": account,
                    "region": region,
                },
            })
            .to_string(),
        }
    }
}

/// What an answer means: 2xx alone is a success, 410 is for ever.
fn outcome(mut response: Response<Body>, now_seconds: i64) -> Outcome {
    let status = response.status();
    if status.is_success() {
        return Outcome::Sent(format!("HTTP {}", status.as_u16()));
    }
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (wait, location) = (header("retry-after"), header("location"));
    let mut body = Vec::new();
    // What came of it before it broke off is still what was answered.
    let _ = response.body_mut().as_reader().take(MAX_ANSWER_BYTES).read_to_end(&mut body);
    let body = String::from_utf8_lossy(&body);
    let shown = cut(body.trim(), MAX_SHOWN_CHARACTERS);
    let reason = match (location, shown.as_str()) {
        (Some(location), _) if status.is_redirection() => {
            format!(
                "HTTP {}, which leads to {}: no redirect is followed",
                status.as_u16(),
                cut(&location, 200)
            )
        }
        (_, "") => format!("HTTP {}", status.as_u16()),
        (_, shown) => format!("HTTP {}: {shown}", status.as_u16()),
    };
    match status {
        StatusCode::GONE => Outcome::Gone(reason),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Outcome::Never(reason)
        }
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Outcome::Failed(Failure {
            reason,
            retry_after_seconds: retry_after::seconds(wait.as_deref(), &body, now_seconds),
            destination_waits: true,
        }),
        status if status.is_redirection() => Outcome::Never(reason),
        _ => Outcome::refused(reason),
    }
}
