//! What nodes' patches are.

use super::{
    describe::{filters, is_one},
    patch_group,
};
use crate::projections::{PATCHES, PatchRow, STATES, StateRow};
use reeve_contracts::ssm::*;
use reeve_fleet::{NODES, NodeRow};
use reeve_runtime::{
    ApiError, Call, Handle, Operator, check_filter_key, page_of, page_size, text, to_answers,
};
use reeve_types::Timestamp;

fn value<'a>(entry: &'a PatchRow, name: &str) -> &'a str {
    entry.get(name).map(String::as_str).unwrap_or_default()
}

/// An instant that the inventory has as text; 1970 where it has none.
fn seconds(text: &str) -> f64 {
    Timestamp::parse_rfc3339(text).unwrap_or_default().epoch_seconds()
}

fn state(handle: &Handle, node: &str, row: &StateRow) -> InstancePatchState {
    let run = |name: &str| value(&row.run, name);
    InstancePatchState {
        available_security_update_count: Some(row.count("AvailableSecurityUpdate")),
        baseline_id: Some(run("BaselineId").to_owned()),
        critical_non_compliant_count: Some(i32::try_from(row.critical).unwrap_or(i32::MAX)),
        failed_count: Some(row.count("Failed")),
        install_override_list: text(run("InstallOverrideList")),
        installed_count: Some(row.count("Installed")),
        installed_other_count: Some(row.count("InstalledOther")),
        installed_pending_reboot_count: Some(row.count("InstalledPendingReboot")),
        installed_rejected_count: Some(row.count("InstalledRejected")),
        instance_id: Some(node.to_owned()),
        last_no_reboot_install_operation_time: text(run("LastNoRebootInstallOperationTime"))
            .map(|at| seconds(&at)),
        missing_count: Some(row.count("Missing")),
        not_applicable_count: Some(row.count("NotApplicable")),
        operation: Some(run("OperationType").to_owned()),
        operation_end_time: Some(seconds(run("OperationEndTime"))),
        operation_start_time: Some(seconds(run("OperationStartTime"))),
        other_non_compliant_count: Some(i32::try_from(row.other).unwrap_or(i32::MAX)),
        owner_information: text(&row.failure),
        patch_group: Some(patch_group(handle, node)),
        reboot_option: text(run("RebootOption")),
        security_non_compliant_count: Some(i32::try_from(row.security).unwrap_or(i32::MAX)),
        snapshot_id: text(run("SnapshotId")),
        unreported_not_applicable_count: Some(-1),
    }
}

/// The rows of nodes that a run was told of.
fn states(handle: &Handle, nodes: impl Iterator<Item = String>) -> Vec<(String, (String, StateRow))> {
    let known = nodes.filter_map(|node| handle.views().get(STATES, &node).map(|row: StateRow| (node, row)));
    let known = known.filter(|(_, row)| !row.run.is_empty() || !row.failure.is_empty());
    known.map(|(node, row)| (node.clone(), (node, row))).collect()
}

pub async fn of_nodes(
    call: Call<DescribeInstancePatchStatesRequest>,
) -> Result<DescribeInstancePatchStatesResult, ApiError> {
    let limit = page_size(call.input.max_results, 100)?;
    let nodes = call.input.instance_ids.clone().unwrap_or_default();
    let page = page_of(states(&call.handle, nodes.into_iter()), call.input.next_token.as_deref(), limit);
    let (states, next_token) = to_answers(page, |(node, row)| state(&call.handle, &node, &row))?;
    Ok(DescribeInstancePatchStatesResult { instance_patch_states: Some(states), next_token })
}

/// The nodes of a patch group.
fn members(handle: &Handle, group: &str) -> Vec<String> {
    let nodes = handle.views().scan::<NodeRow>(NODES, "", None, usize::MAX).rows.into_iter();
    nodes.map(|(node, _)| node).filter(|node| patch_group(handle, node) == group).collect()
}

pub async fn of_group(
    call: Call<DescribeInstancePatchStatesForPatchGroupRequest>,
) -> Result<DescribeInstancePatchStatesForPatchGroupResult, ApiError> {
    let limit = page_size(call.input.max_results, 100)?;
    let conditions =
        call.input.filters.iter().flatten().map(Condition::read).collect::<Result<Vec<_>, _>>()?;
    let nodes = members(&call.handle, call.input.patch_group.as_deref().unwrap_or_default());
    let mut rows = states(&call.handle, nodes.into_iter());
    rows.retain(|(_, (node, row))| {
        let state = state(&call.handle, node, row);
        conditions.iter().all(|condition| condition.fits(&state))
    });
    let (states, next_token) =
        to_answers(page_of(rows, call.input.next_token.as_deref(), limit), |(node, row)| {
            state(&call.handle, &node, &row)
        })?;
    Ok(DescribeInstancePatchStatesForPatchGroupResult { instance_patch_states: Some(states), next_token })
}

/// The model knows no others.
const OPERATORS: [Operator; 4] =
    [Operator::Equal, Operator::NotEqual, Operator::LessThan, Operator::GreaterThan];

/// A filter over a node's counts.
struct Condition {
    key: String,
    values: Vec<i32>,
    operator: Operator,
}

impl Condition {
    fn read(filter: &InstancePatchStateFilter) -> Result<Self, ApiError> {
        let key = filter.key.clone().unwrap_or_default();
        check_filter_key(&key, &COUNTS.map(|(name, _)| name))?;
        let values = filter.values.iter().flatten();
        let values = values.map(|value| {
            let number = value.parse();
            number
                .map_err(|_| ApiError::invalid_filter(format!("The value {value:?} of {key} is no number.")))
        });
        let kind = filter.r#type.as_deref().unwrap_or_default();
        let operator = Operator::named(kind, &OPERATORS).unwrap_or(Operator::Equal);
        Ok(Self { values: values.collect::<Result<_, _>>()?, key, operator })
    }

    fn fits(&self, state: &InstancePatchState) -> bool {
        let count = count(state, &self.key).unwrap_or_default();
        self.operator.holds(&count, &self.values)
    }
}

type Counter = fn(&InstancePatchState) -> Option<i32>;

const COUNTS: [(&str, Counter); 10] = [
    ("InstalledCount", |state| state.installed_count),
    ("InstalledOtherCount", |state| state.installed_other_count),
    ("InstalledPendingRebootCount", |state| state.installed_pending_reboot_count),
    ("InstalledRejectedCount", |state| state.installed_rejected_count),
    ("MissingCount", |state| state.missing_count),
    ("FailedCount", |state| state.failed_count),
    ("NotApplicableCount", |state| state.not_applicable_count),
    ("CriticalNonCompliantCount", |state| state.critical_non_compliant_count),
    ("SecurityNonCompliantCount", |state| state.security_non_compliant_count),
    ("OtherNonCompliantCount", |state| state.other_non_compliant_count),
];

fn count(state: &InstancePatchState, key: &str) -> Option<i32> {
    let (_, count) = COUNTS.iter().find(|(name, _)| *name == key)?;
    Some(count(state).unwrap_or_default())
}

/// A node counts in each of the counters whose patches it has.
pub async fn group_state(
    call: Call<DescribePatchGroupStateRequest>,
) -> Result<DescribePatchGroupStateResult, ApiError> {
    let nodes = members(&call.handle, call.input.patch_group.as_deref().unwrap_or_default());
    let all = i32::try_from(nodes.len()).unwrap_or(i32::MAX);
    let states: Vec<InstancePatchState> = states(&call.handle, nodes.into_iter())
        .iter()
        .map(|(_, (node, row))| state(&call.handle, node, row))
        .collect();
    let with = |count: fn(&InstancePatchState) -> Option<i32>| {
        let having = states.iter().filter(|state| count(state).unwrap_or_default() > 0).count();
        Some(i32::try_from(having).unwrap_or(i32::MAX))
    };
    Ok(DescribePatchGroupStateResult {
        instances: Some(all),
        instances_with_available_security_updates: with(|state| state.available_security_update_count),
        instances_with_critical_non_compliant_patches: with(|state| state.critical_non_compliant_count),
        instances_with_failed_patches: with(|state| state.failed_count),
        instances_with_installed_other_patches: with(|state| state.installed_other_count),
        instances_with_installed_patches: with(|state| state.installed_count),
        instances_with_installed_pending_reboot_patches: with(|state| state.installed_pending_reboot_count),
        instances_with_installed_rejected_patches: with(|state| state.installed_rejected_count),
        instances_with_missing_patches: with(|state| state.missing_count),
        instances_with_not_applicable_patches: with(|state| state.not_applicable_count),
        instances_with_other_non_compliant_patches: with(|state| state.other_non_compliant_count),
        instances_with_security_non_compliant_patches: with(|state| state.security_non_compliant_count),
        instances_with_unreported_not_applicable_patches: Some(0),
    })
}

pub async fn patches(
    call: Call<DescribeInstancePatchesRequest>,
) -> Result<DescribeInstancePatchesResult, ApiError> {
    let input = &call.input;
    let node = input.instance_id.as_deref().unwrap_or_default();
    if call.handle.views().look::<NodeRow>(NODES, node).is_none() {
        return Err(ApiError::new(
            "InvalidInstanceId",
            format!("InstanceId is {node:?}, and there is no such node."),
        ));
    }
    let keys = ["Classification", "KBId", "Severity", "State"];
    let filters = filters(input.filters.as_ref(), &keys)?;
    let limit = page_size(input.max_results, 100)?;
    let keep = |patch: &PatchRow| keys.iter().all(|key| is_one(&filters, key, value(patch, key)));
    let page = PATCHES.page(call.handle.views(), node, ("", input.next_token.as_deref()), limit, keep);
    let (patches, next_token) = to_answers(page, |patch| PatchComplianceData {
        cve_ids: text(value(&patch, "CVEIds")),
        classification: Some(value(&patch, "Classification").to_owned()),
        installed_time: Some(seconds(value(&patch, "InstalledTime"))),
        kb_id: Some(value(&patch, "KBId").to_owned()),
        severity: Some(value(&patch, "Severity").to_owned()),
        state: Some(value(&patch, "State").to_owned()),
        title: Some(value(&patch, "Title").to_owned()),
    })?;
    Ok(DescribeInstancePatchesResult { next_token, patches: Some(patches) })
}
