//! Which events of a service a subscriber may read: subjects as NATS has them. Pure.

use std::collections::BTreeSet;

/// Why filters are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "{0:?} is not SERVICE.AGGREGATE or SERVICE.AGGREGATE.ID, where * stands for one token and > for all that follow"
    )]
    Malformed(String),
    #[error(
        "{0:?} and {1:?} have subjects in common, and neither holds all of the other: the bus takes no such two"
    )]
    Overlap(String, String),
}

fn tokens(filter: &str) -> Vec<&str> {
    filter.split('.').collect()
}

/// A filter as the bus has it behind `reeve.evt.` and `reeve.json.`: all ids, where none is named.
///
/// # Errors
/// When it is none.
pub fn normalized(filter: &str) -> Result<String, Error> {
    let parts = tokens(filter);
    let is_plain = |token: &str| {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '*' | '>');
        !token.is_empty() && token.chars().all(plain)
    };
    let last = parts.len() - 1;
    let is_token = |(at, token): (usize, &&str)| {
        is_plain(token) || (*token == "*" && at > 0) || (*token == ">" && at == last)
    };
    if parts.len() < 2 || !is_plain(parts[0]) || !parts.iter().enumerate().all(is_token) {
        return Err(Error::Malformed(filter.to_owned()));
    }
    Ok(if parts.len() == 2 && parts[last] != ">" { format!("{filter}.>") } else { filter.to_owned() })
}

/// Whether each subject of one filter is one of the other.
pub fn covers(filter: &str, other: &str) -> bool {
    let (granted, asked) = (tokens(filter), tokens(other));
    for (at, token) in granted.iter().enumerate() {
        match (*token, asked.get(at)) {
            (">", found) => return found.is_some(),
            (_, None | Some(&">")) => return false,
            ("*", Some(_)) => {}
            (token, Some(found)) if token == *found => {}
            _ => return false,
        }
    }
    granted.len() == asked.len()
}

/// Whether two filters have a subject in common.
fn overlaps(a: &str, b: &str) -> bool {
    let (a, b) = (tokens(a), tokens(b));
    for at in 0..a.len().max(b.len()) {
        match (a.get(at), b.get(at)) {
            (Some(&">"), Some(_)) | (Some(_), Some(&">")) => return true,
            (Some(&"*"), Some(_)) | (Some(_), Some(&"*")) => {}
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
    true
}

/// Filters without those that others hold.
///
/// # Errors
/// When one is none, or two overlap.
pub fn all(filters: &[String]) -> Result<BTreeSet<String>, Error> {
    let normalized: BTreeSet<String> =
        filters.iter().map(|filter| normalized(filter)).collect::<Result<_, _>>()?;
    let held = |one: &String| normalized.iter().any(|other| other != one && covers(other, one));
    let kept: BTreeSet<String> = normalized.iter().filter(|one| !held(one)).cloned().collect();
    for a in &kept {
        if let Some(b) = kept.iter().find(|b| *b > a && overlaps(a, b)) {
            return Err(Error::Overlap(a.clone(), b.clone()));
        }
    }
    Ok(kept)
}

/// The service whose events a filter is about.
pub fn service(filter: &str) -> &str {
    filter.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_filter_names_a_service_and_an_aggregate_at_least() {
        for (filter, expected) in [
            ("nodes.node", "nodes.node.>"),
            ("nodes.>", "nodes.>"),
            ("nodes.*", "nodes.*.>"),
            ("nodes.node.mi-1", "nodes.node.mi-1"),
            ("inventory.inventory.mi-1.>", "inventory.inventory.mi-1.>"),
        ] {
            assert_eq!(normalized(filter).as_deref(), Ok(expected));
        }
        for odd in ["nodes", "", "*.node", ">", "nodes.>.x", "nodes..x", "nodes.no de", "nodes.n*"] {
            assert_eq!(normalized(odd), Err(Error::Malformed(odd.to_owned())));
        }
    }

    #[test]
    fn what_is_held_by_another_is_left_out_and_what_overlaps_is_refused() {
        let of = |filters: &[&str]| {
            let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
            all(&filters)
        };
        assert_eq!(of(&["nodes.node", "nodes.node.mi-1"]), Ok(BTreeSet::from(["nodes.node.>".to_owned()])));
        assert_eq!(of(&["nodes.node.mi-1", "nodes.node.mi-2"]).unwrap().len(), 2);
        assert!(matches!(of(&["nodes.*.x", "nodes.node.*"]), Err(Error::Overlap(..))));
    }

    proptest! {
        /// Against subjects one by one: what a covered filter matches the other one matches as well.
        #[test]
        fn what_is_covered_is_matched(
            granted in "[ab*](\\.[ab*]){0,2}(\\.>)?",
            asked in "[ab*](\\.[ab*]){0,2}(\\.>)?",
        ) {
            let mut subjects: Vec<String> = vec![String::new()];
            for _ in 0..4 {
                let longer = subjects.iter().flat_map(|s| ["a", "b", "c"].map(|t| format!("{s}.{t}")));
                subjects = subjects.iter().cloned().chain(longer).collect();
            }
            let subjects: BTreeSet<&str> = subjects.iter().filter_map(|s| s.strip_prefix('.')).collect();
            let of = |filter: &str| subjects.iter().filter(|s| covers(filter, s)).copied().collect::<BTreeSet<_>>();
            prop_assert_eq!(covers(&granted, &asked), of(&asked).is_subset(&of(&granted)));
            prop_assert_eq!(overlaps(&granted, &asked), !of(&asked).is_disjoint(&of(&granted)));
        }
    }
}
