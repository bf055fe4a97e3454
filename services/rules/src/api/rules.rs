//! PutRule, DescribeRule, ListRules, DeleteRule, EnableRule, DisableRule, ListRuleNamesByTarget.

use super::{check_bus, check_tags, rule};
use crate::{
    domain::{
        defaults::{DEFAULT_RULES, MANAGED_BY, default_rule},
        rule::{Command, Definition, Rule, State},
        wish::rule_arn,
    },
    projections::RULES,
};
use reeve_contracts::{events::*, rules::RulePut};
use reeve_runtime::{ApiError, Call, Caller, page_of, text, to_answers};
use reeve_types::arn::Arn;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DEFAULT_BUS: &str = "default";
const MAX_RULES_PER_PAGE: usize = 100;

pub async fn put(call: Call<PutRuleRequest>) -> Result<PutRuleResponse, ApiError> {
    let input = &call.input;
    check_bus(input.event_bus_name.as_ref())?;
    check_tags(input.tags.as_ref())?;
    let enabled = match input.state.as_deref().unwrap_or("ENABLED") {
        "ENABLED" => true,
        "DISABLED" => false,
        state => return Err(ApiError::invalid(format!("State is {state}: here it is ENABLED or DISABLED."))),
    };
    let name = input.name.clone().unwrap_or_default();
    let put = RulePut {
        name: name.clone(),
        description: input.description.clone().unwrap_or_default(),
        event_pattern: input.event_pattern.clone().unwrap_or_default(),
        schedule_expression: input.schedule_expression.clone().unwrap_or_default(),
        enabled,
        role_arn: input.role_arn.clone().unwrap_or_default(),
        account: call.caller.account.clone(),
        region: call.caller.region.clone(),
        ..RulePut::default()
    };
    call.execute::<Rule>(&name, Command::Put(put)).await?;
    Ok(PutRuleResponse { rule_arn: Some(rule_arn(&name, &call.caller.region, &call.caller.account)) })
}

pub async fn describe(call: Call<DescribeRuleRequest>) -> Result<DescribeRuleResponse, ApiError> {
    check_bus(call.input.event_bus_name.as_ref())?;
    let name = call.input.name.clone().unwrap_or_default();
    let found = rule(&call.handle, &name)?;
    let shown = shown(&name, &found, &call.caller);
    let creator = shown.managed_by.is_none().then(|| call.caller.account.clone());
    Ok(DescribeRuleResponse {
        arn: shown.arn,
        created_by: creator,
        description: shown.description,
        event_bus_name: shown.event_bus_name,
        event_pattern: shown.event_pattern,
        managed_by: shown.managed_by,
        name: shown.name,
        role_arn: shown.role_arn,
        schedule_expression: shown.schedule_expression,
        state: shown.state,
    })
}

/// A rule as it is listed.
fn shown(name: &str, state: &State, caller: &Caller) -> reeve_contracts::events::Rule {
    let default = default_rule(name);
    let definition = state.definition.clone().unwrap_or_else(|| Definition {
        description: default.map(|rule| rule.description.to_owned()).unwrap_or_default(),
        event_pattern: default.map(|rule| rule.event_pattern.to_owned()).unwrap_or_default(),
        account: caller.account.clone(),
        region: caller.region.clone(),
        ..Definition::default()
    });
    reeve_contracts::events::Rule {
        arn: Some(rule_arn(name, &definition.region, &definition.account)),
        description: text(&definition.description),
        event_bus_name: text(DEFAULT_BUS),
        event_pattern: text(&definition.event_pattern),
        managed_by: default.and(text(MANAGED_BY)),
        name: text(name),
        role_arn: text(&definition.role_arn),
        schedule_expression: text(&definition.schedule_expression),
        state: text(if state.is_disabled { "DISABLED" } else { "ENABLED" }),
    }
}

pub async fn list(call: Call<ListRulesRequest>) -> Result<ListRulesResponse, ApiError> {
    let input = &call.input;
    check_bus(input.event_bus_name.as_ref())?;
    let defaults = DEFAULT_RULES.iter().map(|rule| (rule.name.to_owned(), State::default()));
    let mut all: BTreeMap<String, State> = defaults.collect();
    all.extend(call.handle.views().scan::<State>(RULES, "", None, usize::MAX).rows);
    let prefix = input.name_prefix.clone().unwrap_or_default();
    let named = all.into_iter().filter(|(name, _)| name.starts_with(&prefix));
    let shown = named.map(|(name, state)| (name.clone(), shown(&name, &state, &call.caller)));
    let (rules, next_token) =
        to_answers(page_of(shown.collect(), input.next_token.as_deref(), limit(input.limit)), |rule| rule)?;
    Ok(ListRulesResponse { next_token, rules: Some(rules) })
}

/// The model has its bounds.
pub fn limit(asked: Option<i32>) -> usize {
    asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(MAX_RULES_PER_PAGE)
}

pub async fn names_by_target(
    call: Call<ListRuleNamesByTargetRequest>,
) -> Result<ListRuleNamesByTargetResponse, ApiError> {
    let input = &call.input;
    check_bus(input.event_bus_name.as_ref())?;
    let arn = input.target_arn.clone().unwrap_or_default();
    let has = |_: &str, state: &State| state.targets.values().any(|target| target.arn == arn);
    let found = call.handle.views().filter(RULES, "", input.next_token.as_deref(), limit(input.limit), has);
    let names = found.rows.into_iter().map(|(name, _)| name).collect();
    Ok(ListRuleNamesByTargetResponse { next_token: found.next, rule_names: Some(names) })
}

/// Terraform asks for them with every rule. There are none, because rules cannot be tagged.
pub async fn list_tags(
    call: Call<ListTagsForResourceRequest>,
) -> Result<ListTagsForResourceResponse, ApiError> {
    let arn = call.input.resource_arn.clone().unwrap_or_default();
    let name = Arn::parse(&arn).filter(|arn| arn.service == "events").and_then(|arn| arn.id_of("rule"));
    let Some(name) = name else {
        return Err(ApiError::invalid(format!("ResourceARN is {arn}: it must be that of a rule.")));
    };
    rule(&call.handle, name)?;
    Ok(ListTagsForResourceResponse { tags: Some(Vec::new()) })
}

pub async fn delete(call: Call<DeleteRuleRequest>) -> Result<Value, ApiError> {
    let (bus, name) = (call.input.event_bus_name.clone(), call.input.name.clone());
    ask(call, bus, name, |name| Command::Delete { name }).await
}

pub async fn enable(call: Call<EnableRuleRequest>) -> Result<Value, ApiError> {
    let (bus, name) = (call.input.event_bus_name.clone(), call.input.name.clone());
    ask(call, bus, name, |name| Command::Enable { name }).await
}

pub async fn disable(call: Call<DisableRuleRequest>) -> Result<Value, ApiError> {
    let (bus, name) = (call.input.event_bus_name.clone(), call.input.name.clone());
    ask(call, bus, name, |name| Command::Disable { name }).await
}

/// Asks something of a rule that needs nothing but its name.
async fn ask<I>(
    call: Call<I>,
    bus: Option<String>,
    name: Option<String>,
    command: impl FnOnce(String) -> Command,
) -> Result<Value, ApiError> {
    check_bus(bus.as_ref())?;
    let name = name.unwrap_or_default();
    call.execute::<Rule>(&name, command(name.clone())).await?;
    Ok(json!({}))
}
