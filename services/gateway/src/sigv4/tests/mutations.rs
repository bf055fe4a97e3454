//! A hundred thousand requests that nobody signed: none is taken.
//!
//! Left out, because they are the same request by AWS's rules or nothing of it: an unsigned header that is not
//! `x-amz-`, the case of a header's name (it is lower here already), blanks at the ends of a header's value and
//! runs of them, the order of query parameters, `a` for `a=`, `&&` for `&`, another escape of the same byte, and
//! `//`, `/.` and `/..` in a path.

use super::*;
use reeve_testkit::Dice;
use std::collections::BTreeMap;

const CASES: u64 = 120_000;
const OTHER_ID: &str = "AKIDANOTHER000000";
const OTHER_SECRET: &str = "anotherSecretOfSomebodyElse0000000000000";

struct Two;
impl Principals for Two {
    fn secret(&self, access_key_id: &str) -> Option<AccessKey> {
        let (name, secret) = match access_key_id {
            ID => ("example", SECRET),
            OTHER_ID => ("other", OTHER_SECRET),
            _ => return None,
        };
        Some(AccessKey { principal: Arc::new(Principal { name: name.to_owned() }), secret: secret.into() })
    }
}

/// A signed request, and when it arrives.
#[derive(Clone, PartialEq, Debug)]
struct Call {
    method: String,
    path: String,
    /// Pairs, as on the wire.
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    at: Timestamp,
}

impl Call {
    fn bare(body: &[u8]) -> Self {
        let own = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Self {
            method: "POST".to_owned(),
            path: "/one/two".to_owned(),
            query: own(&[("first", "1"), ("second", "two"), ("third", "3")]),
            headers: own(&[
                ("content-type", "application/x-amz-json-1.1"),
                ("host", "localhost:4566"),
                ("x-amz-target", "AmazonSSM.GetDocument"),
                ("x-amz-user-agent", "tests"),
            ]),
            body: body.to_vec(),
            at: now(),
        }
    }

    fn with<T>(&self, then: impl FnOnce(&Request<'_>) -> T) -> T {
        // An empty value goes without its sign: that is the shorter of two ways to write the same.
        let pair = |(name, value): &(String, String)| match value.as_str() {
            "" => name.clone(),
            value => format!("{name}={value}"),
        };
        let query: Vec<String> = self.query.iter().map(pair).collect();
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        then(&Request {
            method: &self.method,
            path: &self.path,
            query: &query.join("&"),
            headers: &headers,
            body: &self.body,
        })
    }

    fn signed(id: &str, secret: &str, body: &[u8]) -> Self {
        let mut call = Self::bare(body);
        let credentials =
            Credentials { access_key_id: id, secret_access_key: secret, region: "us-east-1", service: "ssm" };
        let added = call.with(|request| sign(request, &credentials, now()));
        call.headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
        call
    }

    fn presigned(id: &str, secret: &str, body: &[u8]) -> Self {
        let mut call = Self::bare(body);
        let scope = Scope { day: &DATE[..8], region: "us-east-1", service: "ssm" };
        let names = "content-type;host;x-amz-target;x-amz-user-agent";
        let credential = format!("{id}/{scope}").replace('/', "%2F");
        for (name, value) in [
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &credential),
            ("X-Amz-Date", DATE),
            ("X-Amz-Expires", "600"),
            ("X-Amz-SignedHeaders", &names.replace(';', "%3B")),
        ] {
            call.query.push((name.to_owned(), value.to_owned()));
        }
        let text = call
            .with(|request| canonical_request(request, names, &hex_sha256(&call.body), true))
            .expect("a canonical request");
        let signature =
            reeve_sigv4::hex_hmac(&reeve_sigv4::derive(secret, &scope), &string_to_sign(DATE, &scope, &text));
        call.query.push(("X-Amz-Signature".to_owned(), signature));
        call
    }

    fn is_presigned(&self) -> bool {
        self.query.len() > 3
    }

    /// What says who signed: the header, or the parameter of that name; and how it is written there.
    fn claim(&mut self, name: &str) -> &mut String {
        let presigned = self.is_presigned();
        let (pairs, name) = match (presigned, name) {
            (true, name) => (&mut self.query, format!("X-Amz-{name}")),
            (false, "Date") => (&mut self.headers, "x-amz-date".to_owned()),
            (false, _) => (&mut self.headers, "authorization".to_owned()),
        };
        &mut pairs.iter_mut().find(|(known, _)| *known == name).expect("a claim").1
    }

    /// Replaces a part of the claim, however it is written.
    fn replace(&mut self, claim: &str, from: &str, to: &str) {
        let presigned = self.is_presigned();
        let escaped = |text: &str| match presigned {
            true => text.replace('/', "%2F").replace(';', "%3B"),
            false => text.to_owned(),
        };
        let place = self.claim(claim);
        *place = place.replacen(&escaped(from), &escaped(to), 1);
    }

    fn signature(&mut self) -> String {
        let claim = self.claim("Signature");
        claim[claim.len() - 64..].to_owned()
    }
}

/// What is asked for: method, path, query, headers and body.
fn change_request(dice: &mut Dice, call: &mut Call) -> &'static str {
    let at = dice.below(4);
    match dice.below(9) {
        0 => {
            call.method = match dice.below(2) {
                0 => dice.of(&["GET", "PUT", "DELETE", "HEAD", "PATCH", "post", ""]).to_owned(),
                _ => dice.text(&call.method),
            };
            "method"
        }
        1 => {
            call.path = match dice.below(4) {
                0 => dice.of(&["", "/", "/one", "/two", "/one/two/", "/two/one", "one/two"]).to_owned(),
                1 => format!("{}/{}", call.path, dice.letter()),
                _ => dice.text(&call.path),
            };
            "path"
        }
        2 => {
            let (first, second) = (dice.below(3), dice.below(3));
            let other = call.query[first].1.clone();
            match dice.below(5) {
                0 => drop(call.query.remove(first)),
                1 => call.query.push((dice.text("name"), dice.text("value"))),
                2 => call.query[first].0 = dice.text(&call.query[first].0),
                3 => call.query[first].1 = std::mem::replace(&mut call.query[second].1, other),
                _ => call.query[first].1 = dice.text(&other),
            }
            "query"
        }
        3 => {
            call.headers[at].1 = dice.text(&call.headers[at].1);
            "value of a signed header"
        }
        4 => {
            let at = dice.below(call.headers.len());
            call.headers[at].0 = dice.text(&call.headers[at].0).to_lowercase();
            "name of a signed header"
        }
        5 => {
            drop(call.headers.remove(dice.below(call.headers.len())));
            "header left out"
        }
        6 => {
            let (name, value) = call.headers[dice.below(call.headers.len())].clone();
            let value = if dice.below(2) == 0 { value } else { dice.text(&value) };
            call.headers.insert(dice.below(call.headers.len() + 1), (name, value));
            "header twice"
        }
        7 => {
            let name = format!("x-amz-{}", dice.text("name").to_lowercase());
            call.headers.push((name, dice.text("value")));
            "unsigned x-amz- header"
        }
        _ => {
            let at = dice.below(call.body.len());
            match dice.below(4) {
                0 => call.body.truncate(at),
                1 => call.body.insert(at, dice.number().to_le_bytes()[0]),
                2 => call.body.extend(dice.number().to_le_bytes()),
                _ => call.body[at] ^= 1 << dice.below(8),
            }
            "body"
        }
    }
}

/// What is said of the signature: by whom, for where, when, over what, and itself.
fn change_claim(dice: &mut Dice, call: &mut Call) -> &'static str {
    let seconds = i64::try_from(1 + dice.below(890)).unwrap();
    let moved = time::format(now().plus_seconds(if dice.below(2) == 0 { seconds } else { -seconds }));
    match dice.below(8) {
        0 => {
            call.claim("Date").clone_from(&moved);
            "date"
        }
        1 => {
            let part = dice.of(&[ID, "20150830", "us-east-1", "ssm", "aws4_request"]);
            let other = dice.text(part);
            call.replace("Credential", part, &other);
            "scope"
        }
        2 => {
            let signature = call.signature();
            let other = match dice.below(3) {
                0 => signature.to_uppercase(),
                1 => format!("{:016x}", dice.number()).repeat(4),
                _ => dice.text(&signature),
            };
            call.replace("Signature", &signature, &other);
            "signature"
        }
        3 => {
            call.replace("Credential", ID, OTHER_ID);
            change_body_sometimes(dice, call);
            "another key's name"
        }
        4 => {
            let body = dice.text("{\"Name\":\"AWS\"}");
            let mut other = if call.is_presigned() {
                Call::presigned(OTHER_ID, OTHER_SECRET, body.as_bytes())
            } else {
                Call::signed(OTHER_ID, OTHER_SECRET, body.as_bytes())
            };
            other.replace("Credential", OTHER_ID, ID);
            *call = other;
            "another key's signature"
        }
        5 => {
            let body = dice.text("{\"Name\":\"AWS\"}");
            let mut other = if call.is_presigned() {
                Call::presigned(ID, SECRET, body.as_bytes())
            } else {
                Call::signed(ID, SECRET, body.as_bytes())
            };
            let (from, to) = (call.signature(), other.signature());
            call.replace("Signature", &from, &to);
            "signature of another request"
        }
        6 => {
            let other = match dice.below(4) {
                0 => {
                    let name = dice.of(&["content-type;", "host;", ";x-amz-target", ";x-amz-user-agent"]);
                    (name.to_owned(), String::new())
                }
                1 => ("content-type;host".to_owned(), "host;content-type".to_owned()),
                2 => ("host".to_owned(), "host;host".to_owned()),
                _ => ("host".to_owned(), format!("host;{}", dice.text("m").to_lowercase())),
            };
            call.replace("SignedHeaders", &other.0, &other.1);
            "list of signed headers"
        }
        _ => {
            let presigned = call.is_presigned();
            let late = if presigned && dice.below(2) == 0 { 601 } else { 901 };
            let by = late + i64::try_from(dice.below(1_000_000)).unwrap();
            call.at = now().plus_seconds(if late == 601 || dice.below(2) == 0 { by } else { -by });
            "out of its time"
        }
    }
}

fn change_body_sometimes(dice: &mut Dice, call: &mut Call) {
    let at = dice.below(call.body.len() * 2);
    if let Some(byte) = call.body.get_mut(at) {
        *byte ^= 1;
    }
}

/// Only a presigned query has these: each of its parameters twice, without a value, and a longer life.
fn change_presigned(dice: &mut Dice, call: &mut Call) -> &'static str {
    let at = 3 + dice.below(call.query.len() - 3);
    let (name, value) = call.query[at].clone();
    match dice.below(4) {
        0 => {
            call.query.insert(dice.below(call.query.len() + 1), (name, String::new()));
            "signing parameter twice"
        }
        1 => {
            call.claim("Expires").clone_from(&(601 + dice.below(600_000)).to_string());
            "longer life"
        }
        2 => {
            let value = if dice.below(2) == 0 { value } else { dice.text(&value) };
            call.query.insert(dice.below(call.query.len() + 1), (name, value));
            "signing parameter twice"
        }
        _ => {
            drop(call.query.remove(at));
            "signing parameter left out"
        }
    }
}

#[test]
fn of_a_hundred_thousand_mutated_requests_none_is_taken() {
    // One for all, as in the gateway: a derived key must not be found for somebody else.
    let verifier = Verifier::default();
    let verify = |call: &Call| call.with(|request| verifier.verify(request, &Two, "us-east-1", call.at));
    let body = br#"{"Name":"AWS-RunShellScript"}"#;
    let originals = [Call::signed(ID, SECRET, body), Call::presigned(ID, SECRET, body)];
    let untouched =
        || originals.iter().all(|call| verify(call).is_ok_and(|caller| caller.access_key_id == ID));
    assert!(untouched());
    assert!(verify(&Call::signed(OTHER_ID, OTHER_SECRET, body)).is_ok());
    let (mut dice, mut counts, mut left) = (Dice(4), BTreeMap::new(), CASES);
    while left > 0 {
        let mut call = originals[dice.below(2)].clone();
        let original = call.clone();
        let kind = match dice.below(20) {
            0 | 1 if call.is_presigned() => change_presigned(&mut dice, &mut call),
            0..10 => change_request(&mut dice, &mut call),
            _ => change_claim(&mut dice, &mut call),
        };
        // A character may have been replaced by itself, or two equal values exchanged.
        if call == original {
            continue;
        }
        if let Ok(caller) = verify(&call) {
            panic!("taken, {kind}: {caller:?} {call:?}");
        }
        *counts.entry(kind).or_insert(0_u64) += 1;
        left -= 1;
    }
    assert!(untouched());
    let kinds: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!("signed requests: {CASES} mutated, 0 taken: {}", kinds.join(", "));
    assert!(counts.len() == 20 && counts.values().all(|count| *count > 100), "{counts:?}");
}
