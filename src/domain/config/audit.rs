//! `[audit]`: what is looked at after it has happened, since no check can keep it from happening.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Config, Mode, Pattern};
use crate::domain::facts::TagForm;
use crate::domain::names::{BranchName, TagName};

/// What is looked at after it has happened: pushes to protected branches, their deletion, and tags. See [audit.md](audit.md). Nothing is
/// looked at where the table is missing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditOptions {
    /// What follows from a breach; else what the file's `mode` says. With `observe` it is only told in the log; with `advise` and
    /// `enforce` an issue is opened; only `enforce` restores.
    pub mode: Option<Mode>,
    /// The branches that only change by change requests, and that stay.
    pub protected: Vec<Pattern>,
    /// What becomes of commits on them that no change request brought.
    #[schemars(extend("default" = "report"))]
    pub direct_pushes: Handling,
    /// The users who may push to them without a change request, such as a bot that releases. Deliveries hold names and no numbers, so
    /// these are names, compared letter by letter: who renames their account loses the right, and who takes the old name gets it.
    pub allow: Vec<String>,
    /// What becomes of a push that takes commits off them. Only a person restores those; the issue has the command.
    #[schemars(extend("default" = "report"))]
    pub force_pushes: Handling,
    /// What becomes of their deletion. A branch that `protected` names by a pattern may go once it is merged as it is.
    #[schemars(extend("default" = "report"))]
    pub deletions: Deletions,
    /// Which tags there may be.
    pub tags: TagOptions,
}

/// Which tags there may be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TagOptions {
    /// The tags that are looked at; left out: version tags.
    pub names: Option<Vec<Pattern>>,
    /// What becomes of new tags of other names.
    #[schemars(extend("default" = "allow"))]
    pub others: Handling,
    /// The branches one of which must have the tag's commit; any commit will do where it is empty.
    pub branches: Vec<Pattern>,
    /// What kind of tag they must be.
    #[schemars(extend("default" = "any"))]
    pub form: Form,
    /// Whether a version must be greater than each that an earlier commit of its line has. Another line may have greater ones.
    pub increasing: bool,
    /// What becomes of a tag that is moved.
    #[schemars(extend("default" = "report"))]
    pub moved: Handling,
    /// What becomes of a tag that is deleted.
    #[schemars(extend("default" = "report"))]
    pub deleted: Handling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Handling {
    /// It is told in an issue.
    #[default]
    Report,
    /// Nothing.
    Allow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Deletions {
    /// It is told in an issue, where `/slipway restore` brings the branch back.
    #[default]
    Report,
    /// The branch is brought back at once, and that is told in an issue.
    Restore,
    /// Nothing.
    Allow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A mere name for a commit will do.
    #[default]
    Any,
    /// An object of its own, with a message and a tagger.
    Annotated,
    /// An annotated one whose signature the forge has verified.
    Signed,
}

impl Default for TagOptions {
    fn default() -> Self {
        let (report, branches) = (Handling::Report, Vec::new());
        Self { names: None, others: Handling::Allow, branches, form: Form::Any, increasing: true, moved: report, deleted: report }
    }
}

impl AuditOptions {
    /// The pattern that protects a branch.
    pub fn protects(&self, branch: &BranchName) -> Option<&Pattern> {
        self.protected.iter().find(|pattern| pattern.matches(branch.as_str()))
    }
}

impl TagOptions {
    /// Whether the tag is among those that are looked at. What a version tag is, the repository's own file says.
    pub fn names(&self, tag: &TagName, config: &Config) -> bool {
        match &self.names {
            Some(names) => names.iter().any(|pattern| pattern.matches(tag.as_str())),
            None => config.components().iter().any(|component| component.template.read(tag).is_some()),
        }
    }
}

impl Form {
    /// The least that satisfies it.
    pub fn least(self) -> TagForm {
        match self {
            Self::Any => TagForm::Lightweight,
            Self::Annotated => TagForm::Annotated,
            Self::Signed => TagForm::Signed,
        }
    }
}

impl Config {
    /// What each file of the policy looks at after it has happened, and how much that weighs there.
    pub fn audits(&self) -> impl Iterator<Item = (&AuditOptions, Mode)> {
        let audits = self.layers().filter_map(|layer| layer.audit.as_ref().zip(layer.audit_mode()));
        audits.filter(|(_, mode)| *mode != Mode::Off)
    }

    /// How much this file alone makes of `[audit]`.
    pub fn audit_mode(&self) -> Option<Mode> {
        self.audit.as_ref().map(|audit| audit.mode.unwrap_or(self.mode))
    }
}
