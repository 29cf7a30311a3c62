//! The HTTP side: webhooks in, schedules, health and metrics out. Must not know what becomes of a delivery once it is queued.
//!
//! To stop without losing anything: cancel `stopping`, await `serve`, which finishes the open requests, then drain the queue.

mod answer;
mod body;
mod listen;
#[cfg(test)]
mod tests;
pub mod timetable;
mod webhook;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio_util::sync::CancellationToken;

use crate::domain::event::ForgeKind;
use crate::ingest::signature::{GithubKeys, GitlabKeys};
use crate::ingest::{github, gitlab};
use crate::metrics;
use crate::queue::Queue;
use body::Budget;
pub use listen::serve;
use webhook::{Dialect, Hook, receive};

/// Bytes of request bodies held at once, unless told otherwise.
pub const BODY_BUDGET: usize = 64 << 20;

/// What the routes are made of. A forge without keys is not configured.
pub struct App<Q> {
    pub queue: Arc<Q>,
    pub github: Option<GithubKeys>,
    pub gitlab: Option<GitlabKeys>,
    /// Bytes of request bodies held at once; less than the longest body counts as that.
    pub body_budget: usize,
    /// What is at the address of a schedule.
    pub timetables: timetable::Show,
    /// Once cancelled, the process reports that it is not ready.
    pub stopping: CancellationToken,
}

pub fn router<Q: Queue>(app: App<Q>) -> Router {
    let App { queue, github, gitlab, body_budget, timetables, stopping } = app;
    let budget = Arc::new(Budget::new(body_budget));
    let hook = |dialect| post(receive::<Q>).with_state(Arc::new(Hook::new(dialect, queue.clone(), budget.clone())));
    let github =
        github.map(|keys| Dialect { forge: ForgeKind::GitHub, begin: Box::new(move |headers| keys.begin(headers)), parse: github::parse });
    let gitlab = gitlab.map(|keys| Dialect {
        forge: ForgeKind::GitLab,
        begin: Box::new(move |headers| keys.begin(headers, jiff::Timestamp::now().as_second())),
        parse: gitlab::parse,
    });
    Router::new()
        .route("/webhooks/github", github.map_or_else(|| unconfigured(NO_GITHUB), &hook))
        .route("/webhooks/gitlab", gitlab.map_or_else(|| unconfigured(NO_GITLAB), &hook))
        .route("/schedule/{address}", get(timetable::page).with_state(timetables.clone()))
        .route("/calendar/{file}", get(timetable::feed).with_state(timetables))
        .route("/healthz", get(|| ready("alive\n")))
        .route("/readyz", get(move || ready(readiness(&*queue, &stopping))))
        .route("/metrics", get(move || ready(scrape(&budget))))
}

const NO_GITHUB: &str = "GitHub is not configured here: set SLIPWAY_GITHUB_APP_ID, SLIPWAY_GITHUB_PRIVATE_KEY and \
     SLIPWAY_GITHUB_WEBHOOK_SECRET.\n";
const NO_GITLAB: &str = "GitLab is not configured here: set SLIPWAY_GITLAB_TOKEN and SLIPWAY_GITLAB_WEBHOOK_SECRET or \
     SLIPWAY_GITLAB_SIGNING_TOKEN.\n";

fn unconfigured(why: &'static str) -> MethodRouter {
    post(move || ready((StatusCode::NOT_FOUND, why)))
}

fn readiness(queue: &impl Queue, stopping: &CancellationToken) -> (StatusCode, &'static str) {
    if stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if queue.has_room() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the queue is full\n")
    }
}

fn scrape(budget: &Budget) -> impl IntoResponse + use<> {
    metrics::body_bytes().set(u32::try_from(budget.in_flight()).unwrap_or(u32::MAX));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render())
}
