//! What a step prints: counted, passed on and kept in part.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Sink, mask::Masked};

/// The characters that a reply keeps of each stream.
const STREAM_MAX_CHARS: usize = 24_000;
/// Enough bytes for that many characters of any kind, and one more to see that there are more.
const STREAM_MAX_BYTES: usize = 4 * STREAM_MAX_CHARS + 1;
/// The characters of the combined output.
const COMBINED_MAX_CHARS: usize = 2_500;
/// More than any honest script prints; less than would fill the object store of the fleet.
pub const DEFAULT_OUTPUT_LIMIT_BYTES: u64 = 1 << 30;

const STREAM_CUT_MARK: &str = "--output truncated--";
const OUTPUT_CUT_MARK: &str = "\n---Output truncated---";
const ERROR_CUT_MARK: &str = "\n---Error truncated----";
const ERROR_TITLE: &str = "\n----------ERROR-------\n";

/// The beginning of one stream and the number of all its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    bytes: Vec<u8>,
    /// All bytes, kept or not.
    pub(super) total: u64,
}

impl Head {
    pub(super) fn push(&mut self, data: &[u8]) {
        let room = STREAM_MAX_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&data[..room.min(data.len())]);
        self.total += data.len() as u64;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn ends_a_line(&self) -> bool {
        self.total > self.bytes.len() as u64 || self.bytes.ends_with(b"\n")
    }

    /// The text within the limit of a reply.
    pub(super) fn text(&self) -> String {
        shorten(&decode(&self.bytes), STREAM_MAX_CHARS, STREAM_CUT_MARK)
    }
}

/// Each bad byte becomes one replacement character, as in the original agent.
fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// What is kept of a step's output while the machine reboots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    stdout: Head,
    stderr: Head,
    used: u64,
}

/// Where a step writes. Included documents write to the place of the step that includes them.
pub(super) struct Out<'a, S> {
    sink: &'a mut S,
    step: String,
    limit: u64,
    left: u64,
    /// Whether the limit was reached.
    pub(super) full: bool,
    pub(super) stdout: Head,
    pub(super) stderr: Head,
    /// What is masked, and what may be the beginning of it, of each stream.
    masked: Masked,
    held: (Vec<u8>, Vec<u8>),
}

impl<'a, S: Sink> Out<'a, S> {
    pub(super) fn new(sink: &'a mut S, step: &str, limit: u64, masked: Masked) -> Self {
        Out {
            masked,
            held: Default::default(),
            sink,
            step: step.to_owned(),
            limit,
            left: limit,
            full: false,
            stdout: Head::default(),
            stderr: Head::default(),
        }
    }

    /// Goes on behind what was printed before a reboot; the limit holds for both together.
    pub(super) fn go_on(&mut self, kept: Kept) {
        self.left = self.limit.saturating_sub(kept.used);
        (self.stdout, self.stderr) = (kept.stdout, kept.stderr);
    }

    pub(super) fn keep(&self) -> Kept {
        Kept { stdout: self.stdout.clone(), stderr: self.stderr.clone(), used: self.limit - self.left }
    }

    /// Waits until a piece may be pushed. When this is dropped, nothing is lost.
    pub(super) async fn ready(&mut self) {
        // What is dropped anyway needs no room.
        if !self.full {
            self.sink.ready().await;
        }
    }

    /// Takes what a process printed. Behind the limit it is dropped, once with a word about it.
    pub(super) fn write(&mut self, stderr: bool, mut data: Bytes) {
        if self.full {
            return;
        }
        let fits = usize::try_from(self.left).unwrap_or(usize::MAX).min(data.len());
        let over = fits < data.len();
        data.truncate(fits);
        self.left -= fits as u64;
        self.pass(stderr, data);
        if over {
            self.full = true;
            self.pass(stderr, Bytes::from(limit_note(self.limit)));
        }
    }

    /// Adds a line of the agent itself, on a line of its own.
    pub(super) fn line(&mut self, stderr: bool, text: &str) {
        let head = if stderr { &self.stderr } else { &self.stdout };
        let text = if head.is_empty() || head.ends_a_line() { text.to_owned() } else { format!("\n{text}") };
        self.pass(stderr, Bytes::from(text));
    }

    /// Adds text, whatever the limit; secrets in it are masked.
    pub(super) fn pass(&mut self, stderr: bool, data: Bytes) {
        let held = if stderr { &mut self.held.1 } else { &mut self.held.0 };
        match self.masked.is_empty() {
            true => self.show(stderr, data),
            false => {
                let shown = self.masked.pass(held, &data);
                self.show(stderr, shown.into());
            }
        }
    }

    /// Nothing more is printed: what was held back is shown.
    pub(super) fn settle(&mut self) {
        for stderr in [false, true] {
            let held = if stderr { &mut self.held.1 } else { &mut self.held.0 };
            let shown = self.masked.end(held);
            self.show(stderr, shown.into());
        }
    }

    fn show(&mut self, stderr: bool, data: Bytes) {
        if data.is_empty() {
            return;
        }
        if stderr {
            self.stderr.push(&data)
        } else {
            self.stdout.push(&data)
        }
        self.sink.push(&self.step, stderr, data);
    }

    /// Both streams in one text.
    pub(super) fn combined(&self) -> String {
        combine(&decode(&self.stdout.bytes), &decode(&self.stderr.bytes))
    }
}

fn limit_note(limit: u64) -> String {
    format!("\nThe limit of {limit} bytes for the output of one step was reached; the rest was dropped.\n")
}

/// Cuts a text with a mark that is within the limit.
pub(super) fn shorten(text: &str, limit: usize, mark: &str) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(mark.len());
    text.chars().take(kept).chain(mark.chars()).collect()
}

/// Merges two kept texts of steps that have the same name.
pub(super) fn join(first: &str, second: &str) -> String {
    shorten(&format!("{first}{second}"), STREAM_MAX_CHARS, STREAM_CUT_MARK)
}

/// The combined output: the title stands there when there is an error text, and when both are long each
/// gets half of the room.
pub(super) fn combine(stdout: &str, stderr: &str) -> String {
    let title = if stderr.is_empty() { "" } else { ERROR_TITLE };
    let room = COMBINED_MAX_CHARS - title.len();
    let (out, err) = (stdout.chars().count(), stderr.chars().count());
    let (out_room, err_room) = if out + err <= room {
        (room, room)
    } else if out < room / 2 {
        (out, room - out)
    } else if err < room / 2 {
        (room - err, err)
    } else {
        (room / 2, room / 2)
    };
    format!(
        "{}{title}{}",
        shorten(stdout, out_room, OUTPUT_CUT_MARK),
        shorten(stderr, err_room, ERROR_CUT_MARK)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere(Vec<u8>);

    impl Sink for Nowhere {
        async fn ready(&mut self) {}
        fn push(&mut self, _: &str, _: bool, data: Bytes) {
            self.0.extend_from_slice(&data);
        }
    }

    #[test]
    fn given_long_texts_when_combined_then_the_sum_is_the_limit() {
        for (out, err) in [(9000, 0), (9000, 10), (10, 9000), (9000, 9000), (2500, 0)] {
            let text = combine(&"o".repeat(out), &"é".repeat(err));
            assert_eq!(text.chars().count(), COMBINED_MAX_CHARS, "{out} {err}");
        }
        assert_eq!(combine("a\n", ""), "a\n");
        assert_eq!(combine("", "b"), "\n----------ERROR-------\nb");
    }

    #[test]
    fn given_a_long_stream_when_kept_then_the_mark_is_within_the_limit() {
        let mut head = Head::default();
        for _ in 0..100 {
            head.push(&[b'x'; 1000]);
        }
        assert_eq!(head.total, 100_000);
        assert_eq!(head.text().len(), STREAM_MAX_CHARS);
        assert!(head.text().ends_with(STREAM_CUT_MARK));
    }

    #[test]
    fn given_bad_bytes_when_decoded_then_each_is_replaced() {
        assert_eq!(decode(b"a\xff\xfe\xe2\x82z"), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}z");
    }

    #[test]
    fn given_more_than_the_limit_when_written_then_the_rest_is_dropped_with_a_word() {
        let mut sink = Nowhere(Vec::new());
        let mut out = Out::new(&mut sink, "s", 10, Masked::default());
        out.write(false, Bytes::from_static(b"12345678"));
        out.write(false, Bytes::from_static(b"12345678"));
        out.write(true, Bytes::from_static(b"more"));
        let text = String::from_utf8(sink.0).unwrap();
        assert!(text.starts_with("1234567812\nThe limit"), "{text}");
        assert!(!text.contains("more"));
    }
}
