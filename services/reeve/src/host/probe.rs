//! Whether the bus stores what it is given, for a gateway that is served apart from it and cannot see its disk.

use super::write_gate::WriteGate;
use reeve_jetstream::{Bus, Error, Headers, streams};
use std::time::Duration;

const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// An acknowledgement takes milliseconds; a stream that cannot be written gives none.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
/// More than what is left of a file's last block: a disk that is full has no room for it.
const PROBE_BYTES: usize = 4096;

/// As many in a row fail before the API takes nothing new: one may be slow, or lost with its connection.
const MAX_FAILURES: u32 = 2;

/// Stores something small every now and then, for ever; says why the API takes nothing new while that fails.
pub async fn watch(bus: Bus, gate: WriteGate) {
    let (mut made, mut failures) = (false, 0);
    loop {
        // That the bus is away is said elsewhere, and is another thing.
        if bus.is_connected() {
            let connection = *bus.connections().borrow();
            let stored = store(&bus, &mut made).await;
            let same = bus.is_connected() && *bus.connections().borrow() == connection;
            match stored {
                Ok(()) => {
                    failures = 0;
                    gate.open();
                }
                Err(_) if !same => {}
                Err(problem) => {
                    failures += 1;
                    if failures >= MAX_FAILURES {
                        gate.close(format!(
                            "The bus does not store what it is given ({problem}): {}",
                            match bus.is_replicated() {
                                true => "most servers of its cluster may be away, or their disks full.",
                                false => "its disk may be full. When there is room again, nats-server has to be started again.",
                            }
                        ));
                    }
                }
            }
        }
        tokio::time::sleep(PROBE_INTERVAL).await;
    }
}

async fn store(bus: &Bus, made: &mut bool) -> Result<(), String> {
    let stored = async {
        if !*made {
            streams::ensure(bus, streams::PROBE).await?;
            *made = true;
        }
        bus.store(streams::PROBE_SUBJECT, &Headers::default(), vec![0; PROBE_BYTES].into()).await
    };
    match tokio::time::timeout(ACK_TIMEOUT, stored).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            // Somebody may have removed the stream.
            *made = !matches!(error, Error::NoResponders(_)) && *made;
            Err(error.to_string())
        }
        Err(_) => Err(format!("no acknowledgement within {} s", ACK_TIMEOUT.as_secs())),
    }
}
