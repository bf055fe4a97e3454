//! The cases from public reports about operations: alerts and events of other systems, rules, who is on call, who is paged, and what
//! goes out. Which tests hold each, and what of it is not held yet. Their numbers are those of the collection that they were written
//! down in.

use crate::cases_nodes::{Case, case, check};

const CASES: [Case; 34] = [
    case(
        1,
        "two alerts with one summary are two causes",
        &["an_item_is_open_while_one_of_its_causes_fires", "people_work_with_items_by_the_command_line"],
        "Which labels make one cause is Alertmanager's fingerprint, or a webhook's mapping: no rule chooses others.",
    ),
    case(
        2,
        "a firing group that holds a resolved alert",
        &["each_alert_has_its_own_status", "an_item_is_open_while_one_of_its_causes_fires"],
        "",
    ),
    case(
        6,
        "what a person has set survives repeats",
        &[
            "an_item_is_open_while_one_of_its_causes_fires",
            "a_worse_alert_is_said_once_and_changes_nothing_that_people_set",
        ],
        "",
    ),
    case(
        7,
        "first seen, last seen and count are exact, and a repeat is no edit",
        &[
            "ten_thousand_alerts_of_twenty_causes_are_twenty_items",
            "an_item_is_open_while_one_of_its_causes_fires",
        ],
        "",
    ),
    case(
        8,
        "a source's clock that is off",
        &[
            "a_group_that_is_cut_off_says_so_and_is_reconciled_with_the_next_whole_one",
            "each_alert_has_its_own_status",
        ],
        "An end before its start, in an alert that fires, has no test of its own.",
    ),
    case(
        9,
        "two Alertmanagers send the same",
        &[
            "the_group_is_the_same_from_two_alertmanagers",
            "a_group_that_is_cut_off_says_so_and_is_reconciled_with_the_next_whole_one",
            "two_alertmanagers_that_repeat_cut_off_and_retry_are_counted_exactly",
        ],
        "",
    ),
    case(
        10,
        "the same key with another text",
        &["uptime_kumas_status_is_a_number_and_its_text_does_not_count", "zabbix_has_severities_of_its_own"],
        "",
    ),
    case(
        11,
        "a key that is missing is named, and no hash of nothing",
        &[
            "what_a_mapping_does_not_fit_is_named_and_the_others_are_taken",
            "what_cannot_be_mapped_is_a_dead_letter_and_what_can_never_be_accepted_is_refused",
            "a_backtest_says_what_would_have_been_and_does_nothing",
            "an_event_of_another_system_opens_an_item_starts_an_incident_and_runs_a_document",
        ],
        "",
    ),
    case(
        12,
        "a resolved incident takes no new alerts",
        &[
            "an_open_one_takes_further_triggers_and_one_that_is_over_none",
            "an_incident_from_its_plan_to_its_end",
        ],
        "Rules have no window: there is no threshold within a time, and none after which a match is a new incident.",
    ),
    case(
        13,
        "a storm of notifications",
        &[
            "ten_thousand_alerts_of_twenty_causes_are_twenty_items",
            "what_the_limits_of_a_destination_hold_back_stands_in_its_next_message",
        ],
        "",
    ),
    case(
        14,
        "many at the same instant",
        &[
            "what_an_sdk_sends_is_stored_or_refused_with_a_reason",
            "of_many_triggers_at_once_one_starts_the_incident",
        ],
        "The 200 at once come over NATS; over HTTP no test sends as many.",
    ),
    case(
        16,
        "an id alone is no identity",
        &["identity_is_the_source_and_the_id_together", "a_cloud_event_is_stored_once_by_its_source_and_id"],
        "",
    ),
    case(
        17,
        "the name of an attribute that is none",
        &["what_is_wrong_names_the_attribute", "data_is_a_value_bytes_or_nothing"],
        "",
    ),
    case(
        19,
        "binary data",
        &["data_is_a_value_bytes_or_nothing", "another_systems_event_is_seen_as_it_was_sent"],
        "",
    ),
    case(
        20,
        "the error that is meant",
        &["what_is_wrong_names_the_attribute", "the_mode_is_the_content_types_in_any_case"],
        "",
    ),
    case(
        21,
        "a batch with a bad entry",
        &["each_of_a_batch_is_for_itself", "what_comes_in_is_stored_or_refused_with_a_reason"],
        "",
    ),
    case(
        22,
        "NATS is not HTTP",
        &[
            "over_nats_the_content_type_tells_the_mode_and_an_attribute_what_the_data_is",
            "what_an_sdk_sends_is_stored_or_refused_with_a_reason",
        ],
        "",
    ),
    case(23, "anything-but and arrays", &["values_match_as_aws_says", "fields_match_together"], ""),
    case(
        24,
        "an $or that matches all",
        &["every_recorded_case_is_answered_as_aws_does", "what_is_no_pattern_is_refused_with_a_reason"],
        "",
    ),
    case(25, "null is a value", &["values_match_as_aws_says"], ""),
    case(26, "numbers", &["values_match_as_aws_says", "what_is_no_pattern_is_refused_with_a_reason"], ""),
    case(
        27,
        "a pattern that cannot work is refused",
        &["what_is_no_pattern_is_refused_with_a_reason", "it_agrees_with_the_plain_evaluator"],
        "",
    ),
    case(28, "broken JSON", &["what_is_wrong_names_the_attribute"], ""),
    case(
        29,
        "a loop",
        &["a_match_is_decided_once_and_a_chain_ends", "a_chain_of_rules_ends_and_says_so"],
        "",
    ),
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
    case(
        43,
        "what webhooks answer",
        &[
            "it_is_seconds_or_a_date_in_the_header_or_the_body",
            "what_is_gone_is_paused_and_what_will_never_be_taken_is_not_sent_again",
            "a_destination_that_is_away_holds_up_no_other_and_a_message_whose_time_is_over_is_given_up",
            "a_message_is_signed_and_repeated_with_the_same_id_until_it_is_taken",
        ],
        "That what waits for a webhook fails when that is deleted has no test.",
    ),
    case(
        44,
        "what is too long",
        &[
            "what_is_too_long_is_cut_at_a_character_and_says_so",
            "a_wrong_item_is_refused_with_the_field",
            "items_are_found_by_every_filter",
        ],
        "",
    ),
    case(
        45,
        "mail",
        &[
            "mail_goes_over_tls_from_who_has_signed_in_and_no_password_is_in_the_log",
            "mail_goes_to_the_mail_server_and_its_refusal_is_final",
        ],
        "A message has one recipient: of several in one message there is no test.",
    ),
];

#[test]
fn every_case_of_operations_names_tests_that_there_are_or_says_why_not() {
    check(&CASES);
}
