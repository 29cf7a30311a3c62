//! `slipway check`: whether a `slipway.toml` can be read, and what it asks for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::output::Output;
use crate::domain::config::{Config, ConfigFile, ConfigFiles, Configuration, PATHS, strategy};
use crate::domain::rules::RULES;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The file [default: slipway.toml, .github/slipway.toml or .gitlab/slipway.toml, whichever is there]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print everything that is in force, in TOML: the file with what its strategy brings
    #[arg(long)]
    explain: bool,
    /// The organisation's slipway.toml, whose rules hold as well
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
}

/// Prints what is in force; fails with place and remedy where the file cannot be read.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let own = match &arguments.file {
        Some(path) => read(path)?,
        None => read(&found()?)?,
    };
    let text = own.text.clone();
    let organisation = arguments.organisation.as_deref().map(read).transpose()?;
    let config = match Configuration::read(ConfigFiles { own: Some(own), organisation }) {
        Configuration::Loaded { config, .. } => config,
        Configuration::Broken(problem) => anyhow::bail!("{problem}"),
        Configuration::Absent => anyhow::bail!("there is no file to check"),
    };
    let mut output = Output::new();
    if arguments.explain {
        output.text(&strategy::explain(&text)?)?;
    } else {
        output.text(&summary(&config))?;
    }
    output.end()?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<ConfigFile> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    Ok(ConfigFile { path: shown, version: "local".to_owned(), text })
}

fn found() -> anyhow::Result<PathBuf> {
    let places: Vec<_> = [".github", ".gitlab"].iter().flat_map(|folder| PATHS.map(|path| path.replace("{forge}", folder))).collect();
    let there = places.iter().map(PathBuf::from).find(|path| path.is_file());
    there.with_context(|| format!("there is none of {} here: name the file", places.join(", ")))
}

/// What is in force, a line each.
fn summary(config: &Config) -> String {
    let mut lines = vec![format!("The file can be read. Strategy: {}. Mode: {}.", config.strategy.as_str(), config.mode)];
    let modes = RULES.iter().filter_map(|rule| Some((rule.name, config.effective(rule.name)?)));
    lines.extend(modes.map(|(rule, mode)| format!("{rule:<22} {mode}")));
    lines.extend(config.ignored().iter().map(|ignored| format!("Ignored: {ignored}.")));
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_each_rule_with_its_mode() {
        let config = Config::parse("mode = 'advise'\n[rules.no_fixup]\n[rules.sign_off]\nmode = 'enforce'").unwrap();
        insta::assert_snapshot!(summary(&config), @r"
        The file can be read. Strategy: custom. Mode: advise.
        no_fixup               advise
        sign_off               enforce
        ");
    }
}
