//! The cases from public reports about runbooks, their approvals and going on where one has failed: which tests hold each, and what of
//! it is not held yet. Their numbers are those of the collection that they were written down in.

use crate::cases_nodes::{Case, case, check};

const CASES: [Case; 15] = [
    case(2, "halting with success", &["halt_with_success"], ""),
    case(
        6,
        "going on after a time-out",
        &["an_approval_that_timed_out_is_asked_for_anew_when_it_is_resumed"],
        "Questions with a default answer are not there.",
    ),
    case(
        7,
        "going on within a child",
        &[
            "it_goes_on_in_the_pass_and_with_the_child_that_failed_and_keeps_what_was_done",
            "a_change_waits_for_its_calendar_and_its_approval_and_goes_on_after_a_kill",
        ],
        "",
    ),
    case(
        8,
        "an empty list into a loop, and to what follows",
        &["loops_have_as_many_passes_as_they_say"],
        "That a child and a command get an empty list is not tested.",
    ),
    case(
        10,
        "inputs are recorded as JSON",
        &["steps_follow_each_other_and_live_equals_rebuilt"],
        "Not every type is in a test. Of the Parameter Store a secret is refused, and a plain value stands in what uses it.",
    ),
    case(
        12,
        "a role that is a placeholder",
        &["given_a_runbook_when_it_refers_to_the_parameter_store_then_only_parameters_may"],
        "",
    ),
    case(
        13,
        "actions that need a cloud",
        &[
            "steps_follow_each_other_and_live_equals_rebuilt",
            "steps_call_the_api_wait_for_properties_and_put_tags",
            "a_script_runs_on_the_node_that_is_named_for_it_and_returns_what_it_returns",
        ],
        "",
    ),
    case(
        14,
        "inputs that are unknown or missing",
        &["what_is_wrong_with_a_start_is_said_and_a_token_starts_once"],
        "",
    ),
    case(
        15,
        "errors up to n, and one more",
        &["children_of_targets_run_at_their_rate_until_the_errors_are_too_many"],
        "",
    ),
    case(
        17,
        "an approval that was cancelled goes on",
        &["an_approval_that_was_cancelled_runs_nothing_behind_it"],
        "",
    ),
    case(
        18,
        "an approval that nobody gives",
        &["a_level_that_nobody_decides_on_times_out"],
        "Nobody is told some time before its time is over.",
    ),
    case(
        19,
        "who approved what, a year later",
        &["a_change_request_by_the_aws_cli_runs_what_was_approved_when_a_calendar_lets_it"],
        "That it reads as it was at an earlier instant is tested for executions in general alone.",
    ),
    case(
        20,
        "the runbook is another one when it is approved",
        &["a_change_request_by_the_aws_cli_runs_what_was_approved_when_a_calendar_lets_it"],
        "",
    ),
    case(
        22,
        "rules that disagree",
        &[
            "a_change_request_by_the_aws_cli_runs_what_was_approved_when_a_calendar_lets_it",
            "levels_follow_each_other_then_the_instant_the_calendars_and_the_runbook",
        ],
        "",
    ),
    case(
        23,
        "one's own request",
        &[
            "a_change_request_by_the_aws_cli_runs_what_was_approved_when_a_calendar_lets_it",
            "a_command_that_a_rule_wants_approved_is_sent_as_it_was_when_somebody_else_has_approved_it",
            "who_may_decide_is_named_or_in_a_group_that_is",
        ],
        "",
    ),
];

#[test]
fn every_case_about_changes_names_tests_that_there_are_or_says_why_not() {
    check(&CASES);
}
