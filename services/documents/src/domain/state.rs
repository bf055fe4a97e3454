//! What decisions about a document need to know; its content is not among it.

use super::{
    command::Selector,
    error::Error,
    event::{AMAZON, DocumentEvent},
};
use reeve_contracts::documents::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a version stands in its review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Review {
    #[default]
    NotReviewed,
    Pending,
    Approved,
    Rejected,
}

impl Review {
    /// What an action leads to; `None` for a word that is not an action.
    pub fn after(action: &str) -> Option<Self> {
        match action {
            "SendForReview" | "UpdateReview" => Some(Self::Pending),
            "Approve" => Some(Self::Approved),
            "Reject" => Some(Self::Rejected),
            _ => None,
        }
    }

    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReviewed => "NOT_REVIEWED",
            Self::Pending => "PENDING",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// One version: only what a decision needs, because a document may have a thousand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionState {
    /// VersionName; empty: none.
    pub name: String,
    pub hash: String,
    pub review: Review,
}

/// A document; the default is one that does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub document_type: String,
    pub owner: String,
    /// The latest version's.
    pub schema_version: String,
    pub requires_json: String,
    pub versions: BTreeMap<u32, VersionState>,
    /// The highest number ever given, so that none is given twice in one life of the document.
    pub last_number: u32,
    pub default: u32,
    /// Accounts, or `all`, and the version that each may see.
    pub shared: BTreeMap<String, String>,
}

impl State {
    pub fn exists(&self) -> bool {
        !self.versions.is_empty()
    }

    /// The highest version that there is; 0 when there is none.
    pub fn latest(&self) -> u32 {
        self.versions.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// The version with that VersionName.
    pub fn by_name(&self, name: &str) -> Option<u32> {
        let found = self.versions.iter().find(|(_, mark)| !name.is_empty() && mark.name == name);
        found.map(|(number, _)| *number)
    }

    /// The version that a selector means: the default when it says nothing.
    ///
    /// # Errors
    /// When there is no such document or version, or it means two.
    pub fn select(&self, name: &str, selector: &Selector) -> Result<u32, Error> {
        if !self.exists() {
            return Err(Error::NotFound(name.to_owned()));
        }
        let by_name = match selector.version_name.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some(version_name) => Some(self.by_name(version_name).ok_or_else(|| Error::NoVersionName {
                name: name.to_owned(),
                version_name: version_name.to_owned(),
            })?),
        };
        let by_number = match selector.version.as_deref().filter(|text| !text.is_empty()) {
            None => None,
            Some("$LATEST") => Some(self.latest()),
            Some("$DEFAULT") => Some(self.default),
            Some(text) => {
                let number = text.parse::<u32>().ok().filter(|number| self.versions.contains_key(number));
                let missing = || Error::NoVersion { name: name.to_owned(), version: text.to_owned() };
                Some(number.ok_or_else(missing)?)
            }
        };
        match (by_number, by_name) {
            (Some(number), Some(other)) if number != other => Err(Error::TwoVersions(name.to_owned())),
            (Some(number), _) | (None, Some(number)) => Ok(number),
            (None, None) => Ok(self.default),
        }
    }

    pub(super) fn writable(&self, name: &str) -> Result<(), Error> {
        if !self.exists() {
            return Err(Error::NotFound(name.to_owned()));
        }
        if self.owner == AMAZON {
            return Err(Error::ReadOnly(name.to_owned()));
        }
        Ok(())
    }

    fn add(&mut self, version: Option<&Version>) {
        let Some(version) = version else { return };
        let mark = VersionState {
            name: version.name.clone(),
            hash: version.hash.clone(),
            review: Review::default(),
        };
        self.versions.insert(version.number, mark);
        self.last_number = self.last_number.max(version.number);
        self.schema_version.clone_from(&version.schema_version);
    }

    pub(super) fn after(mut self, event: &DocumentEvent) -> Self {
        match event {
            DocumentEvent::DocumentCreated(created) => {
                self = Self {
                    document_type: created.document_type.clone(),
                    owner: created.owner.clone(),
                    requires_json: created
                        .version
                        .as_ref()
                        .map(|v| v.requires_json.clone())
                        .unwrap_or_default(),
                    default: created.version.as_ref().map_or(0, |version| version.number),
                    ..Self::default()
                };
                self.add(created.version.as_ref());
            }
            DocumentEvent::DocumentUpdated(updated) => self.add(updated.version.as_ref()),
            DocumentEvent::DefaultVersionSet(set) => self.default = set.version,
            DocumentEvent::DocumentReviewed(reviewed) => {
                if let (Some(mark), Some(review)) =
                    (self.versions.get_mut(&reviewed.version), Review::after(&reviewed.action))
                {
                    mark.review = review;
                }
            }
            DocumentEvent::DocumentVersionDeleted(deleted) => {
                self.versions.remove(&deleted.version);
            }
            DocumentEvent::DocumentDeleted(_) => self = Self::default(),
            DocumentEvent::DocumentPermissionModified(modified) => {
                for account in &modified.remove {
                    self.shared.remove(account);
                }
                for account in &modified.add {
                    self.shared.insert(account.clone(), modified.shared_version.clone());
                }
            }
        }
        self
    }
}
