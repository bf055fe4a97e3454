//! What a parameter may be called and hold, and what may happen to it.

pub mod labels;
pub mod names;
pub mod parameter;
pub mod policies;
pub mod setting;
pub mod values;
