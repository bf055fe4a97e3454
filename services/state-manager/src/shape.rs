//! Associations as AWS's API has them.

use crate::projections::{ASSOCIATION_COUNTS, AssociationRow, Counts};
use reeve_contracts::ssm::{
    Association, AssociationDescription, AssociationOverview, AssociationStatus, AssociationVersionInfo,
};
use reeve_runtime::Handle;
use reeve_types::Timestamp;

/// Seconds since 1970, as the API has instants.
pub fn seconds(milliseconds: i64) -> f64 {
    Timestamp(milliseconds).epoch_seconds()
}

fn overview(handle: &Handle, row: &AssociationRow) -> AssociationOverview {
    let (status, detailed) = match row.status.as_str() {
        "" => ("Pending", "Creating"),
        "Success" => ("Success", row.detailed_status.as_str()),
        "Pending" => ("Pending", row.detailed_status.as_str()),
        _ => ("Failed", row.detailed_status.as_str()),
    };
    let counts: Option<Counts> = handle.views().get(ASSOCIATION_COUNTS, &row.state.association_id);
    let counts = counts.map(|counts| {
        counts.into_iter().map(|(status, count)| (status, i32::try_from(count).unwrap_or(i32::MAX))).collect()
    });
    AssociationOverview {
        association_status_aggregated_count: counts,
        detailed_status: Some(detailed.to_owned()),
        status: Some(status.to_owned()),
    }
}

/// An association as DescribeAssociation answers it.
pub fn description(handle: &Handle, row: &AssociationRow) -> AssociationDescription {
    let (state, of) = (&row.state, row.state.association());
    let status = match state.status_json.as_str() {
        "" => AssociationStatus {
            additional_info: None,
            date: Some(seconds(row.created_ms)),
            message: Some(format!("Associated with {}", of.name.clone().unwrap_or_default())),
            name: Some("Associated".to_owned()),
        },
        json => serde_json::from_str(json).unwrap_or_default(),
    };
    AssociationDescription {
        association_id: Some(state.association_id.clone()),
        association_version: Some(state.version.to_string()),
        date: Some(seconds(row.created_ms)),
        last_update_association_date: Some(seconds(state.since_ms)),
        last_execution_date: row.last_execution_ms.map(seconds),
        last_successful_execution_date: row.last_success_ms.map(seconds),
        overview: Some(overview(handle, row)),
        status: Some(status),
        ..of
    }
}

/// An association as ListAssociations answers it.
pub fn listed(handle: &Handle, row: &AssociationRow) -> Association {
    let of = description(handle, row);
    Association {
        association_id: of.association_id,
        association_name: of.association_name,
        association_version: of.association_version,
        document_version: of.document_version,
        duration: of.duration,
        instance_id: of.instance_id,
        last_execution_date: of.last_execution_date,
        name: of.name,
        overview: of.overview,
        schedule_expression: of.schedule_expression,
        schedule_offset: of.schedule_offset,
        target_maps: of.target_maps,
        targets: of.targets,
    }
}

/// A version as ListAssociationVersions answers it.
pub fn version(
    id: &str,
    number: &str,
    created_ms: i64,
    of: AssociationDescription,
) -> AssociationVersionInfo {
    AssociationVersionInfo {
        association_id: Some(id.to_owned()),
        association_version: Some(number.to_owned()),
        created_date: Some(seconds(created_ms)),
        apply_only_at_cron_interval: of.apply_only_at_cron_interval,
        calendar_names: of.calendar_names,
        association_name: of.association_name,
        compliance_severity: of.compliance_severity,
        document_version: of.document_version,
        max_concurrency: of.max_concurrency,
        max_errors: of.max_errors,
        name: of.name,
        output_location: of.output_location,
        parameters: of.parameters,
        schedule_expression: of.schedule_expression,
        schedule_offset: of.schedule_offset,
        sync_compliance: of.sync_compliance,
        targets: of.targets,
        ..AssociationVersionInfo::default()
    }
}
