//! References between braces, and the values that take their place: one pass, types kept where a reference stands alone.

use super::{runbook::Runbook, state::State};
use reeve_document_language::interpolate::next_placeholder;
use reeve_types::Timestamp;
use serde_json::{Map, Value};

/// The parameter that a runbook may name without declaring it: without a value there is no role.
const ASSUME_ROLE: &str = "AutomationAssumeRole";

/// What references are looked up in.
pub struct Scope<'a> {
    pub state: &'a State,
    pub runbook: &'a Runbook,
    /// When the step begins that the references stand in.
    pub now_ms: i64,
    /// What the pass of a loop is for that the step belongs to.
    pub iterator: Option<Value>,
}

impl Scope<'_> {
    /// The value with each reference in its texts replaced; keys stay as they are, and so do references in a value that was
    /// put in.
    ///
    /// # Errors
    /// A sentence about the first reference that stands for nothing.
    pub fn resolve(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                items.iter().map(|item| self.resolve(item)).collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(map) => self.map(map).map(Value::Object),
            other => Ok(other.clone()),
        }
    }

    /// As [`Scope::resolve`].
    ///
    /// # Errors
    /// As [`Scope::resolve`].
    pub fn map(&self, map: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        map.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value)?))).collect()
    }

    fn text(&self, text: &str) -> Result<Value, String> {
        let (mut replaced, mut kept_from, mut from) = (String::new(), 0, 0);
        while let Some((start, end, name)) = next_placeholder(text, from) {
            let Some(value) = self.look(name)? else {
                from = start + 1;
                continue;
            };
            if start == 0 && end == text.len() {
                return Ok(value);
            }
            replaced.push_str(text.get(kept_from..start).unwrap_or_default());
            match value {
                Value::String(text) => replaced.push_str(&text),
                other => replaced.push_str(&other.to_string()),
            }
            (kept_from, from) = (end, end);
        }
        replaced.push_str(text.get(kept_from..).unwrap_or_default());
        Ok(Value::String(replaced))
    }

    /// What a reference stands for; `None` for braces of another language.
    ///
    /// # Errors
    /// A sentence about a reference to something that has no value.
    pub fn look(&self, name: &str) -> Result<Option<Value>, String> {
        if let Some((kind, rest)) = name.split_once(':') {
            return match kind {
                "variable" => self.part_of(&self.state.variables, rest, name).map(Some),
                "global" => self.global(rest).map(Some),
                "automation" if rest == "EXECUTION_ID" => Ok(Some(Value::from(self.state.id.as_str()))),
                "ssm" | "ssm-secure" => Err(format!(
                    "{{{{ {name} }}}} stands in a step, where references to the Parameter Store are not resolved"
                )),
                _ => Ok(None),
            };
        }
        let head = name.split(['.', '[']).next().unwrap_or(name);
        if self.state.values.contains_key(head) {
            return self.part_of(&self.state.values, name, name).map(Some);
        }
        if head == "RESOURCE_ID" && head == name {
            return match self.state.target.as_str() {
                "" => Err("{{ RESOURCE_ID }} has no value: the execution is not one of a target".to_owned()),
                target => Ok(Some(Value::from(target))),
            };
        }
        if head == ASSUME_ROLE {
            return Ok(Some(Value::from("")));
        }
        if let Some(member) = name.strip_prefix(head).and_then(|rest| rest.strip_prefix('.'))
            && (self.runbook.has_step(head) || head == "loop")
        {
            return self.output(head, member, name).map(Some);
        }
        Ok(None)
    }

    fn output(&self, step: &str, member: &str, name: &str) -> Result<Value, String> {
        let of_loop = self.state.looping.as_ref().is_some_and(|looping| looping.step.name == step);
        if (of_loop || step == "loop")
            && let Some(path) = member.strip_prefix("CurrentIteratorValue")
            && let Some(value) = &self.iterator
        {
            return part(value, path).ok_or_else(|| no_value(name));
        }
        let outputs = self.state.outputs.get(step).ok_or_else(|| no_value(name))?;
        self.part_of(outputs, member, name)
    }

    /// `NAME`, or a part of it by members and indices. A name may have dots of its own.
    fn part_of(&self, map: &Map<String, Value>, path: &str, name: &str) -> Result<Value, String> {
        if let Some(whole) = map.get(path) {
            return Ok(whole.clone());
        }
        let at = path.find(['.', '[']).unwrap_or(path.len());
        let (head, rest) = path.split_at(at);
        map.get(head).and_then(|value| part(value, rest)).ok_or_else(|| no_value(name))
    }

    fn global(&self, name: &str) -> Result<Value, String> {
        let instant = Timestamp(self.now_ms).rfc3339();
        let date = instant.get(..10).unwrap_or_default();
        Ok(Value::from(match name {
            "ACCOUNT_ID" => self.state.account.clone(),
            "REGION" => self.state.region.clone(),
            "AWS_PARTITION" => "aws".to_owned(),
            "DATE" => date.to_owned(),
            "DATE_TIME" => format!("{date}_{}", instant.get(11..19).unwrap_or_default().replace(':', ".")),
            _ => return Err(format!("{{{{ global:{name} }}}} is no variable that there is")),
        }))
    }
}

fn no_value(name: &str) -> String {
    format!("{{{{ {name} }}}} has no value")
}

/// A part of a value: `.member` and `[index]`, repeated.
fn part(value: &Value, path: &str) -> Option<Value> {
    let (mut at, mut rest) = (value, path);
    while !rest.is_empty() {
        if let Some(indexed) = rest.strip_prefix('[') {
            let (index, behind) = indexed.split_once(']')?;
            (at, rest) = (at.get(index.trim().parse::<usize>().ok()?)?, behind);
        } else {
            let named = rest.strip_prefix('.')?;
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let (member, behind) = named.split_at(end);
            (at, rest) = (at.get(member)?, behind);
        }
    }
    Some(at.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn look(text: &str) -> Result<Value, String> {
        let runbook = Runbook::parse(
            r#"{"mainSteps": [{"name": "a", "action": "aws:sleep"}, {"name": "b", "action": "aws:sleep"}]}"#,
        )
        .unwrap();
        let Value::Object(values) = json!({"s": "x", "l": ["p", "q"], "m": {"k": [1, 2]}, "raw": "{{ s }}"})
        else {
            panic!()
        };
        let Value::Object(outputs) = json!({"Out": {"deep": ["v"]}, "dotted.name": 7}) else { panic!() };
        let mut state = State { id: "e".into(), values, account: "1".into(), ..State::default() };
        state.outputs.insert("a".into(), outputs);
        state.variables.insert("v".into(), json!([true]));
        let scope = Scope { state: &state, runbook: &runbook, now_ms: 1_764_000_000_123, iterator: None };
        scope.resolve(&json!(text))
    }

    #[test]
    fn a_reference_alone_keeps_its_type_and_is_text_within_a_text() {
        for (text, wanted) in [
            ("{{ s }}", json!("x")),
            ("{{l}}", json!(["p", "q"])),
            ("{{ l[1] }}", json!("q")),
            ("{{ m.k[0] }}", json!(1)),
            ("-{{ l }}-", json!("-[\"p\",\"q\"]-")),
            ("{{ raw }}", json!("{{ s }}")),
            ("<{{ raw }}>", json!("<{{ s }}>")),
            ("{{ a.Out }}", json!({"deep": ["v"]})),
            ("{{ a.Out.deep[0] }}", json!("v")),
            ("{{ a.dotted.name }}", json!(7)),
            ("{{ variable:v }}", json!([true])),
            ("{{ variable:v[0] }}", json!(true)),
            ("{{ automation:EXECUTION_ID }}", json!("e")),
            ("{{ global:ACCOUNT_ID }}", json!("1")),
            ("{{ global:DATE }}", json!("2025-11-24")),
            ("{{global:DATE_TIME}}", json!("2025-11-24_16.00.00")),
            ("{{ AutomationAssumeRole }}", json!("")),
            ("{{ .Names }} {{ other }} $$", json!("{{ .Names }} {{ other }} $$")),
        ] {
            assert_eq!(look(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_is_said_with_its_name() {
        for text in [
            "{{ a.None }}",
            "{{ b.Out }}",
            "{{ l[2] }}",
            "{{ variable:w }}",
            "{{ RESOURCE_ID }}",
            "{{ ssm:x }}",
        ] {
            let problem = look(text).unwrap_err();
            assert!(problem.contains(text.trim_matches(['{', '}', ' '])), "{text}: {problem}");
        }
    }
}
