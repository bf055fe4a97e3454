//! Rotations and their overrides.

use super::{after, home, milliseconds, not_found, rows, seconds, tags_of, token, written};
use crate::{
    domain::{
        rotation::{Command, Rotation},
        tags::told,
    },
    names::{CONTACT, Home, ROTATION, id_of},
    projections::{CONTACTS, ContactRow, OverrideRow, ROTATIONS, RotationRow},
    shape::{self, PERSONAL},
};
use reeve_contracts::{
    contacts::{OverrideCreated, RotationCreated, RotationUpdated},
    ssm_contacts::{Rotation as Listed, *},
};
use reeve_runtime::{ApiError, Call, Store, page_of, to_answers};
use std::sync::Arc;

/// An override lasts as long at least, and begins as far ahead at most.
const MIN_OVERRIDE_MS: i64 = 30 * 60_000;
const MAX_AHEAD_MS: i64 = 183 * 24 * 3_600_000;

/// The rotation that a member names.
///
/// # Errors
/// `ValidationException` for what is no ARN of a rotation, `ResourceNotFoundException` when there is none.
pub fn rotation(views: &Store, arn: Option<&String>) -> Result<Arc<RotationRow>, ApiError> {
    let id = id_of("RotationId", arn, ROTATION)?;
    let row = views.look::<RotationRow>(ROTATIONS, id).filter(|row| row.deleted_ms.is_none());
    row.ok_or_else(|| not_found("ROTATION", id))
}

/// The aliases of members, each a person that there is.
fn members(views: &Store, arns: Option<&Vec<String>>) -> Result<Vec<String>, ApiError> {
    let mut aliases = Vec::new();
    for arn in arns.into_iter().flatten() {
        let alias = id_of("ContactIds", Some(arn), CONTACT)?;
        match views.look::<ContactRow>(CONTACTS, alias) {
            Some(row) if row.kind == PERSONAL => aliases.push(row.alias.clone()),
            Some(row) => {
                let message =
                    format!("ContactIds has {arn:?}, which is {}; members are PERSONAL alone.", row.kind);
                return Err(ApiError::invalid(message));
            }
            None => return Err(not_found("CONTACT", alias)),
        }
    }
    Ok(aliases)
}

pub async fn create(call: Call<CreateRotationRequest>) -> Result<CreateRotationResult, ApiError> {
    let input = &call.input;
    let contacts = members(call.handle.views(), input.contact_ids.as_ref())?;
    let start_ms =
        input.start_time.map(|at| milliseconds("StartTime", at)).transpose()?.unwrap_or(call.now.0);
    let time_zone = input.time_zone_id.clone().unwrap_or_default();
    let recurrence = input.recurrence.clone().unwrap_or_default();
    shape::settings(contacts.clone(), start_ms, &time_zone, &recurrence).map_err(ApiError::invalid)?;
    let context = call.context_of_token("CreateRotation", input.idempotency_token.as_ref())?;
    let id = context.command_id.to_string();
    let created = RotationCreated {
        rotation_id: id.clone(),
        name: input.name.clone().unwrap_or_default(),
        contacts,
        start_ms,
        time_zone,
        recurrence_json: written(&recurrence)?,
        effective_ms: call.now.0,
        tags: told(tags_of(input.tags.as_ref())?),
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
    };
    let command = Command::Create(Box::new(created));
    call.reached(call.handle.execute::<Rotation>(&id, command, &context).await?.position);
    Ok(CreateRotationResult { rotation_arn: Some(home(&call).rotation(&id)) })
}

fn answer(home: Home<'_>, row: &RotationRow) -> Result<GetRotationResult, ApiError> {
    let settings = row.settings();
    Ok(GetRotationResult {
        contact_ids: Some(home.contacts(&settings.contacts)),
        name: Some(row.name.clone()),
        recurrence: Some(serde_json::from_str(&settings.recurrence_json).map_err(ApiError::internal)?),
        rotation_arn: Some(home.rotation(&row.rotation_id)),
        start_time: seconds(settings.start_ms),
        time_zone_id: Some(settings.time_zone),
    })
}

pub async fn get(call: Call<GetRotationRequest>) -> Result<GetRotationResult, ApiError> {
    let row = rotation(call.handle.views(), call.input.rotation_id.as_ref())?;
    answer(home(&call), &row)
}

/// What is left out stays as it is; the settings count from now on.
pub async fn update(call: Call<UpdateRotationRequest>) -> Result<UpdateRotationResult, ApiError> {
    let input = &call.input;
    let row = rotation(call.handle.views(), input.rotation_id.as_ref())?;
    let before = row.settings();
    let contacts = match &input.contact_ids {
        Some(_) => members(call.handle.views(), input.contact_ids.as_ref())?,
        None => before.contacts,
    };
    let start_ms = input.start_time.map(|at| milliseconds("StartTime", at)).transpose()?;
    let start_ms = start_ms.unwrap_or(before.start_ms);
    let time_zone = input.time_zone_id.clone().unwrap_or(before.time_zone);
    let recurrence = input.recurrence.clone().unwrap_or_default();
    shape::settings(contacts.clone(), start_ms, &time_zone, &recurrence).map_err(ApiError::invalid)?;
    let recurrence_json = written(&recurrence)?;
    let updated =
        RotationUpdated { contacts, start_ms, time_zone, recurrence_json, ..RotationUpdated::default() };
    call.execute::<Rotation>(&row.rotation_id, Command::Update(Box::new(updated))).await?;
    Ok(UpdateRotationResult {})
}

pub async fn delete(call: Call<DeleteRotationRequest>) -> Result<DeleteRotationResult, ApiError> {
    let row = rotation(call.handle.views(), call.input.rotation_id.as_ref())?;
    call.execute::<Rotation>(&row.rotation_id, Command::Delete).await?;
    Ok(DeleteRotationResult {})
}

pub async fn list(call: Call<ListRotationsRequest>) -> Result<ListRotationsResult, ApiError> {
    let input = &call.input;
    let (limit, after) = (rows(input.max_results)?, after(input.next_token.as_ref())?);
    let prefix = input.rotation_name_prefix.as_deref().unwrap_or_default();
    let all = call.handle.views().scan::<RotationRow>(ROTATIONS, "", None, usize::MAX);
    let named =
        all.rows.into_iter().filter(|(_, row)| row.deleted_ms.is_none() && row.name.starts_with(prefix));
    let by_name = named.map(|(id, row)| (format!("{}/{id}", row.name), row)).collect();
    let home = home(&call);
    let (rotations, next) = to_answers(page_of(by_name, after.as_deref(), limit), |row| {
        let of = answer(home, &row).unwrap_or_default();
        Listed {
            contact_ids: of.contact_ids,
            name: of.name,
            recurrence: of.recurrence,
            rotation_arn: of.rotation_arn,
            start_time: of.start_time,
            time_zone_id: of.time_zone_id,
        }
    })?;
    Ok(ListRotationsResult { next_token: token(next), rotations: Some(rotations) })
}

pub async fn create_override(
    call: Call<CreateRotationOverrideRequest>,
) -> Result<CreateRotationOverrideResult, ApiError> {
    let input = &call.input;
    let row = rotation(call.handle.views(), input.rotation_id.as_ref())?;
    let start_ms = milliseconds("StartTime", input.start_time.unwrap_or_default())?;
    let end_ms = milliseconds("EndTime", input.end_time.unwrap_or_default())?;
    if end_ms <= start_ms {
        return Err(ApiError::invalid("EndTime is not after StartTime."));
    }
    if end_ms - start_ms < MIN_OVERRIDE_MS {
        return Err(ApiError::invalid("EndTime: an override lasts 30 minutes at least."));
    }
    if start_ms - call.now.0 > MAX_AHEAD_MS {
        return Err(ApiError::invalid("StartTime: an override begins six months ahead at most."));
    }
    let contacts = members(call.handle.views(), input.new_contact_ids.as_ref())?;
    let context = call.context_of_token("CreateRotationOverride", input.idempotency_token.as_ref())?;
    let override_id = context.command_id.to_string();
    let created = OverrideCreated {
        rotation_id: row.rotation_id.clone(),
        override_id: override_id.clone(),
        contacts,
        start_ms,
        end_ms,
        created_ms: call.now.0,
    };
    let command = Command::Override(Box::new(created));
    call.reached(call.handle.execute::<Rotation>(&row.rotation_id, command, &context).await?.position);
    Ok(CreateRotationOverrideResult { rotation_override_id: Some(override_id) })
}

pub async fn get_override(
    call: Call<GetRotationOverrideRequest>,
) -> Result<GetRotationOverrideResult, ApiError> {
    let row = rotation(call.handle.views(), call.input.rotation_id.as_ref())?;
    let id = call.input.rotation_override_id.as_deref().unwrap_or_default();
    let found = row.overrides.iter().find(|over| over.override_id == id && over.deleted_ms.is_none());
    let over = found.ok_or_else(|| not_found("ROTATION_OVERRIDE", id))?;
    let home = home(&call);
    Ok(GetRotationOverrideResult {
        create_time: seconds(over.created_ms),
        end_time: seconds(over.end_ms),
        new_contact_ids: Some(home.contacts(&over.contacts)),
        rotation_arn: Some(home.rotation(&row.rotation_id)),
        rotation_override_id: Some(over.override_id.clone()),
        start_time: seconds(over.start_ms),
    })
}

pub async fn delete_override(
    call: Call<DeleteRotationOverrideRequest>,
) -> Result<DeleteRotationOverrideResult, ApiError> {
    let row = rotation(call.handle.views(), call.input.rotation_id.as_ref())?;
    let id = call.input.rotation_override_id.clone().unwrap_or_default();
    call.execute::<Rotation>(&row.rotation_id, Command::DeleteOverride(id)).await?;
    Ok(DeleteRotationOverrideResult {})
}

/// Those that touch a range, by when they begin.
pub async fn list_overrides(
    call: Call<ListRotationOverridesRequest>,
) -> Result<ListRotationOverridesResult, ApiError> {
    let input = &call.input;
    let row = rotation(call.handle.views(), input.rotation_id.as_ref())?;
    let (limit, after) = (rows(input.max_results)?, after(input.next_token.as_ref())?);
    let from = milliseconds("StartTime", input.start_time.unwrap_or_default())?;
    let to = milliseconds("EndTime", input.end_time.unwrap_or_default())?;
    let overrides = row.overrides.iter().filter(|over| over.deleted_ms.is_none());
    let found = overrides.filter(|over| over.end_ms > from && over.start_ms < to);
    let keyed = found.map(|over| (format!("{:020}/{}", over.start_ms, over.override_id), over.clone()));
    let page = page_of(keyed.collect(), after.as_deref(), limit);
    let home = home(&call);
    let (overrides, next) = to_answers(page, |over: OverrideRow| RotationOverride {
        create_time: seconds(over.created_ms),
        end_time: seconds(over.end_ms),
        new_contact_ids: Some(home.contacts(&over.contacts)),
        rotation_override_id: Some(over.override_id),
        start_time: seconds(over.start_ms),
    })?;
    Ok(ListRotationOverridesResult { next_token: token(next), rotation_overrides: Some(overrides) })
}
