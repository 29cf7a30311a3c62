//! `mode`, `strategy`, `[branches]` and `[overrides]`: how much the policy weighs, which branches it is about, and who may set it aside.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Config, Pattern};
use crate::domain::facts::Role;

/// What follows from a broken rule. Each weighs more than those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The rule is not judged: for switching off one that the strategy brings.
    Off,
    /// It is judged, and recorded where admins look; nobody else is bothered.
    Observe,
    /// It is told in a comment, and the check stays neutral.
    Advise,
    /// The check fails.
    #[default]
    Enforce,
}

/// A branching strategy: rules that are in force unless the file says otherwise. `slipway check --explain` prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// No rule but those of the file.
    #[default]
    Custom,
    /// Short-lived branches into the trunk; release branches are cut from it and take only what the trunk has.
    Trunk,
    /// Short-lived branches into the trunk, from which everything is released.
    GithubFlow,
    /// The trunk, and branches of environments or of releases downstream of it.
    GitlabFlow,
    /// `develop` for what comes next, the trunk for what is released, release and hotfix branches between them.
    Gitflow,
}

/// Which branches there are, and what happens to them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BranchOptions {
    /// The branch that everything comes from, or, in GitFlow, that holds what is released. Strategies are about it.
    pub trunk: String,
    /// GitFlow's branch for what comes next.
    pub develop: String,
    /// The release branches, as one pattern.
    pub release: String,
    /// The branches on which a released version is repaired, with one `*` for the version that they lead to.
    pub hotfix: String,
    /// Head branches to delete once they are merged, if they are in the same repository and still where they were when they were merged.
    pub delete_merged: Vec<Pattern>,
}

impl Default for BranchOptions {
    fn default() -> Self {
        let named = str::to_owned;
        Self {
            trunk: named("main"),
            develop: named("develop"),
            release: named("release/*"),
            hotfix: named("hotfix/*"),
            delete_merged: Vec::new(),
        }
    }
}

/// Who may set a verdict aside, by command or by a label that exempts.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OverrideOptions {
    /// The least that somebody must be allowed here; without it, `maintain`. It is asked of the forge when it matters, never read from a
    /// delivery.
    pub who: Option<Who>,
}

/// How much somebody must be allowed in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// GitHub: the role Write. GitLab: Developer.
    Write,
    /// GitHub: Maintain. GitLab: Maintainer.
    #[default]
    Maintain,
    /// GitHub: Admin. GitLab: Owner.
    Admin,
}

impl Who {
    pub fn admits(self, role: Role) -> bool {
        role >= match self {
            Self::Write => Role::Write,
            Self::Maintain => Role::Maintain,
            Self::Admin => Role::Admin,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Observe => "observe",
            Self::Advise => "advise",
            Self::Enforce => "enforce",
        })
    }
}

impl Config {
    /// How much this file alone makes of a rule; `None` where it does not name it.
    pub fn mode_of(&self, rule: &str) -> Option<Mode> {
        self.rules.mode(rule).map(|mode| mode.unwrap_or(self.mode))
    }

    /// How much the rule weighs, whichever file asks for it.
    pub fn effective(&self, rule: &str) -> Option<Mode> {
        self.layers().filter_map(|layer| layer.mode_of(rule)).max()
    }
}
