//! What may be installed.

use crate::Scheme;
use serde::{Deserialize, Serialize};

/// A version of a package, with what its repository says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patch {
    pub scheme: Scheme,
    pub name: String,
    pub arch: String,
    /// With its epoch where it has one.
    pub version: String,
    /// `Debian12`, `Rocky9.3`.
    pub product: String,
    pub classification: String,
    pub severity: String,
    pub priority: String,
    pub section: String,
    pub repository: String,
    /// Whether it is, or brings, a security fix.
    pub is_security: bool,
    /// When it was released, in milliseconds since 1970; none where nothing says so.
    pub released_ms: Option<i64>,
    pub advisories: Vec<String>,
    pub cves: Vec<String>,
    pub bugzilla: Vec<String>,
}
