//! What a change of a ruleset changed, as its webhook tells it.

use serde_json::{Map, Value, json};

use super::rulesets::conditions;
use crate::sandbox::protection::rulesets::Terms;

/// The `changes` of `repository_ruleset edited`.
pub fn changes(former: &Terms, now: &Terms) -> Value {
    let mut changes = Map::new();
    if former.name != now.name {
        changes.insert("name".to_owned(), json!({"from": former.name}));
    }
    if former.enforcement != now.enforcement {
        changes.insert("enforcement".to_owned(), json!({"from": former.enforcement.word()}));
    }
    if (&former.include, &former.exclude) != (&now.include, &now.exclude) {
        changes.insert("conditions".to_owned(), json!({"added": [], "deleted": [], "updated": [changed_condition(former, now)]}));
    }
    if former.rules != now.rules {
        changes.insert("rules".to_owned(), changed_rules(&former.rules, &now.rules));
    }
    changes.into()
}

fn changed_condition(former: &Terms, now: &Terms) -> Value {
    let mut changes = Map::new();
    if former.include != now.include {
        changes.insert("include".to_owned(), json!({"from": former.include}));
    }
    if former.exclude != now.exclude {
        changes.insert("exclude".to_owned(), json!({"from": former.exclude}));
    }
    json!({"condition": conditions(now), "changes": changes})
}

fn changed_rules(former: &[Value], now: &[Value]) -> Value {
    let kind = |rule: &Value| rule.get("type").cloned();
    let without = |rules: &[Value], others: &[Value]| {
        let only = rules.iter().filter(|rule| !others.iter().any(|other| kind(other) == kind(rule)));
        only.cloned().collect::<Vec<_>>()
    };
    let updated = now.iter().filter_map(|rule| {
        let before = former.iter().find(|other| kind(other) == kind(rule) && *other != rule)?;
        let from = before.get("parameters").map(Value::to_string);
        Some(json!({"rule": rule, "changes": {"configuration": {"from": from}}}))
    });
    json!({"added": without(now, former), "deleted": without(former, now), "updated": updated.collect::<Vec<_>>()})
}
