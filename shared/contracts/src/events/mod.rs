//! Generated from schemas: do not edit. Protobuf messages, one file per package.

pub mod access;
pub mod automation;
pub mod change_calendar;
pub mod changes;
pub mod compliance;
pub mod contacts;
pub mod dead_letters;
pub mod documents;
pub mod explorer;
pub mod gateway;
pub mod incidents;
pub mod ingest;
pub mod inventory;
pub mod maintenance_windows;
pub mod node;
pub mod nodes;
pub mod notifications;
pub mod opscenter;
pub mod outcome;
pub mod parameters;
pub mod patching;
pub mod rules;
pub mod run_command;
pub mod state_manager;
pub mod tags;
