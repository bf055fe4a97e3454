//! What comes next in an engagement: a pure function of its events and the instant.
//!
//! Stages begin by the minutes of their plan, and all targets of one together. A page that failed is tried again once, if its
//! target says after how long. Nothing repeats after the last stage: the engagement ends when everybody who was reached has
//! acknowledged, when nobody was reached, or when nobody has answered for a day.

use super::state::{MINUTE_MS, Page, State, Status};
use reeve_contracts::contacts::{
    EngagementEvent, EngagementFinished, EngagementReachedNobody, PageFailed, PageOrdered, PageRetried,
};
use uuid::Uuid;

/// As long an engagement whose last stage has begun waits for an answer.
pub const ANSWER_WAIT_MS: i64 = 24 * 60 * MINUTE_MS;
/// What begins so much after it was due is marked as late.
pub const LATE_MS: i64 = MINUTE_MS;
/// The channels that something leaves by.
pub const SENDABLE: &str = "EMAIL";

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Event(Box<EngagementEvent>),
    /// A stage begins; its targets have to be resolved as they are now.
    Begin {
        line_id: String,
        index: usize,
        due_ms: i64,
    },
}

enum Due {
    /// A page that nothing leaves by.
    Unsendable(String),
    Retry(String),
    Stage {
        line_id: String,
        index: usize,
    },
    ReachedNobody,
    Finished {
        is_acknowledged: bool,
    },
}

/// When something comes next by itself; `None`: not before somebody answers.
pub fn due_ms(state: &State) -> Option<i64> {
    first(state).map(|(at, _)| at)
}

/// What is due at an instant.
pub fn next(state: &State, now_ms: i64) -> Option<Next> {
    let (due_ms, due) = first(state).filter(|(at, _)| *at <= now_ms)?;
    let engagement_id = state.engagement_id.clone();
    let event = match due {
        Due::Stage { line_id, index } => return Some(Next::Begin { line_id, index, due_ms }),
        Due::Unsendable(page_id) => {
            let kind = state.pages.get(&page_id).map(|page| page.channel_type.clone()).unwrap_or_default();
            let reason = format!("{kind} is not configured here");
            let failed = PageFailed { engagement_id, page_id, reason, failed_ms: now_ms };
            EngagementEvent::PageFailed(failed)
        }
        Due::Retry(failed_page_id) => {
            let page = state.pages.get(&failed_page_id).map(|failed| again(&failed_page_id, failed));
            let retried = PageRetried { engagement_id, failed_page_id, page, at_ms: now_ms };
            EngagementEvent::PageRetried(retried)
        }
        Due::ReachedNobody => {
            let mut reasons = state.reasons.clone();
            if reasons.is_empty() {
                reasons.push(format!("{} has no engagement plan", state.contact));
            }
            EngagementEvent::EngagementReachedNobody(EngagementReachedNobody {
                engagement_id,
                contact: state.contact.clone(),
                reasons,
                finished_ms: now_ms,
                incident_id: state.incident_id.clone(),
                subject: state.subject.clone(),
            })
        }
        Due::Finished { is_acknowledged } => EngagementEvent::EngagementFinished(EngagementFinished {
            engagement_id,
            contact: state.contact.clone(),
            is_acknowledged,
            finished_ms: now_ms,
            incident_id: state.incident_id.clone(),
        }),
    };
    Some(Next::Event(Box::new(event)))
}

/// What is due first, and when.
fn first(state: &State) -> Option<(i64, Due)> {
    if !state.exists() || state.is_over {
        return None;
    }
    let open_pages = || state.pages.iter().filter(|(_, page)| state.is_open(&page.line_id));
    let mut all: Vec<(i64, Due)> = Vec::new();
    let mut is_on_its_way = false;
    for (id, page) in open_pages() {
        match page.status {
            Status::Ordered if page.channel_type != SENDABLE => all.push((0, Due::Unsendable(id.clone()))),
            Status::Ordered => is_on_its_way = true,
            _ => all.extend(page.retry_ms().map(|at| (at, Due::Retry(id.clone())))),
        }
    }
    for line in state.open_lines().filter(|line| line.next_stage < line.minutes.len()) {
        let stage = Due::Stage { line_id: line.line_id.clone(), index: line.next_stage };
        all.push((line.next_ms, stage));
    }
    if all.is_empty() && !is_on_its_way {
        all.push(end(state));
    }
    all.into_iter().min_by_key(|(at, _)| *at)
}

/// How an engagement ends of which nothing is to be sent any more.
fn end(state: &State) -> (i64, Due) {
    if !state.pages.values().any(Page::has_reached) {
        return (state.last_ms, Due::ReachedNobody);
    }
    let waits = |page: &Page| page.has_reached() && state.is_open(&page.line_id);
    match state.pages.values().any(waits) {
        true => (state.last_ms + ANSWER_WAIT_MS, Due::Finished { is_acknowledged: false }),
        false => (state.last_ms, Due::Finished { is_acknowledged: !state.acknowledged.is_empty() }),
    }
}

fn again(failed_id: &str, failed: &Page) -> PageOrdered {
    PageOrdered {
        page_id: derived(failed_id, "again"),
        line_id: failed.line_id.clone(),
        contact: failed.contact.clone(),
        channel_id: failed.channel_id.clone(),
        channel_name: failed.channel_name.clone(),
        channel_type: failed.channel_type.clone(),
        address: failed.address.clone(),
        principal: failed.principal.clone(),
        attempt: failed.attempt + 1,
        retry_minutes: failed.retry_minutes,
    }
}

/// An id that follows from another one.
pub fn derived(id: &str, what: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{id}/{what}").as_bytes()).to_string()
}
