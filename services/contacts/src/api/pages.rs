//! Pages, their receipts, and what people answer.

use super::{after, contacts::contact, engagements::engagement, home, not_found, rows, seconds, token};
use crate::{
    codes,
    domain::engagement::{Command, Engagement},
    names::{CHANNEL, Home, PAGE, id_of, is_of},
    projections::{
        ENGAGEMENTS, EngagementRow, PAGES, PAGES_OF_CONTACT, PAGES_OF_ENGAGEMENT, PageRow, ReceiptRow,
    },
    shared::Shared,
};
use reeve_contracts::ssm_contacts::{Page as Listed, *};
use reeve_runtime::{ApiError, Call, Page, Store, page_of, text, to_answers};
use std::sync::Arc;

/// A page with the engagement that it belongs to.
struct Found {
    page: Arc<PageRow>,
    engagement: Arc<EngagementRow>,
}

fn found(views: &Store, page_id: &str) -> Option<Found> {
    let page = views.look::<PageRow>(PAGES, page_id)?;
    let engagement = views.look::<EngagementRow>(ENGAGEMENTS, &page.engagement)?;
    Some(Found { page, engagement })
}

fn page(views: &Store, arn: Option<&String>) -> Result<Found, ApiError> {
    let id = id_of("PageId", arn, PAGE)?;
    found(views, id).filter(|of| is_of(arn, &of.page.contact)).ok_or_else(|| not_found("PAGE", id))
}

/// READ is the acknowledgement. The code is that of the page's message, unless nobody is to look at it.
pub async fn accept(shared: Shared, call: Call<AcceptPageRequest>) -> Result<AcceptPageResult, ApiError> {
    let input = &call.input;
    let Found { page, engagement } = page(call.handle.views(), input.page_id.as_ref())?;
    let channel_id = match &input.contact_channel_id {
        Some(_) => id_of("ContactChannelId", input.contact_channel_id.as_ref(), CHANNEL)?.to_owned(),
        None => String::new(),
    };
    if input.accept_code_validation.as_deref() != Some("IGNORE") {
        let right =
            codes::code(&shared.vault, &engagement.secret_id, &engagement.sealed_key, &page.page_id).await?;
        let given = input.accept_code.as_deref().unwrap_or_default();
        if !codes::is_right(given, &right) {
            return Err(ApiError::invalid(format!("AcceptCode is {given:?}, which is not the page's code.")));
        }
    }
    let (page_id, note) = (page.page_id.clone(), input.note.clone().unwrap_or_default());
    let command = match input.accept_type.as_deref() {
        Some("DELIVERED") => Command::Deliver { page_id, channel_id, note },
        _ => Command::Read { page_id, channel_id, note },
    };
    call.execute::<Engagement>(&page.root, command).await?;
    Ok(AcceptPageResult {})
}

pub async fn describe(call: Call<DescribePageRequest>) -> Result<DescribePageResult, ApiError> {
    let Found { page, engagement } = page(call.handle.views(), call.input.page_id.as_ref())?;
    let listed = answer(home(&call), &page, &engagement);
    Ok(DescribePageResult {
        contact_arn: listed.contact_arn,
        content: Some(engagement.content.clone()),
        delivery_time: listed.delivery_time,
        engagement_arn: listed.engagement_arn,
        incident_id: listed.incident_id,
        page_arn: listed.page_arn,
        public_content: text(&engagement.public_content),
        public_subject: text(&engagement.public_subject),
        read_time: listed.read_time,
        sender: listed.sender,
        sent_time: listed.sent_time,
        subject: Some(engagement.subject.clone()),
    })
}

fn answer(home: Home<'_>, page: &PageRow, engagement: &EngagementRow) -> Listed {
    Listed {
        contact_arn: Some(home.contact(&page.contact)),
        delivery_time: page.delivered_ms.and_then(seconds),
        engagement_arn: Some(home.engagement(&engagement.contact, &engagement.id)),
        incident_id: text(&engagement.incident_id),
        page_arn: Some(home.page(&page.contact, &page.page_id)),
        read_time: page.read_ms.and_then(seconds),
        sender: Some(engagement.sender.clone()),
        sent_time: page.sent_ms.and_then(seconds),
    }
}

/// A page of what an index names.
fn listed(
    views: &Store,
    home: Home<'_>,
    index: (&str, &str),
    max_results: Option<i32>,
    next_token: Option<&String>,
) -> Result<(Vec<Listed>, Option<String>), ApiError> {
    let (limit, after) = (rows(max_results)?, after(next_token)?);
    let page = views.scan::<String>(index.0, &format!("{}/", index.1), after.as_deref(), limit);
    let rows = page.rows.into_iter().filter_map(|(key, id)| Some((key, found(views, &id)?))).collect();
    let page = Page { rows, next: page.next };
    let (pages, next) = to_answers(page, |of: Found| answer(home, &of.page, &of.engagement))?;
    Ok((pages, token(next)))
}

/// In the order in which they were sent.
pub async fn by_engagement(
    call: Call<ListPagesByEngagementRequest>,
) -> Result<ListPagesByEngagementResult, ApiError> {
    let input = &call.input;
    let of = engagement(call.handle.views(), input.engagement_id.as_ref())?;
    let index = (PAGES_OF_ENGAGEMENT, of.id.as_str());
    let (views, token) = (call.handle.views(), input.next_token.as_ref());
    let (pages, next_token) = listed(views, home(&call), index, input.max_results, token)?;
    Ok(ListPagesByEngagementResult { next_token, pages: Some(pages) })
}

/// The newest first.
pub async fn by_contact(call: Call<ListPagesByContactRequest>) -> Result<ListPagesByContactResult, ApiError> {
    let input = &call.input;
    let of = contact(call.handle.views(), "ContactId", input.contact_id.as_ref())?;
    let index = (PAGES_OF_CONTACT, of.alias.as_str());
    let (views, token) = (call.handle.views(), input.next_token.as_ref());
    let (pages, next_token) = listed(views, home(&call), index, input.max_results, token)?;
    Ok(ListPagesByContactResult { next_token, pages: Some(pages) })
}

pub async fn receipts(call: Call<ListPageReceiptsRequest>) -> Result<ListPageReceiptsResult, ApiError> {
    let input = &call.input;
    let Found { page, .. } = page(call.handle.views(), input.page_id.as_ref())?;
    let (limit, after, home) = (rows(input.max_results)?, after(input.next_token.as_ref())?, home(&call));
    let keyed = page.receipts.iter().enumerate().map(|(n, receipt)| (format!("{n:06}"), receipt.clone()));
    let listed = page_of(keyed.collect(), after.as_deref(), limit);
    let (receipts, next) = to_answers(listed, |receipt: ReceiptRow| Receipt {
        contact_channel_arn: Some(home.channel(&page.contact, &receipt.channel_id)),
        receipt_info: text(&receipt.info),
        receipt_time: seconds(receipt.at_ms),
        receipt_type: Some(receipt.kind),
    })?;
    Ok(ListPageReceiptsResult { next_token: token(next), receipts: Some(receipts) })
}

/// The path by which the page came to the person.
pub async fn resolutions(
    call: Call<ListPageResolutionsRequest>,
) -> Result<ListPageResolutionsResult, ApiError> {
    let Found { engagement, .. } = page(call.handle.views(), call.input.page_id.as_ref())?;
    let home = home(&call);
    let path = engagement.path.iter().map(|step| ResolutionContact {
        contact_arn: Some(home.contact(&step.contact)),
        stage_index: step.stage.and_then(|stage| i32::try_from(stage).ok()),
        r#type: Some(step.kind.clone()),
    });
    Ok(ListPageResolutionsResult { next_token: None, page_resolutions: Some(path.collect()) })
}
