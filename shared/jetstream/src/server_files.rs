//! The files of nats-server's own snapshots of streams: pure. A stream is given back to a server as such a snapshot, because
//! nothing else keeps the sequences and the times of its messages.

use data_encoding::HEXLOWER;
use highway::{HighwayHash, HighwayHasher, Key};
use sha2::{Digest, Sha256};
use std::io::Write;

/// Before a message's subject: its length, its sequence, its time and the length of the subject.
const RECORD_HEAD: usize = 22;
const CHECKSUM: usize = 8;
/// In the length of a record: it has headers.
const HAS_HEADERS: u32 = 1 << 31;
/// In the sequence of a record: what was there is gone.
const ERASED: u64 = 1 << 63;
/// The beginning of a file with a consumer's position, and the version of its form.
const CONSUMER_STATE: [u8; 2] = [22, 2];

/// The server's checksum under a name.
fn checksum<'a>(name: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; CHECKSUM] {
    let digest = Sha256::digest(name.as_bytes());
    let mut key = [0u64; 4];
    for (word, bytes) in key.iter_mut().zip(digest.chunks_exact(8)) {
        *word = bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    }
    let mut hasher = HighwayHasher::new(Key(key));
    parts.into_iter().for_each(|part| hasher.append(part));
    hasher.finalize64().to_le_bytes()
}

/// What stands in the file beside a description of a stream, or of a consumer (`<stream>/<consumer>`).
pub fn description_sum(name: &str, description: &[u8]) -> String {
    HEXLOWER.encode(&checksum(name, [description]))
}

/// The messages of one file, `<index>.blk`.
pub struct Block {
    /// The stream and the index, which checksums are made under.
    name: String,
    pub bytes: Vec<u8>,
}

impl Block {
    pub fn new(stream: &str, index: u32) -> Self {
        Self { name: format!("{stream}-{index}"), bytes: Vec::new() }
    }

    /// Adds a message; `headers` is as on the wire, or nothing.
    pub fn push(&mut self, sequence: u64, nanoseconds: i64, subject: &str, headers: &[u8], data: &[u8]) {
        let with_headers = if headers.is_empty() { 0 } else { 4 + headers.len() };
        let length = RECORD_HEAD + subject.len() + with_headers + data.len() + CHECKSUM;
        let flag = if headers.is_empty() { 0 } else { HAS_HEADERS };
        // No message of the bus is near to these lengths.
        let length = u32::try_from(length).unwrap_or(HAS_HEADERS - 1) | flag;
        let subject_length = u16::try_from(subject.len()).unwrap_or(u16::MAX);
        let mut place = [0; 16];
        place[..8].copy_from_slice(&sequence.to_le_bytes());
        place[8..].copy_from_slice(&nanoseconds.to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&place);
        self.bytes.extend_from_slice(&subject_length.to_le_bytes());
        self.bytes.extend_from_slice(subject.as_bytes());
        if !headers.is_empty() {
            self.bytes.extend_from_slice(&u32::try_from(headers.len()).unwrap_or(u32::MAX).to_le_bytes());
            self.bytes.extend_from_slice(headers);
        }
        self.bytes.extend_from_slice(data);
        let sum = checksum(&self.name, [&place[..], subject.as_bytes(), headers, data]);
        self.bytes.extend_from_slice(&sum);
    }

    /// Says that what had this sequence is gone.
    pub fn push_gone(&mut self, sequence: u64) {
        self.push(sequence | ERASED, 0, "", &[], &[]);
    }
}

/// The position of a consumer that has seen everything up to it settled, and was given nothing beyond it.
pub fn consumer_state(deliveries: u64, sequence: u64) -> Vec<u8> {
    let mut bytes = CONSUMER_STATE.to_vec();
    // Settled and delivered, counted and as sequences; how many are pending, and how many came again.
    for number in [deliveries, sequence, deliveries, sequence, 0, 0] {
        push_number(&mut bytes, number);
    }
    bytes
}

/// As Go's `binary.PutUvarint`.
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// An archive of files as `tar` has them, in frames of Snappy.
pub struct Archive(snap::write::FrameEncoder<Vec<u8>>);

const TAR_BLOCK: usize = 512;

impl Default for Archive {
    fn default() -> Self {
        Self(snap::write::FrameEncoder::new(Vec::new()))
    }
}

impl Archive {
    /// Adds a file.
    ///
    /// # Errors
    /// When its name or its size is more than such an archive can say.
    pub fn file(&mut self, name: &str, content: &[u8]) -> std::io::Result<()> {
        let size = format!("{:011o}", content.len());
        if name.len() > 100 || size.len() > 11 {
            return Err(std::io::Error::other(format!("{name} does not fit into an archive")));
        }
        let mut head = [0u8; TAR_BLOCK];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, name.as_bytes());
        put(100, b"0000600");
        put(108, b"0000000");
        put(116, b"0000000");
        put(124, size.as_bytes());
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, b"0");
        put(257, b"ustar\x0000");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.write_all(&head)?;
        self.0.write_all(content)?;
        let rest = content.len() % TAR_BLOCK;
        if rest > 0 {
            self.0.write_all(&[0; TAR_BLOCK][rest..])?;
        }
        Ok(())
    }

    /// Takes what has been written so far.
    ///
    /// # Errors
    /// Never in memory.
    pub fn take(&mut self) -> std::io::Result<Vec<u8>> {
        self.0.flush()?;
        Ok(std::mem::take(self.0.get_mut()))
    }

    /// Ends the archive; answers what was not taken yet.
    ///
    /// # Errors
    /// Never in memory.
    pub fn finish(mut self) -> std::io::Result<Vec<u8>> {
        self.0.write_all(&[0; 2 * TAR_BLOCK])?;
        self.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What nats-server 2.15.1 wrote.
    #[test]
    fn records_and_sums_are_as_the_server_has_them() {
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
        let mut block = Block::new("EV", 1);
        block.push(1, i64::from_le_bytes(hex("c137be730275ec18").try_into().unwrap()), "ev.0", b"", b"data0");
        assert_eq!(
            block.bytes,
            hex("270000000100000000000000c137be730275ec18040065762e30646174613091490e7572a1e907")
        );
        let mut block = Block::new("EV", 1);
        let time = i64::from_le_bytes(hex("15dcc2730275ec18").try_into().unwrap());
        block.push(2, time, "ev.1", b"NATS/1.0\r\na: b\r\n\r\n", b"data1");
        assert_eq!(
            block.bytes,
            hex(
                "3d000080020000000000000015dcc2730275ec18040065762e31120000004e4154532f312e300d0a613a20620d0a0d0a646174613128bdc6448ebb72af"
            )
        );
        let description = br#"{"Created":"2026-11-29T07:56:44.804766686Z","name":"EV","subjects":["ev.*"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,"duplicate_window":120000000000,"compression":"none","allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{},"allow_msg_ttl":false,"metadata":{"_nats.req.level":"0"}}"#;
        assert_eq!(description_sum("EV", description), "5df9abed85332a9b");
        let description = br#"{"Created":"2026-11-29T07:56:44.81166614Z","Name":"c2","durable_name":"c2","name":"c2","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"num_replicas":0,"metadata":{"_nats.req.level":"0"}}"#;
        assert_eq!(description_sum("EV/c2", description), "3fe72d0384424019");
        assert_eq!(consumer_state(1, 300), [22, 2, 1, 0xac, 2, 1, 0xac, 2, 0, 0]);
    }
}
