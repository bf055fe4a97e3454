//! What AWS's API has no word for: who is on call and why, and how an engagement has gone so far.

use super::{engagements::engagement, milliseconds, seconds};
use crate::{
    names::{ROTATION, id_in},
    projections::{
        CONTACTS, ContactRow, ENGAGEMENTS, EngagementRow, PAGES, PAGES_OF_ENGAGEMENT, PageRow, ROTATIONS,
        RotationRow,
    },
    resolving,
    shape::{self, SCHEDULE},
};
use reeve_runtime::{ApiError, Call, text};
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListOnCallInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GetEngagementProgressInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engagement_id: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOnCallOutput {
    on_call: Vec<OnCall>,
}

/// Who is on call by a rotation of a schedule, and why.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnCall {
    schedule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_id: Option<String>,
    contacts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<Vec<String>>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<f64>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetEngagementProgressOutput {
    engagement_id: String,
    contact: String,
    subject: String,
    lines: Vec<Line>,
    pages: Vec<Page>,
}

/// The engagement of one contact.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    engagement_id: String,
    contact: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    began_time: Option<f64>,
    is_late: bool,
    contacts: Vec<String>,
    pages: usize,
    skipped: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    page_id: String,
    contact: String,
    channel: String,
    address: String,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_time: Option<f64>,
    receipts: Vec<Receipt>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<f64>,
}

/// Who is on call in each schedule, by which rotation, and until when.
pub async fn now(call: Call<ListOnCallInput>) -> Result<ListOnCallOutput, ApiError> {
    let at = call.input.at.map(|at| milliseconds("at", at)).transpose()?.map_or(call.now, Timestamp);
    let views = call.handle.views();
    let contacts = views.scan::<ContactRow>(CONTACTS, "", None, usize::MAX).rows.into_iter();
    let mut all = Vec::new();
    for (alias, schedule) in contacts.filter(|(_, row)| row.kind == SCHEDULE) {
        let rotations = resolving::rotations(&schedule);
        if rotations.is_empty() {
            let reason = "the schedule has no rotation".to_owned();
            all.push(OnCall { schedule: alias.clone(), reason, ..OnCall::default() });
        }
        for arn in rotations {
            let row = id_in(&arn, ROTATION).and_then(|id| views.look::<RotationRow>(ROTATIONS, id));
            let Some(row) = row.filter(|row| row.deleted_ms.is_none()) else { continue };
            all.push(OnCall { schedule: alias.clone(), ..on_call(&row, at) });
        }
    }
    Ok(ListOnCallOutput { on_call: all })
}

fn on_call(row: &RotationRow, at: Timestamp) -> OnCall {
    let shift = shape::rotation(row).at(at);
    let reason = match shift.as_ref().map(|shift| &shift.overridden) {
        None => "not covered, or not begun",
        Some(None) => "turn",
        Some(Some(_)) => "override",
    };
    OnCall {
        schedule: String::new(),
        rotation: Some(row.name.clone()),
        rotation_id: Some(row.rotation_id.clone()),
        reason: reason.to_owned(),
        contacts: shift.as_ref().map(|shift| shift.members.clone()).unwrap_or_default(),
        start_time: shift.as_ref().and_then(|shift| seconds(shift.start.0)),
        end_time: shift.as_ref().and_then(|shift| seconds(shift.end.0)),
        overridden: shift.and_then(|shift| shift.overridden),
    }
}

/// An engagement with its stages, pages and receipts.
pub async fn progress(
    call: Call<GetEngagementProgressInput>,
) -> Result<GetEngagementProgressOutput, ApiError> {
    let views = call.handle.views();
    let row = engagement(views, call.input.engagement_id.as_ref())?;
    let id = &row.id;
    let ids = std::iter::once(&row.id).chain(&row.lines);
    let rows = ids.filter_map(|id| views.look::<EngagementRow>(ENGAGEMENTS, id));
    let pages = views.scan::<String>(PAGES_OF_ENGAGEMENT, &format!("{id}/"), None, usize::MAX).rows;
    let pages = pages.into_iter().filter_map(|(_, id)| views.look::<PageRow>(PAGES, &id));
    Ok(GetEngagementProgressOutput {
        contact: row.contact.clone(),
        engagement_id: row.id.clone(),
        lines: rows.map(|row| line(&row)).collect(),
        pages: pages.map(|row| page(&row)).collect(),
        subject: row.subject.clone(),
    })
}

fn line(row: &EngagementRow) -> Line {
    let stages = row.stages.iter().map(|stage| Stage {
        began_time: seconds(stage.began_ms),
        contacts: stage.contacts.clone(),
        index: stage.index,
        is_late: stage.is_late,
        pages: stage.pages,
        skipped: stage.skipped.clone(),
    });
    Line {
        contact: row.contact.clone(),
        ended: text(&row.ended),
        engagement_id: row.id.clone(),
        stages: stages.collect(),
        start_time: seconds(row.started_ms),
        stop_time: row.stopped_ms.and_then(seconds),
        kind: Some(row.contact_type.clone()),
    }
}

fn page(row: &PageRow) -> Page {
    let receipts = row.receipts.iter().map(|receipt| Receipt {
        info: text(&receipt.info),
        time: seconds(receipt.at_ms),
        kind: Some(receipt.kind.clone()),
    });
    Page {
        address: row.address.clone(),
        attempt: row.attempt,
        channel: row.channel_name.clone(),
        contact: row.contact.clone(),
        ordered_time: seconds(row.ordered_ms),
        page_id: row.page_id.clone(),
        receipts: receipts.collect(),
    }
}
