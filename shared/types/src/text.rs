//! Texts that are too long.

/// The beginning of a text, with a sign that more was there: at most so many characters.
pub fn cut(text: &str, max_characters: usize) -> String {
    match text.chars().count() > max_characters {
        true => text.chars().take(max_characters - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// As many characters as a refusal says to its caller: some name what was sent, however long that was.
pub const MAX_MESSAGE_CHARACTERS: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_cut_says_so_and_is_no_longer_than_it_may_be() {
        assert_eq!((cut("éab", 3).as_str(), cut("éabc", 3).as_str()), ("éab", "éa…"));
    }
}
