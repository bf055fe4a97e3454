//! Who calls: the gateway says it of a call, and of a node's question its subject.

use reeve_eventsourcing::Actor;
use reeve_jetstream::{Headers, Message, serve};
use reeve_types::ids::new_uuid;
use uuid::Uuid;

/// Who calls, from where, and as part of what.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    pub account: String,
    pub region: String,
    pub command_id: Uuid,
    pub traceparent: Option<String>,
    /// The change rules whose calendars were put aside for what the call is a part of.
    pub overridden_rules: Vec<String>,
}

impl Caller {
    pub(crate) fn read(headers: &Headers) -> Self {
        let text = |name: &str| headers.get(name).unwrap_or_default().to_owned();
        let request = headers.get("reeve-request-id").and_then(|id| Uuid::try_parse(id).ok());
        Self {
            actor: Actor { name: text("reeve-actor"), source: text("reeve-source") },
            account: text("reeve-account"),
            region: text("reeve-region"),
            command_id: request.unwrap_or_else(new_uuid),
            traceparent: headers.get("traceparent").map(str::to_owned),
            overridden_rules: match headers.get(serve::OVERRIDDEN_RULES) {
                Some(rules) => rules.split(',').map(str::to_owned).collect(),
                None => Vec::new(),
            },
        }
    }
}

/// A node's question without what only the gateway may say, such as who asks: that is the node, whose own subject it came in on.
pub(crate) fn said_by_node(request: Message) -> Message {
    let node = request.subject.split('.').nth(2).unwrap_or_default();
    let mut headers = Headers::default().with("reeve-actor", Actor::node(node).name);
    if let Some(trace) = request.headers.get("traceparent") {
        headers = headers.with("traceparent", trace);
    }
    Message { headers, ..request }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn of_who_asks_a_node_says_nothing() {
        let said =
            [("reeve-actor", "administrator"), ("reeve-position", "NODES:9"), ("traceparent", "00-a-b-01")];
        let headers =
            said.iter().fold(Headers::default(), |headers, (name, value)| headers.with(*name, *value));
        let subject = "reeve.agent.mi-1.heartbeat".to_owned();
        let question = Message { subject, reply: None, headers, data: Bytes::new(), status: None };
        let caller = Caller::read(&said_by_node(question).headers);
        assert_eq!((caller.actor.name.as_str(), caller.actor.source.as_str()), ("node:mi-1", ""));
        assert_eq!(caller.traceparent.as_deref(), Some("00-a-b-01"));
    }
}
