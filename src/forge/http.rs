//! The one way out: a single HTTP client for both forges. Time-outs, retries with back-off and jitter, rate limits, redirects
//! and the size of answers are settled here and nowhere else. Errors come out classified, so no adapter looks at a status.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use url::Url;

use super::Result;
use super::error::ForgeError;

/// How often a read is tried. A write is tried once: its answer may be lost after it took effect, and only the action that
/// it belongs to knows how to find out. Actions are applied again as a whole.
const ATTEMPTS: u32 = 3;
/// A rate limit that ends sooner is waited for on the spot; a longer one parks the repository.
const SHORT_WAIT: Duration = Duration::from_secs(2);
/// What both forges ask for when they name no time.
const UNNAMED_WAIT: Duration = Duration::from_mins(1);
/// Larger answers are refused: nothing that Slipway asks for comes near.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
const HOPS: u32 = 3;

/// Marks a request that may be sent again although it is no GET: it only asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeatable;

#[derive(Debug, Clone)]
pub struct Transport {
    client: reqwest::Client,
}

impl Transport {
    /// # Errors
    /// When the system's root certificates cannot be loaded.
    pub fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            // Following a redirect elsewhere would carry the credential along.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client })
    }

    /// Sends a request and gives back a successful answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let asks = request.method() == Method::GET || request.extensions().get::<Repeatable>().is_some();
        let attempts = if asks { ATTEMPTS } else { 1 };
        let mut attempt = 1;
        loop {
            let error = match self.follow(request.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let pause = match &error {
                ForgeError::Unavailable { .. } => backoff(attempt),
                ForgeError::RateLimited { after, .. } if *after <= SHORT_WAIT => *after,
                _ => return Err(error),
            };
            if attempt == attempts {
                return Err(error);
            }
            tracing::debug!(%error, attempt, "reading again");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Follows redirects within the same origin, as forges answer for renamed repositories.
    async fn follow(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>> {
        for _ in 0..HOPS {
            let response = self.once(request.clone()).await?;
            let status = response.status();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return classify(&request, response);
            }
            let target = redirect(&request, &response).ok_or_else(|| ForgeError::Moved { call: name(&request) })?;
            *request.uri_mut() = target;
        }
        Err(ForgeError::Moved { call: name(&request) })
    }

    async fn once(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let call = name(&request);
        let unavailable = |error: reqwest::Error| ForgeError::Unavailable { call: call.clone(), why: why(&error) };
        let request = reqwest::Request::try_from(request).map_err(unavailable)?;
        let mut answer = self.client.execute(request).await.map_err(unavailable)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(ForgeError::Unreadable { call, why: format!("it is larger than {LARGEST_ANSWER} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Half a second, then a second, each with up to half of it more, so that lanes do not come back in step.
fn backoff(attempt: u32) -> Duration {
    let base = Duration::from_millis(250) * 2_u32.saturating_pow(attempt);
    base.mul_f64(1.0 + fastrand::f64() / 2.0)
}

/// Where to go instead, if that is the same origin and the method survives the journey.
fn redirect(request: &Request<Bytes>, response: &Response<Bytes>) -> Option<http::Uri> {
    let keeps_method = matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let here = Url::parse(&request.uri().to_string()).ok()?;
    let there = here.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    let followed = (keeps_method || request.method() == Method::GET) && here.origin() == there.origin();
    followed.then(|| there.as_str().parse().ok()).flatten()
}

fn classify(request: &Request<Bytes>, response: Response<Bytes>) -> Result<Response<Bytes>> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let call = name(request);
    let message = message(response.body());
    let limited = match status.as_u16() {
        429 => Some(limit(response.headers())),
        403 => wait(response.headers()).or_else(|| message.contains("rate limit").then_some(UNNAMED_WAIT)),
        _ => None,
    };
    if let Some(after) = limited {
        return Err(ForgeError::RateLimited { call, after });
    }
    let status = status.as_u16();
    Err(match status {
        404 | 410 => ForgeError::NotFound { call },
        401 | 403 => ForgeError::Denied { call, status, message },
        408 | 500..=599 => ForgeError::Unavailable { call, why: format!("{status}, {message}") },
        _ => ForgeError::Rejected { call, status, message },
    })
}

/// How long a rate limit lasts that an answer tells of, whatever its status.
pub(super) fn limit(headers: &HeaderMap) -> Duration {
    wait(headers).unwrap_or(UNNAMED_WAIT)
}

/// How long a rate limit lasts: the seconds the forge asks for, or until the reset of a budget that is used up.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    if let Some(seconds) = number(RETRY_AFTER.as_str()) {
        return Some(Duration::from_secs(seconds.max(1)));
    }
    let prefix = ["x-ratelimit", "ratelimit"].into_iter().find(|prefix| number(&format!("{prefix}-remaining")) == Some(0))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let reset = number(&format!("{prefix}-reset"))?;
    Some(Duration::from_secs(reset.saturating_sub(now).max(1)))
}

/// What the forge says: `{"message": …}` or `{"error": …}`, of which either may be any JSON; anything else is a page for people. The
/// `error_code` that may come with it stands behind it in brackets, as `[conflict]`.
fn message(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Said {
        #[serde(alias = "error")]
        message: Option<serde_json::Value>,
        errors: Option<serde_json::Value>,
        error_code: Option<String>,
    }
    let Ok(said) = serde_json::from_slice::<Said>(body) else {
        return "without an explanation".to_owned();
    };
    let text = match (said.message, said.errors) {
        (Some(serde_json::Value::String(message)), None) => message,
        (Some(serde_json::Value::String(message)), Some(errors)) => format!("{message} {errors}"),
        (message, errors) => [message, errors].into_iter().flatten().map(|value| value.to_string()).collect(),
    };
    let code = said.error_code.map(|code| format!(" [{code}]")).unwrap_or_default();
    text.chars().take(300).chain(code.chars()).collect()
}

/// The call without its query, which may be long.
fn name(request: &Request<Bytes>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

/// The innermost cause is the telling one; URLs are left out because they are in the call's name.
fn why(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> ForgeError {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let request = Request::get("https://forge.test/x?y=z").body(Bytes::new()).unwrap();
        classify(&request, response.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).unwrap_err()
    }

    #[test]
    fn a_rate_limit_says_how_long_it_lasts_in_each_of_its_forms() {
        let secs = |error| match error {
            ForgeError::RateLimited { after, .. } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(secs(answer(403, &[("retry-after", "7")], "{}")), 7);
        assert_eq!(secs(answer(429, &[], "Retry later")), 60);
        assert_eq!(secs(answer(403, &[], r#"{"message":"You have exceeded a secondary rate limit"}"#)), 60);
        let soon = (SystemTime::now() + Duration::from_secs(100)).duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let waits = secs(answer(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &soon)], "{}"));
        assert!((98..=100).contains(&waits));
        assert!((98..=100).contains(&secs(answer(429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", &soon)], ""))));
    }

    #[test]
    fn a_plain_refusal_is_no_rate_limit() {
        let error = answer(403, &[("x-ratelimit-remaining", "4000")], r#"{"message":"Resource not accessible by integration"}"#);
        let call = "GET /x".to_owned();
        assert_eq!(error, ForgeError::Denied { call, status: 403, message: "Resource not accessible by integration".into() });
    }

    #[test]
    fn the_forges_own_words_are_kept_in_any_shape() {
        assert_eq!(message(br#"{"message":{"name":["is too long"]}}"#), r#"{"name":["is too long"]}"#);
        assert_eq!(message(br#"{"error":"name is missing"}"#), "name is missing");
        assert_eq!(message(br#"{"message":"Sorry","error_code":"conflict"}"#), "Sorry [conflict]");
        assert_eq!(message(b"<html>"), "without an explanation");
    }
}
