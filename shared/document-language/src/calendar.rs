//! Change calendars: iCalendar text that can be evaluated.

use crate::{Error, error::invalid};
use reeve_icalendar::Calendar;

/// Checks a calendar; gives its description.
pub(crate) fn check(content: &str) -> Result<Option<String>, Error> {
    let calendar = Calendar::parse(content)
        .map_err(|error| invalid(error.property, format!("{} (line {})", error.problem, error.line)))?;
    calendar.can_be_evaluated().map_err(|error| invalid("RRULE", error.to_string()))?;
    Ok(Some(calendar.description().to_owned()).filter(|text| !text.is_empty()))
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
    fn given_broken_calendars_when_checked_then_they_are_refused_by_property_and_line() {
        for (from, to, named) in [
            ("DEFAULT_OPEN", "OPEN", "X-CALENDAR-TYPE"),
            ("END:VCALENDAR\r\n", "", "END:VCALENDAR"),
            ("END:VEVENT", "END:VTODO", "END:VEVENT"),
            ("DTSTART;TZID=UTC", "X", "DTSTART"),
            ("TZID=UTC", "TZID=Mars/X", "TZID"),
            ("VERSION:2.0", "VERSION", "VERSION"),
        ] {
            let refused = check(&GOOD.replace(from, to)).unwrap_err().to_string();
            assert!(refused.contains(named) && refused.contains("(line "), "{from}: {refused}");
        }
        assert!(check("").is_err());
        let with =
            |rule: &str| GOOD.replace("END:VEVENT", &format!("DURATION:PT1S\r\nRRULE:{rule}\r\nEND:VEVENT"));
        for (rule, named) in [
            ("FREQ=SECONDLY", "too many instants"),
            ("FREQ=MONTHLY;BYDAY=6MO", "6. weekday of a month"),
            ("FREQ=MONTHLY;BYDAY=MO,-6TU", "-6. weekday of a month"),
        ] {
            let refused = check(&with(rule)).unwrap_err().to_string();
            assert!(refused.contains("RRULE") && refused.contains(named), "{rule}: {refused}");
        }
        for rule in
            ["FREQ=MONTHLY;BYDAY=5MO,-5TU", "FREQ=YEARLY;BYDAY=53MO", "FREQ=DAILY", "FREQ=SECONDLY;COUNT=3"]
        {
            assert!(check(&with(rule)).is_ok(), "{rule}");
        }
    }
}
