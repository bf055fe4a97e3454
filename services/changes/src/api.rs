//! PutChangeRule, DeleteChangeRule, OverrideChangeRule, ListChangeRules.

use crate::{
    domain::{ChangeRule, Command, Error},
    shape::{ListRequest, Named, Nothing, Overridden, Override, OverrideRequest, Rule, Rules},
};
use reeve_authz::Authorizer;
use reeve_contracts::changes::ChangeRulePut;
use reeve_fleet::{
    CALENDARS, CHANGE_RULES, ChangeRuleRow, DOCUMENTS, DocumentRow, MAX_OVERRIDE_MS, REFUSE, SEND_COMMAND,
    START_AUTOMATION, WAIT,
};
use reeve_runtime::{ApiError, Call, page_size, to_answers};
use reeve_types::{Timestamp, arn::id_or_arn};
use std::{collections::BTreeSet, sync::Arc};

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

pub(crate) async fn put(authorizer: Arc<dyn Authorizer>, call: Call<Rule>) -> Result<Nothing, ApiError> {
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
    let views = call.handle.views();
    let is_calendar = |name: &str| views.look::<bool>(CALENDARS, name).is_some();
    let is_document = |name: &str| views.look::<DocumentRow>(DOCUMENTS, name).is_some();
    check_names(("calendarNames", "calendar"), &put.calendar_names, is_calendar)?;
    check_names(("documentNames", "document"), &put.document_names, is_document)?;
    let meant_by = |name: &str| authorizer.meant_by(name);
    check_principals(&put, meant_by).map_err(ApiError::invalid)?;
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
    if let Some(tag) = put.node_tags.iter().find(|tag| tag.starts_with('=')) {
        return Err(format!("nodeTags has {tag:?}: it must be KEY or KEY=VALUE."));
    }
    Ok(())
}

/// A rule that names what there is not would have no effect, or hold for ever.
fn check_names(
    (member, kind): (&str, &str),
    names: &[String],
    is_there: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    match names.iter().find(|named| !is_there(id_or_arn("document", named))) {
        Some(named) => Err(ApiError::invalid(format!("{member} has {named:?}: there is no such {kind}."))),
        None => Ok(()),
    }
}

/// A name that nobody has would leave the rule without effect; an approval that too few can give would hold for ever.
fn check_principals(put: &ChangeRulePut, meant_by: impl Fn(&str) -> BTreeSet<String>) -> Result<(), String> {
    let named = |member: &str, names: &[String]| {
        let mut all = BTreeSet::new();
        for name in names {
            let plain = name.rsplit_once(":user/").map_or(name.as_str(), |(_, user)| user);
            let meant = meant_by(plain);
            if meant.is_empty() {
                let is_group = name.starts_with("group:");
                let problem = if is_group { "nobody is in that group" } else { "there is no such principal" };
                return Err(format!("{member} has {name:?}: {problem}."));
            }
            all.extend(meant);
        }
        Ok(all)
    };
    named("principals", &put.principals)?;
    let approvers = named("approvers", &put.approvers)?;
    if usize::try_from(put.min_approvals).is_ok_and(|wanted| wanted > approvers.len()) {
        return Err(format!(
            "minApprovals is {}, and approvers means {} ({}): nobody could approve it.",
            put.min_approvals,
            approvers.len(),
            approvers.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    Ok(())
}

pub(crate) async fn delete(call: Call<Named>) -> Result<Nothing, ApiError> {
    let name = call.input.name.clone();
    call.execute::<ChangeRule>(&name, Command::Delete).await?;
    Ok(Nothing {})
}

pub(crate) async fn override_rule(call: Call<OverrideRequest>) -> Result<Overridden, ApiError> {
    let OverrideRequest { name, reason, minutes, waiting_id } = call.input.clone();
    let for_ms = i64::from(minutes).saturating_mul(MS_PER_MINUTE).min(MAX_OVERRIDE_MS);
    let until_ms = call.now.0.saturating_add(for_ms);
    call.execute::<ChangeRule>(&name, Command::Override { reason, until_ms, waiting_id }).await?;
    Ok(Overridden { until: Timestamp(until_ms).epoch_seconds() })
}

pub(crate) async fn list(call: Call<ListRequest>) -> Result<Rules, ApiError> {
    let limit = page_size(call.input.max_results, MAX_RULES_PER_PAGE)?;
    let after = call.input.next_token.as_deref();
    let views = call.handle.views();
    let page = views.scan::<ChangeRuleRow>(CHANGE_RULES, "", after, limit);
    let is_there = |name: &String| views.look::<bool>(CALENDARS, id_or_arn("document", name)).is_some();
    let (rules, next_token) = to_answers(page, |row| shown(row, call.now, is_there))?;
    Ok(Rules { rules, next_token })
}

fn shown(row: ChangeRuleRow, now: Timestamp, is_there: impl Fn(&String) -> bool) -> Rule {
    let in_force = row.overrides.iter().filter(|of| of.until_ms > now.0).map(|of| Override {
        principal: of.principal.clone(),
        reason: of.reason.clone(),
        until: Timestamp(of.until_ms).epoch_seconds(),
        waiting_id: of.waiting_id.clone(),
    });
    let overrides = Some(in_force.collect());
    let missing_calendar_names = row.calendar_names.iter().filter(|name| !is_there(name)).cloned().collect();
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
        missing_calendar_names,
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
        for (put, named) in [
            (ChangeRulePut { min_approvals: 0, approvers: vec![], ..ok.clone() }, "calendarNames"),
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

    #[test]
    fn principals_that_nobody_is_and_approvals_that_nobody_could_give_are_refused() {
        let meant_by = |name: &str| match name {
            "ann" | "bob" => BTreeSet::from([name.to_owned()]),
            "group:ops" => BTreeSet::from(["ann".to_owned(), "bob".to_owned()]),
            _ => BTreeSet::new(),
        };
        let of = |approvers: &[&str], min_approvals, principals: &[&str]| {
            let names = |of: &[&str]| of.iter().map(|name| (*name).to_owned()).collect();
            let (approvers, principals) = (names(approvers), names(principals));
            let put = ChangeRulePut { approvers, min_approvals, principals, ..ChangeRulePut::default() };
            check_principals(&put, meant_by)
        };
        assert_eq!(of(&["group:ops"], 2, &["ann", "group:ops"]), Ok(()));
        assert_eq!(of(&["arn:aws:iam::1:user/ann", "bob"], 2, &[]), Ok(()));
        for (result, named) in [
            (of(&["ann"], 2, &[]), "approvers means 1 (ann)"),
            (of(&["ann", "ann"], 2, &[]), "approvers means 1 (ann)"),
            (of(&["ann", "arn:aws:iam::1:user/ann"], 2, &[]), "approvers means 1 (ann)"),
            (of(&["ann", "bob", "group:ops"], 3, &[]), "approvers means 2"),
            (of(&["group:nobody"], 1, &[]), "nobody is in that group"),
            (of(&["carol"], 1, &[]), "no such principal"),
            (of(&[], 0, &["carol"]), "principals has \"carol\""),
        ] {
            assert!(result.unwrap_err().contains(named), "{named}");
        }
    }
}
