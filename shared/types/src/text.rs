//! Texts: those that are too long, and sentences.

/// The beginning of a text, with a sign that more was there: at most so many characters.
pub fn cut(text: &str, max_characters: usize) -> String {
    match text.chars().count() > max_characters {
        true => text.chars().take(max_characters - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// An error, which begins small and ends without a full stop, as a sentence.
pub fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// As many characters as a refusal says to its caller: some name what was sent, however long that was.
pub const MAX_MESSAGE_CHARACTERS: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::{cut, sentence};

    #[test]
    fn what_is_cut_says_so_and_is_no_longer_than_it_may_be() {
        assert_eq!((cut("éab", 3).as_str(), cut("éabc", 3).as_str()), ("éab", "éa…"));
    }

    #[test]
    fn a_sentence_begins_large_and_ends_with_a_full_stop() {
        assert_eq!((sentence(&"it is ßo").as_str(), sentence(&"").as_str()), ("It is ßo.", "."));
    }
}
