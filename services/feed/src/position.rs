//! Where a reader is: how far it has read the events of each service.

use std::collections::BTreeMap;

/// Positions by service, as readers keep them: `documents:12,nodes:345`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(pub BTreeMap<String, u64>);

impl Positions {
    /// Reads them; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let each = text.split(',').map(|position| {
            let (service, sequence) = position.split_once(':')?;
            let digits = !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit());
            Some((service.to_owned(), sequence.parse().ok().filter(|_| digits && !service.is_empty())?))
        });
        let (listed, positions) = (text.split(',').count(), each.collect::<Option<BTreeMap<_, _>>>()?);
        (positions.len() == listed).then_some(Self(positions))
    }
}

impl std::fmt::Display for Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> =
            self.0.iter().map(|(service, sequence)| format!("{service}:{sequence}")).collect();
        f.write_str(&each.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_position_is_none() {
        for odd in [
            "",
            "nodes",
            "nodes:",
            ":1",
            "nodes:x",
            "nodes:-1",
            "nodes:1,",
            "nodes:1,nodes:2",
            "nodes:99999999999999999999",
        ] {
            assert_eq!(Positions::parse(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn positions_read_back(positions in prop::collection::btree_map("[a-z-]{1,9}", any::<u64>(), 1..5)) {
            let positions = Positions(positions);
            prop_assert_eq!(Positions::parse(&positions.to_string()), Some(positions));
        }
    }
}
