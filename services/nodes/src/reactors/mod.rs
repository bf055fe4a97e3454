//! What happens next: registrations, introductions, lost connections and silence; who is let in no more; the set of
//! dispatch keys that a service is started with, and its end; agents with one identity.

pub(crate) mod admission;
mod connections;
pub(crate) mod duplicates;
pub(crate) mod keys;
mod notices;
pub(crate) mod presence;
