//! Signing, as a client does it.

use crate::{
    ALGORITHM, Request,
    canonical::{Scope, canonical_request, hex_sha256, string_to_sign},
    derive, hex_hmac, time,
};
use reeve_types::Timestamp;

/// With what, and for where, a client signs.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

/// The headers that make a request a signed one: `x-amz-date` and `authorization`.
///
/// Every header of `request` is signed, so it has to hold `host`, and must not hold those two.
pub fn sign(
    request: &Request<'_>,
    credentials: &Credentials<'_>,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let date = time::format(now);
    let mut headers = request.headers.to_vec();
    headers.push(("x-amz-date", date.as_bytes()));
    headers.sort_by_key(|(name, _)| *name);
    let mut names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    names.dedup();
    let signed_headers = names.join(";");
    let request = Request { headers: &headers, ..*request };
    let scope = Scope {
        day: date.get(..8).unwrap_or_default(),
        region: credentials.region,
        service: credentials.service,
    };
    let canonical =
        canonical_request(&request, &signed_headers, &hex_sha256(request.body), false).unwrap_or_default();
    let key = derive(credentials.secret_access_key, &scope);
    let signature = hex_hmac(&key, &string_to_sign(&date, &scope, &canonical));
    let access_key_id = credentials.access_key_id;
    let authorization = format!(
        "{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
    );
    vec![("x-amz-date", date), ("authorization", authorization)]
}
