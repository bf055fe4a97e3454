//! See DESIGN.

pub mod execute;
