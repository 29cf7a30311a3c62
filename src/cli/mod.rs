//! What can be typed after `slipway`: one file a subcommand. The only place that prints, exits and knows anyhow.

#[cfg(feature = "sandbox")]
mod demo;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

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
    let arguments = Arguments::parse();
    // Several crates bring TLS providers; one has to be named before the first connection.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return fail(&anyhow::anyhow!("another TLS provider is installed already"));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("no threads to run on")),
    };
    let ended = runtime.block_on(async {
        match arguments.command {
            Command::Serve { settings, dry_run } => serve::run(settings.as_deref(), dry_run).await,
            #[cfg(feature = "sandbox")]
            Command::Demo { once, port } => demo::run(once, port).await,
        }
    });
    ended.map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "this is what the person who typed the command reads")]
fn fail(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}");
    // Several problems come one a line, and line up below each other.
    let gap = if text.contains('\n') { '\n' } else { ' ' };
    eprintln!("slipway:{gap}{text}");
    ExitCode::FAILURE
}
