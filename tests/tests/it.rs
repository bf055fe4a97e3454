//! End to end, through the real program. Everything runs in parallel, on free ports and in temporary folders.

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/access.rs"]
mod access;
#[path = "it/agent_disk_full.rs"]
mod agent_disk_full;
#[path = "it/agent_updates.rs"]
mod agent_updates;
#[path = "it/alertmanager.rs"]
mod alertmanager;
#[path = "it/apart.rs"]
mod apart;
#[path = "it/apart_disk_full.rs"]
mod apart_disk_full;
#[path = "it/architecture.rs"]
mod architecture;
#[path = "it/architecture_imports.rs"]
mod architecture_imports;
#[path = "it/as_of.rs"]
mod as_of;
#[path = "it/associations.rs"]
mod associations;
#[path = "it/automation.rs"]
mod automation;
#[path = "it/automation_api.rs"]
mod automation_api;
#[path = "it/backup.rs"]
mod backup;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/bus_away.rs"]
mod bus_away;
#[path = "it/calendar.rs"]
mod calendar;
#[path = "it/cases_change.rs"]
mod cases_change;
#[path = "it/cases_nodes.rs"]
mod cases_nodes;
#[path = "it/cases_operations.rs"]
mod cases_operations;
#[path = "it/changes.rs"]
mod changes;
#[path = "it/children.rs"]
mod children;
#[path = "it/client.rs"]
mod client;
#[path = "it/clocks.rs"]
mod clocks;
#[path = "it/compliance.rs"]
mod compliance;
#[path = "it/compose.rs"]
mod compose;
#[path = "it/contacts.rs"]
mod contacts;
#[path = "it/containment.rs"]
mod containment;
#[path = "it/coverage.rs"]
mod coverage;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/cuts.rs"]
mod cuts;
#[path = "it/deregistered.rs"]
mod deregistered;
#[path = "it/disk_full.rs"]
mod disk_full;
#[path = "it/doctor.rs"]
mod doctor;
#[path = "it/documents.rs"]
mod documents;
#[path = "it/drift.rs"]
mod drift;
#[path = "it/edge.rs"]
mod edge;
#[path = "it/enrolment.rs"]
mod enrolment;
#[path = "it/explorer.rs"]
mod explorer;
#[path = "it/failpoints.rs"]
mod failpoints;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/feed.rs"]
mod feed;
#[path = "it/firings.rs"]
mod firings;
#[path = "it/forged.rs"]
mod forged;
#[path = "it/fuzz.rs"]
mod fuzz;
#[path = "it/history.rs"]
mod history;
#[path = "it/identities.rs"]
mod identities;
#[path = "it/incidents.rs"]
mod incidents;
#[path = "it/ingest.rs"]
mod ingest;
#[path = "it/inventory.rs"]
mod inventory;
#[path = "it/invocations.rs"]
mod invocations;
#[path = "it/isolation.rs"]
mod isolation;
#[path = "it/json_output.rs"]
mod json_output;
#[path = "it/key_alone.rs"]
mod key_alone;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/listing.rs"]
mod listing;
#[path = "it/local_policy.rs"]
mod local_policy;
#[path = "it/matrix.rs"]
mod matrix;
#[path = "it/metrics.rs"]
mod metrics;
#[path = "it/migrate.rs"]
mod migrate;
#[path = "it/missing_stream.rs"]
mod missing_stream;
#[path = "it/notifications.rs"]
mod notifications;
#[path = "it/opscenter.rs"]
mod opscenter;
#[path = "it/owed.rs"]
mod owed;
#[path = "it/packages.rs"]
mod packages;
#[path = "it/parameters.rs"]
mod parameters;
#[path = "it/parameters_clients.rs"]
mod parameters_clients;
#[path = "it/patching.rs"]
mod patching;
#[path = "it/patching_apt.rs"]
mod patching_apt;
#[path = "it/patching_choices.rs"]
mod patching_choices;
#[path = "it/patching_dnf.rs"]
mod patching_dnf;
#[path = "it/patching_zypper.rs"]
mod patching_zypper;
#[path = "it/poison.rs"]
mod poison;
#[path = "it/ports.rs"]
mod ports;
#[path = "it/processes.rs"]
mod processes;
#[path = "it/prune.rs"]
mod prune;
#[path = "it/publishers.rs"]
mod publishers;
#[path = "it/rate_control.rs"]
mod rate_control;
#[path = "it/reboot.rs"]
mod reboot;
#[path = "it/rebuild.rs"]
mod rebuild;
#[path = "it/replay.rs"]
mod replay;
#[path = "it/replicas.rs"]
mod replicas;
#[path = "it/reports.rs"]
mod reports;
#[path = "it/restored_log.rs"]
mod restored_log;
#[path = "it/rights.rs"]
mod rights;
#[path = "it/rollouts.rs"]
mod rollouts;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/runbooks.rs"]
mod runbooks;
#[path = "it/secrets.rs"]
mod secrets;
#[path = "it/stopped.rs"]
mod stopped;
#[path = "it/stories.rs"]
mod stories;
#[path = "it/story.rs"]
mod story;
#[path = "it/subscribers.rs"]
mod subscribers;
#[path = "it/subscribers_isolation.rs"]
mod subscribers_isolation;
#[path = "it/tags.rs"]
mod tags;
#[path = "it/tls.rs"]
mod tls;
#[path = "it/tour.rs"]
mod tour;
#[path = "it/traces.rs"]
mod traces;
#[path = "it/views_disk_full.rs"]
mod views_disk_full;
#[path = "it/webhooks.rs"]
mod webhooks;
#[path = "it/windows.rs"]
mod windows;
