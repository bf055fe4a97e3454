//! The operations of the API `dead-letters`: its model is `schemas/reeve/dead-letters.json`.

use crate::{
    domain::{Command, DeadLetter, Error, Status},
    projections::{DEAD_LETTERS, DeadLetterRow, UNSETTLED, key},
};
use data_encoding::BASE64;
use reeve_jetstream::dead_letters::original;
use reeve_runtime::{ApiError, Call, Done, Page, page_size, to_answers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MAX_DEAD_LETTERS_PER_PAGE: usize = 100;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Unknown => "NoSuchEntityException",
            Error::Status { .. } => "ConflictException",
        };
        Self::new(code, format!("{error}."))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    service: Option<String>,
    /// All of them when it is left out: those that are open or being retried come from their own table.
    status: Option<Status>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
pub struct Numbered {
    number: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    number: u64,
    service: String,
    handler: String,
    subject: String,
    sequence: u64,
    reason: String,
    status: Status,
    recorded: f64,
    changed: f64,
    retries: u32,
}

impl From<DeadLetterRow> for Summary {
    fn from(row: DeadLetterRow) -> Self {
        Self {
            number: row.number,
            service: row.service,
            handler: row.handler,
            subject: row.subject,
            sequence: row.sequence,
            reason: row.reason,
            status: row.status,
            recorded: row.recorded.epoch_seconds(),
            changed: row.changed.epoch_seconds(),
            retries: row.retries,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    dead_letters: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    #[serde(flatten)]
    summary: Summary,
    /// The message's, by name.
    headers: BTreeMap<String, String>,
    /// The message's body in Base64: of 896 KiB and more the first 896 KiB.
    body: String,
}

pub(crate) async fn list(call: Call<List>) -> Result<Listed, ApiError> {
    let (input, views) = (&call.input, call.handle.views());
    let limit = page_size(input.max_results, MAX_DEAD_LETTERS_PER_PAGE)?;
    let after = input.next_token.as_deref();
    let wanted = |row: &DeadLetterRow| {
        input.service.as_ref().is_none_or(|service| *service == row.service)
            && input.status.is_none_or(|status| status == row.status)
    };
    let page = match input.status {
        Some(Status::Open | Status::Retrying) => {
            let row = |key: &str| views.get::<DeadLetterRow>(DEAD_LETTERS, key);
            let keep = |key: &str, (): &()| row(key).is_some_and(|row| wanted(&row));
            let page = views.filter::<()>(UNSETTLED, "", after, limit, keep);
            let rows = page.rows.into_iter().filter_map(|(key, ())| row(&key).map(|row| (key, row)));
            Page { rows: rows.collect(), next: page.next }
        }
        _ => views.filter(DEAD_LETTERS, "", after, limit, |_, row| wanted(row)),
    };
    let (dead_letters, next_token) = to_answers(page, Summary::from)?;
    Ok(Listed { dead_letters, next_token })
}

pub(crate) async fn get(call: Call<Numbered>) -> Result<Letter, ApiError> {
    let number = call.input.number;
    let row: DeadLetterRow = call.handle.views().get(DEAD_LETTERS, &key(number)).ok_or(Error::Unknown)?;
    let found = original(call.handle.bus(), number).await.map_err(|error| {
        ApiError::new("ServiceUnavailable", format!("The dead letter {number} could not be read: {error}."))
    })?;
    let gone =
        || ApiError::new("NoSuchEntityException", format!("The message of {number} is not kept any more."));
    let (_, message) = found.ok_or_else(gone)?;
    let headers = message.headers.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Letter { summary: row.into(), headers, body: BASE64.encode(&message.data) })
}

pub(crate) async fn retry(call: Call<Numbered>) -> Result<Done, ApiError> {
    decide(call, Command::Retry).await
}

pub(crate) async fn discard(call: Call<Numbered>) -> Result<Done, ApiError> {
    decide(call, Command::Discard).await
}

async fn decide(call: Call<Numbered>, command: Command) -> Result<Done, ApiError> {
    call.execute::<DeadLetter>(&call.input.number.to_string(), command).await?;
    Ok(Done {})
}
