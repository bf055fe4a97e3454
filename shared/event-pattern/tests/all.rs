//! The pattern language against AWS's answers, and against a second evaluator that is as plain as can be.

#![allow(clippy::unwrap_used, clippy::panic)]

mod naive;

use proptest::prelude::*;
use reeve_event_pattern::{Leaves, MAX_LEAVES, Pattern, TooCostly};
use serde_json::{Value, json};

fn matches(pattern: &Value, event: &Value) -> Result<bool, String> {
    let pattern = Pattern::parse(&pattern.to_string()).map_err(|refused| refused.to_string())?;
    Ok(pattern.matches(&Leaves::of(event).unwrap()).unwrap())
}

#[test]
fn every_recorded_case_is_answered_as_aws_does() {
    let file: Value = serde_json::from_str(include_str!("event-patterns.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 72);
    for case in cases {
        let said = match matches(&case["pattern"], &case["event"]) {
            Ok(true) => json!("yes"),
            Ok(false) => json!("no"),
            Err(refused) => {
                let message = case["error"]["message"].as_str().unwrap_or_default();
                assert_eq!(refused.lines().next(), message.lines().next(), "{}", case["name"]);
                json!("refused")
            }
        };
        assert_eq!(said, case["expect"], "{}", case["name"]);
    }
}

/// A pattern of the field `a`, a value of it (none: it is not there), and whether they match.
#[test]
fn values_match_as_aws_says() {
    let none = || None::<Value>;
    let rows: Vec<(Value, Option<Value>, bool)> = vec![
        (json!([300]), Some(json!(300.0)), true),
        (json!([300]), Some(serde_json::from_str("3.0e2").unwrap()), true),
        (json!([300]), Some(json!("300")), false),
        (json!([9_007_199_254_740_993_i64]), Some(json!(9_007_199_254_740_992_i64)), false),
        (json!([null]), Some(json!(null)), true),
        (json!([null]), none(), false),
        (json!([null]), Some(json!("")), false),
        (json!([true]), Some(json!("true")), false),
        (json!([true]), Some(json!(1)), false),
        (json!([{"exists": true}]), Some(json!(null)), true),
        (json!([{"exists": true}]), Some(json!("")), true),
        (json!([{"exists": true}]), Some(json!([])), false),
        (json!([{"exists": true}]), Some(json!({"b": 1})), false),
        (json!([{"exists": false}]), none(), true),
        (json!([{"exists": false}]), Some(json!([])), true),
        (json!([{"exists": false}]), Some(json!({})), true),
        (json!([{"exists": false}]), Some(json!({"b": 1})), true),
        (json!([{"exists": false}]), Some(json!(null)), false),
        (json!([{"exists": false}, "x"]), Some(json!("x")), true),
        (json!([{"anything-but": ["x"]}]), none(), false),
        (json!([{"anything-but": ["x"]}]), Some(json!([])), false),
        (json!([{"anything-but": ["x"]}]), Some(json!(["x"])), false),
        (json!([{"anything-but": ["x"]}]), Some(json!(null)), true),
        (json!([{"anything-but": ["x"]}]), Some(json!(["x", "y"])), true),
        (json!([{"anything-but": [100]}]), Some(serde_json::from_str("1e2").unwrap()), false),
        (json!([{"anything-but": [100]}]), Some(json!("100")), true),
        (json!([{"anything-but": {"prefix": "in"}}]), Some(json!(5)), true),
        (json!([{"anything-but": {"prefix": "in"}}]), none(), false),
        (json!([{"prefix": ""}]), Some(json!("any")), true),
        (json!([{"prefix": ""}]), Some(json!(7)), false),
        (json!([{"prefix": {"equals-ignore-case": "éa"}}]), Some(json!("ÉAb")), true),
        (json!([{"equals-ignore-case": "ß"}]), Some(json!("SS")), true),
        (json!([{"equals-ignore-case": "i"}]), Some(json!("İ")), false),
        (json!([{"numeric": [">", 0, "<=", 5]}]), Some(json!(5)), true),
        (json!([{"numeric": [">", 0, "<=", 5]}]), Some(json!(0)), false),
        (json!([{"numeric": [">", 0]}]), Some(json!("300")), false),
        (json!([{"numeric": [">", 0]}]), Some(json!([-1, 2])), true),
        (json!([{"numeric": ["=", 0.3]}]), Some(json!(0.30000000000000004)), false),
        (json!([{"wildcard": "*"}]), Some(json!("")), true),
        (json!([{"wildcard": "*"}]), none(), false),
        (json!([{"wildcard": "*"}]), Some(json!(1)), false),
        (json!([{"wildcard": "a\\*b"}]), Some(json!("a*b")), true),
        (json!([{"wildcard": "a\\*b"}]), Some(json!("aXb")), false),
        (json!([{"wildcard": "a?b"}]), Some(json!("aXb")), false),
        (json!([{"wildcard": "ab*ba"}]), Some(json!("aba")), false),
        (json!([{"cidr": "10.0.0.77/24"}]), Some(json!("10.0.0.1")), true),
        (json!([{"cidr": "0.0.0.0/0"}]), Some(json!("203.0.113.9")), true),
        (json!([{"cidr": "2001:db8::/32"}]), Some(json!("2001:0DB8:0:0::1")), true),
        (json!([{"cidr": "10.0.0.0/8"}]), Some(json!("::ffff:10.0.0.1")), false),
        (json!([{"cidr": "10.0.0.0/8"}]), Some(json!("host.example")), false),
    ];
    for (pattern, value, expected) in rows {
        let event = value.as_ref().map_or(json!({}), |value| json!({"a": value}));
        assert_eq!(matches(&json!({"a": pattern}), &event), Ok(expected), "{pattern} on {event}");
    }
}

#[test]
fn fields_match_together() {
    let people = json!({"x": [{"f": "J", "l": "A"}, {"f": "M", "l": "D"}], "y": [{"l": "D"}]});
    for (pattern, event, expected) in [
        // One element must fit; different arrays have different elements.
        (json!({"x": {"f": ["J"], "l": ["D"]}}), people.clone(), false),
        (json!({"x": {"f": ["M"], "l": ["D"]}}), people.clone(), true),
        (json!({"x": {"f": ["J"]}, "y": {"l": ["D"]}}), people, true),
        (
            json!({"a": {"b": {"c": [1], "d": [2]}}}),
            json!({"a": [{"b": [{"c": 1}, {"d": 2}]}, {"b": [{"c": 2, "d": 2}]}]}),
            false,
        ),
        (json!({"a": {"b": [{"exists": false}]}}), json!({"a": [{"b": 1}, {"c": 2}]}), false),
        (json!({"a": {"b": [{"exists": false}]}}), json!({"a": 5}), true),
        (json!({"a": {"b": ["x"]}}), json!({"a.b": "x"}), true),
        (json!({"a.b": ["x"]}), json!({"a": {"b": "x"}}), true),
        (json!({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}), json!({"b": 2, "c": 3}), true),
        (json!({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}), json!({"a": 2, "b": 1, "c": 3}), false),
        (
            json!({"d": {"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"e": [4]}]}]}}),
            json!({"d": {"e": 4}}),
            true,
        ),
    ] {
        assert_eq!(matches(&pattern, &event), Ok(expected), "{pattern} on {event}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_a_reason() {
    for (pattern, reason) in [
        (json!({}), "Empty objects are not allowed"),
        (json!([]), "Filter is not an object"),
        (json!({"a": {}}), "Empty objects are not allowed"),
        (json!({"a": []}), "Empty arrays are not allowed"),
        (json!({"a": [["x"]]}), "Match value must be String, number, true, false, or null"),
        (json!({"a": [{"prefix": "x", "suffix": "y"}]}), "Only one key allowed in match expression"),
        (json!({"a": [{"numeric": ["<", 5, ">", 0]}]}), "Bad numeric range operator: >"),
        (json!({"a": [{"numeric": [">", 1, ">=", 2]}]}), "Bad numeric range operator: >="),
        (json!({"a": [{"numeric": ["!=", 5]}]}), "Unrecognized numeric range operator: !="),
        (json!({"a": [{"numeric": [">", 5, "<", 5]}]}), "Bottom must be less than top"),
        (json!({"a": [{"numeric": []}]}), "Invalid member in numeric match: an operator is wanted"),
        (
            json!({"a": [{"anything-but": []}]}),
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            json!({"a": [{"anything-but": ["x", 1]}]}),
            "Inside anything but list, start|null|boolean is not supported.",
        ),
        (
            json!({"a": [{"anything-but": true}]}),
            "Value of anything-but must be an array or single string/number value.",
        ),
        (json!({"a": [{"exists": "true"}]}), "exists match pattern must be either true or false."),
        (json!({"a": [{"cidr": "10.0.0.1/32"}]}), "Malformed CIDR, mask bits must be < 32"),
        (json!({"a": [{"cidr": "10.0.0.1"}]}), "Malformed CIDR, one '/' required"),
        (json!({"a": [{"wildcard": "a\\b"}]}), "Invalid escape character at pos 1"),
        (json!({"$or": [{"a": [1]}]}), "Unrecognized match type a"),
        (json!({"$or": [{"a": [1]}, {}]}), "Unrecognized match type a"),
        (json!({"$or": [{"a": [1]}, {"prefix": ["x"]}]}), "Unrecognized match type a"),
    ] {
        let refused = Pattern::parse(&pattern.to_string()).unwrap_err();
        assert_eq!(refused.0, reason, "{pattern}");
    }
    let pair: Vec<Value> = (0..2).map(|n| json!({"a": [n]})).collect();
    let members = (0..10).map(|n| format!("\"m{n}\":{{\"$or\":{}}}", Value::from(pair.clone())));
    let refused = Pattern::parse(&format!("{{{}}}", members.collect::<Vec<_>>().join(","))).unwrap_err();
    assert!(refused.0.starts_with("Rule is too complex"), "{refused}");
    assert!(Pattern::parse("{\"a\": [1").unwrap_err().0.starts_with("It is not JSON"));
    assert!(Pattern::parse(&"[".repeat(100_000)).is_err());
}

#[test]
fn what_would_take_too_long_is_neither_a_match_nor_none() {
    let elements = |name: &str| -> Value {
        let one = |n: u32| if n.is_multiple_of(2) { json!({"p": 1}) } else { json!({"q": 1}) };
        json!({name: (0..200).map(one).collect::<Vec<_>>()})
    };
    let names = ["a", "b", "c"];
    let mut event = json!({});
    for name in names {
        event[name] = elements(name)[name].clone();
    }
    // No element of c has both; whichever of a and b is chosen.
    let pattern = r#"{"a":{"p":[1]},"b":{"p":[1]},"c":{"p":[1],"q":[1]}}"#;
    let event = Leaves::of(&event).unwrap();
    assert_eq!(Pattern::parse(pattern).unwrap().matches(&event), Err(TooCostly));
    assert!(Leaves::of(&json!({"a": vec![0; MAX_LEAVES + 1]})).is_none());
    // Stars cost nothing of the kind.
    let stars = json!({"a": [{"wildcard": "*a".repeat(500)}]});
    assert_eq!(matches(&stars, &json!({"a": format!("{}b", "a".repeat(200_000))})), Ok(false));
}

#[test]
fn an_index_knows_the_texts_of_a_field_and_a_rule_what_it_lacked() {
    let pattern =
        Pattern::parse(r#"{"source":["s","t"],"detail":{"x":[1],"y":[{"exists":false}]}}"#).unwrap();
    assert_eq!(pattern.texts_at("source"), Some(vec!["s", "t"]));
    assert_eq!((pattern.texts_at("detail.x"), pattern.texts_at("id")), (None, None));
    let or = Pattern::parse(r#"{"$or":[{"source":["s"]},{"id":["i"]}]}"#).unwrap();
    assert_eq!(or.texts_at("source"), None);
    let event = Leaves::of(&json!({"source": "s"})).unwrap();
    assert_eq!((pattern.missing(&event), event.text("source")), (vec!["detail.x"], Some("s")));
}

/// Names and values are few, so that much matches.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "a.b"]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec!["", "x", "xy", "yx", "X", "xyx", "10.0.0.1"]);
    prop_oneof![
        4 => text.prop_map(Value::from),
        3 => (-2i64..4).prop_map(Value::from),
        1 => prop::sample::select(vec![0.5, 1.0, 2.5]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn event() -> impl Strategy<Value = Value> {
    let object = |inner: BoxedStrategy<Value>| {
        prop::collection::btree_map(name(), inner, 0..4).prop_map(|members| members.into_iter().collect())
    };
    let value = leaf().prop_recursive(3, 16, 3, move |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from), object(inner.boxed())]
    });
    prop::collection::btree_map(name(), value, 0..4).prop_map(|members| members.into_iter().collect())
}

fn matcher() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["x", "y", "xy", "yx"]);
    let bound = -2i64..3;
    prop_oneof![
        4 => leaf(),
        1 => any::<bool>().prop_map(|exists| json!({"exists": exists})),
        1 => text().prop_map(|t| json!({"prefix": t})),
        1 => text().prop_map(|t| json!({"suffix": t})),
        1 => text().prop_map(|t| json!({"equals-ignore-case": t})),
        1 => text().prop_map(|t| json!({"anything-but": t})),
        1 => text().prop_map(|t| json!({"anything-but": {"prefix": [t]}})),
        1 => prop::sample::select(vec!["*", "x*", "*x", "x*x", "*y*", "x"]).prop_map(|t| json!({"wildcard": t})),
        1 => bound.clone().prop_map(|n| json!({"numeric": [">", n, "<=", n + 2]})),
        1 => bound.prop_map(|n| json!({"anything-but": [n]})),
        1 => Just(json!({"cidr": "10.0.0.0/24"})),
    ]
}

/// No two fields of one path: where one path stands twice, both must pass, and which leaves those are differs.
fn pattern() -> impl Strategy<Value = Value> {
    let tests = prop::collection::vec(matcher(), 1..3).prop_map(Value::from);
    let names = || prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    let object = move |inner: BoxedStrategy<Value>| {
        prop::collection::btree_map(names(), inner, 1..3).prop_map(|m| m.into_iter().collect::<Value>())
    };
    let member = tests.boxed().prop_recursive(2, 8, 2, move |inner| object(inner.boxed()));
    let plain = move || object(member.clone().boxed());
    prop_oneof![
        3 => plain(),
        1 => prop::collection::vec(plain(), 2..4).prop_map(|branches| json!({"$or": branches})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    /// 100,000 pairs.
    #[test]
    fn it_agrees_with_the_plain_evaluator(
        pattern in pattern(),
        events in prop::collection::vec(event(), 50),
    ) {
        let parsed = Pattern::parse(&pattern.to_string()).unwrap();
        for event in events {
            let said = parsed.matches(&Leaves::of(&event).unwrap());
            prop_assert_eq!(said, Ok(naive::matches(&pattern, &event)), "{} on {}", pattern, event);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}", json in event()) {
        let _ = Pattern::parse(&text);
        let _ = Pattern::parse(&json.to_string());
    }
}
