//! `slipway backtest`: what would have been released, beside what was; or which merges the rules would have refused.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::{Output, Watch, json};
use crate::local::{Line, LocalClone, Report, Scope, Summary, backtest, past, refused, replay, replayed, summary};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A clone, bare or not, or a folder in it
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// `json` prints one object a release, one a line; with `--rules`, one a refused merge and then the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Only this component
    #[arg(long, value_name = "NAME", conflicts_with = "rules")]
    component: Option<String>,
    /// A slipway.toml in place of the one at HEAD; without either, the defaults and the prefix that most tags have
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Replay the rules instead: which of the change requests that were merged into a branch they would have refused
    #[arg(long)]
    rules: bool,
    /// The branch that they were merged into; the one that is checked out unless given
    #[arg(long, value_name = "NAME", requires = "rules")]
    branch: Option<String>,
    /// How many merged change requests to look at, the newest first
    #[arg(long, value_name = "N", requires = "rules", default_value = "500")]
    merges: NonZeroUsize,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// Prints each release; that some differ is what it is run for, and no failure.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repo, format, component, config, .. } = arguments;
    if arguments.rules {
        return run_rules(arguments);
    }
    let mut watch = Watch::start();
    let all = backtest(&LocalClone::open(repo)?, (component.as_deref(), config.as_deref()), &mut |read| watch.tell(read))?;
    watch.end();
    let mut output = Output::new();
    if let Format::Text = format {
        output.line(&format!("{:<16} {:<16} {:<16}", "previous", "released", "Slipway"))?;
    }
    for one in &all {
        output.line(&match format {
            Format::Text => past(one),
            Format::Json => json(&Report::from(one))?,
        })?;
    }
    if let Format::Text = format {
        output.line(&summary(&all))?;
    }
    output.end()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints each merge that would have been refused, and what each rule did; that is no failure either.
fn run_rules(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repo, format, config, branch, merges, .. } = arguments;
    let mut watch = Watch::start();
    let scope = Scope { branch: branch.as_deref(), config: config.as_deref(), merges: merges.get() };
    let all = replay(&LocalClone::open(repo)?, &scope, &mut |read| watch.tell(read))?;
    watch.end();
    let mut output = Output::new();
    for one in &all.refused {
        output.line(&match format {
            Format::Text => refused(one),
            Format::Json => json(&Line::from(one))?,
        })?;
    }
    match format {
        Format::Text => output.text(&replayed(&all))?,
        Format::Json => output.line(&json(&Summary::from(&all))?)?,
    }
    output.end()?;
    Ok(ExitCode::SUCCESS)
}
