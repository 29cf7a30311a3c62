//! The rules that a ruleset may have and the parameters of each, as GitHub's API description gives them.

use serde_json::{Map, Value, json};

use Shape::{Checks, Flag, Number, OneOf, Text, Texts};

enum Shape {
    Flag,
    /// Between these two.
    Number(u64, u64),
    Text,
    Texts(&'static [&'static str]),
    OneOf(&'static [&'static str]),
    /// Objects with a `context` and maybe an `integration_id`.
    Checks,
    /// Objects of which the sandbox knows nothing.
    Objects,
}

/// A parameter: its name, what it takes, and what GitHub takes it for where it is missing; None makes it required.
struct Parameter(&'static str, Shape, Option<fn() -> Value>);

const METHODS: &[&str] = &["merge", "squash", "rebase"];

const PATTERN: &[Parameter] = &[
    Parameter("name", Text, Some(|| json!(""))),
    Parameter("negate", Flag, Some(|| json!(false))),
    Parameter("operator", OneOf(&["starts_with", "ends_with", "contains", "regex"]), None),
    Parameter("pattern", Text, None),
];

const PULL_REQUEST: &[Parameter] = &[
    Parameter("allowed_merge_methods", Texts(METHODS), Some(|| json!(METHODS))),
    Parameter("dismiss_stale_reviews_on_push", Flag, None),
    Parameter("require_code_owner_review", Flag, None),
    Parameter("require_last_push_approval", Flag, None),
    Parameter("required_approving_review_count", Number(0, 10), None),
    Parameter("required_review_thread_resolution", Flag, None),
    Parameter("required_reviewers", Shape::Objects, Some(|| json!([]))),
];

const STATUS_CHECKS: &[Parameter] = &[
    Parameter("do_not_enforce_on_create", Flag, Some(|| json!(false))),
    Parameter("required_status_checks", Checks, None),
    Parameter("strict_required_status_checks_policy", Flag, None),
];

const MERGE_QUEUE: &[Parameter] = &[
    Parameter("check_response_timeout_minutes", Number(1, 360), None),
    Parameter("grouping_strategy", OneOf(&["ALLGREEN", "HEADGREEN"]), None),
    Parameter("max_entries_to_build", Number(0, 100), None),
    Parameter("max_entries_to_merge", Number(0, 100), None),
    Parameter("merge_method", OneOf(&["MERGE", "SQUASH", "REBASE"]), None),
    Parameter("min_entries_to_merge", Number(0, 100), None),
    Parameter("min_entries_to_merge_wait_minutes", Number(0, 360), None),
];

const RULES: &[(&str, &[Parameter])] = &[
    ("branch_name_pattern", PATTERN),
    ("commit_author_email_pattern", PATTERN),
    ("commit_message_pattern", PATTERN),
    ("committer_email_pattern", PATTERN),
    ("creation", &[]),
    ("deletion", &[]),
    ("merge_queue", MERGE_QUEUE),
    ("non_fast_forward", &[]),
    ("pull_request", PULL_REQUEST),
    ("required_linear_history", &[]),
    ("required_signatures", &[]),
    ("required_status_checks", STATUS_CHECKS),
    ("tag_name_pattern", PATTERN),
    ("update", &[Parameter("update_allows_fetch_and_merge", Flag, Some(|| json!(false)))]),
];

/// A rule as GitHub gives it back, with what was left out; or what is wrong with it.
pub fn completed(rule: &Value) -> Result<Value, String> {
    let kind = rule.get("type").and_then(Value::as_str).ok_or("Missing key `type` in a rule.")?;
    let (_, parameters) = RULES.iter().find(|(name, _)| *name == kind).ok_or_else(|| format!("Invalid rule '{kind}'."))?;
    if parameters.is_empty() {
        return Ok(json!({"type": kind}));
    }
    let none = Map::new();
    let given = rule.get("parameters").and_then(Value::as_object).unwrap_or(&none);
    if let Some(unknown) = given.keys().find(|name| !parameters.iter().any(|parameter| parameter.0 == *name)) {
        return Err(format!("Invalid rule '{kind}': {unknown} is not a permitted key."));
    }
    let mut all = Map::new();
    for Parameter(name, shape, default) in *parameters {
        let value = match (given.get(*name), default) {
            (Some(value), _) if shape.takes(value) => value.clone(),
            (Some(value), _) => return Err(format!("Invalid rule '{kind}': Invalid property {name}: `{value}`.")),
            (None, Some(default)) => default(),
            (None, None) => return Err(format!("Invalid rule '{kind}': {name} wasn't supplied.")),
        };
        all.insert((*name).to_owned(), value);
    }
    Ok(json!({"type": kind, "parameters": all}))
}

impl Shape {
    fn takes(&self, value: &Value) -> bool {
        let all = |is_good: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(is_good));
        match self {
            Flag => value.is_boolean(),
            Number(least, most) => value.as_u64().is_some_and(|number| (*least..=*most).contains(&number)),
            Text => value.is_string(),
            Texts(known) => all(&|item| item.as_str().is_some_and(|item| known.contains(&item))) && value != &json!([]),
            OneOf(known) => value.as_str().is_some_and(|text| known.contains(&text)),
            Checks => all(&is_check),
            Self::Objects => all(&Value::is_object),
        }
    }
}

fn is_check(value: &Value) -> bool {
    let is_known = |(name, value): (&String, &Value)| match name.as_str() {
        "context" => value.as_str().is_some_and(|context| !context.is_empty()),
        "integration_id" => value.is_u64(),
        _ => false,
    };
    value.as_object().is_some_and(|fields| fields.contains_key("context") && fields.iter().all(is_known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_completed() {
        let update = completed(&json!({"type": "update"})).unwrap();
        assert_eq!(update["parameters"], json!({"update_allows_fetch_and_merge": false}));
        assert_eq!(completed(&json!({"type": "deletion", "parameters": {}})).unwrap(), json!({"type": "deletion"}));
    }

    #[test]
    fn rules_are_refused_with_the_reason() {
        let refusal = |kind: &str, parameters: Value| completed(&json!({"type": kind, "parameters": parameters})).unwrap_err();
        assert_eq!(refusal("no_fun", json!({})), "Invalid rule 'no_fun'.");
        assert_eq!(
            refusal("tag_name_pattern", json!({"operator": "contains"})),
            "Invalid rule 'tag_name_pattern': pattern wasn't supplied."
        );
        let wrong = json!({"operator": "is", "pattern": "v"});
        assert_eq!(refusal("tag_name_pattern", wrong), "Invalid rule 'tag_name_pattern': Invalid property operator: `\"is\"`.");
        let checks = json!({"required_status_checks": [{"name": "x"}], "strict_required_status_checks_policy": true});
        assert!(refusal("required_status_checks", checks).contains("Invalid property required_status_checks"));
        assert!(refusal("update", json!({"else": 1})).ends_with("else is not a permitted key."));
    }
}
