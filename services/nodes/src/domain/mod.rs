//! The decisions: who is let in, and what is known of a node.

pub mod activation;
pub mod node;
