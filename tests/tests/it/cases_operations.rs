//! The cases from public reports about who is on call and who is paged: which tests hold each, and what of it is not held yet.
//! Their numbers are those of the collection that they were written down in.

use crate::cases_nodes::{Case, case, check};

const CASES: [Case; 7] = [
    case(
        30,
        "a weekly rotation over both clock changes",
        &["case_30_a_week_over_both_clock_changes", "every_operation_of_contacts_by_the_aws_cli"],
        "",
    ),
    case(
        31,
        "half past eight in summer and in winter",
        &["case_31_half_past_eight_in_summer_and_winter"],
        "",
    ),
    case(
        33,
        "turns of days that are not covered pass unused",
        &["case_33_turns_of_days_that_are_not_covered_pass_unused"],
        "",
    ),
    case(
        37,
        "an override of 24 hours over a clock change",
        &[
            "case_37_an_override_is_two_instants_and_24_hours_are_24_hours",
            "every_operation_of_contacts_by_the_aws_cli",
        ],
        "",
    ),
    case(
        38,
        "acknowledged and still paged",
        &[
            "case_38_what_is_acknowledged_is_not_paged_any_more",
            "an_essential_contact_stops_the_escalation_and_another_one_does_not",
            "an_engagement_keeps_its_promises",
        ],
        "Kills between the steps of a page are not tested.",
    ),
    case(
        40,
        "paged for something old",
        &[
            "case_40_a_stage_that_is_late_says_so_and_the_next_one_waits_as_long_as_the_plan_says",
            "a_person_is_paged_acknowledges_and_rebuilt_views_answer_the_same_and_page_nobody",
        ],
        "A log that was restored or replayed while pages are on their way is not tested.",
    ),
    case(
        42,
        "a plan that can page nobody",
        &[
            "case_42_an_engagement_that_reaches_nobody_says_so_and_why",
            "a_channel_that_fails_is_tried_again_once_and_then_nobody_was_reached",
            "who_is_on_call_in_a_schedule_of_a_plan_is_paged_by_the_path_that_is_told",
        ],
        "",
    ),
];

#[test]
fn every_case_about_being_on_call_names_tests_that_there_are_or_says_why_not() {
    check(&CASES);
}
