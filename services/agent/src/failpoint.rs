//! Points at which a fault test lets the agent die, as by `kill -9`.
//!
//! `REEVE_AGENT_FAILPOINT=name[:n][=file]`: at the n-th time (the first without `:n`) that the named point is
//! reached. With a file, the agent dies only if the file is not there yet, and makes it first: so an agent that
//! is started again with the same environment dies once. Without the variable a point costs one look at a
//! static.
//!
//! The points, in the order of a command's life:
//!
//! | Name | Where |
//! |---|---|
//! | `after-receive` | a dispatch was trusted; nothing is in the ledger |
//! | `after-accept` | it is in the ledger as accepted |
//! | `before-intent` | it is to begin; INTENT is not written |
//! | `after-intent` | INTENT is on disk; no process was started |
//! | `after-spawn` | the first process of a step was started |
//! | `mid-output` | a chunk of output was acknowledged |
//! | `before-outcome` | the document has ended; its outcome is not in the ledger |
//! | `after-outcome` | the outcome is on disk |
//! | `before-report` | a report is to be sent |
//! | `after-report-before-ack` | the bus has stored a report; the ledger still holds it |

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

struct Failpoint {
    name: String,
    left: AtomicU32,
    marker: Option<PathBuf>,
}

static SET: LazyLock<Option<Failpoint>> =
    LazyLock::new(|| std::env::var("REEVE_AGENT_FAILPOINT").ok().map(|text| read(&text)));

fn read(text: &str) -> Failpoint {
    let (point, marker) = match text.split_once('=') {
        Some((point, marker)) => (point, Some(PathBuf::from(marker))),
        None => (text, None),
    };
    let (name, times) = point.split_once(':').unwrap_or((point, "1"));
    Failpoint { name: name.to_owned(), left: AtomicU32::new(times.parse().unwrap_or(1)), marker }
}

/// Dies here, if it was asked for.
pub fn reached(name: &str) {
    let Some(set) = SET.as_ref() else { return };
    if set.name != name || set.left.fetch_sub(1, Ordering::Relaxed) != 1 {
        return;
    }
    if let Some(marker) = &set.marker
        && File::create_new(marker).is_err()
    {
        return;
    }
    let me = rustix::process::getpid();
    let _killed = rustix::process::kill_process(me, rustix::process::Signal::KILL).is_ok();
    // The signal is on its way: nothing behind this point may be done.
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_point_time_and_file() {
        let set = read("after-intent:3=/tmp/x");
        assert_eq!((set.name.as_str(), set.left.into_inner()), ("after-intent", 3));
        assert_eq!(set.marker, Some(PathBuf::from("/tmp/x")));
        let set = read("mid-output");
        assert_eq!((set.name.as_str(), set.left.into_inner(), set.marker), ("mid-output", 1, None));
    }
}
