//! What makes an association that can run.

use super::node_exists;
use crate::{
    domain::{self, schedule::Timing},
    projections::{ASSOCIATIONS, AssociationRow, BY_DOCUMENT, ContentRow, content_of},
};
use reeve_contracts::ssm::AssociationDescription;
use reeve_document_language as language;
use reeve_fleet::{DOCUMENTS, DocumentRow, targets};
use reeve_runtime::{ApiError, Handle};
use reeve_types::{Timestamp, arn::id_or_arn};
use std::sync::Arc;

const GATHER: &str = "AWS-GatherSoftwareInventory";

/// An association as it is stored, or why it is refused.
///
/// # Errors
/// CreateAssociation's: each names the member.
pub fn checked(
    handle: &Handle,
    id: &str,
    mut of: AssociationDescription,
    now: Timestamp,
) -> Result<AssociationDescription, ApiError> {
    of.name = of.name.map(|name| id_or_arn("document", &name).to_owned());
    for target in of.targets.iter_mut().flatten() {
        if target.key.as_ref().is_some_and(|key| key.eq_ignore_ascii_case("InstanceIds")) {
            target.key = Some("InstanceIds".to_owned());
        }
    }
    supported(&of)?;
    calendars(handle, &of)?;
    let content = document(handle, &of)?;
    selection(handle, &of, &content)?;
    duration(&of)?;
    inventory(handle, id, &of)?;
    let timing = Timing::of(&of, now).map_err(|message| ApiError::new("InvalidSchedule", message))?;
    if timing.never_fires(now) {
        let text = of.schedule_expression.clone().unwrap_or_default();
        let message = format!("ScheduleExpression is {text:?}, which does not fire after {}.", now.rfc3339());
        return Err(ApiError::new("InvalidSchedule", message));
    }
    if of.document_version.is_none() && of.instance_id.is_none() {
        of.document_version = Some("$DEFAULT".to_owned());
    }
    Ok(of)
}

/// What nothing here acts on is refused, and not taken in silence.
fn supported(of: &AssociationDescription) -> Result<(), ApiError> {
    let refused = [
        ("AlarmConfiguration", of.alarm_configuration.is_some(), "alarms are not watched here"),
        (
            "AssociationDispatchAssumeRole",
            of.association_dispatch_assume_role.is_some(),
            "there are no roles here",
        ),
        (
            "AutomationTargetParameterName",
            of.automation_target_parameter_name.is_some(),
            "it is for automations",
        ),
        ("TargetLocations", of.target_locations.iter().flatten().next().is_some(), "it is for automations"),
        ("TargetMaps", of.target_maps.iter().flatten().next().is_some(), "it is for automations"),
    ];
    match refused.iter().find(|(_, given, _)| *given) {
        Some((member, _, why)) => Err(ApiError::invalid(format!("{member} cannot be given yet: {why}."))),
        None => Ok(()),
    }
}

/// As AWS has it: a Duration is for what runs at the instants of a cron expression alone.
fn duration(of: &AssociationDescription) -> Result<(), ApiError> {
    let Some(hours) = of.duration else { return Ok(()) };
    let schedule = of.schedule_expression.as_deref().unwrap_or_default();
    if schedule.starts_with("cron(") && of.apply_only_at_cron_interval == Some(true) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Duration is {hours}: it goes with a ScheduleExpression of the form cron(…) and ApplyOnlyAtCronInterval."
    )))
}

/// What runs only while calendars are open needs calendars that there are.
fn calendars(handle: &Handle, of: &AssociationDescription) -> Result<(), ApiError> {
    for named in of.calendar_names.iter().flatten() {
        let row = handle.views().get::<DocumentRow>(DOCUMENTS, id_or_arn("document", named));
        let problem = match row {
            Some(row) if row.document_type == "ChangeCalendar" => continue,
            Some(row) => format!("which is of type {}, not ChangeCalendar", row.document_type),
            None => "and there is no such document".to_owned(),
        };
        return Err(ApiError::new("InvalidDocument", format!("CalendarNames has {named:?}, {problem}.")));
    }
    Ok(())
}

/// The document's content in the version that is meant.
fn document(handle: &Handle, of: &AssociationDescription) -> Result<Arc<ContentRow>, ApiError> {
    let name = of.name.clone().unwrap_or_default();
    let row: Option<DocumentRow> = handle.views().get(DOCUMENTS, &name);
    let refused = |message: String| ApiError::new("InvalidDocument", message);
    let row = row.ok_or_else(|| refused(format!("Name is {name:?}: there is no such document.")))?;
    if !matches!(row.document_type.as_str(), "Command" | "Policy") {
        let kind = row.document_type;
        return Err(refused(format!("Name is {name:?}, which is of type {kind}, not Command or Policy.")));
    }
    let no_version = |version: &str| {
        let message = format!("DocumentVersion is {version:?}: {name} has no such version.");
        ApiError::new("InvalidDocumentVersion", message)
    };
    let given = of.document_version.as_deref().unwrap_or("$DEFAULT");
    let content = content_of(handle, &name, &row, given).ok_or_else(|| no_version(given))?;
    let checked = content.format.parse().map_err(|_| format!("{:?} is no format", content.format));
    let checked = checked.and_then(|format| {
        language::check(&row.document_type, format, &content.content).map_err(|error| error.to_string())
    });
    let inputs = checked.map_err(|error| refused(format!("{name} is not valid any more: {error}")))?.inputs;
    language::bind(&inputs, &of.parameters.clone().unwrap_or_default())
        .map_err(|error| ApiError::new("InvalidParameters", format!("Parameters: {error}")))?;
    Ok(content)
}

fn selection(handle: &Handle, of: &AssociationDescription, content: &ContentRow) -> Result<(), ApiError> {
    let refused = |message: String| Err(ApiError::new("InvalidTarget", message));
    let given = of.targets.as_deref().unwrap_or_default();
    if let Some(node) = &of.instance_id {
        if !given.is_empty() {
            return refused("InstanceId and Targets cannot be given together.".to_owned());
        }
        let newer = [
            ("AssociationName", of.association_name.is_some()),
            ("DocumentVersion", of.document_version.is_some()),
            ("MaxConcurrency", of.max_concurrency.is_some()),
            ("MaxErrors", of.max_errors.is_some()),
            ("OutputLocation", of.output_location.is_some()),
            ("ScheduleExpression", of.schedule_expression.is_some()),
        ];
        if let Some((member, _)) = newer.iter().find(|(_, given)| *given) {
            return Err(ApiError::invalid(format!("{member} cannot be given with InstanceId: use Targets.")));
        }
        if !content.schema_version.starts_with("1.") {
            let schema = &content.schema_version;
            let message =
                format!("InstanceId is for documents of schema 1.x, and this one has {schema}: use Targets.");
            return Err(ApiError::invalid(message));
        }
        return node_exists(handle, node);
    }
    if given.is_empty() {
        return refused(
            "Targets must have at least one: Key=InstanceIds,Values=* means all nodes.".to_owned(),
        );
    }
    targets::check(given)?;
    match given.iter().find(|target| target.values.as_ref().is_none_or(Vec::is_empty)) {
        Some(target) => {
            refused(format!("Targets: {:?} has no Values.", target.key.as_deref().unwrap_or_default()))
        }
        None => Ok(()),
    }
}

/// One association collects the inventory of all nodes, as with AWS.
fn inventory(handle: &Handle, id: &str, of: &AssociationDescription) -> Result<(), ApiError> {
    if of.name.as_deref() != Some(GATHER) || !domain::targets(of).is_empty() {
        return Ok(());
    }
    let prefix = format!("{GATHER}/");
    let others = handle.views().scan::<String>(BY_DOCUMENT, &prefix, None, usize::MAX).rows;
    let is_for_all = |id: &str| {
        let row = handle.views().look::<AssociationRow>(ASSOCIATIONS, id);
        row.is_some_and(|row| domain::targets(&row.state.association()).is_empty())
    };
    match others.iter().any(|(_, other)| other != id && is_for_all(other)) {
        true => Err(ApiError::invalid(format!(
            "Multiple apply all associations with document '{GATHER}' are not supported."
        ))),
        false => Ok(()),
    }
}
