//! Which operation is served where, as the services on the bus say it themselves.

use crate::{Bus, BusError};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How often the bus is asked anew.
const REFRESH: Duration = Duration::from_secs(5);
/// How soon again when an operation is missing: what a caller asks for must not flood the bus.
const SOONEST: Duration = Duration::from_secs(1);

/// How long an operation is kept that the bus does not tell of any more. One that answered late once is still
/// there; one that is gone is told apart from one that never was.
const KEPT: Duration = Duration::from_secs(30);

/// Where an operation is served, and what it is done to.
pub struct Route {
    pub subject: String,
    pub resources: Vec<(String, String)>,
}

struct Known {
    route: Arc<Route>,
    seen: Instant,
}

/// By API, and under it by operation.
type Routes = HashMap<String, HashMap<String, Known>>;

/// The operations that are served, as of a few seconds ago.
#[derive(Default)]
pub struct Directory {
    routes: RwLock<Routes>,
    asked: Mutex<Option<Instant>>,
}

impl Directory {
    /// Whether any service was found.
    pub fn is_ready(&self) -> bool {
        !self.routes.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Where an operation goes; asks the bus first when it is not known.
    pub async fn find<B: Bus>(&self, bus: &B, api: &str, operation: &str) -> Option<Arc<Route>> {
        let known = self.known(api, operation);
        if known.is_some() {
            return known;
        }
        // A service that is busy, or just starting, may have missed the last question: nothing is said to be
        // unknown before one that was put after the caller came. All who wait share it.
        let came = Instant::now();
        let mut asked = self.asked.lock().await;
        if asked.is_none_or(|at| at < came) {
            if let Some(at) = *asked {
                tokio::time::sleep_until(at + SOONEST).await;
            }
            self.ask(bus, &mut asked).await;
        }
        self.known(api, operation)
    }

    /// Asks the bus again and again, for ever.
    pub async fn keep_fresh<B: Bus>(&self, bus: &B) {
        loop {
            self.ask(bus, &mut *self.asked.lock().await).await;
            tokio::time::sleep(REFRESH).await;
        }
    }

    fn known(&self, api: &str, operation: &str) -> Option<Arc<Route>> {
        self.routes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(api)?
            .get(operation)
            .map(|known| Arc::clone(&known.route))
    }

    /// When the bus does not answer, what was known stays: the services may well be there.
    async fn ask<B: Bus>(&self, bus: &B, asked: &mut Option<Instant>) {
        let found = bus.discover().await;
        *asked = Some(Instant::now());
        let served = match found {
            Ok(served) => served,
            Err(BusError::NoResponders) => Vec::new(),
            Err(error) => return tracing::warn!(%error, "the services could not be discovered"),
        };
        let seen = Instant::now();
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        // What belongs to no API of AWS's is not for callers of one.
        for one in served.into_iter().filter(|one| !one.api.is_empty()) {
            let route = Arc::new(Route { subject: one.subject, resources: one.resources });
            routes.entry(one.api).or_default().insert(one.operation, Known { route, seen });
        }
        routes.retain(|_, operations| {
            operations.retain(|_, known| seen.duration_since(known.seen) < KEPT);
            !operations.is_empty()
        });
    }
}
