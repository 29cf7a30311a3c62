//! A sandbox with one repository on one forge, and a bot that is told of what the test chooses.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once};

use futures::future::join_all;
use slipway::bot::Bot;
use slipway::domain::event;
use slipway::engine::{Report, Resolve};
use slipway::queue::lanes::Left;
use slipway::sandbox::{Call, Delivery, Effect, Fault, Kind, Matching, RepoHandle, Sandbox, SandboxOptions};
use slipway::settings::Settings;
use tokio::net::TcpListener;

/// The policy that most tests are about, on which only what breaks it is commented.
pub const POLICY: &str = r#"
[release]
preview = false

[[rules.base_branch.allow]]
into = "main"
from = ["feature/*", "fix/*"]

[rules.conventional_title]

[branches]
delete_merged = ["feature/*", "feat#*"]
"#;

/// The same policy where each open change request is told what merging it would release, as it is by default.
pub fn previewing() -> String {
    POLICY.replace("preview = false", "preview = true")
}

pub const BOTH: [Kind; 2] = [Kind::GitHub, Kind::GitLab];

pub struct World {
    pub sandbox: Sandbox,
    pub repository: RepoHandle,
    pub settings: Settings,
    bot: Bot,
    told: Told,
    pub client: reqwest::Client,
}

type Told = Arc<Mutex<Vec<String>>>;

/// Where the exchanges of this run are recorded for the contract check.
fn record() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/exchanges");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("it-{}.jsonl", std::process::id()))
}

/// Those of every world here: what it exchanges is recorded.
pub fn options() -> SandboxOptions {
    SandboxOptions { record: Some(record()), ..SandboxOptions::default() }
}

/// The same on both forges, at the same time.
pub async fn on_both<F: Future<Output = ()>>(story: impl Fn(Kind) -> F) {
    join_all(BOTH.map(story)).await;
}

/// A world whose repository has this policy on `main`, tagged `v1.0.0`. Nobody has been told of that.
pub async fn world(kind: Kind, policy: &str) -> World {
    world_with(kind, policy, options()).await
}

pub async fn world_with(kind: Kind, policy: &str, options: SandboxOptions) -> World {
    install_tls();
    let sandbox = Sandbox::start(options).await.unwrap();
    let files: &[(&str, &str)] = if policy.is_empty() { &[] } else { &[("slipway.toml", policy)] };
    let repository = sandbox.repository(kind, "acme/app", files).unwrap();
    repository.tag("v1.0.0", "main").unwrap();
    sandbox.take_deliveries();
    let settings = sandbox.settings().unwrap();
    let told = Told::default();
    let bot = start(&settings, &told, Resolve::Apply).await;
    World { sandbox, repository, settings, bot, told, client: reqwest::Client::new() }
}

pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap());
}

async fn start(settings: &Settings, told: &Told, resolve: Resolve) -> Bot {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let told = told.clone();
    let watch = move |delivery: &event::Delivery, report: &Report| {
        told.lock().unwrap().push(format!("{}: {}: {report}", delivery.repository.path, delivery.event));
    };
    Bot::start(settings, listener, resolve, Box::new(watch)).unwrap()
}

/// Posts a delivery as its forge does and returns the status of the answer.
pub async fn post_to(client: &reqwest::Client, address: &str, delivery: &Delivery) -> u16 {
    send_to(client, address, delivery).await.status().as_u16()
}

async fn send_to(client: &reqwest::Client, address: &str, delivery: &Delivery) -> reqwest::Response {
    let path = if delivery.kind == Kind::GitHub { "github" } else { "gitlab" };
    let mut request = client.post(format!("http://{address}/webhooks/{path}"));
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    request.body(delivery.body.clone()).send().await.unwrap()
}

impl World {
    /// Hands one delivery to the bot and returns the status of its answer, without waiting for the work.
    pub async fn post(&self, delivery: &Delivery) -> u16 {
        post_to(&self.client, &self.address(), delivery).await
    }

    /// Hands one delivery to the bot and returns the status and the text of its answer.
    pub async fn answer(&self, delivery: &Delivery) -> (u16, String) {
        let answer = send_to(&self.client, &self.address(), delivery).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Hands one delivery over and waits until it is worked on.
    pub async fn deliver(&self, delivery: &Delivery) {
        let status = self.post(delivery).await;
        assert!((200..300).contains(&status), "{}: {status}", delivery.summary);
        self.bot.idle().await;
    }

    /// Delivers everything that waits, and what that causes, until nothing more comes. Returns what was delivered.
    pub async fn settle(&self) -> Vec<Delivery> {
        let mut delivered = Vec::new();
        loop {
            let deliveries = self.sandbox.take_deliveries();
            if deliveries.is_empty() {
                return delivered;
            }
            for delivery in deliveries {
                self.deliver(&delivery).await;
                delivered.push(delivery);
            }
        }
    }

    /// Replaces the bot by one that remembers nothing, as after a crash.
    pub async fn restart(&mut self) {
        let fresh = start(&self.settings, &self.told, Resolve::Apply).await;
        std::mem::replace(&mut self.bot, fresh).stop().await;
    }

    pub async fn restart_as(&mut self, settings: Settings, resolve: Resolve) {
        let fresh = start(&settings, &self.told, resolve).await;
        self.settings = settings;
        std::mem::replace(&mut self.bot, fresh).stop().await;
    }

    pub async fn stop(self) -> Left {
        self.bot.stop().await
    }

    /// Lets the next calls of this kind go wrong, so many times.
    pub fn fault(&self, (method, path): (&str, &str), effect: Effect, times: u32) {
        let on = Matching::Calls { method: method.to_owned(), path_contains: path.to_owned() };
        self.sandbox.inject(Fault { on, effect, times });
    }

    pub async fn idle(&self) {
        self.bot.idle().await;
    }

    pub fn address(&self) -> String {
        self.bot.address.to_string()
    }

    /// What the bot said it did, since it was last asked.
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    /// The calls to the sandbox with this method, about a path with this in it.
    pub fn calls(&self, method: &str, part: &str) -> Vec<Call> {
        self.sandbox.calls().into_iter().filter(|call| call.method == method && call.path.contains(part)).collect()
    }

    /// A branch with one commit, from `main`.
    pub fn branch(&self, name: &str, message: &str) {
        self.repository.branch(name, "main").unwrap();
        let file = format!("{}.txt", name.replace(['/', '#'], "-"));
        self.repository.commit(name, "dana", message, &[(&file, message)]).unwrap();
    }

    /// An open change request of Dana's with one commit of the same title.
    pub fn open(&self, head: &str, base: &str, title: &str) -> u64 {
        self.branch(head, title);
        self.repository.open("dana", head, base, title).unwrap()
    }

    /// State and title of the policy check on a branch's head.
    pub fn policy(&self, branch: &str) -> (String, String) {
        let checks = self.repository.checks(&self.repository.head(branch).unwrap());
        let check = checks.into_iter().find(|check| check.name == "slipway/policy");
        check.map(|check| (check.state, check.title)).unwrap_or_default()
    }

    /// The bot's comments on a change request.
    pub fn said(&self, number: u64) -> Vec<String> {
        let own = self.repository.comments(number).into_iter().filter(|comment| comment.author.starts_with("slipway"));
        own.map(|comment| comment.body).collect()
    }
}
