//! The decisions: who is let in, what is known of a node, and which keys nodes trust.

pub mod activation;
pub mod keys;
pub mod node;
