//! From a pattern as Java takes it, which is what authors write, to the syntax of our engine.
//!
//! Java's `\w`, `\d` and `\s` are ASCII, its `.` stops at every line terminator, a dash after `\w` in a class is a
//! dash, and every escaped sign stands for itself (java.util.regex.Pattern). Each class becomes one in brackets of its
//! own, which is right inside of another class as well.

/// Rewrites a pattern, or says what in it Java would not take either.
pub(crate) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() * 2),
        any_dot: false,
    };
    translator.outside()?;
    Ok(translator.out)
}

const WORD: &str = "0-9A-Za-z_";
const DIGIT: &str = "0-9";
const SPACE: &str = r"\t\n\x0B\f\r\x20";
const HORIZONTAL: &str = r"\x20\t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";
const LINE_END: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// Java's POSIX classes, which are ASCII, and their names here.
const POSIX: [(&str, &str); 13] = [
    ("Lower", "lower"),
    ("Upper", "upper"),
    ("ASCII", "ascii"),
    ("Alpha", "alpha"),
    ("Digit", "digit"),
    ("Alnum", "alnum"),
    ("Punct", "punct"),
    ("Graph", "graph"),
    ("Print", "print"),
    ("Blank", "blank"),
    ("Cntrl", "cntrl"),
    ("XDigit", "xdigit"),
    ("Space", "space"),
];

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    /// With the flag s a dot stands for every character.
    any_dot: bool,
}

/// One thing that an escape or a plain character stands for.
enum Item {
    Single(char),
    /// A class in brackets of its own.
    Class(String),
    /// `\Q…\E`.
    Quoted(String),
}

impl Translator {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn outside(&mut self) -> Result<(), String> {
        while let Some(c) = self.peek(0) {
            match c {
                '[' => self.class()?,
                '(' if self.flags() => {}
                '.' if !self.any_dot => {
                    self.at += 1;
                    self.out.push_str(&format!("[^{LINE_END}]"));
                }
                '\\' if self.assertion() => {}
                '\\' => match self.escape()? {
                    Item::Single(c) => self.literal(c),
                    Item::Class(class) => self.out.push_str(&class),
                    Item::Quoted(text) => text.chars().for_each(|c| self.literal(c)),
                },
                _ => {
                    self.at += 1;
                    self.out.push(c);
                }
            }
        }
        Ok(())
    }

    /// Flags such as `(?i)` or `(?is-m:`. Those about Unicode and line ends, which our engine lacks or means otherwise,
    /// are left out.
    fn flags(&mut self) -> bool {
        if self.peek(1) != Some('?') {
            return false;
        }
        let flags: String =
            self.chars.iter().skip(self.at + 2).take_while(|c| "idmsuxU-".contains(**c)).collect();
        let end = self.peek(2 + flags.len());
        if flags.is_empty() || !matches!(end, Some(')' | ':')) {
            return false;
        }
        let on = flags.split('-').next().unwrap_or_default();
        self.any_dot |= on.contains('s');
        let known = flags.replace(['d', 'u', 'U'], "");
        match (known.trim_end_matches('-'), end) {
            ("", Some(')')) => {}
            (known, Some(end)) => self.out.push_str(&format!("(?{known}{end}")),
            (_, None) => {}
        }
        self.at += 3 + flags.len();
        true
    }

    /// What stands for no character of its own: taken over, or written as our engine has it.
    fn assertion(&mut self) -> bool {
        let written = match self.peek(1) {
            Some(c @ ('b' | 'B' | 'A' | 'z' | 'G' | '1'..='9')) => format!("\\{c}"),
            Some('Z') => r"(?=\n?\z)".to_owned(),
            Some('R') => format!(r"(?:\r\n|[{VERTICAL}])"),
            Some('k') if self.peek(2) == Some('<') => "\\k".to_owned(),
            _ => return false,
        };
        self.out.push_str(&written);
        self.at += 2;
        true
    }

    /// A class, from its bracket to the bracket that closes it.
    fn class(&mut self) -> Result<(), String> {
        self.at += 1;
        self.out.push('[');
        if self.peek(0) == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        // Whether the last item is one character, with which a range can begin.
        let mut single = false;
        while let Some(c) = self.peek(0) {
            match c {
                ']' if !first => {
                    self.at += 1;
                    self.out.push(']');
                    return Ok(());
                }
                '[' => {
                    self.class()?;
                    single = false;
                }
                '&' if self.peek(1) == Some('&') => {
                    self.at += 2;
                    self.out.push_str("&&");
                    single = false;
                }
                '-' if single && self.ends_range() => {
                    self.at += 1;
                    self.out.push('-');
                    let Item::Single(end) = self.item()? else {
                        return Err("has a range that ends in a class".to_owned());
                    };
                    self.literal(end);
                    single = false;
                }
                _ => {
                    single = false;
                    match self.item()? {
                        Item::Single(c) => {
                            if first && c == ':' {
                                // `[:` alone would begin a POSIX class, which Java does not have.
                                self.literal(c);
                            }
                            self.literal(c);
                            single = true;
                        }
                        Item::Class(class) => self.out.push_str(&class),
                        Item::Quoted(text) => text.chars().for_each(|c| self.literal(c)),
                    }
                }
            }
            first = false;
        }
        Err("has a class that does not end".to_owned())
    }

    /// Whether what stands behind a dash is one character, so that the dash makes a range.
    fn ends_range(&self) -> bool {
        match self.peek(1) {
            None | Some(']' | '[') => false,
            Some('\\') => !self.peek(2).is_some_and(|c| "wWdDsShHvVpPQ".contains(c)),
            Some(_) => true,
        }
    }

    fn item(&mut self) -> Result<Item, String> {
        match self.peek(0) {
            Some('\\') => self.escape(),
            Some(c) => {
                self.at += 1;
                Ok(Item::Single(c))
            }
            None => Err("ends too early".to_owned()),
        }
    }

    fn escape(&mut self) -> Result<Item, String> {
        let Some(c) = self.peek(1) else { return Err("ends in a backslash".to_owned()) };
        self.at += 2;
        let class = |members: &str| Ok(Item::Class(format!("[{members}]")));
        let without = |members: &str| Ok(Item::Class(format!("[^{members}]")));
        match c {
            'w' => class(WORD),
            'W' => without(WORD),
            'd' => class(DIGIT),
            'D' => without(DIGIT),
            's' => class(SPACE),
            'S' => without(SPACE),
            'h' => class(HORIZONTAL),
            'H' => without(HORIZONTAL),
            'v' => class(VERTICAL),
            'V' => without(VERTICAL),
            'p' | 'P' => self.property(c == 'P'),
            'Q' => Ok(Item::Quoted(self.quoted())),
            't' => Ok(Item::Single('\t')),
            'n' => Ok(Item::Single('\n')),
            'r' => Ok(Item::Single('\r')),
            'f' => Ok(Item::Single('\x0C')),
            'a' => Ok(Item::Single('\x07')),
            'e' => Ok(Item::Single('\x1B')),
            'c' => self.control(),
            'x' => self.hexadecimal(),
            'u' => self.utf16(),
            '0' => self.octal(),
            c if c.is_ascii_alphanumeric() => Err(format!("has \\{c}, which is no escape")),
            c => Ok(Item::Single(c)),
        }
    }

    fn quoted(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            if c == '\\' && self.peek(1) == Some('E') {
                self.at += 2;
                break;
            }
            text.push(c);
            self.at += 1;
        }
        text
    }

    fn property(&mut self, negated: bool) -> Result<Item, String> {
        let name: String = if self.peek(0) == Some('{') {
            self.braced().ok_or("has \\p without an end")?
        } else {
            let letter = self.peek(0).ok_or("ends in \\p")?;
            self.at += 1;
            letter.to_string()
        };
        if let Some((_, ours)) = POSIX.iter().find(|(java, _)| *java == name) {
            let not = if negated { "^" } else { "" };
            return Ok(Item::Class(format!("[[:{not}{ours}:]]")));
        }
        let plain =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_=-".contains(&b));
        if !plain {
            return Err(format!("has the unknown class \\p{{{name}}}"));
        }
        let name = match name.as_str() {
            "javaLowerCase" => "Lowercase",
            "javaUpperCase" => "Uppercase",
            "javaWhitespace" => "White_Space",
            other => other.strip_prefix("Is").unwrap_or(other),
        };
        let letter = if negated { 'P' } else { 'p' };
        Ok(Item::Class(format!("[\\{letter}{{{name}}}]")))
    }

    /// What stands between braces here.
    fn braced(&mut self) -> Option<String> {
        let length = self.chars.iter().skip(self.at).position(|c| *c == '}')?;
        let inside = self.chars.get(self.at + 1..self.at + length)?.iter().collect();
        self.at += length + 1;
        Some(inside)
    }

    fn control(&mut self) -> Result<Item, String> {
        let letter = self.peek(0).filter(char::is_ascii).ok_or("has \\c without a letter")?;
        self.at += 1;
        Ok(Item::Single(char::from(u8::try_from(letter).unwrap_or_default() ^ 64)))
    }

    fn hexadecimal(&mut self) -> Result<Item, String> {
        let braces = self.peek(0) == Some('{');
        let digits: String =
            if braces { self.braced().ok_or("has \\x without an end")? } else { self.digits(2, 16) };
        character(u32::from_str_radix(&digits, 16).ok(), "\\x")
    }

    /// `\uhhhh`; two surrogates are one character.
    fn utf16(&mut self) -> Result<Item, String> {
        let unit = |digits: &str| u16::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4);
        let first = unit(&self.digits(4, 16)).ok_or("has \\u without four digits")?;
        let mut units = vec![first];
        if (0xD800..0xDC00).contains(&first) && self.peek(0) == Some('\\') && self.peek(1) == Some('u') {
            self.at += 2;
            units.push(unit(&self.digits(4, 16)).ok_or("has \\u without four digits")?);
        }
        let text = String::from_utf16(&units).map_err(|_| "has half of a surrogate pair".to_owned())?;
        character(text.chars().next().map(u32::from), "\\u")
    }

    fn octal(&mut self) -> Result<Item, String> {
        let most = if matches!(self.peek(0), Some('0'..='3')) { 3 } else { 2 };
        let digits = self.digits(most, 8);
        character(u32::from_str_radix(&digits, 8).ok(), "\\0")
    }

    fn digits(&mut self, most: usize, radix: u32) -> String {
        let digits: String =
            self.chars.iter().skip(self.at).take(most).take_while(|c| c.is_digit(radix)).collect();
        self.at += digits.len();
        digits
    }

    fn literal(&mut self, c: char) {
        match c {
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => self.out.push(c),
            c => self.out.push_str(&format!("\\x{{{:02X}}}", u32::from(c))),
        }
    }
}

fn character(code: Option<u32>, escape: &str) -> Result<Item, String> {
    let found = code.and_then(char::from_u32);
    found.map(Item::Single).ok_or_else(|| format!("has {escape} without the number of a character"))
}
