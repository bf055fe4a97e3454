//! DescribeInstanceInformation, DescribeInstanceProperties, GetConnectionStatus, DeregisterManagedInstance,
//! UpdateManagedInstanceRole.

use super::read::{Condition, NodeRead, page};
use crate::{
    Shared,
    domain::node::{Command, Node},
    projections::{NODES, NodeRow},
};
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call, page_size, text, to_answers};
use std::sync::Arc;

pub async fn information(
    shared: Arc<Shared>,
    call: Call<ssm::DescribeInstanceInformationRequest>,
) -> Result<ssm::DescribeInstanceInformationResult, ApiError> {
    let input = &call.input;
    if input.filters.is_some() && input.instance_information_filter_list.is_some() {
        let message = "Filters and InstanceInformationFilterList cannot be used together.";
        return Err(ApiError::invalid(message));
    }
    let old = input.instance_information_filter_list.iter().flatten();
    let old = old.map(|f| {
        Condition::new(f.key.as_ref(), None, f.value_set.as_ref(), "InvalidInstanceInformationFilterValue")
    });
    let new = input.filters.iter().flatten().map(|f| {
        Condition::new(f.key.as_ref(), None, f.values.as_ref(), "InvalidInstanceInformationFilterValue")
    });
    let conditions = old.chain(new).collect::<Result<Vec<_>, _>>()?;
    let limit = page_size(input.max_results, 50)?;
    let page = page(&shared, &call.handle, call.now, &conditions, input.next_token.as_deref(), limit);
    let (list, next_token) = to_answers(page, |node| instance_information(&node))?;
    Ok(ssm::DescribeInstanceInformationResult { instance_information_list: Some(list), next_token })
}

fn instance_information(node: &NodeRead) -> ssm::InstanceInformation {
    let row = &node.row;
    ssm::InstanceInformation {
        instance_id: text(&row.id),
        activation_id: text(&row.activation_id),
        agent_version: text(&row.agent_version),
        computer_name: text(&row.hostname),
        ip_address: text(&row.ip_address),
        iam_role: text(&row.iam_role),
        is_latest_version: Some(row.agent_version == env!("CARGO_PKG_VERSION")),
        last_ping_date_time: Some(node.last_ping.epoch_seconds()),
        name: text(&row.name),
        ping_status: text(node.ping_status()),
        platform_name: text(&row.platform_name),
        platform_type: text(&row.platform_type),
        platform_version: text(&row.platform_version),
        registration_date: Some(row.registered.epoch_seconds()),
        resource_type: text("ManagedInstance"),
        ..ssm::InstanceInformation::default()
    }
}

pub async fn properties(
    shared: Arc<Shared>,
    call: Call<ssm::DescribeInstancePropertiesRequest>,
) -> Result<ssm::DescribeInstancePropertiesResult, ApiError> {
    let input = &call.input;
    let old = input.instance_property_filter_list.iter().flatten();
    let old = old.map(|f| {
        Condition::new(f.key.as_ref(), None, f.value_set.as_ref(), "InvalidInstancePropertyFilterValue")
    });
    let new = input.filters_with_operator.iter().flatten();
    let new = new.map(|f| {
        Condition::new(
            f.key.as_ref(),
            f.operator.as_ref(),
            f.values.as_ref(),
            "InvalidInstancePropertyFilterValue",
        )
    });
    let conditions = old.chain(new).collect::<Result<Vec<_>, _>>()?;
    let limit = page_size(input.max_results.or(Some(50)), 1000)?;
    let page = page(&shared, &call.handle, call.now, &conditions, input.next_token.as_deref(), limit);
    let property = |node: NodeRead| ssm::InstanceProperty {
        instance_id: text(&node.row.id),
        activation_id: text(&node.row.activation_id),
        agent_version: text(&node.row.agent_version),
        architecture: text(&node.row.architecture),
        computer_name: text(&node.row.hostname),
        ip_address: text(&node.row.ip_address),
        iam_role: text(&node.row.iam_role),
        last_ping_date_time: Some(node.last_ping.epoch_seconds()),
        name: text(&node.row.name),
        ping_status: text(node.ping_status()),
        platform_name: text(&node.row.platform_name),
        platform_type: text(&node.row.platform_type),
        platform_version: text(&node.row.platform_version),
        registration_date: Some(node.row.registered.epoch_seconds()),
        resource_type: text("ManagedInstance"),
        ..ssm::InstanceProperty::default()
    };
    let (properties, next_token) = to_answers(page, property)?;
    Ok(ssm::DescribeInstancePropertiesResult { instance_properties: Some(properties), next_token })
}

pub async fn connection_status(
    call: Call<ssm::GetConnectionStatusRequest>,
) -> Result<ssm::GetConnectionStatusResponse, ApiError> {
    let target = call.input.target.clone().unwrap_or_default();
    let row: Option<NodeRow> = call.handle.views().get(NODES, &target);
    let connected = row.is_some_and(|row| !row.session.is_empty());
    let status = if connected { "connected" } else { "notconnected" };
    Ok(ssm::GetConnectionStatusResponse { status: text(status), target: Some(target) })
}

pub async fn deregister(
    call: Call<ssm::DeregisterManagedInstanceRequest>,
) -> Result<ssm::DeregisterManagedInstanceResult, ApiError> {
    let id = call.input.instance_id.clone().unwrap_or_default();
    known(&call, &id)?;
    call.execute::<Node>(&id, Command::Deregister).await?;
    call.tags_end("ManagedInstance", &id).await;
    Ok(ssm::DeregisterManagedInstanceResult::default())
}

pub async fn update_role(
    call: Call<ssm::UpdateManagedInstanceRoleRequest>,
) -> Result<ssm::UpdateManagedInstanceRoleResult, ApiError> {
    let id = call.input.instance_id.clone().unwrap_or_default();
    known(&call, &id)?;
    let iam_role = call.input.iam_role.clone().unwrap_or_default();
    call.execute::<Node>(&id, Command::ChangeRole { iam_role }).await?;
    Ok(ssm::UpdateManagedInstanceRoleResult::default())
}

/// The sentence names the id, which the domain of a node that never was cannot.
pub fn known<I>(call: &Call<I>, id: &str) -> Result<(), ApiError> {
    match call.handle.views().get::<NodeRow>(NODES, id) {
        Some(_) => Ok(()),
        None => {
            Err(ApiError::new("InvalidInstanceId", format!("The instance ID {id} is not a managed node.")))
        }
    }
}
