//! What ListDocuments keeps.

use super::{invalid, name_in, tags};
use crate::{
    domain::AMAZON,
    projections::{DocumentRow, VERSIONS, VersionRow, version_key},
};
use reeve_contracts::ssm::ListDocumentsRequest;
use reeve_document_language::{DOCUMENT_TYPES, Platform};
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

/// The words of the filter Owner; besides them the number of an account is one.
const OWNERS: [&str; 5] = ["Self", "Private", "Public", AMAZON, "ThirdParty"];

impl Key {
    /// The names of keys are taken in any case, as AWS does; the key of a tag is not.
    fn read(key: &str) -> Result<Self, ApiError> {
        if let Some((tag, name)) = key.split_once(':')
            && tag.eq_ignore_ascii_case("tag")
            && !name.is_empty()
        {
            return Ok(Self::Tag(name.to_owned()));
        }
        Ok(match key.to_ascii_lowercase().as_str() {
            "name" => Self::Name,
            "owner" => Self::Owner,
            "platformtypes" => Self::PlatformTypes,
            "documenttype" => Self::DocumentType,
            "targettype" => Self::TargetType,
            "searchkeyword" => Self::SearchKeyword,
            _ => {
                let message = format!(
                    "Filters has the key {key:?}, which is not one of Name, Owner, PlatformTypes, \
                     DocumentType, TargetType, SearchKeyword and tag:<key>."
                );
                return Err(ApiError::new("InvalidFilterKey", message));
            }
        })
    }

    /// One value as it is compared. A word outside of an enumeration is an error: it would match nothing, ever.
    fn value(&self, value: &str) -> Result<String, ApiError> {
        let words: &[&str] = match self {
            Self::Name => return Ok(name_in(Some(&value.to_owned()))),
            Self::Owner if value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit()) => {
                return Ok(value.to_owned());
            }
            Self::Owner => &OWNERS,
            Self::PlatformTypes => &Platform::ALL.map(Platform::name),
            Self::DocumentType => &DOCUMENT_TYPES,
            Self::TargetType | Self::SearchKeyword | Self::Tag(_) => return Ok(value.to_owned()),
        };
        let word = words.iter().find(|word| word.eq_ignore_ascii_case(value));
        word.map(|word| (*word).to_owned()).ok_or_else(|| {
            let problem =
                format!("has the value {value:?} for {self:?}, which is not one of {}", words.join(", "));
            invalid("Filters", problem)
        })
    }
}

impl Filter {
    fn read(key: Option<&String>, values: &[String]) -> Result<Self, ApiError> {
        let key = Key::read(key.map(String::as_str).unwrap_or_default())?;
        if values.is_empty() && !matches!(key, Key::Tag(_)) {
            return Err(invalid("Filters", format!("has no value for {key:?}")));
        }
        let values = values.iter().map(|value| key.value(value)).collect::<Result<_, _>>()?;
        Ok(Self { key, values })
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
            filters.push(Filter::read(filter.key.as_ref(), filter.values.as_deref().unwrap_or_default())?);
        }
        for filter in request.document_filter_list.iter().flatten() {
            filters.push(Filter::read(filter.key.as_ref(), filter.value.as_slice())?);
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
                any(&|value| platforms.iter().any(|platform| platform == value))
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
