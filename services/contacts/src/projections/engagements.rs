//! Engagements and their pages, and the timer of what comes next.

use crate::domain::{
    engagement::{Engagement, EngagementEvent},
    engine,
    state::State,
};
use reeve_contracts::contacts::{EngagementStarted, PageOrdered, StageBegan};
use reeve_eventsourcing::{Decider, Projection, Recorded, View, ViewExt, timers};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

/// Engagements by id: the one that was started, and those of the contacts in it.
pub(crate) const ENGAGEMENTS: &str = "engagements";
/// Their ids, the newest first.
pub(crate) const NEWEST_FIRST: &str = "engagements-newest-first";
/// What decisions are made on, by the id of the one that was started: the timer follows from it.
const STATES: &str = "engagement-states";
/// Pages by id.
pub(crate) const PAGES: &str = "pages";
/// The ids of pages by `<engagement>/<position>/<page>`; those of the contacts in one are also under the one that was started.
pub(crate) const PAGES_OF_ENGAGEMENT: &str = "pages-of-engagement";
/// The ids of pages by `<alias>/<position, the newest first>/<page>`.
pub(crate) const PAGES_OF_CONTACT: &str = "pages-of-contact";
/// The timer of what comes next in an engagement.
pub(crate) const NEXT: &str = "next";

/// An engagement.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EngagementRow {
    pub id: String,
    /// The one that was started, whose aggregate it is.
    pub root: String,
    pub contact: String,
    pub contact_type: String,
    pub sender: String,
    pub subject: String,
    pub content: String,
    pub public_subject: String,
    pub public_content: String,
    pub incident_id: String,
    pub started_ms: i64,
    pub stopped_ms: Option<i64>,
    pub acknowledged_ms: Option<i64>,
    /// How it ended; empty while it has not.
    pub ended: String,
    pub secret_id: String,
    pub sealed_key: Vec<u8>,
    /// By which path its contact was engaged, the first step first.
    pub path: Vec<Step>,
    /// Its stages that have begun, with what was left out.
    pub stages: Vec<StageRow>,
    /// Those of the contacts in it.
    pub lines: Vec<String>,
    pub account: String,
    pub region: String,
}

/// A step of the path to a person.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Step {
    pub contact: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub stage: Option<u32>,
}

/// A stage that has begun.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct StageRow {
    pub index: u32,
    pub began_ms: i64,
    pub due_ms: i64,
    pub is_late: bool,
    pub contacts: Vec<String>,
    pub pages: usize,
    /// Sentences on what was skipped.
    pub skipped: Vec<String>,
}

/// A page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PageRow {
    pub page_id: String,
    /// The aggregate that it is in.
    pub root: String,
    pub engagement: String,
    pub contact: String,
    pub channel_id: String,
    pub channel_name: String,
    pub address: String,
    pub principal: String,
    pub attempt: u32,
    pub ordered_ms: i64,
    pub sent_ms: Option<i64>,
    pub delivered_ms: Option<i64>,
    pub read_ms: Option<i64>,
    pub receipts: Vec<ReceiptRow>,
}

/// A receipt.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ReceiptRow {
    #[serde(rename = "type")]
    pub kind: String,
    pub info: String,
    pub at_ms: i64,
    pub channel_id: String,
}

impl PageRow {
    fn receipt(&mut self, kind: &str, info: &str, at_ms: i64, channel_id: &str) {
        let channel_id = if channel_id.is_empty() { &self.channel_id } else { channel_id }.to_owned();
        let (kind, info) = (kind.to_owned(), info.to_owned());
        self.receipts.push(ReceiptRow { kind, info, at_ms, channel_id });
    }
}

/// Keeps the tables of this file, and sets the timer.
pub(crate) struct Engagements;

impl Projection for Engagements {
    const NAME: &'static str = "engagements";
    const VERSION: u32 = 1;
    type Event = EngagementEvent;

    fn apply(&self, view: &mut dyn View, event: &Recorded<EngagementEvent>) {
        let root = event.envelope.aggregate.id.as_str();
        let position = event.position.0;
        let state = view.row::<State>(STATES, root).unwrap_or_default();
        let state = Engagement::evolve(state, &event.event);
        match engine::due_ms(&state) {
            Some(at) => timers::set(view, NEXT, root, Timestamp(at)),
            None => timers::cancel(view, NEXT, root),
        }
        // What has ended takes answers, which change nothing that is due.
        view.put_row(STATES, root, state);
        match &event.event {
            EngagementEvent::EngagementStarted(e) => start(view, e),
            EngagementEvent::EngagementRefused(_) => {}
            EngagementEvent::StageBegan(e) => begin(view, e, position),
            EngagementEvent::PageRetried(e) => {
                if let Some(page) = &e.page {
                    order(view, root, page, e.at_ms, position);
                }
            }
            _ => take_page(view, root, &event.event),
        }
    }
}

/// What happened to a page, or ends an engagement.
fn take_page(view: &mut dyn View, root: &str, event: &EngagementEvent) {
    let mut change = |id: &str, set: &mut dyn FnMut(&mut PageRow)| {
        view.change_row::<PageRow, _>(PAGES, id, set);
    };
    match event {
        EngagementEvent::PageSent(e) => change(&e.page_id, &mut |page| {
            page.sent_ms = Some(e.sent_ms);
            page.receipt("SENT", &e.receipt, e.sent_ms, "");
        }),
        EngagementEvent::PageFailed(e) => {
            change(&e.page_id, &mut |page| page.receipt("ERROR", &e.reason, e.failed_ms, ""));
        }
        EngagementEvent::PageDelivered(e) => change(&e.page_id, &mut |page| {
            page.delivered_ms = Some(e.delivered_ms);
            page.receipt("DELIVERED", &e.note, e.delivered_ms, &e.channel_id);
        }),
        EngagementEvent::PageRead(e) => {
            change(&e.page_id, &mut |page| {
                page.read_ms = Some(e.read_ms);
                page.delivered_ms.get_or_insert(e.read_ms);
                page.receipt("READ", &e.note, e.read_ms, &e.channel_id);
            });
            for id in &e.cancelled_page_ids {
                change(id, &mut |page| page.receipt("STOP", "acknowledged", e.read_ms, ""));
            }
            if !e.is_late {
                let is_his = |row: &EngagementRow| e.ends_engagement || row.contact == e.contact;
                close(view, root, e.read_ms, "acknowledged", is_his);
            }
        }
        EngagementEvent::EngagementStopped(e) => {
            for id in &e.cancelled_page_ids {
                change(id, &mut |page| page.receipt("STOP", &e.reason, e.stopped_ms, ""));
            }
            let is_all = e.line_id == root;
            close(view, root, e.stopped_ms, "stopped", |row| is_all || row.id == e.line_id);
        }
        EngagementEvent::EngagementFinished(e) => {
            let how = if e.is_acknowledged { "acknowledged" } else { "unanswered" };
            close(view, root, e.finished_ms, how, |_| true);
        }
        EngagementEvent::EngagementReachedNobody(e) => {
            close(view, root, e.finished_ms, "reached nobody", |_| true);
        }
        _ => {}
    }
}

fn start(view: &mut dyn View, e: &EngagementStarted) {
    let row = EngagementRow {
        id: e.engagement_id.clone(),
        root: e.engagement_id.clone(),
        contact: e.contact.clone(),
        contact_type: e.contact_type.clone(),
        sender: e.sender.clone(),
        subject: e.subject.clone(),
        content: e.content.clone(),
        public_subject: e.public_subject.clone(),
        public_content: e.public_content.clone(),
        incident_id: e.incident_id.clone(),
        started_ms: e.started_ms,
        secret_id: e.secret_id.clone(),
        sealed_key: e.sealed_key.clone(),
        path: vec![Step { contact: e.contact.clone(), kind: e.contact_type.clone(), stage: None }],
        account: e.account.clone(),
        region: e.region.clone(),
        ..EngagementRow::default()
    };
    put(view, row);
}

fn put(view: &mut dyn View, row: EngagementRow) {
    let newest_first = Timestamp(row.started_ms).newest_first();
    view.put_row(NEWEST_FIRST, &format!("{newest_first}/{}", row.id), row.id.clone());
    view.put_row(ENGAGEMENTS, &row.id.clone(), row);
}

fn begin(view: &mut dyn View, e: &StageBegan, position: u64) {
    let Some(mut of) = view.row::<EngagementRow>(ENGAGEMENTS, &e.line_id) else { return };
    of.stages.push(StageRow {
        index: e.index,
        began_ms: e.began_ms,
        due_ms: e.due_ms,
        is_late: e.is_late,
        contacts: e.people.iter().map(|person| person.contact.clone()).collect(),
        pages: e.pages.len(),
        skipped: e.skipped.iter().map(|skipped| format!("{}: {}", skipped.target, skipped.reason)).collect(),
    });
    of.lines.extend(e.people.iter().map(|person| person.line_id.clone()));
    let mut path = of.path.clone();
    if let Some(last) = path.last_mut().filter(|last| last.kind == "ESCALATION") {
        last.stage = Some(e.index);
    }
    for person in &e.people {
        let mut path = path.clone();
        if !person.schedule.is_empty() && person.schedule != of.contact {
            let (contact, kind) = (person.schedule.clone(), "ONCALL_SCHEDULE".to_owned());
            path.push(Step { contact, kind, stage: None });
        }
        path.push(Step { contact: person.contact.clone(), kind: "PERSONAL".to_owned(), stage: None });
        let row = EngagementRow {
            id: person.line_id.clone(),
            contact: person.contact.clone(),
            contact_type: "PERSONAL".to_owned(),
            started_ms: e.began_ms,
            path,
            stages: Vec::new(),
            lines: Vec::new(),
            ..of.clone()
        };
        put(view, row);
    }
    view.put_row(ENGAGEMENTS, &e.line_id, of);
    for page in &e.pages {
        order(view, &e.engagement_id, page, e.began_ms, position);
    }
}

fn order(view: &mut dyn View, root: &str, page: &PageOrdered, at_ms: i64, position: u64) {
    let newest_first = u64::MAX - position;
    let (id, contact) = (&page.page_id, &page.contact);
    view.put_row(PAGES_OF_CONTACT, &format!("{contact}/{newest_first:020}/{id}"), id.clone());
    for engagement in [root, &page.line_id] {
        view.put_row(PAGES_OF_ENGAGEMENT, &format!("{engagement}/{position:020}/{id}"), id.clone());
    }
    let row = PageRow {
        page_id: id.clone(),
        root: root.to_owned(),
        engagement: page.line_id.clone(),
        contact: contact.clone(),
        channel_id: page.channel_id.clone(),
        channel_name: page.channel_name.clone(),
        address: page.address.clone(),
        principal: page.principal.clone(),
        attempt: page.attempt,
        ordered_ms: at_ms,
        ..PageRow::default()
    };
    view.put_row(PAGES, id, row);
}

/// Engagements end: that of one contact, or all of one that was started.
fn close(view: &mut dyn View, root: &str, at_ms: i64, how: &str, of: impl Fn(&EngagementRow) -> bool) {
    let Some(started) = view.row::<EngagementRow>(ENGAGEMENTS, root) else { return };
    for id in std::iter::once(started.id).chain(started.lines) {
        view.change_row::<EngagementRow, _>(ENGAGEMENTS, &id, |row| {
            if row.stopped_ms.is_none() && of(row) {
                row.stopped_ms = Some(at_ms);
                how.clone_into(&mut row.ended);
                row.acknowledged_ms = (how == "acknowledged").then_some(at_ms);
            }
        });
    }
}
