//! AWS Signature Version 4: who signed a request. How is `reeve-sigv4`'s.
//!
//! Both forms are taken: the `Authorization` header and the presigned query. The hash of the body is always
//! computed here: a client's own statement of it has to agree, and `UNSIGNED-PAYLOAD` never does.
//!
//! **Invariant:** nothing of a request that this gateway acts on is outside the signature. `host` and every
//! `x-amz-` header that is present must be signed; method, path, query and body always are. The one exception is a
//! client's id of a call, where nobody on the way can have changed it (docs/adr/0031): it tells calls apart, no more.

mod keys;
#[cfg(test)]
mod tests;

pub use reeve_sigv4::{Credentials, Request, sign};

use keys::Keys;
use reeve_authz::{AccessKey, Principal, Principals};
use reeve_sigv4::{
    ALGORITHM, TERMINATOR,
    canonical::{Scope, canonical_request, decoded, hex_sha256, string_to_sign},
    time,
};
use reeve_types::Timestamp;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A client's own id of a call: new for each call, kept over its attempts.
const INVOCATION_ID: &str = "amz-sdk-invocation-id";
/// SDKs send a UUID.
const MAX_INVOCATION_ID_BYTES: usize = 256;
/// How far a client's clock may be from ours, in either direction.
const SKEW_MINUTES: i64 = 15;
/// The longest that AWS lets a presigned request live: a week.
const MAX_PRESIGNED_SECONDS: i64 = 7 * 24 * 60 * 60;

/// Why a request's signature was not accepted, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Missing Authentication Token")]
    Missing,
    #[error("{0}")]
    Incomplete(String),
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
    #[error("Signature expired: {signed} is now earlier than {earliest} ({now} - {SKEW_MINUTES} min.)")]
    Expired { signed: String, earliest: String, now: String },
    #[error("Signature not yet current: {signed} is still later than {latest} ({now} + {SKEW_MINUTES} min.)")]
    NotYetCurrent { signed: String, latest: String, now: String },
    #[error("Request has expired.")]
    PresignedExpired,
    #[error("Credential should be scoped to a valid region.")]
    Region,
    #[error("Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{0}'.")]
    Terminator(String),
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != \
         '{day}', from '{signed}'."
    )]
    ScopeDate { scope: String, day: String, signed: String },
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    Unsigned(String),
    #[error("The value of the header x-amz-content-sha256 is not the SHA-256 of the body.")]
    BodyHash,
}

impl Error {
    /// The code that AWS answers with.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::PresignedExpired => "RequestExpired",
            _ => "InvalidSignatureException",
        }
    }
}

/// Who signed a request, and for which service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub access_key_id: String,
    pub principal: Arc<Principal>,
    pub service: String,
    pub signature: String,
    /// What the client calls this call, the same in each of its attempts.
    pub invocation: Option<Invocation>,
    /// The names of the headers that are under the signature, joined with `;`.
    pub signed_headers: String,
}

impl Caller {
    /// Whether a header is under the signature; its name in small letters.
    pub fn has_signed(&self, header: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == header)
    }
}

/// A client's own id of a call: the header `amz-sdk-invocation-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    pub id: String,
    /// Whether the signature covers it. Some clients (botocore) add it to a request that they have signed already.
    pub signed: bool,
}

/// What a request says about its signature, in either form.
struct Claim<'a> {
    access_key_id: &'a str,
    scope: Scope<'a>,
    terminator: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    date: &'a str,
    /// Only a presigned request has one.
    expires_seconds: Option<i64>,
}

/// Verifies signatures; keeps the signing keys that it derived.
#[derive(Debug, Default)]
pub struct Verifier {
    keys: Keys,
}

impl Verifier {
    /// Who signed the request.
    ///
    /// # Errors
    /// When nobody did, or nobody we know, or not this request, or not for here and now.
    pub fn verify(
        &self,
        request: &Request<'_>,
        principals: &dyn Principals,
        region: &str,
        now: Timestamp,
    ) -> Result<Caller, Error> {
        with_claim(request, |claim| {
            let key = check_claim(request, claim, principals, region, now)?;
            self.check_signature(request, claim, key)
        })
    }

    /// All that can be said before the body is there: so that nobody unknown makes us read one.
    ///
    /// # Errors
    /// As [`Verifier::verify`], but for what the signature itself says.
    pub fn recognise(
        &self,
        request: &Request<'_>,
        principals: &dyn Principals,
        region: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        with_claim(request, |claim| check_claim(request, claim, principals, region, now).map(drop))
    }

    fn check_signature(
        &self,
        request: &Request<'_>,
        claim: &Claim<'_>,
        AccessKey { principal, secret }: AccessKey,
    ) -> Result<Caller, Error> {
        let body_hash = hex_sha256(request.body);
        if request.header("x-amz-content-sha256").is_some_and(|stated| stated != body_hash.as_bytes()) {
            return Err(Error::BodyHash);
        }
        let Claim { access_key_id, scope, signed_headers, .. } = claim;
        let presigned = claim.expires_seconds.is_some();
        let canonical =
            canonical_request(request, signed_headers, &body_hash, presigned).ok_or(Error::Mismatch)?;
        let text = string_to_sign(claim.date, scope, &canonical);
        let signature = self.keys.sign(access_key_id, &secret, scope, &text);
        if bool::from(signature.as_bytes().ct_eq(claim.signature.as_bytes())) {
            let (access_key_id, service) = ((*access_key_id).to_owned(), scope.service.to_owned());
            let invocation = invocation(request, claim);
            let signed_headers = (*signed_headers).to_owned();
            Ok(Caller { access_key_id, principal, service, signature, invocation, signed_headers })
        } else {
            Err(Error::Mismatch)
        }
    }
}

/// What the client calls the call. An id has no blanks, which a signature does not tell apart. One that is beside a
/// presigned query, unsigned, is no id: whoever was given the query could make many calls of one.
fn invocation(request: &Request<'_>, claim: &Claim<'_>) -> Option<Invocation> {
    let id = request.text_header(INVOCATION_ID)?.trim_matches(' ');
    let plain = (1..=MAX_INVOCATION_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    let once = request.headers.iter().filter(|(name, _)| *name == INVOCATION_ID).count() == 1;
    let signed = claim.signed_headers.split(';').any(|header| header == INVOCATION_ID);
    let counts = plain && once && (signed || claim.expires_seconds.is_none());
    counts.then(|| Invocation { id: id.to_owned(), signed })
}

/// Finds out what a request says about its signature, in whichever form.
fn with_claim<T>(
    request: &Request<'_>,
    then: impl FnOnce(&Claim<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let incomplete = |why: &str| Error::Incomplete(why.to_owned());
    let mut authorizations = request.headers.iter().filter(|(name, _)| *name == "authorization");
    match (authorizations.next(), authorizations.next()) {
        (Some((_, value)), None) => {
            let text =
                std::str::from_utf8(value).map_err(|_| incomplete("Authorization header is not text."))?;
            then(&header_claim(request, text)?)
        }
        (Some(_), Some(_)) => Err(incomplete("There is more than one Authorization header.")),
        _ if request.query.contains("X-Amz-Signature=") => {
            then(&query_claim(&presigned_parameters(request.query)?)?)
        }
        _ => Err(Error::Missing),
    }
}

/// Checks all of a claim but its signature; gives the key that it has to be signed with.
fn check_claim(
    request: &Request<'_>,
    claim: &Claim<'_>,
    principals: &dyn Principals,
    region: &str,
    now: Timestamp,
) -> Result<AccessKey, Error> {
    if request.header("x-amz-security-token").is_some() {
        return Err(Error::UnknownKey);
    }
    let key = principals.secret(claim.access_key_id).ok_or(Error::UnknownKey)?;
    check_scope(claim, region)?;
    check_time(claim, now)?;
    check_signed_headers(request, claim.signed_headers)?;
    Ok(key)
}

fn check_scope(claim: &Claim<'_>, region: &str) -> Result<(), Error> {
    let day = claim.date.get(..8).unwrap_or_default();
    if claim.terminator != TERMINATOR {
        Err(Error::Terminator(claim.terminator.to_owned()))
    } else if claim.scope.region != region {
        Err(Error::Region)
    } else if claim.scope.day != day {
        Err(Error::ScopeDate {
            scope: claim.scope.day.to_owned(),
            day: day.to_owned(),
            signed: claim.date.to_owned(),
        })
    } else {
        Ok(())
    }
}

fn check_time(claim: &Claim<'_>, now: Timestamp) -> Result<(), Error> {
    let signed_at = time::parse(claim.date).ok_or_else(|| {
        Error::Incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{}'.", claim.date))
    })?;
    let skew = SKEW_MINUTES * 60;
    let signed = || claim.date.to_owned();
    if signed_at > now.plus_seconds(skew) {
        let latest = time::format(now.plus_seconds(skew));
        return Err(Error::NotYetCurrent { signed: signed(), latest, now: time::format(now) });
    }
    match claim.expires_seconds {
        Some(seconds) if now > signed_at.plus_seconds(seconds) => Err(Error::PresignedExpired),
        None if signed_at < now.plus_seconds(-skew) => {
            let earliest = time::format(now.plus_seconds(-skew));
            Err(Error::Expired { signed: signed(), earliest, now: time::format(now) })
        }
        _ => Ok(()),
    }
}

fn check_signed_headers(request: &Request<'_>, signed_headers: &str) -> Result<(), Error> {
    let signed = |name: &str| signed_headers.split(';').any(|header| header == name);
    if !signed("host") {
        return Err(Error::Unsigned("Host".to_owned()));
    }
    // AWS's, and ours: each means something.
    let meant = |name: &str| name.starts_with("x-amz-") || name.starts_with("x-reeve-");
    let unsigned = request.headers.iter().find(|(name, _)| meant(name) && !signed(name));
    unsigned.map_or(Ok(()), |(name, _)| Err(Error::Unsigned((*name).to_owned())))
}

fn header_claim<'a>(request: &Request<'a>, authorization: &'a str) -> Result<Claim<'a>, Error> {
    let Some(rest) = authorization.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' ')) else {
        return Err(Error::Incomplete(format!("Authorization header requires the algorithm '{ALGORITHM}'.")));
    };
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in rest.split(',') {
        // One blank may follow a comma; anything else would be a part of the name.
        let part = part.strip_prefix(' ').unwrap_or(part);
        let slot = match part.split_once('=') {
            Some(("Credential", value)) => (&mut credential, value),
            Some(("SignedHeaders", value)) => (&mut signed_headers, value),
            Some(("Signature", value)) => (&mut signature, value),
            _ => {
                return Err(Error::Incomplete(format!(
                    "'{part}' not a valid key=value pair in Authorization header."
                )));
            }
        };
        if slot.0.replace(slot.1).is_some() {
            return Err(Error::Incomplete(format!("'{part}' is twice in the Authorization header.")));
        }
    }
    let missing =
        |name: &str| Error::Incomplete(format!("Authorization header requires '{name}' parameter."));
    let date = request.text_header("x-amz-date").ok_or_else(|| {
        Error::Incomplete("Authorization header requires existence of a 'X-Amz-Date' header.".to_owned())
    })?;
    let signed_headers = signed_headers.ok_or_else(|| missing("SignedHeaders"))?;
    let signature = signature.ok_or_else(|| missing("Signature"))?;
    claim(credential.ok_or_else(|| missing("Credential"))?, signed_headers, signature, date, None)
}

fn claim<'a>(
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    date: &'a str,
    expires_seconds: Option<i64>,
) -> Result<Claim<'a>, Error> {
    let mut parts = credential.split('/');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let (Some(access_key_id), Some(day), Some(region), Some(service), Some(terminator), None) =
        (part(), part(), part(), part(), part(), parts.next())
    else {
        return Err(Error::Incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
                .to_owned(),
        ));
    };
    let scope = Scope { day, region, service };
    Ok(Claim { access_key_id, scope, terminator, signed_headers, signature, date, expires_seconds })
}

/// The signature's own parameters of a presigned query, decoded.
fn presigned_parameters(query: &str) -> Result<Vec<(&str, String)>, Error> {
    let mut parameters: Vec<(&str, String)> = Vec::new();
    for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        if name.starts_with("X-Amz-") {
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(Error::Incomplete(format!("'{name}' is twice in the query.")));
            }
            let value =
                decoded(value).and_then(|value| String::from_utf8(value).ok()).ok_or(Error::Mismatch)?;
            parameters.push((name, value));
        }
    }
    Ok(parameters)
}

fn query_claim<'a>(parameters: &'a [(&str, String)]) -> Result<Claim<'a>, Error> {
    let get = |name: &str| {
        let found = parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        found.ok_or_else(|| Error::Incomplete(format!("AWS query-string parameters must include '{name}'.")))
    };
    if get("X-Amz-Algorithm")? != ALGORITHM {
        return Err(Error::Incomplete(format!("X-Amz-Algorithm only supports '{ALGORITHM}'.")));
    }
    if get("X-Amz-Security-Token").is_ok() {
        return Err(Error::UnknownKey);
    }
    let expires = get("X-Amz-Expires")?
        .parse()
        .ok()
        .filter(|seconds| (1..=MAX_PRESIGNED_SECONDS).contains(seconds))
        .ok_or_else(|| Error::Incomplete("X-Amz-Expires must be between 1 and 604800 seconds.".to_owned()))?;
    claim(
        get("X-Amz-Credential")?,
        get("X-Amz-SignedHeaders")?,
        get("X-Amz-Signature")?,
        get("X-Amz-Date")?,
        Some(expires),
    )
}
