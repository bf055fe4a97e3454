//! The models' patterns. They are written for Java, match the whole of a value, and are compiled when they
//! are first needed: all of them at once would cost more than a second and a hundred megabytes.

use std::sync::OnceLock;

/// A pattern and, once it was needed, its matcher.
#[derive(Debug)]
pub struct Pattern {
    pub source: String,
    matcher: OnceLock<Matcher>,
}

#[derive(Debug)]
enum Matcher {
    /// `^.{min,max}$`: a compiled form would be enormous.
    Length {
        min: usize,
        max: usize,
    },
    Linear(regex::Regex),
    /// Look-ahead and back-references.
    Backtracking(Box<fancy_regex::Regex>),
    /// It is no pattern. Nothing matches; a test says that no model has one.
    Broken,
}

impl Pattern {
    pub fn new(source: String) -> Self {
        Self { source, matcher: OnceLock::new() }
    }

    pub fn is_match(&self, value: &str) -> bool {
        match self.matcher() {
            Matcher::Length { min, max } => {
                let mut length = 0;
                let lineless = value.chars().inspect(|_| length += 1).all(|character| character != '\n');
                lineless && (*min..=*max).contains(&length)
            }
            Matcher::Linear(regex) => regex.is_match(value),
            // It gives up after a bounded number of steps: what it cannot decide is not what was asked for.
            Matcher::Backtracking(regex) => regex.is_match(value).unwrap_or(false),
            Matcher::Broken => false,
        }
    }

    pub fn compiles(&self) -> bool {
        !matches!(self.matcher(), Matcher::Broken)
    }

    fn matcher(&self) -> &Matcher {
        self.matcher.get_or_init(|| {
            if let Some((min, max)) = length(&self.source) {
                return Matcher::Length { min, max };
            }
            let whole = format!("^(?:{})$", translated(&self.source));
            if let Ok(regex) = regex::Regex::new(&whole) {
                return Matcher::Linear(regex);
            }
            fancy_regex::Regex::new(&whole)
                .map_or(Matcher::Broken, |regex| Matcher::Backtracking(Box::new(regex)))
        })
    }
}

fn length(source: &str) -> Option<(usize, usize)> {
    let (min, max) = source.strip_prefix("^.{")?.strip_suffix("}$")?.split_once(',')?;
    Some((min.parse().ok()?, max.parse().ok()?))
}

/// From Java's dialect to ours: `\w`, `\d` and `\s` are ASCII there; in a class a `[` or `&&` would mean more
/// than themselves here, and a hyphen after `\w` would be read as a range.
fn translated(source: &str) -> String {
    let mut text = String::with_capacity(source.len() + 16);
    let mut characters = source.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let Some(escaped) = characters.next() else { break };
                let class = match escaped {
                    'w' | 'W' => "A-Za-z0-9_",
                    'd' | 'D' => "0-9",
                    's' | 'S' => r"\t\n\x0B\f\r ",
                    other => {
                        text.extend(['\\', other]);
                        continue;
                    }
                };
                match (in_class, escaped.is_uppercase()) {
                    (true, false) => text.push_str(class),
                    (_, true) => text.extend(["[^", class, "]"]),
                    (false, false) => text.extend(["[", class, "]"]),
                }
                if in_class && characters.next_if_eq(&'-').is_some() {
                    text.push_str(r"\-");
                }
            }
            '[' if in_class => text.push_str(r"\["),
            '&' | '~' if in_class => text.extend(['\\', character]),
            '[' => {
                in_class = true;
                text.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    text.push('^');
                }
            }
            ']' if in_class => {
                in_class = false;
                text.push(']');
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn is_match(pattern: &str, value: &str) -> bool {
        Pattern::new(pattern.to_owned()).is_match(value)
    }

    #[test]
    fn a_match_is_of_the_whole() {
        assert!(is_match("[0-9]{12}", "123456789012"));
        assert!(!is_match("[0-9]{12}", "1234567890123"));
        assert!(!is_match("^(range|count|sum)", "ranger"));
        assert!(is_match("(?i)all|[0-9]{12}", "ALL"));
        assert!(!is_match("(?i)all|[0-9]{12}", "allx"));
    }

    #[test]
    fn the_shorthand_classes_are_ascii() {
        assert!(is_match(r"\w+", "a_9"));
        assert!(!is_match(r"\w+", "é"));
        assert!(!is_match(r"\d", "٣"));
        assert!(is_match(r"[\s\S]*\S[\s\S]*", " \u{2003}x\n"));
        assert!(!is_match(r"[\s\S]*\S[\s\S]*", " \t\n"));
        assert!(is_match(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", "né 1"));
    }

    #[test]
    fn a_hyphen_after_a_class_is_itself() {
        let role = r"^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w-\/.@+=,]{1,1017}$";
        assert!(is_match(role, "arn:aws:iam::123456789012:role/service-role/x"));
        assert!(!is_match(role, "arn:aws:iam::123456789012:role/a b"));
    }

    #[test]
    fn look_ahead_and_lengths() {
        assert!(is_match(r"^(?!\s*$).+", " a "));
        assert!(!is_match(r"^(?!\s*$).+", "  "));
        assert!(is_match("^.{1,100000}$", "é"));
        assert!(!is_match("^.{1,100000}$", ""));
        assert!(!is_match("^.{1,100000}$", "a\nb"));
        assert!(!is_match("^.{1,2}$", "abc"));
    }

    #[test]
    fn brackets_in_a_class_are_themselves() {
        assert!(is_match("[a[b]+", "a[b"));
        assert!(is_match("[a&&b]+", "a&b"));
    }
}
