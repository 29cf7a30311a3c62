//! Schedules and calendars, by addresses that cannot be guessed. Whoever has one may read; nothing else is asked of them. Must not know where
//! they come from.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, StatusCode};
use sha2::{Digest as _, Sha256};

/// What is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub page: Document,
    pub feed: Document,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub kind: &'static str,
    pub text: String,
    /// Differs where the text says something else.
    pub tag: String,
    /// What it may load: nothing, unless told otherwise.
    pub policy: String,
}

/// It cannot be said now what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// Gives what is at an address; `None`: nothing is.
pub type Show = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Option<Arc<Shown>>, Unavailable>> + Send + Sync>;

impl Document {
    /// `revision` is what it says, without what differs each time it is written.
    pub fn new(kind: &'static str, text: String, revision: &str) -> Self {
        let digest = Sha256::digest(revision.as_bytes());
        let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(digest));
        Self { kind, text, tag, policy: "default-src 'none'".to_owned() }
    }
}

pub(super) async fn page(State(show): State<Show>, Path(address): Path<String>, headers: HeaderMap) -> Response {
    answer(show(address).await, &headers, |shown| &shown.page)
}

pub(super) async fn feed(State(show): State<Show>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    match file.strip_suffix(".ics") {
        Some(address) => answer(show(address.to_owned()).await, &headers, |shown| &shown.feed),
        None => nothing(),
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], "nothing is here\n").into_response()
}

fn answer(shown: Result<Option<Arc<Shown>>, Unavailable>, asked: &HeaderMap, which: fn(&Shown) -> &Document) -> Response {
    const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
    let shown = match shown {
        Ok(Some(shown)) => shown,
        Ok(None) => return nothing(),
        Err(Unavailable) => {
            return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "60")], "the forge cannot be asked now\n").into_response();
        }
    };
    let Document { kind, text, tag, policy } = which(&shown);
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let kept = [(ETAG, tag.as_str()), (CACHE_CONTROL, "private, max-age=300")];
    if known.map(str::trim).any(|known| known == "*" || known == tag) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    // The address is all that it takes to read: it must not get about.
    let guarded = [
        (CONTENT_TYPE, *kind),
        (CONTENT_SECURITY_POLICY, policy.as_str()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (ROBOTS, "noindex"),
    ];
    (kept, guarded, text.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use futures::FutureExt;
    use http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    fn router() -> Router {
        let show: Show = Arc::new(|address| {
            let document = |text: &str| Document::new("text/plain", text.to_owned(), "revision");
            let shown = Arc::new(Shown { page: document("page"), feed: document("feed") });
            let answer = match address.as_str() {
                "known" => Ok(Some(shown)),
                "busy" => Err(Unavailable),
                _ => Ok(None),
            };
            std::future::ready(answer).boxed()
        });
        Router::new().route("/schedule/{address}", get(page)).route("/calendar/{file}", get(feed)).with_state(show)
    }

    async fn ask(path: &str, known: Option<&str>) -> (u16, HeaderMap, String) {
        let request = Request::get(path).header(IF_NONE_MATCH, known.unwrap_or("W/\"other\"")).body(Body::empty()).unwrap();
        let (head, body) = router().oneshot(request).await.unwrap().into_parts();
        (head.status.as_u16(), head.headers, String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap())
    }

    #[tokio::test]
    async fn whoever_has_the_address_reads_the_page_and_the_calendar() {
        for (path, text) in [("/schedule/known", "page"), ("/calendar/known.ics", "feed")] {
            let (status, headers, body) = ask(path, None).await;
            assert_eq!((status, body.as_str()), (200, text));
            assert!(headers[CONTENT_SECURITY_POLICY] == "default-src 'none'" && headers[REFERRER_POLICY] == "no-referrer", "{headers:?}");
        }
    }

    #[tokio::test]
    async fn any_other_address_is_not_found_and_a_forge_that_is_away_is_told() {
        for path in ["/schedule/other", "/calendar/other.ics", "/calendar/known", "/calendar/known.ics/x"] {
            assert_eq!(ask(path, None).await.0, 404, "{path}");
        }
        let (status, headers, _) = ask("/calendar/busy.ics", None).await;
        assert!(status == 503 && headers[RETRY_AFTER] == "60", "{headers:?}");
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_again() {
        let (_, headers, _) = ask("/schedule/known", None).await;
        let (status, again, body) = ask("/schedule/known", headers[ETAG].to_str().ok()).await;
        assert_eq!((status, body.as_str(), &again[ETAG]), (304, "", &headers[ETAG]));
    }
}
