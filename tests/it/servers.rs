//! A forge of a test's own, for what the sandbox does not do: it answers as the test says and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ETAG, IF_NONE_MATCH, LOCATION};
use serde_json::{Value, json};
use slipway::domain::event::{ForgeKind, Repository};
use slipway::domain::names::RepoPath;
use slipway::forge::Transport;
use slipway::forge::github::GitHub;
use slipway::forge::gitlab::GitLab;
use slipway::sandbox::Secrets;
use slipway::settings::{GithubSettings, GitlabSettings, Secret};
use tokio::net::TcpListener;

/// A call as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// What proves who asks, in either forge's header.
    pub credential: String,
    pub conditional: bool,
}

pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub async fn start(answer: impl Fn(&Asked) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = asked.clone();
        let router = Router::new().fallback(move |request: Request| async move {
            let call = Asked::from(&request);
            log.lock().unwrap().push(call.clone());
            answer(&call)
        });
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn github(&self) -> GitHub {
        github(&self.url)
    }

    pub fn gitlab(&self, token: &str) -> GitLab {
        gitlab(&self.url, token)
    }
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            credential: header("authorization").or_else(|| header("private-token")).unwrap_or_default(),
            conditional: request.headers().contains_key(IF_NONE_MATCH),
        }
    }
}

pub fn github(url: &str) -> GitHub {
    let settings = GithubSettings {
        app_id: 1,
        private_key: Secret::from(Secrets::default().private_key_pem.as_str()),
        webhook_secrets: Vec::new(),
        url: url.parse().unwrap(),
    };
    GitHub::connect(&settings, &transport()).unwrap()
}

pub fn gitlab(url: &str, token: &str) -> GitLab {
    let (webhook_tokens, signing_tokens) = (vec![Secret::from("hush")], Vec::new());
    let settings = GitlabSettings { url: url.parse().unwrap(), token: Secret::from(token), webhook_tokens, signing_tokens };
    GitLab::connect(&settings, &transport())
}

fn transport() -> Transport {
    crate::support::install_tls();
    Transport::new().unwrap()
}

/// The repository `acme/app` of a tenant, whose number is the repository's too.
pub fn repository(forge: ForgeKind, tenant: u64) -> Repository {
    let path = RepoPath::parse("acme/app").unwrap();
    Repository { forge, id: tenant, path, default_branch: None, tenant: (forge == ForgeKind::GitHub).then_some(tenant) }
}

pub fn ok(body: &Value) -> Response {
    (StatusCode::OK, [(ETAG, "\"the-same\"")], body.to_string()).into_response()
}

pub fn status(code: u16) -> Response {
    (StatusCode::from_u16(code).unwrap(), json!({"message": "as told"}).to_string()).into_response()
}

pub fn redirect(code: u16, to: &str) -> Response {
    (StatusCode::from_u16(code).unwrap(), [(LOCATION, to)]).into_response()
}

/// An installation's token is `token-` and its number.
pub fn minted(asked: &Asked) -> Option<Response> {
    let installation = asked.path.strip_prefix("/app/installations/")?.strip_suffix("/access_tokens")?;
    Some(ok(&json!({"token": format!("token-{installation}"), "expires_at": "2099-01-01T00:00:00Z"})))
}
