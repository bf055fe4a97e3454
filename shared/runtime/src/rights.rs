//! What a service may do on the bus, told from its description: nobody writes it down a second time.

use crate::{Service, requests, run::followed_services};
use reeve_jetstream::{
    rights::{Rights, inbox},
    streams,
};

/// Who hears a service's answers: the gateway, the part that renews keys, and whoever holds the keys of all.
const CALLERS: [&str; 2] = ["gateway", "key-renewal"];

impl Service {
    /// Everything that its ports do, and what was said beside them ([`Service::asks`], [`Service::may`]).
    pub fn rights(&self) -> Rights {
        let name = self.name;
        let mut rights = Rights::default()
            .finding(streams::of_service(name))
            .finding(streams::of_requests(name))
            .publishing(format!("reeve.evt.{name}.>"))
            .giving_up(name)
            .and(self.rights.clone());
        for source in followed_services(self) {
            rights = rights.reading(streams::of_service(source));
        }
        let requests = requests::consumer(name, self.requests.clone());
        for consumer in self.consumers.iter().chain([&requests]) {
            let options = consumer.options(name);
            rights = rights.consuming(options.stream, options.durable_name);
        }
        for asked in &self.asked {
            rights = rights.asking(asked, name);
        }
        for endpoint in &self.endpoints {
            rights = rights.hearing(endpoint.announcement().subject);
            if endpoint.is_asked_by_agents() {
                rights = rights.publishing("reeve.live.*.answer.*");
            }
        }
        for endpoint in &self.client_endpoints {
            // The server makes the subject of the answer, for a request from another account.
            rights = rights.hearing(endpoint.subject()).publishing("_R_.>");
        }
        // What it says of itself.
        for asked in ["$SRV.*".to_owned(), format!("$SRV.*.{name}"), format!("$SRV.*.{name}.*")] {
            rights = rights.hearing(asked);
        }
        let callers =
            CALLERS.iter().fold(rights, |rights, caller| rights.publishing(format!("{}.>", inbox(caller))));
        callers.publishing("_INBOX.>")
    }
}
