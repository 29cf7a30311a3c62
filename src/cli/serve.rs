//! `slipway serve`: settings, logs, listener, bot; then wait to be told to stop.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::bot::Bot;
use crate::domain::decide::dismiss;
use crate::domain::event::Delivery;
use crate::engine::{End, Report, Resolve};
use crate::settings::{self, LogFormat, Settings};

pub async fn run(file: Option<&Path>, dry_run: bool) -> anyhow::Result<()> {
    let settings = settings::read(|name| std::env::var(name).ok(), file)?;
    log(&settings);
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("SLIPWAY_LISTEN: {} cannot be listened on", settings.listen))?;
    let resolve = if dry_run { Resolve::Show } else { Resolve::Apply };
    let mut told = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    let bot = Bot::start(&settings, listener, resolve, Box::new(tell))?;
    tracing::info!(
        address = %bot.address, dry_run, github = settings.github.is_some(), gitlab = settings.gitlab.is_some(), "slipway is ready"
    );
    tokio::select! {
        _ = told.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: no more deliveries are taken");
    let left = bot.stop().await;
    for delivery in &left.waiting {
        tracing::warn!(delivery, "not worked on; deliver it again");
    }
    tracing::info!(running = left.running, waiting = left.waiting.len(), "stopped");
    Ok(())
}

/// One line for the plan and one for each step, in the delivery's span. Most deliveries ask for nothing whatever the state of the
/// repository; they are counted, and told only to whoever debugs.
fn tell(delivery: &Delivery, report: &Report) {
    if let Some(reason) = dismiss(delivery) {
        tracing::debug!("{reason}");
        return;
    }
    let stopped = matches!(report.end, End::Stopped { .. } | End::Broken(_));
    for line in report.to_string().lines() {
        if stopped {
            tracing::warn!("{line}");
        } else {
            tracing::info!("{line}");
        }
    }
}

fn log(settings: &Settings) {
    // The settings were checked to be a filter; a fallback costs nothing.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(stdout().is_terminal());
    match settings.log_format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.init(),
    }
}
