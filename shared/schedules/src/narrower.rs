//! What associations (User Guide, "Cron and rate expressions for associations") and rules take is narrower.

use crate::{
    cron::Cron,
    error::{AssociationError, RuleError},
    expression::{Expression, Kind},
};
use std::collections::BTreeSet;

const MIN_RATE_MS: i64 = 30 * 60_000;
const MAX_RATE_MS: i64 = 31 * 24 * 60 * 60_000;
const MIN_GAP_MINUTES: u16 = 30;
const HOUR_STEPS: [u16; 5] = [1, 2, 4, 8, 12];

impl Expression {
    /// Whether an association may have this schedule: no months, no seconds, no interval under 30 minutes, no
    /// hour step but 1, 2, 4, 8 and 12, and a rate from 30 minutes to less than 31 days.
    ///
    /// # Errors
    /// When it may not; the text of the error says why.
    pub fn check_for_association(&self) -> Result<(), AssociationError> {
        match &self.kind {
            Kind::Cron(cron) => check_cron(cron),
            Kind::Rate(rate) if (MIN_RATE_MS..MAX_RATE_MS).contains(&rate.period_ms) => Ok(()),
            Kind::Rate(_) => Err(AssociationError::Rate),
            Kind::At(_) => Ok(()),
        }
    }

    /// Whether a rule of EventBridge may have this schedule: `cron()` of six fields, or `rate()`.
    ///
    /// # Errors
    /// When it may not; the text of the error says why.
    pub fn check_for_rule(&self) -> Result<(), RuleError> {
        match &self.kind {
            Kind::Cron(_) if self.as_str().split_ascii_whitespace().count() > 6 => Err(RuleError::Seconds),
            Kind::Cron(_) | Kind::Rate(_) => Ok(()),
            Kind::At(_) => Err(RuleError::At),
        }
    }
}

fn check_cron(cron: &Cron) -> Result<(), AssociationError> {
    if !cron.any_month {
        return Err(AssociationError::Month);
    }
    if cron.seconds.iter().ne(&[0]) {
        return Err(AssociationError::Seconds);
    }
    if let Some(step) = cron.hour_step.filter(|step| !HOUR_STEPS.contains(step)) {
        return Err(AssociationError::HourStep(step));
    }
    if least_gap(&cron.hours, &cron.minutes).is_some_and(|gap| gap < MIN_GAP_MINUTES) {
        return Err(AssociationError::TooOften);
    }
    Ok(())
}

/// The least distance in minutes of two times of a day, midnight included; `None` when there is one time alone.
fn least_gap(hours: &BTreeSet<u16>, minutes: &BTreeSet<u16>) -> Option<u16> {
    let times: Vec<u16> =
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect();
    let (first, last) = (times.first()?, times.last()?);
    let overnight = first + 24 * 60 - last;
    let within = times.windows(2).map(|pair| pair[1] - pair[0]).min();
    within.map(|gap| gap.min(overnight))
}
