//! What is due: a sync writes.

use crate::{
    Config,
    domain::{Command, ResourceDataSync, Run},
    export,
    projections::{SYNCS, SyncRow},
};
use reeve_runtime::{DueTimer, HandlerError};
use reeve_types::Timestamp;
use std::sync::Arc;

/// Writes what there is, and tells how that went. What cannot be written is told and tried again later: it is no dead letter.
pub(crate) async fn sync(config: Arc<Config>, timer: DueTimer) -> Result<(), HandlerError> {
    let handle = &timer.handle;
    let Some(row) = handle.views().get::<SyncRow>(SYNCS, &timer.key) else { return Ok(()) };
    let started = Timestamp::now();
    let written = match (&config.store, row.destination) {
        (Some(store), Some(destination)) => {
            let (store, place, handle) = (store.clone(), config.place.clone(), handle.clone());
            let writing = move || export::write(&store, &handle, &place, &row.name, &destination);
            tokio::task::spawn_blocking(writing).await.unwrap_or_else(|error| Err(error.to_string()))
        }
        _ => Err("the operator has configured neither a folder nor an S3-compatible address".to_owned()),
    };
    let mut run = Run {
        due_ms: timer.due_at.0,
        started_ms: started.0,
        finished_ms: Timestamp::now().0,
        ..Run::default()
    };
    match written {
        Ok(written) => (run.rows, run.objects) = (written.rows, written.objects),
        Err(problem) => run.problem = problem,
    }
    handle.execute::<ResourceDataSync>(&timer.key, Command::Tell(run), &timer.context("ran")).await?;
    Ok(())
}
