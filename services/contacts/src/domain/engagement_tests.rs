//! Engagements: what is sent when, and what is not sent any more.

use super::{
    engagement::{Command, Engagement, EngagementEvent, Error, Resolved},
    engine::{self, ANSWER_WAIT_MS, Next},
    state::{MINUTE_MS, State, Status},
};
use proptest::prelude::*;
use reeve_contracts::contacts::{
    EngagementRefused, EngagementStarted, PageOrdered, PersonEngaged, StageBegan, TargetSkipped,
};
use reeve_eventsourcing::{Context, Decider};
use reeve_testkit::context;
use reeve_types::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A plan whose stages last so many minutes; what their targets are is told apart.
fn plan(minutes: &[i64]) -> String {
    let stages: Vec<_> =
        minutes.iter().map(|minutes| json!({"DurationInMinutes": minutes, "Targets": []})).collect();
    json!({"Stages": stages}).to_string()
}

/// An engagement that goes on as the kernel's timer makes it.
struct Simulation {
    state: State,
    now_ms: i64,
    log: Vec<EngagementEvent>,
    /// What the targets of a contact's stage are.
    targets: BTreeMap<(String, usize), Resolved>,
}

fn channel(name: &str, retry_minutes: Option<u32>) -> PageOrdered {
    PageOrdered {
        contact: name.split('.').next().unwrap_or_default().to_owned(),
        channel_id: name.to_owned(),
        channel_name: name.to_owned(),
        channel_type: if name.ends_with("sms") { "SMS" } else { "EMAIL" }.to_owned(),
        retry_minutes,
        ..PageOrdered::default()
    }
}

fn person(contact: &str, minutes: &[i64], is_essential: bool) -> PersonEngaged {
    let (contact, plan_json) = (contact.to_owned(), plan(minutes));
    PersonEngaged { contact, plan_json, is_essential, ..PersonEngaged::default() }
}

fn pages(each: &[(&str, Option<u32>)]) -> Resolved {
    let pages = each.iter().map(|(name, retry)| channel(name, *retry)).collect();
    Resolved { pages, ..Resolved::default() }
}

fn people(people: Vec<PersonEngaged>) -> Resolved {
    Resolved { people, ..Resolved::default() }
}

impl Simulation {
    fn of(kind: &str, contact: &str, minutes: &[i64], targets: Vec<(&str, usize, Resolved)>) -> Self {
        let targets = targets.into_iter().map(|(name, n, to)| ((name.to_owned(), n), to)).collect();
        let (state, now_ms, log) = (State::default(), 0, Vec::new());
        let mut simulation = Self { state, now_ms, log, targets };
        let started = EngagementStarted {
            engagement_id: "e".into(),
            contact: contact.into(),
            contact_type: kind.into(),
            plan_json: plan(minutes),
            ..EngagementStarted::default()
        };
        simulation.give(Command::Start(Box::new(started))).unwrap();
        simulation.go_on();
        simulation
    }

    fn at(&self) -> Context {
        Context { now: Timestamp(self.now_ms), ..context() }
    }

    fn give(&mut self, command: Command) -> Result<bool, Error> {
        let event = Engagement::decide(&self.state, command, &self.at())?;
        if let Some(event) = &event {
            self.state = Engagement::evolve(std::mem::take(&mut self.state), event);
            self.log.push(event.clone());
        }
        Ok(event.is_some())
    }

    /// Does all that is due now.
    fn go_on(&mut self) {
        for _ in 0..1_000 {
            match engine::due_ms(&self.state) {
                Some(at) if at <= self.now_ms => {}
                _ => return,
            }
            let command = match engine::next(&self.state, self.now_ms).expect("what is due comes next") {
                Next::Event(_) => Command::Advance,
                Next::Begin { line_id, index, .. } => {
                    let contact = self.state.line(&line_id).unwrap().contact.clone();
                    let resolved = self.targets.get(&(contact, index)).cloned().unwrap_or_default();
                    Command::Begin { line_id, index, resolved: Box::new(resolved) }
                }
            };
            assert!(self.give(command).unwrap(), "what is due leads to an event: {:?}", self.state);
        }
        panic!("it never ends");
    }

    fn minutes_pass(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.now_ms += MINUTE_MS;
            self.go_on();
        }
    }

    /// The names of the channels that a page was ordered for, in the log's order.
    fn ordered(&self) -> Vec<String> {
        let mut ordered = Vec::new();
        for event in &self.log {
            match event {
                EngagementEvent::StageBegan(e) => {
                    ordered.extend(e.pages.iter().map(|p| p.channel_id.clone()))
                }
                EngagementEvent::PageRetried(e) => {
                    ordered.extend(e.page.iter().map(|p| p.channel_id.clone()))
                }
                _ => {}
            }
        }
        ordered
    }

    /// The id of the last page to a channel.
    fn page(&self, channel: &str) -> String {
        let pages = self.state.pages.iter().filter(|(_, page)| page.channel_id == channel);
        pages.max_by_key(|(_, page)| page.attempt).map(|(id, _)| id.clone()).unwrap_or_else(|| {
            panic!("no page to {channel}: {:?}", self.state.pages);
        })
    }

    fn sent(&mut self, channel: &str) {
        let command = Command::TakeSent { page_id: self.page(channel), receipt: "250".into() };
        self.give(command).unwrap();
        self.go_on();
    }

    fn failed(&mut self, channel: &str) {
        let command = Command::TakeFailed { page_id: self.page(channel), reason: "down".into() };
        self.give(command).unwrap();
        self.go_on();
    }

    fn read(&mut self, channel: &str) -> bool {
        let (page_id, channel_id, note) = (self.page(channel), String::new(), String::new());
        let is_new = self.give(Command::Read { page_id, channel_id, note }).unwrap();
        self.go_on();
        is_new
    }

    fn last(&self) -> &EngagementEvent {
        self.log.last().unwrap()
    }
}

fn ann() -> Simulation {
    let first = pages(&[("ann.phone", None), ("ann.push", None)]);
    Simulation::of(
        "PERSONAL",
        "ann",
        &[1, 5],
        vec![("ann", 0, first), ("ann", 1, pages(&[("ann.sms", None)]))],
    )
}

#[test]
fn case_38_what_is_acknowledged_is_not_paged_any_more() {
    let mut it = ann();
    assert_eq!(it.ordered(), ["ann.phone", "ann.push"], "the targets of a stage start together");
    it.sent("ann.push");
    assert!(it.read("ann.push"));
    let EngagementEvent::PageRead(read) = it.last() else { panic!("{:?}", it.last()) };
    assert!(read.ends_engagement && !read.is_late);
    assert_eq!(read.cancelled_page_ids, [it.page("ann.phone")], "what is on its way is called back");
    assert!(!it.read("ann.push"), "said again it is no second event");
    it.minutes_pass(60);
    assert_eq!(it.ordered(), ["ann.phone", "ann.push"], "no stage begins after it");
    assert!(it.state.is_over);
    // Without it the next stage comes.
    let mut it = ann();
    it.sent("ann.push");
    it.minutes_pass(1);
    assert_eq!(it.ordered().len(), 3);
}

fn escalation(is_essential: bool) -> Simulation {
    let each = vec![
        ("plan", 0, people(vec![person("ann", &[0, 2], is_essential)])),
        ("plan", 1, people(vec![person("bob", &[0], true), person("ann", &[0], false)])),
        ("ann", 0, pages(&[("ann.mail", None)])),
        ("ann", 1, pages(&[("ann.chat", None)])),
        ("bob", 0, pages(&[("bob.mail", None)])),
    ];
    Simulation::of("ESCALATION", "plan", &[3, 0], each)
}

#[test]
fn an_essential_contact_stops_the_escalation_and_another_one_does_not() {
    let mut it = escalation(true);
    // Both stages of ann's plan, since the first lasts no time.
    assert_eq!(it.ordered(), ["ann.mail", "ann.chat"]);
    it.sent("ann.mail");
    it.read("ann.mail");
    it.minutes_pass(10);
    assert_eq!(it.ordered(), ["ann.mail", "ann.chat"]);

    let mut it = escalation(false);
    it.sent("ann.mail");
    it.read("ann.mail");
    it.minutes_pass(10);
    assert_eq!(it.ordered(), ["ann.mail", "ann.chat", "bob.mail"], "the plan goes on, and ann is left out");
    let began = it.log.iter().filter_map(|event| match event {
        EngagementEvent::StageBegan(StageBegan { skipped, .. }) => skipped.first().cloned(),
        _ => None,
    });
    let skipped = TargetSkipped { target: "ann".into(), reason: "has acknowledged already".into() };
    assert_eq!(began.collect::<Vec<_>>(), [skipped]);
    it.sent("bob.mail");
    it.read("bob.mail");
    assert!(it.state.is_over);
}

#[test]
fn a_failed_channel_is_tried_again_once_after_its_interval() {
    let mut it = Simulation::of("PERSONAL", "ann", &[0], vec![("ann", 0, pages(&[("ann.mail", Some(2))]))]);
    it.failed("ann.mail");
    it.minutes_pass(1);
    assert_eq!(it.ordered().len(), 1);
    it.minutes_pass(1);
    assert_eq!(it.ordered().len(), 2);
    it.failed("ann.mail");
    it.minutes_pass(9);
    assert_eq!(it.ordered().len(), 2, "once");
    let EngagementEvent::EngagementReachedNobody(nobody) = it.last() else { panic!("{:?}", it.last()) };
    assert_eq!(nobody.reasons, ["ann.mail of ann: down"]);
}

#[test]
fn case_42_an_engagement_that_reaches_nobody_says_so_and_why() {
    let none = Simulation::of("PERSONAL", "ann", &[], vec![]);
    let EngagementEvent::EngagementReachedNobody(nobody) = none.last() else { panic!("{:?}", none.last()) };
    assert_eq!(nobody.reasons, ["ann has no engagement plan"]);
    let sms = Simulation::of("PERSONAL", "ann", &[0], vec![("ann", 0, pages(&[("ann.sms", None)]))]);
    let EngagementEvent::EngagementReachedNobody(nobody) = sms.last() else { panic!("{:?}", sms.last()) };
    assert_eq!(nobody.reasons, ["ann.sms of ann: SMS is not configured here"]);
    let skipped = vec![TargetSkipped { target: "night".into(), reason: "nobody is on call".into() }];
    let gap = Resolved { skipped, ..Resolved::default() };
    let gap = Simulation::of("ONCALL_SCHEDULE", "night", &[], vec![("night", 0, gap)]);
    let EngagementEvent::EngagementReachedNobody(nobody) = gap.last() else { panic!("{:?}", gap.last()) };
    assert_eq!(nobody.reasons, ["night: nobody is on call"]);
}

#[test]
fn nobody_answers_for_a_day_and_then_it_is_over_and_an_answer_changes_nothing() {
    let mut it = Simulation::of("PERSONAL", "ann", &[0], vec![("ann", 0, pages(&[("ann.mail", None)]))]);
    it.sent("ann.mail");
    it.now_ms += ANSWER_WAIT_MS - 1;
    it.go_on();
    assert!(!it.state.is_over);
    it.now_ms += 1;
    it.go_on();
    let EngagementEvent::EngagementFinished(finished) = it.last() else { panic!("{:?}", it.last()) };
    assert!(!finished.is_acknowledged);
    assert!(it.read("ann.mail"), "it is recorded");
    let EngagementEvent::PageRead(read) = it.last() else { panic!("{:?}", it.last()) };
    assert!(read.is_late && read.cancelled_page_ids.is_empty());
    assert!(it.state.acknowledged.is_empty());
}

#[test]
fn case_40_a_stage_that_is_late_says_so_and_the_next_one_waits_as_long_as_the_plan_says() {
    let mut it = ann();
    it.sent("ann.push");
    it.now_ms += 180 * MINUTE_MS;
    it.go_on();
    let late: Vec<_> = it
        .log
        .iter()
        .filter_map(|event| match event {
            EngagementEvent::StageBegan(e) => Some((e.index, e.is_late, e.due_ms, e.began_ms)),
            _ => None,
        })
        .collect();
    assert_eq!(late, [(0, false, 0, 0), (1, true, MINUTE_MS, 180 * MINUTE_MS)]);
    it.now_ms += 180 * MINUTE_MS;
    it.go_on();
    assert_eq!(it.ordered().len(), 3, "once");
}

#[test]
fn what_is_stopped_is_stopped_as_a_whole_or_for_one_contact() {
    let mut it = escalation(false);
    let of_ann = it.state.lines.iter().find(|line| line.contact == "ann").unwrap().line_id.clone();
    let stop = |line_id: &str| Command::Stop { line_id: line_id.to_owned(), reason: "drill".into() };
    assert!(it.give(stop(&of_ann)).unwrap());
    assert!(!it.give(stop(&of_ann)).unwrap());
    it.minutes_pass(3);
    assert!(it.ordered().contains(&"bob.mail".to_owned()), "the plan goes on");
    assert!(it.give(stop("e")).unwrap());
    assert!(it.state.is_over && engine::due_ms(&it.state).is_none());
    assert_eq!(it.state.pages[&it.page("bob.mail")].status, Status::Cancelled);
    // What was on its way after all is told as it was.
    it.sent("bob.mail");
    assert_eq!(it.state.pages[&it.page("bob.mail")].status, Status::Sent);
    assert_eq!(it.give(stop("x")), Err(Error::Unknown));
}

#[test]
fn one_that_was_refused_is_not_begun_by_a_repeat() {
    let mut it = ann();
    it.state = State::default();
    let refused = EngagementRefused { engagement_id: "e".into(), ..EngagementRefused::default() };
    it.give(Command::Refuse(Box::new(refused.clone()))).unwrap();
    assert!(!it.give(Command::Refuse(Box::new(refused))).unwrap());
    assert!(!it.give(Command::Start(Box::default())).unwrap());
}

#[derive(Clone, Debug)]
enum Happens {
    Minutes(i64),
    Sent(usize),
    Failed(usize),
    Read(usize),
    Stop(usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        (1i64..4).prop_map(Happens::Minutes),
        (0usize..9).prop_map(Happens::Sent),
        (0usize..9).prop_map(Happens::Failed),
        (0usize..9).prop_map(Happens::Read),
        (0usize..40).prop_map(Happens::Stop),
    ]
}

proptest! {
    /// Whatever happens: what is due leads to an event, nothing is ordered for who has acknowledged or after the end, nothing
    /// is ordered twice, and every engagement ends.
    #[test]
    fn an_engagement_keeps_its_promises(each in prop::collection::vec(happens(), 0..30), essential in any::<bool>()) {
        let mut it = Simulation::of("ESCALATION", "plan", &[2, 1, 0], vec![
            ("plan", 0, people(vec![person("ann", &[1, 1], essential), person("bob", &[0], false)])),
            ("plan", 1, people(vec![person("cid", &[2, 0], true), person("bob", &[0], false)])),
            ("plan", 2, people(vec![person("ann", &[1, 1], false)])),
            ("ann", 0, pages(&[("ann.mail", Some(1)), ("ann.sms", Some(0))])),
            ("ann", 1, pages(&[("ann.chat", None)])),
            ("bob", 0, pages(&[("bob.mail", Some(3))])),
            ("cid", 0, pages(&[("cid.mail", None)])),
            ("cid", 1, pages(&[("cid.mail", Some(0))])),
        ]);
        for one in each {
            let at = |n: usize, it: &Simulation| it.state.pages.keys().nth(n % it.state.pages.len().max(1)).cloned();
            let command = match one {
                Happens::Minutes(minutes) => {
                    it.minutes_pass(minutes);
                    continue;
                }
                Happens::Sent(n) => at(n, &it).map(|page_id| Command::TakeSent { page_id, receipt: "r".into() }),
                Happens::Failed(n) => at(n, &it).map(|page_id| Command::TakeFailed { page_id, reason: "f".into() }),
                Happens::Read(n) => at(n, &it)
                    .map(|page_id| Command::Read { page_id, channel_id: String::new(), note: String::new() }),
                Happens::Stop(n) => it.state.lines.get(n)
                    .map(|line| Command::Stop { line_id: line.line_id.clone(), reason: "s".into() }),
            };
            if let Some(command) = command {
                it.give(command).unwrap();
                it.go_on();
            }
        }
        // Those that are on their way come to an end, and then nobody answers.
        for page_id in it.state.on_their_way(|_| true) {
            it.give(Command::TakeSent { page_id, receipt: "r".into() }).unwrap();
        }
        for _ in 0..200 {
            it.minutes_pass(1);
            for page_id in it.state.on_their_way(|_| true) {
                it.give(Command::TakeSent { page_id, receipt: "r".into() }).unwrap();
            }
        }
        it.now_ms += ANSWER_WAIT_MS;
        it.go_on();
        prop_assert!(it.state.is_over);
        prop_assert_eq!(engine::due_ms(&it.state), None);

        let (mut acknowledged, mut ids, mut is_over) = (BTreeSet::new(), BTreeSet::new(), false);
        for event in &it.log {
            let orders: Vec<&PageOrdered> = match event {
                EngagementEvent::StageBegan(e) => e.pages.iter().collect(),
                EngagementEvent::PageRetried(e) => e.page.iter().collect(),
                _ => Vec::new(),
            };
            prop_assert!(!(is_over && matches!(event, EngagementEvent::StageBegan(_) | EngagementEvent::PageRetried(_))));
            for order in orders {
                prop_assert!(!acknowledged.contains(&order.contact), "{} was paged after all", order.contact);
                prop_assert!(ids.insert(order.page_id.clone()), "{} was ordered twice", order.page_id);
                prop_assert!(order.attempt <= 2);
            }
            match event {
                EngagementEvent::PageRead(e) if !e.is_late => {
                    acknowledged.insert(e.contact.clone());
                    is_over |= e.ends_engagement;
                }
                EngagementEvent::EngagementStopped(e) => is_over |= e.line_id == e.engagement_id,
                EngagementEvent::EngagementFinished(_) | EngagementEvent::EngagementReachedNobody(_) => is_over = true,
                _ => {}
            }
        }
    }
}
