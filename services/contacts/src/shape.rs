//! AWS's forms of plans and rotations, read and checked.

use crate::{
    names::{CHANNEL, CONTACT, ROTATION, id_in},
    projections::{CHANNELS, CONTACTS, ChannelRow, ContactRow, ROTATIONS, RotationRow, VersionRow},
};
use reeve_contracts::ssm_contacts::{HandOffTime, Plan, RecurrenceSettings, Target};
use reeve_rotations::{Coverage, Override, Recurrence, Rotation, Settings, TimeOfDay, Version, Zone};
use reeve_runtime::{ApiError, Store};
use reeve_types::Timestamp;

pub(crate) const PERSONAL: &str = "PERSONAL";
pub(crate) const ESCALATION: &str = "ESCALATION";
pub(crate) const SCHEDULE: &str = "ONCALL_SCHEDULE";
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
/// As many stages as a plan has: a page's path names one by a number up to that.
const MAX_STAGES: usize = 100;

/// Whether a contact of a kind can have this plan.
///
/// # Errors
/// `ValidationException` naming what is wrong.
pub(crate) fn check_plan(views: &Store, alias: &str, kind: &str, plan: &Plan) -> Result<(), ApiError> {
    let stages = plan.stages.as_deref().unwrap_or_default();
    let rotations = plan.rotation_ids.as_deref().unwrap_or_default();
    if kind == SCHEDULE && !stages.is_empty() {
        let said = "Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan";
        return Err(ApiError::invalid(said));
    }
    if kind != SCHEDULE && !rotations.is_empty() {
        return Err(ApiError::invalid(format!(
            "Plan.RotationIds: a contact of type {kind} has stages alone."
        )));
    }
    if stages.len() > MAX_STAGES {
        let message = format!("Plan.Stages has {} stages; {MAX_STAGES} are the most.", stages.len());
        return Err(ApiError::invalid(message));
    }
    for arn in rotations {
        let found = id_in(arn, ROTATION).and_then(|id| views.look::<RotationRow>(ROTATIONS, id));
        if found.is_none_or(|row| row.deleted_ms.is_some()) {
            let message = format!("Plan.RotationIds has {arn:?}, and there is no such rotation.");
            return Err(ApiError::invalid(message));
        }
    }
    for (index, stage) in stages.iter().enumerate() {
        let targets = stage.targets.as_deref().unwrap_or_default();
        if targets.is_empty() && stage.duration_in_minutes == Some(0) {
            let message = format!("Plan.Stages[{index}] has neither targets nor a duration.");
            return Err(ApiError::invalid(message));
        }
        for target in targets {
            check_target(views, alias, kind, target)
                .map_err(|wrong| ApiError::invalid(format!("Plan.Stages[{index}].Targets: {wrong}.")))?;
        }
    }
    Ok(())
}

fn check_target(views: &Store, alias: &str, kind: &str, target: &Target) -> Result<(), String> {
    match (kind, &target.channel_target_info, &target.contact_target_info) {
        (PERSONAL, Some(channel), None) => {
            let arn = channel.contact_channel_id.as_deref().unwrap_or_default();
            let found = id_in(arn, CHANNEL).and_then(|id| views.look::<ChannelRow>(CHANNELS, id));
            match found.is_some_and(|row| row.contact == alias) {
                true => Ok(()),
                false => Err(format!("{arn:?} is no channel of this contact")),
            }
        }
        (ESCALATION, None, Some(contact)) => {
            let arn = contact.contact_id.as_deref().unwrap_or_default();
            let found = id_in(arn, CONTACT).and_then(|id| views.look::<ContactRow>(CONTACTS, id));
            match found.map(|row| row.kind.clone()).as_deref() {
                None => Err(format!("{arn:?} is no contact that there is")),
                Some(ESCALATION) => {
                    Err(format!("{arn:?} is an escalation plan, which cannot be in another one"))
                }
                Some(_) => Ok(()),
            }
        }
        (PERSONAL, ..) => {
            Err("those of a contact of type PERSONAL are its channels (ChannelTargetInfo)".into())
        }
        _ => Err("those of an escalation plan are contacts (ContactTargetInfo)".into()),
    }
}

/// A rotation's settings as they are worked out with.
///
/// # Errors
/// A sentence that names the member.
pub(crate) fn settings(
    members: Vec<String>,
    start_ms: i64,
    time_zone: &str,
    recurrence: &RecurrenceSettings,
) -> Result<Settings, String> {
    let settings = Settings {
        members,
        start: Timestamp(start_ms),
        zone: Zone::named(time_zone).map_err(|error| format!("{error}."))?,
        on_calls: number(recurrence.number_of_on_calls),
        multiplier: number(recurrence.recurrence_multiplier),
        recurrence: handoffs(recurrence)?,
        coverage: coverage(recurrence)?.map(Box::new),
    };
    settings.check().map_err(|error| format!("{error}."))?;
    Ok(settings)
}

fn number<T: TryFrom<i32> + Default>(value: Option<i32>) -> T {
    value.and_then(|value| T::try_from(value).ok()).unwrap_or_default()
}

fn time(of: Option<&HandOffTime>) -> Result<TimeOfDay, String> {
    let of = of.ok_or("A time of day is missing in Recurrence.")?;
    Ok(TimeOfDay { hour: number(of.hour_of_day), minute: number(of.minute_of_hour) })
}

fn handoffs(recurrence: &RecurrenceSettings) -> Result<Recurrence, String> {
    let RecurrenceSettings { daily_settings, weekly_settings, monthly_settings, .. } = recurrence;
    match (daily_settings, weekly_settings, monthly_settings) {
        (Some(daily), None, None) => {
            Ok(Recurrence::Daily(daily.iter().map(|at| time(Some(at))).collect::<Result<_, _>>()?))
        }
        (None, Some(weekly), None) => {
            let each = weekly.iter().map(|at| {
                let day = weekday(at.day_of_week.as_deref().unwrap_or_default())?;
                Ok((number(i32::try_from(day).ok()), time(at.hand_off_time.as_ref())?))
            });
            Ok(Recurrence::Weekly(each.collect::<Result<_, String>>()?))
        }
        (None, None, Some(monthly)) => {
            let each = monthly.iter();
            let each = each.map(|at| Ok((number(at.day_of_month), time(at.hand_off_time.as_ref())?)));
            Ok(Recurrence::Monthly(each.collect::<Result<_, String>>()?))
        }
        _ => Err("Recurrence must have exactly one of DailySettings, WeeklySettings and MonthlySettings."
            .to_owned()),
    }
}

fn weekday(name: &str) -> Result<usize, String> {
    let found = DAYS.iter().position(|day| *day == name);
    found.ok_or_else(|| format!("{name:?} is no day of the week: those are {}.", DAYS.join(", ")))
}

fn coverage(recurrence: &RecurrenceSettings) -> Result<Option<Coverage>, String> {
    let Some(given) = &recurrence.shift_coverages else { return Ok(None) };
    let mut coverage = Coverage::default();
    for (name, times) in given {
        let times = times.iter().map(|of| Ok((time(of.start.as_ref())?, time(of.end.as_ref())?)));
        if let Some(day) = coverage.get_mut(weekday(name)?) {
            *day = times.collect::<Result<_, String>>()?;
        }
    }
    Ok(Some(coverage))
}

/// A rotation with its history, as shifts are worked out from.
pub(crate) fn rotation(row: &RotationRow) -> Rotation {
    let version = |version: &VersionRow| {
        let recurrence: RecurrenceSettings =
            serde_json::from_str(&version.recurrence_json).unwrap_or_default();
        // They were checked when they were put.
        let settings = settings(version.contacts.clone(), version.start_ms, &version.time_zone, &recurrence);
        Version { from: Timestamp(version.from_ms), settings: settings.ok() }
    };
    let mut versions: Vec<Version> = row.versions.iter().map(version).collect();
    versions.extend(row.deleted_ms.map(|at| Version { from: Timestamp(at), settings: None }));
    let overrides = row.overrides.iter().map(|over| Override {
        members: over.contacts.clone(),
        start: Timestamp(over.start_ms),
        end: Timestamp(over.end_ms),
        created: Timestamp(over.created_ms),
        deleted: over.deleted_ms.map(Timestamp),
    });
    Rotation { versions, overrides: overrides.collect() }
}
