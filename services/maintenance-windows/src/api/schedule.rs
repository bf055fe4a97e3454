//! When windows fire, and for whom.

use super::{by_id, checks, filters::Filters, values_of};
use crate::{
    domain::{timing::Timing, window::State},
    projections::WINDOWS,
};
use reeve_contracts::ssm::*;
use reeve_fleet::{NODES, NodeRow, targets};
use reeve_runtime::{ApiError, Call, Handle, page_of, page_size, to_answers};
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    sync::Arc,
};

const MAX_RESULTS: usize = 100;
/// So many instants are told when nothing says until when: a schedule has no end.
const MAX_LOOK_AHEAD: usize = 100;

type Windows = Vec<(String, Arc<State>)>;

/// All windows, or those that are for what is named.
fn windows(handle: &Handle, given: &[Target]) -> Windows {
    let all = handle.views().scan::<State>(WINDOWS, "", None, usize::MAX).rows.into_iter();
    let all = all.map(|(id, state)| (id, Arc::new(state)));
    all.filter(|(_, state)| given.is_empty() || is_for(handle, state, given)).collect()
}

/// Whether a window has a target that is one of these, or that one of these nodes meets.
fn is_for(handle: &Handle, window: &State, given: &[Target]) -> bool {
    let registered: Vec<Vec<Target>> =
        window.targets.values().filter_map(|target| target.read().targets).collect();
    let has_node = values_of(given, "InstanceIds").any(|id| {
        let Some(node) = handle.views().look::<NodeRow>(NODES, id) else { return false };
        registered.iter().any(|targets| targets::meets(handle, targets, id, &node))
    });
    let others = given.iter().filter(|target| target.key.as_deref() != Some("InstanceIds"));
    let is_registered = |target: &Target| {
        let has = |value: &String| {
            let of_key = |targets: &Vec<Target>| {
                values_of(targets, target.key.as_deref().unwrap_or_default()).any(|known| known == value)
            };
            registered.iter().any(of_key)
        };
        target.values.iter().flatten().any(has)
    };
    has_node || others.into_iter().any(is_registered)
}

/// The instants at which windows fire, the earliest first, from an instant on and behind an earlier answer's last one.
struct Instants {
    windows: Vec<(String, Timing)>,
    /// The next instant of each window, with its place.
    next: BinaryHeap<Reverse<(i64, usize)>>,
}

impl Instants {
    fn of(windows: &Windows, after_ms: i64) -> Self {
        let enabled = windows.iter().filter(|(_, state)| state.is_enabled);
        let windows: Vec<(String, Timing)> =
            enabled.filter_map(|(id, state)| Some((id.clone(), state.timing()?))).collect();
        let next = windows.iter().enumerate();
        let next = next.filter_map(|(n, (_, timing))| Some(Reverse((timing.next_after(after_ms)?, n))));
        Self { next: next.collect(), windows }
    }
}

impl Iterator for Instants {
    type Item = (i64, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((at, n)) = self.next.pop()?;
        if let Some(later) = self.windows[n].1.next_after(at) {
            self.next.push(Reverse((later, n)));
        }
        Some((at, n))
    }
}

/// These two operations take any number from 1 on.
fn most_results(asked: Option<i32>) -> Option<i32> {
    let most = i32::try_from(MAX_RESULTS).unwrap_or(i32::MAX);
    asked.map(|asked| asked.min(most))
}

/// Where an answer ended: how many instants were told, the last of them, and its window.
fn read_token(token: &str) -> Option<(usize, i64, String)> {
    let mut parts = token.splitn(3, '/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
}

pub async fn schedule(
    call: Call<DescribeMaintenanceWindowScheduleRequest>,
) -> Result<DescribeMaintenanceWindowScheduleResult, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let given = input.targets.clone().unwrap_or_default();
    if !given.is_empty() {
        checks::targets(input.resource_type.as_deref().unwrap_or_default(), &given)?;
    }
    let filters = Filters::read_of_patches(input.filters.as_ref(), &["ScheduledBefore", "ScheduledAfter"])?;
    let (before, after) = (filters.instant("ScheduledBefore")?, filters.instant("ScheduledAfter")?);
    let windows = match &input.window_id {
        Some(id) => {
            let window = by_id(handle, Some(id))?;
            let is_meant = given.is_empty() || is_for(handle, &window, &given);
            if is_meant { vec![(id.clone(), window)] } else { Vec::new() }
        }
        None => windows(handle, &given),
    };
    let (mut told, mut from, mut last) = (0, after.map_or(call.now.0, |after| after.max(call.now.0)), None);
    if let Some(token) = input.next_token.as_deref() {
        let (count, at, id) = read_token(token)
            .ok_or_else(|| ApiError::invalid(format!("NextToken is {token:?}, which no answer gave.")))?;
        // That instant may be another window's as well.
        (told, from, last) = (count, at.saturating_sub(1), Some((at, id)));
    }
    let instants = Instants::of(&windows, from);
    let names: Vec<(String, Timing)> = instants.windows.clone();
    let is_behind = |(at, n): &(i64, usize)| match &last {
        Some((last_at, last_id)) => (*at, names[*n].0.as_str()) > (*last_at, last_id.as_str()),
        None => true,
    };
    let most = if before.is_some() { usize::MAX } else { MAX_LOOK_AHEAD.saturating_sub(told) };
    let limit = page_size(most_results(input.max_results), MAX_RESULTS)?;
    let meant = instants.filter(is_behind).take_while(|(at, _)| before.is_none_or(|before| *at < before));
    let mut meant = meant.take(most).peekable();
    let (mut entries, mut next_token) = (Vec::new(), None);
    while let Some((at, n)) = meant.next() {
        let (id, timing) = &names[n];
        let state = windows.iter().find(|(known, _)| known == id);
        entries.push(ScheduledWindowExecution {
            execution_time: Some(timing.written(at)),
            name: state.and_then(|(_, state)| state.window().name),
            window_id: Some(id.clone()),
        });
        told = told.saturating_add(1);
        if entries.len() == limit {
            next_token = meant.peek().map(|_| format!("{told}/{at}/{id}"));
            break;
        }
    }
    Ok(DescribeMaintenanceWindowScheduleResult { next_token, scheduled_window_executions: Some(entries) })
}

pub async fn for_target(
    call: Call<DescribeMaintenanceWindowsForTargetRequest>,
) -> Result<DescribeMaintenanceWindowsForTargetResult, ApiError> {
    let input = &call.input;
    let given = input.targets.clone().unwrap_or_default();
    checks::targets(input.resource_type.as_deref().unwrap_or_default(), &given)?;
    let rows = windows(&call.handle, &given);
    let page =
        page_of(rows, input.next_token.as_deref(), page_size(most_results(input.max_results), MAX_RESULTS)?);
    let (identities, next_token) =
        to_answers(page, |state: Arc<State>| MaintenanceWindowIdentityForTarget {
            name: state.window().name,
            window_id: Some(state.window_id.clone()),
        })?;
    Ok(DescribeMaintenanceWindowsForTargetResult { next_token, window_identities: Some(identities) })
}

/// What PreviewMaintenanceWindow is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PreviewInput {
    window_id: String,
    max_firings: Option<u32>,
    max_results: Option<i32>,
    next_token: Option<String>,
}

/// The next firings, as AWS writes those of windows, and the nodes of its targets now.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    firings: Vec<String>,
    nodes: Vec<PreviewNode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A node of one of the window's targets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewNode {
    node_id: String,
    name: String,
    connected: bool,
}

/// As many firings are told when nothing is said.
const DEFAULT_FIRINGS: u32 = 5;
const MAX_NODES: usize = 1_000;

pub async fn preview(call: Call<PreviewInput>) -> Result<Preview, ApiError> {
    let (input, handle) = (&call.input, &call.handle);
    let window = by_id(handle, Some(&input.window_id))
        .map_err(|error| ApiError::new("NoSuchEntityException", format!("windowId: {}.", error.message)))?;
    let count = usize::try_from(input.max_firings.unwrap_or(DEFAULT_FIRINGS)).unwrap_or_default();
    let instants = Instants::of(&vec![(input.window_id.clone(), window.clone())], call.now.0);
    let timing = window.timing();
    let written = |at| timing.as_ref().map(|timing| timing.written(at)).unwrap_or_default();
    let firings = instants.take(count).map(|(at, _)| written(at)).collect();
    let registered = window.targets.values().filter_map(|target| target.read().targets);
    let nodes: BTreeSet<String> =
        registered.flat_map(|of| targets::selected(handle, &of).unwrap_or_default()).collect();
    let nodes = nodes.into_iter().map(|id| (id.clone(), id)).collect();
    let page = page_of(nodes, input.next_token.as_deref(), page_size(input.max_results, MAX_NODES)?);
    let (nodes, next_token) = to_answers(page, |node_id: String| {
        let known: NodeRow = handle.views().get(NODES, &node_id).unwrap_or_default();
        PreviewNode { node_id, connected: !known.session.is_empty(), name: known.name }
    })?;
    Ok(Preview { firings, nodes, next_token })
}

#[cfg(test)]
mod tests {
    use super::read_token;

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        assert_eq!(read_token("3/1700/mw-1"), Some((3, 1700, "mw-1".to_owned())));
        assert_eq!([read_token("x"), read_token("1/x/y"), read_token("1/2")], [None, None, None]);
    }
}
