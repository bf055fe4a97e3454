//! The `20150830T123600Z` form of an instant.

use reeve_types::Timestamp;

pub fn format(at: Timestamp) -> String {
    let text = at.rfc3339();
    let seconds = text.get(..19).unwrap_or_default();
    seconds.chars().filter(|character| !matches!(character, '-' | ':')).chain(['Z']).collect()
}

pub fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 16
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 => *byte == b'T',
            15 => *byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let (hour, minute, second) = (part(9, 11), part(11, 13), part(13, 15));
    Timestamp::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}
