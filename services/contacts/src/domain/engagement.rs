//! An engagement: somebody is to be reached, and what became of it. What comes next says the engine; what people and the
//! notifications say of its pages is decided on here.

use super::{
    engine::{self, LATE_MS, Next, derived},
    state::{Page, State, Status},
};
pub use reeve_contracts::contacts::EngagementEvent;
use reeve_contracts::contacts::{
    EngagementRefused, EngagementStarted, EngagementStopped, PageDelivered, PageFailed, PageOrdered,
    PageRead, PageSent, PersonEngaged, StageBegan, TargetSkipped,
};
use reeve_eventsourcing::{Context, Decider};
use std::collections::BTreeSet;

/// What the targets of a stage come to when it begins: ids are given by the decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    pub people: Vec<PersonEngaged>,
    pub pages: Vec<PageOrdered>,
    pub skipped: Vec<TargetSkipped>,
}

/// What may be asked of an engagement.
#[derive(Clone, Debug)]
pub enum Command {
    Start(Box<EngagementStarted>),
    Refuse(Box<EngagementRefused>),
    /// To go on, if something is due.
    Advance,
    /// As [`Command::Advance`], where that is the beginning of this stage, whose targets resolved to these.
    Begin {
        line_id: String,
        index: usize,
        resolved: Box<Resolved>,
    },
    TakeSent {
        page_id: String,
        receipt: String,
    },
    TakeFailed {
        page_id: String,
        reason: String,
    },
    Deliver {
        page_id: String,
        channel_id: String,
        note: String,
    },
    Read {
        page_id: String,
        channel_id: String,
        note: String,
    },
    /// The whole engagement by its own id, or that of one contact in it.
    Stop {
        line_id: String,
        reason: String,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such engagement")]
    Unknown,
    #[error("there is no such page")]
    UnknownPage,
}

/// The aggregate.
pub struct Engagement;

impl Decider for Engagement {
    type Command = Command;
    type Event = EngagementEvent;
    type State = State;
    type Error = Error;

    fn decide(state: &State, command: Command, cx: &Context) -> Result<Option<EngagementEvent>, Error> {
        let now_ms = cx.now.0;
        let is_new = !state.exists() && !state.is_refused;
        let comes_next = || match engine::next(state, now_ms) {
            Some(Next::Event(event)) => Some(*event),
            _ => None,
        };
        Ok(match command {
            Command::Start(started) => is_new.then_some(EngagementEvent::EngagementStarted(*started)),
            Command::Refuse(refused) => is_new.then_some(EngagementEvent::EngagementRefused(*refused)),
            _ if !state.exists() => return Err(Error::Unknown),
            Command::Advance => comes_next(),
            Command::Begin { line_id, index, resolved } => match engine::next(state, now_ms) {
                Some(Next::Begin { line_id: line, index: at, due_ms })
                    if (&line, at) == (&line_id, index) =>
                {
                    Some(begin(state, &line, at, due_ms, *resolved, now_ms))
                }
                _ => comes_next(),
            },
            Command::TakeSent { page_id, receipt } => {
                let engagement_id = state.engagement_id.clone();
                let is_new = matches!(page(state, &page_id)?.status, Status::Ordered | Status::Cancelled);
                let sent = PageSent { engagement_id, page_id, receipt, sent_ms: now_ms };
                is_new.then_some(EngagementEvent::PageSent(sent))
            }
            Command::TakeFailed { page_id, reason } => {
                let engagement_id = state.engagement_id.clone();
                let is_new = page(state, &page_id)?.status == Status::Ordered;
                let failed = PageFailed { engagement_id, page_id, reason, failed_ms: now_ms };
                is_new.then_some(EngagementEvent::PageFailed(failed))
            }
            Command::Deliver { page_id, channel_id, note } => {
                let of = page(state, &page_id)?;
                let is_new = !of.is_delivered && !of.is_read;
                let engagement_id = state.engagement_id.clone();
                let told = PageDelivered { engagement_id, page_id, channel_id, note, delivered_ms: now_ms };
                is_new.then_some(EngagementEvent::PageDelivered(told))
            }
            Command::Read { page_id, channel_id, note } => {
                let of = page(state, &page_id)?;
                (!of.is_read).then(|| read(state, of, (page_id, channel_id, note), now_ms))
            }
            Command::Stop { line_id, reason } => stop(state, line_id, reason, now_ms)?,
        })
    }

    fn evolve(mut state: State, event: &EngagementEvent) -> State {
        match event {
            EngagementEvent::EngagementStarted(e) => state = State::started(e),
            EngagementEvent::EngagementRefused(_) => state.is_refused = true,
            EngagementEvent::StageBegan(e) => state.stage_began(e),
            EngagementEvent::PageRetried(e) => state.retried(&e.failed_page_id, e.page.as_ref(), e.at_ms),
            EngagementEvent::PageSent(e) => {
                if let Some(page) = state.pages.get_mut(&e.page_id) {
                    page.status = Status::Sent;
                }
                state.last_ms = e.sent_ms;
            }
            EngagementEvent::PageFailed(e) => state.failed(&e.page_id, &e.reason, e.failed_ms),
            EngagementEvent::PageDelivered(e) => {
                if let Some(page) = state.pages.get_mut(&e.page_id) {
                    page.is_delivered = true;
                }
                state.last_ms = e.delivered_ms;
            }
            EngagementEvent::PageRead(e) => {
                if let Some(page) = state.pages.get_mut(&e.page_id) {
                    page.is_read = true;
                }
                if !e.is_late {
                    state.acknowledged.insert(e.contact.clone());
                    let contact = e.contact.clone();
                    state.end(e.ends_engagement, |line| line.contact == contact, &e.cancelled_page_ids);
                }
                state.last_ms = e.read_ms;
            }
            EngagementEvent::EngagementStopped(e) => {
                let is_all = e.line_id == e.engagement_id;
                state.end(is_all, |line| line.line_id == e.line_id, &e.cancelled_page_ids);
                state.last_ms = e.stopped_ms;
            }
            EngagementEvent::EngagementFinished(_) | EngagementEvent::EngagementReachedNobody(_) => {
                state.end(true, |_| true, &[]);
            }
        }
        state.events += 1;
        state
    }
}

fn page<'a>(state: &'a State, page_id: &str) -> Result<&'a Page, Error> {
    state.pages.get(page_id).ok_or(Error::UnknownPage)
}

/// A stage begins: who has acknowledged is left out, and nobody and no channel is taken twice.
fn begin(
    state: &State,
    line_id: &str,
    index: usize,
    due_ms: i64,
    resolved: Resolved,
    now_ms: i64,
) -> EngagementEvent {
    let Resolved { mut people, mut pages, mut skipped } = resolved;
    let skip = |skipped: &mut Vec<TargetSkipped>, target: &str, reason: &str| {
        skipped.push(TargetSkipped { target: target.to_owned(), reason: reason.to_owned() });
    };
    let essential: BTreeSet<String> =
        people.iter().filter(|one| one.is_essential).map(|one| one.contact.clone()).collect();
    let mut seen = BTreeSet::new();
    people.retain(|person| {
        if state.acknowledged.contains(&person.contact) {
            skip(&mut skipped, &person.contact, "has acknowledged already");
            return false;
        }
        seen.insert(person.contact.clone())
    });
    for person in &mut people {
        person.line_id = derived(line_id, &format!("{index}/{}", person.contact));
        person.is_essential = essential.contains(&person.contact);
    }
    let mut seen = BTreeSet::new();
    pages.retain(|page| seen.insert(page.channel_id.clone()));
    for page in &mut pages {
        line_id.clone_into(&mut page.line_id);
        page.page_id = derived(line_id, &format!("{index}/{}", page.channel_id));
        page.attempt = 1;
    }
    EngagementEvent::StageBegan(StageBegan {
        engagement_id: state.engagement_id.clone(),
        line_id: line_id.to_owned(),
        index: u32::try_from(index).unwrap_or(u32::MAX),
        due_ms,
        began_ms: now_ms,
        is_late: now_ms - due_ms >= LATE_MS,
        people,
        pages,
        skipped,
        incident_id: state.incident_id.clone(),
    })
}

/// A page was read. Of a plan that is over already nothing follows.
fn read(
    state: &State,
    of: &Page,
    (page_id, channel_id, note): (String, String, String),
    now_ms: i64,
) -> EngagementEvent {
    let is_late = !state.is_open(&of.line_id);
    let mut lines = state.lines.iter().filter(|line| line.contact == of.contact && !line.is_ended);
    let ends_engagement = !is_late && lines.any(|line| line.is_essential);
    let cancelled_page_ids = match is_late {
        true => Vec::new(),
        false => state.on_their_way(|page| ends_engagement || page.contact == of.contact),
    };
    EngagementEvent::PageRead(PageRead {
        engagement_id: state.engagement_id.clone(),
        page_id,
        contact: of.contact.clone(),
        channel_id,
        note,
        read_ms: now_ms,
        is_late,
        ends_engagement,
        cancelled_page_ids,
        incident_id: state.incident_id.clone(),
    })
}

fn stop(
    state: &State,
    line_id: String,
    reason: String,
    now_ms: i64,
) -> Result<Option<EngagementEvent>, Error> {
    let line = state.line(&line_id).ok_or(Error::Unknown)?;
    if !state.is_open(&line_id) {
        return Ok(None);
    }
    let is_all = line_id == state.engagement_id;
    Ok(Some(EngagementEvent::EngagementStopped(EngagementStopped {
        engagement_id: state.engagement_id.clone(),
        reason,
        stopped_ms: now_ms,
        cancelled_page_ids: state.on_their_way(|page| is_all || page.line_id == line_id),
        incident_id: state.incident_id.clone(),
        contact: line.contact.clone(),
        line_id,
    })))
}
