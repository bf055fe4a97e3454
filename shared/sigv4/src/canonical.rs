//! The canonical request and the string to sign, by the published rules of AWS Signature Version 4.

use crate::{ALGORITHM, Request, TERMINATOR};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::fmt;

/// The day, region and service for which a signature holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    pub day: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{TERMINATOR}", self.day, self.region, self.service)
    }
}

pub fn hex_sha256(data: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(data))
}

pub fn string_to_sign(date: &str, scope: &Scope<'_>, canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex_sha256(canonical_request.as_bytes()))
}

/// The canonical request, or `None` when a signed header is missing, the list of them is not in order, or
/// something is not well encoded: then no signature can match.
pub fn canonical_request(
    request: &Request<'_>,
    signed_headers: &str,
    body_hash: &str,
    presigned: bool,
) -> Option<String> {
    // A path that is not absolute would be made the same as one that is.
    if !request.path.starts_with('/') {
        return None;
    }
    let mut text = String::with_capacity(512);
    text.push_str(request.method);
    text.push('\n');
    push_path(&mut text, request.path);
    text.push('\n');
    push_query(&mut text, request.query, presigned)?;
    text.push('\n');
    let mut before = "";
    for name in signed_headers.split(';') {
        if name <= before {
            return None;
        }
        before = name;
        push_header(&mut text, request, name)?;
    }
    text.push('\n');
    text.push_str(signed_headers);
    text.push('\n');
    text.push_str(body_hash);
    Some(text)
}

/// `name:value`, the values of a repeated header joined by commas, runs of blanks made one.
fn push_header(text: &mut String, request: &Request<'_>, name: &str) -> Option<()> {
    text.push_str(name);
    let mut separator = ':';
    for (_, value) in request.headers.iter().filter(|(header, _)| *header == name) {
        text.push(separator);
        separator = ',';
        let value = std::str::from_utf8(value).ok()?.trim_matches(' ');
        if value.contains("  ") {
            let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
            text.push_str(&words.join(" "));
        } else {
            text.push_str(value);
        }
    }
    text.push('\n');
    (separator == ',').then_some(())
}

/// The path without `.`, `..` and empty segments, each segment encoded once more: see [`Request::path`].
fn push_path(text: &mut String, path: &str) {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        text.push('/');
        push_encoded(text, segment.as_bytes());
    }
    let folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if segments.is_empty() || folder {
        text.push('/');
    }
}

/// The parameters, decoded and encoded again, in order of name and then of value. The signature itself is
/// left out of a presigned query.
fn push_query(text: &mut String, query: &str, presigned: bool) -> Option<()> {
    if query.is_empty() {
        return Some(());
    }
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !(presigned && name == "X-Amz-Signature") {
            pairs.push((recoded(name)?, recoded(value)?));
        }
    }
    pairs.sort_unstable();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    Some(())
}

fn recoded(text: &str) -> Option<String> {
    let mut encoded = String::with_capacity(text.len());
    push_encoded(&mut encoded, &decoded(text)?);
    Some(encoded)
}

/// Percent-decoding; `None` when a percent sign does not begin an escape.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit =
                |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit(rest.next())? << 4 | digit(rest.next())?);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

fn push_encoded(text: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
