//! XML as zypper and repositories write it: elements, their attributes and texts. No more of XML than that is read, and what
//! cannot be read is an error.

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Start {
        name: &'a str,
        attributes: Vec<(&'a str, String)>,
    },
    /// Also of an element that is empty.
    End(&'a str),
    /// What is no mere space.
    Text(String),
}

/// The pieces of a document, in their order.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut open, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some(at) = rest.find('<') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        if !before.trim().is_empty() {
            pieces.push(Piece::Text(unescaped(before.trim())?));
        }
        if let Some(comment) = behind.strip_prefix("!--") {
            rest = past(comment, "-->")?.1;
            continue;
        }
        if let Some(data) = behind.strip_prefix("![CDATA[") {
            let (data, after) = past(data, "]]>")?;
            pieces.push(Piece::Text(data.to_owned()));
            rest = after;
            continue;
        }
        let (tag, after) = past(behind, ">")?;
        rest = after;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let name = name.trim();
            if open.pop() != Some(name) {
                return Err(format!("<{tag}> ends what does not begin there"));
            }
            pieces.push(Piece::End(name));
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        pieces.push(Piece::Start { name, attributes: attributes_of(attributes)? });
        if is_empty {
            pieces.push(Piece::End(name));
        } else {
            open.push(name);
        }
    }
    match open.pop() {
        None => Ok(pieces),
        Some(name) => Err(format!("it ends within <{name}>")),
    }
}

/// What is before an end, and what is behind it.
fn past<'a>(text: &'a str, end: &str) -> Result<(&'a str, &'a str), String> {
    text.split_once(end).ok_or_else(|| format!("it ends before {end:?}"))
}

fn attributes_of(text: &str) -> Result<Vec<(&str, String)>, String> {
    let (mut found, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=').ok_or_else(|| format!("{rest:?} is no attribute"))?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|sign| ['"', '\''].contains(sign));
        let quote = quote.ok_or_else(|| format!("the attribute {name:?} has no value in quotes"))?;
        let (value, after) =
            value[1..].split_once(quote).ok_or_else(|| format!("the attribute {name:?} does not end"))?;
        found.push((name.trim(), unescaped(value)?));
        rest = after.trim_start();
    }
    Ok(found)
}

/// A text with what its references stand for.
fn unescaped(text: &str) -> Result<String, String> {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('&') {
        let (name, after) = past(behind, ";")?;
        plain.push_str(before);
        plain.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let digits = number.strip_prefix('#').unwrap_or_default();
                let code = match digits.strip_prefix('x') {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                    None => digits.parse(),
                };
                let sign = code.ok().and_then(char::from_u32);
                sign.ok_or_else(|| format!("&{number}; stands for nothing"))?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Ok(plain)
}

/// An attribute's value; empty where there is none.
pub fn attribute<'a>(attributes: &'a [(&str, String)], name: &str) -> &'a str {
    attributes.iter().find(|(of, _)| *of == name).map_or("", |(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_attributes_and_texts_are_read() {
        let read =
            pieces("<?xml version='1.0'?>\n<!-- a > b -->\n<a x=\"1 &lt; 2\" y='&#65;'>t &amp; u<b/></a>\n")
                .unwrap();
        let attributes = vec![("x", "1 < 2".to_owned()), ("y", "A".to_owned())];
        let expected = [
            Piece::Start { name: "a", attributes },
            Piece::Text("t & u".to_owned()),
            Piece::Start { name: "b", attributes: Vec::new() },
            Piece::End("b"),
            Piece::End("a"),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_cut_off_or_crossed_is_an_error() {
        for text in [
            "<a>",
            "<a",
            "<a x=1/>",
            "<a x=\"1/>",
            "<a></b>",
            "</a>",
            "<a>&nothing;</a>",
            "<a><b></a></b>",
            "<!-- a",
        ] {
            assert!(pieces(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_or_refused(text in "[<>/a&;=\"' !?\\-]{0,24}") {
            let _ = pieces(&text);
        }
    }
}
