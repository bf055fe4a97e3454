//! Typed ids: a node's id cannot be passed where a command's belongs.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// An id was not of the form that its kind has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not of the form {form}")]
pub struct Malformed {
    pub kind: &'static str,
    pub value: String,
    pub form: &'static str,
}

/// A managed node: `mi-` and 17 hexadecimal digits, chosen by the control plane, never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(String);

impl NodeId {
    /// Draws a new id from the operating system's randomness.
    pub fn new() -> Self {
        Self::from_uuid(new_uuid())
    }

    /// The id that belongs to a uuid, so that a retried registration derives the same one.
    pub fn from_uuid(id: Uuid) -> Self {
        let hex = id.simple().to_string();
        Self(format!("mi-{}", &hex[15..]))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for NodeId {
    fn default() -> Self {
        Self::new()
    }
}

impl FromStr for NodeId {
    type Err = Malformed;
    fn from_str(value: &str) -> Result<Self, Malformed> {
        let well_formed = value.strip_prefix("mi-").is_some_and(|hex| {
            hex.len() == 17 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        if well_formed {
            Ok(Self(value.to_owned()))
        } else {
            Err(Malformed {
                kind: "node id",
                value: value.to_owned(),
                form: "mi-, then 17 hexadecimal digits",
            })
        }
    }
}

impl TryFrom<String> for NodeId {
    type Error = Malformed;
    fn try_from(value: String) -> Result<Self, Malformed> {
        value.parse()
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A sent command, a UUID as AWS writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl FromStr for CommandId {
    type Err = Malformed;
    fn from_str(value: &str) -> Result<Self, Malformed> {
        Uuid::try_parse(value).ok().filter(|_| value.len() == 36).map(Self).ok_or_else(|| Malformed {
            kind: "command id",
            value: value.to_owned(),
            form: "a UUID",
        })
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The id of the OpsItem that belongs to a deduplication key and a generation.
pub fn ops_item_id(key: &str, generation: u32) -> String {
    let uuid = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("ops-item/{key}/{generation}").as_bytes());
    format!("oi-{}", &uuid.simple().to_string()[20..])
}

/// A time-ordered random UUID. Only for the edge of a program.
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// `N` random bytes as lower-case hexadecimal text, for secrets and one-time codes.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_hex<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_id_reads_back() {
        let id = NodeId::new();
        assert_eq!(id.as_str().parse::<NodeId>(), Ok(id.clone()));
        assert_eq!(id.as_str().len(), 20);
        assert!("mi-*".parse::<NodeId>().is_err());
        assert!("mi-0123456789ABCDEF0".parse::<NodeId>().is_err());
    }

    #[test]
    fn a_command_id_is_a_hyphenated_uuid() {
        assert!("0123".parse::<CommandId>().is_err());
        let id = CommandId(new_uuid());
        assert_eq!(id.to_string().parse::<CommandId>(), Ok(id));
    }
}
