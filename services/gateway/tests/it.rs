//! The gateway over real HTTP, in front of a bus that the test plays.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/aws_cli.rs"]
mod aws_cli;
#[path = "it/bus.rs"]
mod bus;
#[path = "it/connections.rs"]
mod connections;
#[path = "it/http.rs"]
mod http;
#[path = "it/path.rs"]
mod path;
#[path = "it/support.rs"]
mod support;
