//! Paths into events.

use serde_json::Value;

/// A path into an event: `$.detail.state`, `$.detail['state']` or `$.resources[0]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Path {
    /// Reads one; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, following) = if let Some(named) = rest.strip_prefix('.') {
                let end = named.find(['.', '[']).unwrap_or(named.len());
                (Step::Name(named[..end].to_owned()), &named[end..])
            } else {
                let (inside, following) = rest.strip_prefix('[')?.split_once(']')?;
                (bracketed(inside)?, following)
            };
            if step == Step::Name(String::new()) {
                return None;
            }
            steps.push(step);
            rest = following;
        }
        Some(Self(steps))
    }

    /// What lies there.
    pub fn of<'a>(&self, event: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(event, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }
}

fn bracketed(inside: &str) -> Option<Step> {
    let quoted = ['\'', '"'].into_iter().find_map(|quote| inside.strip_prefix(quote)?.strip_suffix(quote));
    match quoted {
        Some(name) => Some(Step::Name(name.to_owned())),
        None => inside.parse().ok().map(Step::Index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_path_is_none() {
        for odd in ["", "detail", "$detail", "$.", "$.a..b", "$[", "$[x]", "$['a]"] {
            assert_eq!(Path::parse(odd), None, "{odd}");
        }
        assert!(Path::parse("$").is_some() && Path::parse("$.a['b.c'][0]").is_some());
    }
}
