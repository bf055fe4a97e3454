//! Operations that are called again and again, each time behind what the last answer told: what comes, as it comes.

use super::connection::{Api, Connection, Unanswered};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// So long one call waits for what comes.
const WAIT_SECONDS: u64 = 20;
/// Who reads gives up when nobody answers for so long, or by failures of the other side alone.
const MAX_SILENCE: Duration = Duration::from_secs(60);
/// After which time that is said.
const NOTICE_DELAY: Duration = Duration::from_secs(2);
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// The answers, up to the first one behind which there is nothing more; to go on is to wait then for what comes, until an
/// answer says that it has ended. An error is the last thing that is told.
pub fn follow(
    connection: &Connection,
    api: &'static Api,
    operation: &'static str,
    input: Value,
    goes_on: bool,
) -> mpsc::Receiver<anyhow::Result<Value>> {
    let (told, answers) = mpsc::channel(1);
    let following = Following { connection: connection.clone(), api, operation, input, goes_on };
    // A thread of its own, which no end of this program waits for.
    std::thread::spawn(move || following.run(&told));
    answers
}

struct Following {
    connection: Connection,
    api: &'static Api,
    operation: &'static str,
    input: Value,
    goes_on: bool,
}

impl Following {
    fn run(mut self, told: &mpsc::Sender<anyhow::Result<Value>>) {
        loop {
            let answer = self.answer();
            let next =
                answer.as_ref().ok().map(|answer| (answer["after"].clone(), is_last(answer, self.goes_on)));
            if told.blocking_send(answer).is_err() {
                return;
            }
            let Some((after, false)) = next else { return };
            self.input["after"] = after;
            if self.goes_on {
                self.input["waitSeconds"] = WAIT_SECONDS.into();
            }
        }
    }

    /// The next answer. Who has read something already waits while nobody answers.
    fn answer(&self) -> anyhow::Result<Value> {
        let (asked, mut is_said) = (Instant::now(), false);
        loop {
            let body = self.input.to_string();
            let error = match self.connection.post(self.api, self.operation, body.as_bytes()) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let may_come = self.input["after"].is_string() && error.is::<Unanswered>();
            if !may_come || asked.elapsed() > MAX_SILENCE {
                return Err(error);
            }
            if asked.elapsed() > NOTICE_DELAY && !std::mem::replace(&mut is_said, true) {
                eprintln!("reeve: waiting, for {} s at most: {error}", MAX_SILENCE.as_secs());
            }
            std::thread::sleep(RETRY_DELAY);
        }
    }
}

fn is_last(answer: &Value, goes_on: bool) -> bool {
    answer["more"] != json!(true) && (!goes_on || answer["hasEnded"] == json!(true))
}
