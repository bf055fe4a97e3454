//! The operations on resource data syncs.

use crate::{
    Config,
    domain::{Command, Error, FROM_SOURCE, ResourceDataSync, TO_DESTINATION, sync_id},
    export,
    projections::{SYNCS, SyncRow},
};
use reeve_contracts::{
    explorer::{Destination, Source},
    ssm::*,
};
use reeve_runtime::{ApiError, Call, page_size, text, to_answers};
use reeve_types::Timestamp;
use std::sync::Arc;

/// As many syncs there may be.
const MAX_SYNCS: usize = 100;
const SINGLE_ACCOUNT: &str = "SingleAccountMultiRegions";

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::AlreadyExists => "ResourceDataSyncAlreadyExistsException",
            Error::NotFound => "ResourceDataSyncNotFoundException",
        };
        Self::new(code, format!("{error}."))
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::new("ResourceDataSyncInvalidConfigurationException", message)
}

/// The type that is meant; by default one that writes.
fn sync_type(named: Option<&String>) -> Result<&'static str, ApiError> {
    match named.map_or(TO_DESTINATION, String::as_str) {
        TO_DESTINATION => Ok(TO_DESTINATION),
        FROM_SOURCE => Ok(FROM_SOURCE),
        other => Err(invalid(format!("SyncType is {other:?}; it is {TO_DESTINATION} or {FROM_SOURCE}."))),
    }
}

pub(crate) async fn create(
    config: Arc<Config>,
    call: Call<CreateResourceDataSyncRequest>,
) -> Result<CreateResourceDataSyncResult, ApiError> {
    let input = &call.input;
    let (name, kind) = (input.sync_name.clone().unwrap_or_default(), sync_type(input.sync_type.as_ref())?);
    export::check_name(&name).map_err(|why| invalid(format!("SyncName is {name:?}: {why}.")))?;
    let command = match (kind, &input.s3_destination, &input.sync_source) {
        (TO_DESTINATION, Some(destination), None) => {
            let destination = checked_destination(&config, destination)?;
            Command::CreateToDestination { name: name.clone(), destination }
        }
        (TO_DESTINATION, _, _) => {
            let message = format!("A sync of the type {TO_DESTINATION} has S3Destination and no SyncSource.");
            return Err(invalid(message));
        }
        (_, None, Some(source)) => {
            Command::CreateFromSource { name: name.clone(), source: checked_source(&config, source)? }
        }
        _ => {
            let message = format!("A sync of the type {FROM_SOURCE} has SyncSource and no S3Destination.");
            return Err(invalid(message));
        }
    };
    if call.handle.views().scan::<SyncRow>(SYNCS, "", None, MAX_SYNCS).rows.len() >= MAX_SYNCS {
        let message = format!("There are {MAX_SYNCS} resource data syncs, and no more are allowed.");
        return Err(ApiError::new("ResourceDataSyncCountExceededException", message));
    }
    let created = call.execute::<ResourceDataSync>(&sync_id(kind, &name), command).await;
    created.map_err(|error| ApiError::from(error).with("SyncName", name))?;
    Ok(CreateResourceDataSyncResult {})
}

/// A destination that the operator has a store for, and that is nowhere else.
fn checked_destination(
    config: &Config,
    asked: &ResourceDataSyncS3Destination,
) -> Result<Destination, ApiError> {
    if config.store.is_none() {
        return Err(invalid(
            "This installation writes no exports: its operator has configured neither a folder nor an S3-compatible \
             address for them."
                .to_owned(),
        ));
    }
    if let Some(key) = &asked.awskms_key_arn {
        return Err(invalid(format!("AWSKMSKeyARN is {key:?}: no keys of KMS are used here.")));
    }
    if asked.destination_data_sharing.is_some() {
        return Err(invalid("DestinationDataSharing: this installation is one account alone.".to_owned()));
    }
    let (bucket, prefix) =
        (asked.bucket_name.clone().unwrap_or_default(), asked.prefix.clone().unwrap_or_default());
    export::check_bucket(&bucket).map_err(|why| invalid(format!("BucketName is {bucket:?}: {why}.")))?;
    export::check_prefix(&prefix).map_err(|why| invalid(format!("Prefix is {prefix:?}: {why}.")))?;
    Ok(Destination {
        bucket,
        prefix: prefix.trim_end_matches('/').to_owned(),
        region: asked.region.clone().unwrap_or_default(),
        format: asked.sync_format.clone().unwrap_or_default(),
    })
}

/// A source that is this installation, which is all that there is here.
fn checked_source(config: &Config, asked: &ResourceDataSyncSource) -> Result<Source, ApiError> {
    let source_type = asked.source_type.clone().unwrap_or_default();
    if source_type != SINGLE_ACCOUNT || asked.aws_organizations_source.is_some() {
        return Err(invalid(format!(
            "SourceType is {source_type:?}: this installation is one account alone, so that {SINGLE_ACCOUNT} without \
             AwsOrganizationsSource is all that it can be."
        )));
    }
    let (regions, here) = (asked.source_regions.clone().unwrap_or_default(), &config.place.region);
    if let Some(other) = regions.iter().find(|region| *region != here) {
        return Err(invalid(format!("SourceRegions has {other:?}: this installation is {here:?} alone.")));
    }
    Ok(Source {
        source_type,
        regions,
        includes_future_regions: asked.include_future_regions.unwrap_or_default(),
        enables_all_data_sources: asked.enable_all_ops_data_sources.unwrap_or_default(),
    })
}

pub(crate) async fn update(
    config: Arc<Config>,
    call: Call<UpdateResourceDataSyncRequest>,
) -> Result<UpdateResourceDataSyncResult, ApiError> {
    let input = &call.input;
    let (name, kind) = (input.sync_name.clone().unwrap_or_default(), sync_type(input.sync_type.as_ref())?);
    if kind != FROM_SOURCE {
        let message =
            format!("SyncType is {kind:?}: the source of a sync is changed, which {FROM_SOURCE} alone has.");
        return Err(invalid(message));
    }
    let source = checked_source(&config, &input.sync_source.clone().unwrap_or_default())?;
    let updated = call.execute::<ResourceDataSync>(&sync_id(kind, &name), Command::Update { source }).await;
    updated.map_err(|error| named(error.into(), &name, kind))?;
    Ok(UpdateResourceDataSyncResult {})
}

/// With the members of the modelled error.
fn named(error: ApiError, name: &str, kind: &str) -> ApiError {
    error.with("SyncName", name).with("SyncType", kind)
}

pub(crate) async fn delete(
    call: Call<DeleteResourceDataSyncRequest>,
) -> Result<DeleteResourceDataSyncResult, ApiError> {
    let input = &call.input;
    let (name, kind) = (input.sync_name.clone().unwrap_or_default(), sync_type(input.sync_type.as_ref())?);
    let deleted = call.execute::<ResourceDataSync>(&sync_id(kind, &name), Command::Delete).await;
    deleted.map_err(|error| named(error.into(), &name, kind))?;
    Ok(DeleteResourceDataSyncResult {})
}

pub(crate) async fn list(
    call: Call<ListResourceDataSyncRequest>,
) -> Result<ListResourceDataSyncResult, ApiError> {
    let input = &call.input;
    let limit = page_size(input.max_results, 50)?;
    let kind = input.sync_type.as_ref().map(|named| sync_type(Some(named))).transpose()?;
    let prefix = kind.map(|kind| sync_id(kind, "")).unwrap_or_default();
    let page = call.handle.views().scan::<SyncRow>(SYNCS, &prefix, input.next_token.as_deref(), limit);
    let (items, next_token) = to_answers(page, item)?;
    Ok(ListResourceDataSyncResult { next_token, resource_data_sync_items: Some(items) })
}

fn item(row: SyncRow) -> ResourceDataSyncItem {
    let seconds = |at: Timestamp| at.epoch_seconds();
    let (status, message) = match (&row.last, row.sync_type.as_str()) {
        // Nothing is copied: what is here is always at hand.
        (_, FROM_SOURCE) => (None, "The data is this installation's own; nothing is copied.".to_owned()),
        (None, _) => (Some("InProgress"), "The first run has not ended yet.".to_owned()),
        (Some((_, problem)), _) if !problem.is_empty() => (Some("Failed"), problem.clone()),
        _ => (Some("Successful"), format!("{} rows in {} objects.", row.rows, row.objects)),
    };
    ResourceDataSyncItem {
        last_status: status.map(str::to_owned),
        last_successful_sync_time: row.last_success.map(seconds),
        last_sync_status_message: text(&message),
        last_sync_time: row.last.as_ref().map(|(at, _)| seconds(*at)),
        s3_destination: row.destination.map(|of| ResourceDataSyncS3Destination {
            bucket_name: text(&of.bucket),
            prefix: text(&of.prefix),
            region: text(&of.region),
            sync_format: text(&of.format),
            ..ResourceDataSyncS3Destination::default()
        }),
        sync_created_time: Some(seconds(row.created)),
        sync_last_modified_time: Some(seconds(row.modified)),
        sync_name: text(&row.name),
        sync_source: row.source.map(|of| ResourceDataSyncSourceWithState {
            enable_all_ops_data_sources: Some(of.enables_all_data_sources),
            include_future_regions: Some(of.includes_future_regions),
            source_regions: Some(of.regions),
            source_type: text(&of.source_type),
            ..ResourceDataSyncSourceWithState::default()
        }),
        sync_type: text(&row.sync_type),
    }
}
