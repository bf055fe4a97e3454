//! The order of versions, as dpkg and rpm have it.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Whose order counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    #[default]
    /// `[epoch:]upstream[-revision]` (deb-version(7)).
    Deb,
    /// `[epoch:]version[-release]` (rpm-version(7)).
    Rpm,
}

/// Compares two versions of one package. Total: whatever is installed can be compared.
pub fn compare(scheme: Scheme, a: &str, b: &str) -> Ordering {
    let (epoch_a, a) = epoch(a);
    let (epoch_b, b) = epoch(b);
    let ((version_a, rest_a), (version_b, rest_b)) = (parts(a), parts(b));
    let by_part = match scheme {
        Scheme::Deb => deb_part,
        Scheme::Rpm => rpm_segments,
    };
    numbers(epoch_a, epoch_b)
        .then_with(|| by_part(version_a, version_b))
        .then_with(|| by_part(rest_a, rest_b))
}

/// The epoch and what follows it; one that is missing is 0.
fn epoch(version: &str) -> (&str, &str) {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit()) => {
            (epoch, rest)
        }
        _ => ("0", version),
    }
}

/// Version and revision, or release: what is behind the last hyphen.
fn parts(version: &str) -> (&str, &str) {
    version.rsplit_once('-').unwrap_or((version, ""))
}

/// Compares digits as numbers of any length.
fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Splits off what comes first and fits.
fn take(text: &str, fits: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !fits(byte)).unwrap_or(text.len());
    // Only ASCII fits, so that this is a boundary of characters.
    text.split_at(end)
}

/// Non-digits and digits in turn. A tilde comes before the end, the end before letters, letters before everything else.
fn deb_part(mut a: &str, mut b: &str) -> Ordering {
    fn weight(byte: Option<u8>) -> i32 {
        match byte {
            Some(b'~') => -1,
            None => 0,
            Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
            Some(byte) => i32::from(byte) + 256,
        }
    }
    fn text(part: &str) -> (&[u8], usize) {
        let bytes = part.as_bytes();
        let end = bytes.iter().position(u8::is_ascii_digit).unwrap_or(bytes.len());
        (&bytes[..end], end)
    }
    while !a.is_empty() || !b.is_empty() {
        let ((text_a, end_a), (text_b, end_b)) = (text(a), text(b));
        for at in 0..text_a.len().max(text_b.len()) {
            let ordering = weight(text_a.get(at).copied()).cmp(&weight(text_b.get(at).copied()));
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        let (digits_a, rest_a) = take(&a[end_a..], |byte| byte.is_ascii_digit());
        let (digits_b, rest_b) = take(&b[end_b..], |byte| byte.is_ascii_digit());
        let ordering = numbers(digits_a, digits_b);
        if ordering != Ordering::Equal {
            return ordering;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

/// Runs of digits and of letters, whatever separates them. A number beats letters; a tilde comes before the end, a caret
/// after it.
pub fn rpm_segments(mut a: &str, mut b: &str) -> Ordering {
    loop {
        a = a.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^');
        b = b.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^');
        match (a.strip_prefix('~'), b.strip_prefix('~')) {
            (Some(rest_a), Some(rest_b)) => {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (a.strip_prefix('^'), b.strip_prefix('^')) {
            (Some(rest_a), Some(rest_b)) => {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            (Some(_), None) => return if b.is_empty() { Ordering::Greater } else { Ordering::Less },
            (None, Some(_)) => return if a.is_empty() { Ordering::Less } else { Ordering::Greater },
            (None, None) => {}
        }
        if a.is_empty() || b.is_empty() {
            return a.len().min(1).cmp(&b.len().min(1));
        }
        let is_number = a.starts_with(|c: char| c.is_ascii_digit());
        if is_number != b.starts_with(|c: char| c.is_ascii_digit()) {
            return if is_number { Ordering::Greater } else { Ordering::Less };
        }
        let kind = |byte: u8| if is_number { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
        let ((segment_a, rest_a), (segment_b, rest_b)) = (take(a, kind), take(b, kind));
        let ordering = if is_number { numbers(segment_a, segment_b) } else { segment_a.cmp(segment_b) };
        if ordering != Ordering::Equal {
            return ordering;
        }
        (a, b) = (rest_a, rest_b);
    }
}
