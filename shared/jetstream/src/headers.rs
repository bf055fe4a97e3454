//! A message's headers, so that no other crate names the client's types.

use async_nats::{HeaderMap, HeaderName};
use std::borrow::Cow;

type Name = Cow<'static, str>;

/// A message's headers.
#[derive(Clone, Debug)]
pub struct Headers(Held);

/// Those that we write are a plain list: a message has a dozen, and they are copied until it is stored.
#[derive(Clone, Debug)]
enum Held {
    Written(Vec<(Name, String)>),
    Received(HeaderMap),
}

impl Default for Headers {
    fn default() -> Self {
        Self(Held::Written(Vec::new()))
    }
}

impl Headers {
    /// The first value of a header, whatever the case of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    #[must_use]
    pub fn with(mut self, name: impl Into<Name>, value: impl Into<String>) -> Self {
        self.push(name, value.into());
        self
    }

    /// Adds a header; a value holds no line break, such characters become blanks.
    pub fn push(&mut self, name: impl Into<Name>, mut value: String) {
        if value.contains(['\r', '\n']) {
            value = value.replace(['\r', '\n'], " ");
        }
        if let Held::Received(_) = &self.0 {
            let pairs = self.pairs().map(|(name, value)| (Cow::Owned(name.to_owned()), value.to_owned()));
            self.0 = Held::Written(pairs.collect());
        }
        if let Held::Written(pairs) = &mut self.0 {
            pairs.push((name.into(), value));
        }
    }

    /// Names and values, in no particular order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let (written, received) = match &self.0 {
            Held::Written(pairs) => (pairs.as_slice(), None),
            Held::Received(map) => (&[][..], Some(map)),
        };
        let received = received.into_iter().flat_map(|map| map.iter()).flat_map(|(name, values)| {
            let name: &str = name.as_ref();
            values.iter().map(move |value| (name, value.as_str()))
        });
        written.iter().map(|(name, value)| (name.as_ref(), value.as_str())).chain(received)
    }

    /// As the client wants them; `None` when there are none.
    pub(crate) fn into_map(self) -> Option<HeaderMap> {
        let map = match self.0 {
            Held::Received(map) => map,
            Held::Written(pairs) => {
                let mut map = HeaderMap::new();
                for (name, value) in pairs {
                    match name {
                        Cow::Borrowed(name) => map.append(HeaderName::from_static(name), value),
                        Cow::Owned(name) => map.append(name, value),
                    }
                }
                map
            }
        };
        (!map.is_empty()).then_some(map)
    }
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        Self(Held::Received(map))
    }
}

impl<N: Into<Name>> FromIterator<(N, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, String)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        pairs.into_iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }
}
