//! A change rule: what is put, overridden and deleted. Pure.

pub use reeve_contracts::changes::RuleEvent;
use reeve_contracts::changes::{ChangeRuleDeleted, ChangeRuleOverridden, ChangeRulePut};
use reeve_eventsourcing::{Context, Decider};
use reeve_fleet::ChangeRuleRow;

/// What may be asked of a rule.
#[derive(Clone, Debug)]
pub enum Command {
    Put(Box<ChangeRulePut>),
    Delete,
    /// Whoever asks is held by its calendars no more, until then; or what waits with an id, whoever asked for that.
    Override {
        reason: String,
        until_ms: i64,
        waiting_id: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("There is no such change rule.")]
    Unknown,
    #[error("The change rule {0} has no calendar: an approval cannot be overridden.")]
    NoCalendar(String),
}

/// The aggregate. Its state is the rule as others know it; without a name there is none.
pub struct ChangeRule;

impl Decider for ChangeRule {
    type Command = Command;
    type Event = RuleEvent;
    type State = Option<ChangeRuleRow>;
    type Error = Error;

    fn decide(state: &Self::State, command: Command, cx: &Context) -> Result<Option<RuleEvent>, Error> {
        match (command, state) {
            (Command::Put(put), state) => {
                let as_it_is =
                    state.as_ref().map(|rule| ChangeRuleRow { overrides: Vec::new(), ..rule.clone() });
                let is_new = as_it_is.as_ref() != Some(&ChangeRuleRow::of(&put));
                Ok(is_new.then_some(RuleEvent::ChangeRulePut(*put)))
            }
            (Command::Delete, None) => Ok(None),
            (Command::Delete, Some(rule)) => {
                Ok(Some(RuleEvent::ChangeRuleDeleted(ChangeRuleDeleted { name: rule.name.clone() })))
            }
            (Command::Override { .. }, None) => Err(Error::Unknown),
            (Command::Override { .. }, Some(rule)) if rule.calendar_names.is_empty() => {
                Err(Error::NoCalendar(rule.name.clone()))
            }
            (Command::Override { reason, until_ms, waiting_id }, Some(rule)) => {
                let (name, principal) = (rule.name.clone(), cx.actor.name.clone());
                let overridden = ChangeRuleOverridden { name, principal, reason, until_ms, waiting_id };
                Ok(Some(RuleEvent::ChangeRuleOverridden(overridden)))
            }
        }
    }

    fn evolve(state: Self::State, event: &RuleEvent) -> Self::State {
        ChangeRuleRow::after(state, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reeve_testkit::given;

    fn put(calendars: &[&str]) -> ChangeRulePut {
        let calendar_names = calendars.iter().map(|name| (*name).to_owned()).collect();
        ChangeRulePut { name: "freeze".into(), calendar_names, ..ChangeRulePut::default() }
    }

    #[test]
    fn a_rule_is_put_once_overridden_by_who_says_why_and_deleted() {
        let event = RuleEvent::ChangeRulePut(put(&["c"]));
        given::<ChangeRule>([]).when(Command::Put(Box::new(put(&["c"])))).then(event.clone());
        given::<ChangeRule>([event.clone()]).when(Command::Put(Box::new(put(&["c"])))).then_nothing();
        let other = RuleEvent::ChangeRulePut(put(&["d"]));
        given::<ChangeRule>([event.clone()]).when(Command::Put(Box::new(put(&["d"])))).then(other);
        let over = || Command::Override { reason: "fire".into(), until_ms: 9, waiting_id: String::new() };
        given::<ChangeRule>([]).when(over()).then_refused(Error::Unknown);
        given::<ChangeRule>([RuleEvent::ChangeRulePut(put(&[]))])
            .when(over())
            .then_refused(Error::NoCalendar("freeze".into()));
        let deleted = RuleEvent::ChangeRuleDeleted(ChangeRuleDeleted { name: "freeze".into() });
        given::<ChangeRule>([event.clone()]).when(Command::Delete).then(deleted.clone());
        given::<ChangeRule>([event, deleted.clone()]).when(over()).then_refused(Error::Unknown);
        given::<ChangeRule>([]).when(Command::Delete).then_nothing();
    }

    #[test]
    fn an_override_is_of_one_principal_and_ends_when_the_rule_is_put_anew() {
        let over = ChangeRuleOverridden {
            name: "freeze".into(),
            principal: "ann".into(),
            reason: "fire".into(),
            until_ms: 9,
            waiting_id: String::new(),
        };
        let log = [RuleEvent::ChangeRulePut(put(&["c"])), RuleEvent::ChangeRuleOverridden(over)];
        let state = log.iter().fold(None, ChangeRule::evolve);
        assert!(state.clone().is_some_and(|rule| rule.is_overridden("ann", 8)));
        assert!(
            state.clone().is_some_and(|rule| !rule.is_overridden("ann", 9) && !rule.is_overridden("bob", 8))
        );
        let anew = ChangeRule::evolve(state, &RuleEvent::ChangeRulePut(put(&["d"])));
        assert!(anew.is_some_and(|rule| !rule.is_overridden("ann", 8)));
    }
}
