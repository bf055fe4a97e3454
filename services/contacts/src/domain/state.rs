//! What decisions about an engagement are made on: how far its plans are, and what became of its pages.

use reeve_contracts::contacts::{EngagementStarted, PageOrdered, PersonEngaged, StageBegan};
use reeve_contracts::ssm_contacts::{Plan, Stage};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const MINUTE_MS: i64 = 60_000;
/// As many sentences say why nobody was reached.
const MAX_REASONS: usize = 20;

/// An engagement, folded from its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Empty: there is none, or it was refused.
    pub engagement_id: String,
    pub contact: String,
    pub contact_type: String,
    pub subject: String,
    pub incident_id: String,
    pub origin_kind: String,
    pub origin_id: String,
    pub is_refused: bool,
    /// The plans that are carried out; the first is the contact's own.
    pub lines: Vec<Line>,
    pub pages: BTreeMap<String, Page>,
    /// Who has acknowledged: nothing is sent to them any more.
    pub acknowledged: BTreeSet<String>,
    /// What was skipped, and what failed.
    pub reasons: Vec<String>,
    /// When the last of its events was.
    pub last_ms: i64,
    pub is_over: bool,
    /// How many events it has.
    pub events: u64,
}

/// One plan that is carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub line_id: String,
    pub contact: String,
    pub plan_json: String,
    /// How many minutes after each stage the next one begins.
    pub minutes: Vec<i64>,
    pub next_stage: usize,
    /// When that begins.
    pub next_ms: i64,
    pub is_essential: bool,
    /// Acknowledged or stopped: nothing of it is sent any more.
    pub is_ended: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    #[default]
    Ordered,
    Sent,
    Failed,
    /// It was on its way when it was of no use any more.
    Cancelled,
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub line_id: String,
    pub contact: String,
    pub channel_id: String,
    pub channel_name: String,
    pub channel_type: String,
    pub address: String,
    pub principal: String,
    pub attempt: u32,
    pub retry_minutes: Option<u32>,
    pub status: Status,
    pub failed_ms: i64,
    pub is_retried: bool,
    pub is_delivered: bool,
    pub is_read: bool,
}

impl Page {
    /// Whether it may have come to somebody.
    pub fn has_reached(&self) -> bool {
        self.status == Status::Sent || self.is_delivered || self.is_read
    }

    /// When it is tried again.
    pub fn retry_ms(&self) -> Option<i64> {
        let minutes = self.retry_minutes.filter(|_| self.attempt == 1 && !self.is_retried)?;
        (self.status == Status::Failed).then(|| self.failed_ms + i64::from(minutes) * MINUTE_MS)
    }
}

/// The stages of a plan.
pub fn stages(plan_json: &str) -> Vec<Stage> {
    // It was written by this service.
    serde_json::from_str::<Plan>(plan_json).unwrap_or_default().stages.unwrap_or_default()
}

fn minutes(stages: &[Stage]) -> Vec<i64> {
    stages.iter().map(|stage| i64::from(stage.duration_in_minutes.unwrap_or_default())).collect()
}

impl State {
    pub fn exists(&self) -> bool {
        !self.engagement_id.is_empty()
    }

    pub fn line(&self, line_id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.line_id == line_id)
    }

    /// The lines of which something may still be sent.
    pub fn open_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.is_ended && !self.is_over)
    }

    pub fn is_open(&self, line_id: &str) -> bool {
        self.open_lines().any(|line| line.line_id == line_id)
    }

    /// Pages on their way of lines that are of no use any more.
    pub fn on_their_way(&self, of: impl Fn(&Page) -> bool) -> Vec<String> {
        let pages = self.pages.iter().filter(|(_, page)| page.status == Status::Ordered && of(page));
        pages.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn started(e: &EngagementStarted) -> Self {
        // A schedule's plan is one stage: who is on call.
        let minutes = match e.contact_type.as_str() {
            "ONCALL_SCHEDULE" => vec![0],
            _ => minutes(&stages(&e.plan_json)),
        };
        let line = Line {
            line_id: e.engagement_id.clone(),
            contact: e.contact.clone(),
            plan_json: e.plan_json.clone(),
            minutes,
            next_ms: e.started_ms,
            is_essential: true,
            ..Line::default()
        };
        Self {
            engagement_id: e.engagement_id.clone(),
            contact: e.contact.clone(),
            contact_type: e.contact_type.clone(),
            subject: e.subject.clone(),
            incident_id: e.incident_id.clone(),
            origin_kind: e.origin_kind.clone(),
            origin_id: e.origin_id.clone(),
            lines: vec![line],
            last_ms: e.started_ms,
            ..Self::default()
        }
    }

    pub(super) fn stage_began(&mut self, e: &StageBegan) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.line_id == e.line_id) {
            let index = usize::try_from(e.index).unwrap_or(usize::MAX);
            line.next_stage = index.saturating_add(1);
            // After an outage the next stage waits as long as the plan says: people get the time to answer.
            let began_ms = if e.is_late { e.began_ms } else { e.due_ms };
            line.next_ms = began_ms + line.minutes.get(index).copied().unwrap_or_default() * MINUTE_MS;
        }
        self.lines.extend(e.people.iter().map(|person| engaged(person, e.began_ms)));
        for page in &e.pages {
            self.pages.insert(page.page_id.clone(), ordered(page));
        }
        for skipped in &e.skipped {
            self.because(format!("{}: {}", skipped.target, skipped.reason));
        }
        self.last_ms = e.began_ms;
    }

    pub(super) fn retried(&mut self, failed_page_id: &str, page: Option<&PageOrdered>, at_ms: i64) {
        if let Some(failed) = self.pages.get_mut(failed_page_id) {
            failed.is_retried = true;
        }
        if let Some(page) = page {
            self.pages.insert(page.page_id.clone(), ordered(page));
        }
        self.last_ms = at_ms;
    }

    pub(super) fn failed(&mut self, page_id: &str, reason: &str, failed_ms: i64) {
        let Some(page) = self.pages.get_mut(page_id) else { return };
        (page.status, page.failed_ms) = (Status::Failed, failed_ms);
        let sentence = format!("{} of {}: {reason}", page.channel_name, page.contact);
        self.because(sentence);
        self.last_ms = failed_ms;
    }

    /// These contacts' plans, or all, are not carried out any more.
    pub(super) fn end(&mut self, all: bool, lines: impl Fn(&Line) -> bool, cancelled: &[String]) {
        self.is_over |= all;
        for line in self.lines.iter_mut().filter(|line| all || lines(line)) {
            line.is_ended = true;
            // What is not needed any more goes: engagements that have ended are many.
            (line.plan_json, line.minutes) = (String::new(), Vec::new());
        }
        for page_id in cancelled {
            if let Some(page) = self.pages.get_mut(page_id) {
                page.status = Status::Cancelled;
            }
        }
    }

    fn because(&mut self, reason: String) {
        if self.reasons.len() < MAX_REASONS && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

fn engaged(person: &PersonEngaged, at_ms: i64) -> Line {
    Line {
        line_id: person.line_id.clone(),
        contact: person.contact.clone(),
        plan_json: person.plan_json.clone(),
        minutes: minutes(&stages(&person.plan_json)),
        next_ms: at_ms,
        is_essential: person.is_essential,
        ..Line::default()
    }
}

fn ordered(page: &PageOrdered) -> Page {
    Page {
        line_id: page.line_id.clone(),
        contact: page.contact.clone(),
        channel_id: page.channel_id.clone(),
        channel_name: page.channel_name.clone(),
        channel_type: page.channel_type.clone(),
        address: page.address.clone(),
        principal: page.principal.clone(),
        attempt: page.attempt,
        retry_minutes: page.retry_minutes,
        ..Page::default()
    }
}
