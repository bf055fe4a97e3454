//! Resource policies of response plans. They are kept and answered, and decide nothing: one account is all that there is here.

use super::{id_of, plans};
use crate::{
    domain::plan::{Command, Plan},
    projections::{POLICIES, Policies},
};
use reeve_contracts::ssm_incidents::*;
use reeve_runtime::{ApiError, Call, page_of, page_size, to_answers};
use serde_json::Value;
use uuid::Uuid;

const MEMBER: &str = "resourceArn";

pub async fn put(call: Call<PutResourcePolicyInput>) -> Result<PutResourcePolicyOutput, ApiError> {
    let input = &call.input;
    let name = id_of(MEMBER, input.resource_arn.as_ref(), plans::KIND)?;
    let policy = input.policy.clone().unwrap_or_default();
    let parsed = serde_json::from_str::<Value>(&policy)
        .map_err(|error| ApiError::invalid(format!("policy is no JSON: {error}.")))?;
    if !parsed["Statement"].is_array() {
        return Err(ApiError::invalid("policy has no list Statement."));
    }
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, policy.as_bytes()).to_string();
    call.execute::<Plan>(name, Command::PutPolicy { id: id.clone(), policy }).await?;
    Ok(PutResourcePolicyOutput { policy_id: Some(id) })
}

pub async fn get(call: Call<GetResourcePoliciesInput>) -> Result<GetResourcePoliciesOutput, ApiError> {
    let input = &call.input;
    let name = id_of(MEMBER, input.resource_arn.as_ref(), plans::KIND)?;
    plans::plan(&call.handle, name)?;
    let policies: Policies = call.handle.views().get(POLICIES, name).unwrap_or_default();
    let rows = policies.into_iter().map(|(id, policy)| (id.clone(), (id, policy))).collect();
    let page = page_of(rows, input.next_token.as_deref(), page_size(input.max_results, 100)?);
    let (resource_policies, next_token) = to_answers(page, |(id, policy)| ResourcePolicy {
        policy_document: Some(policy),
        policy_id: Some(id),
        ram_resource_share_region: Some(call.caller.region.clone()),
    })?;
    Ok(GetResourcePoliciesOutput { next_token, resource_policies: Some(resource_policies) })
}

pub async fn delete(call: Call<DeleteResourcePolicyInput>) -> Result<DeleteResourcePolicyOutput, ApiError> {
    let name = id_of(MEMBER, call.input.resource_arn.as_ref(), plans::KIND)?;
    let id = call.input.policy_id.clone().unwrap_or_default();
    call.execute::<Plan>(name, Command::DeletePolicy(id)).await?;
    Ok(DeleteResourcePolicyOutput {})
}
