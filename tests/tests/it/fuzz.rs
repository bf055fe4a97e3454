//! Every operation of every model with inputs of all kinds: whatever is sent is answered, and never by a failure of ours.
//!
//! The calls of a run follow from its seed. `REEVE_FUZZ_CALLS=1000000` makes as many; then an answer that takes more than
//! five seconds fails too, on a machine that has nothing else to do.

use crate::matrix::models;
use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};
use reeve_e2e::{Agent, Instance, Raw};
use reeve_testkit::Dice;
use serde_json::{Map, Number, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// The operations of AWS's API that there are here.
const SERVED: &str = include_str!("../../../schemas/aws/served.json");
const CALLS: usize = 3_000;
const THREADS: usize = 4;
const MAX_ANSWER_TIME: Duration = Duration::from_secs(5);
/// More than the gateway takes, and less than it reads of what it refuses.
const MAX_SENT_BYTES: usize = 4 * 1024 * 1024;
/// Texts of answers that later calls use, so that they name what there is.
const MAX_POOLED_TEXTS: usize = 400;

/// Makes inputs by a model.
struct Inputs<'a> {
    model: &'a Value,
    dice: &'a mut Dice,
    pool: &'a [String],
    texts: &'a mut HashMap<String, String>,
}

impl Inputs<'_> {
    fn one_in(&mut self, n: usize) -> bool {
        self.dice.below(n) == 0
    }

    fn value(&mut self, shape: &str, depth: usize) -> Value {
        if self.one_in(25) {
            return self.odd();
        }
        let definition = &self.model["shapes"][shape];
        let of = |member: &Value| member["shape"].as_str().unwrap_or_default().to_owned();
        match definition["type"].as_str().unwrap_or_default() {
            "structure" => {
                let required = definition["required"].as_array().cloned().unwrap_or_default();
                let mut made = Map::new();
                for (name, member) in definition["members"].as_object().unwrap() {
                    let needed = required.iter().any(|required| required == name.as_str());
                    let wanted = if needed { !self.one_in(20) } else { depth < 5 && self.one_in(3) };
                    if wanted {
                        made.insert(name.clone(), self.value(&of(member), depth + 1));
                    }
                }
                if self.one_in(40) {
                    made.insert(self.hostile(), self.odd());
                }
                Value::Object(made)
            }
            "list" => {
                let length = self.length();
                let member = of(&definition["member"]);
                (0..length).map(|_| self.value(&member, depth + 1)).collect()
            }
            "map" => {
                let (key, value, length) = (of(&definition["key"]), of(&definition["value"]), self.length());
                let mut made = Map::new();
                for _ in 0..length {
                    let key = self.value(&key, depth + 1);
                    made.insert(key.as_str().unwrap_or("key").to_owned(), self.value(&value, depth + 1));
                }
                Value::Object(made)
            }
            "boolean" => json!(self.one_in(2)),
            "integer" | "long" => self.number(definition),
            "timestamp" | "double" | "float" => {
                json!([0.0, 1.7e9, -1.0, 1e15, 1e300, 4_102_444_800.5][self.dice.below(6)])
            }
            _ => json!(self.string(shape, definition)),
        }
    }

    fn length(&mut self) -> usize {
        [1, 1, 1, 2, 3, 0, 60][self.dice.below(7)]
    }

    fn number(&mut self, definition: &Value) -> Value {
        let bounds = [definition["min"].as_i64(), definition["max"].as_i64()];
        let known = bounds[self.dice.below(2)].unwrap_or(1);
        let step = [0, 0, 0, 1, -1][self.dice.below(5)];
        let extreme = [0, -1, i64::MAX, i64::MIN, 1 << 40][self.dice.below(5)];
        json!(if self.one_in(6) { extreme } else { known.saturating_add(step) })
    }

    fn string(&mut self, shape: &str, definition: &Value) -> String {
        match self.dice.below(10) {
            0 | 1 => self.hostile(),
            2 => self.bounded(definition),
            3..=5 if !self.pool.is_empty() => self.pool[self.dice.below(self.pool.len())].clone(),
            6 => self.dice.of(&KNOWN_TEXTS).to_owned(),
            _ => match definition["enum"].as_array() {
                Some(values) => values[self.dice.below(values.len())].as_str().unwrap().to_owned(),
                None => self.texts.entry(shape.to_owned()).or_insert_with(|| sample(definition)).clone(),
            },
        }
    }

    /// As long as the model allows, or one more.
    fn bounded(&mut self, definition: &Value) -> String {
        let most = usize::try_from(definition["max"].as_u64().unwrap_or(3_000)).unwrap_or(3_000);
        let letter = self.dice.of(&["a", "A", "0", "/", "ä", "-"]);
        letter.repeat(most.min(70_000) + self.dice.below(2))
    }

    fn hostile(&mut self) -> String {
        let length = [1, 2, 255, 256, 257, 1_024, 2_048, 4_200, 70_000, 300_000][self.dice.below(10)];
        let part = self.dice.of(&[
            "x",
            "a.b",
            "*",
            ">",
            ".",
            "/",
            "../",
            " ",
            "\0",
            "\r\n",
            "\t",
            "é",
            "𝕏",
            "\u{202e}",
            "%2e",
            "\"",
            "\\",
            "{{",
            "{{ssm:x}}",
            "arn:aws:ssm:us-east-1:1:document/",
            "$JS.API.",
            "'; DROP",
            "\u{feff}",
            "-",
        ]);
        if self.one_in(2) { part.to_owned() } else { part.repeat(length / part.len() + 1) }
    }

    /// A value of any type.
    fn odd(&mut self) -> Value {
        match self.dice.below(9) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => Value::Number(Number::from_f64(1e308).unwrap()),
            4 => json!([]),
            5 => json!({}),
            6 => (0..100).fold(json!("deep"), |inner, _| json!([inner])),
            7 => json!(vec!["x"; 2_000]),
            _ => json!(self.hostile()),
        }
    }
}

/// What some operations take among texts of no pattern.
const KNOWN_TEXTS: [&str; 12] = [
    "AWS-RunShellScript",
    "tag:role",
    "InstanceIds",
    "$DEFAULT",
    "$LATEST",
    "1",
    "Name",
    "Owner",
    "Self",
    "alice",
    "permit(principal, action, resource);",
    r#"{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}]}"#,
];

/// A text that a shape allows, if its pattern is one of those that texts can be made from.
fn sample(definition: &Value) -> String {
    let least = usize::try_from(definition["min"].as_u64().unwrap_or(1)).unwrap_or(1);
    let plain = "x".repeat(least.max(1));
    let Some(pattern) = definition["pattern"].as_str() else { return plain };
    // Anchors say nothing of a text that is made from the whole pattern.
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    let Ok(strategy) = string_regex(pattern) else { return plain };
    let mut runner = TestRunner::deterministic();
    let mut made = (0..50).filter_map(|_| Some(strategy.new_tree(&mut runner).ok()?.current()));
    made.find(|text| (least..200).contains(&text.len())).unwrap_or(plain)
}

fn pooled(value: &Value, pool: &mut Vec<String>, dice: &mut Dice) {
    match value {
        Value::String(text) if (2..200).contains(&text.len()) => {
            if pool.len() < MAX_POOLED_TEXTS {
                pool.push(text.clone());
            } else {
                let at = dice.below(pool.len());
                pool[at].clone_from(text);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| pooled(value, pool, dice)),
        Value::Object(values) => values.values().for_each(|value| pooled(value, pool, dice)),
        _ => {}
    }
}

/// A call of an operation that has a method and a path.
struct Rest {
    method: String,
    path: String,
    query: String,
    body: Vec<u8>,
}

impl Rest {
    /// What of an input goes where, by the model. Nothing where a call names its operation in a header.
    fn of(model: &Value, operation: &str, input: &Value) -> Option<Self> {
        let http = &model["operations"][operation]["http"];
        let mut path = http["requestUri"].as_str().filter(|path| *path != "/")?.to_owned();
        let shape = model["operations"][operation]["input"]["shape"].as_str().unwrap_or_default();
        let members = &model["shapes"][shape]["members"];
        let (mut query, mut body) = (Vec::new(), Map::new());
        for (name, value) in input.as_object()? {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let wire = members[name]["locationName"].as_str().unwrap_or(name);
            match members[name]["location"].as_str() {
                Some("uri") => path = path.replace(&format!("{{{wire}}}"), &encoded(&text(value))),
                Some("querystring") => {
                    let one = std::slice::from_ref(value);
                    let values = value.as_array().map_or(one, Vec::as_slice);
                    query.extend(values.iter().map(|value| format!("{wire}={}", encoded(&text(value)))));
                }
                _ => {
                    body.insert(name.clone(), value.clone());
                }
            }
        }
        // A label that the input does not have stays as it stands.
        let path = path.replace('{', "%7B").replace('}', "%7D");
        let body = if body.is_empty() { Vec::new() } else { Value::Object(body).to_string().into_bytes() };
        Some(Self { method: http["method"].as_str()?.to_owned(), path, query: query.join("&"), body })
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut encoded = String::new();
    for byte in text.as_bytes() {
        match plain(byte) {
            true => encoded.push(char::from(*byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

struct Run<'a> {
    raw: Raw,
    models: &'a BTreeMap<&'static str, Value>,
    operations: &'a [(&'static str, String)],
    left: &'a AtomicUsize,
    strict: bool,
    /// Errors that clients have no word for.
    unmodelled: BTreeSet<String>,
}

/// Errors of AWS's that no model has, or not of each operation.
const COMMON_ERRORS: [&str; 5] = [
    "ValidationException",
    "AccessDeniedException",
    "SerializationException",
    "UnknownOperationException",
    "RequestEntityTooLargeException",
];

/// Whether an error is one that its operation has by the model: clients have classes for those.
fn is_modelled(model: &Value, operation: &str, answer: &Value) -> bool {
    let code = answer["__type"].as_str().unwrap_or_default();
    let errors = model["operations"][operation]["errors"].as_array().into_iter().flatten();
    COMMON_ERRORS.contains(&code) || errors.into_iter().any(|error| error["shape"] == code)
}

impl Run<'_> {
    /// Makes calls until none are left; answers how many there were of each status, and the longest time.
    fn go(mut self, seed: u64) -> (BTreeMap<u16, usize>, Duration, BTreeSet<String>) {
        let (mut dice, mut pool, mut texts) = (Dice(seed), Vec::new(), HashMap::new());
        let (mut statuses, mut longest) = (BTreeMap::new(), Duration::ZERO);
        while self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        {
            let (api, operation) = &self.operations[dice.below(self.operations.len())];
            let model = &self.models[api];
            let shape = model["operations"][operation]["input"]["shape"].as_str().unwrap_or_default();
            let mut inputs = Inputs { model, dice: &mut dice, pool: &pool, texts: &mut texts };
            let input = if shape.is_empty() { json!({}) } else { inputs.value(shape, 0) };
            // The gateway stops reading a body that is so much too long, and its sender sees a broken connection.
            if input.to_string().len() > MAX_SENT_BYTES {
                continue;
            }
            self.raw.now = reeve_types::Timestamp::now();
            let begun = Instant::now();
            let (status, answer) = match Rest::of(model, operation, &input) {
                // No client of HTTP sends a longer address.
                Some(rest) if dice.below(2) == 0 && rest.path.len() + rest.query.len() < 60_000 => {
                    self.raw.call_at(api, &rest.method, (&rest.path, &rest.query), &rest.body)
                }
                _ => self.raw.call_of(api, operation, &input, None),
            };
            let took = begun.elapsed();
            let sent: String = input.to_string().chars().take(2_000).collect();
            assert!(
                (200..500).contains(&status),
                "{status} {answer} to {api} {operation} {sent}, seed {seed}"
            );
            // Some are asked to wait for what comes.
            let asked = Duration::from_secs(input["waitSeconds"].as_u64().unwrap_or_default().min(20));
            assert!(
                !self.strict || took < MAX_ANSWER_TIME + asked,
                "{took:?}: {api} {operation} {sent}, seed {seed}"
            );
            if status >= 400 && !is_modelled(model, operation, &answer) {
                self.unmodelled.insert(format!("{api} {operation}: {}", answer["__type"]));
            }
            *statuses.entry(status).or_default() += 1;
            longest = longest.max(took);
            if status == 200 {
                pooled(&answer, &mut pool, &mut dice);
            }
        }
        (statuses, longest, self.unmodelled)
    }
}

#[test]
fn whatever_is_sent_is_answered_and_never_by_a_failure_of_ours() {
    let instance = Instance::start(0);
    let given = std::env::var("REEVE_FUZZ_CALLS").ok().map(|calls| calls.parse().expect("a number of calls"));
    let left = AtomicUsize::new(given.unwrap_or(CALLS));
    let models = models();
    // What is served is called more often than what is only known.
    let mut operations = Vec::new();
    for (api, model) in &models {
        for operation in model["operations"].as_object().unwrap().keys() {
            let served = *api != "ssm" || SERVED.contains(&format!("{operation:?}"));
            operations.extend(std::iter::repeat_n((*api, operation.clone()), if served { 8 } else { 1 }));
        }
    }
    let mut unmodelled = BTreeSet::new();
    std::thread::scope(|scope| {
        let run = |seed| {
            let (raw, strict) = (instance.raw(), given.is_some());
            let run = Run {
                raw,
                models: &models,
                operations: &operations,
                left: &left,
                strict,
                unmodelled: BTreeSet::new(),
            };
            scope.spawn(move || run.go(seed))
        };
        let runs: Vec<_> = (1..=THREADS as u64).map(run).collect();
        for run in runs {
            let (statuses, longest, errors) = run.join().unwrap();
            println!("{statuses:?}, the longest took {longest:?}");
            unmodelled.extend(errors);
        }
    });
    assert!(unmodelled.is_empty(), "errors that the model does not have: {unmodelled:#?}");
    // It still does what it is for.
    let agent = Agent::enrol(&instance, "late");
    let command = instance.send_to(&agent.node(), "echo still here");
    assert_eq!(instance.ended(&command)["StatusDetails"], "Success");
}
