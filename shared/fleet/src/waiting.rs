//! What change rules hold: whether they still do, and what an event of a calendar or of a rule may let go.

use crate::{
    CHANGE_RULES, ChangeRuleRow, calendars_are_open, change_rules::Override, opened, rules_of_calendar,
};
use reeve_contracts::{change_calendar::CalendarEvent, changes::RuleEvent};
use reeve_eventsourcing::Event;
use reeve_runtime::{Delivery, Handle, HandlerError};

/// Something that waits.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// The command's or the execution's.
    pub id: &'a str,
    pub principal: &'a str,
    /// The rules that held it when it was asked for.
    pub rules: &'a [String],
    /// Whether an override of its own principal is none: of a change request, which somebody else lets begin.
    pub needs_another: bool,
}

/// What the rules that held something say of it now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those whose calendars hold it, each with the closed ones.
    pub holding: Vec<(String, Vec<String>)>,
    /// Those whose calendars are put aside for it.
    pub overridden: Vec<String>,
}

impl Standing {
    /// `None`: it waits on; else the rules whose calendars are put aside for it.
    pub fn released(self) -> Option<Vec<String>> {
        self.holding.is_empty().then_some(self.overridden)
    }
}

impl Waiting<'_> {
    /// Asks its rules as they are now: one that was deleted holds nothing any more, one that was put anew holds it by its new calendars.
    pub fn standing(self, handle: &Handle, now_ms: i64) -> Standing {
        let rules = self.rules.iter().filter_map(|name| handle.views().get(CHANGE_RULES, name));
        self.ask(rules, now_ms, |name| calendars_are_open(handle, std::slice::from_ref(name)))
    }

    fn ask(
        self,
        rules: impl Iterator<Item = ChangeRuleRow>,
        now_ms: i64,
        is_open: impl Fn(&String) -> bool,
    ) -> Standing {
        let mut standing = Standing::default();
        for rule in rules {
            if rule.overrides.iter().any(|of| self.is_overridden_by(of, now_ms)) {
                standing.overridden.push(rule.name);
                continue;
            }
            let closed: Vec<String> = rule.calendar_names.into_iter().filter(|name| !is_open(name)).collect();
            if !closed.is_empty() {
                standing.holding.push((rule.name, closed));
            }
        }
        standing
    }

    /// What was let begin by its id begins, however late that is looked at.
    fn is_overridden_by(self, of: &Override, now_ms: i64) -> bool {
        let is_own = of.principal == self.principal;
        let is_of = match of.waiting_id.is_empty() {
            true => is_own && of.until_ms > now_ms,
            false => of.waiting_id == self.id,
        };
        is_of && !(self.needs_another && is_own)
    }
}

/// Waits until the views hold every event of calendars and rules, before something is looked at that begins to wait: so of it and of an
/// opening at least one sees the other, in whichever replicas they are handled.
///
/// # Errors
/// As [`Handle::catch_up_with`].
pub async fn catch_up_with_rules<E>(delivery: &Delivery<E>) -> Result<(), HandlerError> {
    delivery.handle.catch_up_with::<CalendarEvent>().await?;
    delivery.handle.catch_up_with::<RuleEvent>().await
}

/// The ids of what an opening may let go, from an index by `<rule>/<id>` of what waits; `Own` are the events of that.
///
/// # Errors
/// As [`Handle::catch_up_with`].
pub async fn waiting_for_calendar<Own: Event>(
    delivery: &Delivery<CalendarEvent>,
    index: &str,
) -> Result<Vec<String>, HandlerError> {
    let Some(calendar) = opened(&delivery.event.event) else { return Ok(Vec::new()) };
    delivery.handle.catch_up_with::<RuleEvent>().await?;
    delivery.handle.catch_up_with::<Own>().await?;
    let rules = rules_of_calendar(&delivery.handle, calendar).into_iter();
    Ok(rules.flat_map(|rule| held_by(&delivery.handle, index, &rule)).collect())
}

/// The ids of what a rule may let go that was put anew, overridden or deleted. As [`waiting_for_calendar`].
///
/// # Errors
/// As [`Handle::catch_up_with`].
pub async fn waiting_for_rule<Own: Event>(
    delivery: &Delivery<RuleEvent>,
    index: &str,
) -> Result<Vec<String>, HandlerError> {
    delivery.handle.catch_up_with::<CalendarEvent>().await?;
    delivery.handle.catch_up_with::<Own>().await?;
    Ok(held_by(&delivery.handle, index, &delivery.event.envelope.aggregate.id))
}

fn held_by(handle: &Handle, index: &str, rule: &str) -> Vec<String> {
    let held = handle.views().scan(index, &format!("{rule}/"), None, usize::MAX).rows.into_iter();
    held.map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, calendars: &[&str]) -> ChangeRuleRow {
        let calendar_names = calendars.iter().map(|name| (*name).to_owned()).collect();
        ChangeRuleRow { name: name.to_owned(), calendar_names, ..ChangeRuleRow::default() }
    }

    #[test]
    fn what_waits_is_released_by_its_rules_as_they_are_now() {
        let with = |waiting_id: &str, principal: &str| {
            let (waiting_id, principal) = (waiting_id.to_owned(), principal.to_owned());
            let over = Override { principal, waiting_id, until_ms: 11, ..Override::default() };
            ChangeRuleRow { overrides: vec![over], ..rule("r", &["closed"]) }
        };
        let waiting = Waiting { id: "c", principal: "ann", rules: &[], needs_another: false };
        let change = Waiting { needs_another: true, ..waiting };
        let of_change = |rule| change.ask([rule].into_iter(), 10, |_| false).released();
        let of = |rules: Vec<ChangeRuleRow>, now_ms| {
            waiting.ask(rules.into_iter(), now_ms, |name| name == "open").released()
        };
        assert_eq!(of(vec![], 10), Some(vec![]), "its rule was deleted");
        assert_eq!(of(vec![rule("r", &["open"])], 10), Some(vec![]));
        assert_eq!(of(vec![rule("r", &["closed"])], 10), None);
        let overridden = Some(vec!["r".to_owned()]);
        assert_eq!(of(vec![with("", "ann")], 10), overridden);
        assert_eq!(of(vec![with("", "bob")], 10), None, "an override is one principal's");
        assert_eq!(of(vec![with("c", "bob")], 10), overridden, "or about one thing that waits");
        assert_eq!(of(vec![with("d", "ann")], 10), None);
        assert_eq!(of(vec![with("", "ann")], 11), None, "it is over");
        assert_eq!(
            of(vec![with("c", "bob")], 11),
            overridden,
            "what it is about waits until it is looked at"
        );
        assert_eq!(of(vec![with("c", "bob"), rule("s", &["closed"])], 10), None);
        assert_eq!(of_change(with("", "ann")), None, "somebody else lets a change begin");
        assert_eq!(of_change(with("c", "ann")), None);
        assert_eq!(of_change(with("c", "bob")), overridden);
        let standing = waiting.ask([rule("r", &["open", "closed"])].into_iter(), 10, |name| name == "open");
        assert_eq!(standing.holding, [("r".to_owned(), vec!["closed".to_owned()])]);
    }
}
