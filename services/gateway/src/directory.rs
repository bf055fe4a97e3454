//! Which operation is served where, as the services on the bus say it themselves.

use crate::{Bus, BusError, Served};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Between two rounds of asking. What is missing is then said to be unknown at once, because a round was lately.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
/// For so long after a round began what it did not find is unknown. Whatever was served when it began was asked.
const FRESHNESS_WINDOW: Duration = Duration::from_secs(2);
/// Rounds before anything is unknown: a service that is busy, or connecting again, may miss one.
const MIN_ROUNDS: u64 = 2;
/// How many rounds an operation is kept that the bus does not tell of any more. One that answered late once is still
/// there; one that is gone is told apart from one that never was.
const FORGET_AFTER_ROUNDS: u64 = 24;

/// Where an operation is served, and what it is done to.
pub struct Route {
    pub subject: String,
    /// Whether it changes something: then a repeated call is answered with the first answer.
    pub writes: bool,
    pub resources: Vec<(String, String)>,
}

/// Nobody can say what is served: the bus did not answer.
pub struct Unclear;

struct Known {
    route: Arc<Route>,
    /// The round that found it.
    round: u64,
}

#[derive(Default)]
struct State {
    /// By API, and under it by operation.
    routes: HashMap<String, HashMap<String, Known>>,
    /// The last round that found each service.
    services: HashMap<String, u64>,
    /// Rounds that the bus was there for from beginning to end.
    rounds: u64,
    /// When the last of them began.
    begun: Option<Instant>,
}

/// The operations that are served, as of a moment ago.
#[derive(Default)]
pub struct Directory {
    state: RwLock<State>,
    /// Held by whoever asks: when asking failed.
    asking: Mutex<Option<Instant>>,
}

impl Directory {
    /// Whether any service was found.
    pub fn is_ready(&self) -> bool {
        !self.state.read().unwrap_or_else(PoisonError::into_inner).routes.is_empty()
    }

    /// Whether a service was found lately.
    pub fn has_service(&self, name: &str) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.services.get(name).is_some_and(|round| state.rounds - round < FORGET_AFTER_ROUNDS)
    }

    /// Where an operation goes; `None` when nobody serves it. Asks the bus only when that was not done lately, and all
    /// who wait for it share it.
    pub async fn find<B: Bus>(
        &self,
        bus: &B,
        api: &str,
        operation: &str,
    ) -> Result<Option<Arc<Route>>, Unclear> {
        let came = Instant::now();
        loop {
            if let Some(answer) = self.answer(api, operation, came) {
                return Ok(answer);
            }
            let mut failed = self.asking.lock().await;
            if failed.is_some_and(|at| at > came) {
                return Err(Unclear);
            }
            // Unless another one did while this one waited.
            if self.answer(api, operation, came).is_none() {
                self.ask(bus, &mut failed).await;
            }
        }
    }

    /// Asks the bus again and again, for ever.
    pub async fn keep_fresh<B: Bus>(&self, bus: &B) {
        loop {
            self.ask(bus, &mut *self.asking.lock().await).await;
            tokio::time::sleep(REFRESH_INTERVAL).await;
        }
    }

    /// What is known of an operation; no answer when that is not enough for a caller who came at that time.
    fn answer(&self, api: &str, operation: &str, came: Instant) -> Option<Option<Arc<Route>>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let known = state.routes.get(api).and_then(|operations| operations.get(operation));
        if let Some(known) = known {
            return Some(Some(Arc::clone(&known.route)));
        }
        let fresh = state.begun.is_some_and(|begun| begun >= came || begun.elapsed() < FRESHNESS_WINDOW);
        (fresh && state.rounds >= MIN_ROUNDS).then_some(None)
    }

    /// When the bus does not answer, what was known stays: the services may well be there.
    async fn ask<B: Bus>(&self, bus: &B, failed: &mut Option<Instant>) {
        let (begun, connected) = (Instant::now(), bus.is_connected());
        let found = match bus.discover().await {
            Err(BusError::NoResponders) => Ok(Vec::new()),
            found => found,
        };
        match found {
            // Without a connection nobody was asked, whatever came.
            Ok(_) if !(connected && bus.is_connected()) => *failed = Some(Instant::now()),
            Ok(served) => self.learn(begun, served),
            Err(error) => {
                tracing::warn!(%error, "the services could not be discovered");
                *failed = Some(Instant::now());
            }
        }
    }

    fn learn(&self, begun: Instant, served: Vec<Served>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.rounds += 1;
        state.begun = Some(begun);
        let round = state.rounds;
        // What belongs to no API of AWS's is not for callers of one.
        for one in served.into_iter().filter(|one| !one.api.is_empty()) {
            if state.services.get(&one.service) != Some(&round) {
                state.services.insert(one.service.clone(), round);
            }
            let route =
                Arc::new(Route { subject: one.subject, writes: one.writes, resources: one.resources });
            state.routes.entry(one.api).or_default().insert(one.operation, Known { route, round });
        }
        state.routes.retain(|_, operations| {
            operations.retain(|_, known| round - known.round < FORGET_AFTER_ROUNDS);
            !operations.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Forward, Written};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

    /// Answers the rounds in order, the last one for ever; a round takes a while, as on a real bus.
    #[derive(Clone)]
    struct Rounds {
        answers: Arc<Vec<&'static [&'static str]>>,
        asked: Arc<AtomicUsize>,
        connected: Arc<AtomicBool>,
    }

    impl Rounds {
        fn new(answers: &[&'static [&'static str]]) -> Self {
            let connected = Arc::new(AtomicBool::new(true));
            Self { answers: Arc::new(answers.to_vec()), asked: Arc::default(), connected }
        }

        fn asked(&self) -> usize {
            self.asked.load(SeqCst)
        }
    }

    impl Bus for Rounds {
        async fn request(&self, _: Forward) -> Result<Answer, BusError> {
            Err(BusError::NoResponders)
        }

        async fn discover(&self) -> Result<Vec<Served>, BusError> {
            let round = self.asked.fetch_add(1, SeqCst);
            tokio::time::sleep(Duration::from_millis(250)).await;
            let last = self.answers.len() - 1;
            let served = |operation: &&str| Served {
                service: "a".to_owned(),
                operation: (*operation).to_owned(),
                api: "ssm".to_owned(),
                subject: format!("reeve.api.a.{operation}"),
                writes: false,
                resources: Vec::new(),
            };
            Ok(self.answers[round.min(last)].iter().map(served).collect())
        }

        async fn tell_written(&self, _: &Written) {}

        fn is_connected(&self) -> bool {
            self.connected.load(SeqCst)
        }
    }

    /// `Some(true)`: it is served; `Some(false)`: it is not; `None`: that is not known.
    async fn find(directory: &Directory, bus: &Rounds, operation: &str) -> Option<bool> {
        directory.find(bus, "ssm", operation).await.ok().map(|route| route.is_some())
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_round_of_late_did_not_find_is_unknown_without_asking() {
        let (directory, bus) = (Directory::default(), Rounds::new(&[&["Get"]]));
        assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        assert_eq!(bus.asked(), 2, "one round is not enough to call something unknown");
        for _ in 0..1000 {
            assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        }
        assert_eq!(bus.asked(), 2);
        tokio::time::advance(FRESHNESS_WINDOW).await;
        let many = (0..100).map(|_| find(&directory, &bus, "Delete"));
        assert!(futures::future::join_all(many).await.iter().all(|found| *found == Some(false)));
        assert_eq!(bus.asked(), 3, "all who wait share a round");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_round_while_the_directory_is_kept_fresh() {
        let (directory, bus) = (Directory::default(), Rounds::new(&[&["Get"]]));
        assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        let asks = async {
            for _ in 0..1000 {
                tokio::time::sleep(Duration::from_millis(37)).await;
                let came = Instant::now();
                assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
                assert_eq!(came.elapsed(), Duration::ZERO);
            }
        };
        tokio::select! {
            () = directory.keep_fresh(&bus) => {}
            () = asks => {}
        }
        assert!(bus.asked() <= 2 + 37, "{} rounds in 37 s", bus.asked());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_served_for_longer_than_that_is_found() {
        let (directory, bus) = (Directory::default(), Rounds::new(&[&["Get"], &["Get"], &["Get", "Delete"]]));
        assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        tokio::time::advance(FRESHNESS_WINDOW).await;
        assert_eq!(find(&directory, &bus, "Delete").await, Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_misses_the_first_round_is_not_unknown() {
        let (directory, bus) = (Directory::default(), Rounds::new(&[&[], &["Get"]]));
        assert!(!directory.is_ready());
        assert_eq!(find(&directory, &bus, "Get").await, Some(true));
        assert!(directory.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_bus_is_away_nothing_becomes_unknown() {
        let away: &[&[&str]] = &[&["Get"], &["Get"], &[], &[], &[], &["Get"]];
        let (directory, bus) = (Directory::default(), Rounds::new(away));
        assert_eq!(find(&directory, &bus, "Get").await, Some(true));
        assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        bus.connected.store(false, SeqCst);
        tokio::time::advance(Duration::from_secs(600)).await;
        assert_eq!(find(&directory, &bus, "Delete").await, None);
        assert_eq!(find(&directory, &bus, "Get").await, Some(true));
        // The bus is back before the service is.
        bus.connected.store(true, SeqCst);
        assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        assert_eq!(find(&directory, &bus, "Get").await, Some(true));
        for _ in 0..FORGET_AFTER_ROUNDS {
            tokio::time::advance(FRESHNESS_WINDOW).await;
            assert_eq!(find(&directory, &bus, "Delete").await, Some(false));
        }
        assert_eq!(find(&directory, &bus, "Get").await, Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_is_unknown_in_the_end() {
        let (directory, bus) = (Directory::default(), Rounds::new(&[&["Get"], &[]]));
        let kept = tokio::time::timeout(Duration::from_secs(60), directory.keep_fresh(&bus)).await;
        assert!(kept.is_err(), "it goes on for ever");
        assert_eq!(find(&directory, &bus, "Get").await, Some(false));
    }
}
