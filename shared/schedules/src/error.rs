//! Why a schedule was refused.

/// The longest expression that is read, in bytes: the limit of ScheduleExpression in AWS's model.
pub const MAX_EXPRESSION_BYTES: usize = 256;

/// A schedule that cannot be used. Each text names the part that is wrong and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("The schedule has {0} bytes; it may have at most {MAX_EXPRESSION_BYTES}.")]
    TooLong(usize),
    /// Neither of the three forms.
    #[error("The schedule {0:?} is none of cron(fields), rate(value unit) and at(yyyy-mm-ddThh:mm:ss).")]
    Form(String),
    /// A cron expression with another number of fields.
    #[error(
        "The schedule has {0} cron fields; it needs six (minutes, hours, day-of-month, month, day-of-week, \
         year), or seven with seconds before them."
    )]
    FieldCount(usize),
    /// One field of a cron expression.
    #[error("The field {field} of the schedule is {value:?}, which {problem}.")]
    Field {
        /// `minutes`, `day-of-week` and so on.
        field: &'static str,
        /// The field as written.
        value: String,
        /// The rest of the sentence.
        problem: String,
    },
    /// Exactly one of the two day fields must be `?`.
    #[error(
        "The fields day-of-month and day-of-week of the schedule are {day_of_month:?} and {day_of_week:?}; \
         exactly one of them must be \"?\"."
    )]
    DayFields {
        /// As written.
        day_of_month: String,
        /// As written.
        day_of_week: String,
    },
    #[error("The rate {value:?} {problem}.")]
    Rate {
        /// What stands between the brackets.
        value: String,
        /// The rest of the sentence.
        problem: &'static str,
    },
    #[error("The time {0:?} of at() is not a date and time of the form yyyy-mm-ddThh:mm:ss.")]
    At(String),
    #[error("The time zone {0:?} is not one of the IANA time zone database.")]
    TimeZone(String),
    #[error("The offset is {0} days; it must be 1 to 6.")]
    Offset(u32),
    #[error("An offset is possible for cron() alone.")]
    OffsetWithoutCron,
}

/// Why an expression that maintenance windows take is refused for associations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssociationError {
    #[error("The field month of the schedule must be \"*\": an association cannot be restricted to months.")]
    Month,
    #[error("The field seconds of the schedule must be 0 for an association.")]
    Seconds,
    #[error("The schedule fires more often than every 30 minutes, the least for an association.")]
    TooOften,
    #[error(
        "The field hours of the schedule has the step {0}; the steps of an association are 1, 2, 4, 8 and 12."
    )]
    HourStep(u16),
    #[error("The rate of an association must be at least 30 minutes and less than 31 days.")]
    Rate,
}

/// Why an expression that maintenance windows take is refused for rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("A rule has cron(minutes hours day-of-month month day-of-week year), without seconds.")]
    Seconds,
    #[error("A rule has cron(fields) or rate(value unit), and no at(time).")]
    At,
}
