//! `slipway sync`: where a forge's own settings differ from a repository's `slipway.toml`, and the same brought in line.

use std::io::{self, BufRead as _, IsTerminal, Write as _};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::output::Output;
use crate::domain::config::Configuration;
use crate::domain::names::RepoPath;
use crate::domain::plan::Action;
use crate::domain::protection::{Difference, Guard, Lack, Means, difference, to_apply};
use crate::forge::github::GitHub;
use crate::forge::gitlab::GitLab;
use crate::forge::{Forge, Transport};
use crate::settings;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The repository, as in `acme/app`
    #[arg(long, value_name = "PATH")]
    repo: String,
    /// Where it is
    #[arg(long, value_enum)]
    forge: Place,
    /// Change the forge's settings; asks first
    #[arg(long)]
    apply: bool,
    /// Do not ask
    #[arg(long, requires = "apply")]
    yes: bool,
    /// A TOML file with the settings of `serve`; the environment wins
    #[arg(long, value_name = "FILE", env = "SLIPWAY_SETTINGS")]
    settings: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Place {
    Github,
    Gitlab,
}

pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let settings = settings::read(|name| std::env::var(name).ok(), arguments.settings.as_deref())?;
    let path = RepoPath::parse(&arguments.repo).with_context(|| format!("`{}` is no path of a repository", arguments.repo))?;
    let transport = Transport::new()?;
    match arguments.forge {
        Place::Github => {
            let github = settings.github.as_ref().context("SLIPWAY_GITHUB_APP_ID and its neighbours are not set")?;
            let github = GitHub::connect(github, &transport)?;
            let repository = github.find(&path).await?;
            sync(&github.repository(&repository), arguments).await
        }
        Place::Gitlab => {
            let gitlab = settings.gitlab.as_ref().context("SLIPWAY_GITLAB_TOKEN and its neighbours are not set")?;
            let gitlab = GitLab::connect(gitlab, &transport);
            let repository = gitlab.find(&path).await?;
            sync(&gitlab.project(&repository), arguments).await
        }
    }
}

async fn sync<F: Forge>(forge: &F, arguments: &Arguments) -> anyhow::Result<()> {
    let guards = match Configuration::read(forge.config_files().await?) {
        Configuration::Loaded { config, .. } => config.guards(),
        Configuration::Broken(problem) => anyhow::bail!("{problem}"),
        Configuration::Absent => anyhow::bail!("there is no slipway.toml on the default branch"),
    };
    let protection = forge.protection(&guards).await?;
    let rows = difference(&guards, &protection);
    let pending = to_apply(&rows);
    let mut output = Output::new();
    output.text(&table(&rows))?;
    if pending.is_empty() && protection.lack.is_none() {
        output.line("Nothing is to be changed.")?;
    }
    output.end()?;
    if let Some(Lack { why, remedy, by_hand }) = &protection.lack {
        anyhow::bail!("it cannot be changed: {why}. {remedy}\n{}", by_hand.as_deref().unwrap_or_default());
    }
    if arguments.apply && !pending.is_empty() && confirmed(arguments, &pending)? {
        apply(forge, pending).await?;
    }
    Ok(())
}

async fn apply<F: Forge>(forge: &F, guards: Vec<Guard>) -> anyhow::Result<()> {
    let mut output = Output::new();
    for guard in guards {
        let action = Action::Protect(Box::new(guard));
        let applied = forge.apply(&action).await?;
        output.line(&format!("{action}: {applied}"))?;
    }
    output.end()?;
    Ok(())
}

/// Asks on the terminal; where there is none, only `--yes` is a yes.
fn confirmed(arguments: &Arguments, guards: &[Guard]) -> anyhow::Result<bool> {
    if arguments.yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        anyhow::bail!("nobody is there to be asked: add --yes");
    }
    let names: Vec<_> = guards.iter().map(ToString::to_string).collect();
    write!(io::stderr(), "Change the settings for {} of {}? [y/N] ", names.join(", "), arguments.repo)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn table(rows: &[Difference]) -> String {
    let line = |row: &Difference| {
        let Difference { guard, setting, has, wants, means } = row;
        let cannot = match means {
            Means::Apply => String::new(),
            Means::CannotHere(why) => format!("  (this forge cannot: {why})"),
        };
        format!("{guard}  {setting}: {has} -> {wants}{cannot}\n")
    };
    rows.iter().map(line).collect()
}
