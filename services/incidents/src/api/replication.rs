//! The replication set: this installation, in its one region.

use super::{arn, id_of, not_found, user_arn};
use crate::{
    domain::replication::{Command, INSTALLATION, ReplicationSet as Set},
    projections::{REPLICATION_SET, ReplicationSetRow, THIS},
};
use reeve_contracts::ssm_incidents::*;
use reeve_runtime::{ApiError, Call, Handle};
use std::collections::BTreeMap;

pub(super) const KIND: &str = "replication-set";

pub async fn create(call: Call<CreateReplicationSetInput>) -> Result<CreateReplicationSetOutput, ApiError> {
    let input = &call.input;
    let region = &call.caller.region;
    let regions = input.regions.clone().unwrap_or_default();
    let Some(own) = regions.get(region).filter(|_| regions.len() == 1) else {
        let given: Vec<_> = regions.into_keys().collect();
        return Err(ApiError::invalid(format!(
            "regions has {}; this installation is the region {region}, and replicates to no other.",
            given.join(", ")
        )));
    };
    let context = call.context_of_token("CreateReplicationSet", input.client_token.as_ref())?;
    let set_id = context.command_id.to_string();
    let command = Command::Create {
        set_id: set_id.clone(),
        region: region.clone(),
        kms_key_id: own.sse_kms_key_id.clone().unwrap_or_default(),
        tags: input.tags.clone().unwrap_or_default(),
    };
    let executed = call.handle.execute::<Set>(INSTALLATION, command, &context).await?;
    call.reached(executed.position);
    Ok(CreateReplicationSetOutput { arn: Some(arn(&call, KIND, &set_id)) })
}

/// The replication set of an id.
pub(super) fn set(handle: &Handle, set_id: &str) -> Result<ReplicationSetRow, ApiError> {
    let row: Option<ReplicationSetRow> = handle.views().get(REPLICATION_SET, THIS);
    let unknown = || not_found(format!("There is no replication set {set_id:?}."));
    row.filter(|row| row.set_id == set_id).ok_or_else(unknown)
}

pub async fn get(call: Call<GetReplicationSetInput>) -> Result<GetReplicationSetOutput, ApiError> {
    let row = set(&call.handle, id_of("arn", call.input.arn.as_ref(), KIND)?)?;
    let key = if row.kms_key_id.is_empty() { "DefaultKey".to_owned() } else { row.kms_key_id };
    let region = RegionInfo {
        sse_kms_key_id: Some(key),
        status: Some("ACTIVE".to_owned()),
        status_message: None,
        status_update_date_time: Some(row.created.epoch_seconds()),
    };
    let account = &call.caller.account;
    let answered = ReplicationSet {
        arn: Some(arn(&call, KIND, &row.set_id)),
        created_by: Some(user_arn(account, &row.created_by)),
        created_time: Some(row.created.epoch_seconds()),
        deletion_protected: Some(row.is_protected),
        last_modified_by: Some(user_arn(account, &row.changed_by)),
        last_modified_time: Some(row.changed.epoch_seconds()),
        region_map: Some(BTreeMap::from([(row.region, region)])),
        status: Some("ACTIVE".to_owned()),
    };
    Ok(GetReplicationSetOutput { replication_set: Some(answered) })
}

/// There is one region, which is neither added to nor taken away.
pub async fn update(call: Call<UpdateReplicationSetInput>) -> Result<UpdateReplicationSetOutput, ApiError> {
    id_of("arn", call.input.arn.as_ref(), KIND)?;
    let region = &call.caller.region;
    Err(ApiError::invalid(format!(
        "actions: this installation is the region {region}. It replicates to no other; without it there is no set: see \
         DeleteReplicationSet."
    )))
}

pub async fn protect(
    call: Call<UpdateDeletionProtectionInput>,
) -> Result<UpdateDeletionProtectionOutput, ApiError> {
    let input = &call.input;
    let set_id = id_of("arn", input.arn.as_ref(), KIND)?.to_owned();
    let is_protected = input.deletion_protected.unwrap_or_default();
    let context = call.context_of_token("UpdateDeletionProtection", input.client_token.as_ref())?;
    let command = Command::Protect { set_id, is_protected };
    let executed = call.handle.execute::<Set>(INSTALLATION, command, &context).await?;
    call.reached(executed.position);
    Ok(UpdateDeletionProtectionOutput {})
}

/// Plans and incidents stay: they are of this installation, whether it calls itself a set or not.
pub async fn delete(call: Call<DeleteReplicationSetInput>) -> Result<DeleteReplicationSetOutput, ApiError> {
    let set_id = id_of("arn", call.input.arn.as_ref(), KIND)?.to_owned();
    call.execute::<Set>(INSTALLATION, Command::Delete { set_id }).await?;
    Ok(DeleteReplicationSetOutput {})
}

pub async fn list(call: Call<ListReplicationSetsInput>) -> Result<ListReplicationSetsOutput, ApiError> {
    let row: Option<ReplicationSetRow> = call.handle.views().get(REPLICATION_SET, THIS);
    let arns = row.map(|row| arn(&call, KIND, &row.set_id)).into_iter().collect();
    Ok(ListReplicationSetsOutput { next_token: None, replication_set_arns: Some(arns) })
}
