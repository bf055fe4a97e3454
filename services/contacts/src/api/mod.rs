//! The operations.

pub mod channels;
pub mod contacts;
pub mod engagements;
pub mod oncall;
pub mod pages;
pub mod rotations;
pub mod shifts;
pub mod tags;

use crate::{
    domain::{channel, contact, engagement, rotation, tags::Tags},
    names::Home,
};
use data_encoding::BASE64URL_NOPAD;
use reeve_contracts::ssm_contacts::Tag;
use reeve_runtime::{ApiError, Call, milliseconds};
use reeve_types::{Timestamp, text::sentence};
use serde_json::Value;

/// As many rows a page has when nobody says how many, and at most.
const DEFAULT_ROWS: usize = 100;
const MAX_ROWS: usize = 1_024;

/// Something that an ARN or an id names is not there.
fn not_found(kind: &str, id: &str) -> ApiError {
    let word = match kind {
        "CONTACT" => "contact",
        "CONTACT_CHANNEL" => "contact channel",
        "ENGAGEMENT" => "engagement",
        "PAGE" => "page",
        "ROTATION" => "rotation",
        _ => "override of this rotation",
    };
    let error = ApiError::new("ResourceNotFoundException", format!("There is no {word} {id:?}."));
    error.with("ResourceId", id).with("ResourceType", kind)
}

fn conflict(message: impl Into<String>, kind: &str, id: &str) -> ApiError {
    ApiError::new("ConflictException", message).with("ResourceId", id).with("ResourceType", kind)
}

fn too_many_tags(message: String) -> ApiError {
    let error = ApiError::new("ServiceQuotaExceededException", message);
    error.with("QuotaCode", "tags").with("ServiceCode", "ssm-contacts")
}

impl From<contact::Error> for ApiError {
    fn from(error: contact::Error) -> Self {
        let message = sentence(&error);
        match error {
            contact::Error::Exists(alias) => conflict(message, "CONTACT", &alias),
            contact::Error::Unknown => not_found("CONTACT", ""),
            contact::Error::Tags(_) => too_many_tags(message),
        }
    }
}

impl From<channel::Error> for ApiError {
    fn from(error: channel::Error) -> Self {
        match error {
            channel::Error::Unknown => not_found("CONTACT_CHANNEL", ""),
            channel::Error::Outdated => Self::invalid(sentence(&error)),
        }
    }
}

impl From<rotation::Error> for ApiError {
    fn from(error: rotation::Error) -> Self {
        let message = sentence(&error);
        match error {
            rotation::Error::Unknown => not_found("ROTATION", ""),
            rotation::Error::UnknownOverride => not_found("ROTATION_OVERRIDE", ""),
            rotation::Error::NoMember(_) => Self::invalid(format!("NewContactIds: {message}")),
            rotation::Error::Tags(_) => too_many_tags(message),
        }
    }
}

impl From<engagement::Error> for ApiError {
    fn from(error: engagement::Error) -> Self {
        match error {
            engagement::Error::Unknown => not_found("ENGAGEMENT", ""),
            engagement::Error::UnknownPage => not_found("PAGE", ""),
        }
    }
}

/// The installation, as a call says it.
fn home<I>(call: &Call<I>) -> Home<'_> {
    Home { account: &call.caller.account, region: &call.caller.region }
}

/// How many rows are asked for; 0 is what nobody says.
fn rows(max_results: Option<i32>) -> Result<usize, ApiError> {
    reeve_runtime::page_size(max_results.filter(|most| *most != 0), MAX_ROWS)
        .map(|most| if max_results.is_none_or(|most| most == 0) { DEFAULT_ROWS } else { most })
}

/// A key to continue after, in the letters that tokens have.
fn token(key: Option<String>) -> Option<String> {
    key.map(|key| BASE64URL_NOPAD.encode(key.as_bytes()))
}

/// # Errors
/// `ValidationException` for a token that no answer gave.
fn after(token: Option<&String>) -> Result<Option<String>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let key = BASE64URL_NOPAD.decode(token.as_bytes()).ok().and_then(|key| String::from_utf8(key).ok());
    key.map(Some).ok_or_else(|| ApiError::invalid(format!("NextToken is {token:?}, which no answer gave.")))
}

fn seconds(milliseconds: i64) -> Option<f64> {
    Some(Timestamp(milliseconds).epoch_seconds())
}

/// An AWS-shaped value as an event has it.
fn written(value: &impl serde::Serialize) -> Result<String, ApiError> {
    // By way of a value, so that the same content is the same text.
    let value: Value = serde_json::to_value(value).map_err(ApiError::internal)?;
    Ok(value.to_string())
}

/// Tags of an input.
///
/// # Errors
/// `ValidationException` for a key that is there twice, or missing.
fn tags_of(tags: Option<&Vec<Tag>>) -> Result<Tags, ApiError> {
    let mut all = Tags::new();
    for tag in tags.into_iter().flatten() {
        let key = tag.key.clone().unwrap_or_default();
        if key.is_empty() {
            return Err(ApiError::invalid("Tags has one without a Key."));
        }
        if all.insert(key.clone(), tag.value.clone().unwrap_or_default()).is_some() {
            return Err(ApiError::invalid(format!("Tags has the key {key:?} twice.")));
        }
    }
    Ok(all)
}
