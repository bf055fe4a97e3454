//! Wall clocks: from local times to instants, over clock changes.

use crate::{Error, TimeOfDay};
use jiff::{
    Timestamp as Instant,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};
use reeve_types::Timestamp;

/// A time zone of the IANA database that this program carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

/// Which instant of a time that the clock shows twice is meant.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Twice {
    First,
    Second,
}

impl Zone {
    /// # Errors
    /// When the database has none of that name.
    pub fn named(name: &str) -> Result<Self, Error> {
        TimeZoneDatabase::bundled().get(name).map(Self).map_err(|_| Error::Zone(name.to_owned()))
    }

    /// The date that the clock shows at an instant.
    pub(crate) fn date(&self, at: Timestamp) -> Option<Date> {
        Some(self.0.to_datetime(Instant::from_millisecond(at.0).ok()?).date())
    }

    /// The instant of a time on a day: of two the one that is meant, and the first after a gap that it falls into.
    pub(crate) fn instant(&self, day: Date, time: TimeOfDay, twice: Twice) -> Option<Timestamp> {
        let local: DateTime = day.at(time.hour.cast_signed(), time.minute.cast_signed(), 0, 0);
        let instant = match (self.0.to_ambiguous_timestamp(local).offset(), twice) {
            (AmbiguousOffset::Unambiguous { offset }, _) => offset.to_timestamp(local).ok(),
            (AmbiguousOffset::Fold { before, .. }, Twice::First) => before.to_timestamp(local).ok(),
            (AmbiguousOffset::Fold { after, .. }, Twice::Second) => after.to_timestamp(local).ok(),
            (AmbiguousOffset::Gap { after, .. }, _) => {
                // With the later offset a time in the gap lies before the change.
                let earlier = after.to_timestamp(local).ok()?;
                self.0.following(earlier).map(|change| change.timestamp()).next()
            }
        };
        instant.map(|at| Timestamp(at.as_millisecond()))
    }
}
