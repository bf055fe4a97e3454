//! Reports to the control plane: those of a command in order, one at a time, until the bus has acknowledged each.
//!
//! That a command has begun is told when it has not ended [`START_REPORT_DELAY`] after: the report of its end says when it began,
//! and most commands are shorter than that. So they cost one report, and one event, instead of two.

use crate::{agent::Agent, failpoint, ledger::Next};
use reeve_contracts::node::{Report, ReportKind};
use reeve_jetstream::Headers;
use reeve_node_protocol::subject;
use reeve_types::Timestamp;
use std::{sync::Arc, time::Duration};

/// A command that ends so soon after it has begun is reported in one message.
pub const START_REPORT_DELAY: Duration = Duration::from_millis(100);

/// Sends reports for ever.
pub async fn send(agent: Arc<Agent>) {
    let subject = subject::status(&agent.identity.node_id);
    let mut delay = Duration::ZERO;
    // A copy of this folder may say of what another agent runs that it was cut off.
    agent.admission.valid().await;
    loop {
        let (sequence, report) = match agent.ledger.next_report(ripe) {
            Ok(Next::Report(sequence, report)) => (sequence, report),
            Ok(Next::Nothing) => {
                agent.reports.notified().await;
                continue;
            }
            Ok(Next::Later) => {
                // Whichever comes first: its time, or another report.
                let _first = tokio::time::timeout(START_REPORT_DELAY, agent.reports.notified()).await.is_ok();
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "reports wait");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let id = format!("{}/{:x}/{sequence}", agent.identity.node_id, agent.ledger.id());
        let headers = Headers::default().with("Nats-Msg-Id", id);
        failpoint::reached("before-report");
        match agent.bus.store(&subject, &headers, report.into()).await {
            Ok(_) => {
                failpoint::reached("after-report-before-ack");
                delay = Duration::ZERO;
                while let Err(error) = agent.ledger.acknowledged(sequence) {
                    tracing::error!(%error, sequence, "a report that was sent cannot be forgotten yet");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Err(error) => {
                delay = (delay * 2).clamp(Duration::from_millis(100), Duration::from_secs(5));
                tracing::warn!(%error, sequence, "a report is sent again");
                tokio::time::sleep(delay).await;
            }
        }
    }
}

/// Whether a report is to be sent now.
fn ripe(report: &Report) -> bool {
    let age = Timestamp::now().0 - report.at_ms;
    // A clock that was set back is no reason to wait for it.
    report.kind() != ReportKind::Started
        || !(0..i64::try_from(START_REPORT_DELAY.as_millis()).unwrap_or(0)).contains(&age)
}
