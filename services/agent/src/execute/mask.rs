//! Masking what steps print of secrets.
//!
//! **What it can do**: it replaces a secret, and each line of one that has several, where it is printed as it is, also in pieces. A text
//! of fewer than [`MIN_BYTES`] bytes is not masked, and nothing that was made of a secret is known: another encoding, a part of it, or
//! its letters with others between them. After a reboot it knows the secrets of the steps that have begun since then.

use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Shorter texts stand in every output.
const MIN_BYTES: usize = 4;
const MASK: &[u8] = b"***";

/// The texts that are masked, of all the steps of a command.
#[derive(Clone, Default)]
pub(super) struct Masked(Arc<Mutex<Vec<Zeroizing<Vec<u8>>>>>);

impl Masked {
    pub(super) fn add(&self, secret: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in secret.lines().filter(|line| line.len() >= MIN_BYTES) {
            if !all.iter().any(|known| known.as_slice() == line.as_bytes()) {
                all.push(Zeroizing::new(line.as_bytes().to_vec()));
            }
        }
        // The longest first: one may begin with another one.
        all.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes a piece of a stream behind what was held back of it; answers what may be shown. What may be the beginning of a secret is
    /// held back.
    pub(super) fn pass(&self, held: &mut Vec<u8>, data: &[u8]) -> Vec<u8> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(data);
        // A longer one may begin here that is not there to its end yet.
        let may_go_on =
            |rest: &[u8]| all.iter().any(|text| text.len() > rest.len() && text.starts_with(rest));
        let (shown, at) = replaced(&all, held, may_go_on);
        held.drain(..at);
        shown
    }

    /// The end of a stream: what was held back. The beginning of a secret is masked as well, unless that is a few letters: a time or
    /// a limit may have cut it off.
    pub(super) fn end(&self, held: &mut Vec<u8>) -> Vec<u8> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_cut_off =
            |rest: &[u8]| rest.len() >= MIN_BYTES && all.iter().any(|text| text.starts_with(rest));
        let (mut shown, at) = replaced(&all, held, is_cut_off);
        if at < held.len() {
            shown.extend_from_slice(MASK);
        }
        held.clear();
        shown
    }
}

/// The bytes with the mask in the place of secrets, up to where the rest is to be looked at otherwise; and where that begins.
fn replaced(
    all: &[Zeroizing<Vec<u8>>],
    held: &[u8],
    is_another_matter: impl Fn(&[u8]) -> bool,
) -> (Vec<u8>, usize) {
    let (mut shown, mut at) = (Vec::with_capacity(held.len()), 0);
    while let Some(rest) = held.get(at..).filter(|rest| !rest.is_empty() && !is_another_matter(rest)) {
        match all.iter().find(|text| rest.starts_with(text)) {
            Some(text) => {
                shown.extend_from_slice(MASK);
                at += text.len();
            }
            None => {
                shown.push(rest[0]);
                at += 1;
            }
        }
    }
    (shown, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(secrets: &[&str]) -> Masked {
        let masked = Masked::default();
        secrets.iter().for_each(|secret| masked.add(secret));
        masked
    }

    fn printed(masked: &Masked, pieces: &[&str]) -> String {
        let mut held = Vec::new();
        let mut shown: Vec<u8> =
            pieces.iter().flat_map(|piece| masked.pass(&mut held, piece.as_bytes())).collect();
        shown.extend(masked.end(&mut held));
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_secret_is_masked_wherever_its_pieces_are_cut() {
        let masked = masked(&["hunter2", "hunter2 and more", "line one\nline two\n", "abc"]);
        for (pieces, shown) in [
            (&["a hunter2 b"][..], "a *** b"),
            (&["hunter2hunter2"], "******"),
            (&["hun", "ter", "2\n"], "***\n"),
            (&["hunter", "3 hunter2"], "hunter3 ***"),
            (&["hunter2 and mor", "e!"], "***!"),
            (&["hunter2 and mor", "k"], "*** and mork"),
            (&["line one\nline two"], "***\n***"),
            (&["abc"], "abc"),
            (&["the end: hunt"], "the end: ***"),
            (&["the end: hun"], "the end: hun"),
            (&["hhunter2"], "h***"),
        ] {
            assert_eq!(printed(&masked, pieces), shown, "{pieces:?}");
        }
    }

    #[test]
    fn without_secrets_everything_is_shown_at_once() {
        assert_eq!(Masked::default().pass(&mut Vec::new(), b"anything"), b"anything");
        assert!(masked(&["abc", ""]).is_empty());
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_same_is_shown_and_no_secret(text in "[ab ]{0,40}", cut in 0usize..40) {
            let masked = masked(&["abab", "babba"]);
            let cut = cut.min(text.len());
            let shown = printed(&masked, &[&text[..cut], &text[cut..]]);
            prop_assert_eq!(&shown, &printed(&masked, &[&text]));
            prop_assert!(!shown.contains("abab") && !shown.contains("babba"), "{}", shown);
        }
    }
}
