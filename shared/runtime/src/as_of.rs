//! Reads as of an earlier instant: the service's views, built anew from the log up to the last event that was stored at
//! or before that instant. Handlers know nothing of it: they are given those views, and that instant as the time.

use crate::{
    ApiError, Error, Handle,
    ends::Ends,
    folder::{self, Folder},
    follower::{self, Applier},
    handle::Inner,
};
use reeve_jetstream::{Bus, streams};
use reeve_types::{Timestamp, ids::new_uuid};
use reeve_views::Store;
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Views of so many instants are kept for each service.
const MAX_KEPT_INSTANTS: usize = 4;
/// Those that nobody has asked for this long are dropped.
const MAX_IDLE_TIME: Duration = Duration::from_secs(10 * 60);
/// As long as a call waits for views that are being built; they go on being built.
const BUILD_TIMEOUT: Duration = Duration::from_secs(20);

/// What the views of a service are built from.
pub(crate) struct Sources {
    pub service: &'static str,
    pub bus: Bus,
    pub appliers: Vec<Applier>,
    pub fingerprint: String,
    /// The services whose events are followed, itself among them.
    pub services: BTreeSet<&'static str>,
    /// Where views are built.
    pub folder: PathBuf,
}

/// The views of earlier instants of one service.
pub(crate) struct AsOf {
    sources: Arc<Sources>,
    kept: Mutex<Vec<Kept>>,
    /// One is built at a time.
    building: Arc<tokio::sync::Mutex<()>>,
}

struct Kept {
    at: Timestamp,
    last_asked: Instant,
    built: watch::Receiver<Option<Result<Handle, ApiError>>>,
}

impl AsOf {
    pub fn new(sources: Sources) -> Self {
        // What an earlier run built.
        folder::remove(&sources.folder);
        Self { sources: Arc::new(sources), kept: Mutex::default(), building: Arc::default() }
    }

    /// A handle to the views as they were at an instant; they are built if they are not kept.
    ///
    /// # Errors
    /// `ValidationException` for an instant in the future or before the log; `ServiceUnavailable` while they are being
    /// built, or when that failed.
    pub async fn at(&self, at: Timestamp) -> Result<Handle, ApiError> {
        if at > Timestamp::now() {
            return Err(ApiError::invalid(format!("The instant {at} is in the future.")));
        }
        let built = self.kept(at);
        let mut waiting = built.clone();
        let outcome = tokio::time::timeout(BUILD_TIMEOUT, waiting.wait_for(Option::is_some)).await;
        let result = match outcome {
            Ok(Ok(outcome)) => outcome.clone(),
            Ok(Err(_)) => None,
            Err(_) => {
                let message = format!("The state as of {at} is being built: ask again.");
                return Err(ApiError::new("ServiceUnavailable", message));
            }
        };
        let result = result.unwrap_or_else(|| {
            Err(ApiError::new("ServiceUnavailable", format!("The state as of {at} could not be built.")))
        });
        let result = result.and_then(|handle| whole(&handle).map(|()| handle));
        if result.is_err() {
            self.lock().retain(|kept| !kept.built.same_channel(&built));
        }
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the views that nobody asks for any more.
    pub fn drop_idle(&self) {
        self.lock().retain(|kept| kept.last_asked.elapsed() < MAX_IDLE_TIME);
    }

    fn kept(&self, at: Timestamp) -> watch::Receiver<Option<Result<Handle, ApiError>>> {
        let mut kept = self.lock();
        if let Some(kept) = kept.iter_mut().find(|kept| kept.at == at) {
            kept.last_asked = Instant::now();
            return kept.built.clone();
        }
        if kept.len() >= MAX_KEPT_INSTANTS {
            let oldest = kept.iter().enumerate().min_by_key(|(_, kept)| kept.last_asked).map(|(n, _)| n);
            oldest.map(|oldest| kept.remove(oldest));
        }
        let (sender, built) = watch::channel(None);
        let (sources, building) = (self.sources.clone(), self.building.clone());
        tokio::spawn(async move {
            let _one = building.lock().await;
            if sender.is_closed() {
                // Nobody waits for it any more, and it is not kept.
                return;
            }
            sender.send_replace(Some(build(&sources, at).await));
        });
        kept.push(Kept { at, last_asked: Instant::now(), built: built.clone() });
        built
    }
}

/// Whether an earlier state is all there. Views that had to be opened anew lack what was not written yet, and nobody
/// replays it here.
///
/// # Errors
/// `ServiceUnavailable` when it is not.
pub(crate) fn whole(handle: &Handle) -> Result<(), ApiError> {
    match handle.inner.as_of {
        Some(at) if *handle.views().reopened().borrow() > 0 => {
            let message = format!("The state as of {at} was lost while it was read: ask again.");
            Err(ApiError::new("ServiceUnavailable", message))
        }
        _ => Ok(()),
    }
}

async fn build(sources: &Arc<Sources>, at: Timestamp) -> Result<Handle, ApiError> {
    let begun = Instant::now();
    let unavailable = |error: Error| {
        tracing::error!(service = sources.service, %at, %error, "an earlier state could not be built");
        ApiError::new("ServiceUnavailable", format!("The state as of {at} could not be built: {error}."))
    };
    if at < log_begins(sources).await.map_err(unavailable)? {
        return Err(ApiError::invalid(format!("The instant {at} is before the log begins.")));
    }
    // Those of another build for this instant may still be read.
    let path = sources.folder.join(format!("{}-{}", at.0, new_uuid()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(ApiError::internal)?;
    }
    let views = Store::open(&path, &sources.fingerprint).map_err(|error| unavailable(error.into()))?;
    let inner = Inner {
        service: sources.service,
        stream: streams::of_service(sources.service),
        bus: sources.bus.clone(),
        views,
        followed: BTreeSet::new(),
        ends: Ends::default(),
        as_of: Some(at),
        _folder: Some(Folder(path)),
    };
    let handle = Handle { inner: Arc::new(inner) };
    handle.views().catch_up(true);
    let each = sources.services.iter().map(|source| {
        let appliers = sources.appliers.iter().filter(|a| a.source == *source).cloned().collect::<Vec<_>>();
        let handle = &handle;
        async move { follower::fold_until(handle, source, &appliers, at).await }
    });
    futures::future::try_join_all(each).await.map_err(unavailable)?;
    handle.views().catch_up(false);
    whole(&handle)?;
    tracing::info!(service = sources.service, %at, elapsed = ?begun.elapsed(), "an earlier state was built");
    Ok(handle)
}

/// When the log of what the views follow begins.
async fn log_begins(sources: &Sources) -> Result<Timestamp, Error> {
    let mut begins = Timestamp(i64::MAX);
    for service in &sources.services {
        begins = begins.min(streams::begins(&sources.bus, &streams::of_service(service)).await?);
    }
    Ok(begins)
}
