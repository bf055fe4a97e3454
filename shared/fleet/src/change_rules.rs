//! Change rules, and what they say about a command or a runbook that is to begin.

use crate::{NODE_TAGS, calendars_are_open};
use reeve_contracts::changes::{ChangeRulePut, RuleEvent};
use reeve_eventsourcing::{Projection, Recorded, View, ViewExt};
use reeve_runtime::{ApiError, Handle};
use reeve_types::arn::id_or_arn;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Change rules by name.
pub const CHANGE_RULES: &str = "change-rules";
/// What rules are about.
pub const SEND_COMMAND: &str = "SendCommand";
pub const START_AUTOMATION: &str = "StartAutomationExecution";
/// What becomes of that while a calendar is closed.
pub const WAIT: &str = "WAIT";
pub const REFUSE: &str = "REFUSE";
/// No override is for longer.
pub const MAX_OVERRIDE_MS: i64 = 24 * 60 * 60 * 1_000;

/// A rule. All of its conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRuleRow {
    pub name: String,
    pub description: String,
    pub actions: Vec<String>,
    pub principals: Vec<String>,
    pub document_names: Vec<String>,
    pub node_tags: Vec<String>,
    pub min_nodes: u32,
    pub calendar_names: Vec<String>,
    pub while_closed: String,
    pub approvers: Vec<String>,
    pub min_approvals: u32,
    pub requester_may_approve: bool,
    /// The last one of each principal, and of each thing that waited.
    pub overrides: Vec<Override>,
}

/// Until then the rule's calendars hold nothing of what a principal does, or one thing that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub principal: String,
    pub reason: String,
    pub until_ms: i64,
    /// The command or execution that it is about alone; empty: everything of the principal.
    pub waiting_id: String,
}

impl ChangeRuleRow {
    pub fn of(put: &ChangeRulePut) -> Self {
        let put = put.clone();
        Self {
            name: put.name,
            description: put.description,
            actions: put.actions,
            principals: put.principals,
            document_names: put.document_names,
            node_tags: put.node_tags,
            min_nodes: put.min_nodes,
            calendar_names: put.calendar_names,
            while_closed: put.while_closed,
            approvers: put.approvers,
            min_approvals: put.min_approvals,
            requester_may_approve: put.requester_may_approve,
            overrides: Vec::new(),
        }
    }

    /// The rule after an event; `None` when there is none.
    pub fn after(rule: Option<Self>, event: &RuleEvent) -> Option<Self> {
        match event {
            RuleEvent::ChangeRulePut(put) => Some(Self::of(put)),
            RuleEvent::ChangeRuleDeleted(_) => None,
            RuleEvent::ChangeRuleOverridden(e) => {
                let mut rule = rule?;
                let replaces = |of: &Override| {
                    of.waiting_id == e.waiting_id && (!e.waiting_id.is_empty() || of.principal == e.principal)
                };
                // One that ends a day before another was over when that was made.
                let is_over = |of: &Override| of.until_ms <= e.until_ms - MAX_OVERRIDE_MS;
                rule.overrides.retain(|of| !replaces(of) && !is_over(of));
                let (principal, reason) = (e.principal.clone(), e.reason.clone());
                let waiting_id = e.waiting_id.clone();
                rule.overrides.push(Override { principal, reason, until_ms: e.until_ms, waiting_id });
                Some(rule)
            }
        }
    }

    /// Whether its calendars are put aside for what a principal begins.
    pub fn is_overridden(&self, principal: &str, now_ms: i64) -> bool {
        let is_of = |of: &Override| of.waiting_id.is_empty() && of.principal == principal;
        self.overrides.iter().any(|of| is_of(of) && of.until_ms > now_ms)
    }

    fn is_about(&self, change: &Beginning) -> bool {
        let any = |of: &[String], holds: &dyn Fn(&String) -> bool| of.is_empty() || of.iter().any(holds);
        self.actions.iter().any(|action| action == change.action)
            && change.nodes.len() >= self.min_nodes as usize
            && any(&self.principals, &|named| is_principal(named, change.principal, change.is_in))
            && any(&self.document_names, &|named| {
                id_or_arn("document", named) == id_or_arn("document", change.document)
            })
            && any(&self.node_tags, &|tag| change.tags.iter().any(|tags| has_tag(tags, tag)))
    }
}

/// Whether a name means a principal: its own, its user's ARN, or `group:NAME` of a group that it is in.
pub fn is_principal(named: &str, principal: &str, is_in: &dyn Fn(&str) -> bool) -> bool {
    match named.strip_prefix("group:") {
        Some(group) => is_in(group),
        None => named == principal || named.rsplit_once(":user/").is_some_and(|(_, name)| name == principal),
    }
}

fn has_tag(tags: &BTreeMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => tags.get(key).is_some_and(|found| found == value),
        None => tags.contains_key(wanted),
    }
}

/// Keeps [`CHANGE_RULES`].
pub struct ChangeRules;

impl Projection for ChangeRules {
    const NAME: &'static str = "change-rules";
    const VERSION: u32 = 1;
    type Event = RuleEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<RuleEvent>) {
        let name = &event.envelope.aggregate.id;
        match ChangeRuleRow::after(view.row(CHANGE_RULES, name), &event.event) {
            Some(rule) => view.put_row(CHANGE_RULES, name, rule),
            None => view.remove(CHANGE_RULES, name.as_bytes()),
        }
    }
}

/// What is to begin.
struct Beginning<'a> {
    action: &'a str,
    principal: &'a str,
    document: &'a str,
    nodes: &'a [String],
    tags: Vec<BTreeMap<String, String>>,
    is_in: &'a dyn Fn(&str) -> bool,
}

/// What rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why it may not begin; empty: it may, or waits.
    refusal: String,
    /// The rules that it waits for: by name, and their calendars.
    pub rules: Vec<String>,
    pub calendar_names: Vec<String>,
    /// The rules that demand an approval.
    pub approvals: Vec<ChangeRuleRow>,
    /// The rules that its principal has overridden.
    pub overridden: Vec<String>,
}

impl Verdict {
    pub fn is_held(&self) -> bool {
        !self.rules.is_empty()
    }
}

/// The rules that are about a command or a runbook that a principal begins.
pub fn rules_about(
    handle: &Handle,
    (action, principal, document): (&str, &str, &str),
    nodes: &[String],
    is_in: &dyn Fn(&str) -> bool,
) -> Vec<ChangeRuleRow> {
    let rules = all(handle);
    let looks_at_tags = rules.iter().any(|rule| !rule.node_tags.is_empty());
    let tags = nodes.iter().filter(|_| looks_at_tags);
    let tags = tags.map(|node| handle.views().get(NODE_TAGS, node).unwrap_or_default()).collect();
    let beginning = Beginning { action, principal, document, nodes, tags, is_in };
    rules.into_iter().filter(|rule| rule.is_about(&beginning)).collect()
}

/// Every rule. There are few, and each command and execution is asked about by all of them.
fn all(handle: &Handle) -> Vec<ChangeRuleRow> {
    let rules = handle.views().scan(CHANGE_RULES, "", None, usize::MAX).rows.into_iter();
    rules.map(|(_, rule)| rule).collect()
}

/// The names of the rules that wait for a calendar.
pub fn rules_of_calendar(handle: &Handle, calendar: &str) -> Vec<String> {
    let waits =
        |rule: &ChangeRuleRow| rule.calendar_names.iter().any(|name| id_or_arn("document", name) == calendar);
    all(handle).into_iter().filter(waits).map(|rule| rule.name).collect()
}

/// What the rules say about a command or a runbook that a principal begins now. A calendar that is not known is closed. The calendars of
/// those rules are put aside that were for what it is a part of.
///
/// # Errors
/// `AccessDeniedException` when a rule refuses it.
pub fn rules_on(
    handle: &Handle,
    what: (&str, &str, &str),
    nodes: &[String],
    is_in: &dyn Fn(&str) -> bool,
    overridden: &[String],
    now_ms: i64,
) -> Result<Verdict, ApiError> {
    let rules = rules_about(handle, what, nodes, is_in);
    let is_overridden =
        |rule: &ChangeRuleRow| overridden.contains(&rule.name) || rule.is_overridden(what.1, now_ms);
    let verdict = decide(rules, is_overridden, |names| calendars_are_open(handle, names));
    match verdict.refusal.as_str() {
        "" => Ok(verdict),
        refusal => Err(ApiError::new("AccessDeniedException", refusal)),
    }
}

fn decide(
    rules: Vec<ChangeRuleRow>,
    is_overridden: impl Fn(&ChangeRuleRow) -> bool,
    are_open: impl Fn(&[String]) -> bool,
) -> Verdict {
    let mut verdict = Verdict::default();
    let (mut names, mut all_calendars) = (Vec::new(), BTreeSet::new());
    let mut is_closed = false;
    for rule in rules {
        let is_overridden = is_overridden(&rule);
        if is_overridden {
            verdict.overridden.push(rule.name.clone());
        }
        let holds = !rule.calendar_names.is_empty() && !is_overridden;
        if holds && !are_open(&rule.calendar_names) {
            if rule.while_closed == REFUSE {
                verdict.refusal = format!(
                    "The change rule {} refuses it: of its calendars {} one is closed.",
                    rule.name,
                    rule.calendar_names.join(", ")
                );
                return verdict;
            }
            is_closed = true;
        }
        if holds {
            all_calendars.extend(rule.calendar_names.iter().cloned());
        }
        if holds || rule.min_approvals > 0 {
            names.push(rule.name.clone());
        }
        if rule.min_approvals > 0 {
            verdict.approvals.push(rule);
        }
    }
    // What waits is asked about all of its calendars when it would begin: others may have closed meanwhile.
    if is_closed || !verdict.approvals.is_empty() {
        verdict.rules = names;
        verdict.calendar_names = all_calendars.into_iter().collect();
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_contracts::changes::ChangeRuleOverridden;

    fn rule(name: &str, calendars: &[&str]) -> ChangeRuleRow {
        let calendar_names = calendars.iter().map(|name| (*name).to_owned()).collect();
        let actions = vec![SEND_COMMAND.to_owned()];
        ChangeRuleRow {
            name: name.to_owned(),
            actions,
            calendar_names,
            while_closed: WAIT.to_owned(),
            ..ChangeRuleRow::default()
        }
    }

    fn verdict(rules: &[ChangeRuleRow]) -> Verdict {
        decide(
            rules.to_vec(),
            |rule| rule.is_overridden("ann", 10),
            |names| names.iter().all(|name| name == "open"),
        )
    }

    #[test]
    fn closed_calendars_hold_or_refuse_and_an_override_is_one_principals() {
        assert_eq!(verdict(&[rule("r", &["open"])]), Verdict::default());
        let held = verdict(&[rule("r", &["closed"]), rule("other", &["open"])]);
        assert_eq!((held.rules, held.calendar_names.len()), (vec!["r".to_owned(), "other".to_owned()], 2));
        let refused = verdict(&[ChangeRuleRow { while_closed: REFUSE.into(), ..rule("r", &["closed"]) }]);
        assert!(refused.refusal.contains("change rule r") && !refused.is_held());
        let over = |principal: &str, until_ms| Override {
            principal: principal.into(),
            until_ms,
            ..Override::default()
        };
        let of = |over| verdict(&[ChangeRuleRow { overrides: vec![over], ..rule("r", &["closed"]) }]);
        let begins = of(Override { waiting_id: "c".into(), ..over("ann", 11) });
        assert!(begins.is_held(), "what is about one thing that waits lets nothing else begin");
        assert_eq!(of(over("ann", 11)).overridden, ["r"]);
        assert!(
            !of(over("ann", 11)).is_held() && of(over("ann", 10)).is_held() && of(over("bob", 11)).is_held()
        );
        // What is to be approved waits, and its calendars are asked again when it would begin.
        let approved = ChangeRuleRow { min_approvals: 1, ..rule("a", &[]) };
        let both = verdict(&[approved, rule("r", &["open"])]);
        assert_eq!((both.approvals.len(), both.calendar_names), (1, vec!["open".to_owned()]));
    }

    #[test]
    fn overrides_are_kept_until_they_are_over() {
        let over = |principal: &str, waiting_id: &str, until_ms| {
            RuleEvent::ChangeRuleOverridden(ChangeRuleOverridden {
                name: "r".into(),
                principal: principal.into(),
                reason: "fire".into(),
                until_ms,
                waiting_id: waiting_id.into(),
            })
        };
        let events = [over("ann", "", 1), over("ann", "c", 2), over("bob", "c", 3), over("bob", "", 4)];
        let row = events.iter().fold(Some(rule("r", &["c"])), ChangeRuleRow::after).unwrap();
        let kept: Vec<i64> = row.overrides.iter().map(|of| of.until_ms).collect();
        assert_eq!(kept, [1, 3, 4]);
        let later = ChangeRuleRow::after(Some(row), &over("ann", "d", 3 + MAX_OVERRIDE_MS)).unwrap();
        assert_eq!(later.overrides.len(), 2);
    }

    #[test]
    fn a_rule_is_about_what_meets_each_of_its_conditions() {
        let whole = ChangeRuleRow {
            principals: vec!["group:ops".into(), "ann".into()],
            document_names: vec!["arn:aws:ssm:us-east-1:1:document/D".into()],
            node_tags: vec!["env=prod".into(), "db".into()],
            min_nodes: 2,
            ..rule("r", &["c"])
        };
        let tags = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let nodes = ["a".to_owned(), "b".to_owned()];
        let about = |rule: &ChangeRuleRow, principal: &str, document: &str, count: usize, tags| {
            let (action, nodes) = (SEND_COMMAND, &nodes[..count]);
            let is_in: &dyn Fn(&str) -> bool = &|group| group == "ops" && principal == "bob";
            rule.is_about(&Beginning { action, principal, document, nodes, tags, is_in })
        };
        for principal in ["ann", "bob"] {
            assert!(
                about(&whole, principal, "D", 2, vec![tags("x", "y"), tags("env", "prod")]),
                "{principal}"
            );
        }
        assert!(about(&whole, "ann", "D", 2, vec![tags("db", "")]));
        assert!(!about(&whole, "carol", "D", 2, vec![tags("db", "")]));
        assert!(!about(&whole, "ann", "E", 2, vec![tags("db", "")]));
        assert!(!about(&whole, "ann", "D", 1, vec![tags("db", "")]));
        assert!(!about(&whole, "ann", "D", 2, vec![tags("env", "test")]));
        let of_runbooks = ChangeRuleRow { actions: vec![START_AUTOMATION.into()], ..rule("r", &["c"]) };
        assert!(!about(&of_runbooks, "ann", "D", 2, vec![]));
    }
}
