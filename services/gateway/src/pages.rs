//! Tokens of pages: what a service answers is sealed for who asked, and opened when that one asks on.

use crate::{
    Gateway,
    errors::Failure,
    models::{INVALID_TOKEN, Operation, Pages},
};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

impl<B> Gateway<B> {
    /// Puts the service's own token in the place of the sealed one; says whether there was one.
    pub(crate) fn open_token(
        &self,
        operation: &Operation,
        principal: &str,
        asked: &str,
        input: &mut Map<String, Value>,
    ) -> Result<bool, Failure> {
        let token = operation.pages.as_ref().and_then(|pages| input.get_mut(&pages.input));
        let Some(Value::String(token)) = token else { return Ok(false) };
        match self.shared.sealer.open([&operation.action, principal, asked], token) {
            Some(own) => {
                *token = own;
                Ok(true)
            }
            None => Err(Failure::new(INVALID_TOKEN, "The specified token is not valid.")),
        }
    }

    /// Seals the token of an answer; leaves an empty one out, because clients would go on for ever.
    pub(crate) fn seal_token(
        &self,
        pages: &Pages,
        operation: &Operation,
        principal: &str,
        asked: &str,
        body: Bytes,
    ) -> Result<Bytes, Failure> {
        if !contains(&body, pages.output.as_bytes()) {
            return Ok(body);
        }
        let mut output: Map<String, Value> =
            serde_json::from_slice(&body).map_err(|_| Failure::malformed())?;
        match output.get_mut(&pages.output) {
            Some(Value::String(token)) if !token.is_empty() => {
                *token = self.shared.sealer.seal([&operation.action, principal, asked], token);
            }
            Some(_) => {
                output.shift_remove(&pages.output);
            }
            None => return Ok(body),
        }
        Ok(Bytes::from(Value::Object(output).to_string()))
    }
}

/// What is listed, page by page: the input without what may differ from page to page.
pub(crate) fn asked(pages: &Pages, input: &Map<String, Value>) -> String {
    let of_page = |name: &str| name == pages.input || name.eq_ignore_ascii_case("MaxResults");
    let members: BTreeMap<_, _> = input.iter().filter(|(name, _)| !of_page(name)).collect();
    // A text and JSON are always written.
    serde_json::to_string(&members).unwrap_or_default()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn a_part_is_found() {
        assert!(contains(b"{\"NextToken\":1}", b"NextToken"));
        assert!(!contains(b"{}", b"NextToken"));
    }
}
