//! Policies of a parameter: when it goes, and when somebody is to be told that it goes or that nobody changes it.

use reeve_types::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// As many policies as one parameter has.
pub const MAX_POLICIES: usize = 10;
const VERSION: &str = "1.0";
const HOUR_SECONDS: i64 = 60 * 60;
/// A hundred years: whoever asks for more has slipped.
const MAX_HOURS: i64 = 100 * 366 * 24;

pub const EXPIRATION: &str = "Expiration";
pub const EXPIRATION_NOTIFICATION: &str = "ExpirationNotification";
pub const NO_CHANGE_NOTIFICATION: &str = "NoChangeNotification";

/// Why policies were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Policies is no JSON list of policies: {0}.")]
    Json(String),
    #[error(
        "The policy type {0:?} is not valid: it is one of Expiration, ExpirationNotification, NoChangeNotification."
    )]
    Type(String),
    #[error("The policy {kind}: {problem}.")]
    Attribute { kind: String, problem: String },
    #[error("{0}")]
    Incompatible(&'static str),
    #[error("A parameter has {MAX_POLICIES} policies at most, and not {0}.")]
    TooMany(usize),
}

/// What is to happen when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Expires(Timestamp),
    /// So many seconds before the parameter expires.
    TellsBefore(i64),
    /// So many seconds after its last change.
    TellsUnchanged(i64),
}

/// A policy, with the text that its caller wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    rule: Rule,
    pub text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    r#type: String,
    version: Option<String>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

impl Policy {
    /// As AWS calls its kind.
    pub fn kind(&self) -> &'static str {
        match self.rule {
            Rule::Expires(_) => EXPIRATION,
            Rule::TellsBefore(_) => EXPIRATION_NOTIFICATION,
            Rule::TellsUnchanged(_) => NO_CHANGE_NOTIFICATION,
        }
    }

    /// Whether a change of the parameter starts it anew.
    pub fn is_of_changes(&self) -> bool {
        matches!(self.rule, Rule::TellsUnchanged(_))
    }

    fn read(value: &Value) -> Result<Self, Error> {
        let written = Written::deserialize(value).map_err(|error| Error::Json(error.to_string()))?;
        let kind = written.r#type.clone();
        let wrong = |problem: String| Error::Attribute { kind: kind.clone(), problem };
        let version = written.version.as_deref().unwrap_or_default();
        if version != VERSION {
            return Err(wrong(format!("Version is {version:?}, and {VERSION:?} is the only one")));
        }
        let known: &[&str] = match kind.as_str() {
            EXPIRATION => &["Timestamp"],
            EXPIRATION_NOTIFICATION => &["Before", "Unit"],
            NO_CHANGE_NOTIFICATION => &["After", "Unit"],
            _ => return Err(Error::Type(kind)),
        };
        if let Some(odd) = written.attributes.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(wrong(format!("it has the attribute {odd:?}; it takes {}", known.join(", "))));
        }
        let text = |name: &str| {
            let text = written.attributes.get(name).and_then(Value::as_str);
            text.ok_or_else(|| wrong(format!("the attribute {name} is missing, or no text")))
        };
        let rule = match known {
            ["Timestamp"] => {
                let at = text("Timestamp")?;
                let instant = Timestamp::parse_rfc3339(at);
                Rule::Expires(instant.ok_or_else(|| {
                    wrong(format!(
                        "Timestamp is {at:?}, which is no instant such as 2030-12-02T21:34:33.000Z"
                    ))
                })?)
            }
            [name, _] => {
                let (count, unit) = (text(name)?, text("Unit")?);
                let hours = match unit {
                    "Days" => 24,
                    "Hours" => 1,
                    _ => return Err(wrong(format!("Unit is {unit:?}, and not Days or Hours"))),
                };
                let counted =
                    count.parse::<i64>().ok().filter(|count| (1..=MAX_HOURS / hours).contains(count));
                let counted = counted
                    .ok_or_else(|| wrong(format!("{name} is {count:?}, which is no number of {unit}")))?;
                let seconds = counted * hours * HOUR_SECONDS;
                if kind == EXPIRATION_NOTIFICATION {
                    Rule::TellsBefore(seconds)
                } else {
                    Rule::TellsUnchanged(seconds)
                }
            }
            _ => return Err(Error::Type(kind)),
        };
        Ok(Self { rule, text: value.to_string() })
    }
}

/// Reads policies as a caller writes them. A list with nothing in it, or with an empty policy, is no policy at all.
///
/// # Errors
/// The first rule that they break.
pub fn read(text: &str) -> Result<Vec<Policy>, Error> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let listed: Vec<Value> = serde_json::from_str(text).map_err(|error| Error::Json(error.to_string()))?;
    if listed.len() > MAX_POLICIES {
        return Err(Error::TooMany(listed.len()));
    }
    if matches!(listed.as_slice(), [Value::Object(only)] if only.is_empty()) {
        return Ok(Vec::new());
    }
    let policies = listed.iter().map(Policy::read).collect::<Result<Vec<_>, _>>()?;
    let of = |kind| policies.iter().filter(|policy| policy.kind() == kind).count();
    if of(EXPIRATION) > 1 {
        return Err(Error::Incompatible("A parameter has one policy Expiration at most."));
    }
    if of(EXPIRATION_NOTIFICATION) > 0 && of(EXPIRATION) == 0 {
        return Err(Error::Incompatible("An ExpirationNotification goes with an Expiration."));
    }
    Ok(policies)
}

/// Policies as they are stored.
pub fn write(policies: &[Policy]) -> String {
    match policies {
        [] => String::new(),
        policies => {
            format!("[{}]", policies.iter().map(|policy| policy.text.as_str()).collect::<Vec<_>>().join(","))
        }
    }
}

/// When they say that the parameter goes.
pub fn expires(policies: &[Policy]) -> Option<Timestamp> {
    policies.iter().find_map(|policy| match policy.rule {
        Rule::Expires(at) => Some(at),
        _ => None,
    })
}

/// When each is due, of a parameter that was changed last at that instant.
pub fn due(policies: &[Policy], changed: Timestamp) -> Vec<Timestamp> {
    let expires = expires(policies);
    let due = policies.iter().map(|policy| match policy.rule {
        Rule::Expires(at) => at,
        // There is an expiration, or it would not have been taken.
        Rule::TellsBefore(seconds) => expires.unwrap_or(changed).plus_seconds(-seconds),
        Rule::TellsUnchanged(seconds) => changed.plus_seconds(seconds),
    });
    due.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRES: &str =
        r#"{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2030-12-02T21:34:33.000Z"}}"#;

    fn tells(kind: &str, name: &str, count: &str, unit: &str) -> String {
        format!(r#"{{"Type":"{kind}","Version":"1.0","Attributes":{{"{name}":"{count}","Unit":"{unit}"}}}}"#)
    }

    #[test]
    fn each_is_due_as_it_says() {
        let text = format!(
            "[{EXPIRES}, {}, {}]",
            tells("ExpirationNotification", "Before", "15", "Days"),
            tells("NoChangeNotification", "After", "20", "Hours")
        );
        let policies = read(&text).unwrap();
        let at = Timestamp::parse_rfc3339("2030-12-02T21:34:33Z").unwrap();
        let changed = Timestamp::parse_rfc3339("2030-01-01T00:00:00Z").unwrap();
        let before = Timestamp::parse_rfc3339("2030-11-17T21:34:33Z").unwrap();
        let unchanged = Timestamp::parse_rfc3339("2030-01-01T20:00:00Z").unwrap();
        assert_eq!(due(&policies, changed), [at, before, unchanged]);
        assert_eq!(read(&write(&policies)).unwrap(), policies);
        assert_eq!(policies.iter().map(Policy::is_of_changes).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn nothing_is_no_policy() {
        for text in ["", "[]", "[{}]"] {
            assert_eq!((read(text), write(&[])), (Ok(Vec::new()), String::new()), "{text}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused_by_name() {
        let eleven = [EXPIRES; 11].join(",");
        for (list, part) in [
            ("x", "no JSON"),
            (r#""x""#, "no JSON"),
            (r#"{"Kind":"Expiration"}"#, "Kind"),
            (r#"{"Type":"Expire","Version":"1.0"}"#, "\"Expire\""),
            (r#"{"Type":"Expiration","Version":"2.0"}"#, "\"2.0\""),
            (r#"{"Type":"Expiration","Version":"1.0","Attributes":{}}"#, "Timestamp is missing"),
            (r#"{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"noon"}}"#, "\"noon\""),
            (r#"{"Type":"Expiration","Version":"1.0","Attributes":{"TimeStamp":"x"}}"#, "\"TimeStamp\""),
            (&tells("NoChangeNotification", "After", "0", "Days"), "\"0\""),
            (&tells("NoChangeNotification", "After", "5", "Weeks"), "\"Weeks\""),
            (&tells("NoChangeNotification", "Before", "5", "Days"), "\"Before\""),
            (&tells("NoChangeNotification", "After", "99999999999999999999", "Days"), "no number"),
            (&tells("ExpirationNotification", "Before", "5", "Days"), "goes with an Expiration"),
            (&[EXPIRES, EXPIRES].join(","), "one policy Expiration"),
            (&eleven, "and not 11"),
        ] {
            let refused = read(&format!("[{list}]")).unwrap_err().to_string();
            assert!(refused.contains(part), "{list}: {refused}");
        }
    }
}
