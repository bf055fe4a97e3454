//! Who is on call when: settings as they were from when on, and overrides.

use crate::Settings;
use reeve_types::Timestamp;

/// Settings that count from an instant on.
#[derive(Clone, Debug)]
pub struct Version {
    pub from: Timestamp,
    /// `None`: the rotation is gone.
    pub settings: Option<Settings>,
}

/// For a time everybody who is on call is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub members: Vec<String>,
    pub start: Timestamp,
    pub end: Timestamp,
    /// What was before stays as it was.
    pub created: Timestamp,
    pub deleted: Option<Timestamp>,
}

/// A rotation with its history.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    /// In their order; the first one also says what was before it.
    pub versions: Vec<Version>,
    /// In the order in which they were made: of two that overlap the later counts.
    pub overrides: Vec<Override>,
}

/// A time during which the same people are on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    pub start: Timestamp,
    pub end: Timestamp,
    pub members: Vec<String>,
    /// Who would be on call without the override.
    pub overridden: Option<Vec<String>>,
}

/// After the last instant that a calendar has.
const NEVER: Timestamp = Timestamp(i64::MAX);

impl Override {
    /// When it counts.
    fn period(&self) -> (Timestamp, Timestamp) {
        (self.start.max(self.created), self.deleted.map_or(self.end, |deleted| self.end.min(deleted)))
    }
}

impl Rotation {
    /// Of settings alone, as a preview has them.
    pub fn of(settings: Settings, overrides: Vec<Override>) -> Self {
        Self { versions: vec![Version { from: settings.start, settings: Some(settings) }], overrides }
    }

    /// The first shifts that touch a range, in time order and not cut at its edges.
    pub fn shifts(&self, from: Timestamp, to: Timestamp, limit: usize) -> Vec<Shift> {
        let mut found = Vec::new();
        for (at, version) in self.versions.iter().enumerate() {
            let until = self.versions.get(at + 1).map_or(NEVER, |next| next.from);
            let since = if at == 0 { Timestamp(i64::MIN) } else { version.from };
            let Some(settings) = version.settings.as_ref().filter(|_| until > from && since < to) else {
                continue;
            };
            for turn in settings.turns() {
                let (start, end) = (turn.start.max(since), turn.end.unwrap_or(NEVER).min(until));
                if turn.start >= to || turn.start >= until || found.len() >= limit {
                    break;
                }
                if end <= from || end <= start || turn.end.is_none() {
                    continue;
                }
                let members = settings.people(turn.number);
                let parts = settings.covered(start, end).into_iter();
                let cut = parts.flat_map(|(start, end)| self.cut(start, end, &members));
                found.extend(cut.filter(|shift| shift.end > from && shift.start < to));
            }
        }
        found.truncate(limit);
        found
    }

    /// The shift of an instant; `None`: nobody is on call.
    pub fn at(&self, at: Timestamp) -> Option<Shift> {
        self.shifts(at, Timestamp(at.0.saturating_add(1)), 1).pop()
    }

    /// A regular shift with what replaces it or parts of it.
    fn cut(&self, start: Timestamp, end: Timestamp, members: &[String]) -> Vec<Shift> {
        let mut edges = vec![start, end];
        let each = self.overrides.iter().map(Override::period);
        edges.extend(each.flat_map(|(a, b)| [a, b]).filter(|at| *at > start && *at < end));
        edges.sort_unstable();
        edges.dedup();
        let mut shifts: Vec<(Option<usize>, Shift)> = Vec::new();
        for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
            let covers = |over: &Override| {
                let (a, b) = over.period();
                a <= *from && *to <= b
            };
            let over = self.overrides.iter().rposition(covers);
            match shifts.last_mut() {
                Some((before, shift)) if *before == over => shift.end = *to,
                _ => {
                    let replaced = over.and_then(|at| self.overrides.get(at));
                    let shift = Shift {
                        start: *from,
                        end: *to,
                        members: replaced.map_or(members, |over| &over.members).to_vec(),
                        overridden: replaced.map(|_| members.to_vec()),
                    };
                    shifts.push((over, shift));
                }
            }
        }
        shifts.into_iter().map(|(_, shift)| shift).collect()
    }
}
