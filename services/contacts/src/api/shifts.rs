//! Who is on call when: by a rotation, or by settings that are not stored.

use super::{after, home, milliseconds, rotations::rotation, rows, seconds, token};
use crate::shape;
use reeve_contracts::ssm_contacts::*;
use reeve_rotations::{Override, Rotation, Shift};
use reeve_runtime::{ApiError, Call};
use reeve_types::Timestamp;

/// A range of time, as an input says it.
struct Range {
    from: Timestamp,
    to: Timestamp,
}

fn range(start: Option<f64>, end: Option<f64>, otherwise: Timestamp) -> Result<Range, ApiError> {
    let from = start.map(|at| milliseconds("StartTime", at)).transpose()?.map_or(otherwise, Timestamp);
    let to = Timestamp(milliseconds("EndTime", end.unwrap_or_default())?);
    match from < to {
        true => Ok(Range { from, to }),
        false => Err(ApiError::invalid("EndTime is not after StartTime.")),
    }
}

/// A page of shifts, and where the next one begins.
fn page(
    rotation: &Rotation,
    mut range: Range,
    max_results: Option<i32>,
    next_token: Option<&String>,
    name: impl Fn(&[String]) -> Vec<String>,
) -> Result<(Vec<RotationShift>, Option<String>), ApiError> {
    let limit = rows(max_results)?;
    if let Some(key) = after(next_token)? {
        let said = || ApiError::invalid(format!("NextToken is {:?}, which no answer gave.", next_token));
        range.from = Timestamp(key.parse().map_err(|_| said())?);
    }
    let mut shifts = rotation.shifts(range.from, range.to, limit + 1);
    let has_more = shifts.len() > limit;
    shifts.truncate(limit);
    // No two shifts overlap: the next ones are those that end later.
    let next = shifts.last().filter(|_| has_more).map(|shift| shift.end.0.to_string());
    Ok((shifts.iter().map(|shift| answer(shift, &name)).collect(), token(next)))
}

fn answer(shift: &Shift, name: impl Fn(&[String]) -> Vec<String>) -> RotationShift {
    let overridden = shift.overridden.as_deref().map(&name);
    RotationShift {
        contact_ids: Some(name(&shift.members)),
        end_time: seconds(shift.end.0),
        r#type: Some(if overridden.is_some() { "OVERRIDDEN" } else { "REGULAR" }.to_owned()),
        shift_details: overridden.map(|ids| ShiftDetails { overridden_contact_ids: Some(ids) }),
        start_time: seconds(shift.start.0),
    }
}

pub async fn list(call: Call<ListRotationShiftsRequest>) -> Result<ListRotationShiftsResult, ApiError> {
    let input = &call.input;
    let row = rotation(call.handle.views(), input.rotation_id.as_ref())?;
    let range = range(input.start_time, input.end_time, call.now)?;
    let (rotation, home) = (shape::rotation(&row), home(&call));
    let name = |aliases: &[String]| home.contacts(aliases);
    let (shifts, next_token) = page(&rotation, range, input.max_results, input.next_token.as_ref(), name)?;
    Ok(ListRotationShiftsResult { next_token, rotation_shifts: Some(shifts) })
}

pub async fn preview(
    call: Call<ListPreviewRotationShiftsRequest>,
) -> Result<ListPreviewRotationShiftsResult, ApiError> {
    let input = &call.input;
    let start = input.rotation_start_time.map(|at| milliseconds("RotationStartTime", at)).transpose()?;
    let start = start.unwrap_or(call.now.0);
    let members = input.members.clone().unwrap_or_default();
    let (zone, recurrence) =
        (input.time_zone_id.clone().unwrap_or_default(), input.recurrence.clone().unwrap_or_default());
    let settings = shape::settings(members, start, &zone, &recurrence).map_err(ApiError::invalid)?;
    let mut overrides = Vec::new();
    for over in input.overrides.iter().flatten() {
        let at = |member: &str, value: Option<f64>| {
            let value =
                value.ok_or_else(|| ApiError::invalid(format!("Overrides has one without {member}.")))?;
            milliseconds(member, value).map(Timestamp)
        };
        let (start, end) = (at("StartTime", over.start_time)?, at("EndTime", over.end_time)?);
        if end <= start {
            return Err(ApiError::invalid("Overrides has one whose EndTime is not after its StartTime."));
        }
        let members = over.new_members.clone().unwrap_or_default();
        overrides.push(Override { members, start, end, created: Timestamp(i64::MIN), deleted: None });
    }
    let range = range(input.start_time, input.end_time, Timestamp(start))?;
    let rotation = Rotation::of(settings, overrides);
    let name = |members: &[String]| members.to_vec();
    let (shifts, next_token) = page(&rotation, range, input.max_results, input.next_token.as_ref(), name)?;
    Ok(ListPreviewRotationShiftsResult { next_token, rotation_shifts: Some(shifts) })
}
