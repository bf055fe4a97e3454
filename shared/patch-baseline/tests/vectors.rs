//! Every row of `version-vectors.json`: facts computed by dpkg, apt and rpm (its `about` says which).

// All of this is a test: clippy's leave for tests sees only the functions marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use reeve_patch_baseline::{Scheme, compare, newest_of_flavour, rpm_segments};
use serde_json::Value;
use std::cmp::Ordering;

fn rows(table: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("version-vectors.json")).unwrap();
    let rows = vectors[table].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

#[test]
fn versions_are_ordered_as_dpkg_and_rpm_order_them() {
    for row in rows("compare") {
        let (a, b) = (text(&row, "a"), text(&row, "b"));
        let order = |a: &str, b: &str| match text(&row, "scheme") {
            "deb" => compare(Scheme::Deb, a, b),
            "rpm-evr" => compare(Scheme::Rpm, a, b),
            "rpm-segment" => rpm_segments(a, b),
            other => panic!("{other}"),
        };
        let expected = row["cmp"].as_i64().unwrap().cmp(&0);
        assert_eq!(order(a, b), expected, "{row}");
        assert_eq!(order(b, a), expected.reverse(), "{row}");
    }
}

#[test]
fn a_restart_is_due_for_a_newer_kernel_of_the_same_flavour() {
    for row in rows("kernels") {
        let scheme = if text(&row, "scheme") == "deb" { Scheme::Deb } else { Scheme::Rpm };
        let installed: Vec<&str> =
            row["installed"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
        let (running, newest) = (text(&row, "running"), text(&row, "newest_of_flavour"));
        assert_eq!(newest_of_flavour(scheme, running, &installed), newest, "{row}");
        assert_eq!(running != newest, row["reboot"].as_bool().unwrap(), "{row}");
    }
}

proptest! {
    /// Whatever an installed package carries for a version, there is one order.
    #[test]
    fn the_order_is_total(a in "[0-9a-c.~^+:-]{0,7}", b in "[0-9a-c.~^+:-]{0,7}", c in "[0-9a-c.~^+:-]{0,7}") {
        for scheme in [Scheme::Deb, Scheme::Rpm] {
            let order = |a: &str, b: &str| compare(scheme, a, b);
            prop_assert_eq!(order(&a, &a), Ordering::Equal);
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            if order(&a, &b) != Ordering::Greater && order(&b, &c) != Ordering::Greater {
                prop_assert!(order(&a, &c) != Ordering::Greater, "{} {} {}", a, b, c);
            }
        }
    }
}
