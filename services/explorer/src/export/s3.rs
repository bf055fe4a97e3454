//! Putting an object to an S3-compatible address, signed with SigV4.

use crate::projections::DestinationRow;
use reeve_sigv4::{Credentials, Request, canonical::hex_sha256, sign};
use reeve_types::{Timestamp, text::cut};
use std::time::Duration;
use ureq::{Agent, config::Config, http::Uri};

/// So long an object may take.
const PUT_SECONDS: u64 = 60;
const MAX_SHOWN_CHARACTERS: usize = 200;

/// An S3-compatible address, with a key for it.
#[derive(Clone)]
pub struct S3 {
    /// Such as `https://s3.example.org:9000`; buckets are the first segments of its paths.
    pub endpoint: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// Nobody prints the secret.
impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl S3 {
    /// Puts an object. It blocks.
    ///
    /// # Errors
    /// What the other side said, or why it is not reached.
    pub(super) fn put(
        &self,
        destination: &DestinationRow,
        key: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), String> {
        let endpoint = self.endpoint.trim_end_matches('/');
        let uri = endpoint.parse::<Uri>().map_err(|error| format!("{endpoint} is no address: {error}"))?;
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let path = format!("{}/{}/{key}", uri.path().trim_end_matches('/'), destination.bucket);
        let hash = hex_sha256(body);
        let headers: [(&str, &[u8]); 3] = [
            ("content-type", b"application/json"),
            ("host", host.as_bytes()),
            ("x-amz-content-sha256", hash.as_bytes()),
        ];
        // S3 alone has paths signed as they are on the wire: encoded once.
        let request = Request { method: "PUT", path: &path, query: "", headers: &headers, body };
        let credentials = Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            region: &destination.region,
            service: "s3",
        };
        let scheme = uri.scheme_str().unwrap_or("https");
        let mut put = agent()
            .put(format!("{scheme}://{host}{}", on_the_wire(&path)))
            .header("content-type", "application/json")
            .header("x-amz-content-sha256", &hash);
        for (name, value) in sign(&request, &credentials, now) {
            put = put.header(name, value);
        }
        let mut answer = put.send(body).map_err(|error| format!("{host} is not reached: {error}"))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let said = answer.body_mut().with_config().limit(4_096).lossy_utf8(true).read_to_string();
        let said = cut(said.unwrap_or_default().trim(), MAX_SHOWN_CHARACTERS);
        Err(format!("{host} answered HTTP {}: {said}", answer.status().as_u16()))
    }
}

/// A path that has nothing to be encoded but `:` and `=`: the names of objects are checked.
fn on_the_wire(path: &str) -> String {
    path.replace(':', "%3A").replace('=', "%3D")
}

fn agent() -> Agent {
    let config = Config::builder()
        .timeout_global(Some(Duration::from_secs(PUT_SECONDS)))
        .http_status_as_error(false)
        // What is signed for one address goes to no other.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build();
    Agent::new_with_config(config)
}
