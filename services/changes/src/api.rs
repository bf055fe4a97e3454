//! PutChangeRule, DeleteChangeRule, OverrideChangeRule, ListChangeRules.

use crate::{
    domain::{ChangeRule, Command, Error},
    shape::{ListRequest, Named, Nothing, Overridden, Override, OverrideRequest, Rule, Rules},
};
use reeve_contracts::changes::ChangeRulePut;
use reeve_fleet::{CALENDARS, CHANGE_RULES, ChangeRuleRow, REFUSE, SEND_COMMAND, START_AUTOMATION, WAIT};
use reeve_runtime::{ApiError, Call, page_size, to_answers};
use reeve_types::{Timestamp, arn::id_or_arn};

const MAX_RULES_PER_PAGE: usize = 100;
const MS_PER_MINUTE: i64 = 60_000;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Unknown => "ResourceNotFoundException",
            Error::NoCalendar(_) => "ValidationException",
        };
        Self::new(code, error.to_string())
    }
}

pub(crate) async fn put(call: Call<Rule>) -> Result<Nothing, ApiError> {
    let input = call.input.clone();
    let put = ChangeRulePut {
        name: input.name,
        description: input.description,
        actions: input.actions,
        principals: input.principals,
        document_names: input.document_names,
        node_tags: input.node_tags,
        min_nodes: input.min_nodes.unwrap_or_default(),
        calendar_names: input.calendar_names,
        while_closed: input.while_closed.unwrap_or_else(|| WAIT.to_owned()),
        approvers: input.approvers,
        min_approvals: input.min_approvals.unwrap_or_default(),
        requester_may_approve: input.requester_may_approve.unwrap_or_default(),
    };
    check(&put).map_err(ApiError::invalid)?;
    for named in &put.calendar_names {
        let name = id_or_arn("document", named);
        if call.handle.views().look::<bool>(CALENDARS, name).is_none() {
            let message = format!("calendarNames has {named:?}: there is no such calendar.");
            return Err(ApiError::invalid(message));
        }
    }
    let name = put.name.clone();
    call.execute::<ChangeRule>(&name, Command::Put(Box::new(put))).await?;
    Ok(Nothing {})
}

/// What would have no effect, or could never be met, is refused.
fn check(put: &ChangeRulePut) -> Result<(), String> {
    if put.calendar_names.is_empty() && put.min_approvals == 0 {
        return Err("A change rule needs calendarNames, minApprovals or both.".to_owned());
    }
    if put.while_closed == REFUSE && put.calendar_names.is_empty() {
        return Err("whileClosed is REFUSE, and calendarNames names none.".to_owned());
    }
    if put.actions.iter().any(|action| action == START_AUTOMATION) {
        for (member, is_given) in [
            ("nodeTags", !put.node_tags.is_empty()),
            ("minNodes", put.min_nodes > 0),
            ("minApprovals", put.min_approvals > 0),
        ] {
            if is_given {
                return Err(format!(
                    "{member} is about {SEND_COMMAND} alone, and actions has {START_AUTOMATION}: a runbook is approved by a \
                     change template."
                ));
            }
        }
    }
    if put.min_approvals == 0 && (!put.approvers.is_empty() || put.requester_may_approve) {
        return Err("approvers and requesterMayApprove need minApprovals.".to_owned());
    }
    let has_group = put.approvers.iter().any(|approver| approver.starts_with("group:"));
    if !has_group && usize::try_from(put.min_approvals).is_ok_and(|wanted| wanted > put.approvers.len()) {
        return Err(format!(
            "minApprovals is {}, and approvers names {}: nobody could approve it.",
            put.min_approvals,
            put.approvers.len()
        ));
    }
    if let Some(tag) = put.node_tags.iter().find(|tag| tag.starts_with('=')) {
        return Err(format!("nodeTags has {tag:?}: it must be KEY or KEY=VALUE."));
    }
    Ok(())
}

pub(crate) async fn delete(call: Call<Named>) -> Result<Nothing, ApiError> {
    let name = call.input.name.clone();
    call.execute::<ChangeRule>(&name, Command::Delete).await?;
    Ok(Nothing {})
}

pub(crate) async fn override_rule(call: Call<OverrideRequest>) -> Result<Overridden, ApiError> {
    let (name, reason) = (call.input.name.clone(), call.input.reason.clone());
    let until_ms = call.now.0.saturating_add(i64::from(call.input.minutes).saturating_mul(MS_PER_MINUTE));
    call.execute::<ChangeRule>(&name, Command::Override { reason, until_ms }).await?;
    Ok(Overridden { until: Timestamp(until_ms).epoch_seconds() })
}

pub(crate) async fn list(call: Call<ListRequest>) -> Result<Rules, ApiError> {
    let limit = page_size(call.input.max_results, MAX_RULES_PER_PAGE)?;
    let after = call.input.next_token.as_deref();
    let page = call.handle.views().scan::<ChangeRuleRow>(CHANGE_RULES, "", after, limit);
    let (rules, next_token) = to_answers(page, |row| shown(row, call.now))?;
    Ok(Rules { rules, next_token })
}

fn shown(row: ChangeRuleRow, now: Timestamp) -> Rule {
    let in_force = row.overrides.iter().filter(|of| of.until_ms > now.0).map(|of| Override {
        principal: of.principal.clone(),
        reason: of.reason.clone(),
        until: Timestamp(of.until_ms).epoch_seconds(),
    });
    let overrides = Some(in_force.collect());
    let number = |n: u32| (n > 0).then_some(n);
    Rule {
        name: row.name,
        description: row.description,
        actions: row.actions,
        principals: row.principals,
        document_names: row.document_names,
        node_tags: row.node_tags,
        min_nodes: number(row.min_nodes),
        while_closed: (!row.calendar_names.is_empty()).then_some(row.while_closed),
        calendar_names: row.calendar_names,
        approvers: row.approvers,
        min_approvals: number(row.min_approvals),
        requester_may_approve: (row.min_approvals > 0).then_some(row.requester_may_approve),
        overrides,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_have_no_effect_or_could_not_be_met_is_refused_by_its_name() {
        let send = || vec![SEND_COMMAND.to_owned()];
        let ok = ChangeRulePut {
            actions: send(),
            min_approvals: 1,
            approvers: vec!["ann".into()],
            ..ChangeRulePut::default()
        };
        assert_eq!(check(&ok), Ok(()));
        let of_group = ChangeRulePut { min_approvals: 3, approvers: vec!["group:ops".into()], ..ok.clone() };
        assert_eq!(check(&of_group), Ok(()));
        for (put, named) in [
            (ChangeRulePut { min_approvals: 0, approvers: vec![], ..ok.clone() }, "calendarNames"),
            (ChangeRulePut { min_approvals: 2, ..ok.clone() }, "approvers names 1"),
            (ChangeRulePut { while_closed: REFUSE.into(), ..ok.clone() }, "whileClosed"),
            (ChangeRulePut { actions: vec![START_AUTOMATION.into()], ..ok.clone() }, "minApprovals"),
            (
                ChangeRulePut { min_approvals: 0, calendar_names: vec!["c".into()], ..ok.clone() },
                "minApprovals",
            ),
            (ChangeRulePut { node_tags: vec!["=x".into()], ..ok }, "nodeTags"),
        ] {
            assert!(check(&put).unwrap_err().contains(named), "{named}");
        }
    }
}
