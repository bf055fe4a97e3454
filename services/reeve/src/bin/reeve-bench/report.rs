//! Figures and what they are held against.

use reeve::client::{Format, stdout};
use serde_json::{Value, json};
use std::time::Duration;

/// What a figure is held against.
#[derive(Clone, Copy)]
pub enum Goal {
    None,
    AtMost(f64),
    AtLeast(f64),
    /// At least this share of the peer's figure.
    Share {
        of: f64,
        least: f64,
    },
    /// At most so many times the peer's figure.
    TimesPeer {
        of: f64,
        most: f64,
    },
    /// A peer to compare with, without a goal.
    Peer(f64),
}

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
}

/// The figures of a run.
pub struct Report {
    benchmark: &'static str,
    figures: Vec<Figure>,
    /// What the JSON has besides, by name.
    facts: serde_json::Map<String, Value>,
}

impl Report {
    pub fn new(benchmark: &'static str) -> Self {
        Self { benchmark, figures: Vec::new(), facts: serde_json::Map::new() }
    }

    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) {
        self.figures.push(Figure { name: name.into(), value, unit, goal });
    }

    /// A member of the JSON object.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }

    pub fn print(&self, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Json => {
                let figures: Vec<Value> = self.figures.iter().map(Figure::json).collect();
                let mut whole = self.facts.clone();
                whole.insert("benchmark".to_owned(), self.benchmark.into());
                whole.insert("figures".to_owned(), figures.into());
                stdout::line(Value::Object(whole))
            }
            Format::Text => self.figures.iter().try_for_each(|figure| stdout::line(figure.text())),
        }
    }
}

impl Figure {
    /// The ratio to the goal or the peer, and whether the goal is met.
    fn held(&self) -> (Option<f64>, Option<bool>) {
        match self.goal {
            Goal::None => (None, None),
            Goal::AtMost(limit) => (Some(self.value / limit), Some(self.value <= limit)),
            Goal::AtLeast(limit) => (Some(self.value / limit), Some(self.value >= limit)),
            Goal::Share { of, least } => (Some(self.value / of), Some(self.value / of >= least)),
            Goal::TimesPeer { of, most } => (Some(self.value / of), Some(self.value / of <= most)),
            Goal::Peer(peer) => (Some(self.value / peer), None),
        }
    }

    fn against(&self) -> String {
        match self.goal {
            Goal::None => String::new(),
            Goal::AtMost(limit) => format!("of at most {}", short(limit)),
            Goal::AtLeast(limit) => format!("of at least {}", short(limit)),
            Goal::Share { of, least } => format!("of the peer's {} (goal {})", short(of), short(least)),
            Goal::TimesPeer { of, most } => format!("times the peer's {} (goal {})", short(of), short(most)),
            Goal::Peer(peer) => format!("of the peer's {}", short(peer)),
        }
    }

    fn text(&self) -> String {
        let (ratio, met) = self.held();
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} "));
        let met = match met {
            None => "",
            Some(true) => "met",
            Some(false) => "MISSED",
        };
        let line = format!(
            "{:<52} {:>10} {:<4} {ratio}{} {met}",
            self.name,
            short(self.value),
            self.unit,
            self.against()
        );
        line.trim_end().to_owned()
    }

    fn json(&self) -> Value {
        let (ratio, met) = self.held();
        json!({
            "name": self.name, "value": self.value, "unit": self.unit,
            "against": self.against(), "ratio": ratio, "met": met,
        })
    }
}

fn short(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// So many in that time, a second.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Durations in order, to be asked for the one that a share stays below.
pub struct Durations(Vec<Duration>);

impl Durations {
    pub fn new(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// In milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let index = (self.0.len() * percent).div_ceil(100).saturating_sub(1).min(last);
        self.0.get(index).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1000.0)
    }
}
