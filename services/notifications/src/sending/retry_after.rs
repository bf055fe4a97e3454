//! When a receiver wants to be asked again.

use jiff::{Timestamp, fmt::rfc2822};
use serde_json::Value;

/// The seconds that the header Retry-After names, whole or with decimals, or as a date; else those of the body's `retry_after`,
/// which some send alone.
pub(crate) fn seconds(header: Option<&str>, body: &str, now_seconds: i64) -> Option<i64> {
    let of_number = |number: f64| (number.is_finite() && number >= 0.0).then(|| whole(number));
    let of_header = |text: &str| {
        let text = text.trim();
        text.parse().ok().and_then(of_number).or_else(|| {
            let at: Timestamp = rfc2822::parse(text).ok()?.timestamp();
            Some((at.as_second() - now_seconds).max(0))
        })
    };
    let of_body = || {
        let body: Value = serde_json::from_str(body).ok()?;
        body["retry_after"].as_f64().and_then(of_number)
    };
    header.and_then(of_header).or_else(of_body)
}

/// Rounded up; what is too large for a number is as large as can be.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
fn whole(number: f64) -> i64 {
    number.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_seconds_or_a_date_in_the_header_or_the_body() {
        let now = 1_445_412_480 - 30;
        assert_eq!(seconds(Some("120"), "", now), Some(120));
        assert_eq!(seconds(Some(" 0.376 "), "", now), Some(1));
        assert_eq!(seconds(Some("Wed, 21 Oct 2015 07:28:00 GMT"), "", now), Some(30));
        assert_eq!(seconds(Some("Wed, 21 Oct 2015 07:28:00 GMT"), "", now + 60), Some(0));
        assert_eq!(seconds(None, r#"{"retry_after": 2.5}"#, now), Some(3));
        assert_eq!(seconds(Some("soon"), "", now), None);
        assert_eq!(seconds(Some("-1"), "[]", now), None);
        assert_eq!(seconds(Some("1e300"), "", now), Some(i64::MAX));
    }
}
