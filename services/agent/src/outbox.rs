//! Reports to the control plane: in order, one at a time, until the bus has acknowledged each.

use crate::{failpoint, run::Agent};
use reeve_jetstream::Headers;
use reeve_node_protocol::subject;
use std::{sync::Arc, time::Duration};

/// Sends reports for ever.
pub async fn send(agent: Arc<Agent>) {
    let subject = subject::status(&agent.identity.node_id);
    let mut delay = Duration::ZERO;
    loop {
        let (sequence, report) = match agent.ledger.next_report() {
            Ok(Some(next)) => next,
            Ok(None) => {
                agent.reports.notified().await;
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "reports wait");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let headers =
            Headers::default().with("Nats-Msg-Id", format!("{}/{sequence}", agent.identity.node_id));
        failpoint::reached("before-report");
        match agent.bus.store(&subject, &headers, report.into()).await {
            Ok(_) => {
                failpoint::reached("after-report-before-ack");
                delay = Duration::ZERO;
                if let Err(error) = agent.ledger.acknowledged(sequence) {
                    tracing::error!(%error, sequence, "a report that was sent is sent again");
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
