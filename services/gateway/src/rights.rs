//! What the gateway may do on the bus.

use crate::{
    requests::{self, SERVICE},
    written::WRITTEN_SUBJECT,
};
use reeve_jetstream::{
    calls::{ENROLMENT_SUBJECT, INGEST_SUBJECT},
    operator::EDGE,
    rights::Rights,
    streams,
};

/// It calls every operation, answers at the edge, takes what services ask for, and says to other gateways what callers wrote.
pub fn rights() -> Rights {
    let requests = requests::options();
    let calls =
        ["reeve.api.>", ENROLMENT_SUBJECT, INGEST_SUBJECT, "$SRV.INFO", "_R_.>", streams::PROBE_SUBJECT];
    calls
        .into_iter()
        .fold(Rights::default(), Rights::publishing)
        .hearing(EDGE)
        .publishing(WRITTEN_SUBJECT)
        .hearing(WRITTEN_SUBJECT)
        .finding(&requests.stream)
        .finding(streams::PROBE)
        .consuming(&requests.stream, &requests.durable_name)
        .asking("automation", SERVICE)
        .giving_up(SERVICE)
        .sealing()
        .reading(streams::of_service("access"))
        .reading(streams::of_service("tags"))
}
