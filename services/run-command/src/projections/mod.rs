//! The tables. Each is written from one stream only, because two streams have no order between them and
//! a rebuilt view must equal the live one; what belongs together is joined when it is read.

mod commands;
mod documents;
mod keys;
mod nodes;

pub use commands::{
    BY_NODE, BY_TIME, COMMANDS, CommandRow, Commands, DEADLINES, INVOCATIONS, InvocationRow, Invocations,
    NUMBERS, PROGRESS, StepRow, command_of, due,
};
pub use documents::{CONTENT, ContentRow, DOCUMENTS, DocumentRow, Documents, content_key};
pub use keys::{DISPATCH_KEYS, KeySetRow, KeySets};
pub use nodes::{NODE_TAGS, NODES, NodeRow, Nodes};

#[cfg(test)]
mod tests;
