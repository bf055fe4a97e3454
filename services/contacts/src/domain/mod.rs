//! Pure decisions: contacts, their channels, rotations, and engagements, whose next step the engine says.

pub mod channel;
pub mod contact;
pub mod engagement;
pub mod engine;
pub mod rotation;
pub mod state;
pub mod tags;

#[cfg(test)]
mod engagement_tests;
