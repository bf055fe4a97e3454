//! Whether an instance is where its folder is: one that was moved out does not start there again, or two would act as one.

use super::files::{read, write_private};
use anyhow::bail;
use reeve_types::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file that says it; a folder without it was never left.
const MOVES: &str = "moves.json";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    #[default]
    Here,
    /// It was sent elsewhere.
    Away,
    /// It is being received, or that was cut off.
    Arriving,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moves {
    pub state: State,
    /// When it became so.
    pub since: String,
    /// An id for each time that the instance left some place, the first first: by them what comes back is known.
    pub ids: Vec<String>,
}

impl Moves {
    /// # Errors
    /// When the file cannot be read.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(MOVES);
        if path.exists() { read(&path) } else { Ok(Self::default()) }
    }

    /// Keeps that it is so from now on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(data: &Path, state: State, ids: &[String]) -> anyhow::Result<()> {
        let moves = Self { state, since: Timestamp::now().rfc3339(), ids: ids.to_vec() };
        write_private(&data.join(MOVES), &serde_json::to_vec_pretty(&moves)?)
    }

    /// Forgets that there was ever a move, where none had been before.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn forget(data: &Path) -> anyhow::Result<()> {
        super::files::remove(&data.join(MOVES))
    }

    /// # Errors
    /// When the instance is not in this folder: the sentence says where to go on.
    pub fn ensure_here(data: &Path) -> anyhow::Result<()> {
        let Self { state, since, .. } = Self::read(data)?;
        let of = data.display();
        match state {
            State::Here => Ok(()),
            State::Away => bail!(
                "the instance of {of} was moved out at {since}, and must not run in two places: its nodes would be told two \
                 things. If it arrived nowhere, `reeve --data {of} migrate undo --it-runs-nowhere` lets it start here again"
            ),
            State::Arriving => bail!(
                "an instance was being moved into {of} at {since}, and is not whole: let `reeve --data {of} migrate in` have it \
                 once more"
            ),
        }
    }
}
