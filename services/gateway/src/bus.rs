//! The bus of the gateway on NATS.

use crate::{Answer, Bus, BusError, Forward, Served};
use reeve_jetstream::{Error, Headers, serve};
use std::time::Duration;

/// How long a service may take. Clients wait for a minute, and then ask again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait for what services say of themselves; most do within a millisecond.
const DISCOVERY_WINDOW: Duration = Duration::from_millis(250);

/// How long a bus may be away before its callers are told.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Bus for reeve_jetstream::Bus {
    async fn request(&self, forward: Forward) -> Result<Answer, BusError> {
        let headers = forward.headers.into_iter().collect::<Headers>();
        // Nothing is sent before there is a connection: it would be carried out some time later.
        if tokio::time::timeout(RECONNECT_TIMEOUT, self.connected()).await.is_err() {
            return Err(BusError::Away);
        }
        let (subject, body) = (&forward.subject, forward.body);
        let answer = tokio::select! {
            answer = serve::call(self, subject, headers, body, REQUEST_TIMEOUT) => answer,
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
