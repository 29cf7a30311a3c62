//! Fault injection: what can go wrong between a bot and a forge, on demand. Every API call passes through here, so
//! this is also where calls are logged and exchanges recorded.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_TYPE, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::json;

use super::{
    github::{GRAPH, graphql::is_mutation},
    record::{Exchange, Recorder},
    wire::Scissors,
    world::{Kind, lock},
};

/// Something to go wrong, so many times.
#[derive(Clone, Debug)]
pub struct Fault {
    pub on: Matching,
    pub effect: Effect,
    pub times: u32,
}

/// The calls that a fault hits.
#[derive(Clone, Debug)]
pub enum Matching {
    Any,
    Calls {
        method: String,
        path_contains: String,
    },
    /// Calls whose body holds this text, as queries differ in nothing else.
    Asking(String),
    /// All that change something which people can see.
    Writes,
    /// Every call after the first so many from now.
    After(u32),
}

#[derive(Clone, Debug)]
pub enum Effect {
    BadGateway,
    SecondaryRateLimit {
        retry_after: u64,
    },
    PrimaryRateLimit {
        reset_in: u64,
    },
    /// The call takes effect, then the connection closes without an answer.
    LostAnswer,
    /// The connection closes before the call takes effect.
    Refused,
    /// The answer comes late.
    Delay(Duration),
    ExpiredToken,
    Status(u16),
}

/// An API call that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub kind: Kind,
    pub method: String,
    /// As sent, still percent-encoded, without `/api/v3` or `/gitlab` before it and without its query.
    pub path: String,
    /// 0 when the connection closed without an answer.
    pub status: u16,
    pub is_write: bool,
}

/// The faults in force, each with the number of calls seen since it was injected.
#[derive(Default)]
pub struct Faults(Vec<(Fault, u32)>);

impl Faults {
    pub fn inject(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What befalls a call: the effect of the first fault that matches it and is not used up.
    fn strike(&mut self, call: &Seen) -> Option<Effect> {
        let mut struck = None;
        for (fault, seen) in &mut self.0 {
            let hits = match &fault.on {
                Matching::Any => true,
                Matching::Calls { method: wanted, path_contains } => {
                    call.method.as_str().eq_ignore_ascii_case(wanted) && call.path.contains(path_contains)
                }
                Matching::Asking(text) => call.body.windows(text.len().max(1)).any(|part| part == text.as_bytes()),
                Matching::Writes => call.is_write,
                Matching::After(count) => *seen >= *count,
            };
            *seen = seen.saturating_add(1);
            if hits && struck.is_none() && fault.times > 0 {
                fault.times -= u32::from(fault.times != u32::MAX);
                struck = Some(fault.effect.clone());
            }
        }
        struck
    }
}

/// A call as it comes in.
struct Seen<'a> {
    method: &'a Method,
    path: &'a str,
    body: &'a [u8],
    is_write: bool,
}

impl<'a> Seen<'a> {
    /// Minting a token changes nothing that anybody could see, and GraphQL queries are posted too.
    fn of(parts: &'a Parts, body: &'a [u8]) -> Self {
        let (method, path) = (&parts.method, parts.uri.path());
        let is_write = match path {
            GRAPH => is_mutation(body),
            _ => ![Method::GET, Method::HEAD].contains(method) && !path.ends_with("/access_tokens"),
        };
        Self { method, path, body, is_write }
    }
}

/// Sees all calls to one dialect.
#[derive(Clone)]
pub struct Watch {
    pub kind: Kind,
    pub faults: Arc<Mutex<Faults>>,
    pub calls: Arc<Mutex<Vec<Call>>>,
    pub recorder: Option<Arc<Recorder>>,
}

/// The middleware around a dialect.
pub async fn watch(State(watch): State<Watch>, ConnectInfo(scissors): ConnectInfo<Scissors>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let seen = Seen::of(&parts, &body);
    let effect = lock(&watch.faults).strike(&seen);
    let again = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let response = match &effect {
        Some(Effect::Refused) => Response::default(),
        Some(Effect::LostAnswer) | None => next.run(again).await,
        Some(Effect::Delay(time)) => {
            tokio::time::sleep(*time).await;
            next.run(again).await
        }
        Some(effect) => failure(watch.kind, seen.path, effect),
    };
    let is_lost = matches!(effect, Some(Effect::Refused | Effect::LostAnswer));
    if is_lost {
        scissors.cut();
    }
    let (head, answer) = response.into_parts();
    let answer = to_bytes(answer, usize::MAX).await.unwrap_or_default();
    watch.log(&seen, if is_lost { 0 } else { head.status.as_u16() });
    if !matches!(effect, Some(Effect::Refused)) {
        watch.record(&parts, &body, head.status, &answer);
    }
    Response::from_parts(head, Body::from(answer))
}

impl Watch {
    fn log(&self, call: &Seen, status: u16) {
        let (method, path) = (call.method.to_string(), call.path.to_owned());
        lock(&self.calls).push(Call { kind: self.kind, method, path, status, is_write: call.is_write });
    }

    fn record(&self, parts: &Parts, request: &Bytes, status: StatusCode, response: &Bytes) {
        let Some(recorder) = &self.recorder else { return };
        recorder.exchange(&Exchange {
            kind: self.kind,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            request,
            status: status.as_u16(),
            response,
        });
    }
}

/// The answer that stands for an effect.
fn failure(kind: Kind, path: &str, effect: &Effect) -> Response {
    match (effect, kind) {
        (Effect::BadGateway, _) => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
            (StatusCode::BAD_GATEWAY, [(CONTENT_TYPE, "text/html")], page).into_response()
        }
        (Effect::SecondaryRateLimit { retry_after }, Kind::GitHub) => {
            let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            headed(told(StatusCode::FORBIDDEN, message), &[("retry-after", retry_after.to_string())])
        }
        (Effect::SecondaryRateLimit { retry_after }, Kind::GitLab) => headed(retry_later(), &[("retry-after", retry_after.to_string())]),
        (Effect::PrimaryRateLimit { reset_in }, Kind::GitHub) if path == GRAPH => {
            let error = json!({"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation ID 7001."});
            headed(Json(json!({"errors": [error]})).into_response(), &limits(*reset_in, "graphql"))
        }
        (Effect::PrimaryRateLimit { reset_in }, Kind::GitHub) => {
            headed(told(StatusCode::FORBIDDEN, "API rate limit exceeded for installation ID 7001."), &limits(*reset_in, "core"))
        }
        (Effect::PrimaryRateLimit { reset_in }, Kind::GitLab) => gitlab_limit(*reset_in),
        (Effect::ExpiredToken, Kind::GitHub) => told(StatusCode::UNAUTHORIZED, "Bad credentials"),
        (Effect::ExpiredToken, Kind::GitLab) => {
            let body = json!({"error": "invalid_token", "error_description": "Token is expired."});
            (StatusCode::UNAUTHORIZED, Json(body)).into_response()
        }
        (Effect::Status(404), Kind::GitHub) if path == GRAPH => {
            let error = json!({"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository."});
            Json(json!({"data": {"repository": null}, "errors": [error]})).into_response()
        }
        (Effect::Status(code), _) => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            told(status, status.canonical_reason().unwrap_or("Failed"))
        }
        (Effect::LostAnswer | Effect::Refused | Effect::Delay(_), _) => Response::default(),
    }
}

/// An error with a message; a status that has no body gets none.
fn told(status: StatusCode, message: &str) -> Response {
    if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        return status.into_response();
    }
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status.as_str()});
    (status, Json(body)).into_response()
}

fn retry_later() -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(CONTENT_TYPE, "text/plain")], "Retry later\n").into_response()
}

/// GitHub's headers on a rate limit that is used up.
fn limits(reset_in: u64, resource: &str) -> [(&'static str, String); 5] {
    let reset = (Timestamp::now() + Duration::from_secs(reset_in)).as_second();
    [
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-used", "5000".to_owned()),
        ("x-ratelimit-reset", reset.to_string()),
        ("x-ratelimit-resource", resource.to_owned()),
    ]
}

fn gitlab_limit(reset_in: u64) -> Response {
    let reset = Timestamp::now() + Duration::from_secs(reset_in);
    let headers = [
        ("ratelimit-limit", "60".to_owned()),
        ("ratelimit-name", "throttle_authenticated_api".to_owned()),
        ("ratelimit-observed", "61".to_owned()),
        ("ratelimit-remaining", "0".to_owned()),
        ("ratelimit-reset", reset.as_second().to_string()),
        ("ratelimit-resettime", rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&reset).unwrap_or_default()),
        ("retry-after", reset_in.to_string()),
    ];
    headed(retry_later(), &headers)
}

fn headed(mut response: Response, headers: &[(&'static str, String)]) -> Response {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
