//! Calls to GitHub: octocrab makes the requests and authorizes them, the transport sends them. Paths are encoded here, because
//! octocrab puts text into them as it is: a branch `feat#12-x` would turn into a call about `feat`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::LINK;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use octocrab::{OctoBody, Octocrab};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::GithubRepository;
use crate::forge::http::Repeatable;
use crate::forge::{ForgeError, Result, Transport};

/// The route of the GraphQL API.
pub const GRAPH: &str = "/graphql";

/// Everything but what RFC 3986 leaves unreserved, and the slash that GitHub takes in refs and file paths.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// The transport as octocrab's innermost service.
#[derive(Clone)]
pub struct Wire(pub Transport);

impl tower::Service<Request<OctoBody>> for Wire {
    type Response = Response<Full<Bytes>>;
    type Error = tower::BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let transport = self.0.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            parts.headers.insert("accept", HeaderValue::from_static("application/vnd.github+json"));
            parts.headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
            let body = body.collect().await?.to_bytes();
            if parts.uri.path().ends_with(GRAPH) {
                parts.uri = graph(&parts.uri).unwrap_or(parts.uri);
                if body.starts_with(br#"{"query":"query"#) {
                    parts.extensions.insert(Repeatable);
                }
            }
            let response = transport.send(Request::from_parts(parts, body)).await?;
            Ok(response.map(Full::new))
        })
    }
}

/// An Enterprise Server has its GraphQL API beside the REST API, `/api/graphql`, and not within `/api/v3`.
fn graph(uri: &Uri) -> Option<Uri> {
    let beside = format!("{}{GRAPH}", uri.path().strip_suffix(GRAPH)?.strip_suffix("/v3")?);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(beside.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Sends one request as `client` and gives back what a successful answer holds.
pub async fn send<B: Serialize + Sync>(client: &Octocrab, method: Method, route: &str, body: Option<&B>) -> Result<Response<Bytes>> {
    let call = format!("{method} {route}");
    let request = client.build_request(Request::builder().method(method).uri(route), body);
    let request = request.map_err(|error| explain(error, &call))?;
    let (parts, body) = client.execute(request).await.map_err(|error| explain(error, &call))?.into_parts();
    let body = body.collect().await.map_err(|error| explain(error, &call))?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

/// octocrab carries the transport's own error in its box; everything else is its complaint about what was asked or answered.
fn explain(error: octocrab::Error, call: &str) -> ForgeError {
    let why = match error {
        octocrab::Error::Service { source, .. } => match source.downcast::<ForgeError>() {
            Ok(ours) => return *ours,
            Err(other) => other.to_string(),
        },
        other => other.to_string(),
    };
    ForgeError::Unreadable { call: call.to_owned(), why }
}

pub fn read<T: DeserializeOwned>(call: &str, response: &Response<Bytes>) -> Result<T> {
    serde_json::from_slice(response.body()).map_err(|error| ForgeError::Unreadable { call: call.to_owned(), why: error.to_string() })
}

impl GithubRepository<'_> {
    /// The route of something in this repository.
    pub(super) fn route(&self, path: &str) -> String {
        format!("/repos/{}{path}", encode(self.path.as_str()))
    }

    /// Calls with the installation's token, and once more with a new one if the forge does not accept it any more: a call that
    /// was refused for its credential has had no effect.
    pub async fn call<B: Serialize + Sync>(&self, method: Method, route: &str, body: Option<&B>) -> Result<Response<Bytes>> {
        let token = self.forge.tokens.token(self).await?;
        match send(&self.client(&token)?, method.clone(), route, body).await {
            Err(error) if error.is_unauthorized() => {
                self.forge.tokens.forget(self, &token);
                let token = self.forge.tokens.token(self).await?;
                send(&self.client(&token)?, method, route, body).await
            }
            answer => answer,
        }
    }

    fn client(&self, token: &str) -> Result<Octocrab> {
        let client = self.forge.app.user_access_token(token.to_owned());
        client.map_err(|error| explain(error, "authorizing"))
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let route = self.route(path);
        read(&route, &self.call(Method::GET, &route, None::<&()>).await?)
    }

    pub async fn post<B: Serialize + Sync>(&self, path: &str, body: &B) -> Result<()> {
        self.call(Method::POST, &self.route(path), Some(body)).await.map(drop)
    }

    pub async fn patch<B: Serialize + Sync>(&self, path: &str, body: &B) -> Result<()> {
        self.call(Method::PATCH, &self.route(path), Some(body)).await.map(drop)
    }

    pub async fn put<B: Serialize + Sync>(&self, path: &str, body: &B) -> Result<()> {
        self.call(Method::PUT, &self.route(path), Some(body)).await.map(drop)
    }

    pub async fn delete(&self, path: &str) -> Result<()> {
        self.call(Method::DELETE, &self.route(path), None::<&()>).await.map(drop)
    }

    /// The first page, and what leads to the next. `next` is relative, as octocrab authorizes absolute URLs on api.github.com only.
    pub async fn page<T: DeserializeOwned>(&self, at: Page) -> Result<(T, Option<Page>)> {
        let route = match at {
            Page::First(path) => self.route(&path),
            Page::Next(route) => route,
        };
        let response = self.call(Method::GET, &route, None::<&()>).await?;
        let next = response.headers().get(LINK).and_then(|link| next(link.to_str().ok()?));
        Ok((read(&route, &response)?, next.map(Page::Next)))
    }
}

pub enum Page {
    First(String),
    Next(String),
}

/// The path and query of the `rel="next"` target (RFC 8288).
fn next(link: &str) -> Option<String> {
    let target = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let url = target.split_once('<')?.1.split_once('>')?.0;
    let uri: http::Uri = url.parse().ok()?;
    uri.path_and_query().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place_in_a_path() {
        assert_eq!(encode("feat#12-x?y=%2F/ä b"), "feat%2312-x%3Fy%3D%252F/%C3%A4%20b");
    }

    #[test]
    fn graphql_is_beside_the_third_version_of_rest() {
        let moved = |uri: &str| graph(&uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(moved("https://ghe.test/api/v3/graphql").as_deref(), Some("https://ghe.test/api/graphql"));
        assert_eq!(moved("https://api.github.com/graphql"), None);
    }

    #[test]
    fn the_next_page_is_asked_for_by_a_relative_route() {
        let link = r#"<https://ghe.test/api/v3/repositories/1/tags?page=1>; rel="prev", <https://ghe.test/api/v3/repositories/1/tags?page=3>; rel="next""#;
        assert_eq!(next(link).as_deref(), Some("/api/v3/repositories/1/tags?page=3"));
        assert_eq!(next(r#"<https://ghe.test/x>; rel="last""#), None);
    }
}
