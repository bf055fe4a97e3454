//! Windows themselves.

use super::{Once, by_id, filters::Filters, pairs, seconds};
use crate::{
    KIND,
    domain::{
        timing::Timing,
        window::{self, Command, State, Window},
    },
    projections::WINDOWS,
};
use reeve_contracts::{maintenance_windows::WindowCreated, ssm::*};
use reeve_runtime::{ApiError, Call, page_size, to_answers};
use reeve_types::{Timestamp, tags};

/// As many are answered at once.
const MAX_RESULTS: usize = 100;

fn checked(window: &GetMaintenanceWindowResult, created: Timestamp) -> Result<Timing, ApiError> {
    Timing::of(window, created).map_err(ApiError::invalid)
}

pub async fn create(
    call: Call<CreateMaintenanceWindowRequest>,
) -> Result<CreateMaintenanceWindowResult, ApiError> {
    let input = call.input.clone();
    let tags = tags::check(pairs(input.tags.as_ref()));
    let tags = window::tags(tags.map_err(|error| ApiError::invalid(format!("{error}.")))?);
    let untold = CreateMaintenanceWindowRequest { client_token: None, ..input.clone() };
    let once = Once::of(&call, "window", input.client_token.as_ref(), &untold)?;
    let window = GetMaintenanceWindowResult {
        allow_unassociated_targets: input.allow_unassociated_targets,
        cutoff: input.cutoff,
        description: input.description,
        duration: input.duration,
        end_date: said(input.end_date),
        name: input.name,
        schedule: input.schedule,
        schedule_offset: input.schedule_offset,
        schedule_timezone: said(input.schedule_timezone),
        start_date: said(input.start_date),
        ..GetMaintenanceWindowResult::default()
    };
    checked(&window, call.now)?;
    let window_id = format!("mw-{}", &once.id.simple().to_string()[15..]);
    let has_tags = !tags.is_empty();
    let created = Command::Create(Box::new(WindowCreated {
        window_id: window_id.clone(),
        window_json: serde_json::to_string(&window).map_err(ApiError::internal)?,
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        input_hash: once.input_hash,
        created_ms: call.now.0,
        tags,
        is_enabled: true,
    }));
    let executed = call.handle.execute::<Window>(&window_id, created, &once.context).await?;
    call.reached(executed.position);
    if has_tags {
        call.tags_follow(KIND, &window_id).await;
    }
    Ok(CreateMaintenanceWindowResult { window_id: Some(window_id) })
}

/// A text that says something: an empty one takes away what was there.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// What is left out stays, or is taken away with Replace, which needs all that a creation does. Whether it is enabled stays in
/// both cases: a creation does not say it.
fn changed(
    before: GetMaintenanceWindowResult,
    input: UpdateMaintenanceWindowRequest,
) -> Result<GetMaintenanceWindowResult, ApiError> {
    let replaces = input.replace.unwrap_or_default();
    let needed = [
        ("Name", input.name.is_some()),
        ("Schedule", input.schedule.is_some()),
        ("Duration", input.duration.is_some()),
        ("Cutoff", input.cutoff.is_some()),
        ("AllowUnassociatedTargets", input.allow_unassociated_targets.is_some()),
    ];
    if let Some((member, _)) = needed.iter().find(|(_, given)| replaces && !given) {
        return Err(ApiError::invalid(format!("{member}: with Replace it is needed, as for a new window.")));
    }
    let stays = if replaces { GetMaintenanceWindowResult::default() } else { before };
    Ok(GetMaintenanceWindowResult {
        allow_unassociated_targets: input.allow_unassociated_targets.or(stays.allow_unassociated_targets),
        cutoff: input.cutoff.or(stays.cutoff),
        description: input.description.or(stays.description),
        duration: input.duration.or(stays.duration),
        end_date: said(input.end_date.or(stays.end_date)),
        name: input.name.or(stays.name),
        schedule: input.schedule.or(stays.schedule),
        schedule_offset: input.schedule_offset.or(stays.schedule_offset),
        schedule_timezone: said(input.schedule_timezone.or(stays.schedule_timezone)),
        start_date: said(input.start_date.or(stays.start_date)),
        ..GetMaintenanceWindowResult::default()
    })
}

pub async fn update(
    call: Call<UpdateMaintenanceWindowRequest>,
) -> Result<UpdateMaintenanceWindowResult, ApiError> {
    let input = call.input.clone();
    let before = by_id(&call.handle, input.window_id.as_ref())?;
    let id = before.window_id.clone();
    let is_enabled = input.enabled.unwrap_or(before.is_enabled);
    let window = changed(before.window(), input)?;
    checked(&window, Timestamp(before.created_ms))?;
    let window_json = serde_json::to_string(&window).map_err(ApiError::internal)?;
    call.execute::<Window>(&id, Command::Update { window_json, is_enabled }).await?;
    let now = by_id(&call.handle, Some(&id))?.window();
    Ok(UpdateMaintenanceWindowResult {
        allow_unassociated_targets: now.allow_unassociated_targets,
        cutoff: now.cutoff,
        description: now.description,
        duration: now.duration,
        enabled: Some(is_enabled),
        end_date: now.end_date,
        name: now.name,
        schedule: now.schedule,
        schedule_offset: now.schedule_offset,
        schedule_timezone: now.schedule_timezone,
        start_date: now.start_date,
        window_id: Some(id),
    })
}

/// The id is answered also for what there is not: AWS has no error for that.
pub async fn delete(
    call: Call<DeleteMaintenanceWindowRequest>,
) -> Result<DeleteMaintenanceWindowResult, ApiError> {
    let id = call.input.window_id.clone().unwrap_or_default();
    let executed = call.execute::<Window>(&id, Command::Delete).await?;
    if executed.event.is_some() {
        call.tags_end(KIND, &id).await;
    }
    Ok(DeleteMaintenanceWindowResult { window_id: Some(id) })
}

/// When it fires next, as AWS writes that; `None` when it does not.
fn next_execution_time(state: &State) -> Option<String> {
    Some(state.timing()?.written(state.due_ms?))
}

pub async fn get(call: Call<GetMaintenanceWindowRequest>) -> Result<GetMaintenanceWindowResult, ApiError> {
    let state = by_id(&call.handle, call.input.window_id.as_ref())?;
    Ok(GetMaintenanceWindowResult {
        created_date: Some(seconds(state.created_ms)),
        enabled: Some(state.is_enabled),
        modified_date: Some(seconds(state.modified_ms)),
        next_execution_time: next_execution_time(&state),
        window_id: Some(state.window_id.clone()),
        ..state.window()
    })
}

fn identity(state: &State) -> MaintenanceWindowIdentity {
    let of = state.window();
    MaintenanceWindowIdentity {
        cutoff: of.cutoff,
        description: of.description,
        duration: of.duration,
        enabled: Some(state.is_enabled),
        end_date: of.end_date,
        name: of.name,
        next_execution_time: next_execution_time(state),
        schedule: of.schedule,
        schedule_offset: of.schedule_offset,
        schedule_timezone: of.schedule_timezone,
        start_date: of.start_date,
        window_id: Some(state.window_id.clone()),
    }
}

pub async fn list(
    call: Call<DescribeMaintenanceWindowsRequest>,
) -> Result<DescribeMaintenanceWindowsResult, ApiError> {
    let input = &call.input;
    let filters = Filters::read(input.filters.as_ref(), &["Name", "Enabled"])?;
    let filters = filters.with_words("Enabled", &["True", "False"])?;
    let limit = page_size(input.max_results, MAX_RESULTS)?;
    let meets = |_: &str, state: &State| {
        let enabled = if state.is_enabled { "True" } else { "False" };
        filters.meets("Enabled", enabled) && filters.meets("Name", &state.window().name.unwrap_or_default())
    };
    let after = input.next_token.as_deref();
    let page = call.handle.views().filter::<State>(WINDOWS, "", after, limit, meets);
    let (identities, next_token) = to_answers(page, |state| identity(&state))?;
    Ok(DescribeMaintenanceWindowsResult { next_token, window_identities: Some(identities) })
}
