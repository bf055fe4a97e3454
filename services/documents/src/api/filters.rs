//! What ListDocuments keeps.

use super::tags;
use crate::projections::{DocumentRow, VERSIONS, VersionRow, version_key};
use reeve_contracts::ssm::ListDocumentsRequest;
use reeve_runtime::{ApiError, Handle};

/// One filter: a document must fit one of the values.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    key: Key,
    values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Name,
    Owner,
    PlatformTypes,
    DocumentType,
    TargetType,
    SearchKeyword,
    Tag(String),
}

impl Key {
    fn read(key: &str) -> Result<Self, ApiError> {
        Ok(match key {
            "Name" => Self::Name,
            "Owner" => Self::Owner,
            "PlatformTypes" => Self::PlatformTypes,
            "DocumentType" => Self::DocumentType,
            "TargetType" => Self::TargetType,
            "SearchKeyword" => Self::SearchKeyword,
            _ => match key.strip_prefix("tag:").filter(|tag| !tag.is_empty()) {
                Some(tag) => Self::Tag(tag.to_owned()),
                None => {
                    let message = format!(
                        "Filters has the key {key:?}, which is not one of Name, Owner, PlatformTypes, \
                         DocumentType, TargetType, SearchKeyword and tag:<key>."
                    );
                    return Err(ApiError::new("InvalidFilterKey", message));
                }
            },
        })
    }
}

/// All filters of a request: a document must fit each of them.
pub(super) struct Filters {
    filters: Vec<Filter>,
    account: String,
}

impl Filters {
    /// Reads both forms of the request's filters.
    pub(super) fn read(request: &ListDocumentsRequest, account: &str) -> Result<Self, ApiError> {
        let mut filters = Vec::new();
        for filter in request.filters.iter().flatten() {
            let key = Key::read(filter.key.as_deref().unwrap_or_default())?;
            filters.push(Filter { key, values: filter.values.clone().unwrap_or_default() });
        }
        for filter in request.document_filter_list.iter().flatten() {
            let key = Key::read(filter.key.as_deref().unwrap_or_default())?;
            filters.push(Filter { key, values: filter.value.iter().cloned().collect() });
        }
        Ok(Self { filters, account: account.to_owned() })
    }

    /// What all names begin with, so that only those are read.
    pub(super) fn name_prefix(&self) -> &str {
        let named = self.filters.iter().find(|filter| filter.key == Key::Name && filter.values.len() == 1);
        named.and_then(|filter| filter.values.first()).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn keep(&self, handle: &Handle, document: &DocumentRow) -> bool {
        self.filters.iter().all(|filter| self.fits(handle, document, filter))
    }

    fn fits(&self, handle: &Handle, document: &DocumentRow, filter: &Filter) -> bool {
        let any = |fits: &dyn Fn(&str) -> bool| filter.values.iter().any(|value| fits(value));
        // The rows of the versions are looked at only by the filters that ask about them.
        let version = || -> VersionRow {
            let key = version_key(&document.name, document.default);
            handle.views().get(VERSIONS, &key).unwrap_or_default()
        };
        match &filter.key {
            Key::Name => any(&|value| document.name.starts_with(value)),
            Key::DocumentType => any(&|value| document.document_type == value),
            Key::Owner => any(&|value| self.owned(document, value)),
            Key::PlatformTypes => {
                let platforms = version().platform_types;
                any(&|value| platforms.iter().any(|platform| platform.eq_ignore_ascii_case(value)))
            }
            Key::TargetType => {
                let target = version().target_type;
                any(&|value| target == value)
            }
            Key::SearchKeyword => {
                let version = version();
                let description = version.description.unwrap_or_default();
                let texts = [&document.name, &version.display_name, &description].map(|t| t.to_lowercase());
                any(&|value| texts.iter().any(|text| text.contains(&value.to_lowercase())))
            }
            Key::Tag(key) => {
                let tags = tags(handle, &document.name);
                tags.get(key).is_some_and(|tag| filter.values.is_empty() || any(&|value| tag == value))
            }
        }
    }

    fn owned(&self, document: &DocumentRow, value: &str) -> bool {
        let own = document.owner == self.account;
        match value {
            "Self" => own,
            "Private" => !own && document.shared.contains_key(&self.account),
            "Public" => document.shared.contains_key("all"),
            // There is nobody but the account and the system whose documents are here.
            "ThirdParty" => false,
            owner => document.owner == owner,
        }
    }
}
