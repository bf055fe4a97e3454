//! GetCalendarState.

use crate::{
    domain::{CLOSED, OPEN},
    projections::{CHANGE_CALENDAR, ContentRow},
};
use reeve_contracts::ssm::{GetCalendarStateRequest, GetCalendarStateResponse};
use reeve_fleet::{DOCUMENT_CONTENTS, DOCUMENTS, DocumentRow, content_key};
use reeve_icalendar::{Calendar, state_at};
use reeve_runtime::{ApiError, Call, Handle};
use reeve_types::{Timestamp, arn::id_or_arn};

/// Open only when each of the calendars is.
pub(crate) async fn state(call: Call<GetCalendarStateRequest>) -> Result<GetCalendarStateResponse, ApiError> {
    let input = &call.input;
    let at = input.at_time.as_deref().map_or(Ok(call.now), instant)?;
    let names = input.calendar_names.clone().unwrap_or_default();
    if names.is_empty() {
        return Err(ApiError::invalid("CalendarNames names none."));
    }
    let calendars = names.iter().map(|name| calendar(&call.handle, name)).collect::<Result<Vec<_>, _>>()?;
    let state = state_at(&calendars.iter().collect::<Vec<_>>(), at).map_err(|error| {
        ApiError::new("UnsupportedCalendarException", format!("CalendarNames is {names:?}: {error}."))
    })?;
    Ok(GetCalendarStateResponse {
        at_time: Some(written(at)),
        next_transition_time: state.next.map(written),
        state: Some(if state.is_open { OPEN } else { CLOSED }.to_owned()),
    })
}

/// The calendar that a name or an ARN means, by its default version.
fn calendar(handle: &Handle, named: &str) -> Result<Calendar, ApiError> {
    let name = id_or_arn("document", named);
    let row = handle.views().look::<DocumentRow>(DOCUMENTS, name);
    let missing = || {
        ApiError::new("InvalidDocument", format!("CalendarNames has {named:?}: there is no such document."))
    };
    let row = row.ok_or_else(missing)?;
    if row.document_type != CHANGE_CALENDAR {
        let message = format!(
            "CalendarNames has {named:?}, which is of the type {}, not {CHANGE_CALENDAR}.",
            row.document_type
        );
        return Err(ApiError::new("InvalidDocumentType", message));
    }
    let content = handle.views().look::<ContentRow>(DOCUMENT_CONTENTS, &content_key(name, row.default));
    Calendar::parse(&content.ok_or_else(missing)?.text)
        .map_err(|error| ApiError::new("UnsupportedCalendarException", format!("{name}: {error}.")))
}

/// An instant of ISO 8601; its offset may lack the colon, and without one it is in UTC.
fn instant(text: &str) -> Result<Timestamp, ApiError> {
    let with_colon = || {
        let at = text.len().checked_sub(2)?;
        let (head, minutes) = text.split_at_checked(at)?;
        Timestamp::parse_rfc3339(&format!("{head}:{minutes}"))
    };
    let found = Timestamp::parse_rfc3339(text);
    let found = found.or_else(with_colon).or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z")));
    found.ok_or_else(|| {
        ApiError::invalid(format!(
            "AtTime is {text:?}, which is no instant of ISO 8601 such as 2026-01-31T12:00:00Z."
        ))
    })
}

/// As AWS writes the times of calendars: in UTC, with seconds.
fn written(at: Timestamp) -> String {
    let text = at.rfc3339();
    format!("{}Z", text.get(..19).unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::{instant, written};

    #[test]
    fn an_instant_may_have_any_offset() {
        for text in [
            "2026-11-27T18:00:00Z",
            "2026-11-27T23:30:00+05:30",
            "2026-11-27T10:00:00-0800",
            "2026-11-27T18:00:00",
            "2026-11-27T18:00Z",
        ] {
            assert_eq!(instant(text).map(written), Ok("2026-11-27T18:00:00Z".to_owned()), "{text}");
        }
        for text in ["soon", "", "2026-02-30T00:00:00Z"] {
            assert_eq!(instant(text).unwrap_err().code, "ValidationException", "{text}");
        }
    }
}
