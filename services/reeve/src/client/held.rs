//! Commands that change rules hold, for those who look at them, approve them and let them be sent.

use super::{
    connection::{CHANGES, Connection, RUN_COMMAND},
    list::all,
    table::cell,
};
use anyhow::Context;
use serde_json::{Value, json};

/// The API wants a time; what is let begin by its id begins, however late that is looked at.
const OVERRIDE_MINUTES: u32 = 1;

/// What holds a command, or why it was never sent.
pub struct Hold(Value);

impl Hold {
    /// That of a command; `None` when there is no command with that id.
    pub async fn of(connection: &Connection, command: &str) -> anyhow::Result<Option<Self>> {
        match connection.call_of(&RUN_COMMAND, "DescribeHold", &json!({"commandId": command})).await {
            Ok(answer) => Ok(Some(Self(answer))),
            Err(error) if error.to_string().contains("InvalidCommandId") => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn json(&self) -> &Value {
        &self.0
    }

    pub fn awaits_approval(&self) -> bool {
        self.0["awaitsApproval"] == true
    }

    /// The rules whose calendars hold it.
    pub fn rules(&self) -> impl Iterator<Item = String> {
        self.0["rules"].as_array().into_iter().flatten().map(|rule| cell(rule, "name"))
    }

    /// Whether its calendars alone hold it.
    pub fn awaits_calendars(&self) -> bool {
        !self.awaits_approval() && self.rules().next().is_some()
    }

    /// What it waits for, or why it was never sent; `None` when nothing holds it.
    pub fn words(&self) -> Option<String> {
        if self.0["refusalCode"].is_string() {
            let (code, reason) = (cell(&self.0, "refusalCode"), cell(&self.0, "refusalReason"));
            return Some(format!("it was not sent: {code}: {reason}"));
        }
        if self.awaits_approval() {
            return Some("it waits to be approved".to_owned());
        }
        let rules = self.0["rules"].as_array().into_iter().flatten().map(|rule| {
            let closed = rule["closedCalendarNames"].as_array().into_iter().flatten();
            let closed = closed.filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
            format!("{} ({closed})", cell(rule, "name"))
        });
        let rules = rules.collect::<Vec<_>>();
        (!rules.is_empty()).then(|| format!("it waits for the closed calendars of {}", rules.join(", ")))
    }

    /// Puts the calendars that hold it aside, for this command alone.
    pub async fn override_rules(
        &self,
        connection: &Connection,
        reason: Option<String>,
    ) -> anyhow::Result<()> {
        let words = self.words().unwrap_or_default();
        let reason =
            reason.with_context(|| format!("{words}: --comment says why it is sent nevertheless"))?;
        for rule in self.rules() {
            let input = json!({"name": rule, "reason": reason, "minutes": OVERRIDE_MINUTES,
                "waitingId": cell(&self.0, "commandId")});
            connection.call_of(&CHANGES, "OverrideChangeRule", &input).await?;
        }
        Ok(())
    }
}

/// What a command that was not sent waits for, or why it never was; `None` when rules hold nothing of it.
pub async fn words(connection: &Connection, command: &str) -> Option<String> {
    match Hold::of(connection, command).await {
        Ok(hold) => hold.and_then(|hold| hold.words()),
        Err(error) => Some(format!("why it is not sent is not known: {error:#}")),
    }
}

/// Whether a command waits to be sent, as SendCommand and ListCommands answer it.
pub fn waits(command: &Value) -> bool {
    matches!(cell(command, "StatusDetails").as_str(), "PendingApproval" | "PendingChangeCalendarOverride")
}

/// Commands that wait for calendars, as rows of changes: those that wait to be approved are listed with their approvals.
pub async fn waiting_for_calendars(connection: &Connection) -> anyhow::Result<Vec<Value>> {
    let filter = json!([{"key": "Status", "value": "PendingChangeCalendarOverride"}]);
    let commands = all(connection, "ListCommands", json!({"Filters": filter}), "Commands").await?;
    let mut rows = Vec::new();
    for command in commands {
        let hold = Hold::of(connection, &cell(&command, "CommandId")).await?;
        let principal = hold.map(|hold| cell(&hold.0, "principal"));
        rows.push(json!({
            "AutomationExecutionId": command["CommandId"], "ChangeRequestName": command["DocumentName"],
            "AutomationExecutionStatus": command["StatusDetails"], "ExecutedBy": principal,
            "ExecutionStartTime": command["RequestedDateTime"],
        }));
    }
    Ok(rows)
}
