//! ListIncidentFindings and BatchGetIncidentFindings: what changed on the involved nodes shortly before an incident. AWS knows two
//! kinds of findings: what ran is told as a deployment, a difference of an inventory as an update of a stack (ADR 59).

use super::incident_of;
use crate::projections::{
    DIFFERENCES, DifferenceRow, IncidentRow, RELATED_ITEMS, RUNS, RelatedItemRow, RunRow, change_key,
};
use reeve_contracts::ssm_incidents::*;
use reeve_runtime::{ApiError, Call, Handle, page_of, page_size, to_answers};
use reeve_types::{Timestamp, arn::Arn};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Shortly before an incident is within so long.
const SHORTLY_SECONDS: i64 = 60 * 60;
/// As many changes of one node are looked at.
const MAX_CHANGES: usize = 1_000;
const MAX_FINDINGS_PER_PAGE: usize = 20;

/// Where ARNs of findings are.
struct Place<'a> {
    account: &'a str,
    region: &'a str,
}

impl Place<'_> {
    fn arn(&self, resource: &str) -> Option<String> {
        let Place { account, region } = self;
        Some(Arn { partition: "aws", service: "ssm", region, account, resource }.to_string())
    }
}

/// The nodes that are involved: those whose ARN is one of the incident's related items.
fn nodes(handle: &Handle, incident: &str) -> BTreeSet<String> {
    let items: Vec<RelatedItemRow> = handle.views().get(RELATED_ITEMS, incident).unwrap_or_default();
    let involved = items.into_iter().filter(|item| item.kind == "INVOLVED_RESOURCE");
    let arns = involved.filter_map(|item| serde_json::from_str::<ItemValue>(&item.value_json).ok()?.arn);
    let node = |arn: String| {
        let arn = Arn::parse(&arn)?;
        let id = arn.id_of("managed-instance").or_else(|| arn.id_of("instance"))?;
        Some(id.to_owned())
    };
    arns.filter_map(node).collect()
}

/// The changes of a node that a table has from an instant on, with their keys.
fn since<T: DeserializeOwned + Clone + 'static>(
    handle: &Handle,
    table: &str,
    node: &str,
    from: Timestamp,
) -> Vec<(String, T)> {
    let after = change_key(node, from.0, 0);
    handle.views().scan::<T>(table, &format!("{node}/"), Some(&after), MAX_CHANGES).rows
}

/// Every finding by its id.
fn findings(handle: &Handle, incident: &IncidentRow, place: &Place<'_>) -> BTreeMap<String, Finding> {
    let (from, to) = (incident.created.plus_seconds(-SHORTLY_SECONDS), incident.created);
    let seconds = |ms: i64| Timestamp(ms).epoch_seconds();
    let mut all = BTreeMap::new();
    for node in nodes(handle, &incident.id) {
        for (key, run) in since::<RunRow>(handle, RUNS, &node, from) {
            // What ended after the incident began may have caused it as well, if it began before.
            if run.started_ms > to.0 {
                continue;
            }
            let deployment = CodeDeployDeployment {
                deployment_group_arn: place.arn(&format!("document/{}", run.document)),
                deployment_id: Some(run.command_id),
                start_time: Some(seconds(run.started_ms)),
                end_time: Some(seconds(run.finished_ms)),
            };
            let details =
                FindingDetails { code_deploy_deployment: Some(deployment), ..FindingDetails::default() };
            let id = format!("run/{key}");
            all.insert(id.clone(), finding(id, details, (run.started_ms, run.finished_ms)));
        }
        for (key, difference) in since::<DifferenceRow>(handle, DIFFERENCES, &node, from) {
            if difference.captured_ms > to.0 {
                continue;
            }
            // It happened between two collections; where the one before is not known, by this one.
            let begun = if difference.since_ms > 0 { difference.since_ms } else { difference.captured_ms };
            let update = CloudFormationStackUpdate {
                stack_arn: place.arn(&format!("managed-instance-inventory/{node}/{}", difference.type_name)),
                start_time: Some(seconds(begun)),
                end_time: Some(seconds(difference.captured_ms)),
            };
            let details =
                FindingDetails { cloud_formation_stack_update: Some(update), ..FindingDetails::default() };
            let id = format!("inventory/{key}");
            all.insert(id.clone(), finding(id, details, (difference.captured_ms, difference.captured_ms)));
        }
    }
    all
}

fn finding(id: String, details: FindingDetails, (created, modified): (i64, i64)) -> Finding {
    Finding {
        creation_time: Some(Timestamp(created).epoch_seconds()),
        details: Some(details),
        id: Some(id),
        last_modified_time: Some(Timestamp(modified).epoch_seconds()),
    }
}

pub async fn list(call: Call<ListIncidentFindingsInput>) -> Result<ListIncidentFindingsOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let limit = page_size(input.max_results, MAX_FINDINGS_PER_PAGE)?;
    let place = Place { account: &call.caller.account, region: &call.caller.region };
    let all = findings(&call.handle, &incident, &place).into_iter().collect();
    let page = page_of(all, input.next_token.as_deref(), limit);
    let (summaries, next_token) = to_answers(page, |finding| FindingSummary {
        id: finding.id,
        last_modified_time: finding.last_modified_time,
    })?;
    Ok(ListIncidentFindingsOutput { findings: Some(summaries), next_token })
}

pub async fn batch_get(
    call: Call<BatchGetIncidentFindingsInput>,
) -> Result<BatchGetIncidentFindingsOutput, ApiError> {
    let input = &call.input;
    let incident = incident_of(&call.handle, "incidentRecordArn", input.incident_record_arn.as_ref())?;
    let place = Place { account: &call.caller.account, region: &call.caller.region };
    let mut all = findings(&call.handle, &incident, &place);
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for id in input.finding_ids.clone().unwrap_or_default() {
        match all.remove(&id) {
            Some(finding) => found.push(finding),
            None => errors.push(BatchGetIncidentFindingsError {
                code: Some("ResourceNotFoundException".to_owned()),
                message: Some(format!("The incident has no finding {id:?}.")),
                finding_id: Some(id),
            }),
        }
    }
    Ok(BatchGetIncidentFindingsOutput { errors: Some(errors), findings: Some(found) })
}
