//! `slipway backtest`: what would have been released, beside what was.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::{Output, Watch, json};
use crate::local::{LocalClone, Report, backtest, past, summary};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A clone, bare or not, or a folder in it
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// `json` prints one object a release, one a line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Only this component
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// A slipway.toml in place of the one at HEAD; without either, the defaults and the prefix that most tags have
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// Prints each release; that some differ is what it is run for, and no failure.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repo, format, component, config } = arguments;
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
