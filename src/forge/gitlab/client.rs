//! Calls to GitLab: the gitlab crate builds URLs, pages and reads answers; the transport sends. The crate's own client has no
//! time-out and follows redirects with the token in hand, so it is not used.

use std::borrow::Cow;
use std::fmt::Display;

use async_trait::async_trait;
use bytes::Bytes;
use gitlab::api::{ApiError, AsyncClient, AsyncQuery, BodyError, Endpoint, Pageable, QueryParams, RestClient};
use http::{HeaderValue, Method, Request, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::GitlabProject;
use crate::forge::{ForgeError, Result, Transport};
use crate::settings::{GitlabSettings, Secret};

/// Everything but what RFC 3986 leaves unreserved: GitLab takes a path, branch or tag as one segment, slashes encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

pub struct Client {
    transport: Transport,
    /// Ends with a slash, so that a path prefix of the instance stays.
    base: Url,
    token: Secret,
    /// Where people look, without a slash at the end.
    pub web: String,
}

impl Client {
    pub fn new(settings: &GitlabSettings, transport: Transport) -> Self {
        let mut base = settings.url.clone();
        base.set_path(&format!("{}/api/v4/", base.path().trim_end_matches('/')));
        let web = settings.url.as_str().trim_end_matches('/').to_owned();
        Self { transport, base, token: settings.token.clone(), web }
    }
}

impl RestClient for Client {
    type Error = ForgeError;

    fn rest_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<ForgeError>> {
        Ok(self.base.join(endpoint)?)
    }
}

#[async_trait]
impl AsyncClient for Client {
    async fn rest_async(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Response<Bytes>, ApiError<ForgeError>> {
        let unusable =
            |why: &dyn Display| ApiError::client(ForgeError::Unreadable { call: "preparing a request".to_owned(), why: why.to_string() });
        let mut token = HeaderValue::from_str(self.token.reveal()).map_err(|error| unusable(&error))?;
        token.set_sensitive(true);
        let request: Request<Bytes> = request.header("private-token", token).body(Bytes::from(body)).map_err(|error| unusable(&error))?;
        let mut response = self.transport.send(request).await.map_err(ApiError::client)?;
        if response.body().is_empty() {
            // The crate reads every answer as JSON, also that of a deletion, which has none.
            *response.body_mut() = Bytes::from_static(b"null");
        }
        Ok(response)
    }
}

/// One call; `path` is below `/api/v4/` and encoded already.
pub struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

impl Call {
    pub fn get(path: String) -> Self {
        Self { method: Method::GET, path, query: Vec::new(), body: None }
    }

    pub fn delete(path: String) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    pub fn post<B: Serialize>(path: String, body: &B) -> Self {
        Self { method: Method::POST, body: serde_json::to_vec(body).ok(), ..Self::get(path) }
    }

    pub fn put<B: Serialize>(path: String, body: &B) -> Self {
        Self { method: Method::PUT, ..Self::post(path, body) }
    }

    pub fn patch<B: Serialize>(path: String, body: &B) -> Self {
        Self { method: Method::PATCH, ..Self::post(path, body) }
    }

    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }
}

impl Endpoint for Call {
    fn method(&self) -> Method {
        self.method.clone()
    }

    fn endpoint(&self) -> Cow<'static, str> {
        self.path.clone().into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        for (key, value) in &self.query {
            parameters.push(*key, value.as_str());
        }
        parameters
    }

    fn body(&self) -> Result<Option<(&'static str, Vec<u8>)>, BodyError> {
        Ok(self.body.clone().map(|body| ("application/json", body)))
    }
}

impl Pageable for Call {}

impl GitlabProject<'_> {
    /// The path of something in this project.
    pub fn at(&self, path: &str) -> String {
        format!("projects/{}{path}", encode(self.repository.path.as_str()))
    }

    /// The address of the project's page.
    pub fn page(&self) -> String {
        format!("{}/{}", self.forge.client.web, self.repository.path)
    }

    pub async fn ask<T: DeserializeOwned + 'static>(&self, call: Call) -> Result<T> {
        call.query_async(&self.forge.client).await.map_err(|error| explain(error, &call.path))
    }

    /// For calls whose answer says nothing that is needed.
    pub async fn tell(&self, call: Call) -> Result<()> {
        self.ask::<serde::de::IgnoredAny>(call).await.map(drop)
    }
}

/// The transport has classified whatever the forge refused; what is left is the crate's view of a successful answer.
pub fn explain(error: ApiError<ForgeError>, call: &str) -> ForgeError {
    match error {
        ApiError::Client { source } => source,
        other => ForgeError::Unreadable { call: call.to_owned(), why: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_whatever_it_holds() {
        assert_eq!(encode("grp/sub/app"), "grp%2Fsub%2Fapp");
        assert_eq!(encode("feat#12-x?%/.."), "feat%2312-x%3F%25%2F..");
    }

    #[test]
    fn an_instance_may_live_below_a_path() {
        let url = "https://example.test/git/lab".parse().unwrap();
        let token = Secret::from("t");
        let settings = GitlabSettings { url, token, webhook_tokens: Vec::new(), signing_tokens: Vec::new() };
        let client = Client::new(&settings, Transport::new().unwrap());
        assert_eq!(client.rest_endpoint("projects/a%2Fb").unwrap().as_str(), "https://example.test/git/lab/api/v4/projects/a%2Fb");
    }
}
