//! `slipway.toml`: its shape, its defaults, and what is said when it cannot be read.
//! The file is always the default branch's: a change request cannot loosen the policy that judges it.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::Deserialize;

use super::rules::Rules;

mod audit;
mod check;
pub mod floor;
mod freeze;
mod grants;
mod policy;
mod protect;
mod readiness;
pub mod reference;
mod release;
mod running;
pub mod strategy;
mod train;
pub mod values;

pub use audit::{AuditOptions, Deletions, Form, Handling, TagOptions};
pub use floor::Layer;
pub use freeze::{FreezeOptions, LocalTime, Passage, WindowOptions};
pub use grants::Grant;
pub use policy::{BranchOptions, Mode, OverrideOptions, Strategy, Who};
pub use protect::{BranchGuard, Direct, Least, ProtectOptions, TagGuard};
pub use readiness::{Automatic, ChecklistOptions, FullItem, ItemOptions, Place, ReadinessOptions, When};
pub use release::{ChangelogOptions, Component, ComponentOptions, From, HeadingOptions, LineOptions, ReleaseOptions, Requests, Step};
pub use running::{BackportOptions, CommandOptions, CutOptions, DutyOptions, RollbackOptions, SwapOptions};
pub use train::{TrainOptions, VelocityOptions};
pub use values::{Expression, Period};

/// Where the file may be, in the order in which it is looked for; `{forge}` is `.github` or `.gitlab`.
pub const PATHS: [&str; 2] = ["slipway.toml", "{forge}/slipway.toml"];

/// Whether a file's path, in a repository on either forge, is one of those.
pub fn is_config(path: &str) -> bool {
    PATHS.iter().any(|known| ["", ".github", ".gitlab"].iter().any(|folder| known.replace("{forge}", folder) == path))
}

/// What a repository that has no file yet is offered.
pub const STARTER: &str = include_str!("../../../templates/starter.toml");

/// The file as the forge has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    pub path: String,
    /// The blob's SHA: which wording of the policy a verdict was reached under.
    pub version: String,
    pub text: String,
}

/// What the repository asks of Slipway.
#[derive(Debug, Clone)]
pub enum Configuration {
    /// There is no file: Slipway answers commands and does nothing else.
    Absent,
    /// The file cannot be read: nothing passes, nothing is released, and the problem is shown.
    Broken(Problem),
    Loaded {
        config: Box<Config>,
        source: Source,
    },
}

/// Which wording of the policy was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub path: String,
    pub version: String,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.path, self.version.get(..10).unwrap_or(&self.version))
    }
}

/// The files that a repository's policy is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigFiles {
    /// The repository's own, of its default branch.
    pub own: Option<ConfigFile>,
    /// The organisation's, whose rules hold in each of its repositories.
    pub organisation: Option<ConfigFile>,
}

impl ConfigFiles {
    /// A repository whose organisation has none.
    pub fn of(own: ConfigFile) -> Self {
        Self { own: Some(own), organisation: None }
    }
}

impl Configuration {
    /// What both files ask for together. A file that cannot be read breaks all of it: nothing passes by a typo in the other one.
    pub fn read(files: ConfigFiles) -> Self {
        let ConfigFiles { own, organisation } = files;
        let floor = match organisation.map(Layer::read).transpose() {
            Ok(floor) => floor.map(Box::new),
            Err(problem) => return Self::Broken(problem),
        };
        match (own.map(Layer::read).transpose(), floor) {
            (Err(problem), _) => Self::Broken(problem),
            (Ok(None), None) => Self::Absent,
            (Ok(None), Some(floor)) => {
                let (source, release) = (floor.source.clone(), ReleaseOptions { from: From::Never, ..ReleaseOptions::default() });
                let config = Config { release, floor: Some(floor), ..Config::default() };
                Self::Loaded { config: Box::new(config), source }
            }
            (Ok(Some(Layer { source, config })), floor) => Self::Loaded { config: Box::new(Config { floor, ..config }), source },
        }
    }
}

/// The whole file. Every table may be left out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What follows from a broken rule, where the rule itself does not say.
    #[schemars(extend("default" = "enforce"))]
    pub mode: Mode,
    /// The branching strategy whose rules are in force, where the file does not say otherwise.
    #[schemars(extend("default" = "custom"))]
    pub strategy: Strategy,
    pub release: ReleaseOptions,
    pub changelog: ChangelogOptions,
    pub component: Vec<ComponentOptions>,
    pub branches: BranchOptions,
    pub overrides: OverrideOptions,
    #[schemars(with = "FreezeOptions")]
    pub freeze: Option<FreezeOptions>,
    #[schemars(with = "AuditOptions")]
    pub audit: Option<AuditOptions>,
    pub protect: ProtectOptions,
    pub commands: CommandOptions,
    #[schemars(with = "DutyOptions")]
    pub duty: Option<DutyOptions>,
    pub cut: CutOptions,
    #[schemars(with = "ReadinessOptions")]
    pub readiness: Option<ReadinessOptions>,
    pub checklist: Vec<ChecklistOptions>,
    #[schemars(with = "TrainOptions")]
    pub train: Option<TrainOptions>,
    pub velocity: VelocityOptions,
    pub backport: BackportOptions,
    pub rollback: RollbackOptions,
    pub rules: Rules,
    /// The organisation's part, which is no part of the file.
    #[serde(skip)]
    pub floor: Option<Box<Layer>>,
}

/// A glob over a name: `*` stays within a path segment, `**` crosses segments, `{a,b}` is a choice.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "pattern", with = "String")]
pub struct Pattern(GlobMatcher);

impl Pattern {
    /// The pattern of this name alone.
    pub fn exactly(name: &str) -> Option<Self> {
        Self::try_from(globset::escape(name)).ok()
    }

    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let glob = GlobBuilder::new(&text).literal_separator(true).build();
        glob.map(|glob| Self(glob.compile_matcher())).map_err(|error| format!("`{text}` is not a pattern: {}", error.kind()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.glob().glob())
    }
}

/// Why the file cannot be read, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    /// Both count from one.
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}. {}", self.path, self.line, self.column, self.message, self.remedy)
    }
}

impl Config {
    /// # Errors
    /// The first thing in the text that is not TOML, not an option of Slipway's, or contradicts another, with its place and what to do.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let problem = |start: usize, message: String, remedy: String| {
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            Problem { path: PATHS[0].to_owned(), line, column, message, remedy }
        };
        let config: Self = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            let remedy = remedy_for(&message);
            problem(error.span().map_or(0, |span| span.start), message, remedy)
        })?;
        let config = strategy::expand(config, text)?;
        match check::check(&config) {
            Ok(()) => Ok(config),
            Err(wrong) => Err(problem(wrong.start(text), wrong.message, wrong.remedy)),
        }
    }
}

/// serde names an unknown key and the known ones in backticks: ``unknown field `typs`, expected `types` or `scopes` ``.
fn remedy_for(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown ") {
        return "Correct that line; docs/config.md shows each option with an example.".to_owned();
    }
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<_> = quoted.collect();
    match nearest(unknown, known.iter().copied()) {
        Some(name) => format!("Did you mean `{name}`?"),
        None => format!("Known here: {}.", known.join(", ")),
    }
}

/// The name that was probably meant, if one is close enough to be worth suggesting.
pub fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&word.to_lowercase(), name);
    names.min_by_key(|name| distance(name)).filter(|name| distance(name) <= 1 + name.len() / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_configuration_without_rules() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.release.tag_prefix, "v");
        assert!(config.rules.base_branch.is_none() && config.rules.conventional_title.is_none());
    }

    #[test]
    fn the_starter_file_is_a_valid_one() {
        let config = Config::parse(STARTER).unwrap();
        assert!(config.rules.conventional_title.is_some());
    }

    #[test]
    fn the_file_of_the_guide_is_a_valid_one() {
        let guide = include_str!("../../../docs/guide.md");
        let file = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert!(Config::parse(file).unwrap().train.is_some());
    }

    #[test]
    fn a_typo_is_named_with_its_place_and_the_right_name() {
        let problem = Config::parse("[rules]\n  [rules.conventional_title]\n  typs = ['feat']\n").unwrap_err();
        assert_eq!((problem.line, problem.column), (3, 3));
        assert_eq!(problem.remedy, "Did you mean `types`?");
    }

    #[test]
    fn a_bad_pattern_is_named_with_its_place() {
        let problem = Config::parse("[[rules.base_branch.allow]]\ninto = 'main'\nfrom = ['feature/{a']\n").unwrap_err();
        assert_eq!(problem.line, 3);
        assert!(problem.message.contains("`feature/{a` is not a pattern"), "{problem}");
    }

    #[test]
    fn a_star_stays_within_a_segment() {
        let pattern = Pattern::try_from("feature/*".to_owned()).unwrap();
        assert!(pattern.matches("feature/a") && !pattern.matches("feature/a/b") && !pattern.matches("x/feature/a"));
    }
}
