//! When an association runs: its schedule, from what was asked for.

use reeve_contracts::ssm::AssociationDescription;
use reeve_schedules::{Expression, Schedule};
use reeve_types::Timestamp;

/// What of an association says when it runs.
#[derive(Clone, Debug)]
pub struct Timing {
    schedule: Option<Schedule>,
    /// Whether it runs at the instants of its schedule alone: not when it is made or changed.
    pub only_at_interval: bool,
    /// An `at()` that is past runs at once, once.
    is_at: bool,
}

impl Timing {
    /// The timing of an association whose version was made at an instant, from which `rate()` counts.
    ///
    /// # Errors
    /// A sentence that names the member and says what is wrong with it.
    pub fn of(association: &AssociationDescription, since: Timestamp) -> Result<Self, String> {
        let only_at_interval = association.apply_only_at_cron_interval.unwrap_or_default();
        let Some(text) = association.schedule_expression.as_deref() else {
            return match (only_at_interval, association.schedule_offset) {
                (true, _) => Err("ApplyOnlyAtCronInterval needs a ScheduleExpression.".to_owned()),
                (_, Some(days)) => {
                    Err(format!("ScheduleOffset is {days}, and there is no ScheduleExpression."))
                }
                (false, None) => Ok(Self { schedule: None, only_at_interval, is_at: false }),
            };
        };
        let named = |error: &dyn std::fmt::Display| format!("ScheduleExpression is {text:?}: {error}");
        let expression = Expression::parse(text).map_err(|error| named(&error))?;
        expression.check_for_association().map_err(|error| named(&error))?;
        if only_at_interval && text.starts_with("rate") {
            return Err(format!(
                "ApplyOnlyAtCronInterval is not possible with {text:?}: rate() runs at once."
            ));
        }
        let mut schedule = Schedule::new(expression, since);
        if let Some(days) = association.schedule_offset {
            if !only_at_interval {
                return Err(format!("ScheduleOffset is {days}: it needs ApplyOnlyAtCronInterval."));
            }
            let days = u32::try_from(days).unwrap_or_default();
            schedule = schedule.with_offset(days).map_err(|error| format!("ScheduleOffset: {error}"))?;
        }
        Ok(Self { schedule: Some(schedule), only_at_interval, is_at: text.starts_with("at") })
    }

    /// The first instant of the schedule after another one; `None` when it does not fire again.
    pub fn next_after(&self, after: i64) -> Option<i64> {
        self.schedule.as_ref()?.next_after(Timestamp(after)).map(|at| at.0)
    }

    /// Whether it will never run, or never again: a `cron()` of the past, or an `at()` of the past that may run then alone.
    pub fn never_fires(&self, now: Timestamp) -> bool {
        let is_over = self.schedule.as_ref().is_some_and(|schedule| schedule.next_after(now).is_none());
        is_over && (self.only_at_interval || !self.is_at)
    }
}
