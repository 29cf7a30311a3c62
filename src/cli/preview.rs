//! `slipway preview`: what a local clone would release next.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::{Output, Watch, json};
use crate::domain::release::outlook::Next;
use crate::local::{LocalClone, Question, Report, markdown, plain, preview};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A clone, bare or not, or a folder in it
    #[arg(long, value_name = "PATH", default_value = ".")]
    repo: PathBuf,
    /// The version tag to count from, or ROOT for the whole history [default: the highest stable version among the ancestors]
    #[arg(long, value_name = "TAG")]
    from: Option<String>,
    /// The revision to end with [default: HEAD]
    #[arg(long, value_name = "REV")]
    to: Option<String>,
    /// `json` prints one object a component, one a line
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Only this component
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// A slipway.toml in place of the one at the revision; without either, the defaults and the prefix that most tags have
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The branch whose `[[release.lines]]` hold [default: the one that is checked out, or that --to names]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Markdown,
    Json,
}

/// Prints each component; fails where a release is refused.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repo, from, to, format, component, config, branch } = arguments;
    let question = Question {
        from: from.as_deref(),
        to: to.as_deref(),
        component: component.as_deref(),
        config: config.as_deref().map(Path::new),
        branch: branch.as_deref(),
    };
    let mut watch = Watch::start();
    let outlooks = preview(&LocalClone::open(repo)?, &question, &mut |read| watch.tell(read))?;
    watch.end();
    let mut output = Output::new();
    for (at, outlook) in outlooks.iter().enumerate() {
        match format {
            Format::Json => output.line(&json(&Report::from(outlook))?)?,
            Format::Text | Format::Markdown if at > 0 => output.line("")?,
            Format::Text | Format::Markdown => {}
        }
        match format {
            Format::Json => {}
            Format::Text => output.text(&plain(outlook))?,
            Format::Markdown => output.text(&markdown(outlook)?)?,
        }
    }
    output.end()?;
    let refused = outlooks.iter().filter_map(|outlook| match &outlook.next {
        Next::Refused(refusal) => Some(refusal.to_string()),
        Next::Release { .. } | Next::Nothing => None,
    });
    match refused.collect::<Vec<_>>() {
        none if none.is_empty() => Ok(ExitCode::SUCCESS),
        refused => Err(anyhow::anyhow!(refused.join("\n"))),
    }
}
