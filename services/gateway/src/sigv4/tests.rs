mod mutations;

use super::*;
use proptest::prelude::*;
use reeve_authz::Keyring;

const ID: &str = "AKIDEXAMPLE000000";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const DATE: &str = "20150830T123600Z";

fn now() -> Timestamp {
    time::parse(DATE).unwrap()
}

/// The published suite's own id is shorter than those that a keyring takes.
struct One;
impl Principals for One {
    fn secret(&self, access_key_id: &str) -> Option<AccessKey> {
        let principal = Arc::new(Principal { name: "example".to_owned() });
        matches!(access_key_id, ID | "AKIDEXAMPLE").then(|| AccessKey { principal, secret: SECRET.into() })
    }
}

fn credentials(service: &str) -> Credentials<'_> {
    Credentials { access_key_id: "AKIDEXAMPLE", secret_access_key: SECRET, region: "us-east-1", service }
}

const HOST: (&str, &[u8]) = ("host", b"example.amazonaws.com");

fn request<'a>(
    method: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a [u8])],
    body: &'a [u8],
) -> Request<'a> {
    Request { method, path: "/", query, headers, body }
}

/// Signs, compares with the published signature, and verifies what was signed.
fn published(request: &Request<'_>, service: &str, signature: &str) {
    let added = sign(request, &credentials(service), now());
    assert!(added[1].1.ends_with(&format!("Signature={signature}")), "{added:?}");
    let mut headers = request.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let signed = Request { headers: &headers, ..*request };
    let caller = Verifier::default().verify(&signed, &One, "us-east-1", now()).unwrap();
    assert_eq!((caller.access_key_id.as_str(), caller.service.as_str()), ("AKIDEXAMPLE", service));
}

#[test]
fn the_published_examples() {
    published(
        &request("GET", "", &[HOST], b""),
        "service",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
    published(
        &request("POST", "", &[HOST], b""),
        "service",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    );
    published(
        &request("GET", "Param2=value2&Param1=value1", &[HOST], b""),
        "service",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    );
    published(
        &request(
            "POST",
            "",
            &[HOST, ("content-type", b"application/x-www-form-urlencoded")],
            b"Param1=value1",
        ),
        "service",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    );
    published(
        &request(
            "GET",
            "Action=ListUsers&Version=2010-05-08",
            &[
                ("host", b"iam.amazonaws.com"),
                ("content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
            ],
            b"",
        ),
        "iam",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    );
}

#[test]
fn canonical_forms() {
    let canonical = |path: &str, query: &str, headers: &[(&str, &[u8])], names: &str| {
        let request = Request { method: "GET", path, query, headers, body: b"" };
        canonical_request(&request, names, "hash", false)
    };
    let path = |path: &str| canonical(path, "", &[HOST], "host").unwrap().lines().nth(1).unwrap().to_owned();
    assert_eq!(path("/"), "/");
    assert_eq!(path("//a/./b/../c"), "/a/c");
    assert_eq!(path("/a/"), "/a/");
    assert_eq!(path("/a/.."), "/");
    assert_eq!(path("/a%20b"), "/a%2520b");
    let query =
        |query: &str| Some(canonical("/", query, &[HOST], "host")?.lines().nth(2).unwrap().to_owned());
    assert_eq!(query("b=2&a=%7e&a=1&c"), Some("a=1&a=~&b=2&c=".to_owned()));
    assert_eq!(query("a=%2fx y"), Some("a=%2Fx%20y".to_owned()));
    assert_eq!(query("a=%2"), None);
    let headers: &[(&str, &[u8])] = &[("b", b"  x   y "), ("a", b"1"), ("a", b"2")];
    let text = canonical("/", "", headers, "a;b").unwrap();
    assert!(text.contains("a:1,2\nb:x y\n\na;b\n"), "{text}");
    assert_eq!(canonical("/", "", headers, "b;a"), None);
    assert_eq!(canonical("/", "", headers, "a;c"), None);
}

/// A signed call as an AWS client makes one.
struct Signed {
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    query: String,
}

impl Signed {
    fn new(at: Timestamp) -> Self {
        let body = br#"{"Name":"AWS-RunShellScript"}"#.to_vec();
        let headers: Vec<(&str, &[u8])> = vec![
            ("content-type", b"application/x-amz-json-1.1"),
            ("host", b"localhost:4566"),
            ("x-amz-target", b"AmazonSSM.GetDocument"),
        ];
        let credentials = Credentials { access_key_id: ID, ..credentials("ssm") };
        let added = sign(&request("POST", "", &headers, &body), &credentials, at);
        let mut headers: Vec<_> =
            headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())));
        Self { headers, body, query: String::new() }
    }

    /// The same call with its signature in the query.
    fn presigned(at: Timestamp, expires: &str) -> Self {
        let mut signed = Self::new(at);
        signed.headers.retain(|(name, _)| !matches!(name.as_str(), "authorization" | "x-amz-date"));
        let date = time::format(at);
        let scope = Scope { day: &date[..8], region: "us-east-1", service: "ssm" };
        signed.query = format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={ID}%2F{}%2Fus-east-1%2Fssm%2Faws4_request&X-Amz-Date={date}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-target",
            scope.day
        );
        let text = signed.with("POST", "/", |request| {
            canonical_request(request, "content-type;host;x-amz-target", &hex_sha256(request.body), true)
                .unwrap()
        });
        let signature = reeve_sigv4::hex_hmac(
            &reeve_sigv4::derive(SECRET, &scope),
            &string_to_sign(&date, &scope, &text),
        );
        signed.query += &format!("&X-Amz-Signature={signature}");
        signed
    }

    fn with<T>(&self, method: &str, path: &str, then: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        then(&Request { method, path, query: &self.query, headers: &headers, body: &self.body })
    }

    fn verify(&self, at: Timestamp) -> Result<Caller, Error> {
        self.with("POST", "/", |request| Verifier::default().verify(request, &One, "us-east-1", at))
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(header, _)| header != name);
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn replace(&mut self, from: &str, to: &str) {
        for (_, value) in &mut self.headers {
            *value = String::from_utf8(value.clone()).unwrap().replace(from, to).into_bytes();
        }
        self.query = self.query.replace(from, to);
    }
}

#[test]
fn a_signed_and_a_presigned_request_are_taken() {
    assert_eq!(Signed::new(now()).verify(now()).unwrap().service, "ssm");
    assert_eq!(Signed::presigned(now(), "60").verify(now()).unwrap().access_key_id, ID);
}

#[test]
fn a_client_s_own_id_of_a_call_is_one_that_can_be_told_from_others() {
    let id = |mut signed: Signed, ids: &[&str]| {
        let ids = ids.iter().map(|id| (INVOCATION_ID.to_owned(), id.as_bytes().to_vec()));
        signed.headers.extend(ids);
        signed.verify(now()).unwrap().invocation
    };
    let unsigned = Some(Invocation { id: "a-1".to_owned(), signed: false });
    assert_eq!(id(Signed::new(now()), &["a-1"]), unsigned);
    assert_eq!(id(Signed::new(now()), &[" a-1 "]), unsigned, "a signature does not tell these apart");
    let long = "a".repeat(MAX_INVOCATION_ID_BYTES + 1);
    for ids in [&[][..], &[""], &["a  1"], &["a\t1"], &[&long], &["a-1", "a-2"], &["ä"]] {
        assert_eq!(id(Signed::new(now()), ids), None, "{ids:?}");
    }
    assert_eq!(
        id(Signed::presigned(now(), "60"), &["a-1"]),
        None,
        "who was given a query was given one call"
    );

    let headers: &[(&str, &[u8])] = &[(INVOCATION_ID, b"a-1"), ("host", b"localhost:4566")];
    let credentials = Credentials { access_key_id: ID, ..credentials("ssm") };
    let added = sign(&request("POST", "", headers, b""), &credentials, now());
    let added = added.iter().map(|(name, value)| (*name, value.as_bytes()));
    let headers: Vec<_> = headers.iter().copied().chain(added).collect();
    let verify = |headers: &[(&str, &[u8])]| {
        Verifier::default().verify(&request("POST", "", headers, b""), &One, "us-east-1", now())
    };
    let signed = Some(Invocation { id: "a-1".to_owned(), signed: true });
    assert_eq!(verify(&headers).unwrap().invocation, signed);
    let changed = headers
        .iter()
        .map(|(name, value)| if *name == INVOCATION_ID { (*name, &b"a-2"[..]) } else { (*name, *value) });
    assert_eq!(verify(&changed.collect::<Vec<_>>()), Err(Error::Mismatch));
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    let signed = Signed::new(now());
    assert!(signed.verify(now().plus_seconds(900)).is_ok());
    assert!(signed.verify(now().plus_seconds(-900)).is_ok());
    assert_eq!(
        signed.verify(now().plus_seconds(901)).unwrap_err().to_string(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    );
    let early = signed.verify(now().plus_seconds(-901)).unwrap_err();
    assert_eq!(
        early.to_string(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"
    );
    assert_eq!(early.code(), "InvalidSignatureException");
}

#[test]
fn a_presigned_request_expires() {
    let signed = Signed::presigned(now(), "60");
    assert!(signed.verify(now().plus_seconds(60)).is_ok());
    let late = signed.verify(now().plus_seconds(61)).unwrap_err();
    assert_eq!((late.code(), late), ("RequestExpired", Error::PresignedExpired));
    for expires in ["0", "604801", "-1", "x", ""] {
        assert_eq!(
            Signed::presigned(now(), expires).verify(now()).unwrap_err().code(),
            "IncompleteSignatureException"
        );
    }
}

#[test]
fn what_was_not_signed_is_refused() {
    let mut signed = Signed::new(now());
    signed.set("x-amz-user-agent", "x");
    assert_eq!(signed.verify(now()), Err(Error::Unsigned("x-amz-user-agent".to_owned())));
    let mut signed = Signed::new(now());
    signed.replace("content-type;host;", "content-type;");
    assert_eq!(signed.verify(now()), Err(Error::Unsigned("Host".to_owned())));
    for stated in ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""] {
        let headers: &[(&str, &[u8])] = &[HOST, ("x-amz-content-sha256", stated.as_bytes())];
        let added = sign(&request("POST", "", headers, b"{}"), &credentials("ssm"), now());
        let mut headers = headers.to_vec();
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let verified =
            Verifier::default().verify(&request("POST", "", &headers, b"{}"), &One, "us-east-1", now());
        assert_eq!(verified, Err(Error::BodyHash), "{stated}");
    }
}

#[test]
fn whoever_is_not_known_is_refused() {
    let mut signed = Signed::new(now());
    signed.replace(ID, "AKIDSTRANGER00000");
    assert_eq!(signed.verify(now()), Err(Error::UnknownKey));
    let mut signed = Signed::new(now());
    signed.set("x-amz-security-token", "token");
    assert_eq!(signed.verify(now()), Err(Error::UnknownKey));
    let mut signed = Signed::presigned(now(), "60");
    signed.query += "&X-Amz-Security-Token=token";
    assert_eq!(signed.verify(now()).unwrap_err().code(), "UnrecognizedClientException");
    let mut signed = Signed::new(now());
    signed.headers.retain(|(name, _)| name != "authorization");
    assert_eq!(signed.verify(now()).unwrap_err().code(), "MissingAuthenticationTokenException");
}

#[test]
fn the_scope_has_to_be_ours() {
    let changed = |from: &str, to: &str| {
        let mut signed = Signed::new(now());
        signed.replace(from, to);
        signed.verify(now()).unwrap_err()
    };
    assert_eq!(changed("/us-east-1/", "/eu-west-1/"), Error::Region);
    assert_eq!(changed("/aws4_request", "/aws3_request"), Error::Terminator("aws3_request".to_owned()));
    assert!(matches!(changed("/20150830/", "/20150831/"), Error::ScopeDate { .. }));
    assert_eq!(changed("/ssm/", "/ssn/"), Error::Mismatch);
    assert_eq!(changed("/ssm/", "/"), changed("/ssm/", "/a/b/"));
    assert_eq!(changed("/ssm/", "/").code(), "IncompleteSignatureException");
    assert_eq!(changed(DATE, "2015-08-30").code(), "InvalidSignatureException");
}

#[test]
fn half_a_signature_is_incomplete() {
    for authorization in [
        "",
        "Basic dTpw",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, Signature=x",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Credential=a/b/c/d/e, SignedHeaders=host, Signature=x",
    ] {
        let mut signed = Signed::new(now());
        signed.set("authorization", authorization);
        assert_eq!(
            signed.verify(now()).unwrap_err().code(),
            "IncompleteSignatureException",
            "{authorization}"
        );
    }
}

#[test]
fn a_rotated_secret_ends_the_old_key() {
    let keyring = |secret: &str| {
        let principal = serde_json::json!({"name": "a", "access_key_id": ID, "secret_access_key": secret, "administrator": true});
        Keyring::parse(&serde_json::json!({ "principals": [principal] }).to_string()).unwrap()
    };
    let verifier = Verifier::default();
    let signed = Signed::new(now());
    let verify = |secret| {
        signed.with("POST", "/", |request| verifier.verify(request, &keyring(secret), "us-east-1", now()))
    };
    assert!(verify(SECRET).is_ok());
    assert_eq!(verify("another-secret-of-the-same-key"), Err(Error::Mismatch));
    assert!(verify(SECRET).is_ok());
}

/// Changes one byte somewhere in a request; says whether it is another request now.
fn mutate(signed: &mut Signed, method: &mut Vec<u8>, path: &mut Vec<u8>, at: usize, flip: u8) -> bool {
    let mut query = std::mem::take(&mut signed.query).into_bytes();
    let mut parts: Vec<&mut Vec<u8>> = vec![method, path, &mut query, &mut signed.body];
    let mut names: Vec<Vec<u8>> =
        signed.headers.iter_mut().map(|(name, _)| std::mem::take(name).into_bytes()).collect();
    parts.extend(names.iter_mut());
    parts.extend(signed.headers.iter_mut().map(|(_, value)| value));
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let mut at = at % total;
    let mut other = true;
    for part in parts {
        if at < part.len() {
            // The case of an escape's digits does not change what is asked for.
            other =
                !(flip == 0x20 && at >= 1 && part[..at].ends_with(b"%2") && part[at].is_ascii_alphabetic());
            other &=
                !(flip == 0x20 && at >= 1 && part[..at].ends_with(b"%3") && part[at].is_ascii_alphabetic());
            part[at] ^= flip;
            break;
        }
        at -= part.len();
    }
    for ((name, _), bytes) in signed.headers.iter_mut().zip(names) {
        *name = String::from_utf8_lossy(&bytes).into_owned();
    }
    signed.query = String::from_utf8_lossy(&query).into_owned();
    other
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn any_changed_byte_is_refused(at in any::<usize>(), flip in 1u8..128, presigned in any::<bool>()) {
        let mut signed = if presigned { Signed::presigned(now(), "60") } else { Signed::new(now()) };
        let (mut method, mut path) = (b"POST".to_vec(), b"/".to_vec());
        prop_assume!(mutate(&mut signed, &mut method, &mut path, at, flip));
        let (method, path) = (String::from_utf8_lossy(&method), String::from_utf8_lossy(&path));
        let verified = signed.with(&method, &path, |request| {
            Verifier::default().verify(request, &One, "us-east-1", now())
        });
        prop_assert!(verified.is_err(), "{method} {path}?{} {:?}", signed.query, signed.headers);
    }

    #[test]
    fn no_bytes_make_it_panic(authorization in any::<Vec<u8>>(), query in any::<String>(), body in any::<Vec<u8>>()) {
        let mut signed = Signed::new(now());
        signed.headers.retain(|(name, _)| name != "authorization");
        signed.query = format!("X-Amz-Signature=&{query}");
        let _ = signed.verify(now());
        signed.headers.push(("authorization".to_owned(), authorization));
        signed.body = body;
        prop_assert!(signed.verify(now()).is_err());
    }
}
