//! GitHub's error answers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::api::Answer;

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
