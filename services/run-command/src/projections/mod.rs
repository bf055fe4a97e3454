//! The tables. Each is written from one stream only, because two streams have no order between them and
//! a rebuilt view must equal the live one; what belongs together is joined when it is read.

mod commands;
mod documents;
mod held;
mod invocations;
mod rollouts;

pub use commands::{BY_NODE, BY_TIME, COMMANDS, CommandRow, Commands};
pub use documents::ContentRow;
pub use held::{HELD, HELD_BY_RULE, HeldRow, REFUSALS, Refusal};
pub use invocations::{INVOCATIONS, InvocationRow, Invocations, NUMBERS};
pub use rollouts::{DEADLINE_TIMER, ROLLOUT_TIMER, ROLLOUTS, TARGETS, TARGETS_PER_ROW, targets_key};

#[cfg(test)]
mod tests;
