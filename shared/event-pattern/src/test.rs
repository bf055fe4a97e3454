//! What a pattern asks of a leaf.

use serde_json::Value;
use std::{
    cmp::Ordering,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// A number of JSON. Whole ones are compared as such, so that none is taken for its neighbour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number(pub serde_json::Number);

impl Number {
    fn compare(&self, other: &serde_json::Number) -> Option<Ordering> {
        let whole = |number: &serde_json::Number| {
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
        };
        match (whole(&self.0), whole(other)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => self.0.as_f64()?.partial_cmp(&other.as_f64()?),
        }
    }

    /// How this one compares to another.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        self.compare(&other.0)
    }
}

/// A range of addresses; host bits of its address do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cidr {
    V4 { network: u32, bits: u32 },
    V6 { network: u128, bits: u32 },
}

impl Cidr {
    pub(crate) fn new(address: IpAddr, bits: u32) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4 { network: masked_v4(v4, bits), bits },
            IpAddr::V6(v6) => Self::V6 { network: masked_v6(v6, bits), bits },
        }
    }

    fn contains(self, text: &str) -> bool {
        match (self, text.parse()) {
            (Self::V4 { network, bits }, Ok(IpAddr::V4(v4))) => masked_v4(v4, bits) == network,
            (Self::V6 { network, bits }, Ok(IpAddr::V6(v6))) => masked_v6(v6, bits) == network,
            _ => false,
        }
    }
}

fn masked_v4(address: Ipv4Addr, bits: u32) -> u32 {
    u32::from(address) & u32::MAX.checked_shl(32 - bits).unwrap_or(0)
}

fn masked_v6(address: Ipv6Addr, bits: u32) -> u128 {
    u128::from(address) & u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

/// One of the alternatives of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Null,
    Bool(bool),
    Text(String),
    Number(Number),
    /// The event has a leaf at the path.
    Present,
    /// The event has none there.
    Absent,
    Prefix(String),
    Suffix(String),
    /// These three hold their text in upper case.
    PrefixIgnoringCase(String),
    SuffixIgnoringCase(String),
    EqualIgnoringCase(String),
    /// The texts between the stars, of which there is one fewer.
    Wildcard(Vec<String>),
    Range {
        /// With whether it belongs to the range.
        lower: Option<(Number, bool)>,
        upper: Option<(Number, bool)>,
    },
    Cidr(Cidr),
    /// There is a leaf, and none of these passes.
    AnythingBut(Vec<Test>),
}

impl Test {
    /// Whether a leaf passes.
    pub fn passes(&self, leaf: &Value) -> bool {
        match (self, leaf) {
            (Self::Null, Value::Null) | (Self::Present, _) => true,
            (Self::Bool(wanted), Value::Bool(value)) => wanted == value,
            (Self::Number(wanted), Value::Number(value)) => wanted.compare(value) == Some(Ordering::Equal),
            (Self::Range { lower, upper }, Value::Number(value)) => {
                within(lower.as_ref(), upper.as_ref(), value)
            }
            (Self::AnythingBut(tests), leaf) => !tests.iter().any(|test| test.passes(leaf)),
            (test, Value::String(text)) => test.passes_text(text),
            _ => false,
        }
    }

    fn passes_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => wanted == text,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::PrefixIgnoringCase(prefix) => text.to_uppercase().starts_with(prefix.as_str()),
            Self::SuffixIgnoringCase(suffix) => text.to_uppercase().ends_with(suffix.as_str()),
            Self::EqualIgnoringCase(wanted) => text.to_uppercase() == *wanted,
            Self::Wildcard(parts) => matches_wildcard(parts, text),
            Self::Cidr(cidr) => cidr.contains(text),
            _ => false,
        }
    }
}

fn within(
    lower: Option<&(Number, bool)>,
    upper: Option<&(Number, bool)>,
    value: &serde_json::Number,
) -> bool {
    let holds = |bound: Option<&(Number, bool)>, beyond: Ordering| {
        bound.is_none_or(|(number, included)| match number.compare(value) {
            Some(Ordering::Equal) => *included,
            Some(order) => order == beyond,
            None => false,
        })
    };
    holds(lower, Ordering::Less) && holds(upper, Ordering::Greater)
}

/// Whether a text is the parts with anything between them: the first where it begins, the last where it ends, and the
/// others as early as they come, which is as good as any later place.
fn matches_wildcard(parts: &[String], text: &str) -> bool {
    let Some((first, following)) = parts.split_first() else { return false };
    let Some((last, middle)) = following.split_last() else { return first == text };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}
