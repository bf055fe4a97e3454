//! DescribeHold of the API `run-command` (`schemas/reeve/run-command.json`): what a command waits for before it is sent, or why it never
//! was. AWS's API has no place for that.

use super::unknown_command;
use crate::projections::{COMMANDS, CommandRow, HELD, HeldRow, REFUSALS, Refusal};
use reeve_fleet::Waiting;
use reeve_runtime::{ApiError, Call};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    command_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    command_id: String,
    /// Who asked for it, while it waits.
    #[serde(skip_serializing_if = "String::is_empty")]
    principal: String,
    awaits_approval: bool,
    /// The rules whose calendars hold it now.
    rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    name: String,
    /// Those that are not there among them.
    closed_calendar_names: Vec<String>,
}

pub async fn describe(call: Call<Input>) -> Result<Output, ApiError> {
    let (views, id) = (call.handle.views(), call.input.command_id.clone());
    if views.look::<CommandRow>(COMMANDS, &id).is_none() {
        return Err(unknown_command(&id));
    }
    let held = views.get::<HeldRow>(HELD, &id).unwrap_or_default();
    let waiting = Waiting { id: &id, principal: &held.principal, rules: &held.rules, needs_another: false };
    let rules = waiting.standing(&call.handle, call.now.0).holding.into_iter();
    let rules = rules.map(|(name, closed_calendar_names)| Rule { name, closed_calendar_names }).collect();
    let refusal = views.get::<Refusal>(REFUSALS, &id);
    let (refusal_code, refusal_reason) = refusal.map(|refusal| (refusal.code, refusal.reason)).unzip();
    let (principal, awaits_approval) = (held.principal, held.awaits_approval);
    Ok(Output { command_id: id, principal, awaits_approval, rules, refusal_code, refusal_reason })
}
