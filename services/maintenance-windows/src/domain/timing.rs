//! When a window fires, and how long it stands open.

use jiff::{civil, tz::TimeZone};
use reeve_contracts::ssm::GetMaintenanceWindowResult;
use reeve_schedules::{Expression, Schedule};
use reeve_types::Timestamp;

const HOUR_MS: i64 = 3_600_000;

/// What of a window says when it fires.
#[derive(Clone, Debug)]
pub struct Timing {
    schedule: Schedule,
    /// It fires at no instant before the first of these, nor at or after the second.
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    duration_ms: i64,
    cutoff_ms: i64,
}

impl Timing {
    /// The timing of a window that was made at an instant. `rate()` counts from there, or from StartDate if that is later.
    ///
    /// # Errors
    /// A sentence that names the member and says what is wrong with it.
    pub fn of(window: &GetMaintenanceWindowResult, created: Timestamp) -> Result<Self, String> {
        let (duration, cutoff) = (window.duration.unwrap_or_default(), window.cutoff.unwrap_or_default());
        if cutoff >= duration {
            return Err(format!(
                "Cutoff is {cutoff}, and Duration is {duration}: Cutoff must be less than that."
            ));
        }
        let text = window.schedule.as_deref().unwrap_or_default();
        let expression = Expression::parse(text).map_err(|error| format!("Schedule is {text:?}: {error}"))?;
        let start_ms = date("StartDate", window.start_date.as_deref())?;
        let end_ms = date("EndDate", window.end_date.as_deref())?;
        if let (Some(start), Some(end)) = (start_ms, end_ms)
            && end <= start
        {
            let written = [&window.end_date, &window.start_date].map(|date| date.clone().unwrap_or_default());
            return Err(format!(
                "EndDate is {:?}, which is not after StartDate, {:?}.",
                written[0], written[1]
            ));
        }
        // The instant of StartDate is one at which cron() and at() may fire; rate() counts from it.
        let since = match start_ms {
            Some(start) if text.starts_with("rate") => start.max(created.0),
            _ => created.0,
        };
        let mut schedule = Schedule::new(expression, Timestamp(since));
        if let Some(zone) = window.schedule_timezone.as_deref().filter(|zone| !zone.is_empty()) {
            schedule = schedule
                .in_time_zone(zone)
                .map_err(|error| format!("ScheduleTimezone is {zone:?}: {error}"))?;
        }
        if let Some(days) = window.schedule_offset {
            let days = u32::try_from(days).unwrap_or_default();
            schedule = schedule.with_offset(days).map_err(|error| format!("ScheduleOffset: {error}"))?;
        }
        let (duration_ms, cutoff_ms) = (i64::from(duration) * HOUR_MS, i64::from(cutoff) * HOUR_MS);
        Ok(Self { schedule, start_ms, end_ms, duration_ms, cutoff_ms })
    }

    /// The first instant after another one at which it fires; `None` when it never does again.
    pub fn next_after(&self, after_ms: i64) -> Option<i64> {
        let after = self.start_ms.map_or(after_ms, |start| after_ms.max(start.saturating_sub(1)));
        let next = self.schedule.next_after(Timestamp(after))?.0;
        self.end_ms.is_none_or(|end| next < end).then_some(next)
    }

    /// From when on no task begins, if it fired at an instant. Its hours are real ones, whatever the clocks do.
    pub const fn cutoff_of(&self, due_ms: i64) -> i64 {
        due_ms.saturating_add(self.duration_ms).saturating_sub(self.cutoff_ms)
    }

    /// When it closes, if it fired at an instant.
    pub const fn end_of(&self, due_ms: i64) -> i64 {
        due_ms.saturating_add(self.duration_ms)
    }

    /// An instant as AWS writes those of windows: in the window's zone.
    pub fn written(&self, at_ms: i64) -> String {
        self.schedule.written(Timestamp(at_ms))
    }
}

/// A date in ISO 8601; without an offset it is in UTC: the schedule's zone says how the schedule is read, and nothing else.
fn date(member: &str, text: Option<&str>) -> Result<Option<i64>, String> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Some(at.as_millisecond()));
    }
    let local = text.parse::<civil::DateTime>().ok();
    let at = local.and_then(|local| TimeZone::UTC.to_timestamp(local).ok());
    at.map(|at| Some(at.as_millisecond())).ok_or_else(|| {
        format!("{member} is {text:?}, which is no instant of ISO 8601 such as 2026-01-31T12:00:00-08:00.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(schedule: &str, zone: &str) -> GetMaintenanceWindowResult {
        GetMaintenanceWindowResult {
            schedule: Some(schedule.to_owned()),
            schedule_timezone: Some(zone.to_owned()),
            duration: Some(6),
            cutoff: Some(2),
            ..GetMaintenanceWindowResult::default()
        }
    }

    fn at(text: &str) -> i64 {
        Timestamp::parse_rfc3339(text).unwrap().0
    }

    fn firings(window: &GetMaintenanceWindowResult, created: &str, count: usize) -> Vec<String> {
        let timing = Timing::of(window, Timestamp(at(created))).unwrap();
        let first = timing.next_after(at(created));
        let all = std::iter::successors(first, |last| timing.next_after(*last));
        all.take(count).map(|firing| timing.written(firing)).collect()
    }

    #[test]
    fn the_example_of_the_guide_fires_on_a_wednesday() {
        let window = GetMaintenanceWindowResult {
            start_date: Some("2021-01-01T00:00:00-08:00".to_owned()),
            ..window("cron(0 9 ? * WED *)", "America/Los_Angeles")
        };
        assert_eq!(firings(&window, "2020-12-01T00:00:00Z", 1), ["2021-01-06T09:00-08:00"]);
    }

    #[test]
    fn the_dates_bound_when_it_fires() {
        let bounded = |schedule: &str, start: &str, end: &str| GetMaintenanceWindowResult {
            start_date: Some(start.to_owned()),
            end_date: Some(end.to_owned()),
            ..window(schedule, "")
        };
        let (start, end) = ("2026-03-08T00:00:00Z", "2026-03-22T00:00:00Z");
        let created = "2026-03-01T00:00:00Z";
        let weekly = firings(&bounded("rate(7 days)", start, end), created, 9);
        assert_eq!(
            weekly,
            ["2026-03-15T00:00Z"],
            "it counts from StartDate, and EndDate is no instant of it"
        );
        let daily = firings(&bounded("cron(0 0 * * ? *)", start, "2026-03-10T00:00"), created, 9);
        assert_eq!(daily, ["2026-03-08T00:00Z", "2026-03-09T00:00Z"], "StartDate is one of cron()");
        assert_eq!(firings(&bounded("at(2026-03-05T00:00:00)", start, end), created, 9), [""; 0]);
        assert_eq!(
            firings(&bounded("at(2026-03-09T00:00:05)", start, end), created, 9),
            ["2026-03-09T00:00:05Z"]
        );
        let offset = GetMaintenanceWindowResult {
            schedule_offset: Some(2),
            ..bounded("cron(0 0 ? * FRI#2 *)", "2026-03-14T12:00:00Z", "2026-04-12T00:00:00Z")
        };
        assert_eq!(firings(&offset, created, 9), ["2026-03-15T00:00Z"], "both are compared after the offset");
    }

    /// In five zones, over both changes of the clocks: once a day, at the same time of the clocks, with the offset of that day,
    /// and open for as many real hours.
    #[test]
    fn clock_changes_move_no_window_and_make_none_longer() {
        let zones = [
            ("Europe/Berlin", "2026-03-29", ["2026-03-28T23:30+01:00", "2026-03-29T23:30+02:00"]),
            ("Europe/Berlin", "2026-10-25", ["2026-10-24T23:30+02:00", "2026-10-25T23:30+01:00"]),
            ("Europe/London", "2026-03-29", ["2026-03-28T23:30Z", "2026-03-29T23:30+01:00"]),
            ("Europe/London", "2026-10-25", ["2026-10-24T23:30+01:00", "2026-10-25T23:30Z"]),
            ("America/New_York", "2026-03-08", ["2026-03-07T23:30-05:00", "2026-03-08T23:30-04:00"]),
            ("America/New_York", "2026-11-01", ["2026-10-31T23:30-04:00", "2026-11-01T23:30-05:00"]),
            ("Australia/Lord_Howe", "2026-04-05", ["2026-04-04T23:30+11:00", "2026-04-05T23:30+10:30"]),
            ("Australia/Lord_Howe", "2026-10-04", ["2026-10-03T23:30+10:30", "2026-10-04T23:30+11:00"]),
            ("America/Sao_Paulo", "2018-02-18", ["2018-02-16T23:30-02:00", "2018-02-17T23:30-02:00"]),
            ("America/Sao_Paulo", "2018-11-04", ["2018-11-03T23:30-03:00", "2018-11-04T23:30-02:00"]),
        ];
        for (zone, day, expected) in zones {
            let window = window("cron(30 23 * * ? *)", zone);
            let timing = Timing::of(&window, Timestamp(0)).unwrap();
            let first = timing.next_after(at(expected[0]) - HOUR_MS);
            let two: Vec<i64> =
                std::iter::successors(first, |last| timing.next_after(*last)).take(2).collect();
            let written: Vec<_> = two.iter().map(|firing| timing.written(*firing)).collect();
            assert_eq!(written, expected, "{zone} {day}");
            for firing in two {
                assert_eq!(timing.end_of(firing) - firing, 6 * HOUR_MS, "six real hours");
                assert_eq!(timing.cutoff_of(firing) - firing, 4 * HOUR_MS);
            }
        }
    }

    /// What the clocks leave out fires after the gap; what they show twice fires once.
    #[test]
    fn a_time_in_a_gap_fires_after_it_and_a_doubled_one_once() {
        let berlin = window("cron(30 2 * * ? *)", "Europe/Berlin");
        let spring = firings(&berlin, "2026-03-27T12:00:00Z", 3);
        assert_eq!(spring, ["2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]);
        let autumn = firings(&berlin, "2026-10-24T12:00:00Z", 2);
        assert_eq!(autumn, ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |change: &dyn Fn(&mut GetMaintenanceWindowResult)| {
            let mut wrong = window("rate(1 day)", "UTC");
            change(&mut wrong);
            Timing::of(&wrong, Timestamp(0)).err().unwrap()
        };
        let text = |text: &str| Some(text.to_owned());
        let said = refused(&|window| window.cutoff = Some(6));
        assert!(said.contains("Cutoff is 6") && said.contains("Duration is 6"), "{said}");
        let said = refused(&|window| window.schedule = text("cron(banana)"));
        assert!(said.contains("Schedule is \"cron(banana)\""), "{said}");
        let said = refused(&|window| window.schedule_timezone = text("Mars/X"));
        assert!(said.contains("ScheduleTimezone is \"Mars/X\""), "{said}");
        let said = refused(&|window| window.start_date = text("soon"));
        assert!(said.contains("StartDate is \"soon\""), "{said}");
        let said = refused(&|window| window.schedule_offset = Some(2));
        assert!(said.contains("ScheduleOffset"), "{said}");
        let said = refused(&|window| {
            window.start_date = text("2026-01-02T00:00:00Z");
            window.end_date = text("2026-01-01T00:00:00Z");
        });
        assert!(said.contains("EndDate is \"2026-01-01"), "{said}");
    }
}
