//! Change calendars: the least that iCalendar text must satisfy to be one.

use crate::{Error, error::invalid};

/// Checks the structure and the calendar type; gives the description of the calendar.
pub(crate) fn check(content: &str) -> Result<Option<String>, Error> {
    let lines = unfold(content);
    let mut open: Vec<String> = Vec::new();
    let mut kind = None;
    let mut description = None;
    let mut has_start = false;
    let mut closed = false;
    for (number, line) in lines.iter().enumerate() {
        let field = format!("line {}", number + 1);
        let Some((name, value)) = line.split_once(':') else {
            return Err(invalid(field, "is not an iCalendar property"));
        };
        let property = name.split(';').next().unwrap_or(name).to_ascii_uppercase();
        let value = value.trim();
        if closed || (open.is_empty() && (property != "BEGIN" || value != "VCALENDAR")) {
            return Err(invalid(field, "stands outside of the VCALENDAR"));
        }
        match property.as_str() {
            "BEGIN" => {
                has_start = false;
                open.push(value.to_owned());
            }
            "END" => {
                if open.pop().as_deref() != Some(value) {
                    return Err(invalid(field, format!("ends {value}, which is not the open component")));
                }
                if value == "VEVENT" && !has_start {
                    return Err(invalid("DTSTART", format!("is missing in the event that ends in {field}")));
                }
                closed = open.is_empty();
            }
            "DTSTART" => has_start = true,
            "X-CALENDAR-TYPE" if open.len() == 1 => kind = Some(value.to_owned()),
            "X-WR-CALDESC" if open.len() == 1 => description = Some(value.to_owned()),
            _ => {}
        }
    }
    if !closed {
        return Err(invalid("VCALENDAR", "is missing or does not end"));
    }
    match kind.as_deref() {
        Some("DEFAULT_OPEN" | "DEFAULT_CLOSED") => Ok(description.filter(|text| !text.is_empty())),
        _ => Err(invalid("X-CALENDAR-TYPE", "must be DEFAULT_OPEN or DEFAULT_CLOSED")),
    }
}

/// Long lines continue on the next one after a blank.
fn unfold(content: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in content.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "BEGIN:VCALENDAR\r\nPRODID:-//AWS//Change Calendar 1.0//EN\r\nVERSION:2.0\r\n\
        X-CALENDAR-TYPE:DEFAULT_OPEN\r\nX-WR-CALDESC:Fro\r\n zen\r\nBEGIN:VEVENT\r\n\
        DTSTART;TZID=UTC:20260101T000000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn given_a_calendar_when_checked_then_its_description_results() {
        assert_eq!(check(GOOD).unwrap().as_deref(), Some("Frozen"));
    }

    #[test]
    fn given_broken_calendars_when_checked_then_they_are_refused() {
        for (from, to) in [
            ("DEFAULT_OPEN", "OPEN"),
            ("END:VCALENDAR\r\n", ""),
            ("END:VEVENT", "END:VTODO"),
            ("DTSTART;TZID=UTC", "X"),
            ("VERSION:2.0", "VERSION"),
        ] {
            assert!(check(&GOOD.replace(from, to)).is_err(), "{from}");
        }
        assert!(check("").is_err());
    }
}
