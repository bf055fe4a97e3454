//! The default rule on what targets of rules ask for and is refused: an item for each target, until somebody resolves it.

use crate::{causes::Following, opening::deduplication_key, projections::others::is_disabled};
use reeve_contracts::{automation::ExecutionEvent, opscenter::OpsItemCreated, run_command::CommandEvent};
use reeve_eventsourcing::Event;
use reeve_runtime::{Delivery, HandlerError};

/// The name of the rule.
const RULE: &str = "reeve.refusals";
/// What a request says that a rule has asked for it.
const ORIGIN_KIND: &str = "rule";

/// A command was refused.
pub(crate) async fn of_commands(delivery: Delivery<CommandEvent>) -> Result<(), HandlerError> {
    let CommandEvent::CommandRefused(e) = &delivery.event.event else { return Ok(()) };
    open(&delivery, [&e.origin_kind, &e.origin_id], [&e.code, &e.reason]).await
}

/// A runbook was refused.
pub(crate) async fn of_runbooks(delivery: Delivery<ExecutionEvent>) -> Result<(), HandlerError> {
    let ExecutionEvent::ExecutionRefused(e) = &delivery.event.event else { return Ok(()) };
    open(&delivery, [&e.origin_kind, &e.origin_id], [&e.code, &e.reason]).await
}

async fn open<E: Event>(
    delivery: &Delivery<E>,
    [kind, target]: [&String; 2],
    [code, reason]: [&String; 2],
) -> Result<(), HandlerError> {
    if kind != ORIGIN_KIND || is_disabled(&delivery.handle, RULE) {
        return Ok(());
    }
    let item = OpsItemCreated {
        title: format!("What the target {target} of a rule asked for was refused"),
        description: format!(
            "{code}: {reason}\n\nThe target is named as RULE/TARGET: `reeve rules show` says what it asks for. While this item is open \
             nothing more is opened for it; resolve it when the rule is mended."
        ),
        source: "reeve.rules".to_owned(),
        severity: "3".to_owned(),
        ops_item_type: "/aws/issue".to_owned(),
        deduplication_key: deduplication_key(&["refused", target]),
        ..OpsItemCreated::default()
    };
    Following::of(delivery).await?.item(item).await.map(drop)
}
