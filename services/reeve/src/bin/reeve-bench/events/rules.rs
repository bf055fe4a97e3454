//! What looking at an event by many rules costs, without any I/O.

use anyhow::ensure;
use reeve_event_pattern::Leaves;
use reeve_rules::{Book, rule};
use serde_json::{Value, json};
use std::{hint::black_box, time::Instant};

/// The goal, for 200 rules.
pub const MAX_MICROSECONDS: f64 = 50.0;
const EVENTS: u32 = 20_000;
const SOURCE: &str = "shop";

/// Microseconds for an event: all rules are about its source, so that none is left out for that, and one in a hundred matches.
pub fn cost(rules: usize) -> anyhow::Result<f64> {
    let book = Book::compile((0..rules).map(|number| (format!("rule-{number}"), rule_of(number))).collect());
    let events: Vec<Value> = (0..16).map(event).collect();
    let (mut matched, begun) = (0, Instant::now());
    for event in events.iter().cycle().take(EVENTS as usize) {
        let leaves = Leaves::of(black_box(event));
        let found = leaves.map(|leaves| book.matching(SOURCE, &leaves).0.len());
        matched += black_box(found.unwrap_or_default());
    }
    let time = begun.elapsed();
    ensure!(matched > 0 || rules < 100, "no event matched any of {rules} rules");
    Ok(time.as_secs_f64() * 1_000_000.0 / f64::from(EVENTS))
}

fn rule_of(number: usize) -> rule::State {
    let detail = match number % 5 {
        0 => json!({"total": [{"numeric": [">", number, "<", number + 2]}]}),
        1 => json!({"customer": {"name": [{"prefix": format!("customer-{number}")}]}}),
        2 => json!({"items": {"sku": [format!("sku-{number}")]}, "customer": {"country": ["DE", "FR"]}}),
        3 => {
            json!({"address": [{"cidr": format!("10.{}.0.0/16", number % 256)}], "note": [{"exists": true}]})
        }
        _ => json!({"path": [{"wildcard": format!("/orders/*/{number}/*")}]}),
    };
    let pattern = json!({"source": [SOURCE], "detail-type": ["OrderFailed"], "detail": detail}).to_string();
    let definition = rule::Definition { event_pattern: pattern, ..rule::Definition::default() };
    rule::State { definition: Some(definition), ..rule::State::default() }
}

fn event(number: usize) -> Value {
    let items: Vec<Value> =
        (0..4).map(|item| json!({"sku": format!("sku-{}", number * 10 + item), "count": item})).collect();
    json!({
        "version": "0", "id": format!("e-{number}"), "source": SOURCE, "detail-type": "OrderFailed",
        "account": "123456789012", "region": "us-east-1", "time": "2026-01-01T00:00:00Z", "resources": ["order/7"],
        "detail": {
            "total": f64::from(u32::try_from(number * 10).unwrap_or_default()) + 0.5, "items": items,
            "customer": {"name": format!("customer-{}", number * 10 + 1), "country": "DE"},
            "address": format!("10.{}.4.5", number % 256), "path": format!("/orders/7/{number}/items"),
        },
    })
}
