//! The bus of the gateway on NATS.

use crate::{Answer, Bus, BusError, Forward, Served, Written, written::tell};
use bytes::Bytes;
use reeve_jetstream::{Error, Headers, Message, serve};
use std::{
    pin::pin,
    time::{Duration, Instant},
};

/// How long a service may take. Clients wait for a minute, and then ask again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait for what services say of themselves; most do within a millisecond.
const DISCOVERY_WINDOW: Duration = Duration::from_millis(250);

/// How long a bus may be away before its callers are told.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a service may be away before its callers are told: as long as it takes to start it anew.
const RESTART_TIME: Duration = Duration::from_secs(8);
/// Between two questions whether it is there again.
const RESTART_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// A service that has not answered a read after so long may have been killed: another replica is asked too.
const SECOND_ATTEMPT_AFTER: Duration = Duration::from_secs(5);

/// Asks a service, again while nobody is there. A read is asked a second time when who was asked may be gone, and the first answer
/// counts. A write is not: where it makes a secret, the answer of the attempt that was decided on is the right one.
async fn ask(
    bus: &reeve_jetstream::Bus,
    subject: &str,
    headers: &Headers,
    body: Bytes,
    repeatable: bool,
) -> Result<Message, Error> {
    let mut first = pin!(attempt(bus, subject, headers, body.clone(), REQUEST_TIMEOUT));
    if !repeatable {
        return first.await;
    }
    let mut second = pin!(async {
        tokio::time::sleep(SECOND_ATTEMPT_AFTER).await;
        attempt(bus, subject, headers, body, REQUEST_TIMEOUT - SECOND_ATTEMPT_AFTER).await
    });
    tokio::select! {
        answer = &mut first => answer,
        // The first one knows better why there is no answer.
        answer = &mut second => if answer.is_ok() { answer } else { first.await },
    }
}

/// Asks until somebody is there. What nobody was there for has reached nobody.
async fn attempt(
    bus: &reeve_jetstream::Bus,
    subject: &str,
    headers: &Headers,
    body: Bytes,
    limit: Duration,
) -> Result<Message, Error> {
    let begun = Instant::now();
    loop {
        match serve::call(bus, subject, headers.clone(), body.clone(), limit).await {
            Err(Error::NoResponders(_)) if begun.elapsed() < RESTART_TIME => {
                tokio::time::sleep(RESTART_POLL_INTERVAL).await;
            }
            answered => return answered,
        }
    }
}

impl Bus for reeve_jetstream::Bus {
    async fn request(&self, forward: Forward) -> Result<Answer, BusError> {
        let headers = forward.headers.into_iter().collect::<Headers>();
        // Nothing is sent before there is a connection: it would be carried out some time later.
        if tokio::time::timeout(RECONNECT_TIMEOUT, self.connected()).await.is_err() {
            return Err(BusError::Away);
        }
        let (subject, body) = (&forward.subject, forward.body);
        let answer = tokio::select! {
            answer = ask(self, subject, &headers, body, forward.repeatable) => answer,
            () = self.away(RECONNECT_TIMEOUT) => return Err(BusError::Other("the connection was lost".to_owned())),
        };
        let answer = answer.map_err(bus_error)?;
        let headers = answer.headers.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Answer { headers: headers.collect(), body: answer.data })
    }

    async fn discover(&self) -> Result<Vec<Served>, BusError> {
        let served = serve::discover(self, DISCOVERY_WINDOW).await.map_err(bus_error)?;
        let served = served.into_iter().map(|one| Served {
            service: one.service,
            operation: one.operation,
            api: one.api,
            subject: one.subject,
            writes: one.writes,
            resources: one.resources,
        });
        Ok(served.collect())
    }

    async fn tell_written(&self, written: &Written) {
        tell(self, written).await;
    }

    fn is_connected(&self) -> bool {
        Self::is_connected(self)
    }
}

fn bus_error(error: Error) -> BusError {
    match error {
        Error::NoResponders(_) => BusError::NoResponders,
        Error::TimedOut { .. } => BusError::TimedOut,
        other => BusError::Other(other.to_string()),
    }
}
