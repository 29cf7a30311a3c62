//! The frame that both dialects' routes run in: a table of method, path and handler; a call with its parameters
//! decoded; an answer. Handlers are plain functions on the locked world, so a call is atomic as far as others can see.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    github,
    protection::{Violation, workflows::Withheld},
    world::{Kind, Shared, World, lock},
};

/// An error answer is an answer too; `?` works on both it and on `anyhow` errors, which become a 500.
pub type Handled = Result<Answer, Answer>;
pub type Handler = fn(&mut World, &Call) -> Handled;

/// One line of a route table.
pub struct Route(pub MethodFilter, pub &'static str, pub Handler);

/// A call to the API, decoded.
pub struct Call {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    /// The parts of the path that the route names, percent-decoded.
    pub params: HashMap<String, String>,
    pub query: Vec<(String, String)>,
    /// Null when there was none.
    pub body: Value,
}

impl Call {
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// A number in the path; something that is none names nothing, as 0 does.
    pub fn number(&self, name: &str) -> u64 {
        self.param(name).parse().unwrap_or(0)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A text field of the body.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }

    pub fn flag(&self, field: &str) -> Option<bool> {
        self.body.get(field).and_then(Value::as_bool)
    }

    /// The texts of a list in the body; GitLab's clients also send one text with commas.
    pub fn texts(&self, field: &str) -> Option<Vec<String>> {
        match self.body.get(field)? {
            Value::Array(items) => Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()),
            Value::String(text) => Some(text.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// The page that the client asks for, of at most `limit` items.
    pub fn page(&self, default_size: usize, limit: Option<usize>) -> Page {
        let ask = |name: &str| self.query(name).and_then(|text| text.parse::<usize>().ok()).filter(|n| *n > 0);
        let size = ask("per_page").map_or(default_size, |size| size.min(100));
        Page { number: ask("page").unwrap_or(1), size: limit.map_or(size, |limit| size.min(limit)).max(1) }
    }

    /// The query with another page number, for links to other pages.
    pub fn query_for_page(&self, number: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.query.iter().filter(|(key, _)| key != "page"));
        query.append_pair("page", &number.to_string()).finish()
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// From 1.
    pub number: usize,
    pub size: usize,
}

impl Page {
    pub fn of<'a, T>(&self, items: &'a [T]) -> &'a [T] {
        let start = (self.number - 1).saturating_mul(self.size).min(items.len());
        let end = start.saturating_add(self.size).min(items.len());
        items.get(start..end).unwrap_or_default()
    }

    /// The number of the last page, at least 1.
    pub fn last(&self, total: usize) -> usize {
        total.div_ceil(self.size).max(1)
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

#[derive(Debug)]
pub enum Body {
    Empty,
    Json(Value),
    Raw(Vec<u8>),
}

impl Answer {
    pub fn json(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    pub fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub fn created(body: Value) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    pub fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: Body::Empty }
    }

    pub fn raw(content: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Body::Raw(content) }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<anyhow::Error> for Answer {
    fn from(error: anyhow::Error) -> Self {
        if let Some(violation) = error.downcast_ref() {
            return refused(violation);
        }
        if error.is::<Withheld>() {
            return github::not_accessible();
        }
        tracing::error!("the sandbox failed: {error:#}");
        Self::json(StatusCode::INTERNAL_SERVER_ERROR, json!({"message": format!("{error:#}")}))
    }
}

/// What protects a reference refuses it in the words of its forge.
fn refused(violation: &Violation) -> Answer {
    match violation.kind {
        Kind::GitHub => github::refused(violation),
        Kind::GitLab => Answer::json(StatusCode::FORBIDDEN, json!({"message": violation.message})),
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Body::Empty => self.status.into_response(),
            Body::Json(value) => (self.status, Json(value)).into_response(),
            Body::Raw(content) => (self.status, content).into_response(),
        };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// A router for a table. `guard` decides who may come in, before the handler runs; `missing` answers unknown paths.
pub fn router(world: &Shared, routes: &[Route], guard: Guard) -> Router {
    let mut all = Router::new();
    for Route(method, path, handler) in routes {
        let (world, handler) = (Arc::clone(world), *handler);
        let run = move |method: Method, uri: Uri, headers: HeaderMap, given: Given, body: Bytes| async move {
            let (Path(params), Query(query)) = given;
            let body = decode(&headers, &body);
            let call = Call { method, uri, headers, params, query, body };
            let mut world = lock(&world);
            guard(&world, &call).and_then(|()| handler(&mut world, &call)).unwrap_or_else(|refusal| refusal)
        };
        all = all.route(path, on(*method, run));
    }
    all
}

/// In a form, these of GitLab's fields are lists with commas.
const COMMA_LISTS: [&str; 3] = ["labels", "add_labels", "remove_labels"];

/// A body as JSON, whether it came so or as a form. In a form a list is a repeated `name[]`, one of objects a repeated
/// `name[][field]`, where a field that is there already begins the next object. Null when there was none.
pub fn decode(headers: &HeaderMap, body: &[u8]) -> Value {
    let form = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !form {
        return serde_json::from_slice(body).unwrap_or(Value::Null);
    }
    let mut fields = Map::new();
    for (name, text) in url::form_urlencoded::parse(body) {
        let value = match text.parse() {
            _ if COMMA_LISTS.contains(&&*name) => text.split(',').filter(|item| !item.is_empty()).collect(),
            Ok(flag) if !name.ends_with("[content]") => Value::Bool(flag),
            _ => Value::from(&*text),
        };
        let Some((name, field)) = name.split_once("[]") else {
            fields.insert(name.into_owned(), value);
            continue;
        };
        let Value::Array(items) = fields.entry(name).or_insert_with(|| json!([])) else { continue };
        match field.strip_prefix('[').and_then(|field| field.strip_suffix(']')) {
            None => items.push(value),
            Some(field) => match items.last_mut().and_then(Value::as_object_mut) {
                Some(item) if !item.contains_key(field) => {
                    item.insert(field.to_owned(), value);
                }
                _ => items.push(json!({field: value})),
            },
        }
    }
    fields.into()
}

type Given = (Path<HashMap<String, String>>, Query<Vec<(String, String)>>);

/// Lets a call in or says why not.
pub type Guard = fn(&World, &Call) -> Result<(), Answer>;
