//! Time zones: of the IANA database by their names and by Windows's, and those that only a file's VTIMEZONE explains.

use crate::windows_zones;
use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};
use std::{collections::BTreeMap, sync::Arc};

/// A time zone.
#[derive(Debug, Clone)]
pub(crate) enum Zone {
    Known(TimeZone),
    /// Its changes, in their order.
    Explained(Arc<Vec<Change>>),
}

/// A change of a zone's clocks: the local time of it on the clocks before, and the offsets in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub onset: DateTime,
    pub from: i64,
    pub to: i64,
}

pub(crate) fn millis(local: DateTime, offset_seconds: i64) -> i64 {
    let utc = TimeZone::UTC.to_timestamp(local).map(Timestamp::as_millisecond);
    // The years of iCalendar are those of the library.
    utc.unwrap_or_default().saturating_sub(offset_seconds * 1_000)
}

impl Zone {
    pub fn utc() -> Self {
        Self::Known(TimeZone::UTC)
    }

    /// The instant of a local time, in milliseconds since 1970: the first of two, and in a gap with the offset before it.
    pub fn instant(&self, local: DateTime) -> i64 {
        match self {
            Self::Known(zone) => {
                let offset = match zone.to_ambiguous_timestamp(local).offset() {
                    AmbiguousOffset::Unambiguous { offset } => offset,
                    AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
                };
                millis(local, i64::from(offset.seconds()))
            }
            Self::Explained(changes) => {
                let mut offset = changes.first().map_or(0, |first| first.from);
                for change in changes.iter() {
                    // In the gap behind the onset the offset before it still counts.
                    let gap = SignedDuration::from_secs((change.to - change.from).max(0));
                    let from = change.onset.checked_add(gap).unwrap_or(change.onset);
                    if local < from {
                        break;
                    }
                    offset = change.to;
                }
                millis(local, offset)
            }
        }
    }

    /// The local time of an instant in milliseconds since 1970.
    pub fn local(&self, at_ms: i64) -> DateTime {
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        match self {
            Self::Known(zone) => zone.to_datetime(at(at_ms)),
            Self::Explained(changes) => {
                let mut offset = changes.first().map_or(0, |first| first.from);
                for change in changes.iter().take_while(|change| millis(change.onset, change.from) <= at_ms) {
                    offset = change.to;
                }
                TimeZone::UTC.to_datetime(at(at_ms.saturating_add(offset * 1_000)))
            }
        }
    }
}

/// The zones of a file.
#[derive(Debug, Clone)]
pub(crate) struct Zones {
    default: Zone,
    explained: BTreeMap<String, Zone>,
}

impl Zones {
    /// The zone of dates and of times that name none: X-WR-TIMEZONE, else a TZID of the calendar itself, else UTC.
    pub fn default(&self) -> &Zone {
        &self.default
    }

    pub fn named(&self, name: &str) -> Option<Zone> {
        known(name).or_else(|| self.explained.get(name).cloned())
    }

    pub fn new(default: Zone, explained: BTreeMap<String, Zone>) -> Self {
        Self { default, explained }
    }
}

/// A zone by its IANA name, or by Windows's.
pub(crate) fn known(name: &str) -> Option<Zone> {
    let database = TimeZoneDatabase::bundled();
    let find = |name: &str| database.get(name).ok().map(Zone::Known);
    find(name).or_else(|| find(windows_zones::iana(name)?))
}
