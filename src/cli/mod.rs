//! What can be typed after `slipway`: one file a subcommand. The only place that prints, exits and knows anyhow.

mod backtest;
mod check;
#[cfg(feature = "sandbox")]
mod demo;
mod output;
mod preview;
mod schema;
mod serve;
mod sync;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// A stateless release bot for GitHub and GitLab.
#[derive(Debug, Parser)]
#[command(name = "slipway", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive webhooks and act on them. Settings come from SLIPWAY_… variables, which README.md lists
    Serve {
        /// A TOML file with the same settings, in lower case and without the prefix; the environment wins
        #[arg(long, value_name = "FILE", env = "SLIPWAY_SETTINGS")]
        settings: Option<PathBuf>,
        /// Decide and log everything, and write nothing to any forge
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what a local clone would release next. Reads the clone alone: no network, no settings
    Preview(preview::Arguments),
    /// Show what Slipway would have released beside what was released, for every two stable version tags that follow each other.
    /// Where the changes ask for no release, `bump` is null and `next` the patch that a maintainer gets who wants one all the same.
    /// With `--rules`, show instead which merged change requests the rules would have refused
    Backtest(backtest::Arguments),
    /// Say whether a slipway.toml can be read, and what is in force by it. Reads files alone: no network, no settings
    Check(check::Arguments),
    /// Show where a forge's own settings differ from a repository's slipway.toml, and change them. Settings come from the same variables
    /// as for `serve`
    Sync(sync::Arguments),
    /// Print the JSON Schema of slipway.toml, for editors
    Schema,
    /// Play a short story on two forges that live in this process, then stay up to be tried out
    #[cfg(feature = "sandbox")]
    Demo {
        /// Exit after the story: with 0 only if everything in it had its effect
        #[arg(long)]
        once: bool,
        /// Where the sandbox's own pages are served; a free port unless given
        #[arg(long, value_name = "PORT", default_value_t = 0)]
        port: u16,
    },
}

/// Runs what the arguments ask for.
pub fn run() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Preview(arguments) => preview::run(&arguments),
        Command::Backtest(arguments) => backtest::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Schema => schema::run(),
        Command::Sync(arguments) => online(sync::run(&arguments)),
        Command::Serve { settings, dry_run } => online(serve::run(settings.as_deref(), dry_run)),
        #[cfg(feature = "sandbox")]
        Command::Demo { once, port } => online(demo::run(once, port)),
    };
    ended.unwrap_or_else(|error| fail(&error))
}

/// Runs what talks to forges.
fn online(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    // Several crates bring TLS providers; one has to be named before the first connection.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        anyhow::bail!("another TLS provider is installed already");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to run on")?;
    runtime.block_on(work)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "this is what the person who typed the command reads")]
fn fail(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}");
    // Several problems come one a line, and line up below each other.
    let gap = if text.contains('\n') { '\n' } else { ' ' };
    eprintln!("slipway:{gap}{text}");
    ExitCode::FAILURE
}
