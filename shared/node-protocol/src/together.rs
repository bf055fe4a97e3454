//! One signature over many: a tree of hashes as of RFC 9162, section 2.1. Each of those that are signed together goes
//! its own way, with the hashes that lead from it to the root.

use sha2::{Digest, Sha256};

pub(crate) type Hash = [u8; 32];

fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(bytes).finalize().into()
}

fn pair(left: &[u8], right: &[u8]) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The hashes level by level, from the leaves to the root. The last one of a level that has no other beside it is the
/// next level's, too.
pub(crate) struct Tree(Vec<Vec<Hash>>);

impl Tree {
    /// Over at least one.
    pub fn over<'a>(all: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut levels = vec![all.map(leaf).collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let above = below.chunks(2).filter_map(|beside| match beside {
                [left, right] => Some(pair(left, right)),
                alone => alone.first().copied(),
            });
            levels.push(above.collect());
        }
        Self(levels)
    }

    /// What is signed.
    pub fn root(&self) -> Hash {
        self.0.last().and_then(|root| root.first()).copied().unwrap_or_default()
    }

    /// The hashes beside the way from a leaf to the root.
    pub fn path(&self, mut index: usize) -> Vec<Vec<u8>> {
        let mut path = Vec::new();
        for level in &self.0 {
            path.extend(level.get(index ^ 1).map(|beside| beside.to_vec()));
            index /= 2;
        }
        path
    }
}

/// The root that a path leads to; `None` when it is not one of a leaf in this place among so many. A path may lead to
/// the same root in a tree of another size: whoever signs a root signs the size with it.
pub(crate) fn root_of(bytes: &[u8], index: u32, count: u32, path: &[Vec<u8>]) -> Option<Hash> {
    if index >= count {
        return None;
    }
    let (mut hash, mut index, mut width, mut path) = (leaf(bytes), index, count, path.iter());
    while width > 1 {
        if index ^ 1 < width {
            let beside = path.next().filter(|beside| beside.len() == hash.len())?;
            hash = if index % 2 == 0 { pair(&hash, beside) } else { pair(beside, &hash) };
        }
        (index, width) = (index / 2, width.div_ceil(2));
    }
    path.next().is_none().then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    fn of(texts: &[Vec<u8>]) -> Tree {
        Tree::over(texts.iter().map(Vec::as_slice))
    }

    /// The recursive definition: MTH of the first 2^k, and of the rest.
    fn defined(texts: &[Vec<u8>]) -> Hash {
        match texts {
            [one] => leaf(one),
            many => {
                let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
                pair(&defined(left), &defined(right))
            }
        }
    }

    /// The roots over the first of the eight inputs with which implementations of RFC 6962 and 9162 are tested.
    #[test]
    fn known_roots() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let inputs = inputs.map(|text| HEXLOWER.decode(text.as_bytes()).unwrap());
        let known = [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        for (count, root) in known {
            assert_eq!(HEXLOWER.encode(&of(&inputs[..count]).root()), root, "over {count}");
        }
    }

    proptest! {
        #[test]
        fn each_path_leads_to_the_root_and_from_nowhere_else(
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 1..40),
            at in any::<prop::sample::Index>(), other in 0u32..80,
        ) {
            let (tree, at) = (of(&texts), at.index(texts.len()));
            let (index, count) = (u32::try_from(at).unwrap(), u32::try_from(texts.len()).unwrap());
            let (root, path) = (tree.root(), tree.path(at));
            prop_assert_eq!(root, defined(&texts));
            prop_assert_eq!(root_of(&texts[at], index, count, &path), Some(root));

            prop_assert_ne!(root_of(b"other", index, count, &path), Some(root));
            if texts.get(other as usize) != Some(&texts[at]) {
                prop_assert_ne!(root_of(&texts[at], other, count, &path), Some(root));
            }
            prop_assert_eq!(root_of(&texts[at], count + other, count, &path), None);
            let longer = [path.clone(), vec![vec![0; 32]]].concat();
            prop_assert_eq!(root_of(&texts[at], index, count, &longer), None);
            if let Some((last, shorter)) = path.split_last() {
                prop_assert_eq!(root_of(&texts[at], index, count, shorter), None);
                let cut = [shorter, &[last[1..].to_vec()]].concat();
                prop_assert_eq!(root_of(&texts[at], index, count, &cut), None);
            }
        }
    }
}
