//! What package managers are asked for, and what they answer.

use super::assess::{Candidates, Offers, Package};

/// Which versions may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    Newer,
    /// Also such as are older than what is there.
    Any,
}

/// What there is, and what there could be.
#[derive(Debug, Default)]
pub struct Found {
    pub packages: Vec<Package>,
    pub offers: Offers,
    pub candidates: Candidates,
    /// What of it cannot be decided on as usual, and why.
    pub notes: Vec<String>,
}

/// A package that would be installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    pub name: String,
    /// Empty where the package manager does not say it: then it is the machine's.
    pub arch: String,
    /// The name, as the package manager says it.
    pub shown: String,
    /// The version that is there; none: it is new.
    pub before: Option<String>,
    pub version: String,
}

/// What the package manager would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    pub installed: Vec<Planned>,
    pub removed: Vec<String>,
    /// What would come in an older version than is there.
    pub older: Vec<String>,
}

/// How an installation ended, by the code of its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// It is done, with something to say.
    DoneBut(&'static str),
    /// It is done, and the package manager says that the machine has to be started anew.
    RestartDue,
    /// The package manager itself was updated: the rest is for the new one.
    Again,
    /// Somebody was at the packages.
    Locked,
    Failed(String),
}
