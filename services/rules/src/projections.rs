//! Rules as they are listed, when they fire, what came of them, and how deep in a chain of rules something is.

use crate::domain::{
    matching::MatchEvent,
    rule::{Rule, RuleEvent, State},
};
use reeve_contracts::rules::RuleMatched;
use reeve_eventsourcing::{Decider, Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rules by name, and the default rules that were ever switched.
pub(crate) const RULES: &str = "rules";
/// How often any rule was changed: who has compiled them knows by it whether that is still so.
pub(crate) const REVISION: &str = "revision";
/// The one key of [`REVISION`].
pub(crate) const THIS: &str = "this";
/// What came of each rule, by name.
pub(crate) const COUNTS: &str = "counts";
/// The last [`KEPT_MATCHES`] matches of each rule, by `<rule>/<number modulo that>`.
pub(crate) const MATCHES: &str = "matches";
/// By the correlation id of what a match asked for: the match's depth.
pub(crate) const DEPTHS: &str = "depths";

/// Due when a rule fires by its schedule.
pub(crate) const FIRE: &str = "fire";

/// As many matches of a rule are listed; all of them are in the log.
pub(crate) const KEPT_MATCHES: u64 = 100;

/// As many different fields of a rule are counted: who changes its pattern again and again makes no row that grows for ever.
const MAX_MISSING_FIELDS: usize = 100;

/// Keeps [`RULES`], [`REVISION`] and [`FIRE`].
pub(crate) struct Rules;

impl Projection for Rules {
    const NAME: &'static str = "rules";
    const VERSION: u32 = 2;
    type Event = RuleEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<RuleEvent>) {
        let name = &event.envelope.aggregate.id;
        let state = Rule::evolve(view.row::<State>(RULES, name).unwrap_or_default(), &event.event);
        match state.next_ms {
            0 => timers::cancel(view, FIRE, name),
            next => timers::set(view, FIRE, name, Timestamp(next)),
        }
        match event.event {
            RuleEvent::RuleDeleted(_) => view.remove(RULES, name.as_bytes()),
            _ => view.put_row(RULES, name, state),
        }
        // A firing changes nothing that is compiled.
        if !matches!(event.event, RuleEvent::RuleFired(_) | RuleEvent::RuleFiringsMissed(_)) {
            view.update_row(REVISION, THIS, |revision: &mut u64| *revision += 1);
        }
    }
}

/// What came of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub matched: u64,
    pub stopped: u64,
    /// In how many of the matches a field was missing that the rule names, and each of those.
    pub matched_without: u64,
    pub missing: BTreeMap<String, u64>,
}

impl Counts {
    fn take_missing(&mut self, paths: &[String]) {
        self.matched_without += u64::from(!paths.is_empty());
        for path in paths {
            if self.missing.contains_key(path) || self.missing.len() < MAX_MISSING_FIELDS {
                *self.missing.entry(path.clone()).or_default() += 1;
            }
        }
    }
}

/// A match, as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MatchRow {
    /// The rule's matches and stops count from 1.
    pub number: u64,
    pub event_id: String,
    pub source: String,
    pub detail_type: String,
    pub service: String,
    pub position: u64,
    pub time: Timestamp,
    pub depth: u32,
    pub resources: Vec<String>,
    pub is_stopped: bool,
    pub invocations: Vec<InvocationRow>,
}

/// What a match asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvocationRow {
    pub target_id: String,
    pub arn: String,
    pub request_id: String,
    pub input_json: String,
    pub problem: String,
}

impl MatchRow {
    pub fn of(matched: &RuleMatched, time: Timestamp) -> Self {
        let invocations = matched.invocations.iter().map(|invocation| InvocationRow {
            target_id: invocation.target_id.clone(),
            arn: invocation.arn.clone(),
            request_id: invocation.request_id.clone(),
            input_json: invocation.input_json.clone(),
            problem: invocation.problem.clone(),
        });
        Self {
            number: 0,
            event_id: matched.event_id.clone(),
            source: matched.event_source.clone(),
            detail_type: matched.event_type.clone(),
            service: matched.service.clone(),
            position: matched.position,
            time,
            depth: matched.depth,
            resources: matched.resources.clone(),
            is_stopped: false,
            invocations: invocations.collect(),
        }
    }
}

/// Keeps [`COUNTS`], [`MATCHES`] and [`DEPTHS`].
pub(crate) struct Matches;

impl Projection for Matches {
    const NAME: &'static str = "matches";
    const VERSION: u32 = 2;
    type Event = MatchEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<MatchEvent>) {
        let time = event.envelope.time;
        let (rule, row) = match &event.event {
            MatchEvent::RuleMatched(e) => {
                for invocation in e.invocations.iter().filter(|invocation| invocation.problem.is_empty()) {
                    view.put_row(DEPTHS, &invocation.request_id, e.depth);
                }
                (&e.rule, MatchRow::of(e, time))
            }
            MatchEvent::RuleStopped(e) => {
                let (event_id, depth) = (e.event_id.clone(), e.depth);
                (&e.rule, MatchRow { event_id, depth, time, is_stopped: true, ..MatchRow::default() })
            }
        };
        let mut number = 0;
        view.update_row(COUNTS, rule, |counts: &mut Counts| {
            match row.is_stopped {
                true => counts.stopped += 1,
                false => counts.matched += 1,
            }
            if let MatchEvent::RuleMatched(e) = &event.event {
                counts.take_missing(&e.missing);
            }
            number = counts.matched + counts.stopped;
        });
        let key = match_key(rule, number);
        view.put_row(MATCHES, &key, MatchRow { number, ..row });
    }
}

/// Where a rule's match of a number lies.
pub(crate) fn match_key(rule: &str, number: u64) -> String {
    format!("{rule}/{:03}", number % KEPT_MATCHES)
}
