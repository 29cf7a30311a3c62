//! The sandbox as its clients see it: over HTTP, and through the developer's API. Run with `SLIPWAY_SANDBOX_RECORD`
//! set to get a recording of all exchanges that can be checked against the forges' contracts.

mod conversations;
mod failures;
mod forge;
mod gitlab;
mod graph;
mod graph_writes;
mod issues;
mod opinions;
mod picking;
mod pushes;
mod queue;
mod readiness;
mod releasing;
mod rulesets;
mod running;
mod stories;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Delivery, Kind, RepoHandle, Role, Sandbox, SandboxOptions};

const CONFIG: (&str, &str) = ("slipway.toml", "mode = \"observe\"\n");

/// A sandbox with one repository on GitHub and a client with a token for it.
struct Stage {
    sandbox: Sandbox,
    repo: RepoHandle,
    bot: Bot,
}

async fn stage() -> Stage {
    stage_with(SandboxOptions::default()).await
}

async fn stage_with(options: SandboxOptions) -> Stage {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let sandbox = Sandbox::start(options).await.unwrap();
    let repo = sandbox.repository(Kind::GitHub, "acme/app", &[CONFIG, ("docs/a b.md", "hello\n")]).unwrap();
    let bot = Bot::of(&sandbox).await;
    Stage { sandbox, repo, bot }
}

impl Stage {
    /// The deliveries of an event that nobody has taken yet.
    fn delivered(&self, event: &str) -> Vec<Value> {
        let of_event = |delivery: &Delivery| (delivery.event == event).then(|| serde_json::from_slice(&delivery.body).unwrap());
        self.sandbox.take_deliveries().iter().filter_map(of_event).collect()
    }
}

/// A client of GitHub's API, as the App.
#[derive(Clone)]
struct Bot {
    http: reqwest::Client,
    base: String,
    jwt: String,
    token: String,
}

/// A JWT of the App. The sandbox does not check its signature.
fn jwt(issuer: u64, expiry: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(json!({"alg": "RS256"})), part(json!({"iss": issuer.to_string(), "exp": expiry})))
}

impl Bot {
    async fn of(sandbox: &Sandbox) -> Self {
        let in_time = jiff::Timestamp::now().as_second() + 300;
        let jwt = jwt(sandbox.secrets().app_id, in_time);
        let mut bot = Self { http: reqwest::Client::new(), base: sandbox.github_url(), jwt, token: String::new() };
        let minted = bot.as_app(Method::POST, "/app/installations/7001/access_tokens", None).await;
        assert_eq!(minted.status, 201);
        bot.token = minted.text("/token");
        bot
    }

    async fn as_app(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(&self.jwt, method, path, body).await.unwrap()
    }

    async fn send(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.http.request(method, url).bearer_auth(token).header("user-agent", "slipway-tests");
        let response = body.into_iter().fold(request, |request, body| request.json(&body)).send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let link = headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        Ok(Answer { status, link, headers, body })
    }

    /// A call about the repository `acme/app`.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(&self.token, method, &format!("/repos/acme/app{path}"), body).await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// All pages of a list, following `Link` as it is.
    async fn pages(&self, path: &str) -> Vec<Answer> {
        let mut pages = vec![self.get(path).await];
        while let Some(next) = pages.last().unwrap().next_page() {
            pages.push(self.send(&self.token, Method::GET, &next, None).await.unwrap());
        }
        pages
    }
}

struct Answer {
    status: StatusCode,
    link: Option<String>,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn text(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("{pointer} is no text in {}", self.body)).to_owned()
    }

    fn number(&self, pointer: &str) -> u64 {
        self.at(pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is no number in {}", self.body))
    }

    fn len(&self) -> usize {
        self.body.as_array().map_or(0, Vec::len)
    }

    fn next_page(&self) -> Option<String> {
        let next = self.link.as_ref()?.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
        next.split(['<', '>']).nth(1).map(str::to_owned)
    }
}
