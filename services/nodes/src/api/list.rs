//! ListNodes and ListNodesSummary.

use super::read::{Condition, NodeRead, page};
use crate::Shared;
use reeve_contracts::ssm;
use reeve_runtime::{ApiError, Call, page_size, text, to_answers};
use std::{collections::BTreeMap, sync::Arc};

fn conditions(filters: Option<&Vec<ssm::NodeFilter>>) -> Result<Vec<Condition>, ApiError> {
    let filters = filters.into_iter().flatten();
    filters
        .map(|f| Condition::new(f.key.as_ref(), f.r#type.as_ref(), f.values.as_ref(), "InvalidFilter"))
        .collect()
}

pub async fn nodes(
    shared: Arc<Shared>,
    call: Call<ssm::ListNodesRequest>,
) -> Result<ssm::ListNodesResult, ApiError> {
    let input = &call.input;
    let conditions = conditions(input.filters.as_ref())?;
    let limit = page_size(input.max_results, 50)?;
    let page = page(&shared, &call.handle, call.now, &conditions, input.next_token.as_deref(), limit);
    let (nodes, next_token) = to_answers(page, |node| list_entry(&shared, &node, call.now.epoch_seconds()))?;
    Ok(ssm::ListNodesResult { nodes: Some(nodes), next_token })
}

fn list_entry(shared: &Shared, node: &NodeRead, now: f64) -> ssm::Node {
    let row = &node.row;
    let instance = ssm::InstanceInfo {
        agent_type: text("reeve-agent"),
        agent_version: text(&row.agent_version),
        computer_name: text(&row.hostname),
        instance_status: text(node.instance_status()),
        ip_address: text(&row.ip_address),
        managed_status: text("Managed"),
        name: text(&row.name),
        platform_name: text(&row.platform_name),
        platform_type: text(&row.platform_type),
        platform_version: text(&row.platform_version),
        resource_type: text("ManagedInstance"),
        source_id: text(&row.id),
        source_type: text("AWS::SSM::ManagedInstance"),
        ..ssm::InstanceInfo::default()
    };
    ssm::Node {
        capture_time: Some(now),
        id: text(&row.id),
        node_type: Some(ssm::NodeType { instance: Some(instance) }),
        owner: Some(ssm::NodeOwnerInfo {
            account_id: text(&shared.config.account),
            ..ssm::NodeOwnerInfo::default()
        }),
        region: text(&shared.config.region),
    }
}

/// Counts nodes by an attribute, or by two: an aggregator may hold one more.
pub async fn summary(
    shared: Arc<Shared>,
    call: Call<ssm::ListNodesSummaryRequest>,
) -> Result<ssm::ListNodesSummaryResult, ApiError> {
    let input = &call.input;
    let conditions = conditions(input.filters.as_ref())?;
    let nodes = page(&shared, &call.handle, call.now, &conditions, None, usize::MAX).rows;
    let mut summary = Vec::new();
    for aggregator in input.aggregators.iter().flatten() {
        let mut attributes = vec![aggregator.attribute_name.clone().unwrap_or_default()];
        let inner = aggregator.aggregators.iter().flatten();
        attributes.extend(inner.map(|a| a.attribute_name.clone().unwrap_or_default()));
        let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (_, node) in &nodes {
            let value = |name: &String| match name.as_str() {
                "Region" => shared.config.region.clone(),
                name => node.value(name).unwrap_or_default().to_owned(),
            };
            *counts.entry(attributes.iter().map(value).collect()).or_default() += 1;
        }
        for (values, count) in counts {
            let mut entry: BTreeMap<String, String> = attributes.iter().cloned().zip(values).collect();
            entry.insert("Count".to_owned(), count.to_string());
            summary.push(entry);
        }
    }
    Ok(ssm::ListNodesSummaryResult { summary: Some(summary), next_token: None })
}
