//! The bot as a whole, put together once for `serve`, the demo and the tests: forges, engine, queue and web, on one listener.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::calendars::Calendars;
use crate::domain::event::ForgeKind;
use crate::engine::{Engine, Forges, Resolve, Watch};
use crate::forge::Transport;
use crate::forge::address::Addresses;
use crate::forge::github::{ConnectError, GitHub};
use crate::forge::gitlab::GitLab;
use crate::ingest::signature::{GithubKeys, GitlabKeys, InvalidSigningToken};
use crate::queue::lanes::{BYTES, Lanes, Left, Limits};
use crate::render::{RenderError, Renderer};
use crate::settings::{GitlabSettings, Settings};
use crate::web::{self, App};

/// Why the bot cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the system's root certificates cannot be loaded: {0}")]
    Transport(#[from] reqwest::Error),
    #[error(transparent)]
    GitHub(#[from] ConnectError),
    #[error("SLIPWAY_GITLAB_SIGNING_TOKEN: {0}")]
    SigningToken(#[from] InvalidSigningToken),
    #[error(transparent)]
    Templates(#[from] RenderError),
    #[error("the listener has no address: {0}")]
    Listener(#[from] io::Error),
}

/// A running bot.
pub struct Bot {
    pub address: SocketAddr,
    queue: Arc<Lanes<Arc<Engine>>>,
    stopping: CancellationToken,
    serving: JoinHandle<()>,
    drain: Duration,
}

/// Sealed by what seals everything else of a forge.
fn addresses(settings: &Settings) -> Addresses {
    let github = settings.github.iter().map(|github| (ForgeKind::GitHub, github.webhook_secrets.iter().collect()));
    let gitlab = settings.gitlab.iter();
    let gitlab = gitlab.map(|gitlab| (ForgeKind::GitLab, gitlab.webhook_tokens.iter().chain(&gitlab.signing_tokens).collect()));
    Addresses::new(github.chain(gitlab), settings.url.clone())
}

impl Bot {
    /// Starts to answer on `listener`. No forge is called before the first delivery.
    ///
    /// # Errors
    /// When a setting turns out to be unusable.
    pub fn start(settings: &Settings, listener: TcpListener, resolve: Resolve, watch: Watch) -> Result<Self, StartError> {
        let transport = Transport::new()?;
        let github = settings.github.as_ref().map(|github| GitHub::connect(github, &transport)).transpose()?;
        let gitlab = settings.gitlab.as_ref().map(|gitlab| GitLab::connect(gitlab, &transport));
        let engine = Arc::new(Engine {
            forges: Forges { github, gitlab },
            renderer: Renderer::new()?,
            resolve,
            pace: settings.pace,
            patience: settings.patience,
            watch,
            clock: settings.clock.clone(),
            addresses: addresses(settings),
        });
        let calendars = Arc::new(Calendars::new(engine.clone()));
        let limits = Limits { concurrency: settings.concurrency, deliveries: settings.queue_length, bytes: BYTES };
        let queue = Arc::new(Lanes::new(engine, limits));
        let stopping = CancellationToken::new();
        let gitlab_keys = |gitlab: &GitlabSettings| GitlabKeys::new(gitlab.webhook_tokens.clone(), gitlab.signing_tokens.clone());
        let router = web::router(App {
            queue: queue.clone(),
            github: settings.github.as_ref().map(|github| GithubKeys::new(github.webhook_secrets.clone())),
            gitlab: settings.gitlab.as_ref().map(gitlab_keys).transpose()?,
            body_budget: web::BODY_BUDGET,
            timetables: Arc::new(move |address| {
                let calendars = calendars.clone();
                Box::pin(async move { calendars.show(address).await })
            }),
            stopping: stopping.clone(),
        });
        let address = listener.local_addr()?;
        let serving = tokio::spawn(web::serve(listener, router, stopping.clone()));
        Ok(Self { address, queue, stopping, serving, drain: settings.drain })
    }

    /// Waits until no delivery waits or is worked on.
    pub async fn idle(&self) {
        self.queue.idle().await;
    }

    /// Takes no more deliveries, finishes those that wait for as long as the settings allow, and says what was left.
    pub async fn stop(self) -> Left {
        let deadline = Instant::now() + self.drain;
        self.stopping.cancel();
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the listener failed");
        }
        self.queue.drain(deadline).await
    }
}
