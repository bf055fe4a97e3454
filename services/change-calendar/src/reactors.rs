//! What follows: a calendar is looked at when its document changes, and when its next transition is due.

use crate::{
    domain::{CLOSED, Calendar, Command, OPEN, Reading},
    projections::{CHANGE_CALENDAR, ContentRow},
};
use reeve_contracts::documents::DocumentEvent;
use reeve_fleet::{DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, content_key};
use reeve_icalendar::{Calendar as Text, state_at};
use reeve_runtime::{Delivery, DueTimer, Handle, HandlerError};
use reeve_types::Timestamp;

/// What says nothing about what follows is looked at again after a year: nothing is looked for beyond five.
const LOOK_AGAIN_MS: i64 = 366 * 86_400_000;

/// Another version may say something else from now on.
pub(crate) async fn follow_document(delivery: Delivery<DocumentEvent>) -> Result<(), HandlerError> {
    let name = &delivery.event.envelope.aggregate.id;
    let command = look(&delivery.handle, name, Timestamp::now())
        .map_or(Command::Remove, |reading| Command::Look(Box::new(reading)));
    delivery.execute::<Calendar>("look", name, command).await?;
    Ok(())
}

/// The transition that is due has come. It is looked at as of its instant, so that each is told, also those of an outage.
pub(crate) async fn fall_due(due: DueTimer) -> Result<(), HandlerError> {
    // A document that these views do not have yet is no calendar that is gone.
    due.handle.catch_up().await?;
    let command = look(&due.handle, &due.key, due.due_at)
        .map_or(Command::Remove, |reading| Command::Look(Box::new(reading)));
    due.handle.execute::<Calendar>(&due.key, command, &due.context("look")).await?;
    Ok(())
}

/// What a calendar says at an instant; `None` for what is no calendar.
fn look(handle: &Handle, name: &str, at: Timestamp) -> Option<Reading> {
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, name)?;
    if row.document_type != CHANGE_CALENDAR {
        return None;
    }
    let content = handle.views().look::<ContentRow>(DOCUMENT_CONTENTS, &content_key(name, row.default));
    let content = content.map(|content| content.text.clone()).unwrap_or_default();
    let read = Text::parse(&content).map_err(|error| error.to_string());
    let found = read.and_then(|text| state_at(&[&text], at).map_err(|error| error.to_string()));
    let reading = Reading {
        name: name.to_owned(),
        document_version: row.default.to_string(),
        at_ms: at.0,
        ..Reading::default()
    };
    Some(match found {
        Ok(state) => Reading {
            state: if state.is_open { OPEN } else { CLOSED }.to_owned(),
            next_ms: state.next.map_or(0, |next| next.0),
            look_again_ms: state.next.map_or(at.0.saturating_add(LOOK_AGAIN_MS), |next| next.0),
            ..reading
        },
        Err(problem) => Reading {
            state: CLOSED.to_owned(),
            look_again_ms: at.0.saturating_add(LOOK_AGAIN_MS),
            problem,
            ..reading
        },
    })
}
