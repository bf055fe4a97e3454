//! Approvals: who may give them, and when there are enough. Those of a runbook, and those of change templates, whose lines may
//! each need a number of their own.

use super::{
    inputs::texts,
    runbook::{truth, whole_number},
    selector::shown,
    state::Decision,
};
use reeve_fleet::is_principal;
use serde_json::{Map, Value};

/// AWS's limits.
const MAX_APPROVERS: usize = 10;
const MAX_LINES: usize = 5;
/// An input of ours: whether who asked for it may approve it as well.
pub const REQUESTER_MAY_APPROVE: &str = "RequesterMayApprove";
const ENHANCED: &str = "EnhancedApprovals";

/// That the time of an approval is nearly over is said when a quarter of it is left, and a day before its end at most. Of less than a
/// minute nobody is warned.
const MAX_NOTICE_MS: i64 = 24 * 3_600_000;
const MIN_WARNED_MS: i64 = 60_000;

/// When it is said that the time of an approval is nearly over, by its end and how long it is; 0: never.
pub fn warning_ms(action: &str, due_ms: i64, timeout_ms: i64) -> i64 {
    let is_warned = action == "aws:approve" && due_ms > 0 && timeout_ms >= MIN_WARNED_MS;
    if is_warned { due_ms - (timeout_ms / 4).min(MAX_NOTICE_MS) } else { 0 }
}

/// Somebody, or a group, and how many of those must approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// A name, the ARN of a user, or `group:NAME`.
    pub approver: String,
    needed: usize,
}

/// What an approval needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    pub lines: Vec<Line>,
    needed: usize,
    requester_may_approve: bool,
}

impl Demand {
    /// Reads the inputs of aws:approve.
    ///
    /// # Errors
    /// A sentence that names the input.
    pub fn read(inputs: &Map<String, Value>) -> Result<Self, String> {
        let lines = match inputs.get(ENHANCED) {
            Some(enhanced) => enhanced_lines(enhanced)?,
            None => {
                let lines = texts(inputs, "Approvers")?.into_iter();
                lines.map(|approver| Line { approver, needed: 0 }).collect()
            }
        };
        let per_line: usize = lines.iter().map(|line| line.needed).sum();
        let needed = match inputs.get("MinRequiredApprovals") {
            Some(given) => positive("MinRequiredApprovals", given)?,
            None => usize::from(per_line == 0),
        };
        let requester_may_approve = match inputs.get(REQUESTER_MAY_APPROVE) {
            None => true,
            Some(given) => truth(given).ok_or_else(|| {
                format!("{REQUESTER_MAY_APPROVE} is {}, which is neither true nor false", shown(given))
            })?,
        };
        let demand = Self { lines, needed, requester_may_approve };
        demand.check()?;
        Ok(demand)
    }

    fn check(&self) -> Result<(), String> {
        if self.lines.len() > MAX_APPROVERS {
            return Err(format!("Approvers names {}, and may name {MAX_APPROVERS}", self.lines.len()));
        }
        let has_group = self.lines.iter().any(|line| line.approver.starts_with("group:"));
        if self.needed > self.lines.len() && !has_group {
            return Err(format!(
                "MinRequiredApprovals is {}, and Approvers names {}: nobody could approve it",
                self.needed,
                self.lines.len()
            ));
        }
        Ok(())
    }

    /// The groups that are named.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| line.approver.strip_prefix("group:"))
    }

    /// Whether somebody is one of those who are asked.
    pub fn may_decide(&self, principal: &str, groups: &[String]) -> bool {
        self.lines.iter().any(|line| line.is(principal, groups))
    }

    /// Whether somebody asked for it who may not approve it therefore.
    pub fn is_own(&self, principal: &str, requester: &str) -> bool {
        !self.requester_may_approve && principal == requester
    }

    /// Whether there are enough. Somebody who is meant by several lines counts for each of them, and once in all.
    pub fn is_met(&self, approvals: &[Decision]) -> bool {
        let count =
            |line: &Line| approvals.iter().filter(|said| line.is(&said.principal, &said.groups)).count();
        approvals.len() >= self.needed && self.lines.iter().all(|line| count(line) >= line.needed)
    }
}

impl Line {
    fn is(&self, principal: &str, groups: &[String]) -> bool {
        is_principal(&self.approver, principal, &|group| groups.iter().any(|of| of == group))
    }
}

fn positive(name: &str, given: &Value) -> Result<usize, String> {
    let needed = whole_number(given).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    needed.ok_or_else(|| format!("{name} is {}, which is no positive whole number", shown(given)))
}

fn enhanced_lines(enhanced: &Value) -> Result<Vec<Line>, String> {
    let approvers = enhanced.get("Approvers").and_then(Value::as_array).filter(|lines| !lines.is_empty());
    let approvers = approvers.ok_or_else(|| format!("{ENHANCED}.Approvers must name somebody"))?;
    if approvers.len() > MAX_LINES {
        return Err(format!("{ENHANCED}.Approvers has {} lines, and may have {MAX_LINES}", approvers.len()));
    }
    approvers.iter().map(enhanced_line).collect()
}

fn enhanced_line(line: &Value) -> Result<Line, String> {
    let name = line.get("approver").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        return Err(format!("{ENHANCED}.Approvers has {}, which names no approver", shown(line)));
    }
    let approver = match line.get("type").and_then(Value::as_str).unwrap_or_default() {
        "IamUser" => name.to_owned(),
        "IamGroup" => format!("group:{}", name.rsplit_once(":group/").map_or(name, |(_, name)| name)),
        kind => {
            return Err(format!(
                "{ENHANCED}.Approvers has {name} of the type {kind:?}; there are IamUser and IamGroup here"
            ));
        }
    };
    let needed = match line.get("minRequiredApprovals") {
        None => 0,
        Some(given) => whole_number(given).and_then(|n| usize::try_from(n).ok()).ok_or_else(|| {
            format!("minRequiredApprovals of {name} is {}, which is no whole number", shown(given))
        })?,
    };
    if needed > 1 && !approver.starts_with("group:") {
        return Err(format!("minRequiredApprovals of {name} is {needed}, and that is one person"));
    }
    Ok(Line { approver, needed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn demand(inputs: &Value) -> Result<Demand, String> {
        Demand::read(inputs.as_object().unwrap())
    }

    fn said(names: &[&str]) -> Vec<Decision> {
        let of = |name: &&str| {
            let groups = if name.starts_with('o') { vec!["ops".to_owned()] } else { Vec::new() };
            Decision { principal: (*name).to_owned(), groups, ..Decision::default() }
        };
        names.iter().map(of).collect()
    }

    fn enhanced(needed: Option<u32>, lines: &[(&str, &str, u32)]) -> Value {
        let line = |(name, kind, needed): &(&str, &str, u32)| json!({"approver": name, "type": kind, "minRequiredApprovals": needed});
        let mut inputs =
            json!({"EnhancedApprovals": {"Approvers": lines.iter().map(line).collect::<Vec<_>>()}});
        if let Some(needed) = needed {
            inputs["MinRequiredApprovals"] = needed.into();
        }
        inputs
    }

    #[test]
    fn a_level_is_complete_by_its_number_by_its_lines_or_by_both() {
        for (inputs, approvals, is_met) in [
            (json!({"Approvers": ["ann", "bob"]}), vec!["bob"], true),
            (json!({"Approvers": ["ann", "bob"], "MinRequiredApprovals": 2}), vec!["bob"], false),
            (enhanced(Some(2), &[("ann", "IamUser", 0), ("ops", "IamGroup", 0)]), vec!["olga", "otto"], true),
            (enhanced(Some(2), &[("ann", "IamUser", 0), ("ops", "IamGroup", 0)]), vec!["olga"], false),
            (enhanced(None, &[("ann", "IamUser", 1), ("ops", "IamGroup", 2)]), vec!["ann", "olga"], false),
            (
                enhanced(None, &[("ann", "IamUser", 1), ("ops", "IamGroup", 2)]),
                vec!["ann", "olga", "otto"],
                true,
            ),
            // Both: the larger total is needed.
            (enhanced(Some(1), &[("ann", "IamUser", 1), ("ops", "IamGroup", 1)]), vec!["olga"], false),
            (enhanced(Some(3), &[("ann", "IamUser", 1), ("ops", "IamGroup", 1)]), vec!["ann", "olga"], false),
            // One person fills every line, and counts once.
            (enhanced(None, &[("otto", "IamUser", 1), ("ops", "IamGroup", 1)]), vec!["otto"], true),
            (enhanced(Some(2), &[("otto", "IamUser", 1), ("ops", "IamGroup", 1)]), vec!["otto"], false),
        ] {
            assert_eq!(demand(&inputs).unwrap().is_met(&said(&approvals)), is_met, "{inputs} {approvals:?}");
        }
    }

    #[test]
    fn a_quarter_of_the_time_before_its_end_and_a_day_at_most_somebody_is_warned() {
        let hour = 3_600_000;
        assert_eq!(warning_ms("aws:approve", 100 * hour, 4 * hour), 99 * hour);
        assert_eq!(warning_ms("aws:approve", 1_000 * hour, 7 * 24 * hour), 976 * hour);
        assert_eq!(warning_ms("aws:approve", 100_000, 59_999), 0);
        assert_eq!(warning_ms("aws:pause", 100 * hour, 4 * hour), 0);
        assert_eq!(warning_ms("aws:approve", 0, 0), 0);
    }

    #[test]
    fn who_may_decide_is_named_or_in_a_group_that_is() {
        let of = demand(&enhanced(None, &[("ann", "IamUser", 0), ("ops", "IamGroup", 0)])).unwrap();
        assert!(of.may_decide("ann", &[]) && of.may_decide("x", &["ops".to_owned()]));
        assert!(!of.may_decide("bob", &["dev".to_owned()]) && !of.may_decide("ops", &[]));
        assert!(demand(&json!({"Approvers": ["arn:aws:iam::1:user/ann"]})).unwrap().may_decide("ann", &[]));
        let own = |inputs: Value| demand(&inputs).unwrap().is_own("ann", "ann");
        assert!(!own(json!({"Approvers": ["ann"]})));
        assert!(own(json!({"Approvers": ["ann"], "RequesterMayApprove": false})));
    }

    #[test]
    fn what_nobody_could_meet_is_refused_by_its_name() {
        for (inputs, named) in [
            (json!({"Approvers": ["a"], "MinRequiredApprovals": 2}), "nobody could approve"),
            (json!({"Approvers": ["a"], "MinRequiredApprovals": 0}), "MinRequiredApprovals is 0"),
            (json!({"EnhancedApprovals": {}}), "EnhancedApprovals.Approvers"),
            (enhanced(None, &[("r", "IamRole", 1)]), "IamRole"),
            (enhanced(None, &[("a", "IamUser", 2)]), "one person"),
            (json!({"Approvers": ["a"], "RequesterMayApprove": "maybe"}), "RequesterMayApprove"),
        ] {
            assert!(demand(&inputs).unwrap_err().contains(named), "{inputs}");
        }
    }
}
