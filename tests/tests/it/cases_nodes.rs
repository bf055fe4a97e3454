//! The cases from public reports about nodes' packages, patches and associations: which tests hold each, and what of it is not
//! held yet. Their numbers are those of the collection that they were written down in.

use std::{collections::BTreeSet, fs, path::Path};

/// A case, the tests that hold it, and why not all of it is held; empty: all of it is.
pub(crate) struct Case {
    number: u32,
    about: &'static str,
    tests: &'static [&'static str],
    lacks: &'static str,
}

pub(crate) const fn case(
    number: u32,
    about: &'static str,
    tests: &'static [&'static str],
    lacks: &'static str,
) -> Case {
    Case { number, about, tests, lacks }
}

const CASES: [Case; 46] = [
    case(
        1,
        "removed packages whose configuration is left are none",
        &["packages_are_listed_by_what_is_on_disk_and_not_by_what_is_wanted"],
        "",
    ),
    case(
        2,
        "what is unpacked and not configured is on disk",
        &[
            "packages_are_listed_by_what_is_on_disk_and_not_by_what_is_wanted",
            "packages_are_what_dpkg_means_by_their_states",
        ],
        "",
    ),
    case(
        5,
        "a database of another kind, unreadable or empty",
        &[
            "what_was_cut_off_or_lists_nothing_is_no_inventory",
            "rpm_lists_each_release_of_a_kernel_and_a_database_that_cannot_be_read_is_said",
        ],
        "",
    ),
    case(
        7,
        "a hash of another version makes no event",
        &["another_version_of_the_hash_makes_no_event_of_equal_contents"],
        "",
    ),
    case(
        8,
        "the same name in several architectures and versions",
        &["architectures_and_versions_stay_apart_and_what_is_equal_is_numbered"],
        "",
    ),
    case(9, "volatile fields do not count", &["volatile_attributes_make_no_difference"], ""),
    case(10, "more files than fit", &["of_more_files_than_fit_those_that_fit_are_kept_and_it_is_said"], ""),
    case(
        11,
        "custom inventory: two of eight files are right",
        &[
            "of_eight_custom_files_two_are_right_and_six_are_refused_by_name",
            "custom_types_come_and_go_with_their_files_and_the_event_is_the_difference",
        ],
        "",
    ),
    case(
        12,
        "GetInventory's limits",
        &["what_there_is_not_is_refused_by_name"],
        "The command line sends no filter of more than 40 values, so it splits none.",
    ),
    case(
        15,
        "a pattern that matches nothing",
        &["security_is_what_release_files_say"],
        "A baseline that matched no package in 30 days is not shown as suspicious yet.",
    ),
    case(
        18,
        "no classification in the repository",
        &[
            "security_is_what_notices_say_and_nothing_else_is_installed",
            "what_is_excluded_is_held_whatever_it_is_and_what_no_notice_names_is_said",
        ],
        "",
    ),
    case(
        19,
        "chatter that is read as packages",
        &[
            "simulated_lines_are_read_as_they_are_written",
            "what_the_machine_holds_stays_kernels_stand_side_by_side_and_nothing_is_removed",
            "answers_are_read_as_they_are_written_and_chatter_is_no_package",
        ],
        "yum 3 is not asked.",
    ),
    case(20, "a new package has no old version", &["simulated_lines_are_read_as_they_are_written"], ""),
    case(
        21,
        "held, and kept back for a new dependency",
        &["what_is_approved_is_found_out_and_installed_and_nothing_else"],
        "",
    ),
    case(
        22,
        "phased updates",
        &[
            "what_a_part_of_the_machines_gets_first_is_phased_unless_it_is_a_security_fix",
            "a_phased_version_has_a_state_of_its_own_and_who_lists_it_gets_it",
        ],
        "Whose turn it is is not looked for: a phased version waits until all are given it.",
    ),
    case(
        23,
        "pins",
        &["what_the_machines_own_settings_keep_back_stays_and_nothing_comes_along_that_is_not_needed"],
        "",
    ),
    case(
        24,
        "excluded on the node",
        &[
            "what_the_machines_own_settings_keep_back_stays_and_nothing_comes_along_that_is_not_needed",
            "what_the_machine_holds_stays_kernels_stand_side_by_side_and_nothing_is_removed",
        ],
        "",
    ),
    case(
        25,
        "not for this stream, not there any more",
        &[
            "security_is_what_notices_say_and_nothing_else_is_installed",
            "what_the_machine_holds_stays_kernels_stand_side_by_side_and_nothing_is_removed",
            "a_fix_older_than_what_is_installed_is_installed_and_what_no_repository_has_is_not_missing",
        ],
        "",
    ),
    case(
        26,
        "the kernel that is newer already",
        &[
            "a_restart_is_due_for_a_newer_kernel_of_the_same_flavour",
            "a_kernel_that_runs_and_is_older_than_the_newest_installed_one_makes_a_restart_due",
            "of_several_installed_versions_the_newest_counts",
            "what_the_machine_holds_stays_kernels_stand_side_by_side_and_nothing_is_removed",
        ],
        "",
    ),
    case(27, "versions", &["versions_are_ordered_as_dpkg_and_rpm_order_them"], ""),
    case(
        28,
        "shown as affected though fixed",
        &[
            "what_is_approved_is_found_out_and_installed_and_nothing_else",
            "a_version_is_there_as_long_as_a_node_could_install_it",
        ],
        "",
    ),
    case(
        29,
        "a lock that is held",
        &[
            "who_has_locked_the_packages_is_waited_for_and_named",
            "what_breaks_stops_no_other_and_what_is_not_known_is_said",
            "the_holder_is_named_and_a_file_of_a_dead_process_holds_nothing",
        ],
        "A lock that is held for ever is not waited out.",
    ),
    case(
        30,
        "interrupted before us",
        &[
            "what_breaks_stops_no_other_and_what_is_not_known_is_said",
            "hooks_run_around_an_installation_and_the_last_one_always",
        ],
        "",
    ),
    case(
        32,
        "superseded during the run",
        &["what_breaks_stops_no_other_and_what_is_not_known_is_said"],
        "A file that is gone fails that package alone; it is not looked for a newer one within the run.",
    ),
    case(
        33,
        "fails in the middle",
        &[
            "what_breaks_stops_no_other_and_what_is_not_known_is_said",
            "a_fleet_is_patched_in_waves_that_stop_and_go_on",
        ],
        "A disk that fills while apt installs is not provoked.",
    ),
    case(
        34,
        "restart or not",
        &[
            "a_restart_is_due_for_a_newer_kernel_of_the_same_flavour",
            "a_kernel_that_comes_makes_a_restart_due_and_a_zone_table_does_not",
            "a_restart_that_is_due_is_waited_for_and_a_snapshot_keeps_its_decision",
        ],
        "",
    ),
    case(
        35,
        "a restart in the middle",
        &[
            "a_fleet_is_patched_in_waves_that_stop_and_go_on",
            "a_reboot_that_never_comes_holds_nothing_up_beyond_the_commands_time",
        ],
        "",
    ),
    case(
        36,
        "zypper's codes",
        &["each_code_means_what_its_manual_says"],
        "Each code's meaning is tested; zypper itself ends with few of them in a test.",
    ),
    case(
        37,
        "old kernels are not removed",
        &[
            "what_is_approved_is_found_out_and_installed_and_nothing_else",
            "what_the_machine_holds_stays_kernels_stand_side_by_side_and_nothing_is_removed",
        ],
        "Nothing is ever removed, so nobody can ask for it either.",
    ),
    case(
        38,
        "nothing means everything",
        &[
            "a_list_is_installed_exactly_and_taken_back",
            "waves_take_numbers_and_percentages_and_leave_nobody_out",
        ],
        "",
    ),
    case(
        40,
        "until a date",
        &["waits_are_kept_to_the_second", "a_baseline_that_cannot_mean_anything_is_refused"],
        "",
    ),
    case(
        41,
        "lists of names",
        &[
            "each_form_names_what_it_says",
            "a_baseline_that_cannot_mean_anything_is_refused",
            "rejected_wins_then_the_name_then_the_rules",
        ],
        "A name that fits nothing anywhere is shown in a run by an override list alone.",
    ),
    case(42, "rejected, and needed", &["what_is_approved_is_found_out_and_installed_and_nothing_else"], ""),
    case(
        43,
        "groups",
        &["baselines_are_made_registered_and_chosen_by_group", "a_group_has_one_baseline_for_a_system"],
        "",
    ),
    case(
        44,
        "overrides",
        &[
            "a_list_is_installed_exactly_and_taken_back",
            "another_baseline_counts_in_its_runs_alone",
            "an_entry_names_by_package_and_version",
        ],
        "",
    ),
    case(
        46,
        "a new minor release",
        &["a_minor_version_is_its_major_ones_and_moderate_is_medium", "systems_are_known_by_id_and_by_name"],
        "",
    ),
    case(
        48,
        "days of the week",
        &["given_a_cron_expression_when_asked_for_what_follows_then_the_known_instants_result"],
        "",
    ),
    case(
        49,
        "the grammar of schedules",
        &[
            "given_an_invalid_expression_when_read_then_the_error_names_what_is_wrong",
            "bad_input_is_refused_by_name_and_value",
        ],
        "One that never fires is refused, where the case accepts it with a warning (ADR 36).",
    ),
    case(50, "the first run", &["when_it_runs_first"], ""),
    case(
        51,
        "joins later",
        &[
            "a_node_that_gets_the_tag_later_runs_within_seconds_and_a_selection_that_matches_nobody_says_so",
            "many_that_join_while_it_runs_run_together_afterwards",
            "nodes_comply_with_the_associations_that_succeeded_on_them",
        ],
        "",
    ),
    case(
        52,
        "offline at the instant",
        &["an_instant_in_an_outage_fires_once_and_a_node_that_was_away_runs_once_when_it_returns"],
        "",
    ),
    case(53, "an edit drops what it does not name", &["a_version_replaces_the_one_that_was_meant"], ""),
    case(
        54,
        "a re-run by side effect",
        &[
            "who_was_away_runs_once_when_it_returns_and_an_agent_that_restarts_does_not",
            "two_replicas_fire_once_and_rebuilt_views_are_the_live_ones",
        ],
        "",
    ),
    case(55, "NotApplicable is not bad", &["patches_are_items_by_what_scans_found"], ""),
    case(
        56,
        "custom items",
        &["what_cannot_be_put_is_refused_with_its_name", "the_same_hash_says_that_nothing_has_changed"],
        "",
    ),
    case(57, "packages of Distributor", &[], "Distributor is another issue's; nothing of it is here."),
];

/// The names of all functions below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| line.trim_start().split_once("fn "));
            found.extend(names.filter_map(|(_, rest)| rest.split('(').next().map(str::to_owned)));
        }
    }
}

/// Each of these cases names tests that there are, or says why not.
pub(crate) fn check(cases: &[Case]) {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut known = BTreeSet::new();
    ["services", "shared", "tests"].iter().for_each(|folder| functions(&root.join(folder), &mut known));
    for case in cases {
        assert!(!case.tests.is_empty() || !case.lacks.is_empty(), "{}: {}", case.number, case.about);
        for test in case.tests {
            assert!(known.contains(*test), "case {} ({}): there is no test {test}", case.number, case.about);
        }
    }
    assert!(cases.is_sorted_by_key(|case| case.number));
    let open = cases.iter().filter(|case| !case.lacks.is_empty());
    open.for_each(|case| println!("{} {}: {}", case.number, case.about, case.lacks));
}

#[test]
fn every_case_names_tests_that_there_are_or_says_why_not() {
    check(&CASES);
}
