//! GitHub's error answers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::{api::Answer, protection::Violation};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

pub fn error(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, json!({"message": message, "documentation_url": DOCUMENTATION, "status": status.as_u16().to_string()}))
}

pub fn not_found() -> Answer {
    error(StatusCode::NOT_FOUND, "Not Found")
}

pub fn bad_credentials() -> Answer {
    error(StatusCode::UNAUTHORIZED, "Bad credentials")
}

/// A 422 that says it all in its message.
pub fn unprocessable(message: &str) -> Answer {
    error(StatusCode::UNPROCESSABLE_ENTITY, message)
}

/// A 422 about one field. `code` is GitHub's word: `missing`, `invalid`, `already_exists`, `custom` …
pub fn invalid(resource: &str, field: &str, code: &str) -> Answer {
    failed(&json!({"resource": resource, "field": field, "code": code}))
}

/// A 422 in GitHub's own words.
pub fn custom(resource: &str, message: &str) -> Answer {
    failed(&json!({"resource": resource, "code": "custom", "message": message}))
}

fn failed(problem: &Value) -> Answer {
    Answer::json(
        StatusCode::UNPROCESSABLE_ENTITY,
        json!({
            "message": "Validation Failed",
            "errors": [problem],
            "documentation_url": DOCUMENTATION,
            "status": "422",
        }),
    )
}

/// A 422 that names the broken rules.
pub fn refused(violation: &Violation) -> Answer {
    unprocessable(&rule_violations(violation))
}

/// GitHub's words for broken rules, in REST and in the graph.
pub fn rule_violations(violation: &Violation) -> String {
    format!("Repository rule violations found\n\n{}\n\n", violation.message)
}

/// The App lacks a permission.
pub fn not_accessible() -> Answer {
    error(StatusCode::FORBIDDEN, "Resource not accessible by integration")
}

/// A 422 by the check of what was sent, before anything is looked at.
pub fn malformed(detail: &str) -> Answer {
    unprocessable(&format!("Invalid request.\n\n{detail}"))
}
