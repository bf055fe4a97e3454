//! What happens next: registrations, introductions, lost connections and silence; who is let in no more; the set of
//! dispatch keys that a service is started with, and its end.

pub(crate) mod admission;
pub(crate) mod keys;
mod notices;
pub(crate) mod presence;
