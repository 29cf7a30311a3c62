//! How the GitLab dialect answers: refusals in GitLab's own wording (`{"message": …}` from the application,
//! `{"error": …}` from the parameter validation in front of it) and lists with its `Link` and `x-*` headers.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::base;
use crate::sandbox::{
    api::{Answer, Call, Handled, Page},
    world::World,
};

/// A refusal by GitLab's application code.
pub fn refused(status: StatusCode, message: impl Into<Value>) -> Answer {
    Answer::json(status, json!({"message": message.into()}))
}

pub fn bad_request(message: impl Into<Value>) -> Answer {
    refused(StatusCode::BAD_REQUEST, message)
}

/// `404 Branch Not Found` for `not_found("Branch")`.
pub fn not_found(what: &str) -> Answer {
    refused(StatusCode::NOT_FOUND, format!("404 {what} Not Found"))
}

/// GitLab words it differently when it looked a record up by its number.
pub fn no_record() -> Answer {
    refused(StatusCode::NOT_FOUND, "404 Not found")
}

/// A refusal by the parameter validation.
pub fn invalid(error: impl Into<Value>) -> Answer {
    Answer::json(StatusCode::BAD_REQUEST, json!({"error": error.into()}))
}

/// The values of fields that the body must have, or the complaint that names every missing one.
pub fn required<'a, const N: usize>(call: &'a Call, names: [&str; N]) -> Result<[&'a str; N], Answer> {
    let missing: Vec<String> = names.iter().filter(|name| call.text(name).is_none()).map(|name| format!("{name} is missing")).collect();
    if missing.is_empty() { Ok(names.map(|name| call.text(name).unwrap_or_default())) } else { Err(invalid(missing.join(", "))) }
}

/// A parameter of the query that takes only some values.
pub fn allowed<'a>(call: &'a Call, name: &str, values: &[&str]) -> Result<Option<&'a str>, Answer> {
    match call.query(name) {
        Some(value) if !values.contains(&value) => Err(invalid(format!("{name} does not have a valid value"))),
        value => Ok(value),
    }
}

/// A parameter of the query that is a time.
pub fn asked_time(call: &Call, name: &str) -> Result<Option<Timestamp>, Answer> {
    call.query(name).map(|text| text.parse().map_err(|_| invalid(format!("{name} is invalid")))).transpose()
}

/// Whether a list comes in rising order; the newest or highest comes first unless the client says otherwise.
pub fn is_rising(call: &Call) -> Result<bool, Answer> {
    Ok(allowed(call, "sort", &["asc", "desc"])? == Some("asc"))
}

/// A parameter of the query that must be there.
pub fn asked<'a>(call: &'a Call, name: &str) -> Result<&'a str, Answer> {
    call.query(name).ok_or_else(|| invalid(format!("{name} is missing")))
}

const PER_PAGE: usize = 20;

/// One page of a list; only what is on it is turned into JSON.
pub fn list<T>(world: &World, call: &Call, items: &[T], show: impl FnMut(&T) -> anyhow::Result<Value>) -> Handled {
    let page = call.page(PER_PAGE, world.page_size);
    let shown = page.of(items).iter().map(show).collect::<anyhow::Result<Value>>()?;
    let headers = page_headers(world, call, page, items.len());
    Ok(headers.into_iter().fold(Answer::ok(shown), |answer, (name, value)| answer.with_header(name, value)))
}

fn page_headers(world: &World, call: &Call, page: Page, total: usize) -> [(&'static str, String); 7] {
    let last = page.last(total);
    let next = (page.number < last).then(|| page.number + 1);
    let previous = (page.number > 1).then(|| page.number - 1);
    let targets = [("prev", previous), ("next", next), ("first", Some(1)), ("last", Some(last))];
    let address = format!("{}/api/v4{}", base(world), call.uri.path());
    let link = |(rel, number): (&str, usize)| format!("<{address}?{}>; rel=\"{rel}\"", call.query_for_page(number));
    let links: Vec<String> = targets.into_iter().filter_map(|(rel, number)| Some(link((rel, number?)))).collect();
    let text = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
    [
        ("link", links.join(", ")),
        ("x-next-page", text(next)),
        ("x-page", page.number.to_string()),
        ("x-per-page", page.size.to_string()),
        ("x-prev-page", text(previous)),
        ("x-total", total.to_string()),
        ("x-total-pages", last.to_string()),
    ]
}
