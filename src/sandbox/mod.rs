//! An embedded forge: real bare git repositories behind GitHub's and GitLab's dialects, on the loopback interface
//! only, sending signed webhooks as the forges do. The demo and the tests run against it.
//!
//! Read `world` first (what there is), then `acts`, `pushing` and `merging` (what can be done) and `story` (people doing it). `github` and
//! `gitlab` speak the dialects over `api`, `deliveries` sends the webhooks, `faults` makes things go wrong on demand.

pub mod acts;
pub mod api;
mod association;
pub mod boxes;
mod checks;
mod ci;
mod closing;
pub mod deliveries;
pub mod deploying;
pub mod faults;
pub mod git;
pub mod github;
pub mod gitlab;
mod groups;
pub mod happening;
mod join;
mod labels;
pub mod merging;
pub mod milestones;
pub mod pages;
pub mod people;
pub mod protection;
pub mod pushing;
mod record;
mod reverting;
pub mod reviewing;
pub mod signing;
pub mod story;
#[cfg(test)]
mod tests;
pub mod topic;
pub mod views;
mod wire;
pub mod world;

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, middleware::from_fn_with_state};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    boxes::Text,
    ci::CiState,
    deliveries::{Delivery, DeliveryRecord},
    deploying::DeployState,
    faults::{Call, Effect, Fault, Matching},
    merging::{MergeMethod, MergeRules, MergeSettings, Pipelines, SquashOption},
    protection::Administration,
    reviewing::{Stage, Verdict},
    story::RepoHandle,
    topic::Merge,
    world::{Kind, Role},
};
use self::{
    deliveries::Outbox,
    faults::{Faults, Watch, watch},
    record::Recorder,
    wire::{Scissors, Wires},
    world::{Shared, World, lock},
};

/// The App's key, which the sandbox made for itself; it opens nothing else.
const APP_KEY: &str = include_str!("app-test-key.pem");

/// How long calls under way may take when the sandbox stops.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct SandboxOptions {
    /// 0 takes a free port.
    pub port: u16,
    /// Where to record the exchanges; by default what `SLIPWAY_SANDBOX_RECORD` says.
    pub record: Option<PathBuf>,
    pub hooks: Hooks,
    /// Caps `per_page`, so that tests see many pages.
    pub page_size: Option<usize>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        let record = std::env::var_os("SLIPWAY_SANDBOX_RECORD").map(PathBuf::from);
        Self { port: 0, record, hooks: Hooks::Held, page_size: None }
    }
}

/// What becomes of webhooks.
#[derive(Clone, Debug, Default)]
pub enum Hooks {
    /// They wait until a test takes them.
    #[default]
    Held,
    /// They are posted at once and in order, to these URLs.
    Sent { github: String, gitlab: String },
}

/// What a bot must be configured with.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub app_id: u64,
    pub private_key_pem: String,
    pub github_webhook: String,
    pub gitlab_webhook_token: String,
    pub gitlab_signing_token: String,
    pub gitlab_token: String,
}

impl Default for Secrets {
    fn default() -> Self {
        Self {
            app_id: 4242,
            private_key_pem: APP_KEY.to_owned(),
            github_webhook: "sandbox-github-webhook-secret".to_owned(),
            gitlab_webhook_token: "sandbox-gitlab-webhook-token".to_owned(),
            gitlab_signing_token: "whsec_c2FuZGJveHNhbmRib3hzYW5kYm94c2FuZGJveDEyMzQ=".to_owned(),
            gitlab_token: "glpat-sandbox".to_owned(),
        }
    }
}

/// A running sandbox. Clones are the same sandbox; it stops when told to, or with the last clone and the
/// last `RepoHandle`.
#[derive(Clone)]
pub struct Sandbox {
    world: Shared,
    url: String,
    faults: Arc<Mutex<Faults>>,
    calls: Arc<Mutex<Vec<Call>>>,
    running: Arc<Running>,
}

/// The tasks of a sandbox, which end when this is dropped.
struct Running {
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Sandbox {
    pub async fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let recorder = options.record.map(|path| Recorder::open(&path)).transpose()?.map(Arc::new);
        let mut world = World::new(url.clone(), Secrets::default(), options.page_size)?;
        world.outbox = Outbox::new(options.hooks, recorder.clone());
        let running = Running { stopping: CancellationToken::new(), tasks: TaskTracker::new() };
        let (faults, calls) = (Arc::default(), Arc::default());
        let sandbox = Self { world: Arc::new(Mutex::new(world)), url, faults, calls, running: Arc::new(running) };
        sandbox.serve(listener, recorder)?;
        Ok(sandbox)
    }

    fn serve(&self, listener: TcpListener, recorder: Option<Arc<Recorder>>) -> anyhow::Result<()> {
        let Running { stopping, tasks } = &*self.running;
        let app = self.app(recorder)?.into_make_service_with_connect_info::<Scissors>();
        let served = axum::serve(Wires(listener), app).with_graceful_shutdown(stopping.clone().cancelled_owned());
        let sent = stopping.clone().run_until_cancelled_owned(deliveries::send_all(Arc::clone(&self.world)));
        tasks.spawn(served.into_future());
        tasks.spawn(sent);
        tasks.close();
        Ok(())
    }

    fn app(&self, recorder: Option<Arc<Recorder>>) -> anyhow::Result<Router> {
        let watched = move |kind, router: Router| {
            let (faults, calls) = (Arc::clone(&self.faults), Arc::clone(&self.calls));
            router.layer(from_fn_with_state(Watch { kind, faults, calls, recorder: recorder.clone() }, watch))
        };
        let gitlab = Router::new().nest("/api/v4", gitlab::router(&self.world));
        Ok(Router::new()
            .nest("/api", watched(Kind::GitHub, github::graph(&self.world)))
            .nest("/api/v3", watched(Kind::GitHub, github::router(&self.world)))
            .nest("/gitlab", watched(Kind::GitLab, gitlab))
            .merge(pages::router(&self.world, &self.calls)?))
    }

    /// Ends it: no new connections, no more webhooks; calls under way are answered, unless that takes long.
    pub async fn stop(&self) {
        self.running.stopping.cancel();
        if tokio::time::timeout(PATIENCE, self.running.tasks.wait()).await.is_err() {
            tracing::warn!("the sandbox stops with calls under way");
        }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn github_url(&self) -> String {
        format!("{}/api/v3", self.url)
    }

    /// Where GitHub's GraphQL API is.
    pub fn graphql_url(&self) -> String {
        format!("{}/api/graphql", self.url)
    }

    pub fn gitlab_url(&self) -> String {
        format!("{}/gitlab", self.url)
    }

    pub fn secrets(&self) -> Secrets {
        lock(&self.world).secrets.clone()
    }

    /// Says where webhooks go from now on; those held so far are sent there too.
    pub fn send_hooks_to(&self, hooks: Hooks) {
        lock(&self.world).outbox.send_to(hooks);
    }

    /// Everything held and not yet taken, in order.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        lock(&self.world).outbox.take()
    }

    pub fn delivery_log(&self) -> Vec<DeliveryRecord> {
        lock(&self.world).outbox.entries().iter().map(|(record, _)| record.clone()).collect()
    }

    /// What time it is on the forges.
    pub fn now(&self) -> jiff::Timestamp {
        lock(&self.world).now()
    }

    /// Lets time pass in which nothing happens.
    pub fn let_pass(&self, time: jiff::SignedDuration) {
        lock(&self.world).let_pass(time);
    }

    /// Creates a repository with a first commit "chore: start" by its owner on `main`. No webhook tells of it.
    pub fn repository(&self, kind: Kind, path: &str, files: &[(&str, &str)]) -> anyhow::Result<RepoHandle> {
        RepoHandle::create(self, kind, path, files)
    }

    /// Says whether GitHub's App may change settings of repositories, as rulesets are.
    pub fn set_administration(&self, administration: Administration) {
        lock(&self.world).administration = administration;
    }

    pub fn inject(&self, fault: Fault) {
        lock(&self.faults).inject(fault);
    }

    pub fn clear_faults(&self) {
        lock(&self.faults).clear();
    }

    /// Every API call received, in order of its answer.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    pub fn forget_calls(&self) {
        lock(&self.calls).clear();
    }

    /// A canonical text of all that people could see, without ids, times and the sandbox's own address: equal texts mean equal outcomes.
    pub fn snapshot(&self) -> String {
        views::snapshot(&lock(&self.world)).replace(&self.url, "http://forge.test")
    }
}
