//! The protocol `rest-json`: method and path name the operation, and members lie in the path, the query, headers or the
//! status as the model says; the others are the body, or one of them is all of it (Smithy, "HTTP binding traits").
//!
//! A request becomes the same JSON object as with the other protocols, and an answer is made from one, so that everything
//! behind knows one form.

mod answer;
mod request;
#[cfg(test)]
mod tests;

pub use answer::answer;
pub use request::{find, input};

use crate::shapes::{Kind, Shape};

/// What a kind of value is called in messages.
fn wanted(shape: &Shape) -> &'static str {
    match shape.kind {
        Kind::Boolean => "a Boolean",
        Kind::Integer => "an Integer",
        Kind::Long => "a Long",
        Kind::Float => "a Double",
        Kind::Timestamp => "a Timestamp",
        _ => "a String",
    }
}
